//go:build unix

package testdb

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// A folder is a temporary one with a watcher: a shell that reads a pipe from this
// process. When the pipe closes, because remove closes it or because this process
// is gone, be it by kill -9, the watcher ends the server in the folder and removes
// the folder.
type folder struct {
	path    string
	pipe    *os.File
	watcher *exec.Cmd
}

// watch ends the server at once: there is nothing in it that anyone wants. It tries
// again for some seconds, for a server that was just starting.
const watch = `
trap '' HUP INT TERM
cat >/dev/null
for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do
  if read -r pid <"$1/data/postmaster.pid"; then kill -QUIT "$pid"; sleep 0.1; fi
  if ! [ -e "$1/data/postmaster.pid" ]; then
    rm -rf "$1" && exit 0
  fi
  sleep 0.2
done
rm -rf "$1"
`

// newFolder makes a folder that belongs to the user.
func newFolder(user *account) (*folder, error) {
	parent, err := parentFor(user)
	if err != nil {
		return nil, err
	}
	path, err := os.MkdirTemp(parent, "dataflow-pg")
	if err != nil {
		return nil, err
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close() //nolint:errcheck // the watcher has its own
	watcher := exec.Command("/bin/sh", "-c", watch, "sh", path)
	watcher.Dir = "/"
	watcher.Stdin = r
	watcher.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // out of reach of Ctrl-C
	if err := watcher.Start(); err != nil {
		return nil, fmt.Errorf("cannot start the shell that cleans up after the tests: %w", err)
	}
	f := &folder{path: path, pipe: w, watcher: watcher}
	if user.credential != nil {
		if err := os.Chown(path, int(user.credential.Uid), int(user.credential.Gid)); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// remove ends the server in the folder and removes the folder, now.
func (f *folder) remove() error {
	if err := f.pipe.Close(); err != nil {
		return err
	}
	return f.watcher.Wait()
}

// longest is how long the path of a socket may be, on the strictest system.
const longest = 103

// parentFor chooses where the folder goes: the first temporary folder that the
// user may reach and where the socket's path is not too long.
func parentFor(user *account) (string, error) {
	places := []string{os.TempDir(), "/tmp", "/var/tmp"}
	for _, place := range places {
		socket := filepath.Join(place, "dataflow-pg1234567890", ".s.PGSQL.5432.lock")
		if len(socket) <= longest && user.mayEnter(place) {
			return place, nil
		}
	}
	return "", fmt.Errorf("no folder for a PostgreSQL server: the user %s cannot enter any of %q, or their paths are too long; set TMPDIR to one that is fit", user.name, places)
}
