package engine

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/model"
)

// As decodes the record that a node yielded into a struct: the outputs of a
// Create, Read or Update node, the record of an Upsert, the map that a function or
// control node yielded. T is the model's struct or any other whose fields are
// named by the same rules, df tags included; columns that T lacks are left out, and
// fields whose columns were not read stay zero.
//
//	user, err := engine.As[User](res, "create")
//
// A node that the run does not have is DF-201, one that yielded nothing DF-202, a
// record that was not found DF-703, a node that yields a list DF-108, a field
// without a column DF-112, and a value that its field cannot hold DF-102.
func As[T any](res *Result, node string) (T, error) {
	var out T
	d, err := newDecoder(res, node, reflect.TypeFor[T]())
	if err != nil {
		return out, err
	}
	return out, d.one(reflect.ValueOf(&out).Elem())
}

// AsList decodes the records that a List node yielded, or the list of maps of a
// function or control node. Its errors are those of As.
//
//	orders, err := engine.AsList[Order](res, "orders")
func AsList[T any](res *Result, node string) ([]T, error) {
	d, err := newDecoder(res, node, reflect.TypeFor[T]())
	if err != nil {
		return nil, err
	}
	var out []T
	return out, d.list(reflect.ValueOf(&out).Elem())
}

// A decoder decodes the outputs of one node.
type decoder struct {
	res      *Result
	node     string
	contract *model.Contract
	out      map[string]any
	into     reflect.Type // struct or map
}

func newDecoder(res *Result, node string, into reflect.Type) (*decoder, error) {
	d := &decoder{res: res, node: node, into: into}
	if res == nil {
		return nil, errcatalog.New(errcatalog.Finding{Code: errcatalog.DF201, Message: fmt.Sprintf("there is no result to take node %q from", node), Details: errcatalog.Details{Node: node, Source: node}})
	}
	for d.into.Kind() == reflect.Pointer {
		d.into = d.into.Elem()
	}
	out, ok := res.Outputs[node]
	if d.contract = res.contracts[node]; !ok {
		return nil, d.noOutputs()
	}
	d.out = out
	if k := d.into.Kind(); k != reflect.Struct && (k != reflect.Map || d.into.Key().Kind() != reflect.String) {
		return nil, d.misfit(fmt.Sprintf("a record does not become a %s; give a struct", into), errcatalog.Details{Got: into.String()}, nil)
	}
	return d, nil
}

// noOutputs is the error of a node that yielded nothing, or is not there.
func (d *decoder) noOutputs() error {
	var ids []string
	for _, n := range d.res.Nodes {
		if n.ID == d.node {
			return d.fail(errcatalog.DF202, fmt.Sprintf("node %q yielded nothing: it %s", d.node, became[n.Status]), errcatalog.Details{Source: d.node, Reason: string(n.Status)}, n.Err)
		}
		ids = append(ids, n.ID)
	}
	slices.Sort(ids)
	details := errcatalog.Details{Source: d.node, Allowed: ids, Suggestion: errcatalog.Nearest(d.node, ids)}
	message := fmt.Sprintf("the run has no node %q", d.node)
	if details.Suggestion != "" {
		message += fmt.Sprintf("; did you mean %q?", details.Suggestion)
	}
	return d.fail(errcatalog.DF201, message, details, nil)
}

var became = map[Status]string{Failed: "failed", Skipped: "was skipped", Cancelled: "was cancelled"}

// one decodes a record into v, a T.
func (d *decoder) one(v reflect.Value) error {
	record := any(d.out)
	switch {
	case d.contract == nil:
	case d.contract.Output("records") != nil:
		return d.fail(errcatalog.DF108, fmt.Sprintf("node %q yields a list; take it with AsList", d.node), errcatalog.Details{Param: "records"}, nil)
	case d.contract.Operation == model.Upsert:
		record = d.out["record"]
	case d.contract.Operation == model.Read && d.out["found"] == false:
		return d.fail(errcatalog.DF703, fmt.Sprintf("node %q found no record", d.node), errcatalog.Details{}, nil)
	case d.contract.NodeType == graph.TransformType:
		record = d.out["result"]
	case d.contract.NodeType == graph.MergeType:
		record = d.out["value"]
	}
	return d.record(v, record)
}

// list decodes records into v, a []T.
func (d *decoder) list(v reflect.Value) error {
	records, ok := d.out["records"]
	if !ok && d.contract != nil {
		switch d.contract.NodeType {
		case graph.TransformType:
			records = d.out["result"]
		case graph.MergeType:
			records = d.out["value"]
		}
	}
	rv := reflect.ValueOf(records)
	if !rv.IsValid() || rv.Kind() != reflect.Slice {
		return d.fail(errcatalog.DF108, fmt.Sprintf("node %q yields no list of records; take its record with As", d.node), errcatalog.Details{}, nil)
	}
	v.Set(reflect.MakeSlice(v.Type(), rv.Len(), rv.Len()))
	for i := range rv.Len() {
		if err := d.record(v.Index(i), rv.Index(i).Interface()); err != nil {
			return err
		}
	}
	return nil
}

