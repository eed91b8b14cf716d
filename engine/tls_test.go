package engine_test

import (
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/internal/testdb"
)

// The TLS settings of a URL do what they say, and what is wrong with them, or with
// who one says to be, has its own code.
func TestTLS(t *testing.T) {
	t.Parallel()
	server, plain := testdb.Secure(t, true), testdb.Secure(t, false)
	ssl := func(mode string, more ...string) url.Values {
		v := url.Values{"sslmode": {mode}}
		for i := 0; i < len(more); i += 2 {
			v.Set(more[i], more[i+1])
		}
		return v
	}
	owner := url.UserPassword("owner", server.Password).String()
	bearer := strings.Replace(server.DSN("localhost", ssl("verify-full", "sslrootcert", server.CA, "sslcert", server.ClientCert, "sslkey", server.ClientKey)),
		owner, "bearer", 1)
	for name, c := range map[string]struct {
		dsn  string
		code errcatalog.Code // "" where it opens
	}{
		"verify-full":                       {server.DSN("localhost", ssl("verify-full", "sslrootcert", server.CA)), ""},
		"verify-full, another name":         {server.DSN("127.0.0.1", ssl("verify-full", "sslrootcert", server.CA)), errcatalog.DF406},
		"verify-ca, another name":           {server.DSN("127.0.0.1", ssl("verify-ca", "sslrootcert", server.CA)), ""},
		"verify-ca, another authority":      {server.DSN("localhost", ssl("verify-ca", "sslrootcert", server.StrangeCA)), errcatalog.DF406},
		"verify-full, the system's":         {server.DSN("localhost", ssl("verify-full")), errcatalog.DF406},
		"require":                           {server.DSN("127.0.0.1", ssl("require")), ""},
		"require, of a server without":      {plain.DSN("127.0.0.1", ssl("require")), errcatalog.DF406},
		"prefer, of a server without":       {plain.DSN("127.0.0.1", ssl("prefer")), ""},
		"disable, of one that demands it":   {server.DSN("127.0.0.1", ssl("disable")), errcatalog.DF408},
		"a client's certificate":            {bearer, ""},
		"no certificate where one is asked": {strings.Replace(server.DSN("localhost", ssl("require")), owner, "bearer", 1), errcatalog.DF408},
		"a file that is not there":          {server.DSN("localhost", ssl("verify-full", "sslrootcert", "no/such/file")), errcatalog.DF406},
		"a file that is no certificate":     {server.DSN("localhost", ssl("verify-full", "sslrootcert", server.ClientKey)), errcatalog.DF406},
		"another password":                  {strings.Replace(server.DSN("localhost", ssl("require")), owner, "owner:guess", 1), errcatalog.DF408},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, err := engine.Open(t.Context(), c.dsn)
			if c.code == "" {
				if err != nil {
					t.Fatal(err)
				}
				if err := db.Close(); err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil {
				_ = db.Close()
				t.Fatal("it was opened")
			}
			want(t, err, c.code)
			for e := err; e != nil; e = errors.Unwrap(e) {
				if strings.Contains(e.Error(), server.Password) || strings.Contains(e.Error(), plain.Password) {
					t.Errorf("the password is in %v", e)
				}
			}
		})
	}
}

// A server that is too old is told at once, not by the first statement that it does
// not know; what is only an odd version may try.
func TestServerVersions(t *testing.T) {
	t.Parallel()
	for version, code := range map[string]errcatalog.Code{"9.6.24": errcatalog.DF308, "12.22 (Debian 12.22-1)": errcatalog.DF308, "13.0": "", "18beta1": "", "": ""} {
		db, err := engine.Open(t.Context(), pretender(t, version))
		if code != "" {
			if e := caught(t, err, code); !strings.Contains(e.Message, version) {
				t.Errorf("the message is %s", e.Message)
			}
			continue
		}
		if err != nil {
			t.Fatalf("version %q: %v", version, err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}

// pretender is the URL of what speaks PostgreSQL's protocol as far as its version.
func pretender(t *testing.T, version string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer func() { _ = c.Close() }()
		b := pgproto3.NewBackend(c, c)
		if _, err := b.ReceiveStartupMessage(); err != nil {
			return
		}
		b.Send(&pgproto3.AuthenticationOk{})
		if version != "" {
			b.Send(&pgproto3.ParameterStatus{Name: "server_version", Value: version})
		}
		b.Send(&pgproto3.ReadyForQuery{TxStatus: 'I'})
		if b.Flush() == nil {
			_, _ = io.Copy(io.Discard, c) // until the engine is closed
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		wg.Wait()
	})
	return "postgres://u@" + l.Addr().String() + "/db?sslmode=disable"
}
