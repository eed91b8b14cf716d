package engine

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/model"
)

// A Repository runs single operations on the records of one model, as structs.
// It is the handle of db.Model with types: the same operations, checks and
// errors, and a transaction of its own for each but those that a function node in
// a transaction makes with the context it was given.
//
// Create and BulkCreate leave out what a new record need not give, so that a zero
// field means what it means to leave a parameter out: a column with a default
// takes it, a nil slice or map is stored empty, an integer or UUID key is made, a
// primary key that is "" is missing (DF-101), and what the engine keeps
// (created_at, version, …) it keeps. All other zero fields are values. Where
// a zero value is meant although the column has a default, [Repository.WithZero]
// says so; so does a pointer to it in a field that is one.
//
// Upsert and BulkUpsert write the record as it stands, zero fields too, because to
// leave out a false would keep an old true. A record that was read can be written
// back: what the engine keeps is left to it.
//
// more are further parameters of the node of that name, as in
// dataflow.Params{"include_deleted": true}. It is safe for concurrent use.
type Repository[T any] struct {
	h     *ModelHandle
	shape *shape
	zeros []string                     // columns whose zero value Create writes
	known *atomic.Pointer[model.Model] // as registered, once it is known to be T
}

// A Page is what List yields.
type Page[T any] struct {
	Records []T
	HasMore bool // there are records after the page
	// NextCursor is what List takes as cursor for the next page; "" on the last.
	NextCursor string
	// Total is how many records match in all, if List was given with_total; else 0.
	Total int64
}

// Repo returns the repository of the model that T is. What is wrong with T is
// told by the first operation: DF-603 when it does not embed dataflow.Model, the
// other codes 6XX as Register has them, DF-701 when it is not registered.
//
//	users := engine.Repo[User](db)
//	ann, err := users.Create(ctx, User{ID: "ann", Email: "ann@example.com"})
func Repo[T any](db *Engine) *Repository[T] {
	s := shapeOf[T]()
	return &Repository[T]{h: db.Model(s.name), shape: s, known: new(atomic.Pointer[model.Model])}
}

// ForTenant returns a repository that works for a tenant, as the run option
// WithTenant does for a workflow.
func (r *Repository[T]) ForTenant(id string) *Repository[T] {
	of := *r
	of.h = r.h.ForTenant(id)
	return &of
}

// WithZero returns a repository whose Create and BulkCreate write the named
// columns even where the field is zero, in place of their default. A name that is
// no column of the model is DF-111.
//
//	users.WithZero("active").Create(ctx, User{ID: "bo", Active: false}) // default=true
func (r *Repository[T]) WithZero(columns ...string) *Repository[T] {
	with := *r
	with.zeros = slices.Concat(r.zeros, columns)
	return &with
}

// Create inserts a record and returns it as the database holds it. A field that
// the engine keeps and that is set is DF-104.
func (r *Repository[T]) Create(ctx context.Context, record T) (T, error) {
	return r.record(r.do(ctx, model.Create, r.shape.created(&record, r.zeros), nil))
}

// Read returns one record; DF-703 when it is not there. key is the value of its
// primary key, or the columns of a primary or unique key with their values:
//
//	users.Read(ctx, dataflow.Params{"email": "ann@example.com"})
func (r *Repository[T]) Read(ctx context.Context, key any, more ...dataflow.Params) (T, error) {
	p, err := r.keyed(model.Read, key)
	if err != nil {
		return r.record(nil, err)
	}
	return r.record(r.do(ctx, model.Read, p, more))
}

// Update changes the fields of the one record that filter pins and returns it.
// updated is false, and the record zero, when there is none.
func (r *Repository[T]) Update(ctx context.Context, filter, fields dataflow.Params, more ...dataflow.Params) (record T, updated bool, err error) {
	out, err := r.do(ctx, model.Update, dataflow.Params{"filter": filter, "fields": fields}, more)
	if err != nil || out["updated"] != true {
		return record, false, err
	}
	record, err = r.record(out, nil)
	return record, err == nil, err
}

// Delete removes one record, told as Read is, and reports whether it was there.
func (r *Repository[T]) Delete(ctx context.Context, key any, more ...dataflow.Params) (deleted bool, err error) {
	p, err := r.keyed(model.Delete, key)
	if err != nil {
		return false, err
	}
	out, err := r.do(ctx, model.Delete, p, more)
	return out["deleted"] == true, err
}