// record decodes one record into v: a struct, a map, or a pointer to one.
func (d *decoder) record(v reflect.Value, record any) error {
	for v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	m, ok := record.(map[string]any)
	if !ok || v.Kind() == reflect.Map { // the caller's own copy, or a map of another type
		m, ok = own(record).(map[string]any)
	}
	if !ok {
		return d.misfit(fmt.Sprintf("node %q yielded %T, which is no record", d.node, record), errcatalog.Details{Got: fmt.Sprintf("%T", record)}, nil)
	}
	if v.Kind() == reflect.Map {
		if !reflect.TypeFor[map[string]any]().AssignableTo(v.Type()) {
			return d.misfit(fmt.Sprintf("a record becomes a map[string]any, not a %s", v.Type()), errcatalog.Details{Got: v.Type().String()}, nil)
		}
		v.Set(reflect.ValueOf(m))
		return nil
	}
	for _, c := range columnsOf(v.Type()) {
		value, ok := m[c.name]
		if !ok {
			if err := d.missing(c, m); err != nil {
				return err
			}
			continue
		}
		dst, ok := field(v, c.index)
		if !ok {
			return d.misfit(fmt.Sprintf("%s.%s is in a struct that is embedded by a pointer and not exported; embed it by value", d.into, c.field), errcatalog.Details{Field: c.field, Column: c.name}, nil)
		}
		if err := c.set(dst, value); err != nil {
			dt := errcatalog.Details{Field: c.field, Column: c.name, Type: c.typ.String(), Got: fmt.Sprintf("%T", value), Reason: err.Error()}
			return d.misfit(fmt.Sprintf("column %q of node %q does not fit into %s.%s (%s): %v", c.name, d.node, d.into, c.field, c.typ, err), dt, err)
		}
	}
	return nil
}

// missing reports a field whose column does not exist. One that was only not
// read, because of a projection, is fine.
func (d *decoder) missing(c target, m map[string]any) error {
	if d.contract == nil || d.contract.Model == nil || d.contract.Model.FieldByColumn(c.name) != nil || d.contract.Output(c.name) != nil {
		return nil
	}
	columns := d.contract.Model.Columns()
	dt := errcatalog.Details{Field: c.field, Column: c.name, Param: c.name, Allowed: columns, Suggestion: errcatalog.Nearest(c.name, columns)}
	message := fmt.Sprintf("%s.%s is the column %q, which %s does not have", d.into, c.field, c.name, d.contract.Model.Name)
	if dt.Suggestion != "" {
		message += fmt.Sprintf("; did you mean `df:%q`?", dt.Suggestion)
	}
	return d.fail(errcatalog.DF112, message, dt, nil)
}

func (d *decoder) misfit(message string, dt errcatalog.Details, cause error) error {
	return d.fail(errcatalog.DF102, message, dt, cause)
}

func (d *decoder) fail(code errcatalog.Code, message string, dt errcatalog.Details, cause error) error {
	dt.Workflow, dt.Node = d.res.Workflow, d.node
	if c := d.contract; c != nil {
		dt.NodeType = c.NodeType
		if c.Model != nil {
			dt.Operation, dt.Model, dt.Table = string(c.Operation), c.Model.Name, c.Model.Table
		}
	}
	f := errcatalog.Finding{Code: code, Message: message, Details: dt}
	switch {
	case d.res.enhancer == nil:
		return errcatalog.Wrap(f, cause)
	case cause == nil:
		return d.res.enhancer.Error(f)
	}
	return d.res.enhancer.Wrap(f, cause)
}

// A target is a field that takes a column.
type target struct {
	name  string // column
	field string // Go field
	typ   reflect.Type
	index []int
	set   func(dst reflect.Value, v any) error // assign, made for typ
}

var columnCache sync.Map // reflect.Type → []target

// columnsOf lists the columns of a struct by the rules of models: a df tag names
// the column, else it is the field's name in snake_case; embedded structs
// contribute their fields.
func columnsOf(t reflect.Type) []target {
	if c, ok := columnCache.Load(t); ok {
		return c.([]target)
	}
	var columns []target
	for _, f := range reflect.VisibleFields(t) {
		tag, _, _ := strings.Cut(f.Tag.Get("df"), ",")
		if !f.IsExported() || tag == "-" || f.Type == reflect.TypeFor[dataflow.Model]() || f.Anonymous && tag == "" && isPlainStruct(f.Type) {
			continue
		}
		if tag == "" {
			tag = model.ColumnName(f.Name)
		}
		columns = append(columns, target{tag, f.Name, f.Type, f.Index, assigner(f.Type)})
	}
	columnCache.Store(t, columns)
	return columns
}

