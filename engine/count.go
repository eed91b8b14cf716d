package engine

import "context"

// count counts the records that match.
func (x *operation) count(ctx context.Context) (map[string]any, error) {
	filter, err := x.columnsParam("filter")
	if err != nil {
		return nil, err
	}
	n, err := x.countOf(ctx, filter)
	if err != nil {
		return nil, err
	}
	return map[string]any{"count": n}, nil
}

func (x *operation) countOf(ctx context.Context, filter map[string]any) (n int64, err error) {
	b := &binder{d: x.t.d}
	where, err := x.where(b, filter, "filter", x.flag("include_deleted"))
	if err != nil {
		return 0, err
	}
	err = x.query(ctx, false, "SELECT count(*) FROM "+x.t.name+where, b.args, nil, func(values []any) error {
		n, _ = values[0].(int64)
		return nil
	})
	return n, err
}
