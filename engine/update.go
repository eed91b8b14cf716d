package engine

import (
	"context"
	"fmt"
	"strings"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/model"
)

// update changes the one record that the filter pins, and returns it.
func (x *operation) update(ctx context.Context) (map[string]any, error) {
	fields, err := x.columnsParam("fields")
	if err != nil {
		return nil, err
	}
	b := &binder{d: x.t.d}
	set, err := x.set(b, fields, origin{in: "fields"})
	if err != nil {
		return nil, err
	}
	filter, err := x.columnsParam("filter")
	if err != nil {
		return nil, err
	}
	where, err := x.where(b, filter, "filter", false)
	if err != nil {
		return nil, err
	}
	version, checked := x.p["version"]
	checked = checked && version != nil && x.t.version != nil
	if checked {
		v, err := model.Convert(x.t.version.f.Type.NotNull(), version)
		if err != nil {
			return nil, x.convertError(x.t.version, version, "version", err)
		}
		if where == "" {
			where = " WHERE TRUE"
		}
		where += " AND " + x.t.version.quoted + " = " + b.arg(v)
	}
	record, err := x.recordOf(ctx, true, "UPDATE "+x.t.name+" SET "+set+where+" RETURNING "+x.t.all, b.args, given(fields, "fields."))
	switch {
	case err != nil:
		return nil, err
	case record != nil:
		record["updated"] = true
		return record, nil
	case checked:
		if err := x.checkVersion(ctx, filter, version); err != nil {
			return nil, err
		}
	}
	return x.nothing("updated"), nil
}

// checkVersion is DF-514 when the record is there with another version.
func (x *operation) checkVersion(ctx context.Context, filter map[string]any, want any) error {
	b := &binder{d: x.t.d}
	where, err := x.where(b, filter, "filter", false)
	if err != nil {
		return err
	}
	return x.query(ctx, true, "SELECT "+x.t.version.quoted+" FROM "+x.t.name+where, b.args, nil, func(values []any) error {
		d := x.columnDetails(x.t.version, "version")
		d.Value, d.Got = sourceOf(want), fmt.Sprint(values[0])
		return x.e.fail(errcatalog.Finding{
			Code:    errcatalog.DF514,
			Message: fmt.Sprintf("the %s was changed by someone else: its version is %v now, not %v", x.t.m.Name, values[0], want),
			Details: d,
		}, nil)
	})
}

// set is the SET clause for what the user changes, with what the engine keeps.
func (x *operation) set(b *binder, fields map[string]any, at origin) (string, error) {
	parts := make([]string, 0, len(fields)+2)
	for _, name := range sortedKeys(fields) {
		c := x.t.byName[name]
		if c == nil {
			return "", x.unknown(errcatalog.DF111, name, at.path()+name)
		}
		if at.isRow && c.f.Primary {
			continue // which says what record the row changes
		}
		if !c.f.Settable() {
			return "", x.kept(c, at)
		}
		v, err := x.value(c, fields[name], at)
		if err != nil {
			return "", err
		}
		parts = append(parts, c.quoted+" = "+b.arg(v))
	}
	return strings.Join(append(parts, x.keptSets(b)...), ", "), nil
}

// keptSets are what the engine changes in every record that it changes.
func (x *operation) keptSets(b *binder) []string {
	var parts []string
	if c := x.t.updatedAt; c != nil {
		parts = append(parts, c.quoted+" = "+b.arg(x.t.d.now()))
	}
	if c := x.t.version; c != nil {
		parts = append(parts, c.quoted+" = "+x.t.name+"."+c.quoted+" + 1")
	}
	return parts
}

// columnsParam is a parameter that is a map of columns; an empty one when it is
// not given.
func (x *operation) columnsParam(name string) (map[string]any, error) {
	v := x.p[name]
	if v == nil {
		return map[string]any{}, nil
	}
	m, ok := asMap(v)
	if !ok {
		d := x.details()
		d.Param, d.Got, d.Type = name, fmt.Sprintf("%T", v), "dataflow.Params"
		return nil, x.e.fail(errcatalog.Finding{Code: errcatalog.DF102, Message: fmt.Sprintf("%s is %T; it must be a map of columns", name, v), Details: d}, nil)
	}
	return m, nil
}
