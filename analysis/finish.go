package analysis

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/model"
)

// maxPaths bounds how many paths through branches are checked on their own.
const maxPaths = 16

// finish checks what was made of a unit against the models of the world.
func finish(made *extraction, w *world, lazy bool) *Package {
	u := made.unit
	p := &Package{Path: u.meta.PkgPath, Dir: u.meta.Dir, LoadErrors: u.errs, sources: u.files}
	for _, f := range u.files {
		p.Files = append(p.Files, f.name)
	}
	shipped, tests := w.modelsFor(u.meta, u.meta.test), w.modelsFor(u.meta, true)
	resolverOf := func(d *draft) *models {
		if d.file.isTest() {
			return tests
		}
		return shipped
	}
	for _, d := range u.models {
		p.Models = append(p.Models, d.model)
		if !w.isBase(d) {
			p.Diagnostics = append(p.Diagnostics, d.diagnostics()...)
		}
		if !d.unsure {
			for _, problem := range model.CheckNames(d.model) {
				p.Strict = append(p.Strict, d.diagnostic(problem))
			}
		}
	}
	p.Diagnostics = append(p.Diagnostics, setDiagnostics(u, shipped)...)
	p.Diagnostics = slices.Concat(p.Diagnostics, u.engine.found, u.dropped, registrationDiagnostics(u, w), ambiguities(made, w, resolverOf))
	for i := range u.engine.runs {
		p.Diagnostics = append(p.Diagnostics, u.engine.runs[i].diagnostics(w, shipped)...)
	}
	targets := []func() []*Target{func() []*Target { return u.engine.reads }}
	var found, strict []located
	for _, d := range made.drafts {
		if len(d.ops) == 0 && d.fragment {
			continue
		}
		resolver := shipped
		if d.file.isTest() {
			resolver = tests
		}
		r := d.reviewIn(w, resolver)
		targets = append(targets, r.targets)
		if !d.fragment {
			p.Workflows = append(p.Workflows, r.workflow)
		}
		found, strict = append(found, r.found...), append(strict, r.strict...)
	}
	p.targets, p.words = targetsFrom(targets, u.resting)
	var budget, strictBudget *int
	if !lazy {
		budget, strictBudget = new(formatBudget), new(formatBudget/8)
	}
	p.Diagnostics = withoutDropped(sortDiagnostics(append(p.Diagnostics, diagnose(u, w, found, budget)...)))
	p.Strict = sortDiagnostics(append(p.Strict, diagnose(u, w, strict, strictBudget)...))
	withoutIgnored(p, u, w)
	slices.SortStableFunc(p.Workflows, func(a, b *Workflow) int {
		return cmp.Or(strings.Compare(a.File, b.File), cmp.Compare(a.Graph.Span.Start.Offset, b.Graph.Span.Start.Offset))
	})
	return p
}

// A review is what a draft comes to in a world.
type review struct {
	world         hash
	workflow      *Workflow
	targets       func() []*Target
	found, strict []located
}

// reviewIn checks a draft. It is kept with it: most drafts outlive an edit.
func (d *draft) reviewIn(w *world, resolver *models) *review {
	if d.reviewed != nil && d.reviewed.world == w.key {
		return d.reviewed
	}
	closed := closeOver(d, w)
	r := &review{world: w.key, workflow: closed.workflow(resolver)}
	r.targets = targetsOf(r.workflow, closed, resolver)
	for _, g := range closed.paths() {
		all := graph.CheckAll(g, resolver)
		for _, finding := range slices.Concat(all.Wrong, all.Hints) {
			if finding.Code != errcatalog.DF714 || !w.engine.reads(finding.Node) {
				r.found = append(r.found, located{finding, closed, resolver})
			}
		}
		for _, finding := range all.Strict {
			if finding.Code != errcatalog.DF903 || !w.engine.reads(finding.Node) {
				r.strict = append(r.strict, located{finding, closed, resolver})
			}
		}
	}
	if d.file.resting() { // it is reviewed again for another world alone
		d.share(r.workflow.Graph)
	} else {
		d.reviewed = r
	}
	return r
}

// closeOver is the draft with what the rest of the workspace does to it.
func closeOver(d *draft, w *world) *draft {
	out := *d
	out.reviewed = nil
	if w.extended(d.owner) {
		out.openAt(d.owner+" is built on elsewhere", d.span)
	}
	for _, l := range d.leaks {
		if w.extends(l.place, map[string]bool{}) {
			out.openAt(l.why, l.where)
		}
	}
	return &out
}

// workflow is the draft as one graph: what may happen is in it, too.
func (d *draft) workflow(models *models) *Workflow {
	wf := &Workflow{
		Graph: d.graph(d.ops),
		Func:  d.fn.name, File: d.fn.file.name,
		Span: d.fn.head, Body: d.fn.body,
	}
	for i := range wf.Graph.Nodes {
		if c := graph.Resolve(wf.Graph.Nodes[i].Type.S, models); c != nil && c.Model != nil {
			wf.Models = withReferences(wf.Models, c.Model, models)
		}
	}
	wf.Runnable = d.runnable(wf.Graph)
	wf.Graph.Open = d.open || d.conditional() != nil
	wf.fragment = d.fragment
	if d.open {
		wf.Unseen = d.why
	}
	return wf
}

