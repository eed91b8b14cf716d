-- DataFlow for Neovim: starts dataflow-lsp for Go files and runs workflows.
local M = {}

-- Keeps the code lenses up to date. Neovim does so on its own from 0.12 on, when told.
local function refresh_lenses(group)
  if vim.lsp.codelens.enable then
    vim.api.nvim_create_autocmd('LspAttach', {
      group = group,
      callback = function(event)
        local client = require('dataflow.client').of_buffer(event.buf)
        if client and client.id == event.data.client_id then
          vim.lsp.codelens.enable(true, { client_id = client.id })
        end
      end,
    })
    return
  end
  vim.api.nvim_create_autocmd({ 'BufEnter', 'InsertLeave', 'BufWritePost' }, {
    group = group,
    pattern = '*.go',
    callback = function(event)
      local client = require('dataflow.client').of_buffer(event.buf)
      if client and client.server_capabilities and client.server_capabilities.codeLensProvider then
        vim.lsp.codelens.refresh({ bufnr = event.buf })
      end
    end,
  })
end

--- Starts the language server for Go files.
---
--- Options, all optional:
---   cmd          the server's command line, as a list. Default: dataflow-lsp from
---                PATH, else from $GOBIN, $GOPATH/bin or ~/go/bin.
---   on_attach    function(client, bufnr), called for each buffer.
---   capabilities the client's capabilities, as from a completion plugin.
---   settings     settings of the server, below the key dataflow.
---   codelens     false leaves code lenses alone. Default: true.
function M.setup(options)
  options = options or {}
  local group = vim.api.nvim_create_augroup('dataflow', { clear = true })
  require('dataflow.client').enable(group, {
    cmd = options.cmd,
    on_attach = options.on_attach,
    capabilities = options.capabilities,
    settings = options.settings,
  })
  if options.codelens ~= false then
    refresh_lenses(group)
  end
  -- The lenses that run go through the flow that asks for inputs and shows the report.
  for _, name in ipairs({ 'dataflow.server.run', 'dataflow.server.dryRun' }) do
    vim.lsp.commands[name] = function(command)
      require('dataflow.run').run((command.arguments or {})[1] or {})
    end
  end
end

return M
