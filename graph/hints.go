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

// An upsertShape is a Read that a switch asks whether to create or to update.
type upsertShape struct{ read, decide, create, update *Node }

// readThenWrite reports DF-715 where the Read, the switch, the Create and the Update
// are all there is between them, and the Update pins the key that the Read does: then
// one Upsert does the same.
func (c *checker) readThenWrite(read *Node) {
	shape, ok := c.upsertShape(read)
	if !ok {
		return
	}
	ct := c.contract(read)
	p := &params{checker: c, n: read, contract: ct, m: ct.Model}
	f := p.report(errcatalog.DF715, "", read.Type.Span, errcatalog.Details{Column: ct.Model.PinnedKey(p.pinned(read)).Columns[0], Suggestion: model.NodeType(ct.Model.Name, model.Upsert)},
		"node %s reads only to decide between %q and %q; %s does both in one step that no other run can come between", p.nodeName(), shape.create.ID.S, shape.update.ID.S, model.NodeType(ct.Model.Name, model.Upsert))
	f.Related = []errcatalog.Related{
		{Message: "the switch", Span: shape.decide.Call}, {Message: "the Create", Span: shape.create.Call}, {Message: "the Update", Span: shape.update.Call},
	}
}

func (c *checker) upsertShape(read *Node) (s upsertShape, ok bool) {
	ct := c.contract(read)
	if ct == nil || ct.Model == nil || !mayFindNothing(read, ct) {
		return s, false
	}
	s.read = read
	for i := range c.g.Connections { // read → switch → create, update
		if conn := &c.g.Connections[i]; conn.From.S == read.ID.S {
			if to := c.nodes[conn.To.S]; to != nil && to.Type.S == SwitchType && (s.decide == nil || s.decide == to) {
				s.decide = to
			}
		}
	}
	if s.decide == nil {
		return s, false
	}
	var taken []string
	for i := range c.g.Connections {
		conn := &c.g.Connections[i]
		from, to := c.nodes[conn.From.S], c.nodes[conn.To.S]
		if from == nil || to == nil {
			return s, false
		}
		if from != s.decide {
			continue
		}
		target := c.contract(to)
		if target == nil || target.Model != ct.Model || conn.Input.S != Trigger || slices.Contains(taken, conn.Output.S) {
			return s, false
		}
		taken = append(taken, conn.Output.S)
		switch {
		case target.Operation == model.Create && s.create == nil:
			s.create = to
		case target.Operation == model.Update && s.update == nil:
			s.update = to
		default:
			return s, false
		}
	}
	if s.create == nil || s.update == nil || !c.closed(s) {
		return s, false
	}
	p := &params{checker: c, n: read, contract: ct, m: ct.Model}
	key := ct.Model.PinnedKey(p.pinned(read))
	other := ct.Model.PinnedKey(p.pinned(s.update))
	return s, key != nil && other != nil && slices.Equal(key.Columns, other.Columns)
}

// closed reports whether nothing else is connected to the four nodes.
func (c *checker) closed(s upsertShape) bool {
	inside := func(id string) bool {
		n := c.nodes[id]
		return n == s.read || n == s.decide || n == s.create || n == s.update
	}
	for i := range c.g.Connections {
		conn := &c.g.Connections[i]
		from, to := inside(conn.From.S), inside(conn.To.S)
		switch {
		case !from && !to:
		case conn.From.S == s.read.ID.S && conn.To.S == s.decide.ID.S, conn.From.S == s.decide.ID.S:
		default:
			return false
		}
	}
	return !slices.ContainsFunc(c.g.Dependencies, func(d Dependency) bool { return inside(d.Before.S) || inside(d.After.S) })
}

// pinned lists the columns that a node's key and filter pin.
func (p *params) pinned(n *Node) []string {
	var columns []string
	if n == p.n {
		for _, column := range p.m.PrimaryKey() {
			if n.Params.Get(column) != nil {
				columns = append(columns, column)
			}
		}
	}
	if e := n.Params.Get("filter"); e != nil {
		more, open := equalities(&e.Value)
		if open {
			return nil
		}
		columns = append(columns, more...)
	}
	return columns
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
