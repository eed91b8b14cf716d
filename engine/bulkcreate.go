package engine

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// bulkCreate inserts many records, all or none.
func (x *operation) bulkCreate(ctx context.Context) (map[string]any, error) {
	data, err := x.data()
	if err != nil {
		return nil, err
	}
	rows, err := x.newRows(data)
	if err != nil {
		return nil, err
	}
	size, err := x.number("batch_size", int64(x.t.d.rowsPerStatement()), 1)
	if err != nil {
		return nil, err
	}
	mode, _ := x.p["on_conflict"].(string)
	ids := make([]any, 0, len(rows))
	err = x.atomic(ctx, func() error {
		if len(rows) >= copyFrom && (mode == "" || mode == "error") {
			if done, err := x.copyRows(ctx, rows, data, &ids); done || err != nil {
				return err
			}
		}
		if mode == "update" && x.t.d.shared() {
			told := newTally(len(rows))
			err := x.upsertAll(ctx, rows, int(size), x.t.uniqueKeys(), data, told)
			ids = told.ids
			return err
		}
		lastKey := ""
		if x.t.autoKey != nil && (mode == "" || mode == "error") {
			if lastKey, err = x.t.d.lastKey(ctx, x.c, x.t); err != nil {
				return x.sqlError(ctx, err, nil)
			}
		}
		for _, chunk := range x.chunks(rows, int(size), mode == "update") {
			if lastKey != "" && chunk.rows[0].values[x.t.autoKey.i] == nil {
				if ids, err = x.insertCounted(ctx, chunk, lastKey, data, ids); err != nil {
					return err
				}
				x.done(len(ids), len(rows))
				continue
			}
			clause := ""
			switch mode {
			case "skip":
				clause = " ON CONFLICT DO NOTHING"
			case "update":
				clause = " ON CONFLICT DO UPDATE SET " + x.excluded(chunk.rows[0], nil)
			}
			got, err := x.insertRows(ctx, chunk, clause, data)
			if err != nil {
				return err
			}
			if mode == "update" && len(got) < len(chunk.rows) {
				return x.hiddenConflict(ctx, chunk, data, x.t.key)
			}
			ids = append(ids, got...)
			x.done(chunk.first+len(chunk.rows), len(rows))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return map[string]any{"count": int64(len(ids)), "ids": ids}, nil
}

// data is the parameter data: a list of maps.
func (x *operation) data() ([]map[string]any, error) {
	list, ok := asList(x.p["data"])
	d := x.details()
	d.Param = "data"
	if !ok {
		d.Got = fmt.Sprintf("%T", x.p["data"])
		return nil, x.e.fail(errcatalog.Finding{Code: errcatalog.DF108, Message: "data must be a list of records", Details: d}, nil)
	}
	if len(list) == 0 {
		return nil, x.e.fail(errcatalog.Finding{Code: errcatalog.DF110, Message: "data is empty; at least one record is needed", Details: d}, nil)
	}
	rows := make([]map[string]any, len(list))
	for i, item := range list {
		if rows[i], ok = asMap(item); !ok {
			d.Param, d.Got = rowPath(i), fmt.Sprintf("%T", item)
			return nil, x.e.fail(errcatalog.Finding{Code: errcatalog.DF102, Message: fmt.Sprintf("data.%d is %T; it must be a map of columns", i, item), Details: d}, nil)
		}
	}
	return rows, nil
}

func rowPath(i int) string { return "data." + strconv.Itoa(i) }

// newRows completes every record. All that are wrong are told at once.
func (x *operation) newRows(data []map[string]any) ([]row, error) {
	n := len(x.t.cols)
	rows, values, given := make([]row, len(data)), make([]any, n*len(data)), make([]bool, n*len(data))
	var errs errorList
	for i, m := range data {
		from, to := i*n, (i+1)*n
		rows[i] = row{values[from:to:to], given[from:to:to]}
		errs.add(x.complete(rows[i], m, origin{row: i, isRow: true}))
	}
	return rows, errs.join()
}

// A chunk is the rows of one statement.
type chunk struct {
	rows  []row
	first int   // the place of the first row in data
	all   []row // the rows of all chunks
}

// chunks cuts rows to what one statement takes. alike keeps rows apart that give
// different columns.
func (x *operation) chunks(rows []row, size int, alike bool) []chunk {
	const others = 2 // parameters that are no values of the rows
	size = max(1, min(size, (x.t.d.maxParams()-others)/len(x.t.cols)))
	var out []chunk
	for start := 0; start < len(rows); {
		end := start + 1
		for end < len(rows) && end-start < size && x.sameColumns(rows[start], rows[end]) && (!alike || slices.Equal(rows[start].given, rows[end].given)) {
			end++
		}
		out = append(out, chunk{rows[start:end], start, rows})
		start = end
	}
	return out
}

// sameColumns reports whether the INSERTs of two rows give the same columns.
func (x *operation) sameColumns(a, b row) bool {
	k := x.t.autoKey
	return k == nil || (a.values[k.i] == nil) == (b.values[k.i] == nil)
}

// insertCounted inserts a chunk without asking for each row's key, and adds the
// keys, which end with lastKey, to ids.
func (x *operation) insertCounted(ctx context.Context, c chunk, lastKey string, data []map[string]any, ids []any) ([]any, error) {
	text, args := x.insertChunk(c)
	x.note(ctx, text, args)
	if _, err := x.c.exec(ctx, text, args...); err != nil {
		return ids, x.blame(err, c, data)
	}
	var last int64
	err := x.c.query(ctx, "SELECT "+lastKey, nil, func(values []any) error {
		var ok bool
		if last, ok = values[0].(int64); !ok {
			return fmt.Errorf("the database made no key for %s.%s", x.t.m.Table, x.t.autoKey.name)
		}
		return nil
	})
	if err != nil {
		return ids, x.sqlError(ctx, err, nil)
	}
	for i := range c.rows {
		ids = append(ids, last-int64(len(c.rows)-1-i))
	}
	return ids, nil
}

// insertChunk is the INSERT of a chunk, with its values.
func (x *operation) insertChunk(c chunk) (text string, args []any) {
	cols := x.t.inserted(c.rows[0])
	args = make([]any, 0, len(c.rows)*len(cols))
	for _, r := range c.rows {
		for _, col := range cols {
			args = append(args, r.values[col.i])
		}
	}
	return x.t.insertInto(len(c.rows), cols), args
}

// insertRows inserts a chunk and returns the keys of the records that it wrote.
func (x *operation) insertRows(ctx context.Context, c chunk, clause string, data []map[string]any) ([]any, error) {
	text, args := x.insertChunk(c)
	text += clause + " RETURNING " + quotedList(x.t.key)
	ids := make([]any, 0, len(c.rows))
	x.note(ctx, text, args)
	err := x.c.query(ctx, text, args, func(values []any) error {
		id, err := x.keyOf(values)
		ids = append(ids, id)
		return err
	})
	if err != nil {
		return nil, x.blame(err, c, data)
	}
	return ids, x.keysGiven(ctx, c.rows)
}

// keyOf is a primary key as users give it: a value, or a map for a composite one.
func (x *operation) keyOf(values []any) (any, error) {
	if len(x.t.key) > 1 {
		return x.record(x.t.key, values, 0)
	}
	return x.decoded(x.t.key[0], values[0])
}

// excluded is the SET clause of an upsert of the row's columns: those that were
// given, but for the key and what is only set once. when are further conditions.
func (x *operation) excluded(r row, key []*column, when ...string) string {
	return strings.Join(x.taking("excluded", r, key), ", ") + whereClause(append(when, x.visible("excluded")...))
}

// visible are the conditions for a record to be one that the operation sees, next
// to the row from that is to replace it.
func (x *operation) visible(from string) []string {
	var parts []string
	if c := x.t.deletedAt; c != nil {
		parts = append(parts, x.t.name+"."+c.quoted+" IS NULL")
	}
	if c := x.t.tenant; c != nil {
		parts = append(parts, x.t.name+"."+c.quoted+" = "+from+"."+c.quoted)
	}
	return parts
}

// taking is what excluded sets, from the row named from.
func (x *operation) taking(from string, r row, key []*column) []string {
	var parts []string
	for _, c := range x.t.cols {
		switch {
		case c == x.t.updatedAt:
		case !r.given[c.i], slices.Contains(x.t.key, c), slices.Contains(key, c):
			continue
		}
		parts = append(parts, c.quoted+" = "+from+"."+c.quoted)
	}
	if c := x.t.version; c != nil {
		parts = append(parts, c.quoted+" = "+x.t.name+"."+c.quoted+" + 1")
	}
	if len(parts) == 0 { // nothing but the key: a change that changes nothing, so that the row is returned
		k := x.t.key[0].quoted
		parts = []string{k + " = " + x.t.name + "." + k}
	}
	return parts
}

// blame is the error of a statement for many rows, once all is undone.
func (x *operation) blame(err error, c chunk, data []map[string]any) error {
	return &undecided{err, func(ctx context.Context) error {
		return x.sqlError(ctx, err, x.culprit(ctx, err, c, data))
	}}
}

// culprit finds which row of a failed statement broke a unique key: the first
// whose key another row or record has. All is undone when it is called.
func (x *operation) culprit(ctx context.Context, err error, c chunk, data []map[string]any) subject {
	_, names := x.t.d.classify(err, x.t)
	var cols []*column
	for _, name := range names {
		if col := x.t.byName[name]; col != nil {
			cols = append(cols, col)
		}
	}
	if len(cols) == 0 || len(cols) != len(names) {
		return func(string) (string, string) { return "", "" }
	}
	seen := map[string]bool{}
	for _, r := range c.all[:c.first] {
		seen[fingerprint(r, cols)] = true
	}
	for i, r := range c.rows {
		key := fingerprint(r, cols)
		if seen[key] || x.taken(ctx, r, cols) {
			return given(data[c.first+i], rowPath(c.first+i)+".")
		}
		seen[key] = true
	}
	return nil
}

// fingerprint tells rows with equal values in cols.
func fingerprint(r row, cols []*column) string {
	var b strings.Builder
	for _, c := range cols {
		v := plainValue(r.values[c.i]) // 1.50 is 1.5
		fmt.Fprintf(&b, "%T:%v\x00", v, v)
	}
	return b.String()
}

// taken reports whether a record has the row's values in cols.
func (x *operation) taken(ctx context.Context, r row, cols []*column) (found bool) {
	b := &binder{d: x.t.d}
	parts := make([]string, len(cols))
	for i, c := range cols {
		parts[i] = c.quoted + " = " + b.arg(r.values[c.i])
	}
	// An error here only leaves the first error without the row's number.
	err := x.c.query(ctx, "SELECT 1 FROM "+x.t.name+whereClause(parts)+" LIMIT 1", b.args, func([]any) error {
		found = true
		return nil
	})
	return found && err == nil
}

// hiddenConflict is DF-310: a record that the operation cannot see has the key.
func (x *operation) hiddenConflict(ctx context.Context, c chunk, data []map[string]any, key []*column) error {
	for i, r := range c.rows {
		if err := x.refuseHidden(ctx, key, r, given(data[c.first+i], rowPath(c.first+i)+".")); err != nil {
			return err
		}
	}
	return x.fail(errcatalog.DF310, "a record that is deleted, or of another tenant, has the key of one in data", nil)
}
