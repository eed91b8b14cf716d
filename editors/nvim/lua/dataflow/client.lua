-- The language client, on every Neovim from 0.7: who starts it differs.
local M = {}

local NAME = 'dataflow_lsp'
local MARKERS = { 'go.work', 'go.mod', '.git' }
local modern = vim.lsp.config ~= nil and vim.lsp.enable ~= nil -- Neovim 0.11
local methods = vim.fn.has('nvim-0.11') == 1 -- client:request(), before it was client.request()
local settings = {} -- what setup() was given

local function in_go_folders(name)
  local gopath = vim.env.GOPATH or (vim.env.HOME and vim.env.HOME .. '/go')
  for _, folder in ipairs({ vim.env.GOBIN or '', gopath and gopath .. '/bin' or '' }) do
    if folder ~= '' and vim.fn.executable(folder .. '/' .. name) == 1 then
      return folder .. '/' .. name
    end
  end
end

local function default_cmd()
  local name = 'dataflow-lsp'
  return { vim.fn.executable(name) == 1 and name or in_go_folders(name) or name }
end

-- Of YAML only the configuration of DataFlow is the server's.
local function is_ours(bufnr)
  if vim.bo[bufnr].filetype == 'yaml' then
    return vim.fn.fnamemodify(vim.api.nvim_buf_get_name(bufnr), ':t') == 'dataflow.yaml'
  end
  return vim.bo[bufnr].filetype == 'go'
end

--- The configuration of the client in the form of Neovim 0.11.
function M.config()
  return {
    cmd = default_cmd(),
    filetypes = { 'go', 'yaml' },
    root_markers = MARKERS,
    root_dir = function(bufnr, on_dir)
      if is_ours(bufnr) then
        on_dir(vim.fs.root(bufnr, MARKERS))
      end
    end,
  }
end

-- The folder with the first marker upward from the file, the file's own folder if
-- there is none.
local function root_of(bufnr)
  local folder = vim.fn.fnamemodify(vim.api.nvim_buf_get_name(bufnr), ':p:h')
  for _, marker in ipairs(MARKERS) do
    local find = marker == '.git' and vim.fn.finddir or vim.fn.findfile
    local found = find(marker, vim.fn.escape(folder, ' ,;') .. ';')
    if found ~= '' then
      return vim.fn.fnamemodify(found, marker == '.git' and ':p:h:h' or ':p:h')
    end
  end
  return folder
end

local function clients()
  local all = (vim.lsp.get_clients or vim.lsp.get_active_clients)()
  return vim.tbl_filter(function(client)
    return client.name == NAME
  end, all)
end

--- The running client of a buffer, or nil.
function M.of_buffer(bufnr)
  for _, client in ipairs(clients()) do
    if vim.lsp.buf_is_attached(bufnr, client.id) then
      return client
    end
  end
end

local function is_stopped(client)
  if methods then
    return client:is_stopped()
  end
  return client.is_stopped()
end

-- What Neovim sets itself from 0.8 on: CTRL-X CTRL-O completes, CTRL-] jumps.
local function set_options(bufnr)
  for _, option in ipairs({ 'omnifunc', 'tagfunc' }) do
    if vim.bo[bufnr][option] == '' then
      vim.bo[bufnr][option] = 'v:lua.vim.lsp.' .. option
    end
  end
end

-- Neovim 0.7 has no vim.lsp.start: one client for each root, by hand.
local function start(config, bufnr)
  if vim.lsp.start then
    vim.api.nvim_buf_call(bufnr, function()
      vim.lsp.start(config)
    end)
    return
  end
  set_options(bufnr)
  for _, client in ipairs(clients()) do
    if client.config.root_dir == config.root_dir and not is_stopped(client) then
      vim.lsp.buf_attach_client(bufnr, client.id)
      return
    end
  end
  vim.lsp.buf_attach_client(bufnr, vim.lsp.start_client(config))
end

local function attach(bufnr)
  local name = vim.api.nvim_buf_get_name(bufnr)
  if name == '' or name:match('^%a[%w+.-]*://') or vim.bo[bufnr].buftype ~= '' then
    return -- nothing on disk for the server to read
  end
  local cmd = settings.cmd or default_cmd()
  if vim.fn.executable(cmd[1]) == 0 then
    vim.notify_once(
      cmd[1] .. ' is not installed. Type: go install github.com/dataflow-go/dataflow/cmd/dataflow-lsp@latest',
      vim.log.levels.ERROR
    )
    return
  end
  local root = root_of(bufnr)
  start({
    name = NAME,
    cmd = cmd,
    root_dir = root,
    workspace_folders = { { uri = vim.uri_from_fname(root), name = root } },
    on_attach = settings.on_attach,
    capabilities = settings.capabilities,
    settings = settings.settings,
  }, bufnr)
end

local function attach_all()
  for _, bufnr in ipairs(vim.api.nvim_list_bufs()) do
    if vim.api.nvim_buf_is_loaded(bufnr) and is_ours(bufnr) then
      attach(bufnr)
    end
  end
end

--- Starts the server for the Go files that are open and those that will be.
function M.enable(group, options)
  settings = options
  if modern then
    vim.lsp.config(NAME, vim.tbl_extend('keep', options, M.config()))
    vim.lsp.enable(NAME)
    return
  end
  vim.api.nvim_create_autocmd('FileType', {
    group = group,
    pattern = { 'go', 'yaml' },
    callback = function(event)
      if is_ours(event.buf) then
        attach(event.buf)
      end
    end,
  })
  attach_all()
end

--- Ends the server and starts it anew for the same buffers.
function M.restart()
  if modern then
    vim.lsp.enable(NAME, false)
  end
  for _, client in ipairs(clients()) do
    if methods then
      client:stop()
    else
      client.stop()
    end
  end
  -- While Neovim lists a client that ends, it would attach new buffers to it.
  vim.wait(5000, function()
    return #clients() == 0
  end, 20)
  if modern then
    vim.lsp.enable(NAME)
  else
    attach_all()
  end
end

--- Sends a server command. done(err, result) is called on the main loop. Returns
--- a function that cancels the request.
function M.execute(client, bufnr, command, argument, done)
  local params = { command = command, arguments = { argument } }
  local handler = function(err, result)
    done(err, result)
  end
  local sent, id
  if methods then
    sent, id = client:request('workspace/executeCommand', params, handler, bufnr)
  else
    sent, id = client.request('workspace/executeCommand', params, handler, bufnr)
  end
  if not sent then
    done({ message = 'the language server has stopped; type :DataflowRestart' })
    return function() end
  end
  return function()
    if methods then
      client:cancel_request(id)
    else
      client.cancel_request(id)
    end
  end
end

return M
