package engine

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// bulkDelete removes the records that match, or those with the given keys, all
// or none.
func (x *operation) bulkDelete(ctx context.Context) (map[string]any, error) {
	hard := x.flag("hard")
	var count int64
	if x.p["ids"] != nil {
		keys, err := x.ids()
		if err != nil {
			return nil, err
		}
		size, all := x.t.d.rowsPerStatement()*len(x.t.key), len(keys)/len(x.t.key)
		err = x.atomic(ctx, func() error {
			for part := range slices.Chunk(keys, size) {
				deleted, err := x.removeKeys(ctx, hard, part)
				if err != nil {
					return err
				}
				count += deleted
				keys = keys[len(part):]
				x.done(all-len(keys)/len(x.t.key), all)
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

// removeKeys removes the records with the keys, whose encoded values stand in keys
// one after the other.
func (x *operation) removeKeys(ctx context.Context, hard bool, keys []any) (int64, error) {
	b := &binder{d: x.t.d}
	text := x.removal(b, hard)
	parts, err := x.within(b, hard)
	if err != nil {
		return 0, err
	}
	var alternatives []string
	for key := range slices.Chunk(keys, len(x.t.key)) {
		if len(key) == 1 {
			alternatives = append(alternatives, b.arg(key[0]))
			continue
		}
		equal := make([]string, len(key))
		for i, v := range key {
			equal[i] = x.t.key[i].quoted + " = " + b.arg(v)
		}
		alternatives = append(alternatives, conjunction(equal))
	}
	if len(x.t.key) == 1 {
		parts = append(parts, x.t.key[0].quoted+" IN ("+strings.Join(alternatives, ", ")+")")
	} else {
		parts = append(parts, "("+strings.Join(alternatives, " OR ")+")")
	}
	return x.exec(ctx, text+whereClause(parts), b.args, nil)
}

// ids are the keys in the parameter ids, values or maps for a composite key: their
// encoded values, one after the other.
func (x *operation) ids() ([]any, error) {
	list, ok := asList(x.p["ids"])
	if !ok {
		d := x.details()
		d.Param, d.Got = "ids", fmt.Sprintf("%T", x.p["ids"])
		return nil, x.e.fail(errcatalog.Finding{Code: errcatalog.DF108, Message: fmt.Sprintf("ids is %T; it must be a list of primary keys", x.p["ids"]), Details: d}, nil)
	}
	keys := make([]any, 0, len(list)*len(x.t.key))
	for i, item := range list {
		key, isMap := asMap(item)
		for _, c := range x.t.key {
			v := item
			if isMap {
				v = key[c.name]
			} else if len(x.t.key) > 1 {
				v = nil
			}
			path := func() string {
				path := "ids." + strconv.Itoa(i)
				if len(x.t.key) > 1 {
					path += "." + c.name
				}
				return path
			}
			if v == nil {
				return nil, x.e.fail(errcatalog.Finding{Code: errcatalog.DF105, Message: path() + " is no whole primary key", Details: x.columnDetails(c, path())}, nil)
			}
			arg, err := (filter{x, nil}).operand(c, c.f.Type, v, "")
			if err != nil { // and now with the path, which only an error needs
				_, err = (filter{x, nil}).operand(c, c.f.Type, v, path())
				return nil, err
			}
			keys = append(keys, arg)
		}
	}
	return keys, nil
}
