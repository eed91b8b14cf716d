package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/model"
)

// bind makes the parameters of a node: its own, and what connections carry.
func (r *run) bind(i int) (map[string]any, error) {
	n := &r.g.Nodes[i]
	resolved, _ := n.Params.Resolve(r.o.inputs)
	p, _ := resolved.(map[string]any)
	if p == nil {
		p = map[string]any{}
	}
	for _, c := range r.edges[i].connections {
		if c.Input.S == graph.Trigger || !r.carries(c) {
			continue
		}
		v, err := r.read(n, c)
		if err != nil {
			return nil, err
		}
		if v, err = r.convert(n, r.contracts[i], c, v); err != nil {
			return nil, err
		}
		// A function may change what it is given; others read it too.
		if n.Type.S == graph.FuncType {
			v = clone(v)
		}
		if _, reason := put(p, segments(c.Input.S), v); reason != "" {
			return nil, r.connectionError(errcatalog.DF205, n, c, fmt.Sprintf("%q of node %q cannot be fed: %s", c.Input.S, c.To.S, reason),
				errcatalog.Details{Reason: reason}, nil)
		}
	}
	return p, nil
}

// connectionError is an error about what a connection carries.
func (r *run) connectionError(code errcatalog.Code, n *graph.Node, c *graph.Connection, message string, d errcatalog.Details, cause error) *errcatalog.Error {
	at := r.details(n)
	d.Node, d.NodeType, d.Operation, d.Model, d.Table = at.Node, at.NodeType, at.Operation, at.Model, at.Table
	d.Source, d.Output, d.Target, d.Input = c.From.S, c.Output.S, c.To.S, c.Input.S
	return r.error(errcatalog.Finding{Code: code, Message: message, Details: d, Span: c.Call}, cause)
}

// read takes the value of a connection out of the outputs of its source.
func (r *run) read(n *graph.Node, c *graph.Connection) (any, error) {
	var v any = r.states[r.index[c.From.S]].outputs
	path := segments(c.Output.S)
	for i, seg := range path {
		next, reason, names := step(v, seg)
		if reason != "" {
			where := "the outputs of node " + strconv.Quote(c.From.S)
			if i > 0 {
				where = strings.Join(path[:i], ".")
			}
			reason = where + " " + reason
			d := errcatalog.Details{Reason: reason, Allowed: names}
			if near := errcatalog.Nearest(seg, names); near != "" {
				fixed := slices.Clone(path)
				fixed[i] = near
				d.Suggestion = strings.Join(fixed, ".")
			}
			return nil, r.connectionError(errcatalog.DF205, n, c, fmt.Sprintf("%q of node %q leads nowhere: %s", c.Output.S, c.From.S, reason), d, nil)
		}
		v = next
	}
	return v, nil
}

// segments splits a dot path.
func segments(path string) []string { return strings.Split(path, ".") }

// step goes one segment into a value. reason says why there is nothing, with what
// is there instead; names are the keys that are.
func step(v any, seg string) (next any, reason string, names []string) {
	if raw, ok := v.(json.RawMessage); ok {
		var decoded any
		if err := json.Unmarshal(raw, &decoded); err != nil {
			return nil, "is no valid JSON", nil
		}
		v = decoded
	}
	if v == nil {
		return nil, "is null", nil
	}
	rv := reflect.ValueOf(v)
	switch {
	case rv.Kind() == reflect.Map && rv.Type().Key().Kind() == reflect.String:
		if at := rv.MapIndex(reflect.ValueOf(seg).Convert(rv.Type().Key())); at.IsValid() {
			return at.Interface(), "", nil
		}
		for _, key := range rv.MapKeys() {
			names = append(names, key.String())
		}
		slices.Sort(names)
		if len(names) == 0 {
			return nil, fmt.Sprintf("has no %q: it is empty", seg), nil
		}
		return nil, fmt.Sprintf("has no %q; there is %s", seg, strings.Join(names, ", ")), names
	case rv.Kind() == reflect.Slice && rv.Type().Elem().Kind() != reflect.Uint8:
		i, err := strconv.Atoi(seg)
		switch {
		case err != nil:
			return nil, fmt.Sprintf("is a list: %q is no place in it; write a number, from 0", seg), nil
		case i < 0 || i >= rv.Len():
			return nil, fmt.Sprintf("has %s, so there is none at %d", count(rv.Len(), "element"), i), nil
		}
		return rv.Index(i).Interface(), "", nil
	}
	return nil, fmt.Sprintf("is %T and has no parts", v), nil
}

