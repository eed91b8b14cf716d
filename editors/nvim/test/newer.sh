#!/bin/bash
# Fetches the Neovim of a newer Debian into DIR, without touching the system: its
# packages are unpacked there, with the libraries that it wants, and run by their own
# loader. Prints the path of a program to call. Where that cannot be done it says why.
#   test/newer.sh SUITE DIR        SUITE: trixie (Neovim 0.10) or forky (0.12 or newer)
set -euo pipefail
suite=$1 dir=$2
if [ -x "$dir/nvim" ]; then
  echo "$dir/nvim"
  exit
fi
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
for needed in apt-get dpkg-deb; do
  command -v "$needed" >/dev/null || { echo "there is no $needed here" >&2; exit 1; }
done
[ -r "$keyring" ] || { echo "there is no $keyring here" >&2; exit 1; }

rm -rf "$dir"
mkdir -p "$dir"/{etc/preferences.d,state/lists/partial,cache/archives/partial,unpacked}
dir=$(cd "$dir" && pwd)
: >"$dir/state/status"
mirror=$(grep -rhoE 'https?://[^ ]+/debian/?( |$)' /etc/apt/sources.list /etc/apt/sources.list.d 2>/dev/null | head -1 || true)
echo "deb [signed-by=$keyring] ${mirror:-http://deb.debian.org/debian} $suite main" >"$dir/etc/sources.list"
cat >"$dir/apt.conf" <<EOF
Dir::Etc "$dir/etc"; Dir::Etc::sourcelist "sources.list"; Dir::Etc::sourceparts "-"; Dir::Etc::preferencesparts "preferences.d";
Dir::State "$dir/state"; Dir::State::status "$dir/state/status";
Dir::Cache "$dir/cache"; Dir::Cache::pkgcache ""; Dir::Cache::srcpkgcache "";
APT::Sandbox::User "root"; APT::Install-Recommends "false"; Acquire::Languages "none"; Debug::NoLocking "true";
EOF
# A mirror that does not answer fails at once: the tests are not about it.
fetch() { apt-get -qq -y -c "$dir/apt.conf" -o APT::Update::Error-Mode=any -o Acquire::Retries=1 -o Acquire::http::Timeout=20 "$@" </dev/null >/dev/null; }
fetch update
fetch --download-only install neovim
for package in "$dir"/cache/archives/*.deb; do dpkg-deb -x "$package" "$dir/unpacked"; done
rm -rf "$dir/cache" "$dir/state"

# LD_LIBRARY_PATH would reach the language server, too; this does not.
unpacked=$dir/unpacked/usr
libraries=$(dirname "$(find "$unpacked/lib" -name 'libc.so.6' | head -1)")
loader=$(find "$unpacked" -name 'ld-linux*.so.*' | head -1)
cat >"$dir/nvim" <<EOF
#!/bin/bash
export VIMRUNTIME="$unpacked/share/nvim/runtime" LUA_CPATH="$libraries/lua/5.1/?.so;;" LUA_PATH="$unpacked/share/lua/5.1/?.lua;;"
exec "$loader" --library-path "$libraries:$unpacked/lib" "$unpacked/bin/nvim" --cmd "set runtimepath^=$unpacked/lib/nvim" "\$@"
EOF
chmod +x "$dir/nvim"
"$dir/nvim" --version >/dev/null
echo "$dir/nvim"
