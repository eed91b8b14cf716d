package engine

import "context"

// A tally is what an operation on many rows tells of them, in their order: the key
// of each, and whether it was created or updated.
type tally struct {
	ids     []any
	actions []string
	created int64
}

func newTally(rows int) *tally {
	return &tally{ids: make([]any, 0, rows), actions: make([]string, 0, rows)}
}

func (l *tally) add(id any, created bool) {
	l.ids, l.actions = append(l.ids, id), append(l.actions, action(created))
	l.created += int64(b2i(created))
}

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
	told := newTally(len(rows))
	err = x.atomic(ctx, func() error {
		if x.t.d.shared() {
			return x.upsertAll(ctx, rows, x.t.d.rowsPerStatement(), [][]*column{key}, data, told)
		}
		for _, c := range x.chunks(rows, x.t.d.rowsPerStatement(), true) {
			if err := x.upsertRows(ctx, c, key, data, told); err != nil {
				return err
			}
			x.done(c.first+len(c.rows), len(rows))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	total := int64(len(rows))
	return map[string]any{"count": total, "created": told.created, "updated": total - told.created, "ids": told.ids, "actions": told.actions}, nil
}

// upsertRows upserts a chunk on a database that nobody else writes to meanwhile.
func (x *operation) upsertRows(ctx context.Context, c chunk, key []*column, data []map[string]any, told *tally) error {
	found := false
	n := upserts.begin(&found)
	defer upserts.end(n)
	text, args := x.insertChunk(c)
	b := &binder{x.t.d, args}
	text += " ON CONFLICT " + x.conflictTarget(key) + " DO UPDATE SET " + x.excluded(c.rows[0], key, "df_found("+b.arg(n)+")") +
		" RETURNING df_created(" + b.arg(n) + "), " + quotedList(x.t.key)
	first := len(told.ids)
	x.note(ctx, text, b.args)
	err := x.c.query(ctx, text, b.args, func(values []any) error {
		id, err := x.keyOf(values[1:])
		told.add(id, values[0] == int64(1))
		return err
	})
	if err != nil {
		return x.blame(err, c, data)
	}
	if len(told.ids)-first < len(c.rows) {
		return x.hiddenConflict(ctx, c, data, key)
	}
	return x.keysGiven(ctx, c.rows)
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
