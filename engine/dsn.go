package engine

import (
	"fmt"
	"strings"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// A source is a database as its URL names it.
type source struct {
	path string // file; "" for a database in memory
}

// memory reports whether the database lives in memory.
func (s source) memory() bool { return s.path == "" }

// String is the URL without secrets. It has none: a URL with any is refused.
func (s source) String() string {
	if s.memory() {
		return "sqlite::memory:"
	}
	return "sqlite:" + s.path
}

// otherSchemes are databases that people may try. Only these names are ever
// repeated in an error: what else stands before a colon may be a secret.
var otherSchemes = []string{
	"mysql", "mariadb", "mongodb", "mongodb+srv", "sqlserver", "mssql", "oracle", "redis", "cockroachdb",
	"clickhouse", "duckdb", "sqlite3", "file", "http", "https", "jdbc",
}

// parseDSN reads a database URL. What it does not take is DF-403.
func parseDSN(dsn string) (source, *errcatalog.Finding) {
	scheme, rest, ok := strings.Cut(dsn, ":")
	switch scheme = strings.ToLower(scheme); {
	case dsn == "":
		return refuse("the database URL is empty", "sqlite:app.db")
	case !ok && !strings.ContainsAny(dsn, "@?=\x00"):
		return refuse(fmt.Sprintf("%q is no database URL: it has no scheme", dsn), "sqlite:"+dsn)
	case !ok:
		return refuse("the database URL has no scheme", "sqlite:app.db")
	case scheme == "postgres" || scheme == "postgresql":
		return refuse("PostgreSQL support is not in this build yet: use SQLite", "sqlite:app.db")
	case scheme == "sqlite":
		return parsePath(rest)
	}
	for _, other := range otherSchemes {
		if scheme == other {
			suggestion := "sqlite:app.db"
			if path := strings.TrimPrefix(rest, "//"); (scheme == "sqlite3" || scheme == "file") && !strings.ContainsAny(path, "@?\x00") && path != "" {
				suggestion = "sqlite:" + path
			}
			return refuse(scheme+": is no database that DataFlow runs on", suggestion)
		}
	}
	return refuse("the database URL has a scheme that DataFlow does not know", "sqlite:app.db")
}

func parsePath(path string) (source, *errcatalog.Finding) {
	if path == ":memory:" {
		return source{}, nil
	}
	if after, ok := strings.CutPrefix(path, "//"); ok {
		if !strings.HasPrefix(after, "/") {
			return refuse("after sqlite:// an absolute path must follow: sqlite:///var/lib/app/app.db; a relative one stands right after the colon", "sqlite:app.db")
		}
		path = after
	}
	switch {
	case path == "":
		return refuse("the database URL names no file", "sqlite:app.db")
	case strings.ContainsRune(path, 0):
		return refuse("the database URL holds a NUL byte", "sqlite:app.db")
	case strings.Contains(path, "?"):
		return refuse("a sqlite: URL takes no parameters: remove what stands from the ? on", "sqlite:"+path[:strings.Index(path, "?")])
	}
	return source{path: path}, nil
}

func refuse(message, suggestion string) (source, *errcatalog.Finding) {
	return source{}, &errcatalog.Finding{
		Code:    errcatalog.DF403,
		Message: message,
		Details: errcatalog.Details{Suggestion: suggestion, Allowed: []string{"sqlite:app.db", "sqlite::memory:", "sqlite:///var/lib/app/app.db"}},
	}
}
