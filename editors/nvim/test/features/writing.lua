-- Completion and signature help, while a call is written.
local t = require('lib')

-- Types a line below the node "orders", with the cursor where <> stands in it, opens
-- the completion with CTRL-X CTRL-O, and returns the words that it offers.
local function complete(marked)
  t.reset()
  t.go_to('<>wf.AddNode("OrderListNode", "orders"')
  local before, after = marked:match('^(.*)<>(.*)$')
  return t.complete('o' .. before .. after .. ('<Left>'):rep(#after))
end

-- The wanted words are offered, the unwanted is not.
local function completes(name, marked, wanted, unwanted)
  local words = complete(marked)
  local all = true
  for _, word in ipairs(wanted) do
    all = all and vim.tbl_contains(words, word)
  end
  t.check('completion offers ' .. name, all and not vim.tbl_contains(words, unwanted), words)
  t.leave_insert_mode('<C-e>')
end

local function accepts()
  complete('wf.AddConnection("buyer", "full<>')
  t.leave_insert_mode('<C-y>')
  t.check('the output that is picked is written', t.has('\twf.AddConnection("buyer", "full_name'), vim.api.nvim_get_current_line())
  t.reset()
end

return function()
  completes('node types', 'wf.AddNode("Or<>', { 'OrderReadNode', 'OrderCreateNode' }, 'UserReadNode')
  completes('the parameters that are not given', 'wf.AddNode("UserCreateNode", "u", dataflow.Params{"email": "a@b.c", "<>"})', { 'full_name', 'active' }, 'email')
  completes('the node ids of the workflow', 'wf.AddConnection("<>', { 'buyer', 'order', 'orders' }, 'rest')
  completes('the outputs of a node', 'wf.AddConnection("buyer", "<>', { 'id', 'email' }, 'user_id')
  completes('the inputs of a node', 'wf.AddConnection("buyer", "id", "order", "<>', { 'user_id', 'note' }, 'email')
  accepts()
  t.go_to('"buy<>er", dataflow.Params')
  t.shows('signature help shows the contract of a node', vim.lsp.buf.signature_help, 'UserReadNode')
  t.go_to('wf.AddConnection("buyer", "i<>d"')
  t.shows('signature help shows the outputs of a node', vim.lsp.buf.signature_help, 'full_name')
end
