package graph

import (
	"slices"
	"strings"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/model"
)

// An upsertShape is a node that reads, and that a switch asks whether to create or to update.
type upsertShape struct{ read, decide, create, update *Node }

// readThenWrite reports DF-715 where what reads (a Read, a List or a Count of a key),
// the switch, the Create and the Update are all there is between them, the switch asks
// for nothing but whether there is a record, and the Update pins the same key: then one
// Upsert does the same.
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
	if ct == nil || ct.Model == nil || existenceOutputs[ct.Operation] == nil || ct.Operation == model.Read && !mayFindNothing(read, ct) {
		return s, false
	}
	if slices.ContainsFunc(read.Params.Entries, func(e Entry) bool { return e.Key == "include_deleted" || e.Key == "offset" || e.Key == "cursor" }) {
		return s, false // it may look for something else than the record that Upsert finds
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
	ifThere, ok := c.asksWhetherThere(read, s.decide, ct.Operation)
	if !ok {
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
		case target.Operation == model.Create && s.create == nil && conn.Output.S != ifThere:
			s.create = to
		case target.Operation == model.Update && s.update == nil && conn.Output.S == ifThere:
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

// existenceOutputs are the outputs that tell whether an operation found a record.
var existenceOutputs = map[model.Operation][]string{
	model.Read: {"found"}, model.List: {"records", "count"}, model.Count: {"count"},
}

// asksWhetherThere reports whether a switch asks for nothing but whether read found a
// record, and which output it takes then.
func (c *checker) asksWhetherThere(read, decide *Node, op model.Operation) (ifThere string, ok bool) {
	condition := decide.Params.Get("condition")
	if condition == nil || len(decide.Params.Entries) != 1 {
		return "", false
	}
	asked, isText := condition.Value.V.(string)
	if !isText {
		return "", false
	}
	asked = strings.Join(strings.Fields(strings.ReplaceAll(asked, "not ", "!")), "")
	for i := range c.g.Connections {
		conn := &c.g.Connections[i]
		if conn.From.S != read.ID.S {
			continue
		}
		if !slices.Contains(existenceOutputs[op], conn.Output.S) {
			return "", false
		}
		names := []string{read.ID.S + "." + conn.Output.S}
		if conn.Input.S != Trigger {
			names = append(names, conn.Input.S)
		}
		for _, name := range names {
			if there, known := existence(conn.Output.S, name, asked); known {
				return there, true
			}
		}
	}
	return "", false
}

// existence is the output that a switch with a condition takes when there is a record,
// if all that the condition asks is that: of an output, which goes by a name in it.
func existence(output, name, condition string) (ifThere string, ok bool) {
	there, absent := []string{name, name + "==true"}, []string{"!" + name, name + "==false"}
	if output != "found" {
		if output == "records" {
			name = "len(" + name + ")"
		}
		there = []string{name + ">0", name + ">=1", name + "!=0", name + "==1"}
		absent = []string{name + "==0", name + "<1"}
	}
	switch {
	case slices.Contains(there, condition):
		return "true_output", true
	case slices.Contains(absent, condition):
		return "false_output", true
	}
	return "", false
}
