package engine

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"

	lru "github.com/hashicorp/golang-lru/v2"
)

// statementCacheSize is how many prepared statements a connection keeps.
const statementCacheSize = 256

// A sqliteConn is a connection with its prepared statements. It talks to the
// driver itself: database/sql would add a pool that is not needed, and a copy of
// every value.
type sqliteConn struct {
	c      driver.Conn
	stmts  *lru.Cache[string, driver.Stmt]
	tracer tracer
	args   []driver.NamedValue // reused from statement to statement
}

func newSQLiteConn(ctx context.Context, d driver.Connector, t tracer) (*sqliteConn, error) {
	c, err := d.Connect(ctx)
	if err != nil {
		return nil, err
	}
	stmts, err := lru.NewWithEvict(statementCacheSize, func(_ string, s driver.Stmt) {
		_ = s.Close() // only frees memory; there is nobody to tell
	})
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return &sqliteConn{c: c, stmts: stmts, tracer: t}, nil
}

// close ends the connection; with it go its statements. A second time does nothing.
func (c *sqliteConn) close() error {
	if c.c == nil {
		return nil
	}
	c.stmts.Purge()
	err := c.c.Close()
	c.c = nil
	return err
}

// broken reports whether the driver has given the connection up.
func (c *sqliteConn) broken() bool {
	v, ok := c.c.(driver.Validator)
	return c.c == nil || ok && !v.IsValid()
}

// stmt returns the prepared statement for a text.
func (c *sqliteConn) stmt(ctx context.Context, text string) (driver.Stmt, error) {
	if c.c == nil {
		return nil, driver.ErrBadConn
	}
	if s, ok := c.stmts.Get(text); ok {
		return s, nil
	}
	p, ok := c.c.(driver.ConnPrepareContext)
	if !ok {
		return nil, fmt.Errorf("the driver's %T prepares no statements", c.c)
	}
	s, err := p.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	c.stmts.Add(text, s)
	return s, nil
}

// bind makes args what the driver takes. It copies them before it returns.
func (c *sqliteConn) bind(args []any) []driver.NamedValue {
	c.args = c.args[:0]
	for i, a := range args {
		c.args = append(c.args, driver.NamedValue{Ordinal: i + 1, Value: a})
	}
	return c.args
}

func (c *sqliteConn) exec(ctx context.Context, text string, args ...any) (changed int64, err error) {
	var sp span
	defer func() { sp.end(err) }()
	defer guard(c, &err)
	ctx, sp = c.tracer.statement(ctx, text)
	s, err := c.stmt(ctx, text)
	if err != nil {
		return 0, err
	}
	x, ok := s.(driver.StmtExecContext)
	if !ok {
		return 0, fmt.Errorf("the driver's %T executes nothing", s)
	}
	r, err := x.ExecContext(ctx, c.bind(args))
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

func (c *sqliteConn) query(ctx context.Context, text string, args []any, each func(values []any) error) (err error) {
	var sp span
	defer func() { sp.end(err) }()
	defer guard(c, &err)
	ctx, sp = c.tracer.statement(ctx, text)
	s, err := c.stmt(ctx, text)
	if err != nil {
		return err
	}
	q, ok := s.(driver.StmtQueryContext)
	if !ok {
		return fmt.Errorf("the driver's %T yields nothing", s)
	}
	rows, err := q.QueryContext(ctx, c.bind(args))
	if err != nil {
		return err
	}
	// A write with RETURNING commits when its rows are closed.
	defer func() {
		if cErr := rows.Close(); err == nil {
			err = cErr
		}
	}()
	n := len(rows.Columns())
	read, values := make([]driver.Value, n), make([]any, n)
	for {
		switch err := rows.Next(read); {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		for i, v := range read {
			values[i] = v
		}
		if err := each(values); err != nil {
			return unlessEnough(err)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

// inTransaction asks by trying: BEGIN fails inside a transaction.
func (c *sqliteConn) inTransaction() bool {
	if _, err := c.exec(context.Background(), "BEGIN"); err != nil {
		return c.c != nil
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

// A sqlitePool is a fixed number of connections, opened when they are first needed.
type sqlitePool struct {
	d      driver.Connector
	free   chan *sqliteConn // a nil stands for a connection not opened yet
	tracer tracer
}

func newSQLitePool(d driver.Connector, size int, t tracer) *sqlitePool {
	p := &sqlitePool{d, make(chan *sqliteConn, size), t}
	for range size {
		p.free <- nil
	}
	return p
}

func (p *sqlitePool) get(ctx context.Context) (conn, error) {
	c, err := take(ctx, p.free)
	if err != nil {
		return nil, err
	}
	if c != nil {
		return c, nil
	}
	c, err = newSQLiteConn(ctx, p.d, p.tracer)
	if err != nil {
		p.free <- nil
		return nil, err
	}
	return c, nil
}

func (p *sqlitePool) put(x conn) {
	c, _ := x.(*sqliteConn)
	if c.broken() {
		// What a broken connection says when it is closed helps nobody.
		_ = c.close()
		c = nil
	}
	p.free <- c
}

func (p *sqlitePool) close() error {
	var errs []error
	for range cap(p.free) {
		if c := <-p.free; c != nil {
			if err := c.close(); err != nil {
				errs = append(errs, err)
			}
		}
	}
	return errors.Join(errs...)
}