// isPlainStruct reports whether an embedded field contributes its fields.
func isPlainStruct(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return false
	}
	typ, ok := model.TypeOfValue(reflect.Zero(t).Interface())
	return !ok || typ.Kind == model.KindJSON
}

// field is v's field at index; embedded pointers on the way are made. ok is false
// where Go does not let anyone make one: its type is not exported.
func field(v reflect.Value, index []int) (_ reflect.Value, ok bool) {
	if len(index) == 1 {
		return v.Field(index[0]), true
	}
	for i, x := range index {
		if i > 0 && v.Kind() == reflect.Pointer {
			if v.IsNil() {
				if !v.CanSet() {
					return v, false
				}
				v.Set(reflect.New(v.Type().Elem()))
			}
			v = v.Elem()
		}
		v = v.Field(x)
	}
	return v, true
}

// assigner is assign made for one type: the values that columns of that type have
// as a rule are set at once, all others by assign.
func assigner(t reflect.Type) func(dst reflect.Value, v any) error {
	switch t.Kind() {
	case reflect.Pointer:
		elem, set := t.Elem(), assigner(t.Elem())
		if elem.Kind() == reflect.Pointer {
			return assign
		}
		return func(dst reflect.Value, v any) error {
			if v == nil || reflect.TypeOf(v) == t {
				return assign(dst, v)
			}
			p := reflect.New(elem)
			if err := set(p.Elem(), v); err != nil {
				return err
			}
			dst.Set(p)
			return nil
		}
	case reflect.String:
		return assignerOf(func(dst reflect.Value, s string) bool { dst.SetString(s); return true })
	case reflect.Bool:
		return assignerOf(func(dst reflect.Value, b bool) bool { dst.SetBool(b); return true })
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return assignerOf(func(dst reflect.Value, n int64) bool {
			fits := !dst.OverflowInt(n)
			if fits {
				dst.SetInt(n)
			}
			return fits
		})
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return assignerOf(func(dst reflect.Value, n int64) bool {
			fits := n >= 0 && !dst.OverflowUint(uint64(n))
			if fits {
				dst.SetUint(uint64(n))
			}
			return fits
		})
	case reflect.Float64:
		return assignerOf(func(dst reflect.Value, f float64) bool { dst.SetFloat(f); return true })
	}
	return func(dst reflect.Value, v any) error {
		if v != nil && reflect.TypeOf(v) == t {
			dst.Set(reflect.ValueOf(v))
			return nil
		}
		return assign(dst, v)
	}
}

// assignerOf sets values of type V, unless set says that one does not fit, and
// leaves all others to assign.
func assignerOf[V any](set func(dst reflect.Value, v V) bool) func(reflect.Value, any) error {
	return func(dst reflect.Value, v any) error {
		if x, ok := v.(V); ok && set(dst, x) {
			return nil
		}
		return assign(dst, v)
	}
}

// assign sets dst to an output's value, without loss.
func assign(dst reflect.Value, v any) error {
	if v == nil {
		switch dst.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface:
			dst.SetZero()
			return nil
		}
		return fmt.Errorf("it is null; make the field a *%s", dst.Type())
	}
	rv := reflect.ValueOf(v)
	if rv.Type().AssignableTo(dst.Type()) {
		dst.Set(rv)
		return nil
	}
	if dst.Kind() == reflect.Pointer {
		p := reflect.New(dst.Type().Elem())
		if err := assign(p.Elem(), v); err != nil {
			return err
		}
		dst.Set(p)
		return nil
	}
	t, ok := model.TypeOfValue(dst.Interface())
	if !ok {
		return fmt.Errorf("no column becomes a %s", dst.Type())
	}
	c, err := model.Convert(t, v)
	if err != nil {
		return err
	}
	if raw, ok := c.(json.RawMessage); ok && t.Kind == model.KindJSON && !t.Array {
		return json.Unmarshal(raw, dst.Addr().Interface())
	}
	return set(dst, reflect.ValueOf(c))
}

// set stores a canonical value, which is known to fit the type of dst.
func set(dst, c reflect.Value) error {
	switch {
	case c.Type().ConvertibleTo(dst.Type()) && (c.Kind() == reflect.String) == (dst.Kind() == reflect.String):
		dst.Set(c.Convert(dst.Type()))
	case c.Kind() == reflect.Slice && dst.Kind() == reflect.Slice:
		dst.Set(reflect.MakeSlice(dst.Type(), c.Len(), c.Len()))
		for i := range c.Len() {
			if err := set(dst.Index(i), c.Index(i)); err != nil {
				return err
			}
		}
	default:
		return fmt.Errorf("%s does not become a %s", c.Type(), dst.Type())
	}
	return nil
}
