// Package graphtext writes graphs in a form that crosses processes, in which a graph
// that was read from source and one that its program built can be compared. It
// serves tests.
package graphtext

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/model"
)

// Unknown stands for what the source does not tell.
const Unknown = "?"

// A Graph is a graph as text. Places are FILE:LINE.
type Graph struct {
	Name  string
	At    string // the call of NewWorkflow
	Open  bool   `json:",omitempty"`
	Calls []Call // nodes, connections, dependencies, transactions
}

// A Call is what one builder call added.
type Call struct {
	Kind   string   // "node", "connection", "dependency", "transaction"
	Args   []string // its strings, and the transaction block that it is in
	Params *Value   `json:",omitempty"`
	At     string
}

// A Value is a parameter's value: one of the fields is set, or none for what is not known.
type Value struct {
	Type    string           `json:",omitempty"` // of Known, List and what is typed but unknown
	Known   string           `json:",omitempty"` // "int64 5"
	Input   string           `json:",omitempty"`
	Default *Value           `json:",omitempty"`
	Map     map[string]Value `json:",omitempty"`
	List    []Value          `json:",omitempty"`
	State   string
	Partial bool `json:",omitempty"`
}

// Of is the text of a graph.
func Of(g *graph.Graph) *Graph {
	out := &Graph{Name: g.Name, At: at(g.Span), Open: g.Open}
	for i := range g.Nodes {
		n := &g.Nodes[i]
		params := valueOf(&n.Params)
		out.Calls = append(out.Calls, Call{Kind: "node", Args: []string{text(n.ID), text(n.Type), n.Tx}, Params: &params, At: at(n.Call)})
	}
	for _, c := range g.Connections {
		out.Calls = append(out.Calls, Call{Kind: "connection", Args: []string{text(c.From), text(c.Output), text(c.To), text(c.Input)}, At: at(c.Call)})
	}
	for _, d := range g.Dependencies {
		out.Calls = append(out.Calls, Call{Kind: "dependency", Args: []string{text(d.Before), text(d.After)}, At: at(d.Call)})
	}
	for _, tx := range g.Transactions {
		out.Calls = append(out.Calls, Call{Kind: "transaction", Args: []string{text(tx.ID), tx.Parent}, At: at(tx.Call)})
	}
	return out
}

func at(s errcatalog.Span) string { return s.Start.Filename + ":" + strconv.Itoa(s.Start.Line) }

func text(t graph.Text) string {
	if !t.Known {
		return Unknown
	}
	return strconv.Quote(t.S)
}

func valueOf(v *graph.Value) Value {
	out := Value{Partial: v.Partial, Type: typeOf(v.Type)}
	switch v.State {
	case graph.StateTyped:
		out.State = "typed"
	case graph.StateKnown:
		out.State, out.Known = "known", scalar(v.V)
		if v.V == nil {
			out.Type = "" // a nil pointer has a type, a bare nil has none; they mean the same
		}
	case graph.StateInput:
		out.State, out.Input, out.Type = "input", v.Input.Name, ""
		if v.Input.Default != nil {
			def := valueOf(v.Input.Default)
			out.Default = &def
		}
	case graph.StateMap:
		out.State, out.Type, out.Map = "map", "", map[string]Value{}
		for i := range v.Entries {
			out.Map[v.Entries[i].Key] = valueOf(&v.Entries[i].Value)
		}
	case graph.StateList:
		out.State = "list"
		for i := range v.Items {
			out.List = append(out.List, valueOf(&v.Items[i]))
		}
	default:
		out.State, out.Type = Unknown, ""
	}
	return out
}

// typeOf leaves out whether the value may be nil: a pointer that is not reads as
// what it points to.
func typeOf(t model.Type) string {
	t.Nullable = false
	if t.Kind == model.KindInvalid {
		return ""
	}
	return t.String()
}

func scalar(v any) string {
	if t, ok := v.(time.Time); ok {
		return "time.Time " + t.UTC().Format(time.RFC3339Nano)
	}
	return fmt.Sprintf("%T %q", v, fmt.Sprint(v))
}

// Diff says where the graph that was read from source differs from what the
// program built. What the source does not tell differs from nothing.
func Diff(source, built *Graph) []string {
	var d differ
	if source.Name != "" { // else it is computed
		d.same("name", source.Name, built.Name)
	}
	d.same("place of NewWorkflow", source.At, built.At)
	if len(source.Calls) != len(built.Calls) {
		d.add("calls", fmt.Sprint(len(source.Calls), " ", outline(source)), fmt.Sprint(len(built.Calls), " ", outline(built)))
		return d.found
	}
	for i := range source.Calls {
		s, b := &source.Calls[i], &built.Calls[i]
		what := fmt.Sprintf("%s %d (%s)", b.Kind, i, strings.Join(b.Args, " "))
		d.same(what+" kind", s.Kind, b.Kind)
		d.same(what+" place", s.At, b.At)
		for j := range min(len(s.Args), len(b.Args)) {
			if s.Args[j] != Unknown {
				d.same(what, s.Args[j], b.Args[j])
			}
		}
		if s.Params != nil && b.Params != nil {
			d.values(what+" params", s.Params, b.Params)
		}
	}
	return d.found
}

func outline(g *Graph) string {
	var parts []string
	for _, c := range g.Calls {
		parts = append(parts, c.Kind+" "+strings.Join(c.Args, " "))
	}
	return strings.Join(parts, "; ")
}

type differ struct{ found []string }

func (d *differ) add(what, source, built string) {
	d.found = append(d.found, fmt.Sprintf("%s: read %s, built %s", what, source, built))
}

func (d *differ) same(what, source, built string) {
	if source != built {
		d.add(what, source, built)
	}
}

func (d *differ) values(path string, s, b *Value) {
	switch s.State {
	case Unknown:
		return
	case "typed":
		if b.Type != "" { // else it is nil
			d.same(path+" type", s.Type, b.Type)
		}
		return
	}
	d.same(path+" state", s.State, b.State)
	d.same(path+" type", s.Type, b.Type)
	d.same(path, s.Known, b.Known)
	d.same(path+" input", s.Input, b.Input)
	if s.Default != nil && b.Default != nil {
		d.values(path+" default", s.Default, b.Default)
	} else if (s.Default == nil) != (b.Default == nil) {
		d.add(path+" default", fmt.Sprint(s.Default != nil), fmt.Sprint(b.Default != nil))
	}
	for _, key := range slices.Sorted(maps.Keys(b.Map)) {
		bv, sv := b.Map[key], s.Map[key]
		if _, ok := s.Map[key]; ok {
			d.values(path+"."+key, &sv, &bv)
		} else if !s.Partial {
			d.add(path+"."+key, "nothing", bv.State)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(s.Map)) {
		if _, ok := b.Map[key]; !ok {
			d.add(path+"."+key, s.Map[key].State, "nothing")
		}
	}
	if len(s.List) != len(b.List) && !s.Partial {
		d.add(path+" length", strconv.Itoa(len(s.List)), strconv.Itoa(len(b.List)))
	}
	for i := range min(len(s.List), len(b.List)) {
		d.values(path+"."+strconv.Itoa(i), &s.List[i], &b.List[i])
	}
}
