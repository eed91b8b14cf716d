package engine

import (
	"context"
	"fmt"
	"strconv"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// bulkDelete removes the records that match, or those with the given keys, all
// or none.
func (x *operation) bulkDelete(ctx context.Context) (map[string]any, error) {
	hard := x.flag("hard")
	var count int64
	if x.p["ids"] != nil {
		ids, err := x.ids()
		if err != nil {
			return nil, err
		}
		err = x.atomic(ctx, func() error {
			for all := len(ids); len(ids) > 0; x.done(all-len(ids), all) {
				n := min(len(ids), x.t.d.rowsPerStatement())
				deleted, err := x.remove(ctx, hard, map[string]any{"$or": ids[:n]})
				if err != nil {
					return err
				}
				count, ids = count+deleted, ids[n:]
			}
			return nil
		})
		return map[string]any{"count": count}, err
	}
	conditions, err := x.columnsParam("filter")
	if err != nil {
		return nil, err
	}
	if len(conditions) == 0 && !x.flag("confirm") {
		return nil, x.fail(errcatalog.DF713, fmt.Sprintf("this would delete every %s: give a filter, or confirm: true", x.t.m.Name), nil)
	}
	if count, err = x.remove(ctx, hard, conditions); err != nil {
		return nil, err
	}
	return map[string]any{"count": count}, nil
}

func (x *operation) remove(ctx context.Context, hard bool, conditions map[string]any) (int64, error) {
	b := &binder{d: x.t.d}
	text := x.removal(b, hard)
	where, err := x.where(b, conditions, "filter", hard)
	if err != nil {
		return 0, err
	}
	return x.exec(ctx, text+where, b.args, nil)
}

// ids are conditions for the keys in the parameter ids: values, or maps for a
// composite key.
func (x *operation) ids() ([]any, error) {
	list, ok := asList(x.p["ids"])
	if !ok {
		d := x.details()
		d.Param, d.Got = "ids", fmt.Sprintf("%T", x.p["ids"])
		return nil, x.e.fail(errcatalog.Finding{Code: errcatalog.DF108, Message: fmt.Sprintf("ids is %T; it must be a list of primary keys", x.p["ids"]), Details: d}, nil)
	}
	conditions := make([]any, len(list))
	for i, item := range list {
		key, ok := asMap(item)
		if !ok {
			key = map[string]any{}
			if len(x.t.key) == 1 {
				key[x.t.key[0].name] = item
			}
		}
		condition := make(map[string]any, len(x.t.key))
		for _, c := range x.t.key {
			path := "ids." + strconv.Itoa(i)
			if len(x.t.key) > 1 {
				path += "." + c.name
			}
			v, ok := key[c.name]
			if !ok || v == nil {
				return nil, x.e.fail(errcatalog.Finding{Code: errcatalog.DF105, Message: path + " is no whole primary key", Details: x.columnDetails(c, path)}, nil)
			}
			if _, err := (filter{x, &binder{d: x.t.d}}).operand(c, c.f.Type, v, path); err != nil {
				return nil, err
			}
			condition[c.name] = map[string]any{"$eq": v}
		}
		conditions[i] = condition
	}
	return conditions, nil
}
