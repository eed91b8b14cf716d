#!/bin/bash
# Installs what the end-to-end test needs into .e2e/vscode, outside git: the real
# VS Code workbench (code-server) and playwright-core from npm at pinned versions;
# Chromium, a font and a C++ compiler by apt. Does nothing when all is there.
set -euo pipefail
CODE_SERVER_VERSION=4.139.1 # VS Code 1.139.1; wants the node that node.sh brings
PLAYWRIGHT_VERSION=1.65.1
. "$(dirname "$0")/../node.sh"

find_chromium >/dev/null || apt_install chromium fonts-dejavu-core

root=$dataflow_repo/.e2e/vscode
for tool in g++ make python3; do
  command -v "$tool" >/dev/null || { apt_install g++ make python3; break; }
done

want="code-server $CODE_SERVER_VERSION, playwright-core $PLAYWRIGHT_VERSION"
if [ "$(cat "$root/installed" 2>/dev/null)" = "$want" ]; then exit 0; fi
if [ "$(uname -s)" != Linux ]; then
  echo "the test in the real VS Code runs on Linux only, this is $(uname -s)" >&2
  exit 2
fi

rm -rf "$root"
mkdir -p "$root"
cd "$root"
echo '{"private": true}' >package.json
# Every native module but one that is needed here ships a prebuilt binary, so no
# install script has to run; what the script of code-server would do follows.
npm_install "code-server@$CODE_SERVER_VERSION" "playwright-core@$PLAYWRIGHT_VERSION"
cd node_modules/code-server/lib/vscode
npm_install --omit=dev
# The one: output channels write through it. Its headers come with node.
npm_config_nodedir=$node_home/node_modules/$node_package npm rebuild --loglevel=error @vscode/spdlog </dev/null >/dev/null
test -e node_modules/@vscode/spdlog/build/Release/spdlog.node
ln -sf code-linux.sh bin/remote-cli/code-server
ln -sf browser-linux.sh bin/helpers/browser.sh
cd extensions
npm_install --omit=dev
echo "$want" >"$root/installed"
