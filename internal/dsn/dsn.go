// Package dsn reads the form of database URLs, as far as it can be told without a
// database driver: the editor and engine.Open refuse the same ones.
package dsn

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// The schemes of the databases that the engine opens.
const (
	SQLite   = "sqlite"
	Postgres = "postgres"
)

// Memory is what follows sqlite: for a database in memory.
const Memory = ":memory:"

// others are databases that people may try. Only these names are ever repeated in
// an error: what else stands before a colon may be a secret.
var others = []string{
	"mysql", "mariadb", "mongodb", "mongodb+srv", "sqlserver", "mssql", "oracle", "redis", "cockroachdb",
	"clickhouse", "duckdb", "sqlite3", "file", "http", "https", "jdbc",
}

// Split parts a database URL into its scheme, SQLite or Postgres, and the rest: the
// path of a file, or Memory; or a URL without its scheme, from the // on. What it
// does not take is a DF-403.
func Split(dsn string) (scheme, rest string, problem *errcatalog.Finding) {
	scheme, rest, ok := strings.Cut(dsn, ":")
	switch scheme = strings.ToLower(scheme); {
	case dsn == "":
		problem = Refuse("the database URL is empty", "sqlite:app.db")
	case !ok && !strings.ContainsAny(dsn, "@?=\x00"):
		problem = Refuse(fmt.Sprintf("%q is no database URL: it has no scheme", dsn), "sqlite:"+dsn)
	case !ok:
		problem = Refuse("the database URL has no scheme", "sqlite:app.db")
	case scheme == Postgres || scheme == "postgresql":
		return Postgres, rest, checkPostgres(rest)
	case scheme == SQLite:
		rest, problem = checkPath(rest)
	case slices.Contains(others, scheme):
		suggestion := "sqlite:app.db"
		if path := strings.TrimPrefix(rest, "//"); (scheme == "sqlite3" || scheme == "file") && !strings.ContainsAny(path, "@?\x00") && path != "" {
			suggestion = "sqlite:" + path
		}
		problem = Refuse(scheme+": is no database that DataFlow runs on", suggestion)
	default:
		problem = Refuse("the database URL has a scheme that DataFlow does not know", "sqlite:app.db")
	}
	return scheme, rest, problem
}

func checkPath(path string) (string, *errcatalog.Finding) {
	if after, ok := strings.CutPrefix(path, "//"); ok {
		if !strings.HasPrefix(after, "/") {
			return "", Refuse("after sqlite:// an absolute path must follow: sqlite:///var/lib/app/app.db; a relative one stands right after the colon", "sqlite:app.db")
		}
		path = after
	}
	switch {
	case path == "":
		return "", Refuse("the database URL names no file", "sqlite:app.db")
	case strings.ContainsRune(path, 0):
		return "", Refuse("the database URL holds a NUL byte", "sqlite:app.db")
	case strings.Contains(path, "?"):
		return "", Refuse("a sqlite: URL takes no parameters: remove what stands from the ? on", "sqlite:"+path[:strings.Index(path, "?")])
	}
	return path, nil
}

// checkPostgres checks what needs no driver. What a parser says of a URL may repeat
// the password, so it is not told.
func checkPostgres(rest string) *errcatalog.Finding {
	const example = "postgres://user:password@localhost:5432/app"
	if !strings.HasPrefix(rest, "//") {
		return Refuse("after postgres: a // must follow", example)
	}
	u, err := url.Parse("postgres:" + rest)
	if err != nil {
		return Refuse("the postgres:// URL cannot be read; characters such as @ : / ? # % in a password are written as %40 %3A %2F %3F %23 %25", example)
	}
	if u.Query().Has("default_query_exec_mode") {
		return Refuse("the parameter default_query_exec_mode of the URL is not taken: the engine binds every value in a prepared statement", example)
	}
	switch u.Query().Get("sslmode") {
	case "", "disable", "allow", "prefer", "require", "verify-ca", "verify-full":
	default:
		return Refuse("the parameter sslmode of the URL is one of disable, allow, prefer, require, verify-ca and verify-full", example+"?sslmode=verify-full")
	}
	return nil
}

// Refuse is the DF-403 of a message.
func Refuse(message, suggestion string) *errcatalog.Finding {
	return &errcatalog.Finding{
		Code:    errcatalog.DF403,
		Message: message,
		Details: errcatalog.Details{Suggestion: suggestion, Allowed: []string{"sqlite:app.db", "sqlite::memory:", "sqlite:///var/lib/app/app.db", "postgres://user:password@localhost:5432/app"}},
	}
}
