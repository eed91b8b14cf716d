#!/bin/bash
# Packages the extension with dataflow-lsp inside for one platform (this one, or
# that of GOOS and GOARCH) as dist/dataflow-PLATFORM.vsix, and prints that path.
# DATAFLOW_LSP names a server that is built already, VSIX another place for the package.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/node.sh"

os=$(go env GOOS) arch=$(go env GOARCH) exe=
case $os in windows) os=win32 exe=.exe ;; esac
case $arch in amd64) arch=x64 ;; arm) arch=armhf ;; esac
vsix=${VSIX:-$dataflow_repo/dist/dataflow-$os-$arch.vsix}

# A relative name is relative to where the user is.
[ -z "${DATAFLOW_LSP:-}" ] || DATAFLOW_LSP=$(realpath "$DATAFLOW_LSP")
cd "$here"
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error </dev/null >&2
fi
rm -rf bin
if [ -n "${DATAFLOW_LSP:-}" ]; then
  mkdir bin
  cp "$DATAFLOW_LSP" "bin/dataflow-lsp$exe"
else
  (cd "$dataflow_repo" && CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o "$here/bin/dataflow-lsp$exe" ./cmd/dataflow-lsp)
fi
mkdir -p "$(dirname "$vsix")"
npx --no --loglevel=error vsce package --no-dependencies --target "$os-$arch" -o "$vsix" </dev/null >"$vsix.log" 2>&1 || { cat "$vsix.log" >&2; exit 1; }
rm "$vsix.log"
echo "$vsix"