// withReferences adds a model and all that its foreign keys need: their tables must
// be there before its own.
func withReferences(all []*model.Model, m *model.Model, models *models) []*model.Model {
	if slices.Contains(all, m) {
		return all
	}
	all = append(all, m)
	for _, f := range m.Fields {
		if f.Ref == nil {
			continue
		}
		if target := models.Model(f.Ref.Model); target != nil {
			all = withReferences(all, target, models)
		}
	}
	return all
}

// graph makes a graph of some of the draft's calls.
func (d *draft) graph(ops []op) *graph.Graph {
	g := &graph.Graph{Name: d.name.S, Open: d.open, Span: d.span}
	addOps(g, ops)
	return g
}

func addOps(g *graph.Graph, ops []op) {
	for _, o := range ops {
		switch {
		case o.node != nil:
			g.Nodes = append(g.Nodes, *o.node)
		case o.conn != nil:
			g.Connections = append(g.Connections, *o.conn)
		case o.dep != nil:
			g.Dependencies = append(g.Dependencies, *o.dep)
		case o.tx != nil:
			g.Transactions = append(g.Transactions, *o.tx)
		case o.misuse != nil:
			g.Misuse = append(g.Misuse, *o.misuse)
		}
	}
}

// conditional is the first call that does not happen on every path, or nil.
func (d *draft) conditional() *op {
	for i := range d.ops {
		if len(d.ops[i].ctx) > 0 {
			return &d.ops[i]
		}
	}
	return nil
}

// paths are the graphs to check: what is always built, with what one path through
// the branches adds. Calls of different branches never meet in one graph: they may
// exclude each other. What is on no path of a graph is possible in it.
func (d *draft) paths() []*graph.Graph {
	var leaves [][]int
	for _, o := range d.ops {
		if len(o.ctx) == 0 || slices.ContainsFunc(leaves, func(l []int) bool { return isPrefix(o.ctx, l) }) {
			continue
		}
		leaves = slices.DeleteFunc(leaves, func(l []int) bool { return isPrefix(l, o.ctx) })
		leaves = append(leaves, o.ctx)
	}
	if len(leaves) == 0 {
		return []*graph.Graph{d.graph(d.ops)}
	}
	var graphs []*graph.Graph
	for _, leaf := range leaves[:min(len(leaves), maxPaths)] {
		var ops, others []op
		for _, o := range d.ops {
			if isPrefix(o.ctx, leaf) {
				ops = append(ops, o)
			} else {
				others = append(others, o)
			}
		}
		g := d.graph(ops)
		if len(others) > 0 {
			g.Possible = &graph.Graph{}
			addOps(g.Possible, others)
		}
		graphs = append(graphs, g)
	}
	return graphs
}

func isPrefix(short, long []int) bool {
	return len(short) <= len(long) && slices.Equal(short, long[:len(short)])
}

// located is a finding with the draft that it was found in.
type located struct {
	graph.Finding
	draft  *draft
	models graph.Models
}

// relocate moves a finding in another package's function to the call that led there.
func (f *located) relocate(u *unit) bool {
	file := cmp.Or(f.Span.Start.Filename, f.draft.file.name)
	if slices.ContainsFunc(u.files, func(s *source) bool { return s.name == file }) {
		return false
	}
	for _, o := range f.draft.ops {
		if o.site.IsValid() && (f.Node != nil && o.node != nil && f.Node.Call == o.node.Call && f.Node.ID.S == o.node.ID.S || o.conn != nil && f.Connection != nil && f.Connection.Call == o.conn.Call ||
			o.dep != nil && f.Dependency != nil && f.Dependency.Call == o.dep.Call) {
			f.Related = append(slices.Clip(f.Related), errcatalog.Related{Message: "it is built here", Span: f.Span})
			f.Span = o.site
			return true
		}
	}
	f.Related = append(slices.Clip(f.Related), errcatalog.Related{Message: "it is built here", Span: f.Span})
	f.Span = f.draft.site
	return true
}

// diagnose turns findings into diagnostics with their fixes. Two paths, or two
// callers of a helper, meet the same mistake: it is mended once.
// Without a budget, fixes are left to Workspace.FillFixes.
func diagnose(u *unit, w *world, found []located, budget *int) []Diagnostic {
	// What a path suggests may differ from what another does: it is no part of this.
	type place struct {
		span                        errcatalog.Span
		code                        errcatalog.Code
		path, param, node, from, to string
	}
	placeOf := func(f *located) place {
		d := &f.Details
		return place{f.Span, f.Code, f.Path, d.Param, d.Node, d.Source + "." + d.Output, d.Target + "." + d.Input}
	}
	anyNode := func(p place) place {
		p.node = "*"
		return p
	}
	elsewhere, seen := make([]bool, len(found)), map[place]bool{}
	for i := range found {
		f := &found[i]
		elsewhere[i] = f.relocate(u)
		if f.Node != nil && f.Node.ID.Known {
			seen[anyNode(placeOf(f))] = true
		}
	}
	var out []Diagnostic
	for i := range found {
		f := &found[i]
		at := placeOf(f)
		if seen[at] || f.Node != nil && !f.Node.ID.Known && seen[anyNode(at)] {
			continue // a caller's argument says which node it is
		}
		seen[at] = true
		var later *pending
		switch {
		case elsewhere[i]:
		case budget == nil:
			if later = (&pending{u: u}); !u.resting {
				later.located = *f
			}
		default:
			f.Fixes = fixesFor(u, w, *f, budget)
		}
		d := Diagnostic{Finding: f.Finding.Finding, File: f.Span.Start.Filename, pending: later}
		if d.File == "" {
			d.File = f.draft.file.name
		}
		out = append(out, d)
	}
	return out
}

