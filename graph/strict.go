package graph

import (
	"fmt"
	"slices"
	"strings"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/model"
)

// CheckStrict runs the rules of strict mode over g: what may be right, and what a
// team can ask never to see (DF-901 to DF-907). Like Check it knows only g and the
// models; what Check reports is not repeated. DF-906 is about models: model.CheckNames.
func CheckStrict(g *Graph, models Models) []Finding { return newChecker(g, models).checkStrict() }

func (c *checker) checkStrict() []Finding {
	s := &strict{checker: c, hangs: map[string][]branch{}}
	s.unseen()
	for i := range c.g.Nodes {
		s.unbounded(&c.g.Nodes[i])
	}
	// A workflow that is not seen whole may hold the connection, the block or the
	// switch that makes it right.
	if s.edges = c.edges(); c.whole() && acyclic(s.edges) {
		s.nulls()
		s.unread()
		s.skipped()
		s.scattered()
	}
	return c.take()
}

// strict checks one graph.
type strict struct {
	*checker
	edges []edge
	hangs map[string][]branch // memo of hangsOn
}

// A branch is one output of a switch.
type branch struct{ node, output string }

// unseen reports DF-901 once for each thing that source alone does not give. What
// runs knows all its values: there is nothing to report then.
func (s *strict) unseen() {
	report := func(n *Node, path string, span errcatalog.Span, value, what string) {
		f := Finding{Node: n, Path: path, Finding: errcatalog.Finding{Code: errcatalog.DF901, Span: span}}
		call := s.g.Span
		if n != nil {
			call = n.Call
			f.Details.Node, f.Details.NodeType = n.ID.S, n.Type.S
			if ct := s.contract(n); ct != nil && ct.Model != nil {
				f.Details.Model = ct.Model.Name
			}
		}
		f.Details.Param, f.Details.Value = path, value
		f.Message = what + " is computed when the program runs, so it cannot be checked before"
		s.emitAt(f, call)
	}
	for i := range s.g.Nodes {
		n := &s.g.Nodes[i]
		if !n.ID.Known {
			report(n, "", n.ID.Span, "", "the id of a node")
		}
		if !n.Type.Known {
			report(n, "", n.Type.Span, "", fmt.Sprintf("the type of node %q", n.ID.S))
		}
		s.unseenValues(n, "", &n.Params, report)
	}
	for i := range s.g.Connections {
		conn := &s.g.Connections[i]
		for _, t := range []Text{conn.From, conn.Output, conn.To, conn.Input} {
			if !t.Known {
				report(nil, "", t.Span, "", "a part of the connection")
			}
		}
	}
	for i := range s.g.Dependencies {
		for _, t := range []Text{s.g.Dependencies[i].Before, s.g.Dependencies[i].After} {
			if !t.Known {
				report(nil, "", t.Span, "", "an end of the dependency")
			}
		}
	}
}

func (s *strict) unseenValues(n *Node, path string, v *Value, report func(n *Node, path string, span errcatalog.Span, value, what string)) {
	switch v.State {
	case StateOpaque, StateTyped:
		if v.Any == nil && !IsControl(n.Type.S) {
			what := fmt.Sprintf("the value of %q in node %q", path, n.ID.S)
			if path == "" {
				what = fmt.Sprintf("what the parameters of node %q are", n.ID.S)
			}
			report(n, path, v.Span, v.Source, what)
		}
		return
	case StateMap, StateList:
		if v.Partial {
			report(n, path, v.Span, "", fmt.Sprintf("a part of what node %q is given", n.ID.S))
		}
	case StateInput:
		if v.Input.Default != nil {
			s.unseenValues(n, path, v.Input.Default, report)
		}
	}
	for i := range v.Entries {
		s.unseenValues(n, join(path, v.Entries[i].Key), &v.Entries[i].Value, report)
	}
	for i := range v.Items {
		s.unseenValues(n, join(path, fmt.Sprint(i)), &v.Items[i], report)
	}
}

// unbounded reports DF-905: a List that does not say how many records it yields.
func (s *strict) unbounded(n *Node) {
	ct := s.contract(n)
	if ct == nil || ct.Operation != model.List || n.Params.State != StateMap || n.Params.Partial || n.Params.Get("limit") != nil || s.fed(n, "limit") || s.mayBeFed(n) {
		return
	}
	p := &params{checker: s.checker, n: n, contract: ct, m: ct.Model}
	limit := *ct.Param("limit")
	d := errcatalog.Details{Param: "limit", Example: limit.Default, Mended: NodeSource(withEntry(n, "", "limit", limit.Default))}
	f := p.report(errcatalog.DF905, "", n.Type.Span, d, "node %s gives no limit: it yields at most %s records, which nothing here says", p.nodeName(), limit.Default)
	f.Missing = []model.Param{limit}
}

