-- A run asks for its inputs, and says what each one wants.
local t = require('lib')

return function()
  local asked = {}
  vim.ui.input = function(options, done)
    table.insert(asked, options.prompt)
    done(options.prompt:find('user', 1, true) and 'user-1' or '')
  end
  vim.cmd('DataflowRun place')
  t.eventually('the report names the node that failed: there is no such user', function()
    return t.report():find('place failed at buyer', 1, true) and t.report():find('user-1', 1, true)
  end, t.report)
  t.check('the prompts show types and defaults', vim.deep_equal(asked, { 'place: user (string): ', 'place: limit (int64, empty for 20): ' }), asked)
  asked = {}
  vim.cmd('DataflowRun place user=user-2 limit=many')
  t.eventually('an input of the wrong type is refused, by name', function()
    return t.report():find("limit.*int64")
  end, t.report)
  t.check('what is given is not asked for', #asked == 0, asked)
end
