-- Runs in an older Neovim with a stand-in for vim.lsp.config and vim.lsp.enable of
-- 0.11: does the plugin hand them what they document? It proves the plugin's side,
-- not Neovim's.
local calls = {}
vim.lsp.config = function(name, config)
  calls.config = { name = name, config = config }
end
vim.lsp.enable = function(name, on)
  calls.enable = { name = name, on = on ~= false }
end

local failed = false
local function check(name, ok)
  failed = failed or not ok
  io.stdout:write((ok and 'ok    ' or 'FAIL  ') .. name .. (ok and '' or ': ' .. vim.inspect(calls)) .. '\n')
end

vim.opt.runtimepath:prepend(vim.env.DATAFLOW_PLUGIN)
local ok, err = pcall(function()
  local shipped = dofile(vim.env.DATAFLOW_PLUGIN .. '/lsp/dataflow_lsp.lua')
  check('lsp/dataflow_lsp.lua gives cmd, filetypes and root_markers',
    type(shipped.cmd) == 'table' and shipped.filetypes[1] == 'go' and vim.tbl_contains(shipped.root_markers, 'go.mod'))
  require('dataflow').setup({ cmd = { 'some-server' } })
  check('setup() configures the client', calls.config.name == 'dataflow_lsp' and calls.config.config.cmd[1] == 'some-server')
  check('what setup() was not given comes from the default', calls.config.config.root_markers ~= nil)
  check('setup() enables the client', calls.enable.name == 'dataflow_lsp' and calls.enable.on)
end)
if not ok then
  check('no Lua error: ' .. tostring(err), false)
end
vim.cmd(failed and 'cquit! 1' or 'qall!')
