-- The commands exist before setup(), so that they can say what is missing.
if vim.g.loaded_dataflow then
  return
end
vim.g.loaded_dataflow = true

local command = vim.api.nvim_create_user_command

command('DataflowRun', function(args)
  require('dataflow.run').command(args.fargs, args.bang)
end, { nargs = '*', bang = true, desc = 'Run a DataFlow workflow of this file (! keeps its changes)' })

command('DataflowCancel', function()
  require('dataflow.run').cancel()
end, { desc = 'Cancel the run of a DataFlow workflow' })

command('DataflowMigrate', function(args)
  require('dataflow.migrate').command(args.args, args.bang)
end, { nargs = '?', bang = true, desc = 'Show the SQL that the dev database lacks (! runs it)' })

command('DataflowRestart', function()
  require('dataflow.client').restart()
end, { desc = 'Restart the DataFlow language server' })
