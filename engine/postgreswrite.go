package engine

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/shopspring/decimal"

	"github.com/dataflow-go/dataflow/errcatalog"
)

func (postgres) rowsPerStatement() int { return 1000 }

// shortGap is up to how many keys are drawn from a sequence to bring it past one.
const shortGap = 1000

// lastKey is never known: others draw from the sequence, too.
func (postgres) lastKey(context.Context, conn, *table) (string, error) { return "", nil }

// keysAbove draws from the sequence of the key up to the row's. Drawing numbers can
// never bring it back, whatever others draw in between; over a gap too long to be
// drawn by others at the same moment it is set.
func (d postgres) keysAbove(ctx context.Context, c conn, t *table) (string, error) {
	seq := t.sequence.Load()
	if seq == nil {
		name, err := d.sequence(ctx, c, t)
		if err != nil {
			return "", err
		}
		seq = &name
		t.sequence.Store(seq)
	}
	if *seq == "" {
		return "", nil
	}
	key, name := "i."+t.autoKey.quoted, quoteLiteral(*seq)
	gap := key + " - CASE WHEN s.is_called THEN s.last_value ELSE s.last_value - 1 END"
	return "(SELECT CASE WHEN " + gap + " <= 0 THEN NULL WHEN " + gap + " <= " + strconv.Itoa(shortGap) +
		" THEN (SELECT max(nextval(" + name + ")) FROM generate_series(1, " + gap + ")) ELSE setval(" + name + ", " + key + ") END FROM " + *seq + " s)", nil
}

