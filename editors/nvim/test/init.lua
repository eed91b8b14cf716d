-- What a user's init.lua would hold, with the server under test.
vim.opt.runtimepath:prepend(vim.env.DATAFLOW_PLUGIN)
vim.opt.swapfile = false
vim.cmd('filetype on')
require('dataflow').setup({ cmd = { vim.env.DATAFLOW_LSP } })
