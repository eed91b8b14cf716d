package inspector

import (
	"slices"
	"strings"

	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/model"
)

// A Node is one node of the workflow.
type Node struct {
	ID          string   `json:"id"`
	Type        string   `json:"type"`
	Model       string   `json:"model,omitempty"`
	Operation   string   `json:"operation,omitempty"`
	Transaction string   `json:"transaction,omitempty"`
	Parameters  []string `json:"parameters"` // those that have a value
	Before      []string `json:"before"`     // the nodes that it waits for
	After       []string `json:"after"`      // those that wait for it
}

// Nodes lists the nodes in the order in which they were added.
func (i *Inspector) Nodes() []Node {
	all := []Node{}
	for _, id := range i.ids() {
		all = append(all, i.describe(i.nodes[id]))
	}
	return all
}

// Node tells one node. DF-201 for no such node.
func (i *Inspector) Node(id string) (*Node, error) {
	n, err := i.node(id)
	if err != nil {
		return nil, err
	}
	return new(i.describe(n)), nil
}

func (i *Inspector) describe(n *graph.Node) Node {
	out := Node{
		ID: n.ID.S, Type: n.Type.S, Transaction: n.Tx, Parameters: i.given(n),
		Before: i.before(n.ID.S), After: i.after(n.ID.S),
	}
	if c := i.contract(n); c != nil && c.Model != nil {
		out.Model, out.Operation = c.Model.Name, string(c.Operation)
	}
	return out
}

// NodesOfType lists the ids of the nodes of a type, or of all operations of a model.
func (i *Inspector) NodesOfType(name string) []string {
	return slices.DeleteFunc(i.ids(), func(id string) bool {
		n := i.describe(i.nodes[id])
		return n.Type != name && n.Model != name && !strings.EqualFold(n.Operation, name)
	})
}

// A Param is one parameter or output of a contract.
type Param struct {
	Name     string `json:"name"`
	Type     string `json:"type"`
	Required bool   `json:"required"`
	Default  string `json:"default,omitempty"`
	Given    bool   `json:"given"` // by a literal, an input or a connection; of an output: taken
	Doc      string `json:"doc,omitempty"`
}

// A Schema is what a node accepts and yields.
type Schema struct {
	Node    string  `json:"node"`
	Type    string  `json:"type"`
	Inputs  []Param `json:"inputs"`
	Outputs []Param `json:"outputs"`
	// Open says that inputs or outputs of other names are possible, too.
	Open bool `json:"open"`
}

// NodeSchema tells what a node accepts and yields, and what of it is given and taken.
// DF-201 for no such node.
func (i *Inspector) NodeSchema(id string) (*Schema, error) {
	n, err := i.node(id)
	if err != nil {
		return nil, err
	}
	s := &Schema{Node: id, Type: n.Type.S, Inputs: []Param{}, Outputs: []Param{}, Open: true}
	c := i.contract(n)
	if c == nil {
		return s, nil
	}
	s.Open = c.OpenInputs || c.OpenOutputs
	given := i.given(n)
	for k := range c.Params {
		p := &c.Params[k]
		s.Inputs = append(s.Inputs, paramOf(p, slices.ContainsFunc(given, func(g string) bool { return g == p.Name || strings.HasPrefix(g, p.Name+".") })))
	}
	outputs, _ := graph.Outputs(n, i.models)
	unused := i.UnusedOutputs()
	for k := range outputs {
		s.Outputs = append(s.Outputs, paramOf(&outputs[k], !slices.Contains(unused, id+"."+outputs[k].Name)))
	}
	return s, nil
}

func paramOf(p *model.Param, given bool) Param {
	return Param{Name: p.Name, Type: p.TypeString(), Required: p.Required, Default: p.Default, Given: given, Doc: p.Doc}
}

// A ModelUse is a model and the nodes that work on it.
type ModelUse struct {
	Model  string   `json:"model"`
	Table  string   `json:"table"`
	Reads  []string `json:"reads"`  // nodes that only look
	Writes []string `json:"writes"` // nodes that may change rows
}

// Models lists the models that the workflow works on, by their first node.
func (i *Inspector) Models() []ModelUse {
	all := []ModelUse{}
	for _, id := range i.ids() {
		c := i.contract(i.nodes[id])
		if c == nil || c.Model == nil {
			continue
		}
		k := slices.IndexFunc(all, func(u ModelUse) bool { return u.Model == c.Model.Name })
		if k < 0 {
			k = len(all)
			all = append(all, ModelUse{Model: c.Model.Name, Table: c.Model.Table, Reads: []string{}, Writes: []string{}})
		}
		switch c.Operation {
		case model.Read, model.List, model.Count:
			all[k].Reads = append(all[k].Reads, id)
		default:
			all[k].Writes = append(all[k].Writes, id)
		}
	}
	return all
}

// A Difference is one way in which another workflow is not this one.
type Difference struct {
	What   string `json:"what"`   // "node", "connection", "parameter", "dependency"
	Name   string `json:"name"`   // "create", "create.id → read.id", "create.email"
	Before string `json:"before"` // "" where it is new
	After  string `json:"after"`  // "" where it is gone
}

// Compare tells how another workflow differs from this one.
func (i *Inspector) Compare(other *Inspector) []Difference {
	all := []Difference{}
	diff := func(what string, before, after map[string]string, order []string) {
		for _, name := range order {
			b, a := before[name], after[name]
			if b != a {
				all = append(all, Difference{what, name, b, a})
			}
		}
	}
	for _, facts := range []func(*Inspector) (string, map[string]string, []string){nodeFacts, parameterFacts, connectionFacts, dependencyFacts} {
		what, before, order := facts(i)
		_, after, more := facts(other)
		for _, name := range more {
			if _, ok := before[name]; !ok {
				order = append(order, name)
			}
		}
		diff(what, before, after, order)
	}
	return all
}

func nodeFacts(i *Inspector) (string, map[string]string, []string) {
	facts := map[string]string{}
	for _, id := range i.ids() {
		facts[id] = strings.TrimSpace(i.nodes[id].Type.S + " " + i.nodes[id].Tx)
	}
	return "node", facts, i.ids()
}

func parameterFacts(i *Inspector) (string, map[string]string, []string) {
	facts, order := map[string]string{}, []string{}
	for _, id := range i.ids() {
		for k := range i.nodes[id].Params.Entries {
			e := &i.nodes[id].Params.Entries[k]
			name := id + "." + e.Key
			if facts[name] = e.Value.GoSource(); facts[name] == "" {
				facts[name] = e.Value.GoType
			}
			order = append(order, name)
		}
	}
	return "parameter", facts, order
}

func connectionFacts(i *Inspector) (string, map[string]string, []string) {
	facts, order := map[string]string{}, []string{}
	for _, c := range i.g.Connections {
		name := Connection{From: c.From.S, Output: c.Output.S, To: c.To.S, Input: c.Input.S}.String()
		facts[name] = "made"
		order = append(order, name)
	}
	return "connection", facts, order
}

func dependencyFacts(i *Inspector) (string, map[string]string, []string) {
	facts, order := map[string]string{}, []string{}
	for _, d := range i.g.Dependencies {
		name := d.Before.S + " before " + d.After.S
		facts[name] = "made"
		order = append(order, name)
	}
	return "dependency", facts, order
}
