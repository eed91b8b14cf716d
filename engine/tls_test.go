package engine_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

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
