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

func (x *operation) bulkUpdateRows(ctx context.Context) (map[string]any, error) {
	data, err := x.data()
	if err != nil {
		return nil, err
	}
	var count int64
	err = x.atomic(ctx, func() error {
		var errs errorList
		statements := make([]statement, 0, min(len(data), batchSize))
		for at := 0; at < len(data); at += batchSize {
			part := data[at:min(at+batchSize, len(data))]
			statements = statements[:0]
			for i, m := range part {
				s, err := x.change(m, origin{row: at + i, isRow: true})
				errs.add(err)
				statements = append(statements, s)
			}
			if len(errs) > 0 {
				continue // to tell all that is wrong at once
			}
			for _, s := range statements {
				x.note(ctx, s.text, s.args)
			}
			n, failed, err := x.c.batch(ctx, statements)
			if err != nil {
				var about subject
				if failed >= 0 {
					about = given(part[failed], rowPath(at+failed)+".")
				}
				return x.sqlError(ctx, err, about)
			}
			count += n
			x.done(at+len(part), len(data))
		}
		return errs.join()
	})
	if err != nil {
		return nil, err
	}
	return map[string]any{"count": count}, nil
}

// change is the UPDATE of one row: its primary key says which record, the rest
// what to change.
func (x *operation) change(m map[string]any, at origin) (statement, error) {
	b := &binder{d: x.t.d}
	fields := len(m)
	for _, c := range x.t.key {
		if _, ok := m[c.name]; ok {
			fields--
		}
	}
	if fields == 0 {
		d := x.details()
		d.Param = strings.TrimSuffix(at.path(), ".")
		return statement{}, x.e.fail(errcatalog.Finding{Code: errcatalog.DF110, Message: d.Param + " changes nothing: it has only the primary key", Details: d}, nil)
	}
	set, err := x.set(b, m, at)
	if err != nil {
		return statement{}, err
	}
	parts, err := x.within(b, false)
	if err != nil {
		return statement{}, err
	}
	for _, c := range x.t.key {
		v, ok := m[c.name]
		if !ok || v == nil {
			d := x.columnDetails(c, at.of(c))
			return statement{}, x.e.fail(errcatalog.Finding{Code: errcatalog.DF105, Message: fmt.Sprintf("%s is missing: the primary key says which %s to change", at.of(c), x.t.m.Name), Details: d}, nil)
		}
		arg, err := filter{x, b}.operand(c, c.f.Type, v, at.of(c))
		if err != nil {
			return statement{}, err
		}
		parts = append(parts, c.quoted+" = "+b.arg(arg))
	}
	return statement{"UPDATE " + x.t.name + " SET " + set + whereClause(parts), b.args}, nil
}
