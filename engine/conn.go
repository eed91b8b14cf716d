package engine

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// statementCacheSize is how many prepared statements a connection keeps.
const statementCacheSize = 256

// lockWait is how long an operation waits for a connection that others hold.
const lockWait = 30 * time.Second

// errPoolExhausted says that every connection stayed in use for lockWait.
var errPoolExhausted = errors.New("every connection was in use for " + lockWait.String())

// A conn is one connection to the database with its prepared statements. It is
// used by one goroutine at a time.
type conn struct {
	c      *sql.Conn
	stmts  *lru.Cache[string, *sql.Stmt]
	tracer tracer
}

func newConn(ctx context.Context, db *sql.DB, t tracer) (*conn, error) {
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
	return &conn{c, stmts, t}, nil
}

// close ends the connection; with it go its statements.
func (c *conn) close() error {
	c.stmts.Purge()
	return c.c.Close()
}

// broken reports whether the driver has given the connection up.
func (c *conn) broken() bool {
	return c.c.Raw(func(any) error { return nil }) != nil
}

// stmt returns the prepared statement for a text.
func (c *conn) stmt(ctx context.Context, text string) (*sql.Stmt, error) {
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
func (c *conn) exec(ctx context.Context, text string, args ...any) (changed int64, err error) {
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
func (c *conn) query(ctx context.Context, text string, args []any, each func(values []any) error) (err error) {
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

// A pool is a fixed number of connections, opened when they are first needed.
type pool struct {
	db     *sql.DB
	free   chan *conn // a nil stands for a connection not opened yet
	tracer tracer
}

func newPool(db *sql.DB, size int, t tracer) *pool {
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	p := &pool{db, make(chan *conn, size), t}
	for range size {
		p.free <- nil
	}
	return p
}

// get takes a connection, waiting for one until ctx ends, lockWait at most.
func (p *pool) get(ctx context.Context) (*conn, error) {
	var c *conn
	select {
	case c = <-p.free:
	default:
		timer := time.NewTimer(lockWait)
		defer timer.Stop()
		select {
		case c = <-p.free:
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-timer.C:
			return nil, errPoolExhausted
		}
	}
	if c != nil {
		return c, nil
	}
	c, err := newConn(ctx, p.db, p.tracer)
	if err != nil {
		p.free <- nil
		return nil, err
	}
	return c, nil
}

// put gives a connection back. One that the driver gave up is replaced when the
// next comes for it.
func (p *pool) put(c *conn) {
	if c.broken() {
		// What a broken connection says when it is closed helps nobody.
		_ = c.close()
		c = nil
	}
	p.free <- c
}

// close ends every connection; all of them must have been put back.
func (p *pool) close() error {
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