// nulls reports DF-902 where DF-208 does not see it: a key of a filter that may be
// null pins no record, and a Read that may find nothing yields null for everything.
// A node behind a switch is left alone: the switch may ask for just that.
func (s *strict) nulls() {
	for i := range s.g.Connections {
		conn := &s.g.Connections[i]
		from, to := s.nodes[conn.From.S], s.nodes[conn.To.S]
		if !conn.known() || from == nil || to == nil || s.gated(conn.To.S) {
			continue
		}
		source, target := s.contract(from), s.contract(to)
		if source == nil || source.Model == nil || target == nil || target.Model == nil {
			continue
		}
		out := source.Output(conn.Output.S)
		if out == nil || out.Shape != model.ShapeValue {
			continue
		}
		unfound := mayFindNothing(from, source) && out.Name != "found"
		why := ""
		switch field := requiredField(target, conn.Input.S); {
		case field != nil && unfound && !out.Type.Nullable:
			why = fmt.Sprintf("node %q yields null when it finds nothing", conn.From.S)
		case pinsKey(target, conn.Input.S) && out.Type.Nullable:
			why = "a filter pins no record by null"
		case pinsKey(target, conn.Input.S) && unfound:
			why = fmt.Sprintf("node %q yields null when it finds nothing", conn.From.S)
		default:
			continue
		}
		d := errcatalog.Details{Node: conn.To.S, Model: source.Model.Name, Type: out.Type.NotNull().String()}
		if out.Field != nil {
			d.Field, d.Column = out.Field.Name, out.Field.Column
		}
		s.reportConn(errcatalog.DF902, conn, conn.Output.Span, d, "%s may be null, and node %q cannot do without it: %s", arrow(conn), conn.To.S, why)
	}
}

// mayFindNothing reports whether a Read goes on when there is no record.
func mayFindNothing(n *Node, ct *model.Contract) bool {
	if ct.Operation != model.Read {
		return false
	}
	e := n.Params.Get("raise_on_not_found")
	if e == nil {
		return false
	}
	raise, known := actual(&e.Value).V.(bool)
	return known && !raise
}

// requiredField is the column behind an input that a node cannot do without.
func requiredField(ct *model.Contract, input string) *model.Field {
	if p := ct.Param(input); p != nil && p.Field != nil && !p.Field.Type.Nullable && (p.Required || p.Field.Primary) {
		return p.Field
	}
	return nil
}

// pinsKey reports whether an input is the column of a filter that says which one
// record a node is about.
func pinsKey(ct *model.Contract, input string) bool {
	switch ct.Operation {
	case model.Read, model.Update, model.Delete:
	default:
		return false
	}
	column, ok := strings.CutPrefix(input, "filter.")
	return ok && ct.Model.PinnedKey([]string{strings.TrimSuffix(column, ".$eq")}) != nil
}

// unread reports DF-903: a node that reads in a workflow that writes, and whose
// result nothing in the workflow uses. A workflow that only reads is run for what
// its last nodes yield.
func (s *strict) unread() {
	if !slices.ContainsFunc(s.g.Nodes, func(n Node) bool { return n.Type.S == FuncType || s.writes(&n) }) {
		return
	}
	for i := range s.g.Nodes {
		n := &s.g.Nodes[i]
		ct := s.contract(n)
		if ct == nil || ct.Model == nil || s.writes(n) || slices.ContainsFunc(s.edges, func(e edge) bool { return e.from == n.ID.S }) {
			continue
		}
		f := Finding{Node: n, Finding: errcatalog.Finding{Code: errcatalog.DF903, Span: n.Type.Span}}
		f.Details = errcatalog.Details{Node: n.ID.S, NodeType: n.Type.S, Operation: string(ct.Operation), Model: ct.Model.Name}
		f.Message = fmt.Sprintf("node %q (%s) reads, and nothing in the workflow uses what it yields", n.ID.S, n.Type.S)
		s.emitAt(f, n.Call)
	}
}

