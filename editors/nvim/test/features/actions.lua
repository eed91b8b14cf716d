-- Code actions: one mistake, all of a file, and a refactoring.
local t = require('lib')

-- Takes the action of a title that is offered under the cursor.
local function take(title, only)
  local offered, taken = {}, false
  vim.ui.select = function(items, _, choose)
    for i, item in ipairs(items) do
      local action = item.action or item[2] -- where 0.7 has it
      table.insert(offered, action.title)
      if action.title == title then
        taken = true
        return choose(item, i)
      end
    end
    choose(nil)
  end
  local context = only and { only = { only }, diagnostics = {} }
  vim.lsp.buf.code_action(vim.fn.has('nvim-0.8') == 1 and { context = context } or context)
  t.eventually('offered: ' .. title, function()
    return taken
  end, function()
    return offered
  end)
end

local function fixes()
  t.go_to('"lim<>t"')
  take('Change to "limit"')
  t.eventually('a fix changes the one mistake', function()
    return t.has('{"limit": 10}') and t.has('"ofset"')
  end, t.text)
  t.eventually('and the other is left', function()
    return #t.diagnostics('DF-111') == 1
  end)
  t.reset()
  t.eventually('undone, both are back', function()
    return #t.diagnostics('DF-111') == 2
  end)
  take('Fix all of DataFlow', 'source.fixAll.dataflow')
  t.eventually('source.fixAll.dataflow mends the file', function()
    return t.has('{"limit": 10}') and t.has('"offset": 20') and #vim.diagnostic.get(0) == 0
  end, t.text)
  t.reset()
end

return function()
  fixes()
  t.go_to('"buy<>er", dataflow.Params')
  take('Extract "buyer" to the constant buyerID', 'refactor.extract')
  t.eventually('a refactoring makes a constant of a node id', function()
    return t.has('const buyerID = "buyer"') and t.has('"UserReadNode", buyerID, dataflow.Params') and t.has('AddConnection(buyerID, "id"')
  end, t.text)
end