// sortDiagnostics sorts by place and keeps one of each.
func sortDiagnostics(all []Diagnostic) []Diagnostic {
	slices.SortStableFunc(all, func(a, b Diagnostic) int {
		return cmp.Or(
			strings.Compare(a.File, b.File),
			cmp.Compare(a.Span.Start.Offset, b.Span.Start.Offset),
			cmp.Compare(a.Span.End.Offset, b.Span.End.Offset),
			strings.Compare(string(a.Code), string(b.Code)),
			strings.Compare(a.Message, b.Message),
		)
	})
	return slices.CompactFunc(all, func(a, b Diagnostic) bool {
		return a.File == b.File && a.Span == b.Span && a.Code == b.Code && a.Message == b.Message
	})
}

// runnable says what keeps the graph from running as it is read from the source.
func (d *draft) runnable(g *graph.Graph) error {
	not := func(span errcatalog.Span, details errcatalog.Details, format string, args ...any) error {
		remedy := "; build it of constants in one function to run it from here"
		switch {
		case details.NodeType == graph.FuncType:
			remedy = "; run the program itself"
		case details.Param != "":
			remedy = "; make it a dataflow.Input to run it from here"
		}
		details.Workflow = g.Name
		details.Reason = fmt.Sprintf(format, args...)
		return errcatalog.New(errcatalog.Finding{
			Code:    errcatalog.DF901,
			Message: fmt.Sprintf("%s:%d: %s%s", base(span.Start.Filename), span.Start.Line, details.Reason, remedy),
			Details: details, Span: span,
		})
	}
	if o := d.conditional(); o != nil && !d.open {
		return not(o.place(), errcatalog.Details{}, "the workflow cannot be read whole from the source: parts of it are built only on some paths")
	}
	if d.open {
		return not(d.where, errcatalog.Details{}, "the workflow cannot be read whole from the source: %s", d.why)
	}
	for i := range g.Nodes {
		n := &g.Nodes[i]
		at := errcatalog.Details{Node: n.ID.S, NodeType: n.Type.S}
		switch {
		case n.Type.S == graph.FuncType:
			return not(n.Call, at, "node %q calls a function of the program", n.ID.S)
		case !n.ID.Known:
			return not(n.ID.Span, at, "the id of a node is computed when the program runs")
		case !n.Type.Known:
			return not(n.Type.Span, at, "the type of node %q is computed when the program runs", n.ID.S)
		}
		if path, v := unknownIn(&n.Params, ""); v != nil {
			at.Param, at.Value = path, v.Source
			if path == "" {
				return not(v.Span, at, "the parameters of node %q are computed when the program runs", n.ID.S)
			}
			return not(v.Span, at, "the parameter %q of node %q is computed when the program runs", path, n.ID.S)
		}
	}
	for i := range g.Connections {
		c := &g.Connections[i]
		for _, t := range []graph.Text{c.From, c.Output, c.To, c.Input} {
			if !t.Known {
				return not(t.Span, errcatalog.Details{}, "an argument of AddConnection is computed when the program runs")
			}
		}
	}
	for i := range g.Dependencies {
		for _, t := range []graph.Text{g.Dependencies[i].Before, g.Dependencies[i].After} {
			if !t.Known {
				return not(t.Span, errcatalog.Details{}, "an argument of AddDependency is computed when the program runs")
			}
		}
	}
	return nil
}

// unknownIn finds the first value that source alone does not give.
func unknownIn(v *graph.Value, path string) (string, *graph.Value) {
	switch v.State {
	case graph.StateOpaque, graph.StateTyped:
		return path, v
	case graph.StateInput:
		if v.Input.Default != nil {
			return unknownIn(v.Input.Default, path)
		}
	case graph.StateMap, graph.StateList:
		if v.Partial {
			return path, v
		}
	}
	for i := range v.Entries {
		if p, bad := unknownIn(&v.Entries[i].Value, joinPath(path, v.Entries[i].Key)); bad != nil {
			return p, bad
		}
	}
	for i := range v.Items {
		if p, bad := unknownIn(&v.Items[i], joinPath(path, fmt.Sprint(i))); bad != nil {
			return p, bad
		}
	}
	return "", nil
}

func joinPath(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func base(file string) string { return file[strings.LastIndexAny(file, `/\`)+1:] }
