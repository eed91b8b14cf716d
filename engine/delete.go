package engine

import "context"

// delete removes the one record that the key or the filter pins. In a softdelete
// model it is marked instead, unless hard is true.
func (x *operation) delete(ctx context.Context) (map[string]any, error) {
	b := &binder{d: x.t.d}
	hard := x.flag("hard")
	text := x.removal(b, hard)
	where, err := x.pinned(b, hard)
	if err != nil {
		return nil, err
	}
	if x.p["filter"] == nil && x.wholeKey() {
		return x.deleteKey(ctx, text+where, b.args)
	}
	out := map[string]any{"deleted": false}
	for _, c := range x.t.key {
		out[c.name] = nil
		if v, ok := x.p[c.name]; ok {
			out[c.name] = v
		}
	}
	err = x.query(ctx, true, text+where+" RETURNING "+quotedList(x.t.key), b.args, nil, func(values []any) error {
		key, err := x.record(x.t.key, values, 0)
		for name, v := range key {
			out[name] = v
		}
		out["deleted"] = true
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// deleteKey removes the record whose key is the last of args: the database need not
// say which one it was.
func (x *operation) deleteKey(ctx context.Context, text string, args []any) (map[string]any, error) {
	n, err := x.exec(ctx, text, args, nil)
	if err != nil {
		return nil, err
	}
	out := map[string]any{"deleted": n > 0}
	for i, c := range x.t.key {
		if n == 0 {
			out[c.name] = x.p[c.name]
		} else if out[c.name], err = x.decoded(c, plainValue(args[len(args)-len(x.t.key)+i])); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// removal is the statement that removes records, up to its WHERE.
func (x *operation) removal(b *binder, hard bool) string {
	if c := x.t.deletedAt; c != nil && !hard {
		return "UPDATE " + x.t.name + " SET " + c.quoted + " = " + b.arg(x.t.d.now())
	}
	return "DELETE FROM " + x.t.name
}