// List returns a page of records. p are the parameters of a List node: filter,
// order_by, limit, cursor, …; fields that a projection leaves out stay zero.
func (r *Repository[T]) List(ctx context.Context, p dataflow.Params) (Page[T], error) {
	var page Page[T]
	if err := r.check(); err != nil {
		return page, err
	}
	out, err := r.h.doInto(ctx, model.List, p, func() sink { return r.appendTo(&page.Records) })
	if err != nil {
		return Page[T]{}, err
	}
	page.HasMore, _ = out["has_more"].(bool)
	page.NextCursor, _ = out["next_cursor"].(string)
	page.Total, _ = out["total"].(int64)
	return page, nil
}

// Count counts the records that match; nil is all of them.
func (r *Repository[T]) Count(ctx context.Context, filter dataflow.Params, more ...dataflow.Params) (int64, error) {
	return r.count(ctx, model.Count, filtered(filter), more)
}

// Upsert makes the record that has the key of the given one equal to it, or
// inserts it, and returns what is there now and whether it is new. The key is the
// primary key, or that of conflict_on:
//
//	users.Upsert(ctx, ann, dataflow.Params{"conflict_on": []string{"email"}})
//
// A further parameter update sets in a record that is there only the columns
// it names.
func (r *Repository[T]) Upsert(ctx context.Context, record T, more ...dataflow.Params) (is T, created bool, err error) {
	if err := r.check(); err != nil {
		return is, false, err
	}
	all, primary := r.shape.whole(&record), r.shape.m.PrimaryKey()
	key, update := primary, true
	for _, m := range more {
		names, err := model.Convert(model.Type{Kind: model.KindString, Array: true}, m["conflict_on"])
		if columns, _ := names.([]string); err == nil && len(columns) > 0 {
			key = columns
		}
		if _, given := m["update"]; given {
			update = false
		}
	}
	where := dataflow.Params{}
	for _, column := range key {
		if v, ok := all[column]; ok {
			where[column] = v
		}
	}
	p := dataflow.Params{"where": where, "create": all}
	if update {
		fields := maps.Clone(all)
		for _, column := range slices.Concat(primary, key) {
			delete(fields, column)
		}
		if len(fields) > 0 {
			p["update"] = fields
		}
	}
	out, err := r.do(ctx, model.Upsert, p, more)
	if err != nil {
		return is, false, err
	}
	held, _ := out["record"].(map[string]any)
	created, _ = out["created"].(bool)
	is, err = r.record(held, nil)
	return is, created, err
}

// BulkCreate inserts records, all or none, and returns their keys in order: the
// values of the primary key, or maps where it has several columns.
func (r *Repository[T]) BulkCreate(ctx context.Context, records []T, more ...dataflow.Params) (keys []any, err error) {
	data := make([]map[string]any, len(records))
	for i := range records {
		data[i] = r.shape.created(&records[i], r.zeros)
	}
	out, err := r.do(ctx, model.BulkCreate, dataflow.Params{"data": data}, more)
	keys, _ = out["ids"].([]any)
	return keys, err
}

// BulkUpdate changes the fields of all records that match and returns how many
// there were.
func (r *Repository[T]) BulkUpdate(ctx context.Context, filter, fields dataflow.Params, more ...dataflow.Params) (int64, error) {
	return r.count(ctx, model.BulkUpdate, dataflow.Params{"filter": filter, "fields": fields}, more)
}

// BulkDelete removes the records that match and returns how many there were. To
// remove all, the further parameter confirm must be true; ids takes keys.
func (r *Repository[T]) BulkDelete(ctx context.Context, filter dataflow.Params, more ...dataflow.Params) (int64, error) {
	return r.count(ctx, model.BulkDelete, filtered(filter), more)
}

// BulkUpsert does with many records what Upsert does with one, all or none, and
// returns how many were new and how many there already. Which they are is told by
// the handle's BulkUpsert.
func (r *Repository[T]) BulkUpsert(ctx context.Context, records []T, more ...dataflow.Params) (created, updated int64, err error) {
	data := make([]map[string]any, len(records))
	for i := range records {
		data[i] = r.shape.whole(&records[i])
	}
	out, err := r.do(ctx, model.BulkUpsert, dataflow.Params{"data": data}, more)
	created, _ = out["created"].(int64)
	updated, _ = out["updated"].(int64)
	return created, updated, err
}

func filtered(filter dataflow.Params) dataflow.Params {
	if filter == nil {
		return dataflow.Params{}
	}
	return dataflow.Params{"filter": filter}
}

