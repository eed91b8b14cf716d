#!/bin/bash
# The end-to-end test of the extension: packages it with the server inside, installs
# it into the real VS Code workbench (code-server) and drives that in a headless
# Chromium: by mouse and keys (e2e.mjs), then by VS Code's own API (features.mjs).
#   DATAFLOW_LSP=PATH      the server to test; default: built from this repository
#   UPDATE_SCREENSHOT=1    writes docs/images/quickstart.png; a path writes there
#   SHOTS=DIR              keeps a picture of what a failed check saw (default .e2e/shots)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../node.sh"
export repo=$dataflow_repo
"$here/install.sh"

work=$(mktemp -d)
pid=
stop() {
  if [ -n "$pid" ]; then
    kill -- "-$pid" 2>/dev/null || true # its process group: the extension host and the server too
    for _ in $(seq 50); do kill -0 -- "-$pid" 2>/dev/null || break; sleep 0.1; done
    kill -9 -- "-$pid" 2>/dev/null || true
  fi
  rm -rf "$work"
}
trap stop EXIT

# A plain build: it shares the build cache with the rest of the tests.
if [ -z "${DATAFLOW_LSP:-}" ]; then
  DATAFLOW_LSP=$work/dataflow-lsp
  (cd "$repo" && go build -o "$DATAFLOW_LSP" ./cmd/dataflow-lsp)
fi
vsix=$(DATAFLOW_LSP=$DATAFLOW_LSP VSIX=$work/dataflow.vsix "$here/../package.sh")
echo "packaged $(basename "$vsix"), $(du -h "$vsix" | cut -f1)"

# The broken example, as a module of its own somewhere else; once more, with a file
# of workflows on which to try each feature.
for folder in quickstart features; do
  cp -r "$repo/examples/quickstart/broken" "$work/$folder"
  (cd "$work/$folder" && go mod edit -replace "github.com/dataflow-go/dataflow=$repo")
done
mkdir "$work/features/orders"
cp "$repo/editors/testdata/orders.go" "$work/features/orders/"
cp "$repo/editors/testdata/dataflow.yaml" "$work/features/"

mkdir -p "$work/data/User" "$work/extensions"
cp "$here/settings.json" "$work/data/User/settings.json"
# The go command's files stay where they are when XDG folders move.
GOCACHE=$(go env GOCACHE) GOENV=$(go env GOENV)
export GOCACHE GOENV XDG_CONFIG_HOME=$work/xdg XDG_DATA_HOME=$work/xdg XDG_CACHE_HOME=$work/xdg XDG_STATE_HOME=$work/xdg
# No extension gallery; and the extension host keeps this PATH, so that the server
# finds the go command.
export EXTENSIONS_GALLERY='{}' VSCODE_CLI=1
code_server=("$(command -v node)" "$repo/.e2e/vscode/node_modules/code-server/out/node/entry.js"
  --config "$work/config.yaml" --user-data-dir "$work/data" --extensions-dir "$work/extensions")
"${code_server[@]}" --install-extension "$vsix" </dev/null >"$work/install.log" 2>&1 || { cat "$work/install.log"; exit 1; }

healthy() { (exec 3<>"/dev/tcp/127.0.0.1/$port" && printf 'GET /healthz HTTP/1.0\r\n\r\n' >&3 && grep -q ' 200 ' <&3) 2>/dev/null; }
port=$((20000 + RANDOM % 20000))
setsid "${code_server[@]}" --bind-addr "127.0.0.1:$port" --auth none --disable-telemetry --disable-update-check \
  --disable-workspace-trust --disable-getting-started-override </dev/null >"$work/code-server.log" 2>&1 &
pid=$!
for _ in $(seq 300); do
  healthy && break
  kill -0 "$pid" 2>/dev/null || break
  sleep 0.1
done
healthy || { echo "code-server did not come up:"; tail -20 "$work/code-server.log"; exit 1; }

screenshot=${UPDATE_SCREENSHOT:-}
[ "$screenshot" != 1 ] || screenshot=$repo/docs/images/quickstart.png
CHROMIUM=$(find_chromium)
export CHROMIUM URL=http://127.0.0.1:$port PLAYWRIGHT=$repo/.e2e/vscode/
status=0
FOLDER=$work/quickstart SCREENSHOT=$screenshot SHOTS=${SHOTS:-$repo/.e2e/shots} timeout 180 node "$here/e2e.mjs" </dev/null || status=1
FEATURES=$work/features timeout 180 node "$here/features.mjs" </dev/null || status=1
exit $status
