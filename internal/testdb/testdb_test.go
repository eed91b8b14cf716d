//go:build unix

package testdb_test

import (
	"bufio"
	"context"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"go.uber.org/goleak"

	"github.com/dataflow-go/dataflow/internal/testdb"
)

// hostage makes this test binary a process that starts a server and waits to be
// killed.
const hostage = "TESTDB_HOSTAGE"

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) }) // some tests end the server first
	return conn
}

func exec1(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func TestDatabasesDoNotSeeEachOther(t *testing.T) {
	t.Parallel()
	a, b := connect(t, testdb.Postgres(t)), connect(t, testdb.Postgres(t))
	exec1(t, a, "CREATE TABLE users (id int)")
	var there bool
	for conn, want := range map[*pgx.Conn]bool{a: true, b: false} {
		if err := conn.QueryRow(t.Context(), "SELECT to_regclass('users') IS NOT NULL").Scan(&there); err != nil {
			t.Fatal(err)
		}
		if there != want {
			t.Errorf("in %s the table is there: %v, want %v", conn.Config().Database, there, want)
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	for range 12 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			exec1(t, connect(t, testdb.Postgres(t)), "CREATE TABLE users (id int)")
		})
	}
}

func TestDroppedWhenTheTestEnds(t *testing.T) {
	t.Parallel()
	var dsn string
	t.Run("a test that leaves a connection open", func(t *testing.T) {
		dsn = testdb.Postgres(t)
		conn, err := pgx.Connect(t.Context(), dsn)
		if err != nil {
			t.Fatal(err)
		}
		exec1(t, conn, "SELECT 1")
		t.Cleanup(func() { go conn.Close(context.Background()) })
	})
	conn, err := pgx.Connect(t.Context(), dsn)
	if err == nil {
		_ = conn.Close(t.Context())
	}
	var refusal *pgconn.PgError
	if !errors.As(err, &refusal) || refusal.Code != "3D000" { // invalid_catalog_name
		t.Errorf("connecting to the dropped database: %v, want 3D000", err)
	}
}

func TestServerKeepsWhatWasCommitted(t *testing.T) {
	t.Parallel()
	server := testdb.Server(t)
	before := connect(t, server.DSN())
	exec1(t, before, "CREATE TABLE users (id int)")
	exec1(t, before, "INSERT INTO users SELECT generate_series(1, 1000)")
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	if err := before.Ping(t.Context()); err == nil {
		t.Error("the connection outlived the server")
	}
	var n int
	if err := connect(t, server.DSN()).QueryRow(t.Context(), "SELECT count(*) FROM users").Scan(&n); err != nil || n != 1000 {
		t.Errorf("after the restart there are %d rows, %v; want 1000", n, err)
	}
}

func TestServerStopsAndStarts(t *testing.T) {
	t.Parallel()
	server := testdb.Server(t)
	for range 2 { // the second finds nothing to stop
		if err := server.Stop(); err != nil {
			t.Fatal(err)
		}
	}
	if conn, err := pgx.Connect(t.Context(), server.DSN()); err == nil {
		_ = conn.Close(t.Context())
		t.Error("the stopped server takes a connection")
	}
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	exec1(t, connect(t, server.DSN()), "SELECT 1")
}

func TestNothingIsLeftOfAKilledProcess(t *testing.T) {
	t.Parallel()
	if os.Getenv(hostage) != "" {
		connect(t, testdb.Server(t).DSN())
		server := testdb.Server(t)
		_, _ = os.Stdout.WriteString(server.DSN() + "\n")
		select {} // until it is killed
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestNothingIsLeftOfAKilledProcess$", "-test.timeout=2m")
	cmd.Env = append(os.Environ(), hostage+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	dsn := strings.TrimSpace(line)
	exec1(t, connect(t, dsn), "SELECT 1")

	if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("the killed process ended well")
	}
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	folder := u.Query().Get("host")
	for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(folder); errors.Is(err, os.ErrNotExist) {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("%s is still there", folder)
		}
	}
	if conn, err := pgx.Connect(t.Context(), dsn); err == nil {
		_ = conn.Close(t.Context())
		t.Error("the server still takes connections")
	}
}
