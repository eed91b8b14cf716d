-- Runs in a real Neovim: opens the broken example, mends it with the server's own
-- quick fix, runs the workflow, reads the report. One line a check; exits 0 or 1.
package.path = vim.env.DATAFLOW_PLUGIN .. '/test/?.lua;' .. package.path
local t = require('lib')

local check, eventually, text, messages, report_text = t.check, t.eventually, t.text, t.messages, t.report

local bufnr

-- Answers the menus and prompts a user would see.
local function answer_prompts()
  vim.ui.select = function(items, options, choose)
    for i, item in ipairs(items) do
      local action = item.action or item[2]
      if type(action) == 'table' and action.isPreferred then
        return choose(item, i)
      end
    end
    io.stdout:write('      no preferred choice for ' .. (options.prompt or '') .. '\n')
    choose(nil)
  end
  vim.ui.input = function(options, done)
    io.stdout:write('      asked: ' .. options.prompt .. '\n')
    done(options.prompt:find('email') and 'alice@example.com' or '')
  end
end

-- The SQL is shown in a buffer, where Neovim can; else as a message.
local function migrate()
  vim.cmd('DataflowMigrate')
  eventually('the SQL of the migration is shown', function()
    local buffer = vim.fn.bufnr('migration\\.sql$')
    return (buffer == -1 and messages() or text(buffer)):find('CREATE TABLE "users"', 1, true)
  end, messages)
  vim.api.nvim_set_current_buf(bufnr)
  vim.cmd('DataflowMigrate!')
  eventually('the migration is run', function()
    return messages():find('migrated, ', 1, true)
  end, messages)
  vim.cmd('DataflowMigrate')
  eventually('then there is nothing left to do', function()
    return messages():find('everything is up to date', 1, true)
  end, messages)
end

local function apply_quick_fix()
  local found = t.diagnostics('DF-101')[1]
  vim.api.nvim_win_set_cursor(0, { found.lnum + 1, found.col })
  vim.lsp.buf.code_action()
end

local function main()
  answer_prompts()
  vim.cmd('edit ' .. vim.fn.fnameescape(vim.env.DATAFLOW_FILE))
  bufnr = vim.api.nvim_get_current_buf()
  check('the file is a Go file', vim.bo[bufnr].filetype == 'go', vim.bo[bufnr].filetype)

  local function all()
    return vim.diagnostic.get(bufnr)
  end
  if not eventually('DF-101 is reported', function()
    return #t.diagnostics('DF-101') > 0
  end, all) then
    return
  end
  check('it names the missing parameter', t.diagnostics('DF-101')[1].message:find('email', 1, true) ~= nil, all())

  local lenses
  eventually('a lens runs the workflow', function()
    if vim.lsp.codelens.enable then -- Neovim 0.12, which asks on its own
      lenses = vim.tbl_map(function(found)
        return found.lens
      end, vim.lsp.codelens.get({ bufnr = bufnr }))
    else
      vim.cmd('doautocmd <nomodeline> BufEnter')
      vim.wait(100)
      lenses = vim.lsp.codelens.get(bufnr)
    end
    for _, lens in ipairs(lenses) do
      if lens.command and lens.command.command == 'dataflow.server.run' then
        return true
      end
    end
  end, function()
    return lenses
  end)

  vim.cmd('DataflowRun signup')
  eventually('a broken workflow is not run, and the page says why', function()
    return report_text():find('signup is not run: DF-101', 1, true) and report_text():find('\nSolutions:\n1. ', 1, true)
  end, report_text)

  apply_quick_fix()
  eventually('the quick fix writes the parameter', function()
    return text(bufnr):find('"email":', 1, true)
  end)
  if not eventually('DF-101 is gone', function()
    return #t.diagnostics('DF-101') == 0
  end, all) then
    return
  end
  vim.cmd('silent write')
  check('the file is saved', not vim.bo[bufnr].modified)

  migrate()

  vim.cmd('DataflowRun signup')
  eventually('the workflow runs', function()
    return report_text():find('signup succeeded. Dry run', 1, true)
  end, report_text)
  for _, wanted in ipairs({ '✓ create  UserCreateNode', '"id": "user-123"', '✓ cart  OrderCreateNode', '✓ orders  OrderListNode' }) do
    check('the report has ' .. wanted, report_text():find(wanted, 1, true) ~= nil, report_text())
  end

  vim.cmd('DataflowRestart')
  vim.cmd('silent undo')
  eventually('after a restart the undone fix is reported again', function()
    return #t.diagnostics('DF-101') > 0
  end, all)
end

t.run(main)
