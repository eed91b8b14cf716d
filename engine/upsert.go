package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/model"
)

// upsertAttempts bounds how often an upsert starts anew because another program
// inserted or deleted the record between its two statements.
const upsertAttempts = 100

// upsert updates the record with a key, or inserts it.
//
// An attempt is one statement where that can tell truthfully whether the record is
// new, and needs no transaction around it. It finds nothing when another program
// inserted or deleted the record at the same moment, or when the record with the
// key is one that the operation cannot see.
func (x *operation) upsert(ctx context.Context) (map[string]any, error) {
	where, err := x.equalities()
	if err != nil {
		return nil, err
	}
	create, err := x.columnsParam("create")
	if err != nil {
		return nil, err
	}
	update, err := x.columnsParam("update")
	if err != nil {
		return nil, err
	}
	key, err := x.conflictKey(slices.Sorted(maps.Keys(where)))
	if err != nil {
		return nil, err
	}
	merged := maps.Clone(create)
	maps.Copy(merged, where)
	r, err := x.newRow(merged, origin{in: "create"})
	if err != nil {
		return nil, err
	}
	about := func(column string) (string, string) {
		if _, ok := where[column]; ok {
			return given(where, "where.")(column)
		}
		return given(create, "create.")(column)
	}
	out := map[string]any{}
	once := x.upsertOnce
	if x.t.d.shared() {
		once = x.upsertShared
	}
	for attempt := range upsertAttempts {
		done, err := once(ctx, key, r, update, about, out)
		if attempt == 0 && x.s == nil && x.t.d.shared() && errors.Is(err, errcatalog.DF310) {
			// Whoever inserted the same record at the same moment may have been met at
			// another of its keys: then it is found by now.
			continue
		}
		if done || err != nil {
			return out, err
		}
		if err := x.refuseHidden(ctx, key, r, about); err != nil {
			return nil, err
		}
	}
	return nil, x.fail(errcatalog.DF710, fmt.Sprintf("the %s was inserted and deleted by others %d times while it was upserted", x.t.m.Name, upsertAttempts), nil)
}

// upsertOnce is an attempt on a database that nobody else writes to meanwhile.
func (x *operation) upsertOnce(ctx context.Context, key []*column, r row, update map[string]any, about subject, out map[string]any) (bool, error) {
	if len(update) == 0 || missingKey(r, key) {
		return x.upsertInTwo(ctx, key, r, update, about, out)
	}
	found := false
	n := upserts.begin(&found)
	defer upserts.end(n)
	text, args, err := x.insertOrUpdate(key, r, update, func(b *binder) []string { return []string{"df_found(" + b.arg(n) + ")"} })
	if err != nil {
		return false, err
	}
	record, err := x.recordOf(ctx, true, text+" RETURNING "+x.t.all, args, inserting(about, update))
	if err != nil || record == nil {
		return false, err
	}
	upserted(out, record, !found)
	return true, nil
}

// upsertInTwo is an UPDATE, or a SELECT without anything to change, and an INSERT
// that gives way when that finds nothing. Each is atomic by itself, and the one that
// yields a row tells whether the record is new.
func (x *operation) upsertInTwo(ctx context.Context, key []*column, r row, update map[string]any, about subject, out map[string]any) (bool, error) {
	record, err := x.updateByKey(ctx, key, r, update)
	created := false
	if err == nil && record == nil {
		created = true
		text, args := x.t.insert(r)
		text += " ON CONFLICT " + x.conflictTarget(key) + " DO NOTHING RETURNING " + x.t.all
		record, err = x.recordOf(ctx, true, text, args, about)
	}
	if err != nil || record == nil {
		return false, err
	}
	upserted(out, record, created)
	return true, nil
}

// insertOrUpdate is the INSERT of a row that changes the record with its key
// instead, if that is there. when are further conditions for the change.
func (x *operation) insertOrUpdate(key []*column, r row, update map[string]any, when func(*binder) []string) (string, []any, error) {
	text, args := x.t.insert(r)
	b := &binder{x.t.d, slices.Clip(args)}
	set, err := x.set(b, update, origin{in: "update"})
	if err != nil {
		return "", nil, err
	}
	return text + " ON CONFLICT " + x.conflictTarget(key) + " DO UPDATE SET " + set + whereClause(append(when(b), x.visible("excluded")...)), b.args, nil
}

// inserting tells of a row that is inserted, or of the columns of update.
func inserting(about subject, update map[string]any) subject {
	return func(column string) (string, string) {
		if path, value := about(column); path != "" {
			return path, value
		}
		return given(update, "update.")(column)
	}
}

func upserted(out, record map[string]any, created bool) {
	out["record"], out["created"], out["action"] = record, created, action(created)
}

// action is what an upsert says it did.
func action(created bool) string {
	if created {
		return "created"
	}
	return "updated"
}