// keyed are the parameters that tell one record.
func (r *Repository[T]) keyed(op model.Operation, key any) (dataflow.Params, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	if columns, ok := asMap(key); ok {
		return dataflow.Params{"filter": columns}, nil
	}
	columns := r.shape.m.PrimaryKey()
	if len(columns) == 1 {
		return dataflow.Params{columns[0]: key}, nil
	}
	code := errcatalog.DF702
	if op == model.Delete {
		code = errcatalog.DF705
	}
	list := strings.Join(columns, ", ")
	return nil, r.h.e.fail(errcatalog.Finding{
		Code: code, Message: fmt.Sprintf("the key of %s is %s: give dataflow.Params with a value for each", r.shape.name, list), Details: details(r.shape.m, op),
	}, nil)
}

// do runs the operation with the parameters and those in more.
func (r *Repository[T]) do(ctx context.Context, op model.Operation, p dataflow.Params, more []dataflow.Params) (dataflow.Params, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	for _, m := range more {
		for name, v := range m {
			if _, twice := p[name]; twice {
				d := details(r.shape.m, op)
				d.Param, d.Value = name, sourceOf(v)
				return nil, r.h.e.fail(errcatalog.Finding{Code: errcatalog.DF103, Message: fmt.Sprintf("%s of %s is given twice: as an argument and among the further parameters", name, op), Details: d}, nil)
			}
			p[name] = v
		}
	}
	return r.h.do(ctx, op, p)
}

func (r *Repository[T]) count(ctx context.Context, op model.Operation, p dataflow.Params, more []dataflow.Params) (int64, error) {
	out, err := r.do(ctx, op, p, more)
	n, _ := out["count"].(int64)
	return n, err
}

// check is the error of a T that is no model, or not the one that is registered.
// That none is, the handle says.
func (r *Repository[T]) check() error {
	if len(r.shape.problems) > 0 {
		return r.h.e.failures(r.shape.problems)
	}
	is := r.h.e.Models().Model(r.shape.name)
	if is == nil || is == r.known.Load() {
		return nil
	}
	if is.PkgPath != r.shape.m.PkgPath || !model.Same(is, r.shape.m) {
		d := errcatalog.Details{Model: is.Name, Table: is.Table, Reason: is.PkgPath}
		return r.h.e.fail(errcatalog.Finding{
			Code: errcatalog.DF701, Message: fmt.Sprintf("the model %s of %s is not registered; the one of %s is, which is another struct", is.Name, r.shape.m.PkgPath, is.PkgPath), Details: d,
		}, nil)
	}
	r.known.Store(is)
	return nil
}

// appendTo empties the list, and appends the records that it is given.
func (r *Repository[T]) appendTo(list *[]T) sink {
	*list = []T{}
	var places []*shapeColumn // of the columns that are read
	return func(cols []*column, values []any) error {
		if places == nil {
			places = r.shape.places(cols)
		}
		*list = append(*list, *new(T))
		v := reflect.ValueOf(list).Elem().Index(len(*list) - 1)
		for i, c := range places {
			if c == nil {
				continue // the engine's own, which the struct does not have
			}
			if err := r.set(v, c, values[i]); err != nil {
				return err
			}
		}
		return nil
	}
}

// record decodes what an operation yielded.
func (r *Repository[T]) record(out dataflow.Params, err error) (record T, _ error) {
	if err != nil {
		return record, err
	}
	err = r.decode(&record, out)
	return record, err
}

func (r *Repository[T]) decode(record *T, from map[string]any) error {
	v := reflect.ValueOf(record).Elem()
	for i := range r.shape.columns {
		c := &r.shape.columns[i]
		value, ok := from[c.name]
		if !ok {
			continue // left out by a projection
		}
		if err := r.set(v, c, value); err != nil {
			return err
		}
	}
	return nil
}

// set sets the field of a column in v, a T.
func (r *Repository[T]) set(v reflect.Value, c *shapeColumn, value any) error {
	at, _ := field(v, c.index) // models embed by value: every field is there
	err := c.set(at, value)
	if err == nil {
		return nil
	}
	m := r.shape.m
	d := errcatalog.Details{
		Model: m.Name, Table: m.Table, Field: c.field, Column: c.name, Type: c.typ.String(), Got: fmt.Sprintf("%T", value), Reason: err.Error(),
	}
	return r.h.e.fail(errcatalog.Finding{Code: errcatalog.DF102, Message: fmt.Sprintf("column %q does not fit into %s.%s (%s): %v", c.name, m.Name, c.field, c.typ, err), Details: d}, err)
}