// writes reports whether a node changes records.
func (s *strict) writes(n *Node) bool {
	ct := s.contract(n)
	if ct == nil || ct.Model == nil {
		return false
	}
	return ct.Operation != model.Read && ct.Operation != model.List && ct.Operation != model.Count
}

// skipped reports DF-904: a required parameter whose only feed hangs on a switch
// that the node itself is not tied to.
func (s *strict) skipped() {
	for i := range s.g.Connections {
		conn := &s.g.Connections[i]
		from, to := s.nodes[conn.From.S], s.nodes[conn.To.S]
		if !conn.known() || from == nil || to == nil || from.Type.S == SwitchType || from.Type.S == MergeType {
			continue
		}
		ct := s.contract(to)
		if ct == nil || ct.Model == nil || requiredField(ct, conn.Input.S) == nil && !pinsKey(ct, conn.Input.S) {
			continue
		}
		for _, b := range s.tiedTo(conn.From.S) {
			if slices.ContainsFunc(s.tiedTo(conn.To.S), func(o branch) bool { return o == b }) {
				continue
			}
			d := errcatalog.Details{Node: b.node, Model: ct.Model.Name}
			s.reportConn(errcatalog.DF904, conn, conn.From.Span, d, "%q of node %q comes only from node %q, which %s of %q may skip; node %q is then skipped in silence", conn.Input.S, conn.To.S, conn.From.S, b.output, b.node, conn.To.S)
			break
		}
	}
}

// tiedTo lists the branches that a node is connected to itself.
func (s *strict) tiedTo(id string) []branch {
	var tied []branch
	for _, e := range s.edges {
		if e.to == id && e.conn != nil && e.conn.Output.Known && s.nodes[e.from].Type.S == SwitchType {
			output, _, _ := strings.Cut(e.conn.Output.S, ".")
			tied = append(tied, branch{e.from, output})
		}
	}
	return tied
}

// hangsOn lists the branches without which a node does not run. A MergeNode takes
// whichever branch ran.
func (s *strict) hangsOn(id string) []branch {
	if known, ok := s.hangs[id]; ok {
		return known
	}
	all := s.tiedTo(id)
	if s.nodes[id].Type.S == MergeType {
		all = nil
	} else {
		for _, e := range s.edges {
			if e.to == id {
				all = append(all, s.hangsOn(e.from)...)
			}
		}
	}
	s.hangs[id] = all
	return all
}

func (s *strict) gated(id string) bool {
	if len(s.hangsOn(id)) > 0 {
		return true
	}
	// A dependency on a switch, or on what comes after one, may be meant as a gate.
	return slices.ContainsFunc(s.edges, func(e edge) bool { return e.to == id && s.nodes[e.from].Type.S == SwitchType })
}

// scattered reports DF-907: several writes of which some are in no transaction.
// Writes of which only one can run need none.
func (s *strict) scattered() {
	var writers []*Node
	for i := range s.g.Nodes {
		if n := &s.g.Nodes[i]; s.writes(n) {
			writers = append(writers, n)
		}
	}
	var ids []string
	var outside []*Node
	for i, n := range writers {
		alone := true
		for j, other := range writers {
			alone = alone && (i == j || s.exclusive(n.ID.S, other.ID.S))
		}
		if alone {
			continue
		}
		ids = append(ids, n.ID.S)
		if n.Tx == "" {
			outside = append(outside, n)
		}
	}
	if len(outside) == 0 {
		return
	}
	n := outside[0]
	ct := s.contract(n)
	f := Finding{Node: n, Finding: errcatalog.Finding{Code: errcatalog.DF907, Span: n.Type.Span}}
	f.Details = errcatalog.Details{Node: n.ID.S, NodeType: n.Type.S, Operation: string(ct.Operation), Model: ct.Model.Name, Allowed: ids}
	f.Message = fmt.Sprintf("the workflow writes in %s, and node %q is in no transaction: what it wrote stays when a later one fails", strings.Join(quoted(ids), ", "), n.ID.S)
	for _, other := range outside[1:] {
		f.Related = append(f.Related, errcatalog.Related{Message: "in no transaction either", Span: other.Call})
	}
	s.emitAt(f, n.Call)
}

// exclusive reports whether two nodes hang on different branches of one switch.
func (s *strict) exclusive(a, b string) bool {
	return slices.ContainsFunc(s.hangsOn(a), func(x branch) bool {
		return slices.ContainsFunc(s.hangsOn(b), func(y branch) bool { return x.node == y.node && x.output != y.output })
	})
}
