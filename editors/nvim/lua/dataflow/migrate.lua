-- :DataflowMigrate: what the dev database lacks for the models of this file. The
-- server shows it.
local client_of = require('dataflow.client')
local M = {}

--- :DataflowMigrate[!] [database]
function M.command(database, run)
  local bufnr = vim.api.nvim_get_current_buf()
  local client = client_of.of_buffer(bufnr)
  if not client then
    return vim.notify('dataflow: no language server in this buffer; open a Go file, or type :DataflowRestart', vim.log.levels.ERROR)
  end
  local argument = { uri = vim.uri_from_bufnr(bufnr), database = database }
  client_of.execute(client, bufnr, run and 'dataflow.server.migrateApply' or 'dataflow.server.migratePlan', argument, function(err)
    if err then
      vim.notify('dataflow: ' .. err.message, vim.log.levels.ERROR)
    end
  end)
end

return M
