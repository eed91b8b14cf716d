package engine_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
)

func TestURLsThatAreRefused(t *testing.T) {
	t.Parallel()
	for dsn, suggestion := range map[string]string{
		"":                                      "sqlite:app.db",
		"app.db":                                "sqlite:app.db",
		"sqlite:":                               "sqlite:app.db",
		"sqlite://app.db":                       "sqlite:app.db",
		"sqlite:a\x00b":                         "sqlite:app.db",
		"sqlite:app.db?_pragma=foreign_keys(0)": "sqlite:app.db",
		"sqlite3:app.db":                        "sqlite:app.db",
		"file:app.db":                           "sqlite:app.db",
		"mysql://root:s3cret@host/db":           "sqlite:app.db",
		"postgres://root:s3cret@host:port/db":   "postgres://user:password@localhost:5432/app",
		"postgres://root:s3cret%@host/db":       "postgres://user:password@localhost:5432/app",
		"postgresql:root:s3cret@host/db":        "postgres://user:password@localhost:5432/app",
		"postgres://root:s3cret@h/d?sslmode=no": "sslmode=verify-full",
		"postgres://root:s3cret@h/d?default_query_exec_mode=simple_protocol": "postgres://user:password@localhost:5432/app",
		"s3cret:pw@tcp(host)/db": "sqlite:app.db",
		"root@s3cret":            "sqlite:app.db",
	} {
		_, err := engine.Open(t.Context(), dsn)
		e := caught(t, err, errcatalog.DF403)
		if !strings.Contains(e.Error(), suggestion) || strings.Contains(fmt.Sprintf("%+v %v", e, e), "s3cret") {
			t.Errorf("%q: %v", dsn, e)
		}
	}
}

func errOfOpen(_ *engine.Engine, err error) error { return err }

func TestFilesOfOddNames(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"a b.db", "a%20b.db", "a#b.db", "ü.db", "a&b=c.db", ":memory:x.db", "a;b'c\".db"} {
		db := open(t, "sqlite://"+filepath.Join(dir, name), engine.WithModels(Team{}))
		must(t)(db.Model("Team").Create(t.Context(), P{"name": "x"}))
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
}

func TestFilesThatAreNoDatabase(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "text"), []byte(strings.Repeat("no database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"text", "missing/app.db", "."} {
		want(t, errOfOpen(engine.Open(t.Context(), "sqlite:"+filepath.Join(dir, path))), errcatalog.DF402)
	}
}

// boxOf is no model by itself, and intBox is one.
type (
	boxOf[T any] struct {
		dataflow.Model
		ID   string
		Item T
	}
	intBox struct{ boxOf[int] }
)

func TestOptionsOutOfRange(t *testing.T) {
	t.Parallel()
	want(t, errOfOpen(engine.Open(t.Context(), "sqlite::memory:", engine.WithPoolSize(0))), errcatalog.DF405)
	want(t, errOfOpen(engine.Open(t.Context(), "sqlite::memory:", engine.WithStatementTimeout(-time.Second))), errcatalog.DF407)
	want(t, errOfOpen(engine.Open(t.Context(), "sqlite::memory:", engine.WithModels(struct{ X int }{}))), errcatalog.DF603)
	want(t, errOfOpen(engine.Open(t.Context(), "sqlite::memory:", engine.WithModels(nil))), errcatalog.DF603)
	want(t, errOfOpen(engine.Open(t.Context(), "sqlite::memory:", engine.WithModels(older(), newer()))), errcatalog.DF602)
	want(t, errOfOpen(engine.Open(t.Context(), "sqlite::memory:", engine.WithModels(older()), engine.WithModels(newer()))), errcatalog.DF602)
	want(t, errOfOpen(engine.Open(t.Context(), "sqlite::memory:", engine.WithModels(boxOf[int]{}))), errcatalog.DF601)
	open(t, "sqlite::memory:", engine.WithModels(intBox{}))
	open(t, "sqlite::memory:", engine.WithModels(Team{}, &Team{}), nil)
}

func TestErrorsOfOperationsByMode(t *testing.T) {
	t.Parallel()
	for mode, lines := range map[errcatalog.Mode]bool{errcatalog.Full: true, errcatalog.Minimal: false, errcatalog.Disabled: false} {
		db := open(t, "sqlite::memory:", engine.WithModels(Team{}), engine.WithErrorMode(mode))
		e := caught(t, errOf(db.Model("Team").Read(t.Context(), P{"id": 1})), errcatalog.DF703)
		if (len(e.Solutions) > 0) != lines {
			t.Errorf("%s: %d solutions", mode, len(e.Solutions))
		}
	}
}

// Whatever the URL, opening it works or is DF-403, and what stood in it is not
// told but for a plain file's name.
func FuzzURL(f *testing.F) {
	for _, s := range append(hostile, "sqlite:x", "sqlite::memory:", "sqlite:///x", "sqlite:?", "mysql://u:p@h", "x:y@z") {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, dsn string) {
		if low := strings.ToLower(dsn); strings.HasPrefix(low, "sqlite:") || strings.HasPrefix(low, "postgres") {
			return // would make files all over the place, or call hosts that are not ours
		}
		_, err := engine.Open(t.Context(), dsn)
		var e *errcatalog.Error
		if !errors.As(err, &e) || e.Code != errcatalog.DF403 {
			t.Fatalf("%q: %v", dsn, err)
		}
		if _, secret, ok := strings.Cut(dsn, "@"); ok && len(secret) > 30 && strings.Contains(err.Error(), secret) {
			t.Errorf("%q is told in %v", secret, err)
		}
	})
}