func count(n int, what string) string {
	switch n {
	case 0:
		return "no " + what + "s"
	case 1:
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// put sets the value at a path below container, and returns the container, which
// is a fresh one where it was the user's own. reason says why it cannot.
func put(container any, path []string, v any) (_ any, reason string) {
	if len(path) == 0 {
		return v, ""
	}
	seg, rest := path[0], path[1:]
	if container == nil {
		container = map[string]any{}
		if _, err := strconv.Atoi(seg); err == nil {
			container = []any{}
		}
	}
	if m, ok := container.(map[string]any); ok {
		inner, reason := put(own(m[seg]), rest, v)
		if reason != "" {
			return nil, reason
		}
		m[seg] = inner
		return m, ""
	}
	list, ok := container.([]any)
	if !ok {
		return nil, fmt.Sprintf("%T has no part %q", container, seg)
	}
	i, err := strconv.Atoi(seg)
	if err != nil || i < 0 || i > len(list)+maxGap {
		return nil, fmt.Sprintf("%q is no place in a list of %s", seg, count(len(list), "element"))
	}
	for len(list) <= i {
		list = append(list, nil)
	}
	inner, reason := put(own(list[i]), rest, v)
	if reason != "" {
		return nil, reason
	}
	list[i] = inner
	return list, ""
}

// maxGap bounds how far behind the end of a list a connection may write: others
// may fill the places before it, in any order.
const maxGap = 10_000

// own copies a map or list, so that writing into it leaves the original alone.
func own(v any) any {
	rv := reflect.ValueOf(v)
	switch {
	case !rv.IsValid():
		return nil
	case rv.Kind() == reflect.Map && rv.Type().Key().Kind() == reflect.String:
		m := make(map[string]any, rv.Len())
		for it := rv.MapRange(); it.Next(); {
			m[it.Key().String()] = it.Value().Interface()
		}
		return m
	case rv.Kind() == reflect.Slice && rv.Type().Elem().Kind() != reflect.Uint8:
		list := make([]any, rv.Len())
		for i := range list {
			list[i] = rv.Index(i).Interface()
		}
		return list
	}
	return v
}

// clone copies maps and lists to their full depth, keeping their types.
func clone(v any) any {
	switch x := v.(type) {
	case map[string]any:
		m := make(map[string]any, len(x))
		for key, v := range x {
			m[key] = clone(v)
		}
		return m
	case []map[string]any:
		list := make([]map[string]any, len(x))
		for i, m := range x {
			list[i], _ = clone(m).(map[string]any)
		}
		return list
	case []any:
		list := make([]any, len(x))
		for i, v := range x {
			list[i] = clone(v)
		}
		return list
	}
	if rv := reflect.ValueOf(v); rv.Kind() == reflect.Slice && !rv.IsNil() {
		out := reflect.MakeSlice(rv.Type(), rv.Len(), rv.Len())
		reflect.Copy(out, rv)
		return out.Interface()
	}
	return v
}

// convert makes the value of a connection what its parameter takes, without loss.
func (r *run) convert(n *graph.Node, contract *model.Contract, c *graph.Connection, v any) (any, error) {
	t, ok := typeAt(contract, segments(c.Input.S))
	if !ok {
		return v, nil
	}
	out, err := model.Convert(t, v)
	if err == nil {
		return out, nil
	}
	d := errcatalog.Details{Type: t.String(), Got: fmt.Sprintf("%T", v), Reason: err.Error(), Param: c.Input.S}
	var ce *model.ConvertError
	if errors.As(err, &ce) && ce.Null {
		d.Got, d.Value = "null", "nil"
		return nil, r.connectionError(errcatalog.DF208, n, c, fmt.Sprintf("%q of node %q is null, and %q of node %q must not be", c.Output.S, c.From.S, c.Input.S, c.To.S), d, nil)
	}
	value := graph.ValueOf(v)
	d.Value = value.GoSource()
	return nil, r.connectionError(errcatalog.DF209, n, c,
		fmt.Sprintf("%q of node %q does not convert to %s, which %q of node %q takes: %s", c.Output.S, c.From.S, t, c.Input.S, c.To.S, err), d, err)
}

// scalarOperators are the filter operators that compare with one value of the
// column's type.
var scalarOperators = []string{"$eq", "$ne", "$gt", "$gte", "$lt", "$lte"}

// typeAt is the type of the value at a path into a node's parameters; ok is false
// where there is none that every value must have.
func typeAt(c *model.Contract, path []string) (t model.Type, ok bool) {
	p := c.Param(path[0])
	if p == nil || c.Model == nil { // settings of control nodes are not fed
		return t, false
	}
	rest := path[1:]
	switch p.Shape {
	case model.ShapeValue:
		return p.Type, len(rest) == 0
	case model.ShapeRows:
		if len(rest) > 0 {
			rest = rest[1:] // the place in the list
		}
	case model.ShapeFilter:
		if len(rest) == 2 && slices.Contains(scalarOperators, rest[1]) {
			rest = rest[:1]
		}
	case model.ShapeFields, model.ShapeWhere:
	default:
		return t, false
	}
	if len(rest) != 1 {
		return t, false
	}
	f := c.Model.FieldByColumn(rest[0])
	// A filter on an array or JSON column may name one element of it.
	if f == nil || p.Shape == model.ShapeFilter && (f.Type.Array || f.Type.Kind == model.KindJSON) {
		return t, false
	}
	return f.Type, true
}
