package inspector

import (
	"slices"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
)

// A Problem is a finding of a rule.
type Problem struct {
	Code       errcatalog.Code     `json:"code"`
	Severity   errcatalog.Severity `json:"severity"`
	Message    string              `json:"message"`
	Node       string              `json:"node,omitempty"`
	Connection string              `json:"connection,omitempty"`
}

func problemOf(f graph.Finding) Problem {
	p := Problem{Code: f.Code, Severity: f.Severity, Message: f.Message}
	if p.Severity == errcatalog.SeverityDefault {
		if e, ok := errcatalog.Lookup(f.Code); ok {
			p.Severity = e.Severity
		}
	}
	if f.Node != nil {
		p.Node = f.Node.ID.S
	}
	if c := f.Connection; c != nil {
		p.Connection = Connection{From: c.From.S, Output: c.Output.S, To: c.To.S, Input: c.Input.S}.String()
	}
	return p
}

// A Validation is what all rules say of a workflow.
type Validation struct {
	Valid    bool      `json:"valid"` // no error; there may be warnings
	Problems []Problem `json:"problems"`
}

// Validate runs every rule over the workflow, as Build does.
func (i *Inspector) Validate() Validation { return i.validation(func(Problem) bool { return true }) }

// ValidateConnections is Validate for what concerns connections.
func (i *Inspector) ValidateConnections() Validation {
	return i.validation(func(p Problem) bool { return p.Connection != "" })
}

// ValidateNode is Validate for one node and its parameters. DF-201 for no such node.
func (i *Inspector) ValidateNode(id string) (*Validation, error) {
	if _, err := i.node(id); err != nil {
		return nil, err
	}
	v := i.validation(func(p Problem) bool { return p.Node == id })
	return &v, nil
}

// ValidateStructure is Validate for what concerns neither a parameter nor a connection:
// ids, circles, transactions.
func (i *Inspector) ValidateStructure() Validation {
	return i.validation(func(p Problem) bool { return p.Code >= "DF-800" && p.Code < "DF-900" || p.Code == errcatalog.DF204 })
}

// Strict are the findings of strict mode (9XX), which Validate leaves out.
func (i *Inspector) Strict() []Problem {
	all := []Problem{}
	for _, f := range graph.CheckStrict(i.g, i.models) {
		all = append(all, problemOf(f))
	}
	return all
}

func (i *Inspector) validation(want func(Problem) bool) Validation {
	v := Validation{Valid: true, Problems: []Problem{}}
	for _, f := range graph.Check(i.g, i.models) {
		if p := problemOf(f); want(p) {
			v.Problems = append(v.Problems, p)
			v.Valid = v.Valid && p.Severity != errcatalog.SeverityError
		}
	}
	return v
}

// after are the nodes that wait for a node, each once.
func (i *Inspector) after(id string) []string {
	all := []string{}
	add := func(next string) {
		if i.nodes[next] != nil && !slices.Contains(all, next) {
			all = append(all, next)
		}
	}
	for _, c := range i.out[id] {
		add(c.To.S)
	}
	for _, d := range i.g.Dependencies {
		if d.Before.S == id {
			add(d.After.S)
		}
	}
	return all
}

// components are the groups of nodes that wait for each other (Tarjan), those that wait
// for others last; most are of one node.
func (i *Inspector) components() [][]string {
	index, low, onStack := map[string]int{}, map[string]int{}, map[string]bool{}
	var stack []string
	var groups [][]string
	var visit func(id string)
	visit = func(id string) {
		index[id] = len(index) + 1
		low[id] = index[id]
		stack, onStack[id] = append(stack, id), true
		for _, next := range i.after(id) {
			switch {
			case index[next] == 0:
				visit(next)
				low[id] = min(low[id], low[next])
			case onStack[next]:
				low[id] = min(low[id], index[next])
			}
		}
		if low[id] == index[id] {
			at := slices.Index(stack, id)
			group := slices.Clone(stack[at:])
			stack = stack[:at]
			for _, member := range group {
				onStack[member] = false
			}
			groups = append(groups, group)
		}
	}
	for _, id := range i.ids() {
		if index[id] == 0 {
			visit(id)
		}
	}
	slices.Reverse(groups)
	return groups
}

