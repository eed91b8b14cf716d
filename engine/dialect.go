package engine

import (
	"context"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// A dialect is what differs between databases. Everything else in the package is
// written once for all of them.
type dialect interface {
	// open makes the pools: one that reads and one that writes. They are the same
	// where the database has one connection.
	open(ctx context.Context, s source, readers int) (read, write *pool, err error)

	// quote writes an identifier; placeholder the n-th parameter, from 1.
	quote(name string) string
	placeholder(n int) string
	// maxParams is how many parameters one statement takes.
	maxParams() int

	// The statements that steer a transaction; begin takes the right to write at once.
	begin() string
	commit() string
	rollback() string
	// inTransaction reports whether a transaction is open on c.
	inTransaction(c *conn) bool

	// classify maps a driver's error to a code by its number. columns are those
	// that a broken constraint is on, where the database tells.
	classify(err error) (code errcatalog.Code, columns []string)
}
