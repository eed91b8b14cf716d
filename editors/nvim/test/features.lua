-- Runs in a real Neovim: tries what the server offers on a file of workflows, with
-- Neovim's own functions; what this Neovim has none for is asked as a plugin would.
package.path = vim.env.DATAFLOW_PLUGIN .. '/test/?.lua;' .. package.path
local t = require('lib')

vim.opt.showmode = false -- else the output is full of it
vim.opt.shortmess:append('c')

t.run(function()
  require('features.configuration')()
  vim.cmd('edit ' .. vim.fn.fnameescape(vim.env.DATAFLOW_ORDERS))
  t.eventually('the mistakes of the file are reported, and no others', function()
    return #t.diagnostics('DF-111') == 2 and #vim.diagnostic.get(0) == 2
  end, function()
    return vim.diagnostic.get(0)
  end)
  for _, feature in ipairs({ 'writing', 'names', 'outline', 'reading', 'actions', 'running' }) do
    require('features.' .. feature)()
    t.reset()
  end
end)
