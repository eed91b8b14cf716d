//go:build !unix

package testdb

import (
	"errors"
	"testing"
)

// A Srv is a PostgreSQL server of one test's own. This system has none: the
// package starts servers where there are Unix sockets and signals.
type Srv struct{}

type mode struct{}

var (
	throwaway mode
	errSystem = errors.New("tests cannot start PostgreSQL on this system: set " + Env + " to the URL of a server (postgres://user:password@host:5432/postgres); a test that restarts its server needs Linux or macOS")
)

// Server fails the test: see [Srv].
func Server(t testing.TB) *Srv {
	t.Helper()
	t.Fatal(errSystem)
	return nil
}

// DSN is empty: see [Srv].
func (*Srv) DSN() string { return "" }

// Stop fails: see [Srv].
func (*Srv) Stop() error { return errSystem }

// Restart fails: see [Srv].
func (*Srv) Restart() error { return errSystem }

func start(mode) (*Srv, error) { return nil, errSystem }
