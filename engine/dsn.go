package engine

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// A source is a database as its URL names it.
type source struct {
	path     string          // SQLite's file; "" for a database in memory
	postgres *pgxpool.Config // nil for SQLite
}

// scrub takes the password out of a text.
func (s source) scrub(text string) string {
	if s.postgres == nil || s.postgres.ConnConfig.Password == "" {
		return text
	}
	password := s.postgres.ConnConfig.Password
	for _, form := range []string{password, url.QueryEscape(password), url.PathEscape(password)} {
		text = strings.ReplaceAll(text, form, "xxxxx")
	}
	return text
}

// dialect is the dialect of the database.
func (s source) dialect() dialect {
	if s.postgres != nil {
		return postgres{}
	}
	return sqlite{}
}

// system is the database's name in OpenTelemetry's semantic conventions.
func (s source) system() string {
	if s.postgres != nil {
		return "postgresql"
	}
	return "sqlite"
}

// memory reports whether the database lives in memory.
func (s source) memory() bool { return s.path == "" && s.postgres == nil }

// String is the URL without secrets.
func (s source) String() string {
	if s.postgres != nil {
		c := s.postgres.ConnConfig
		u := url.URL{Scheme: "postgres", Host: net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port))), Path: "/" + c.Database}
		if strings.HasPrefix(c.Host, "/") {
			u.Host, u.RawQuery = "", "host="+c.Host
		}
		if c.User != "" {
			u.User = url.User(c.User)
		}
		return u.String()
	}
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
		return parsePostgres(dsn)
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

// parsePostgres reads a postgres:// URL as pgx and libpq do, with the variables
// PGHOST and so on for what it leaves out. What pgx says of one that it does not
// take may repeat the password, so it is not told.
func parsePostgres(dsn string) (source, *errcatalog.Finding) {
	const example = "postgres://user:password@localhost:5432/app"
	_, rest, _ := strings.Cut(dsn, ":")
	if !strings.HasPrefix(rest, "//") {
		return refuse("after postgres: a // must follow", example)
	}
	u, err := url.Parse("postgres:" + rest)
	if err != nil {
		return refuse("the postgres:// URL cannot be read; characters such as @ : / ? # % in a password are written as %40 %3A %2F %3F %23 %25", example)
	}
	for name := range u.Query() {
		if name == "default_query_exec_mode" {
			return refuse("the parameter default_query_exec_mode of the URL is not taken: the engine binds every value in a prepared statement", example)
		}
	}
	c, err := pgxpool.ParseConfig(u.String())
	if err != nil {
		return refusePostgres(u)
	}
	c.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheStatement
	return source{postgres: c}, nil
}

// refusePostgres finds which part of a URL pgx does not take.
func refusePostgres(u *url.URL) (source, *errcatalog.Finding) {
	const example = "postgres://user:password@localhost:5432/app?sslmode=verify-full"
	q := u.Query()
	switch q.Get("sslmode") {
	case "", "disable", "allow", "prefer", "require", "verify-ca", "verify-full":
	default:
		return refuse("the parameter sslmode of the URL is one of disable, allow, prefer, require, verify-ca and verify-full", example)
	}
	for _, name := range []string{"sslcert", "sslkey", "sslrootcert"} {
		if q.Has(name) {
			_, f := refuse("the TLS files of the URL (sslcert, sslkey, sslrootcert) cannot be read", example)
			f.Code = errcatalog.DF406
			return source{}, f
		}
	}
	if p := u.Port(); p != "" {
		if n, err := strconv.Atoi(p); err != nil || n < 1 || n > 65535 {
			return refuse("the port of the postgres:// URL is a number from 1 to 65535", example)
		}
	}
	return refuse("the postgres:// URL, or a parameter in it, cannot be read", example)
}

func refuse(message, suggestion string) (source, *errcatalog.Finding) {
	return source{}, &errcatalog.Finding{
		Code:    errcatalog.DF403,
		Message: message,
		Details: errcatalog.Details{Suggestion: suggestion, Allowed: []string{"sqlite:app.db", "sqlite::memory:", "sqlite:///var/lib/app/app.db", "postgres://user:password@localhost:5432/app"}},
	}
}
