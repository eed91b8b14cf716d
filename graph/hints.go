package graph

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/model"
)

// hints finds what is right and could be better: DF-714, DF-715 and DF-804. They are
// for an editor; the engine does not look for them. A workflow that is not seen whole
// gets none.
func (c *checker) hints() []Finding {
	if !c.whole() {
		return nil
	}
	c.untied()
	for i := range c.g.Nodes {
		c.countedList(&c.g.Nodes[i])
		c.readThenWrite(&c.g.Nodes[i])
	}
	return c.take()
}

// whole reports whether all of the workflow is seen.
func (c *checker) whole() bool {
	may := c.g.possible()
	return !c.mayHaveNode() && len(may.Nodes) == 0 && len(may.Connections) == 0 && len(may.Dependencies) == 0 &&
		!slices.ContainsFunc(c.g.Connections, func(conn Connection) bool { return !conn.known() }) &&
		!slices.ContainsFunc(c.g.Dependencies, func(d Dependency) bool { return !d.Before.Known || !d.After.Known })
}

// untied reports DF-804: a node without a connection or a dependency beside others
// that have one, which gives a literal for the key of a record that another node
// yields. A node that stands alone otherwise is right: it is read by who runs the
// workflow. A transaction ties its nodes, too; and where a connection names no node,
// or a text stands for a connection, that is the mistake.
func (c *checker) untied() {
	tied := map[string]bool{}
	for i := range c.g.Connections {
		tied[c.g.Connections[i].From.S], tied[c.g.Connections[i].To.S] = true, true
	}
	for i := range c.g.Dependencies {
		tied[c.g.Dependencies[i].Before.S], tied[c.g.Dependencies[i].After.S] = true, true
	}
	for id := range tied {
		if c.nodes[id] == nil {
			return
		}
	}
	if len(tied) == 0 || slices.ContainsFunc(c.g.Nodes, func(n Node) bool { return c.refers(&n.Params) }) {
		return
	}
	for i := range c.g.Nodes {
		n := &c.g.Nodes[i]
		ct := c.contract(n)
		if tied[n.ID.S] || n.Tx != "" || c.nodes[n.ID.S] != n || ct == nil || ct.Model == nil {
			continue
		}
		source, column := c.literalKey(n, ct.Model)
		if source == nil {
			continue
		}
		f := Finding{Node: n, Finding: errcatalog.Finding{Code: errcatalog.DF804, Span: n.ID.Span}}
		f.Details = errcatalog.Details{Node: n.ID.S, NodeType: n.Type.S, Model: ct.Model.Name, Source: source.ID.S, Input: column}
		f.Message = fmt.Sprintf("node %q is tied to no other, and gives %q by hand, the key of what node %q yields", n.ID.S, column, source.ID.S)
		c.emitAt(f, n.Call)
	}
}

// literalKey finds a literal in n for a column that refers to a record, and the node
// that yields such a record.
func (c *checker) literalKey(n *Node, m *model.Model) (source *Node, path string) {
	var find func(v *Value, at string) (*Node, string)
	find = func(v *Value, at string) (*Node, string) {
		for i := range v.Entries {
			e := &v.Entries[i]
			f := m.FieldByColumn(e.Key)
			if f != nil && e.Value.State == StateKnown && e.Value.V != nil {
				if from := c.yielding(n, f); from != nil {
					return from, join(at, e.Key)
				}
			}
			if from, path := find(&e.Value, join(at, e.Key)); from != nil {
				return from, path
			}
		}
		return nil, ""
	}
	return find(&n.Params, "")
}

// yielding is another node that yields the record that a column refers to.
func (c *checker) yielding(n *Node, f *model.Field) *Node {
	for i := range c.g.Nodes {
		other := &c.g.Nodes[i]
		ct := c.contract(other)
		if other == n || ct == nil || ct.Model == nil {
			continue
		}
		switch ct.Operation {
		case model.Create, model.Read, model.Update, model.Upsert:
		default:
			continue
		}
		if f.Ref != nil && f.Ref.Model == ct.Model.Name || f.Ref == nil && f.Column == model.ColumnName(ct.Model.Name)+"_id" {
			return other
		}
	}
	return nil
}

// refers reports whether a text in v stands for the output of a node.
func (c *checker) refers(v *Value) bool {
	if node, _, _ := c.referenceIn(v); node != "" {
		return true
	}
	return slices.ContainsFunc(v.Entries, func(e Entry) bool { return c.refers(&e.Value) }) ||
		slices.ContainsFunc(v.Items, func(item Value) bool { return c.refers(&item) })
}

// countedList reports DF-714: of a List only count goes on. What whoever runs the
// workflow reads of its results is not in the graph, so a List that feeds nothing is
// left alone, and package analysis drops the hint where the node's results are read
// by name. One that says which page it wants counts the page, and means it.
func (c *checker) countedList(n *Node) {
	ct := c.contract(n)
	if ct == nil || ct.Operation != model.List || n.Params.State != StateMap || n.Params.Partial {
		return
	}
	for _, name := range []string{"limit", "offset", "cursor", "with_total"} {
		if n.Params.Get(name) != nil || c.fed(n, name) {
			return
		}
	}
	counted := false
	for i := range c.g.Connections {
		conn := &c.g.Connections[i]
		if conn.From.S != n.ID.S || conn.Input.S == Trigger {
			continue
		}
		// An expression sees the other outputs under the node's id.
		if to := c.nodes[conn.To.S]; conn.Output.S != "count" || to == nil || mentions(&to.Params, n.ID.S) {
			return
		}
		counted = true
	}
	if !counted {
		return
	}
	mended := *n
	mended.Type = Text{S: model.NodeType(ct.Model.Name, model.Count), Known: true}
	for _, name := range []string{"fields", "order_by"} {
		mended = *without(&mended, name)
	}
	p := &params{checker: c, n: n, contract: ct, m: ct.Model}
	p.report(errcatalog.DF714, "", n.Type.Span, errcatalog.Details{Output: "count", Mended: NodeSource(&mended), Suggestion: mended.Type.S},
		"of node %s only count is used: it fetches records for it, and stops at the limit; %s counts all in the database", p.nodeName(), mended.Type.S)
}

// mentions reports whether a text in v names a node.
func mentions(v *Value, id string) bool {
	if s, ok := v.V.(string); ok && strings.Contains(s, id) {
		return true
	}
	return slices.ContainsFunc(v.Entries, func(e Entry) bool { return mentions(&e.Value, id) }) ||
		slices.ContainsFunc(v.Items, func(item Value) bool { return mentions(&item, id) })
}

// UnknownInput is the DF-810 of a value that is given for an input that a workflow
// does not have; ok is false where it has it.
func UnknownInput(inputs []Input, name string) (f errcatalog.Finding, ok bool) {
	names := make([]string, len(inputs))
	for i, in := range inputs {
		names[i] = in.Name
	}
	if slices.Contains(names, name) {
		return f, false
	}
	f = errcatalog.Finding{Code: errcatalog.DF810, Message: fmt.Sprintf("the workflow has no input %q", name)}
	f.Details = errcatalog.Details{Param: name, Allowed: names, Suggestion: errcatalog.Nearest(name, names)}
	f.Message += didYouMean(f.Details.Suggestion)
	return f, true
}
