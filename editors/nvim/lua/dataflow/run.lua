-- :DataflowRun: which workflow, with what inputs, and the report in a window.
local client_of = require('dataflow.client')
local report = require('dataflow.report')
local M = {}

local cancel_running -- cancels the run under way; nil when there is none

local function fail(message)
  vim.notify('dataflow: ' .. message, vim.log.levels.ERROR)
end

-- A workflow that was not run: the message, and the pages of its mistakes.
local function refused(err)
  fail(err.message)
  local errors = type(err.data) == 'table' and err.data.errors
  if type(errors) == 'table' then
    report.show_errors(err.message, errors)
  end
end

-- What an input wants, for its prompt: "limit (int64, empty for 20): ".
local function describe(input)
  local facts = {}
  if input.type and input.type ~= 'any' then
    table.insert(facts, input.type)
  end
  if not input.required then
    local value = input.default == nil and 'its default' or vim.json.encode(input.default)
    table.insert(facts, 'empty for ' .. value)
  end
  return input.name .. (#facts > 0 and ' (' .. table.concat(facts, ', ') .. ')' or '') .. ': '
end

-- Asks for each input that is not given yet, one after the other, then calls done.
-- The server turns the text into the type that the input feeds.
local function ask_inputs(workflow, given, done)
  local inputs = workflow.inputs
  if type(inputs) ~= 'table' then
    inputs = {}
  end
  local values = vim.empty_dict()
  for name, text in pairs(given) do
    values[name] = text
  end
  local function ask(i)
    local input = inputs[i]
    if not input then
      return done(values)
    end
    if given[input.name] then
      return ask(i + 1)
    end
    vim.ui.input({ prompt = workflow.name .. ': ' .. describe(input) }, function(text)
      if text == nil then
        return -- the user gave up
      end
      if text ~= '' or input.required then
        values[input.name] = text
      end
      ask(i + 1)
    end)
  end
  ask(1)
end

-- The workflow of that name; else the only one; else the user picks, the one above
-- the cursor first.
local function choose(workflows, name, done)
  if #workflows == 0 then
    return fail('there is no workflow in this file')
  end
  for _, workflow in ipairs(workflows) do
    if workflow.func == name or workflow.name == name then
      return done(workflow)
    end
  end
  if name then
    local names = vim.tbl_map(function(workflow)
      return workflow.name
    end, workflows)
    return fail('there is no workflow "' .. name .. '" in this file; it has: ' .. table.concat(names, ', '))
  end
  if #workflows == 1 then
    return done(workflows[1])
  end
  local cursor = vim.api.nvim_win_get_cursor(0)[1] - 1
  local function distance(workflow)
    return workflow.line <= cursor and cursor - workflow.line or math.huge
  end
  table.sort(workflows, function(a, b)
    if distance(a) == distance(b) then
      return a.line < b.line
    end
    return distance(a) < distance(b)
  end)
  vim.ui.select(workflows, {
    prompt = 'Run workflow',
    format_item = function(workflow)
      return workflow.name
    end,
  }, function(workflow)
    if workflow then
      done(workflow)
    end
  end)
end

--- Runs a workflow of the current buffer and shows its report.
---
--- target: workflow (its name; asked for when nil), inputs (name to text; the rest
--- is asked for), commit (true keeps the changes; the default is a dry run).
function M.run(target)
  local bufnr = target.uri and vim.uri_to_bufnr(target.uri) or vim.api.nvim_get_current_buf()
  local client = client_of.of_buffer(bufnr)
  if not client then
    return fail('no language server in this buffer; open a Go file, or type :DataflowRestart')
  end
  if cancel_running then
    return fail('a workflow is running; :DataflowCancel ends it')
  end
  local uri = vim.uri_from_bufnr(bufnr)
  client_of.execute(client, bufnr, 'dataflow.server.workflows', { uri = uri }, function(err, workflows)
    if err then
      return fail(err.message)
    end
    choose(type(workflows) == 'table' and workflows or {}, target.workflow, function(workflow)
      ask_inputs(workflow, target.inputs or {}, function(inputs)
        local argument = { uri = uri, workflow = workflow.name, inputs = inputs, commit = target.commit or false }
        vim.notify('dataflow: running ' .. workflow.name)
        cancel_running = client_of.execute(client, bufnr, 'dataflow.server.run', argument, function(run_err, result)
          cancel_running = nil
          if run_err then
            return refused(run_err)
          end
          report.show(result)
        end)
      end)
    end)
  end)
end

--- :DataflowRun[!] [workflow] [input=value ...]
function M.command(args, keep)
  local target = { inputs = {}, commit = keep }
  for _, arg in ipairs(args) do
    local name, text = arg:match('^([%w_]+)=(.*)$')
    if name then
      target.inputs[name] = text
    else
      target.workflow = arg
    end
  end
  M.run(target)
end

--- Cancels the run under way.
function M.cancel()
  if cancel_running then
    cancel_running()
  else
    vim.notify('dataflow: nothing is running')
  end
end

return M
