package devrun

import (
	"encoding/json"
	"math"
	"slices"
	"strings"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/model"
)

// convertInputs turns values as JSON and command lines have them into what the
// inputs feed: "42" into 42 for an integer column. What does not convert stays as
// it is, for the engine to refuse with the names of node and parameter.
func convertInputs(g *graph.Graph, models graph.Models, values map[string]any) map[string]any {
	types := inputTypesOf(g, models)
	converted := make(map[string]any, len(values))
	for name, v := range values {
		converted[name] = convertInput(types[name], plain(v))
	}
	return converted
}

// InputTypes are the types of what the inputs of a workflow feed, by the input's name.
// The type any is that of a map or a list of its own, and of what is not known.
func InputTypes(wf *analysis.Workflow) map[string]model.Type {
	types := inputTypesOf(wf.Graph, graph.NewModelSet(wf.Models...))
	for _, in := range wf.Graph.Inputs() {
		if _, ok := types[in.Name]; !ok {
			types[in.Name] = whole
		}
	}
	return types
}

func inputTypesOf(g *graph.Graph, models graph.Models) inputTypes {
	types := inputTypes{}
	for i := range g.Nodes {
		n := &g.Nodes[i]
		if c := graph.Resolve(n.Type.S, models); c != nil && c.Model != nil {
			types.params(c, &n.Params)
		}
	}
	return types
}

func convertInput(t model.Type, v any) any {
	text, ok := v.(string)
	if !ok || t.Kind == model.KindInvalid || t.Kind == model.KindString && !t.Array {
		return v
	}
	if t.Nullable && text == "null" {
		return nil
	}
	if t == whole {
		dec := json.NewDecoder(strings.NewReader(text))
		dec.UseNumber()
		var decoded any
		if err := dec.Decode(&decoded); err != nil {
			return v
		}
		return plain(decoded)
	}
	if parsed, err := model.ParseText(t, text); err == nil {
		return parsed
	}
	return v
}

// plain gives JSON's numbers the types that Go programs have: whole ones are
// integers.
func plain(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		if f, err := v.Float64(); err == nil {
			return f
		}
	case float64:
		const exact = 1 << 53 // above it, floats skip integers
		if v == math.Trunc(v) && math.Abs(v) <= exact {
			return int64(v)
		}
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = plain(v[i])
		}
		return list
	case map[string]any:
		m := make(map[string]any, len(v))
		for key := range v {
			m[key] = plain(v[key])
		}
		return m
	}
	return v
}

// whole is the type of an input that stands for a map or a list of its own: a
// filter, the rows of a bulk node.
var whole = model.Type{Kind: model.KindAny}

// inputTypes are the types of what the inputs feed, by the input's name. An input
// that feeds several places has the type of the first.
type inputTypes map[string]model.Type

func (t inputTypes) feeds(v *graph.Value, typ model.Type) {
	if v.State != graph.StateInput {
		return
	}
	if _, ok := t[v.Input.Name]; !ok {
		t[v.Input.Name] = typ
	}
}

// params walks a node's parameters.
func (t inputTypes) params(c *model.Contract, params *graph.Value) {
	for i := range params.Entries {
		e := &params.Entries[i]
		p := c.Param(e.Key)
		if p == nil {
			continue
		}
		switch p.Shape {
		case model.ShapeFilter:
			t.filter(c.Model, &e.Value)
		case model.ShapeFields, model.ShapeWhere:
			t.columns(c.Model, &e.Value)
		case model.ShapeRows:
			t.feeds(&e.Value, whole)
			for j := range e.Value.Items {
				t.columns(c.Model, &e.Value.Items[j])
			}
		case model.ShapeColumns, model.ShapeOrder:
			t.list(&e.Value, model.Type{Kind: model.KindString})
		case model.ShapeKeys:
			t.list(&e.Value, p.Type.Elem())
		default:
			t.feeds(&e.Value, p.Type)
		}
	}
}

// columns walks a map of columns to values.
func (t inputTypes) columns(m *model.Model, v *graph.Value) {
	t.feeds(v, whole)
	for i := range v.Entries {
		if f := m.FieldByColumn(v.Entries[i].Key); f != nil {
			t.feeds(&v.Entries[i].Value, f.Type)
		}
	}
}

// list walks a list of values, which may be given whole.
func (t inputTypes) list(v *graph.Value, item model.Type) {
	list := item
	list.Array = true
	t.feeds(v, list)
	for i := range v.Items {
		t.feeds(&v.Items[i], item)
	}
}

// filter walks conditions.
func (t inputTypes) filter(m *model.Model, v *graph.Value) {
	t.feeds(v, whole)
	for i := range v.Entries {
		e := &v.Entries[i]
		if strings.HasPrefix(e.Key, "$") { // $and, $or, $not
			t.filter(m, &e.Value)
			for j := range e.Value.Items {
				t.filter(m, &e.Value.Items[j])
			}
			continue
		}
		if f := m.FieldByColumn(e.Key); f != nil {
			t.feeds(&e.Value, f.Type)
			t.operators(f.Type, &e.Value)
		}
	}
}

// operators walks the operators on one column.
func (t inputTypes) operators(column model.Type, v *graph.Value) {
	for i := range v.Entries {
		e := &v.Entries[i]
		switch {
		case slices.Contains([]string{"$in", "$nin", "$between", "$overlap"}, e.Key):
			t.list(&e.Value, column.Elem())
		case e.Key == "$null" || e.Key == "$exists":
			t.feeds(&e.Value, model.Type{Kind: model.KindBool})
		case e.Key == "$any" && column.Array && e.Value.State == graph.StateMap:
			t.operators(column.Elem(), &e.Value)
		case (e.Key == "$contains" || e.Key == "$any") && column.Array:
			t.feeds(&e.Value, column.Elem())
		default:
			t.feeds(&e.Value, column)
		}
	}
}