// Levels groups the nodes by when they can run: those of a level wait for none of it.
// Nodes of a circle, which never run, are left out.
func (i *Inspector) Levels() [][]string {
	depth := map[string]int{}
	levels := [][]string{}
	for _, group := range i.components() {
		if len(group) > 1 || slices.Contains(i.after(group[0]), group[0]) {
			continue
		}
		id := group[0]
		for len(levels) <= depth[id] {
			levels = append(levels, []string{})
		}
		levels[depth[id]] = append(levels[depth[id]], id)
		for _, next := range i.after(id) {
			depth[next] = max(depth[next], depth[id]+1)
		}
	}
	order := i.ids()
	for _, level := range levels {
		slices.SortFunc(level, func(a, b string) int { return slices.Index(order, a) - slices.Index(order, b) })
	}
	return levels
}

// ExecutionOrder is an order in which the nodes can run.
func (i *Inspector) ExecutionOrder() []string { return slices.Concat(i.Levels()...) }

// CriticalPath is a longest chain of nodes that wait for each other: what a run cannot be
// shorter than.
func (i *Inspector) CriticalPath() []string {
	longest := map[string][]string{}
	best := []string{}
	order := i.ExecutionOrder()
	for _, id := range slices.Backward(order) {
		path := []string{id}
		for _, next := range i.after(id) {
			if p := longest[next]; len(p)+1 > len(path) {
				path = append([]string{id}, p...)
			}
		}
		longest[id] = path
		if len(path) >= len(best) {
			best = path
		}
	}
	return best
}

// reach is every node that is reached from one by steps.
func (i *Inspector) reach(id string, step func(string) []string) ([]string, error) {
	if _, err := i.node(id); err != nil {
		return nil, err
	}
	seen := map[string]bool{}
	for next := []string{id}; len(next) > 0; {
		for _, n := range step(next[0]) {
			if !seen[n] {
				seen[n] = true
				next = append(next, n)
			}
		}
		next = next[1:]
	}
	return slices.DeleteFunc(i.ids(), func(n string) bool { return !seen[n] }), nil
}

// Downstream are the nodes that wait for a node, directly or not. DF-201 for no such node.
func (i *Inspector) Downstream(id string) ([]string, error) { return i.reach(id, i.after) }

// Upstream are the nodes that a node waits for, directly or not. DF-201 for no such node.
func (i *Inspector) Upstream(id string) ([]string, error) { return i.reach(id, i.before) }

func (i *Inspector) before(id string) []string {
	all := []string{}
	for _, n := range i.ids() {
		if slices.Contains(i.after(n), id) {
			all = append(all, n)
		}
	}
	return all
}

// EntryNodes wait for none.
func (i *Inspector) EntryNodes() []string {
	return slices.DeleteFunc(i.ids(), func(id string) bool { return len(i.before(id)) > 0 })
}

// ExitNodes are waited for by none: their outputs are the workflow's results.
func (i *Inspector) ExitNodes() []string {
	return slices.DeleteFunc(i.ids(), func(id string) bool { return len(i.after(id)) > 0 })
}

// IsolatedNodes are tied to no other.
func (i *Inspector) IsolatedNodes() []string {
	return slices.DeleteFunc(i.EntryNodes(), func(id string) bool { return len(i.after(id)) > 0 })
}

// A Transaction is a block of nodes that run in one database transaction.
type Transaction struct {
	ID     string   `json:"id"`
	Parent string   `json:"parent,omitempty"`
	Nodes  []string `json:"nodes"` // those of blocks within are theirs
}

// Transactions lists the blocks.
func (i *Inspector) Transactions() []Transaction {
	all := []Transaction{}
	for _, t := range i.g.Transactions {
		out := Transaction{ID: t.ID.S, Parent: t.Parent, Nodes: []string{}}
		for _, id := range i.ids() {
			if i.nodes[id].Tx == t.ID.S {
				out.Nodes = append(out.Nodes, id)
			}
		}
		all = append(all, out)
	}
	return all
}

// Metrics are the numbers of a workflow.
type Metrics struct {
	Nodes        int  `json:"nodes"`
	Connections  int  `json:"connections"`
	Dependencies int  `json:"dependencies"`
	Transactions int  `json:"transactions"`
	Inputs       int  `json:"inputs"`
	Depth        int  `json:"depth"` // levels
	Width        int  `json:"width"` // nodes of the largest level: how many can run at once
	Models       int  `json:"models"`
	Whole        bool `json:"whole"` // nothing is hidden in code that could not be read
}

// Metrics counts what the workflow consists of.
func (i *Inspector) Metrics() Metrics {
	m := Metrics{
		Nodes: len(i.g.Nodes), Connections: len(i.g.Connections), Dependencies: len(i.g.Dependencies),
		Transactions: len(i.g.Transactions), Inputs: len(i.g.Inputs()), Models: len(i.Models()), Whole: i.Whole(),
	}
	for _, level := range i.Levels() {
		m.Depth++
		m.Width = max(m.Width, len(level))
	}
	return m
}
