-- What the tests in Neovim share: checks, a line each, and ways to do what a user does.
local M = {}

local PATIENCE = 60000 -- ms; a slow machine is no mistake

local failed = false

--- Says whether something holds and, when it does not, what there is instead.
function M.check(name, ok, detail)
  failed = failed or not ok
  io.stdout:write((ok and 'ok    ' or 'FAIL  ') .. name .. (not ok and detail and ': ' .. vim.inspect(detail) or '') .. '\n')
  io.stdout:flush()
  return ok
end

--- Waits until a condition holds.
function M.eventually(name, condition, detail)
  local ok = vim.wait(PATIENCE, function()
    return condition() and true or false
  end, 20)
  return M.check(name, ok, not ok and detail and detail() or nil)
end

--- Runs a test within Neovim's main loop, which keys() wants, and ends Neovim: with
--- 0 when all checks held, else with 1.
function M.run(test)
  local function finish(ok, err)
    M.check('no Lua error', ok, err)
    vim.cmd(failed and 'cquit! 1' or 'qall!')
  end
  local thread = coroutine.create(function()
    finish(xpcall(test, debug.traceback))
  end)
  vim.schedule(function()
    coroutine.resume(thread)
  end)
end

--- Types keys, and goes on when a condition holds or the patience ends.
function M.keys(typed, condition)
  local thread, give_up = coroutine.running(), vim.loop.now() + PATIENCE
  vim.api.nvim_input(typed)
  local function look()
    if condition() or vim.loop.now() > give_up then
      coroutine.resume(thread)
    else
      vim.defer_fn(look, 20)
    end
  end
  vim.defer_fn(look, 20)
  coroutine.yield()
end

--- Types keys that end in insert mode, opens the completion with CTRL-X CTRL-O, and
--- returns the words that it offers.
function M.complete(typed)
  local words = {}
  M.keys(typed .. '<C-x><C-o>', function()
    words = vim.tbl_map(function(item)
      return item.word
    end, vim.fn.complete_info({ 'items' }).items)
    return #words > 0
  end)
  return words
end

function M.leave_insert_mode(keys)
  M.keys(keys .. '<Esc>', function()
    return vim.fn.mode() == 'n'
  end)
end

--- The text of a buffer; without one, of the current.
function M.text(bufnr)
  return table.concat(vim.api.nvim_buf_get_lines(bufnr or 0, 0, -1, false), '\n')
end

--- Says whether the current buffer has a text.
function M.has(wanted)
  return M.text():find(wanted, 1, true) ~= nil
end

--- Puts the cursor into a text of the current buffer: where <> stands in it.
function M.go_to(marked)
  local before = marked:find('<>', 1, true) - 1
  local wanted = marked:gsub('<>', '')
  for i, line in ipairs(vim.api.nvim_buf_get_lines(0, 0, -1, false)) do
    local found = line:find(wanted, 1, true)
    if found then
      return vim.api.nvim_win_set_cursor(0, { i, found - 1 + before })
    end
  end
  error('the buffer has no ' .. wanted)
end

--- What stands from the cursor to the end of its line.
function M.at_cursor()
  return vim.api.nvim_get_current_line():sub(vim.api.nvim_win_get_cursor(0)[2] + 1)
end

--- Puts back what the file holds.
function M.reset()
  vim.api.nvim_buf_set_lines(0, 0, -1, false, vim.fn.readfile(vim.api.nvim_buf_get_name(0)))
end

local function floating()
  return vim.tbl_filter(function(window)
    return vim.api.nvim_win_get_config(window).relative ~= ''
  end, vim.api.nvim_list_wins())
end

--- A floating window opens, at the cursor, with a text.
function M.shows(name, action, wanted)
  local function shown()
    local texts = vim.tbl_map(function(window)
      return M.text(vim.api.nvim_win_get_buf(window))
    end, floating())
    return table.concat(texts, '\n')
  end
  action()
  M.eventually(name, function()
    return shown():find(wanted, 1, true)
  end, shown)
  for _, window in ipairs(floating()) do
    vim.api.nvim_win_close(window, true)
  end
end

--- A list of places is filled, in the quickfix window or, for some in newer versions,
--- the location window: "line:column text" for each.
function M.lists(name, action, wanted)
  local function listed()
    return vim.tbl_map(function(item)
      local text = vim.trim(item.text):gsub(' in example%.com/.*', '') -- of a symbol, from 0.11 on
      return ('%d:%d %s'):format(item.lnum, item.col, text)
    end, vim.list_extend(vim.fn.getqflist(), vim.fn.getloclist(0)))
  end
  vim.fn.setqflist({})
  vim.fn.setloclist(0, {})
  action()
  M.eventually(name, function()
    return vim.deep_equal(listed(), wanted)
  end, listed)
  vim.fn.setloclist(0, {})
  vim.cmd('lclose | cclose')
end

--- The running client, for all that differs between versions of Neovim.
function M.client()
  return require('dataflow.client').of_buffer(0)
end

--- Asks the server, for what this Neovim has no function for.
function M.request(method, params)
  params.textDocument = { uri = vim.uri_from_bufnr(0) }
  local answer = (vim.lsp.buf_request_sync(0, method, params, PATIENCE) or {})[M.client().id]
  assert(answer, method .. ' is not answered')
  assert(not answer.error, answer.error and answer.error.message)
  return answer.result
end

--- The diagnostics of the current buffer that have a code.
function M.diagnostics(code)
  return vim.tbl_filter(function(d)
    local of_server = (d.user_data or {}).lsp or {} -- where 0.7 keeps the code
    return d.source == 'dataflow' and (d.code or of_server.code) == code
  end, vim.diagnostic.get(0))
end

--- The text of the window with the report of a run.
function M.report()
  local buffer = vim.fn.bufnr('^dataflow://report$')
  return buffer == -1 and '' or M.text(buffer)
end

function M.messages()
  return vim.fn.execute('messages')
end

return M
