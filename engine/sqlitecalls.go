package engine

import (
	"bytes"
	"context"
	"database/sql/driver"
	"errors"
	"slices"
	"strings"
	"sync"

	driversqlite "modernc.org/sqlite"

	"github.com/dataflow-go/dataflow/model"
)

// Some statements tell this process more than SQLite has a result for, by functions
// that they call with the number of who waits for it.

// waiting are those who wait, by number.
type waiting[T any] struct {
	mu   sync.Mutex
	last int64
	by   map[int64]T
}

// begin returns the number of one who waits until end.
func (w *waiting[T]) begin(who T) int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.by == nil {
		w.by = map[int64]T{}
	}
	w.last++
	w.by[w.last] = who
	return w.last
}

func (w *waiting[T]) end(n int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.by, n)
}

func (w *waiting[T]) of(number driver.Value) (who T, ok bool) {
	n, _ := number.(int64)
	w.mu.Lock()
	defer w.mu.Unlock()
	who, ok = w.by[n]
	return who, ok
}

var (
	upserts waiting[*bool]
	pages   waiting[*gathering]
)

func registerCalls(d *driversqlite.Driver) error {
	// None is deterministic: SQLite must not call them ahead, or once for all.
	if err := d.RegisterScalarFunction("df_found", 1, found); err != nil {
		return err
	}
	if err := d.RegisterScalarFunction("df_created", 1, created); err != nil {
		return err
	}
	return d.RegisterFunction("df_rows", &driversqlite.FunctionImpl{
		NArgs: -1, VolatileArgs: true,
		MakeAggregate: func(driversqlite.FunctionContext) (driversqlite.AggregateFunction, error) { return &rowCalls{}, nil },
	})
}

// found is df_found: SQLite does not tell whether INSERT … ON CONFLICT DO UPDATE
// inserted or updated. So an upsert calls df_found in the condition of the update,
// which is evaluated for a record that is there and not otherwise. It is always
// true: the update is to be made.
func found(_ *driversqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
	if there, ok := upserts.of(args[0]); ok {
		*there = true
	}
	return int64(1), nil
}

// created is df_created: whether the row that was just written was not there. An
// upsert of many rows returns it with each, which SQLite makes up when it has written
// the row and before it looks at the next.
func created(_ *driversqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
	found, ok := upserts.of(args[0])
	if !ok {
		return nil, errors.New("nobody waits for this upsert")
	}
	isNew := !*found
	*found = false
	return int64(b2i(isNew)), nil
}

// maxCallArguments is how many arguments a function of SQLite takes at least.
const maxCallArguments = 100

// rows takes the rows of a query through df_rows. Asking for each value of a result
// costs SQLite two turns of a lock, and the values of a row more than all the rest of
// it; those that a function is given do not. The statement is told of as it was given.
func (d sqlite) rows(ctx context.Context, x *operation, text string, args []any, cols []*column, begin func() func([]any) error) error {
	if len(cols) < maxCallArguments {
		g := &gathering{cols: cols, each: begin(), values: make([]any, len(cols))}
		n := pages.begin(g)
		defer pages.end(n)
		if err := x.hold(ctx, false); err != nil {
			return err
		}
		x.note(ctx, text, args)
		// The query has a limit, so SQLite does not take its order as needless.
		err := x.ask(ctx, false, "SELECT df_rows(?, "+quotedList(cols)+") FROM ("+text+")", slices.Insert(slices.Clone(args), 0, any(n)), nil, func([]any) error { return nil })
		switch {
		case g.failed == nil:
			return err
		case g.failed != errDriverReads: //nolint:errorlint // take returns it as it is
			return g.failed
		}
	}
	return x.query(ctx, false, text, args, nil, begin())
}

// errDriverReads says that a value is one that the driver reads in its own way: a
// time as text, in a column that was declared by hand.
var errDriverReads = errors.New("the driver reads it")

// A gathering is a query whose rows come through df_rows.
type gathering struct {
	cols   []*column
	each   func(values []any) error
	values []any
	failed error // why it ended early
}

func (g *gathering) take(args []driver.Value) error {
	for i, v := range args {
		switch x := v.(type) { // text and bytes are in SQLite's memory
		case string:
			if g.cols[i].f.Type.Kind == model.KindTime && !g.cols[i].f.Type.Array {
				return errDriverReads
			}
			v = strings.Clone(x)
		case []byte:
			v = bytes.Clone(x)
		}
		g.values[i] = v
	}
	return g.each(g.values)
}

// rowCalls is df_rows, which the query calls for each row.
type rowCalls struct{ to *gathering }

func (r *rowCalls) Step(_ *driversqlite.FunctionContext, args []driver.Value) error {
	if r.to == nil {
		var ok bool
		if r.to, ok = pages.of(args[0]); !ok {
			return errors.New("nobody waits for these rows")
		}
	}
	if r.to.failed == nil {
		r.to.failed = r.to.take(args[1:])
	}
	return r.to.failed
}

// WindowInverse is never called: df_rows has no window.
func (r *rowCalls) WindowInverse(*driversqlite.FunctionContext, []driver.Value) error { return nil }

// WindowValue is the result, which nobody needs.
func (r *rowCalls) WindowValue(*driversqlite.FunctionContext) (driver.Value, error) { return nil, nil }

// Final has nothing to end.
func (r *rowCalls) Final(*driversqlite.FunctionContext) {}
