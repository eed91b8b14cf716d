package engine

import (
	"context"
	"errors"
	"io"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// cancelGrace is how long a server may take to cancel a statement, before the
// connection is given up.
const cancelGrace = 2 * time.Second

// errConnectionClosed is the cause of using a connection that was lost before: what
// was to be done was not sent.
var errConnectionClosed = errors.New("the connection to the database was lost")

func isEOF(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

// numbers are placeholders written out.
type numbers []string

var placeholders = func() numbers {
	n := make(numbers, 1024)
	for i := range n {
		n[i] = "$" + strconv.Itoa(i)
	}
	return n
}()

func (n numbers) of(i int) string {
	if i < len(n) {
		return n[i]
	}
	return "$" + strconv.Itoa(i)
}

// A postgresConn is a connection of pgx's pool. pgx keeps the prepared statements.
type postgresConn struct {
	c      *pgxpool.Conn
	tracer tracer
}

func (c *postgresConn) close() error {
	ctx, cancel := context.WithTimeout(context.Background(), cancelGrace)
	defer cancel()
	return c.c.Conn().Close(ctx)
}

func (c *postgresConn) inTransaction() bool {
	pc := c.c.Conn().PgConn()
	return !pc.IsClosed() && pc.TxStatus() == 'T'
}

// usable returns the connection; pgx would panic on none.
func (c *postgresConn) usable() (*pgx.Conn, error) {
	x := c.c.Conn()
	if x.IsClosed() {
		return nil, errConnectionClosed
	}
	return x, nil
}

func (c *postgresConn) exec(ctx context.Context, text string, args ...any) (changed int64, err error) {
	var sp span
	defer func() { sp.end(err) }()
	defer guard(c, &err)
	ctx, sp = c.tracer.statement(ctx, text)
	x, err := c.usable()
	if err != nil {
		return 0, err
	}
	tag, err := x.Exec(ctx, text, args...)
	if err != nil {
		return 0, err
	}
	if text == "COMMIT" && tag.String() == "ROLLBACK" {
		return 0, errAborted
	}
	return tag.RowsAffected(), nil
}

func (c *postgresConn) query(ctx context.Context, text string, args []any, each func(values []any) error) (err error) {
	var sp span
	defer func() { sp.end(err) }()
	defer guard(c, &err)
	ctx, sp = c.tracer.statement(ctx, text)
	x, err := c.usable()
	if err != nil {
		return err
	}
	rows, err := x.Query(ctx, text, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	var values []any
	for rows.Next() {
		fields := rows.FieldDescriptions()
		if values == nil {
			values = make([]any, len(fields))
		}
		for i, raw := range rows.RawValues() {
			if values[i], err = decodePostgres(&fields[i], raw); err != nil {
				return err
			}
		}
		if err := each(values); err != nil {
			if err = unlessEnough(err); err == nil {
				rows.Close() // reads to the end, where an error may come
				return rows.Err()
			}
			return err
		}
	}
	return rows.Err()
}

func (c *postgresConn) batch(ctx context.Context, statements []statement) (changed int64, failed int, err error) {
	x, err := c.usable()
	if err != nil {
		return 0, -1, err
	}
	var sp span
	defer func() { sp.end(err) }()
	defer guard(c, &err)
	ctx, sp = c.tracer.statement(ctx, statements[0].text)
	b := &pgx.Batch{}
	for _, s := range statements {
		b.Queue(s.text, s.args...)
	}
	results := x.SendBatch(ctx, b)
	defer func() {
		if cErr := results.Close(); err == nil {
			err = cErr
		}
	}()
	for i := range statements {
		tag, err := results.Exec()
		if err != nil {
			return 0, i, err
		}
		changed += tag.RowsAffected()
	}
	return changed, -1, nil
}

// copyFrom writes rows by COPY, which is the fastest way in.
func (c *postgresConn) copyFrom(ctx context.Context, table string, columns []string, n int, row func(i int) ([]any, error)) (err error) {
	var sp span
	defer func() { sp.end(err) }()
	defer guard(c, &err)
	ctx, sp = c.tracer.statement(ctx, "COPY "+pgx.Identifier{table}.Sanitize()+" FROM STDIN")
	x, err := c.usable()
	if err != nil {
		return err
	}
	_, err = x.CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromSlice(n, row))
	return err
}

// A postgresPool is pgx's pool behind a queue of our own, whose wait is bounded.
type postgresPool struct {
	p      *pgxpool.Pool
	free   chan struct{}
	tracer tracer
}

func newPostgresPool(p *pgxpool.Pool, t tracer) *postgresPool {
	size := int(p.Config().MaxConns)
	w := &postgresPool{p, make(chan struct{}, size), t}
	for range size {
		w.free <- struct{}{}
	}
	return w
}

func (p *postgresPool) get(ctx context.Context) (conn, error) {
	if _, err := take(ctx, p.free); err != nil {
		return nil, err
	}
	c, err := p.p.Acquire(ctx)
	if err != nil {
		p.free <- struct{}{}
		return nil, err
	}
	return &postgresConn{c, p.tracer}, nil
}

func (p *postgresPool) put(x conn) {
	c, _ := x.(*postgresConn)
	lost := c.c.Conn().IsClosed()
	c.c.Release() // pgx closes one that is broken, or in a transaction
	if lost {
		p.p.Reset() // what broke one will have broken the others
	}
	p.free <- struct{}{}
}

func (p *postgresPool) close() error {
	for range cap(p.free) {
		<-p.free
	}
	p.p.Close()
	return nil
}
