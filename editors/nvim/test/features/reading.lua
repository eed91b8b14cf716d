-- What is shown of a workflow beside its text.
local t = require('lib')

local function position(line, character)
  return { line = line, character = character }
end

-- Neovim shows hints from 0.10 on.
local function hints()
  local shown
  if vim.lsp.inlay_hint and vim.lsp.inlay_hint.get then
    vim.lsp.inlay_hint.enable(true, { bufnr = 0 })
    vim.wait(60000, function()
      return #vim.lsp.inlay_hint.get({ bufnr = 0 }) > 0
    end, 20)
    shown = vim.tbl_map(function(hint)
      return hint.inlay_hint
    end, vim.lsp.inlay_hint.get({ bufnr = 0 }))
    vim.lsp.inlay_hint.enable(false, { bufnr = 0 })
  else
    local range = { start = position(0, 0), ['end'] = position(vim.api.nvim_buf_line_count(0), 0) }
    shown = t.request('textDocument/inlayHint', { range = range })
  end
  table.sort(shown, function(a, b)
    return a.position.character < b.position.character
  end)
  local by_line = {}
  for _, hint in ipairs(shown) do
    local line = hint.position.line + 1
    by_line[line] = (by_line[line] and by_line[line] .. ' | ' or '') .. hint.label
  end
  t.check('inlay hints show the table and the defaults of a node', by_line[12] == 'orders | offset: 0, with_total: false', by_line)
  t.check('inlay hints show the types at a connection', by_line[13] == 'string → string', by_line)
end

-- Neovim colours by them from 0.9 on.
local function tokens()
  local legend = t.client().server_capabilities.semanticTokensProvider.legend.tokenTypes
  local data = t.request('textDocument/semanticTokens/full', {}).data
  t.check('the first semantic token is the node type', data[1] == 9 and data[2] == 13 and data[3] == #'UserReadNode' and legend[data[4] + 1] == 'class', data)
  if vim.lsp.semantic_tokens then
    t.go_to('"Order<>CreateNode"')
    t.eventually('Neovim colours a node type', function()
      local token = (vim.lsp.semantic_tokens.get_at_pos() or {})[1]
      return token and token.type == 'class'
    end)
  end
end

-- Neovim folds by them from 0.11 on.
local function folds()
  local found = t.request('textDocument/foldingRange', {})
  t.check('the nodes and the connections of a workflow fold', found[1].startLine == 9 and found[1].endLine == 11 and found[2].startLine == 12 and found[2].endLine == 13, found)
  if vim.lsp.foldexpr then
    vim.wo.foldexpr, vim.wo.foldmethod = 'v:lua.vim.lsp.foldexpr()', 'expr'
    t.eventually('Neovim folds the nodes', function()
      return vim.fn.foldlevel(9) == 0 and vim.fn.foldlevel(10) == 1 and vim.fn.foldlevel(12) == 1
    end)
    vim.wo.foldmethod = 'manual'
  end
end

-- Of these Neovim has nothing, but for selections from 0.12 on.
local function links_and_selections()
  local links = t.request('textDocument/documentLink', {})
  t.check('a DF code links to its page', #links == 1 and links[1].range.start.line == 17 and vim.endswith(links[1].target, '/errors/DF-111'), links)
  local selected = t.request('textDocument/selectionRange', { positions = { position(10, 20) } })[1]
  local starts = {}
  while selected do
    table.insert(starts, selected.range.start.line .. ':' .. selected.range.start.character)
    selected = selected.parent
  end
  t.check('a selection grows from the node type over its quotes and the call to the function', vim.deep_equal(starts, { '10:13', '10:12', '10:4', '7:0' }), starts)
end

return function()
  t.go_to('"User<>ReadNode"')
  t.shows('the hover of a node type has its contract', vim.lsp.buf.hover, 'raise_on_not_found')
  hints()
  tokens()
  folds()
  links_and_selections()
end
