package engine

import (
	"context"
	"fmt"
	"strings"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// bulkUpdate changes many records, all or none: alike, with filter and fields, or
// each in its own way, with data.
func (x *operation) bulkUpdate(ctx context.Context) (map[string]any, error) {
	if x.p["data"] != nil {
		return x.bulkUpdateRows(ctx)
	}
	fields, err := x.columnsParam("fields")
	if err != nil {
		return nil, err
	}
	filter, err := x.columnsParam("filter")
	if err != nil {
		return nil, err
	}
	if len(fields) == 0 {
		return nil, x.fail(errcatalog.DF110, "fields is empty: there is nothing to change", nil)
	}
	b := &binder{d: x.t.d}
	set, err := x.set(b, fields, origin{in: "fields"})
	if err != nil {
		return nil, err
	}
	where, err := x.where(b, filter, "filter", false)
	if err != nil {
		return nil, err
	}
	n, err := x.exec(ctx, "UPDATE "+x.t.name+" SET "+set+where, b.args, given(fields, "fields."))
	if err != nil {
		return nil, err
	}
	return map[string]any{"count": n}, nil
}

// batchSize is how many statements go to the database before their results are read.
const batchSize = 1000

// A change is one row of data, made ready.
type change struct {
	statement
	about subject
}

func (x *operation) bulkUpdateRows(ctx context.Context) (map[string]any, error) {
	data, err := x.data()
	if err != nil {
		return nil, err
	}
	changes := make([]change, len(data))
	var errs errorList
	for i, m := range data {
		changes[i], err = x.change(m, origin{row: i, isRow: true})
		errs.add(err)
	}
	if err := errs.join(); err != nil {
		return nil, err
	}
	var count int64
	statements := make([]statement, len(changes))
	for i, c := range changes {
		statements[i] = c.statement
	}
	err = x.atomic(ctx, func() error {
		for _, s := range statements {
			x.note(ctx, s.text, s.args)
		}
		count = 0
		for at := 0; at < len(statements); at += batchSize {
			part := statements[at:min(at+batchSize, len(statements))]
			n, failed, err := x.c.batch(ctx, part)
			if err != nil {
				var about subject
				if failed >= 0 {
					about = changes[at+failed].about
				}
				return x.sqlError(ctx, err, about)
			}
			count += n
			x.done(at+len(part), len(statements))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return map[string]any{"count": count}, nil
}

// change is the UPDATE of one row: its primary key says which record, the rest
// what to change.
func (x *operation) change(m map[string]any, at origin) (change, error) {
	path := at.path()
	b := &binder{d: x.t.d}
	fields := make(map[string]any, len(m))
	for name, v := range m {
		if c := x.t.byName[name]; c == nil || !c.f.Primary {
			fields[name] = v
		}
	}
	if len(fields) == 0 {
		d := x.details()
		d.Param = strings.TrimSuffix(path, ".")
		return change{}, x.e.fail(errcatalog.Finding{Code: errcatalog.DF110, Message: d.Param + " changes nothing: it has only the primary key", Details: d}, nil)
	}
	set, err := x.set(b, fields, at)
	if err != nil {
		return change{}, err
	}
	parts, err := x.within(b, false)
	if err != nil {
		return change{}, err
	}
	for _, c := range x.t.key {
		v, ok := m[c.name]
		if !ok || v == nil {
			d := x.columnDetails(c, path+c.name)
			return change{}, x.e.fail(errcatalog.Finding{Code: errcatalog.DF105, Message: fmt.Sprintf("%s is missing: the primary key says which %s to change", path+c.name, x.t.m.Name), Details: d}, nil)
		}
		arg, err := filter{x, b}.operand(c, c.f.Type, v, path+c.name)
		if err != nil {
			return change{}, err
		}
		parts = append(parts, c.quoted+" = "+b.arg(arg))
	}
	return change{statement{"UPDATE " + x.t.name + " SET " + set + whereClause(parts), b.args}, given(fields, path)}, nil
}
