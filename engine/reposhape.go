package engine

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"sync"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/model"
)

// A shape is how a model's struct becomes parameters, and records the struct.
// It is made once for a type and does not change.
type shape struct {
	name     string
	m        *model.Model    // nil for what is no model
	problems []model.Problem // with any, no operation runs
	columns  []shapeColumn
}

type shapeColumn struct {
	target
	f *model.Field
}

var shapes sync.Map // reflect.Type → *shape

func shapeOf[T any]() *shape {
	t := reflect.TypeFor[T]()
	if s, ok := shapes.Load(t); ok {
		return s.(*shape)
	}
	s, _ := shapes.LoadOrStore(t, newShape(t))
	return s.(*shape)
}

func newShape(t reflect.Type) *shape {
	s := &shape{name: t.Name()}
	if t.Kind() != reflect.Struct {
		s.name = t.String()
		s.problems = []model.Problem{{
			Code: errcatalog.DF603, Message: fmt.Sprintf("Repo takes a struct that embeds dataflow.Model, not %s", t), Details: errcatalog.Details{Got: t.String()},
		}}
		return s
	}
	if s.m, s.problems = model.FromStruct(reflect.Zero(t).Interface()); s.m == nil || len(s.problems) > 0 {
		return s
	}
	s.name = s.m.Name
	for i := range s.m.Fields {
		f := &s.m.Fields[i]
		if f.Name == "" {
			continue // the engine's own, which the struct does not have
		}
		typ := t.FieldByIndex(f.Index).Type
		s.columns = append(s.columns, shapeColumn{target{f.Column, f.Name, typ, f.Index, assigner(typ)}, f})
	}
	return s
}

// places are the struct's columns for those of the table; nil for those that it
// does not have.
func (s *shape) places(cols []*column) []*shapeColumn {
	places := make([]*shapeColumn, len(cols))
	for i, c := range cols {
		if at := slices.IndexFunc(s.columns, func(sc shapeColumn) bool { return sc.name == c.name }); at >= 0 {
			places[i] = &s.columns[at]
		}
	}
	return places
}

// created are the parameters of a new record: what it need not give is left out
// where it is zero, but for zeros.
func (s *shape) created(record any, zeros []string) dataflow.Params {
	v := reflect.ValueOf(record).Elem()
	p := make(dataflow.Params, len(s.columns)+len(zeros))
	for i := range s.columns {
		c := &s.columns[i]
		at := v.FieldByIndex(c.index)
		if at.IsZero() && c.optional() && !slices.Contains(zeros, c.name) {
			continue
		}
		p[c.name] = c.value(at)
	}
	for _, name := range zeros {
		if s.m != nil && s.m.FieldByColumn(name) == nil {
			p[name] = nil // no column: the operation says so
		}
	}
	return p
}

// optional reports whether a new record may leave the column out, so that its zero
// value means that it does.
func (c *shapeColumn) optional() bool {
	t := c.f.Type
	return c.f.Auto != model.AutoNone || c.f.HasDefault || t.Nullable || t.Array || t.Kind == model.KindBytes || t.Kind == model.KindJSON ||
		c.f.Primary && t.Kind == model.KindString
}

// whole are the parameters of a record as it stands, without what the engine
// keeps and a key that it makes.
func (s *shape) whole(record any) dataflow.Params {
	v := reflect.ValueOf(record).Elem()
	p := make(dataflow.Params, len(s.columns))
	for i := range s.columns {
		c := &s.columns[i]
		at := v.FieldByIndex(c.index)
		switch {
		case !c.f.Settable():
		case c.f.Auto == model.AutoKey && at.IsZero():
		case c.f.Primary && c.f.Type.Kind == model.KindString && at.IsZero():
		default:
			p[c.name] = c.value(at)
		}
	}
	return p
}

// value is a field as a parameter. A nil map or list is an empty one.
func (c *shapeColumn) value(at reflect.Value) any {
	switch {
	case c.f.Type.Kind != model.KindJSON || at.Type() == reflect.TypeFor[json.RawMessage]():
	case at.Kind() == reflect.Map && at.IsNil():
		return reflect.MakeMap(at.Type()).Interface()
	case at.Kind() == reflect.Slice && at.IsNil():
		return reflect.MakeSlice(at.Type(), 0, 0).Interface()
	}
	return at.Interface()
}