// quoteLiteral is s as a constant of SQL.
func quoteLiteral(s string) string {
	s = strings.ReplaceAll(s, "'", "''")
	if strings.Contains(s, `\`) {
		return "E'" + strings.ReplaceAll(s, `\`, `\\`) + "'"
	}
	return "'" + s + "'"
}

// sequence is the name of the sequence behind the key, quoted; "" for a key that
// has none, in a table made by hand.
func (postgres) sequence(ctx context.Context, c conn, t *table) (seq string, err error) {
	err = c.query(ctx, "SELECT pg_get_serial_sequence($1::text, $2::text)", []any{t.name, t.autoKey.name}, func(v []any) error {
		seq, _ = v[0].(string)
		return nil
	})
	return seq, err
}

// upsertShared is upsertOnce for a database on which others write too.
func (x *operation) upsertShared(ctx context.Context, key []*column, r row, update map[string]any, about subject, out map[string]any) (bool, error) {
	if len(update) == 0 || missingKey(r, key) || x.t.autoKey != nil && (r.values[x.t.autoKey.i] != nil || x.t.autoKey.f.Type.Kind.Bits() < 64) {
		return x.upsertJoined(ctx, key, r, update, about, out)
	}
	if tells, err := x.tellsNew(ctx); err != nil || !tells {
		if err != nil {
			return false, err
		}
		return x.upsertJoined(ctx, key, r, update, about, out)
	}
	text, args, err := x.insertOrUpdate(key, r, update, func(*binder) []string { return nil })
	if err != nil {
		return false, err
	}
	done := false
	err = x.query(ctx, true, text+" RETURNING "+x.t.all+", xmax = 0", args, inserting(about, update), func(values []any) error {
		record, err := x.record(x.t.cols, values, 0)
		created, _ := values[len(x.t.cols)].(bool)
		upserted(out, record, created)
		done = true
		return err
	})
	return done && err == nil, err
}

// upsertJoined is one statement that updates, and inserts when nothing was there to
// update. It is slower than ON CONFLICT DO UPDATE, but it works for every kind of
// table and draws no key from a sequence that it does not use.
func (x *operation) upsertJoined(ctx context.Context, key []*column, r row, update map[string]any, about subject, out map[string]any) (bool, error) {
	b := &binder{d: x.t.d}
	above, err := x.keysAbove(ctx, r)
	if err != nil {
		return false, err
	}
	updated, inserted := "u.*", "i.*"
	if above != "" {
		updated, inserted = "u.*, NULL", "i.*, "+above
	}
	var text string
	if missingKey(r, key) { // a key that the database makes: no record has it yet
		text = "WITH i AS (" + x.insertSelect(b, r) + " RETURNING " + x.t.all + ") SELECT TRUE, " + inserted + " FROM i"
	} else {
		change, err := x.updateText(b, key, r, update)
		if err != nil {
			return false, err
		}
		text = "WITH u AS (" + change + "), i AS (" + x.insertSelect(b, r) + " WHERE NOT EXISTS (SELECT 1 FROM u) ON CONFLICT " +
			x.conflictTarget(key) + " DO NOTHING RETURNING " + x.t.all + ") SELECT FALSE, " + updated + " FROM u UNION ALL SELECT TRUE, " + inserted + " FROM i"
	}
	done := false
	err = x.query(ctx, true, text, b.args, inserting(about, update), func(values []any) error {
		record, err := x.record(x.t.cols, values[1:], 0)
		created, _ := values[0].(bool)
		upserted(out, record, created)
		done = true
		return err
	})
	return done && err == nil, err
}

// tellsNew reports whether the xmax of a row that INSERT … ON CONFLICT DO UPDATE
// returns is 0 just when the row is new: in a plain table, since before the change
// the record is locked, which its xmax tells. Others have no xmax to return, or keep
// rows in their own way.
func (x *operation) tellsNew(ctx context.Context) (tells bool, err error) {
	if known := x.t.tellsNew.Load(); known != nil {
		return *known, nil
	}
	if err := x.hold(ctx, true); err != nil {
		return false, err
	}
	err = x.c.query(ctx, "SELECT c.relkind = 'r' AND a.amname = 'heap' FROM pg_class c JOIN pg_am a ON a.oid = c.relam WHERE c.oid = $1::text::regclass", []any{x.t.name}, func(v []any) error {
		tells, _ = v[0].(bool)
		return nil
	})
	if err != nil {
		return false, x.sqlError(ctx, err, nil)
	}
	x.t.tellsNew.Store(&tells)
	return tells, nil
}

// insertSelect is the INSERT of a row in the form that takes conditions.
func (x *operation) insertSelect(b *binder, r row) string {
	cols := x.t.inserted(r)
	values := make([]string, len(cols))
	for i, c := range cols {
		values[i] = b.arg(r.values[c.i]) + "::" + x.t.d.columnType(c.f)
	}
	return "INSERT INTO " + x.t.name + " (" + quotedList(cols) + ") SELECT " + strings.Join(values, ", ")
}

// uniqueKeys are the columns of the primary key and of every unique one.
func (t *table) uniqueKeys() [][]*column {
	var keys [][]*column
	for i := range t.m.Keys {
		keys = append(keys, t.uniqueColumns(&t.m.Keys[i]))
	}
	return keys
}

// upsertAll upserts rows by the first of keys that a record has, chunk by chunk,
// and tells of each in order.
func (x *operation) upsertAll(ctx context.Context, rows []row, size int, keys [][]*column, data []map[string]any, told *tally) error {
	for _, whole := range x.chunks(rows, size, true) {
		for _, c := range distinct(whole, keys) {
			if err := x.upsertChunk(ctx, c, keys, data, told); err != nil {
				return err
			}
		}
		x.done(whole.first+len(whole.rows), len(rows))
	}
	return nil
}

// distinct cuts a chunk so that no part has a key twice: one statement can change
// a record once only.
func distinct(c chunk, keys [][]*column) []chunk {
	var out []chunk
	seen := map[string]bool{}
	start := 0
	for i, r := range c.rows {
		var prints []string
		again := false
		for n, key := range keys {
			if missingKey(r, key) {
				continue
			}
			p := fmt.Sprint(n, ":", fingerprint(r, key))
			prints = append(prints, p)
			again = again || seen[p]
		}
		if again {
			out = append(out, chunk{c.rows[start:i], c.first + start, c.all})
			start = i
			clear(seen)
		}
		for _, p := range prints {
			seen[p] = true
		}
	}
	return append(out, chunk{c.rows[start:], c.first + start, c.all})
}

// wholeAttempts is how often a chunk is tried before it is halved.
const wholeAttempts = 3

// upsertChunk upserts the rows of one statement. When one of them was neither
// updated nor inserted, because another program inserted or deleted its record at
// the same moment, all of them are tried again; and then in halves, because two may
// have keys that are one to the database alone: 0 and -0, or what a collation says.
func (x *operation) upsertChunk(ctx context.Context, c chunk, keys [][]*column, data []map[string]any, told *tally) error {
	text, args := x.upsertText(c, keys)
	for attempt := range upsertAttempts {
		if half := len(c.rows) / 2; attempt == wholeAttempts && half > 0 {
			if err := x.upsertChunk(ctx, chunk{c.rows[:half], c.first, c.all}, keys, data, told); err != nil {
				return err
			}
			return x.upsertChunk(ctx, chunk{c.rows[half:], c.first + half, c.all}, keys, data, told)
		}
		if _, err := x.c.exec(ctx, "SAVEPOINT df_chunk"); err != nil {
			return x.sqlError(ctx, err, nil)
		}
		count, there := 0, make([]any, len(c.rows)) // the keys of those that were there, in their places
		var made []any                              // and of the new ones, in the order of data
		x.note(ctx, text, args)
		err := x.c.query(ctx, text, args, func(values []any) error {
			id, err := x.keyOf(values[2:])
			if at, ok := values[1].(int64); !ok {
				made = append(made, id)
			} else {
				count += b2i(there[at] == nil)
				there[at] = id
			}
			return err
		})
		if err != nil {
			return x.blame(err, c, data)
		}
		if count+len(made) == len(c.rows) {
			if _, err := x.c.exec(ctx, "RELEASE SAVEPOINT df_chunk"); err != nil {
				return x.sqlError(ctx, err, nil)
			}
			for _, id := range there {
				created := id == nil
				if created {
					id, made = made[0], made[1:]
				}
				told.add(id, created)
			}
			return x.keysGiven(ctx, c.rows)
		}
		if _, err := x.c.exec(ctx, "ROLLBACK TO SAVEPOINT df_chunk"); err != nil {
			return x.sqlError(ctx, err, nil)
		}
		for i, r := range c.rows {
			for _, key := range keys {
				if missingKey(r, key) {
					continue
				}
				if err := x.refuseHidden(ctx, key, r, given(data[c.first+i], rowPath(c.first+i)+".")); err != nil {
					return err
				}
			}
		}
	}
	return x.fail(errcatalog.DF710, fmt.Sprintf("records of %s were inserted and deleted by others %d times while they were upserted", x.t.m.Name, upsertAttempts), nil)
}

// upsertText is the statement that updates what is there, inserts what is not,
// and tells for each which it was.
func (x *operation) upsertText(c chunk, keys [][]*column) (string, []any) {
	b := &binder{d: x.t.d}
	cols := x.t.inserted(c.rows[0])
	tuples := make([]string, len(c.rows))
	for i, r := range c.rows {
		values := make([]string, len(cols), len(cols)+1)
		for n, col := range cols {
			values[n] = b.arg(r.values[col.i])
			if i == 0 {
				values[n] += "::" + x.t.d.columnType(col.f)
			}
		}
		tuples[i] = "(" + strings.Join(append(values, fmt.Sprint(i)), ", ") + ")"
	}
	var only []*column // the one key, whose columns need not be set
	if len(keys) == 1 {
		only = keys[0]
	}
	var same []string
	for _, key := range keys {
		if slices.ContainsFunc(key, func(k *column) bool { return !slices.Contains(cols, k) }) {
			continue // the database makes it; other rows without it equal nothing
		}
		equal := make([]string, len(key))
		for i, col := range key {
			equal[i] = x.t.name + "." + col.quoted + " = input." + col.quoted
		}
		same = append(same, conjunction(equal))
	}
	where := append([]string{"FALSE"}, x.visible("input")...)
	target := ""
	if len(same) > 0 {
		where[0] = "(" + strings.Join(same, " OR ") + ")"
	}
	if only != nil {
		target = " " + x.conflictTarget(only)
	}
	returned := make([]string, len(x.t.key))
	for i, k := range x.t.key {
		returned[i] = x.t.name + "." + k.quoted
	}
	key := strings.Join(returned, ", ")
	// Rows are locked in the order of their keys before they are changed, so that
	// two that change the same ones do not wait for each other.
	locked := "l AS (SELECT 1 FROM " + x.t.name + ", input" + whereClause(where) + " ORDER BY " + key + " FOR UPDATE OF " + x.t.name + ")"
	where = append(where, "(SELECT count(*) FROM l) >= 0")
	return "WITH input (" + quotedList(cols) + ", df_n) AS (VALUES " + strings.Join(tuples, ", ") + ")" +
		", " + locked + ", u AS (UPDATE " + x.t.name + " SET " + strings.Join(x.taking("input", c.rows[0], only), ", ") + " FROM input" + whereClause(where) + " RETURNING input.df_n, " + key + ")" +
		", i AS (INSERT INTO " + x.t.name + " (" + quotedList(cols) + ") SELECT " + quotedList(cols) + " FROM input WHERE df_n NOT IN (SELECT df_n FROM u) ORDER BY df_n" +
		" ON CONFLICT" + target + " DO NOTHING RETURNING " + key + ")" +
		" SELECT FALSE, df_n, " + quotedList(x.t.key) + " FROM u UNION ALL SELECT TRUE, NULL, " + quotedList(x.t.key) + " FROM i", b.args
}

// copyFrom is from how many rows on COPY is quicker than INSERT.
const copyFrom = 50

// copyRows writes new records by COPY; done is false where that cannot be.
func (x *operation) copyRows(ctx context.Context, rows []row, data []map[string]any, ids *[]any) (done bool, err error) {
	c, ok := x.c.(copier)
	if !ok {
		return false, nil
	}
	if done, err := x.drawKeys(ctx, rows); !done || err != nil {
		return false, err
	}
	names := make([]string, len(x.t.cols))
	for i, col := range x.t.cols {
		names[i] = col.name
	}
	x.note(ctx, "COPY "+x.t.name+" ("+x.t.all+") FROM STDIN", nil)
	err = c.copyFrom(ctx, x.t.m.Table, names, len(rows), func(i int) ([]any, error) {
		if n := i + 1; n%progressRows == 0 || n == len(rows) {
			x.done(n, len(rows))
		}
		return rows[i].values, nil
	})
	if err != nil {
		return true, x.blame(err, chunk{rows, 0, rows}, data)
	}
	for _, r := range rows {
		values := make([]any, len(x.t.key))
		for i, k := range x.t.key {
			values[i] = plainValue(r.values[k.i])
		}
		id, err := x.keyOf(values)
		if err != nil {
			return true, err
		}
		*ids = append(*ids, id)
	}
	return true, x.keysGiven(ctx, rows)
}

// progressRows is after how many rows COPY tells how far it is.
const progressRows = 1000

// drawKeys gives the rows the keys that the database makes; it is false where it
// does not make them from a sequence.
func (x *operation) drawKeys(ctx context.Context, rows []row) (bool, error) {
	if x.t.autoKey == nil {
		return true, nil
	}
	var without []int
	for i, r := range rows {
		if r.values[x.t.autoKey.i] == nil {
			without = append(without, i)
		}
	}
	if len(without) == 0 {
		return true, nil
	}
	seq, err := postgres{}.sequence(ctx, x.c, x.t)
	if err != nil {
		return false, x.sqlError(ctx, err, nil)
	}
	if seq == "" || len(without) < len(rows) {
		return false, nil
	}
	next := 0
	err = x.c.query(ctx, "SELECT nextval($1::text::regclass) FROM generate_series(1, $2::bigint)", []any{seq, int64(len(without))}, func(v []any) error {
		rows[without[next]].values[x.t.autoKey.i] = v[0]
		next++
		return nil
	})
	if err != nil {
		return false, x.sqlError(ctx, err, nil)
	}
	return true, nil
}

// plainValue is a value as it comes back from the database, from one as encode
// returns it.
func plainValue(v any) any {
	switch x := v.(type) {
	case [16]byte:
		return uuid.UUID(x)
	case pgtype.Numeric:
		return decimal.NewFromBigInt(x.Int, x.Exp)
	case time.Time:
		return x.Truncate(time.Microsecond).UTC()
	}
	return v
}
