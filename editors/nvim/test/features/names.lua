-- The names of nodes: where they are declared and used, and what renames them.
local t = require('lib')

local function goes_to(name, marked, go, wanted)
  t.go_to(marked)
  go()
  t.eventually(name, function()
    return t.at_cursor():find(wanted)
  end, t.at_cursor)
  vim.cmd('buffer orders.go')
end

local function definitions()
  goes_to('the definition of a node id is the call that adds it', 'AddConnection("buy<>er"', vim.lsp.buf.definition, '^"?buyer", dataflow%.Params')
  goes_to('the definition of a parameter is the field of the model', 'Params{"stat<>us": "placed"', vim.lsp.buf.definition, '^Status +string')
  goes_to('the type definition of a node is its model', '"buy<>er", dataflow.Params', vim.lsp.buf.type_definition, '^User struct')
  goes_to('CTRL-] goes to the definition, too', 'AddConnection("buy<>er"', function()
    vim.cmd('normal! ' .. vim.api.nvim_replace_termcodes('<C-]>', true, true, true))
  end, '^"?buyer", dataflow%.Params')
end

local function highlights()
  local function marked()
    local name = vim.fn.has('nvim-0.11') == 1 and 'nvim.lsp.references' or 'vim_lsp_references'
    local namespace = vim.api.nvim_create_namespace(name)
    return vim.tbl_map(function(mark)
      local line = vim.api.nvim_buf_get_lines(0, mark[2], mark[2] + 1, false)[1]
      return (mark[2] + 1) .. ' ' .. mark[4].hl_group .. ' ' .. line:sub(mark[3] + 1, mark[4].end_col)
    end, vim.api.nvim_buf_get_extmarks(0, namespace, 0, -1, { details = true }))
  end
  t.go_to('"buy<>er", dataflow.Params')
  vim.lsp.buf.document_highlight()
  t.eventually('a node id is highlighted where it is added and where it is used', function()
    return vim.deep_equal(marked(), { '10 LspReferenceWrite buyer', '13 LspReferenceRead buyer' })
  end, marked)
  vim.lsp.buf.clear_references()
end

local function renames()
  t.go_to('"buy<>er", dataflow.Params')
  vim.lsp.buf.rename('customer')
  t.eventually('a rename changes a node id in every call', function()
    local _, count = t.text():gsub('"customer"', '')
    return count == 2 and not t.has('"buyer"')
  end, t.text)
  t.reset()
  t.go_to('"buy<>er", dataflow.Params')
  vim.lsp.buf.rename('order')
  t.eventually('a rename to an id that is taken is refused, with the reason', function()
    return t.messages():find('DF-806: workflow "place" has "order" already', 1, true)
  end, t.messages)
  t.check('and nothing is changed', t.has('"buyer", dataflow.Params') and t.has('AddConnection("buyer"'), t.text())
end

return function()
  definitions()
  t.go_to('"buy<>er", dataflow.Params')
  t.lists('the references of a node id are the calls that name it', vim.lsp.buf.references, {
    '10:30 wf.AddNode("UserReadNode", "buyer", dataflow.Params{"id": dataflow.Input("user")})',
    '13:34 /* 😀 é */ wf.AddConnection("buyer", "id", "order", "user_id")',
  })
  highlights()
  renames()
end
