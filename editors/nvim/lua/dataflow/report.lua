-- The report of one run as lines of text, and the window that shows it.
local M = {}

local MARKS = { succeeded = '✓', failed = '✗', skipped = '○', cancelled = '○' }

local islist = vim.islist or vim.tbl_islist -- renamed in Neovim 0.10

local function present(value)
  return value ~= nil and value ~= vim.NIL and value ~= ''
end

-- JSON with sorted keys and an indent; vim.json.encode has neither.
local function pretty(value, indent)
  if type(value) ~= 'table' or next(value) == nil then
    return vim.json.encode(value)
  end
  local deeper, lines = indent .. '  ', {}
  local is_list = islist(value)
  local keys = is_list and {} or vim.tbl_keys(value)
  table.sort(keys)
  if is_list then
    for _, item in ipairs(value) do
      table.insert(lines, deeper .. pretty(item, deeper))
    end
  end
  for _, key in ipairs(keys) do
    table.insert(lines, deeper .. vim.json.encode(key) .. ': ' .. pretty(value[key], deeper))
  end
  local open, close = '{', '}'
  if is_list then
    open, close = '[', ']'
  end
  return open .. '\n' .. table.concat(lines, ',\n') .. '\n' .. indent .. close
end

local function add(lines, text, indent)
  for _, line in ipairs(vim.split(vim.trim(text), '\n')) do
    table.insert(lines, line == '' and '' or indent .. line)
  end
end

local function list(value)
  return type(value) == 'table' and value or {}
end

-- Adds a heading and one line for each item, when there are items.
local function add_section(lines, heading, items, format)
  if #list(items) == 0 then
    return
  end
  vim.list_extend(lines, { '', heading })
  for i, item in ipairs(items) do
    add(lines, format(i, item), '')
  end
end

-- The whole page of an error of the DF catalogue.
local function page(err)
  local lines = { err.code .. (present(err.title) and ': ' .. err.title or ''), '' }
  add(lines, 'Error: ' .. err.message, '')
  local at = err.position
  if present(at) then
    table.insert(lines, 'At: ' .. at.file .. ':' .. at.line .. (present(at.column) and ':' .. at.column or ''))
  end
  add_section(lines, 'Context:', err.context, function(_, item)
    return '- ' .. item.key .. ': ' .. item.value
  end)
  add_section(lines, 'Causes:', err.causes, function(i, cause)
    return i .. '. ' .. cause
  end)
  add_section(lines, 'Solutions:', err.solutions, function(i, solution)
    local code = present(solution.code) and '\n\n   ' .. solution.code:gsub('\n', '\n   ') or ''
    return i .. '. ' .. solution.title .. code
  end)
  if present(err.docs_url) then
    vim.list_extend(lines, { '', 'Documentation: ' .. err.docs_url })
  end
  return lines
end

local function add_page(lines, err, indent)
  add(lines, table.concat(page(err), '\n'), indent)
end

local function add_node(lines, node)
  local facts = { (MARKS[node.status] or node.status) .. ' ' .. node.id, node.type }
  if node.status == 'skipped' or node.status == 'cancelled' then
    table.insert(facts, node.status)
  else
    table.insert(facts, string.format('%.1f ms', node.duration_ms))
    table.insert(facts, node.rows == 1 and '1 row' or node.rows .. ' rows')
  end
  table.insert(lines, table.concat(facts, '  '))
  if present(node.error) then
    add_page(lines, node.error, '    ')
  elseif present(node.output) then
    add(lines, pretty(node.output, ''), '    ')
  end
  table.insert(lines, '')
end

-- The last line: did it work, and is it kept?
local function verdict(report)
  if not present(report.error) then
    local kept = report.committed and 'Its changes are kept.' or 'Dry run: its changes were rolled back.'
    return report.workflow .. ' succeeded. ' .. kept
  end
  local failed = {}
  for _, node in ipairs(list(report.nodes)) do
    if node.status == 'failed' then
      table.insert(failed, node.id)
    end
  end
  local at = #failed > 0 and ' at ' .. table.concat(failed, ', ') or ''
  return report.workflow .. ' failed' .. at .. '. Nothing was kept.'
end

--- The report of a run as lines.
function M.render(report)
  local lines, shown = { '▶ ' .. report.workflow .. ' on ' .. report.database, '' }, {}
  for _, node in ipairs(list(report.nodes)) do
    add_node(lines, node)
    if present(node.error) then
      shown[node.error.code .. node.error.message] = true -- at the node is enough
    end
  end
  for _, warning in ipairs(list(report.warnings)) do
    add(lines, 'Warning ' .. warning.code .. ': ' .. warning.message, '')
    table.insert(lines, '')
  end
  local errors = present(report.errors) and report.errors or { present(report.error) and report.error or nil }
  for _, err in ipairs(errors) do
    if not shown[err.code .. err.message] then
      add_page(lines, err, '')
      table.insert(lines, '')
    end
  end
  table.insert(lines, verdict(report))
  return lines
end

-- Shows lines in a scratch window, the same one each time; q closes it.
local function show(lines)
  local name = 'dataflow://report'
  local bufnr = vim.fn.bufnr('^' .. name .. '$')
  if bufnr == -1 then
    bufnr = vim.api.nvim_create_buf(false, true)
    vim.api.nvim_buf_set_name(bufnr, name)
    vim.bo[bufnr].filetype = 'dataflow-report'
    vim.keymap.set('n', 'q', '<cmd>close<cr>', { buffer = bufnr, desc = 'Close the report' })
  end
  vim.bo[bufnr].modifiable = true
  vim.api.nvim_buf_set_lines(bufnr, 0, -1, false, lines)
  vim.bo[bufnr].modifiable = false
  if vim.fn.bufwinid(bufnr) == -1 then
    vim.cmd('botright split')
    vim.api.nvim_win_set_buf(0, bufnr)
    vim.cmd('wincmd p')
  end
end

--- Shows the report of a run.
function M.show(report)
  show(M.render(report))
end

--- Shows why a workflow was not run: a message, and the pages of its mistakes.
function M.show_errors(message, errors)
  local lines = { message, '' }
  for _, err in ipairs(errors) do
    add_page(lines, err, '')
    table.insert(lines, '')
  end
  show(lines)
end

return M
