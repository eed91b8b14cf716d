package engine

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A conn is one connection to the database. It is used by one goroutine at a time.
type conn interface {
	// exec runs a statement without a result and returns how many rows it changed.
	exec(ctx context.Context, text string, args ...any) (changed int64, err error)
	// query runs a statement and calls each with the values of every row. The slice
	// is reused from row to row. errEnough from each ends the statement without error.
	query(ctx context.Context, text string, args []any, each func(values []any) error) error
	// batch runs statements, at least one, in order, up to the first that fails; failed is its
	// place, -1 where the database does not tell.
	batch(ctx context.Context, statements []statement) (changed int64, failed int, err error)
	// inTransaction reports whether a transaction is open that can go on.
	inTransaction() bool
	// close ends the connection.
	close() error
}

// A copier is a connection that takes many rows at once.
type copier interface {
	copyFrom(ctx context.Context, table string, columns []string, n int, row func(i int) ([]any, error)) error
}

// guard is deferred by everything that talks to a driver. A panic in there becomes
// the call's error, and the connection, in whatever state it is, is closed.
func guard(c conn, err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("the database driver panicked: %v", p)
		_ = c.close() // what it says is no news
	}
}

func unlessEnough(err error) error {
	if err == errEnough { //nolint:errorlint // each returns it as it is
		return nil
	}
	return err
}

// A statement is one for a batch.
type statement struct {
	text string
	args []any
}

// A pool is a bounded number of connections, opened when they are first needed.
type pool interface {
	// get takes a connection, waiting for one until ctx ends, lockWait at most.
	get(ctx context.Context) (conn, error)
	// put gives a connection back. One that broke is replaced when it is next needed.
	put(c conn)
	// close ends every connection; all of them must have been put back.
	close() error
}

// errEnough says that no more rows are wanted.
var errEnough = errors.New("enough rows")

// lockWait is how long an operation waits for a connection that others hold.
const lockWait = 30 * time.Second

// errPoolExhausted says that every connection stayed in use for lockWait.
var errPoolExhausted = errors.New("every connection was in use for " + lockWait.String())

// take receives from a pool's free places as get says.
func take[T any](ctx context.Context, free <-chan T) (item T, err error) {
	select {
	case item = <-free:
		return item, nil
	default:
	}
	timer := time.NewTimer(lockWait)
	defer timer.Stop()
	select {
	case item = <-free:
		return item, nil
	case <-ctx.Done():
		return item, ctx.Err()
	case <-timer.C:
		return item, errPoolExhausted
	}
}
