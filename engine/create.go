package engine

import "context"

// create inserts one record and returns it as the database holds it.
func (x *operation) create(ctx context.Context) (map[string]any, error) {
	r, err := x.newRow(x.p, "")
	if err != nil {
		return nil, err
	}
	text, args := x.t.insert(r)
	record, err := x.recordOf(ctx, true, text+" RETURNING "+x.t.all, args, given(x.p, ""))
	if err != nil {
		return nil, err
	}
	return record, x.keysGivenIf(ctx, true, r)
}

// keysGiven has the database make keys above those that rows brought along.
func (x *operation) keysGiven(ctx context.Context, rows []row) error {
	if x.t.autoKey == nil {
		return nil
	}
	highest := int64(0)
	for _, r := range rows {
		if k, ok := r.values[x.t.autoKey.i].(int64); ok {
			highest = max(highest, k)
		}
	}
	if highest == 0 {
		return nil
	}
	if err := x.t.d.keysGiven(ctx, x.c, x.t, highest); err != nil {
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
