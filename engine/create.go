package engine

import (
	"context"
	"slices"
)

// create inserts one record and returns it as the database holds it.
func (x *operation) create(ctx context.Context) (map[string]any, error) {
	r, err := x.newRow(x.p, origin{})
	if err != nil {
		return nil, err
	}
	text, args := x.t.insert(r)
	text += " RETURNING " + x.t.all
	above, err := x.keysAbove(ctx, r)
	if err != nil {
		return nil, err
	}
	if above != "" {
		text = "WITH i AS (" + text + ") SELECT i.*, " + above + " FROM i"
	}
	return x.recordOf(ctx, true, text, args, given(x.p, ""))
}

// keysAbove is an expression over a row i, to be evaluated as it is inserted, that
// has the database make keys above the one that the row brought along; "" where it
// did not, or the database minds by itself.
func (x *operation) keysAbove(ctx context.Context, r row) (string, error) {
	if x.t.autoKey == nil || r.values[x.t.autoKey.i] == nil {
		return "", nil
	}
	if err := x.hold(ctx, true); err != nil {
		return "", err
	}
	above, err := x.t.d.keysAbove(ctx, x.c, x.t)
	if err != nil {
		return "", x.sqlError(ctx, err, nil)
	}
	return above, nil
}

// keysGiven does so for many rows at once, within their transaction.
func (x *operation) keysGiven(ctx context.Context, rows []row) error {
	if x.t.autoKey == nil {
		return nil
	}
	at := slices.IndexFunc(rows, func(r row) bool { return r.values[x.t.autoKey.i] != nil })
	if at < 0 {
		return nil
	}
	above, err := x.keysAbove(ctx, rows[at])
	if err != nil || above == "" {
		return err
	}
	highest := int64(0)
	for _, r := range rows {
		if k, ok := r.values[x.t.autoKey.i].(int64); ok {
			highest = max(highest, k)
		}
	}
	if _, err := x.c.exec(ctx, "SELECT "+above+" FROM (SELECT "+x.t.d.placeholder(1)+"::bigint AS "+x.t.autoKey.quoted+") i", highest); err != nil {
		return x.sqlError(ctx, err, nil)
	}
	return nil
}

// given tells of the values of one map of parameters.
func given(p map[string]any, path string) subject {
	return func(column string) (string, string) {
		if v, ok := p[column]; ok {
			return path + column, sourceOf(v)
		}
		return "", ""
	}
}
