package inspector

import (
	"slices"
	"strings"

	"github.com/dataflow-go/dataflow/graph"
)

// A Trace is where a parameter's value comes from, step by step back to its sources.
type Trace struct {
	Node      string `json:"node"`
	Parameter string `json:"parameter"`
	Type      string `json:"type"` // what the parameter takes; "" where it is not known
	// Source says what gives the value: "connection", "literal", "input", "default",
	// "nothing", or "unknown" where the parameters could not be read.
	Source string `json:"source"`
	Value  string `json:"value,omitempty"` // of a literal, as Go source; of an input its name
	// Via is the connection, and From what its node was fed with in turn.
	Via  *Connection `json:"via,omitempty"`
	From []Trace     `json:"from"`
}

// TraceParameter follows a parameter, or a path into one, back to its sources. DF-201 for
// no such node.
func (i *Inspector) TraceParameter(id, parameter string) (*Trace, error) {
	n, err := i.node(id)
	if err != nil {
		return nil, err
	}
	t := i.trace(n, parameter, map[string]bool{})
	return &t, nil
}

func (i *Inspector) trace(n *graph.Node, parameter string, seen map[string]bool) Trace {
	t := Trace{Node: n.ID.S, Parameter: parameter, Source: "nothing", From: []Trace{}}
	if typ, ok := i.InputType(n.ID.S, parameter); ok {
		t.Type = typ.String()
	}
	if c := i.feed(n.ID.S, parameter); c != nil {
		t.Source, t.Via = "connection", new(i.connection(c, nil))
		source := i.nodes[c.From.S]
		if source == nil || seen[source.ID.S] {
			return t
		}
		seen[source.ID.S] = true
		for _, p := range i.given(source) {
			t.From = append(t.From, i.trace(source, p, seen))
		}
		delete(seen, source.ID.S)
		return t
	}
	v := valueAt(&n.Params, parameter)
	switch {
	case v == nil && (n.Params.State != graph.StateMap || n.Params.Partial):
		t.Source = "unknown"
	case v == nil:
		if c := i.contract(n); c != nil {
			first, _, _ := strings.Cut(parameter, ".")
			if p := c.Param(first); p != nil && p.Default != "" && p.Name == parameter {
				t.Source, t.Value = "default", p.Default
			}
		}
	case v.State == graph.StateInput:
		t.Source, t.Value = "input", v.Input.Name
	default:
		t.Source, t.Value = "literal", v.GoSource()
	}
	return t
}

// feed is the connection that gives a parameter, or what holds it.
func (i *Inspector) feed(id, parameter string) *graph.Connection {
	for _, c := range i.in[id] {
		if c.Input.S == parameter || strings.HasPrefix(parameter, c.Input.S+".") {
			return c
		}
	}
	return nil
}

// given are the parameters of a node that have a value, in the order of the source, those
// of connections last.
func (i *Inspector) given(n *graph.Node) []string {
	all := []string{}
	for k := range n.Params.Entries {
		all = append(all, n.Params.Entries[k].Key)
	}
	for _, c := range i.in[n.ID.S] {
		if c.Input.S != graph.Trigger && !slices.Contains(all, c.Input.S) {
			all = append(all, c.Input.S)
		}
	}
	return all
}

// valueAt is the value at a path into a map; nil where there is none.
func valueAt(v *graph.Value, path string) *graph.Value {
	for path != "" {
		var key string
		key, path, _ = strings.Cut(path, ".")
		e := v.Get(key)
		if e == nil {
			return nil
		}
		v = &e.Value
	}
	return v
}

// ParameterLineage traces every parameter of a node. DF-201 for no such node.
func (i *Inspector) ParameterLineage(id string) ([]Trace, error) {
	n, err := i.node(id)
	if err != nil {
		return nil, err
	}
	all := []Trace{}
	for _, p := range i.given(n) {
		all = append(all, i.trace(n, p, map[string]bool{}))
	}
	return all, nil
}

// ParameterSource is the place where a parameter's value begins: "input email", "literal
// 10", "read.id" for an output whose node takes nothing. DF-201 for no such node.
func (i *Inspector) ParameterSource(id, parameter string) (string, error) {
	t, err := i.TraceParameter(id, parameter)
	if err != nil {
		return "", err
	}
	if t.Source != "connection" {
		return strings.TrimSpace(t.Source + " " + t.Value), nil
	}
	return t.Via.From + "." + t.Via.Output, nil
}

// ParameterConsumers lists the connections that take an output of a node, and those that
// what they feed gives on. An empty output means all of them. DF-201 for no such node.
func (i *Inspector) ParameterConsumers(id, output string) ([]Connection, error) {
	if _, err := i.node(id); err != nil {
		return nil, err
	}
	all, seen := []Connection{}, map[string]bool{}
	var follow func(id, output string)
	follow = func(id, output string) {
		for _, c := range i.out[id] {
			if output != "" && c.Output.S != output && !strings.HasPrefix(c.Output.S, output+".") {
				continue
			}
			out := i.connection(c, nil)
			if key := out.String(); !seen[key] {
				seen[key] = true
				all = append(all, out)
				follow(c.To.S, "")
			}
		}
	}
	follow(id, output)
	return all, nil
}

// An Input is a value that is given when the workflow runs.
type Input struct {
	Name     string   `json:"name"`
	Required bool     `json:"required"`
	Default  string   `json:"default,omitempty"` // as Go source
	Feeds    []string `json:"feeds"`             // "create.email"
}

// Inputs lists the workflow's inputs, and the parameters that each feeds.
func (i *Inspector) Inputs() []Input {
	all := []Input{}
	for _, in := range i.g.Inputs() {
		out := Input{Name: in.Name, Required: in.Default == nil, Feeds: []string{}}
		if in.Default != nil {
			out.Default = in.Default.GoSource()
		}
		for k := range i.g.Nodes {
			n := &i.g.Nodes[k]
			walk("", &n.Params, func(path string, v *graph.Value) {
				if v.State == graph.StateInput && v.Input.Name == in.Name {
					out.Feeds = append(out.Feeds, n.ID.S+"."+path)
				}
			})
		}
		all = append(all, out)
	}
	return all
}

// walk visits the values in a map, with their paths.
func walk(path string, v *graph.Value, visit func(string, *graph.Value)) {
	if path != "" {
		visit(path, v)
	}
	for k := range v.Entries {
		at := v.Entries[k].Key
		if path != "" {
			at = path + "." + at
		}
		walk(at, &v.Entries[k].Value, visit)
	}
	for k := range v.Items {
		walk(path, &v.Items[k], visit)
	}
}

// UnusedOutputs lists the outputs that no connection takes, by node: "create.id". Nodes
// of which nothing is known are left out.
func (i *Inspector) UnusedOutputs() []string {
	all := []string{}
	for _, id := range i.ids() {
		outputs, _ := graph.Outputs(i.nodes[id], i.models)
		for _, o := range outputs {
			taken := slices.ContainsFunc(i.out[id], func(c *graph.Connection) bool {
				first, _, _ := strings.Cut(c.Output.S, ".")
				return first == o.Name
			})
			if !taken {
				all = append(all, id+"."+o.Name)
			}
		}
	}
	return all
}

// MissingParameters lists the required parameters that nothing gives, by node:
// "create.email".
func (i *Inspector) MissingParameters() []string {
	all := []string{}
	for _, f := range graph.Check(i.g, i.models) {
		if f.Node != nil {
			for _, p := range f.Missing {
				all = append(all, f.Node.ID.S+"."+p.Name)
			}
		}
	}
	return all
}
