package engine

import (
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/internal/dsn"
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

// parseDSN reads a database URL. What it does not take is DF-403.
func parseDSN(url string) (source, *errcatalog.Finding) {
	scheme, rest, problem := dsn.Split(url)
	switch {
	case problem != nil:
		return source{}, problem
	case scheme == dsn.Postgres:
		return parsePostgres(rest)
	case rest == dsn.Memory:
		return source{}, nil
	}
	return source{path: rest}, nil
}

// parsePostgres reads a postgres:// URL as pgx and libpq do, with the variables
// PGHOST and so on for what it leaves out. What pgx says of one that it does not
// take may repeat the password, so it is not told.
func parsePostgres(rest string) (source, *errcatalog.Finding) {
	u, err := url.Parse("postgres:" + rest)
	if err != nil {
		return refuse("the postgres:// URL cannot be read", "postgres://user:password@localhost:5432/app")
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
	return source{}, dsn.Refuse(message, suggestion)
}
