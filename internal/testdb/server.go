//go:build unix

package testdb

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A Srv is a PostgreSQL server of one test's own, or of one process's.
// Its methods are for one goroutine at a time.
type Srv struct {
	bin    string // the folder of initdb, pg_ctl and postgres
	folder *folder
	user   *account
	mode   mode
}

// A mode is what a server promises about what was committed.
type mode []string

var (
	// throwaway loses what it likes when it is ended: nobody looks afterwards.
	throwaway = mode{"synchronous_commit=off", "autovacuum=off"}
	// durable keeps what was committed when the server is ended, as a server in
	// production does. It need not outlive the machine: fsync stays off.
	durable = mode{"synchronous_commit=on"}
)

// Server starts a server for t alone, which t may stop and start again. What was
// committed is still there after a restart. The server ends when t does.
func Server(t testing.TB) *Srv {
	t.Helper()
	server, err := start(durable)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.folder.remove(); err != nil {
			t.Errorf("cannot end the test's PostgreSQL server: %v", err)
		}
	})
	return server
}

// DSN is the URL of the server's database postgres, as a superuser. It stays the
// same when the server is restarted.
func (s *Srv) DSN() string {
	return (&url.URL{
		Scheme: "postgres",
		User:   url.User("postgres"),
		Path:   "/postgres",
		RawQuery: url.Values{
			"host": {s.folder.path}, "port": {"5432"}, "sslmode": {"disable"},
		}.Encode(),
	}).String()
}

// Stop ends the server as a crash does: connections break, nothing is flushed.
// What was committed is there after [Srv.Restart]. A server that does not run is
// left alone.
func (s *Srv) Stop() error {
	if _, err := os.Stat(s.pidFile()); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return s.run("pg_ctl", "stop", "-D", s.data(), "-s", "-w", "-m", "immediate")
}

// Restart stops the server, if it runs, as [Srv.Stop] does, starts it and returns
// when it takes connections.
func (s *Srv) Restart() error {
	if err := s.Stop(); err != nil {
		return err
	}
	return s.launch()
}

// start makes a server in a folder of its own.
func start(mode mode) (*Srv, error) {
	bin, user, err := programs()
	if err != nil {
		return nil, err
	}
	folder, err := newFolder(user)
	if err != nil {
		return nil, err
	}
	s := &Srv{bin: bin, folder: folder, user: user, mode: mode}
	if err := s.run("initdb", "-D", s.data(), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"); err != nil {
		return nil, errors.Join(err, folder.remove())
	}
	if err := s.launch(); err != nil {
		return nil, errors.Join(err, folder.remove())
	}
	return s, nil
}

// launch starts the server program. It listens on a socket in the folder alone, so
// that servers of different processes need no ports.
func (s *Srv) launch() error {
	settings := append([]string{
		"listen_addresses=''", "port=5432", "unix_socket_directories='" + s.folder.path + "'",
		"fsync=off", "full_page_writes=off", "shared_buffers=32MB", "max_connections=200",
	}, s.mode...)
	log := filepath.Join(s.folder.path, "log")
	err := s.run("pg_ctl", "start", "-D", s.data(), "-s", "-w", "-t", "60", "-l", log, "-o", "-c "+strings.Join(settings, " -c "))
	if err != nil {
		if said, readErr := os.ReadFile(log); readErr == nil {
			err = fmt.Errorf("%w\n%s", err, said)
		}
	}
	return err
}

// run runs one of PostgreSQL's programs to its end, as the server's user.
func (s *Srv) run(program string, args ...string) error {
	cmd := exec.Command(filepath.Join(s.bin, program), args...)
	cmd.Dir = s.folder.path // one that the user may enter
	cmd.Env = environment()
	cmd.SysProcAttr = s.user.attributes()
	if said, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("PostgreSQL's %s: %w\n%s", cmd, err, said)
	}
	return nil
}

func (s *Srv) data() string    { return filepath.Join(s.folder.path, "data") }
func (s *Srv) pidFile() string { return filepath.Join(s.data(), "postmaster.pid") }

// environment is the process's own without what would turn PostgreSQL's programs
// to another server, and with a locale that every machine has.
func environment() []string {
	var env []string
	for _, kv := range os.Environ() {
		if !strings.HasPrefix(kv, "PG") && !strings.HasPrefix(kv, "LC_") && !strings.HasPrefix(kv, "LANG") {
			env = append(env, kv)
		}
	}
	return append(env, "LC_ALL=C")
}
