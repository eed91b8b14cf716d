package graph

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/dataflow-go/dataflow/model"
)

// An InputValue stands in Params for a value that is given when the workflow runs.
type InputValue struct {
	name string
	def  *any
}

// NewInput makes the input of a name; package dataflow exports it as Input.
func NewInput(name string) InputValue { return InputValue{name: name} }

// Default makes the input optional: without a value for it, v is used.
func (i InputValue) Default(v any) InputValue {
	i.def = &v
	return i
}

// Name is the input's name.
func (i InputValue) Name() string { return i.name }

// ValueOf describes a Go value as the builder is given it.
func ValueOf(v any) Value {
	out := Value{Any: v}
	switch x := v.(type) {
	case nil:
		out.State, out.GoType = StateKnown, "nil"
		return out
	case InputValue:
		out.State, out.GoType, out.Input = StateInput, "input", &Input{Name: x.name}
		if x.def != nil {
			def := ValueOf(*x.def)
			out.Input.Default = &def
		}
		return out
	case map[string]any:
		return mapValue(out, x)
	}
	rv := reflect.ValueOf(v)
	if rv.Kind() == reflect.Pointer {
		return pointerValue(out, rv)
	}
	out.GoType = goTypeName(rv.Type())
	out.Type, _ = model.TypeOfValue(v)
	if scalar, ok := scalarOf(v, rv, out.Type); ok {
		out.State, out.V = StateKnown, scalar
		return out
	}
	switch rv.Kind() {
	case reflect.Map:
		if rv.Type().Key().Kind() == reflect.String {
			m := make(map[string]any, rv.Len())
			for _, k := range rv.MapKeys() {
				m[k.String()] = rv.MapIndex(k).Interface()
			}
			return mapValue(out, m)
		}
	case reflect.Slice, reflect.Array:
		out.State = StateList
		out.Items = make([]Value, rv.Len())
		for i := range out.Items {
			out.Items[i] = ValueOf(rv.Index(i).Interface())
		}
		return out
	}
	if out.Type.Kind != model.KindInvalid {
		out.State = StateTyped
	}
	return out
}

func pointerValue(out Value, rv reflect.Value) Value {
	out.GoType = goTypeName(rv.Type())
	if rv.IsNil() {
		out.State = StateKnown
		out.Type, _ = model.TypeOfValue(out.Any)
		return out
	}
	inner := ValueOf(rv.Elem().Interface())
	inner.Any = out.Any
	return inner
}

func mapValue(out Value, m map[string]any) Value {
	out.State, out.GoType = StateMap, "dataflow.Params"
	out.Type = model.Type{Kind: model.KindJSON}
	for _, key := range slices.Sorted(maps.Keys(m)) {
		out.Entries = append(out.Entries, Entry{Key: key, Value: ValueOf(m[key])})
	}
	return out
}

// scalarOf is v as a known scalar in its canonical Go type.
func scalarOf(v any, rv reflect.Value, t model.Type) (any, bool) {
	if t.Kind == model.KindInvalid || t.Array {
		return nil, false
	}
	if _, isRaw := v.(json.RawMessage); t.Kind == model.KindJSON && !isRaw {
		return nil, false
	}
	if t.Kind == model.KindBytes {
		return rv.Bytes(), true
	}
	c, err := model.Convert(t, v)
	return c, err == nil
}

func goTypeName(t reflect.Type) string {
	return strings.ReplaceAll(t.String(), "interface {}", "any")
}

// Resolve is the Go value, with inputs taken from the given values or their
// defaults. Names of inputs without a value are returned in missing.
func (v *Value) Resolve(inputs map[string]any) (value any, missing []string) {
	switch v.State {
	case StateKnown:
		if v.Any != nil {
			return v.Any, nil
		}
		return v.V, nil
	case StateInput:
		if given, ok := inputs[v.Input.Name]; ok {
			return given, nil
		}
		if v.Input.Default != nil {
			return v.Input.Default.Resolve(inputs)
		}
		return nil, []string{v.Input.Name}
	case StateMap:
		m := make(map[string]any, len(v.Entries))
		for i := range v.Entries {
			x, miss := v.Entries[i].Value.Resolve(inputs)
			m[v.Entries[i].Key] = x
			missing = append(missing, miss...)
		}
		return m, missing
	case StateList:
		if v.Any != nil && !v.HasInput() {
			return v.Any, nil
		}
		list := make([]any, len(v.Items))
		for i := range v.Items {
			x, miss := v.Items[i].Resolve(inputs)
			list[i] = x
			missing = append(missing, miss...)
		}
		return list, missing
	}
	return v.Any, nil
}

