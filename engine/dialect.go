package engine

import (
	"context"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/model"
)

// A dialect is what differs between databases. Everything else in the package is
// written once for all of them.
type dialect interface {
	// open makes the pools: one that reads and one that writes. They are the same
	// where the database has one connection, or is only read.
	open(ctx context.Context, s source, o config) (read, write pool, err error)

	// quote writes an identifier; placeholder the n-th parameter, from 1;
	// maxParams is how many parameters one statement takes.
	quote(name string) string
	placeholder(n int) string
	maxParams() int

	// The statements that steer a transaction; begin takes the right to write at once.
	begin() string
	commit() string
	rollback() string
	// snapshot begins a transaction that only reads, and sees one moment.
	snapshot() string
	// aborts reports whether a statement that fails makes the rest of the
	// transaction fail too, up to a savepoint before it.
	aborts() bool
	// shared reports whether others write while this engine does.
	shared() bool

	// encode makes a value, as model.Convert returns it, one that the driver
	// binds; decode makes what the driver returns the canonical value again.
	encode(t model.Type, v any) (any, error)
	decode(t model.Type, v any) (any, error)
	// keysAbove is an expression over a row i of the table that makes sure that keys
	// the database makes from now on are above i's; "" where it minds by itself.
	keysAbove(ctx context.Context, c conn, t *table) (string, error)
	// lastKey is an expression for the key that the last INSERT into the table made
	// for its last row, where the keys of its rows follow each other; "" where they
	// need not.
	lastKey(ctx context.Context, c conn, t *table) (string, error)
	// rows runs a query for the page that a List asks for, and hands each of its rows
	// to what begin returns; begin is called again where they come from the first anew.
	rows(ctx context.Context, x *operation, text string, args []any, cols []*column, begin func() func([]any) error) error
	// rowsPerStatement is how many rows go into one statement by default.
	rowsPerStatement() int
	// now is the time, encoded.
	now() any

	predicates
	migrator

	// classify maps a driver's error to a code by its number. columns are those
	// that a broken constraint is on, where the database tells.
	// t is the table of the statement, or nil.
	classify(err error, t *table) (code errcatalog.Code, columns []string)
}

// predicates are the conditions that databases spell in their own ways. expr is a
// quoted column or an expression; values are bound through b, in the order of
// the text.
type predicates interface {
	// ordered is expr in a form that compares by value: for order and ranges.
	ordered(t model.Type, expr string) string
	// nullsFirst makes nulls the least of all values in an order.
	nullsFirst(desc bool) string
	// like matches a pattern of %, _ and backslash escapes.
	like(b *binder, expr, pattern string, fold bool) string
	// regex matches an RE2 pattern.
	regex(b *binder, expr, pattern string) string
	// contains is a substring in text or bytes.
	contains(b *binder, expr string, part any) string
	// member is an element in an array column.
	member(b *binder, expr string, v any) string
	// anyElement is whether an element of an array column satisfies a condition.
	anyElement(expr string, elem model.Type, condition func(element string) (string, error)) (string, error)
	// in matches any of values, which are encoded; there is at least one.
	in(b *binder, expr string, values []any) string
	// json reaches into a JSON column.
	json(b *binder, column string, path []string) jsonPath
}

// A jsonPath is a place inside a JSON column. Each method yields an expression
// and binds what it needs.
type jsonPath interface {
	isNull() string // null, or nothing
	exists() string
	text() string // the text there; NULL for what is no text
	isBool(v bool) string
	compare(sign string, v jsonValue) string // with what is there, if it is of v's kind
	memberOrPart(v jsonValue) string         // v is an element of the array, or part of the text, that is there
}

// migrator makes tables and looks at those that are there.
type migrator interface {
	createTable(t *table, r *registry) string
	addColumn(t *table, c *column, def string) string
	createIndex(i index) string
	dropIndex(name string) string
	columnType(f *model.Field) string
	// alterType, dropNotNull and dropColumn are the SQL, for people, that changes a
	// column of a table that is there; none where a new table is the only way.
	alterType(t *table, c *column, live *liveTable) []string
	dropNotNull(t *table, c *column, live *liveTable) []string
	dropColumn(t *table, column string, live *liveTable) []string
	// stores reports whether a column declared as live can hold what one declared as want holds.
	stores(live, want string) bool
	literal(t model.Type, encoded any) string
	// beginMigration begins a transaction in which no other engine migrates.
	beginMigration() []string
	inspect(ctx context.Context, c conn, table string) (*liveTable, error)
	schemaVersion(ctx context.Context, c conn) (int64, error)
}

// A binder gathers the values of a statement in the order of its placeholders.
type binder struct {
	d    dialect
	args []any
}

// arg binds a value and returns its placeholder.
func (b *binder) arg(v any) string {
	b.args = append(b.args, v)
	return b.d.placeholder(len(b.args))
}
