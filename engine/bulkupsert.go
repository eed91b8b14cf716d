package engine

import (
	"context"
	"strings"
)

// bulkUpsert inserts or updates many records, all or none. Rows are applied in
// order: a key that comes twice is created by the first row and updated by the second.
func (x *operation) bulkUpsert(ctx context.Context) (map[string]any, error) {
	data, err := x.data()
	if err != nil {
		return nil, err
	}
	key, err := x.conflictKey(x.t.m.PrimaryKey())
	if err != nil {
		return nil, err
	}
	rows, err := x.newRows(data)
	if err != nil {
		return nil, err
	}
	var created int64
	err = x.atomic(ctx, func() error {
		if x.t.d.shared() {
			created, err = x.upsertAll(ctx, rows, x.t.d.rowsPerStatement(), [][]*column{key}, data, nil)
			return err
		}
		for _, c := range x.chunks(rows, x.t.d.rowsPerStatement(), true) {
			n, err := x.upsertRows(ctx, c, key, data)
			if err != nil {
				return err
			}
			created += n
			x.done(c.first+len(c.rows), len(rows))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	total := int64(len(rows))
	return map[string]any{"count": total, "created": created, "updated": total - created}, nil
}

// upsertRows upserts a chunk and returns how many of its records are new: those
// whose key is not there when the transaction, which alone may write, looks.
func (x *operation) upsertRows(ctx context.Context, c chunk, key []*column, data []map[string]any) (created int64, err error) {
	there, err := x.existing(ctx, c, key)
	if err != nil {
		return 0, err
	}
	for _, r := range c.rows {
		if k := fingerprint(r, key); !there[k] || missingKey(r, key) {
			there[k] = true
			created++
		}
	}
	clause := " ON CONFLICT " + x.conflictTarget(key) + " DO UPDATE SET " + x.excluded(c.rows[0], key)
	got, err := x.insertRows(ctx, c, clause, data)
	if err == nil && len(got) < len(c.rows) {
		err = x.hiddenConflict(ctx, c, data, key)
	}
	return created, err
}

// missingKey reports whether the database makes the key.
func missingKey(r row, key []*column) bool {
	for _, c := range key {
		if r.values[c.i] == nil {
			return true
		}
	}
	return false
}

// existing are the keys of a chunk that records have.
func (x *operation) existing(ctx context.Context, c chunk, key []*column) (map[string]bool, error) {
	b := &binder{d: x.t.d}
	parts, err := x.within(b, false)
	if err != nil {
		return nil, err
	}
	tuples := make([]string, 0, len(c.rows))
	for _, r := range c.rows {
		marks := make([]string, len(key))
		for i, col := range key {
			marks[i] = b.arg(r.values[col.i])
		}
		tuples = append(tuples, "("+strings.Join(marks, ", ")+")")
	}
	parts = append(parts, "("+quotedList(key)+") IN (VALUES "+strings.Join(tuples, ", ")+")")
	there := map[string]bool{}
	err = x.query(ctx, true, "SELECT "+quotedList(key)+" FROM "+x.t.name+whereClause(parts), b.args, nil, func(values []any) error {
		r := row{values: make([]any, len(x.t.cols))}
		for i, col := range key {
			r.values[col.i] = values[i]
		}
		there[fingerprint(r, key)] = true
		return nil
	})
	return there, err
}