// HasInput reports whether an input stands in v or anywhere below it.
func (v *Value) HasInput() bool {
	switch v.State {
	case StateInput:
		return true
	case StateMap:
		return slices.ContainsFunc(v.Entries, func(e Entry) bool { return e.Value.HasInput() })
	case StateList:
		return slices.ContainsFunc(v.Items, func(i Value) bool { return i.HasInput() })
	}
	return false
}

// Inputs lists the inputs of the graph in order of appearance, each name once;
// a name is required where any of its appearances has no default.
func (g *Graph) Inputs() []Input {
	var inputs []Input
	var walk func(v *Value)
	walk = func(v *Value) {
		if v.State == StateInput {
			i := slices.IndexFunc(inputs, func(in Input) bool { return in.Name == v.Input.Name })
			switch {
			case i < 0:
				inputs = append(inputs, *v.Input)
			case v.Input.Default == nil:
				inputs[i].Default = nil
			}
		}
		for i := range v.Entries {
			walk(&v.Entries[i].Value)
		}
		for i := range v.Items {
			walk(&v.Items[i])
		}
	}
	for i := range g.Nodes {
		walk(&g.Nodes[i].Params)
	}
	return inputs
}

// GoSource is the value as Go source: as it stands in the source, or made from
// the value at run time. A value that cannot be written reads as
// the zero value of its type.
func (v *Value) GoSource() string {
	if v.Source != "" {
		return v.Source
	}
	if v.State == StateTyped || v.State == StateOpaque {
		return v.zeroSource()
	}
	switch v.State {
	case StateKnown:
		return goLiteral(v.V)
	case StateInput:
		s := "dataflow.Input(" + strconv.Quote(v.Input.Name) + ")"
		if v.Input.Default != nil {
			s += ".Default(" + v.Input.Default.GoSource() + ")"
		}
		return s
	case StateMap:
		if len(v.Entries) == 0 {
			return "dataflow.Params{}"
		}
		parts := make([]string, len(v.Entries))
		for i := range v.Entries {
			parts[i] = strconv.Quote(v.Entries[i].Key) + ": " + v.Entries[i].Value.GoSource()
		}
		return "dataflow.Params{" + strings.Join(parts, ", ") + "}"
	case StateList:
		parts := make([]string, min(len(v.Items), 3))
		for i := range parts {
			parts[i] = v.Items[i].GoSource()
		}
		return v.listType() + "{" + strings.Join(parts, ", ") + "}"
	}
	return "nil"
}

func (v *Value) zeroSource() string {
	if v.Type.Kind != model.KindInvalid && v.Type.Kind != model.KindAny {
		return v.Type.Zero()
	}
	return "nil"
}

func (v *Value) listType() string {
	if v.Type.Array && v.Type.Kind != model.KindRecord {
		return v.Type.GoSource()
	}
	if len(v.Items) > 0 && v.Items[0].State == StateMap {
		return "[]dataflow.Params"
	}
	return "[]any"
}

// maxLiteral bounds how much of a long string an error shows.
const maxLiteral = 120

func goLiteral(v any) string {
	switch x := v.(type) {
	case nil:
		return "nil"
	case string:
		if len(x) > maxLiteral {
			x = strings.ToValidUTF8(x[:maxLiteral], "") + "…"
		}
		return strconv.Quote(x)
	case float64:
		if math.IsInf(x, 0) || math.IsNaN(x) {
			return "math.NaN()"
		}
		s := strconv.FormatFloat(x, 'g', -1, 64)
		if !strings.ContainsAny(s, ".e") {
			s += ".0"
		}
		return s
	case []byte:
		return "[]byte(" + strconv.Quote(string(x[:min(len(x), maxLiteral)])) + ")"
	case json.RawMessage:
		return "json.RawMessage(" + strconv.Quote(string(x[:min(len(x), maxLiteral)])) + ")"
	case time.Time:
		return strconv.Quote(x.Format(time.RFC3339Nano))
	case uuid.UUID:
		return strconv.Quote(x.String())
	case decimal.Decimal:
		return strconv.Quote(x.String())
	}
	return fmt.Sprint(v)
}
