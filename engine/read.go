package engine

import (
	"context"
	"fmt"
	"strings"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/model"
)

// read returns the one record that the key or the filter pins.
func (x *operation) read(ctx context.Context) (map[string]any, error) {
	if x.fused != nil {
		record, err := x.fused.record(ctx, x)
		if err != nil {
			return nil, err
		}
		if record != nil {
			record["found"] = true
			return record, nil
		}
	}
	b := &binder{d: x.t.d}
	where, err := x.pinned(b, x.flag("include_deleted"))
	if err != nil {
		return nil, err
	}
	record, err := x.recordOf(ctx, false, "SELECT "+x.t.all+" FROM "+x.t.name+where, b.args, nil)
	if err != nil {
		return nil, err
	}
	if record != nil {
		record["found"] = true
		return record, nil
	}
	if raise, given := x.p["raise_on_not_found"].(bool); raise || !given {
		return nil, x.notFound()
	}
	return x.nothing("found"), nil
}

// pinned is the WHERE clause for the one record that the parameters name: by
// primary key, or by a filter on a unique key.
func (x *operation) pinned(b *binder, deleted bool) (string, error) {
	if x.p["filter"] == nil && x.wholeKey() {
		return x.byKey(b, deleted)
	}
	conditions, path := x.keyGiven(), ""
	if conditions == nil {
		path = "filter"
		var ok bool
		if conditions, ok = asMap(x.p["filter"]); !ok {
			code := errcatalog.DF702
			if x.op == model.Delete {
				code = errcatalog.DF705
			}
			return "", x.fail(code, fmt.Sprintf("%s is told neither by %s nor by a filter", x.t.m.Name, strings.Join(x.t.m.PrimaryKey(), ", ")), nil)
		}
	} else if extra, ok := asMap(x.p["filter"]); ok {
		conditions = map[string]any{"$and": []any{conditions, extra}}
	}
	return x.where(b, conditions, path, deleted)
}

func (x *operation) wholeKey() bool {
	for _, c := range x.t.key {
		if x.p[c.name] == nil {
			return false
		}
	}
	return true
}

// byKey is the WHERE clause for the record with the primary key that is given.
func (x *operation) byKey(b *binder, deleted bool) (string, error) {
	parts, err := x.within(b, deleted)
	if err != nil {
		return "", err
	}
	for _, c := range x.t.key {
		arg, err := filter{x, b}.operand(c, c.f.Type, x.p[c.name], c.name)
		if err != nil {
			return "", err
		}
		parts = append(parts, c.quoted+" = "+b.arg(arg))
	}
	return whereClause(parts), nil
}

// keyGiven are the primary key's values, or nil when not all of them are given.
func (x *operation) keyGiven() map[string]any {
	conditions := make(map[string]any, len(x.t.key))
	for _, c := range x.t.key {
		v, ok := x.p[c.name]
		if !ok || v == nil {
			return nil
		}
		conditions[c.name] = map[string]any{"$eq": v}
	}
	return conditions
}

// flag is a parameter that is false unless given.
func (x *operation) flag(name string) bool {
	on, _ := x.p[name].(bool)
	return on
}

// nothing is what stands for a record that is not there: every column null, and
// the flag that tells of it false.
func (x *operation) nothing(flag string) map[string]any {
	r := make(map[string]any, len(x.t.cols)+1)
	for _, c := range x.t.cols {
		r[c.name] = nil
	}
	r[flag] = false
	return r
}

func (x *operation) notFound() error {
	d := x.details()
	var what []string
	for _, c := range x.t.key {
		if v, ok := x.p[c.name]; ok {
			what = append(what, c.name+" "+sourceOf(v))
			d.Param, d.Column, d.Value = c.name, c.name, sourceOf(v)
		}
	}
	if filter, ok := x.p["filter"]; ok && len(what) == 0 {
		what = []string{sourceOf(filter)}
		d.Param, d.Value = "filter", what[0]
	}
	return x.e.fail(errcatalog.Finding{Code: errcatalog.DF703, Message: fmt.Sprintf("there is no %s with %s", x.t.m.Name, strings.Join(what, ", ")), Details: d}, nil)
}
