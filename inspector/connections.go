package inspector

import (
	"slices"
	"strings"

	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/model"
)

// A Connection is one connection, with the types at its ends.
type Connection struct {
	From       string `json:"from"`
	Output     string `json:"output"`
	To         string `json:"to"`
	Input      string `json:"input"`
	OutputType string `json:"output_type"` // "string"; "" where it is not known
	InputType  string `json:"input_type"`
	// Problems are what the rules say of it, with their codes.
	Problems []Problem `json:"problems"`
}

// String is `read.id → list.filter.user_id`.
func (c Connection) String() string {
	return c.From + "." + c.Output + " → " + c.To + "." + c.Input
}

// Connections lists all connections, in the order in which they were made.
func (i *Inspector) Connections() []Connection {
	all := make([]Connection, len(i.g.Connections))
	problems := i.byConnection()
	for k := range i.g.Connections {
		all[k] = i.connection(&i.g.Connections[k], problems)
	}
	return all
}

func (i *Inspector) connection(c *graph.Connection, problems map[*graph.Connection][]Problem) Connection {
	out := Connection{From: c.From.S, Output: c.Output.S, To: c.To.S, Input: c.Input.S, Problems: problems[c]}
	if out.Problems == nil {
		out.Problems = []Problem{}
	}
	if t, ok := i.OutputType(c.From.S, c.Output.S); ok {
		out.OutputType = t.String()
	}
	if t, ok := i.InputType(c.To.S, c.Input.S); ok {
		out.InputType = t.String()
	}
	return out
}

// byConnection are the problems of each connection.
func (i *Inspector) byConnection() map[*graph.Connection][]Problem {
	problems := map[*graph.Connection][]Problem{}
	for _, f := range graph.Check(i.g, i.models) {
		if f.Connection == nil {
			continue
		}
		for k := range i.g.Connections {
			if c := &i.g.Connections[k]; c == f.Connection {
				problems[c] = append(problems[c], problemOf(f))
			}
		}
	}
	return problems
}

// BrokenConnections are those that the rules refuse: an end that is not there, an output
// that does not fit.
func (i *Inspector) BrokenConnections() []Connection {
	return slices.DeleteFunc(i.Connections(), func(c Connection) bool { return len(c.Problems) == 0 })
}

// ConnectionsOf lists the connections into and out of a node. DF-201 for no such node.
func (i *Inspector) ConnectionsOf(id string) ([]Connection, error) {
	if _, err := i.node(id); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(i.Connections(), func(c Connection) bool { return c.From != id && c.To != id }), nil
}

// ConnectionCycles lists each circle of connections and dependencies by its nodes; a
// workflow with one cannot run (DF-204).
func (i *Inspector) ConnectionCycles() [][]string {
	cycles := [][]string{}
	for _, group := range i.components() {
		if len(group) > 1 || slices.Contains(i.after(group[0]), group[0]) {
			cycles = append(cycles, group)
		}
	}
	return cycles
}

// PathBetween is a shortest chain of connections from one node to another; it is empty
// where there is none. DF-201 for no such node.
func (i *Inspector) PathBetween(from, to string) ([]Connection, error) {
	for _, id := range []string{from, to} {
		if _, err := i.node(id); err != nil {
			return nil, err
		}
	}
	by := map[string]*graph.Connection{from: nil} // the connection by which each was reached
	for next := []string{from}; len(next) > 0; {
		id := next[0]
		next = next[1:]
		for _, c := range i.out[id] {
			if _, seen := by[c.To.S]; !seen {
				by[c.To.S] = c
				next = append(next, c.To.S)
			}
		}
	}
	path := []Connection{}
	for id := to; by[id] != nil; id = by[id].From.S {
		path = slices.Insert(path, 0, i.connection(by[id], nil))
	}
	return path, nil
}

// OutputType is the type at a path into a node's outputs; ok is false where it is not
// known.
func (i *Inspector) OutputType(id, path string) (t model.Type, ok bool) {
	n := i.nodes[id]
	if n == nil {
		return t, false
	}
	outputs, _ := graph.Outputs(n, i.models)
	keys := strings.Split(path, ".")
	k := slices.IndexFunc(outputs, func(p model.Param) bool { return p.Name == keys[0] })
	if k < 0 {
		return t, false
	}
	t = outputs[k].Type
	for _, key := range keys[1:] {
		switch {
		case t.Array:
			t = t.Elem()
		case t.Kind == model.KindRecord:
			m := i.models.Model(t.Model)
			if m == nil || m.FieldByColumn(key) == nil {
				return model.Type{}, false
			}
			t = m.FieldByColumn(key).Type
		default:
			return model.Type{Kind: model.KindAny}, t.Kind == model.KindJSON || t.Kind == model.KindAny
		}
	}
	return t, t.Kind != model.KindInvalid
}

// InputType is the type that a path into a node's parameters takes; ok is false where it
// is not known.
func (i *Inspector) InputType(id, path string) (t model.Type, ok bool) {
	n := i.nodes[id]
	if n == nil {
		return t, false
	}
	c := i.contract(n)
	if c == nil {
		return t, false
	}
	keys := strings.Split(path, ".")
	p := c.Param(keys[0])
	if p == nil || c.Model == nil {
		if p != nil {
			return p.Type, p.Type.Kind != model.KindInvalid
		}
		return t, false
	}
	if len(keys) == 1 {
		return p.Type, p.Type.Kind != model.KindInvalid
	}
	f := c.Model.FieldByColumn(keys[1])
	if f == nil {
		return t, false
	}
	t = f.Type
	if len(keys) > 2 {
		switch keys[2] {
		case "$in", "$nin", "$between", "$overlap":
			t.Array = true
		case "$null", "$exists":
			t = model.Type{Kind: model.KindBool}
		}
	}
	return t, true
}