// updateByKey changes the record with the row's key and returns it; nothing when
// there is none. Without anything to change the record stays as it is.
func (x *operation) updateByKey(ctx context.Context, key []*column, r row, update map[string]any) (map[string]any, error) {
	for _, c := range key {
		if r.values[c.i] == nil {
			return nil, nil // a key that the database makes: no record has it yet
		}
	}
	b := &binder{d: x.t.d}
	text, err := x.updateText(b, key, r, update)
	if err != nil {
		return nil, err
	}
	return x.recordOf(ctx, true, text, b.args, given(update, "update."))
}

// updateText is the statement that changes the record with the row's key and
// yields it.
func (x *operation) updateText(b *binder, key []*column, r row, update map[string]any) (string, error) {
	text := "SELECT " + x.t.all + " FROM " + x.t.name
	if len(update) > 0 {
		set, err := x.set(b, update, origin{in: "update"})
		if err != nil {
			return "", err
		}
		text = "UPDATE " + x.t.name + " SET " + set
	}
	parts, err := x.within(b, false)
	if err != nil {
		return "", err
	}
	for _, c := range key {
		parts = append(parts, c.quoted+" = "+b.arg(r.values[c.i]))
	}
	text += whereClause(parts)
	if len(update) > 0 {
		text += " RETURNING " + x.t.all
	}
	return text, nil
}

// refuseHidden is DF-310 when a record that this operation cannot see holds the
// primary key: a deleted one, or one of another tenant.
func (x *operation) refuseHidden(ctx context.Context, key []*column, r row, about subject) error {
	if x.t.deletedAt == nil && x.t.tenant == nil {
		return nil
	}
	b := &binder{d: x.t.d}
	var parts, columns []string
	for _, c := range key {
		parts = append(parts, c.quoted+" = "+b.arg(r.values[c.i]))
		columns = append(columns, c.name)
	}
	hidden := []string{}
	if c := x.t.deletedAt; c != nil {
		hidden = append(hidden, c.quoted+" IS NOT NULL")
	}
	if c := x.t.tenant; c != nil {
		hidden = append(hidden, c.quoted+" <> "+b.arg(r.values[c.i]))
	}
	parts = append(parts, "("+strings.Join(hidden, " OR ")+")")
	return x.query(ctx, true, "SELECT 1 FROM "+x.t.name+whereClause(parts), b.args, nil, func([]any) error {
		f := errcatalog.Finding{Code: errcatalog.DF310, Details: x.details()}
		x.describe(&f, columns, about)
		return x.e.fail(f, nil)
	})
}

// equalities reads where: column → value; {"$eq": value} is the same.
func (x *operation) equalities() (map[string]any, error) {
	given, err := x.columnsParam("where")
	if err != nil {
		return nil, err
	}
	if len(given) == 0 {
		return nil, x.fail(errcatalog.DF707, "where is empty: it says which "+x.t.m.Name+" to upsert", nil)
	}
	where := make(map[string]any, len(given))
	for name, v := range given {
		c := x.t.byName[name]
		if c == nil {
			return nil, x.unknown(errcatalog.DF112, name, "where."+name)
		}
		if m, ok := asMap(v); ok && c.f.Type.Kind != model.KindJSON {
			eq, only := m["$eq"]
			if !only || len(m) != 1 {
				d := x.columnDetails(c, "where."+name)
				d.Value = sourceOf(v)
				return nil, x.e.fail(errcatalog.Finding{Code: errcatalog.DF103, Message: "where." + name + ": where takes values to be equal to, no other operators", Details: d}, nil)
			}
			v = eq
		}
		where[name] = v
	}
	return where, nil
}

// conflictKey are the columns to match on: conflict_on, or def. They must be a
// primary or unique key.
func (x *operation) conflictKey(def []string) ([]*column, error) {
	columns, err := x.names("conflict_on")
	if err != nil {
		return nil, err
	}
	if len(columns) == 0 {
		columns = def
	}
	for _, name := range columns {
		if x.t.byName[name] == nil {
			return nil, x.unknown(errcatalog.DF112, name, "conflict_on")
		}
	}
	key := x.t.m.KeyOf(columns)
	if key == nil {
		d := x.details()
		d.Param, d.Value = "conflict_on", strings.Join(columns, "+")
		for _, k := range x.t.m.Keys {
			d.Allowed = append(d.Allowed, strings.Join(k.Columns, "+"))
		}
		return nil, x.e.fail(errcatalog.Finding{
			Code: errcatalog.DF709, Message: fmt.Sprintf("%s is no primary or unique key of %s (%s)", d.Value, x.t.m.Name, strings.Join(d.Allowed, ", ")), Details: d,
		}, nil)
	}
	return x.t.uniqueColumns(key), nil
}

// conflictTarget names a key the way its index is made.
func (x *operation) conflictTarget(key []*column) string {
	target := "(" + quotedList(key) + ")"
	primary := slices.Equal(key, x.t.key)
	if x.t.deletedAt != nil && !primary {
		target += " WHERE " + x.t.deletedAt.quoted + " IS NULL"
	}
	return target
}
