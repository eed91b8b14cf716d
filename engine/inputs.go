package engine

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
)

// bindInputs puts the inputs' values into the graph. It notes values that no
// input takes (DF-810), and returns an error for each input without one (DF-808).
func (r *run) bindInputs() []*errcatalog.Error {
	inputs := r.g.Inputs()
	var errs []*errcatalog.Error
	for _, in := range inputs {
		if _, given := r.o.inputs[in.Name]; !given && in.Default == nil {
			errs = append(errs, r.missingInput(in))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.o.inputs)) {
		if f, unknown := graph.UnknownInput(inputs, name); unknown {
			f.Span = r.g.Span
			if f = r.e.judged(f); severity(f) == errcatalog.SeverityError {
				errs = append(errs, r.error(f, nil))
			} else {
				r.warn(r.error(f, nil))
			}
		}
	}
	g := *r.g
	g.Nodes = slices.Clone(g.Nodes)
	for i := range g.Nodes {
		g.Nodes[i].Params = filled(g.Nodes[i].Params, r.o.inputs)
	}
	r.g = &g
	return errs
}

// missingInput is DF-808, with the node that needs the input first.
func (r *run) missingInput(in graph.Input) *errcatalog.Error {
	f := errcatalog.Finding{Code: errcatalog.DF808, Message: fmt.Sprintf("input %q has no value", in.Name), Span: in.NameSpan}
	f.Details.Param = in.Name
	for i := range r.g.Nodes {
		n := &r.g.Nodes[i]
		path, ok := pathOf(&n.Params, in.Name)
		if !ok {
			continue
		}
		f.Message += fmt.Sprintf("; node %q needs it", n.ID.S)
		f.Details.Node, f.Details.NodeType = n.ID.S, n.Type.S
		if !f.Span.IsValid() {
			f.Span = n.Call
		}
		if c := graph.Resolve(n.Type.S, r.e.Models()); c != nil && len(path) > 0 {
			if t, ok := typeAt(c, path); ok {
				f.Details.Type, f.Details.Example = t.String(), t.Example(path[len(path)-1])
				mended := *n
				mended.Params = withDefault(n.Params, path, f.Details.Example)
				f.Details.Mended = graph.NodeSource(&mended)
			}
		}
		break
	}
	return r.error(f, nil)
}

// pathOf is the path to the first place of an input that has no default.
func pathOf(v *graph.Value, input string) (path []string, ok bool) {
	if v.State == graph.StateInput {
		return nil, v.Input.Name == input && v.Input.Default == nil
	}
	for i := range v.Entries {
		if path, ok := pathOf(&v.Entries[i].Value, input); ok {
			return append([]string{v.Entries[i].Key}, path...), true
		}
	}
	for i := range v.Items {
		if path, ok := pathOf(&v.Items[i], input); ok {
			return append([]string{strconv.Itoa(i)}, path...), true
		}
	}
	return nil, false
}

// withDefault is v with a default, as Go source, for the input at path.
func withDefault(v graph.Value, path []string, source string) graph.Value {
	v.Source = ""
	if len(path) == 0 {
		v.Input = &graph.Input{Name: v.Input.Name, Default: &graph.Value{Source: source}}
		return v
	}
	v.Entries, v.Items = slices.Clone(v.Entries), slices.Clone(v.Items)
	if e := v.Get(path[0]); e != nil {
		e.Value = withDefault(e.Value, path[1:], source)
	} else if i, err := strconv.Atoi(path[0]); err == nil && i < len(v.Items) {
		v.Items[i] = withDefault(v.Items[i], path[1:], source)
	}
	return v
}

// filled is v with the given values in the places of its inputs. An input without
// a value stays.
func filled(v graph.Value, inputs map[string]any) graph.Value {
	switch {
	case v.State == graph.StateInput:
		given, ok := inputs[v.Input.Name]
		var in graph.Value
		switch {
		case ok:
			in = graph.ValueOf(given)
		case v.Input.Default != nil:
			in = *v.Input.Default
		default:
			return v
		}
		in.Span = v.Span
		return in
	case !v.HasInput():
		return v
	}
	v.Any = nil
	v.Entries, v.Items = slices.Clone(v.Entries), slices.Clone(v.Items)
	for i := range v.Entries {
		v.Entries[i].Value = filled(v.Entries[i].Value, inputs)
	}
	for i := range v.Items {
		v.Items[i] = filled(v.Items[i], inputs)
	}
	return v
}

// unseen reports what of a graph that was read from source cannot be known
// without running the program (DF-802).
func unseen(g *graph.Graph) []graph.Finding {
	var findings []graph.Finding
	add := func(span errcatalog.Span, d errcatalog.Details, what string) {
		d.Reason = what + ", which only the program itself can tell"
		findings = append(findings, graph.Finding{Finding: errcatalog.Finding{
			Code: errcatalog.DF802, Severity: errcatalog.SeverityError, Message: "the workflow cannot run as it was read: " + d.Reason, Details: d, Span: span,
		}})
	}
	if g.Open {
		add(g.Span, errcatalog.Details{}, "it has nodes or connections that are made at run time")
	}
	for i := range g.Nodes {
		n := &g.Nodes[i]
		d := errcatalog.Details{Node: n.ID.S, NodeType: n.Type.S}
		switch {
		case !n.ID.Known || !n.Type.Known:
			add(n.Call, d, "a node has an id or a type that is computed")
		case n.Type.S == graph.FuncType && n.Func == nil:
			add(n.Call, d, fmt.Sprintf("node %q calls a function", n.ID.S))
		case !seen(&n.Params):
			add(n.Call, d, fmt.Sprintf("node %q has a parameter that is computed", n.ID.S))
		}
	}
	for _, c := range g.Connections {
		if !c.From.Known || !c.Output.Known || !c.To.Known || !c.Input.Known {
			add(c.Call, errcatalog.Details{Source: c.From.S, Output: c.Output.S, Target: c.To.S, Input: c.Input.S}, "a connection has a part that is computed")
		}
	}
	for _, d := range g.Dependencies {
		if !d.Before.Known || !d.After.Known {
			add(d.Call, errcatalog.Details{}, "a dependency has a part that is computed")
		}
	}
	return findings
}

// seen reports whether all of a value is known. Values that a program gave are.
func seen(v *graph.Value) bool {
	switch v.State {
	case graph.StateOpaque, graph.StateTyped:
		return v.Any != nil
	}
	return (!v.Partial || v.Any != nil) &&
		!slices.ContainsFunc(v.Entries, func(e graph.Entry) bool { return !seen(&e.Value) }) &&
		!slices.ContainsFunc(v.Items, func(i graph.Value) bool { return !seen(&i) })
}
