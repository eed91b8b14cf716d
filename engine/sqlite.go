package engine

import (
	"context"
	"database/sql/driver"
	"errors"
	"net/url"
	"runtime"
	"strings"
	"sync"

	driversqlite "modernc.org/sqlite"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// sqlite is the dialect of SQLite.
//
// A file has one connection that writes and several that only read, in WAL mode:
// readers and the writer do not wait for each other, and writers queue in this
// process, in order, instead of spinning on the file's lock. A database in memory
// has one connection for all, because the connection is the database.
type sqlite struct{}

// sqliteDriver is the driver with the functions that filters need. It is our own
// instance, so that no other user of the driver gets them.
var sqliteDriver = sync.OnceValues(func() (*driversqlite.Driver, error) {
	d := &driversqlite.Driver{}
	return d, registerFunctions(d)
})

// A connector opens connections of one kind.
type connector struct {
	d   *driversqlite.Driver
	dsn string
}

func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return c.d.Open(c.dsn)
}

func (c connector) Driver() driver.Driver { return c.d }

func (sqlite) open(ctx context.Context, s source, o config) (read, write pool, err error) {
	d, err := sqliteDriver()
	if err != nil {
		return nil, nil, err
	}
	const common = "_dqs=0&_defensive=1&_pragma=busy_timeout(10000)&_pragma=foreign_keys(1)"
	if s.memory() {
		w := newSQLitePool(connector{d, "file::memory:?" + common}, 1, o.tracer)
		return w, w, first(ctx, w)
	}
	readers := o.poolSize
	if readers == 0 {
		readers = min(4, runtime.GOMAXPROCS(0))
	}
	file := "file:" + (&url.URL{Path: s.path}).EscapedPath() + "?" + common
	if o.readOnly {
		// Not mode=ro: that leaves the files of the WAL behind, which whoever may write
		// takes away again.
		r := newSQLitePool(connector{d, file + "&mode=rw&_pragma=query_only(1)"}, readers, o.tracer)
		return r, r, first(ctx, r)
	}
	w := newSQLitePool(connector{d, file + "&_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_pragma=journal_size_limit(67108864)"}, 1, o.tracer)
	if err := first(ctx, w); err != nil {
		return nil, nil, err
	}
	read = newSQLitePool(connector{d, file + "&_pragma=query_only(1)"}, readers, o.tracer)
	return read, w, nil
}

// first opens the pool's first connection and reads from it, so that a database
// that cannot be used is noticed at once. A pool that fails is closed.
func first(ctx context.Context, p pool) error {
	c, err := p.get(ctx)
	if err != nil {
		return errors.Join(err, p.close())
	}
	err = c.query(ctx, "PRAGMA schema_version", nil, func([]any) error { return nil })
	p.put(c)
	if err != nil {
		return errors.Join(err, p.close())
	}
	return nil
}

func (sqlite) quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func (sqlite) placeholder(int) string { return "?" }

func (sqlite) maxParams() int { return 32766 }

// rowsPerStatement: more bring nothing.
func (sqlite) rowsPerStatement() int { return 100 }

// keysAbove has nothing to do: AUTOINCREMENT minds every key.
func (sqlite) keysAbove(context.Context, conn, *table) (string, error) { return "", nil }

// lastKey relies on nobody else writing, and on SQLite counting up. A trigger could
// insert rows of its own in between.
func (d sqlite) lastKey(ctx context.Context, c conn, t *table) (string, error) {
	triggers := false
	err := c.query(ctx, "SELECT 1 FROM sqlite_schema WHERE type = 'trigger' LIMIT 1", nil, func([]any) error {
		triggers = true
		return nil
	})
	if err != nil || triggers {
		return "", err
	}
	return "(SELECT " + t.autoKey.quoted + " FROM " + t.name + " WHERE rowid = last_insert_rowid())", nil
}

func (sqlite) begin() string    { return "BEGIN IMMEDIATE" }
func (sqlite) commit() string   { return "COMMIT" }
func (sqlite) rollback() string { return "ROLLBACK" }
func (sqlite) snapshot() string { return "BEGIN" }
func (sqlite) aborts() bool     { return false }
func (sqlite) shared() bool     { return false }

func (sqlite) classify(err error, _ *table) (errcatalog.Code, []string) {
	var se *driversqlite.Error
	if !errors.As(err, &se) {
		if errors.Is(err, driver.ErrBadConn) {
			return errcatalog.DF511, nil
		}
		return errcatalog.DF502, nil
	}
	code := errcatalog.FromSQLite(se.Code())
	switch code {
	case errcatalog.DF310, errcatalog.DF311:
		return code, constraintColumns(se.Error())
	}
	return code, nil
}

// constraintColumns reads the columns out of "UNIQUE constraint failed: users.email,
// users.org (2067)". SQLite has no other way to tell them; what kind of error it
// is comes from the number alone.
func constraintColumns(message string) []string {
	_, list, ok := strings.Cut(message, " constraint failed: ")
	if !ok {
		return nil
	}
	if i := strings.LastIndex(list, " ("); i >= 0 {
		list = list[:i]
	}
	var columns []string
	for _, c := range strings.Split(list, ", ") {
		columns = append(columns, c[strings.LastIndexByte(c, '.')+1:])
	}
	return columns
}
