package engine

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"

	lru "github.com/hashicorp/golang-lru/v2"
)

// statementCacheSize is how many prepared statements a connection keeps.
const statementCacheSize = 256

// A sqliteConn is a connection with its prepared statements.
type sqliteConn struct {
	c      *sql.Conn
	stmts  *lru.Cache[string, *sql.Stmt]
	tracer tracer
}

func newSQLiteConn(ctx context.Context, db *sql.DB, t tracer) (*sqliteConn, error) {
	c, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	stmts, err := lru.NewWithEvict(statementCacheSize, func(_ string, s *sql.Stmt) {
		_ = s.Close() // only frees memory; there is nobody to tell
	})
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return &sqliteConn{c, stmts, t}, nil
}

// close ends the connection; with it go its statements.
func (c *sqliteConn) close() error {
	c.stmts.Purge()
	return c.c.Close()
}

// broken reports whether the driver has given the connection up.
func (c *sqliteConn) broken() bool {
	return c.c.Raw(func(any) error { return nil }) != nil
}

// stmt returns the prepared statement for a text.
func (c *sqliteConn) stmt(ctx context.Context, text string) (*sql.Stmt, error) {
	if s, ok := c.stmts.Get(text); ok {
		return s, nil
	}
	s, err := c.c.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	c.stmts.Add(text, s)
	return s, nil
}

// exec runs a statement without a result and returns how many rows it changed.
func (c *sqliteConn) exec(ctx context.Context, text string, args ...any) (changed int64, err error) {
	ctx, sp := c.tracer.statement(ctx, text)
	defer func() { sp.end(err) }()
	s, err := c.stmt(ctx, text)
	if err != nil {
		return 0, err
	}
	r, err := s.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// query runs a statement and calls each with the values of every row. The slice
// is reused from row to row.
func (c *sqliteConn) query(ctx context.Context, text string, args []any, each func(values []any) error) (err error) {
	ctx, sp := c.tracer.statement(ctx, text)
	defer func() { sp.end(err) }()
	s, err := c.stmt(ctx, text)
	if err != nil {
		return err
	}
	rows, err := s.QueryContext(ctx, args...)
	if err != nil {
		return err
	}
	// A write with RETURNING commits when its rows are closed.
	defer func() {
		if cErr := rows.Close(); err == nil {
			err = cErr
		}
	}()
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	values, dest := make([]any, len(columns)), make([]any, len(columns))
	for i := range values {
		dest[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		if err := each(values); err != nil {
			return err
		}
	}
	return rows.Err()
}

// A sqlitePool is a fixed number of connections, opened when they are first needed.
type sqlitePool struct {
	db     *sql.DB
	free   chan *sqliteConn // a nil stands for a connection not opened yet
	tracer tracer
}

func newSQLitePool(db *sql.DB, size int, t tracer) *sqlitePool {
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	p := &sqlitePool{db, make(chan *sqliteConn, size), t}
	for range size {
		p.free <- nil
	}
	return p
}

// get takes a connection, waiting for one until ctx ends, lockWait at most.
func (p *sqlitePool) get(ctx context.Context) (conn, error) {
	c, err := take(ctx, p.free)
	if err != nil {
		return nil, err
	}
	if c != nil {
		return c, nil
	}
	c, err = newSQLiteConn(ctx, p.db, p.tracer)
	if err != nil {
		p.free <- nil
		return nil, err
	}
	return c, nil
}

// put gives a connection back. One that the driver gave up is replaced when the
// next comes for it.
func (p *sqlitePool) put(x conn) {
	c, _ := x.(*sqliteConn)
	if c.broken() {
		// What a broken connection says when it is closed helps nobody.
		_ = c.close()
		c = nil
	}
	p.free <- c
}

// inTransaction asks by trying: BEGIN fails inside a transaction.
func (c *sqliteConn) inTransaction() bool {
	if _, err := c.exec(context.Background(), "BEGIN"); err != nil {
		return true
	}
	_, err := c.exec(context.Background(), "ROLLBACK")
	return err != nil
}

// batch runs statements one after the other: there is no network to save.
func (c *sqliteConn) batch(ctx context.Context, statements []statement) (changed int64, failed int, err error) {
	for i, s := range statements {
		n, err := c.exec(ctx, s.text, s.args...)
		if err != nil {
			return 0, i, err
		}
		changed += n
	}
	return changed, -1, nil
}

// close ends every connection; all of them must have been put back.
func (p *sqlitePool) close() error {
	var errs []error
	for range cap(p.free) {
		if c := <-p.free; c != nil {
			if err := c.close(); err != nil && !errors.Is(err, driver.ErrBadConn) && !errors.Is(err, sql.ErrConnDone) {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(append(errs, p.db.Close())...)
}
