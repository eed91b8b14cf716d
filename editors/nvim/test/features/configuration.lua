-- The configuration of DataFlow is mended and completed as code is.
local t = require('lib')

return function()
  vim.cmd('edit ' .. vim.fn.fnameescape(vim.env.DATAFLOW_YAML))
  t.eventually('the server starts for dataflow.yaml', t.client)
  vim.api.nvim_buf_set_lines(0, -1, -1, false, { 'strikt: true' })
  t.eventually('an unknown key of dataflow.yaml is reported', function()
    return #t.diagnostics('DF-401') == 1
  end, function()
    return vim.diagnostic.get(0)
  end)
  t.reset()
  local words = t.complete('ggOstr')
  t.check('completion offers the keys of dataflow.yaml', vim.deep_equal(words, { 'strict:' }), words)
  t.leave_insert_mode('<C-e>')
  t.reset()
end
