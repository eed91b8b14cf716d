//go:build !unix

package testdb

import (
	"errors"
	"net/url"
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

// A SecureSrv is a server over TCP and TLS, where there are any: see [Srv].
type SecureSrv struct {
	*Srv
	Port, Password, CA, StrangeCA, ClientCert, ClientKey string
}

// Secure fails the test: see [Srv].
func Secure(t testing.TB, _ bool) *SecureSrv {
	t.Helper()
	t.Fatal(errSystem)
	return nil
}

// DSN is empty: see [Srv].
func (*SecureSrv) DSN(string, url.Values) string { return "" }

func start(mode) (*Srv, error) { return nil, errSystem }
