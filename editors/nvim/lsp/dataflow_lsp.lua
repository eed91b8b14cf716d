-- The configuration that vim.lsp.enable('dataflow_lsp') finds, Neovim 0.11 and newer.
return require('dataflow.client').config()
