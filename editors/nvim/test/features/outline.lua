-- What a file and the workspace hold, and the nodes around a node.
local t = require('lib')

return function()
  t.lists('the symbols of a file are its workflows with their nodes', vim.lsp.buf.document_symbol, {
    '8:6 [Module] place',
    '10:30 [Event] buyer',
    '11:33 [Event] order',
    '12:31 [Event] orders',
    '19:6 [Module] cancel',
    '21:31 [Event] rest',
    '22:30 [Event] users',
  })
  t.lists('symbols of the workspace are found by a part of their name', function()
    vim.lsp.buf.workspace_symbol('ncel')
  end, { '19:6 [Module] cancel' })
  t.go_to('"orde<>r", dataflow.Params')
  t.lists('the incoming calls of a node are the nodes that feed it', vim.lsp.buf.incoming_calls, { '13:16 buyer' })
  t.go_to('"orde<>r", dataflow.Params')
  t.lists('the outgoing calls of a node are the nodes that it feeds', vim.lsp.buf.outgoing_calls, { '14:5 orders' })
end
