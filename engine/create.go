package engine

import "context"

// create inserts one record and returns it as the database holds it.
func (x *operation) create(ctx context.Context) (map[string]any, error) {
	r, err := x.newRow(x.p, "")
	if err != nil {
		return nil, err
	}
	records, err := x.records(ctx, true, x.t.insertOne+" RETURNING "+x.t.all, r.values, given(x.p, ""))
	if err != nil {
		return nil, err
	}
	return records[0], nil
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
