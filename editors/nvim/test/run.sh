#!/bin/bash
# The end-to-end test of the plugin in a real, headless Neovim with the real server.
#   test/run.sh [NVIM...]     NVIM: the programs to test with; default: nvim and, where
#                             it can be fetched, those of newer Debians
# DATAFLOW_LSP names the server to test; by default it is built from this repository.
set -euo pipefail
plugin=$(cd "$(dirname "$0")/.." && pwd)
repo=$(cd "$plugin/../.." && pwd)

not_run=()
if [ $# = 0 ]; then
  set -- nvim
  for suite in trixie forky; do
    if reason=$("$plugin/test/newer.sh" $suite "$repo/.e2e/nvim-$suite" 2>&1); then
      set -- "$@" "$repo/.e2e/nvim-$suite/nvim"
    else
      not_run+=("NOT RUN in the Neovim of Debian $suite: $(head -1 <<<"$reason")")
    fi
  done
fi

if [ "$1" = nvim ] && ! command -v nvim >/dev/null; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "Neovim is missing. Install it (Debian: sudo apt-get install neovim; macOS: brew install neovim) and run this again." >&2
    exit 2
  fi
  apt-get update -qq </dev/null
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends neovim </dev/null >/dev/null
fi

command -v timeout >/dev/null || timeout() { shift; "$@"; } # macOS has none

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Neovim's files go to a folder of their own; the go command's stay where they are,
# else the server would compile the standard library anew.
GOCACHE=$(go env GOCACHE) GOENV=$(go env GOENV)
export GOCACHE GOENV
export XDG_CONFIG_HOME=$work/xdg XDG_DATA_HOME=$work/xdg XDG_CACHE_HOME=$work/xdg XDG_STATE_HOME=$work/xdg
mkdir -p "$work/xdg"

if [ -z "${DATAFLOW_LSP:-}" ]; then
  DATAFLOW_LSP=$work/dataflow-lsp
  (cd "$repo" && go build -o "$DATAFLOW_LSP" ./cmd/dataflow-lsp)
fi
export DATAFLOW_PLUGIN=$plugin DATAFLOW_LSP

in_nvim() { # in_nvim INIT SCRIPT
  timeout 180 "$nvim" --headless -i NONE -n -u "$1" -c "luafile $plugin/test/$2" </dev/null 2>&1 || status=1
  echo
}

status=0 run=()
for nvim in "$@"; do
  version=$("$nvim" --version | head -1)
  run+=("Run in $version")
  echo "== $version"
  rm -rf "$work/broken"
  cp -r "$repo/examples/quickstart/broken" "$work/broken"
  (cd "$work/broken" && go mod edit -replace "github.com/dataflow-go/dataflow=$repo")
  mkdir "$work/broken/orders"
  cp "$repo/editors/testdata/orders.go" "$work/broken/orders/"
  cp "$repo/editors/testdata/dataflow.yaml" "$work/broken/"
  export DATAFLOW_FILE=$work/broken/signup.go DATAFLOW_ORDERS=$work/broken/orders/orders.go DATAFLOW_YAML=$work/broken/dataflow.yaml
  in_nvim "$plugin/test/init.lua" e2e.lua
  in_nvim "$plugin/test/init.lua" features.lua
  in_nvim NONE config.lua
done
printf '%s\n' "${run[@]}" ${not_run[@]+"${not_run[@]}"}
[ $status = 0 ] && echo "Neovim: all checks passed" || echo "Neovim: FAILED"
exit $status
