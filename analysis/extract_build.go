package analysis

import (
	"go/ast"
	"slices"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
)

// newWorkflow starts a draft.
func (f *frame) newWorkflow(c *ast.CallExpr) value {
	d := &draft{file: f.file, fn: f.fn, span: f.file.span(c), ctx: slices.Clone(f.ctx)}
	d.site = f.site
	if len(c.Args) > 0 {
		d.name = f.text(c.Args[0])
	}
	if f.broken {
		d.openAt("the function that builds it does not parse, or has a goto", d.span)
	}
	f.x.add(d)
	return value{wfs: []ref{{d: d}}}
}

// builder follows a call of a method of a workflow; on is the expression before it.
func (f *frame) builder(c *ast.CallExpr, recv value, on ast.Expr, method string, args []ast.Expr) value {
	if f.x.st == nil {
		return value{}
	}
	refs := slices.Clone(recv.wfs)
	var build func(r ref) (op, bool)
	switch method {
	case "AddNode":
		build = f.addNode(c, args)
	case "AddConnection":
		build = f.addConnection(c, args)
	case "AddDependency":
		build = f.addDependency(c, args)
	case "AddFunc":
		build = f.addFunc(c, args)
	case "AddTransaction":
		build = f.addTransaction(c, args)
	default: // Build and the like read
		for _, a := range args {
			f.eval(a)
		}
		return value{}
	}
	if f.x.st == nil {
		return value{}
	}
	if len(refs) == 0 && !recv.isNil() {
		refs = []ref{{}}
	}
	for i, r := range refs {
		if r.d == nil {
			refs[i] = f.unknownWorkflow(on, r.external)
			r = refs[i]
		}
		if len(r.when) > 0 && len(f.ctx) > r.depth {
			// The branch may be one that is never taken with this workflow.
			f.open(r, "which of several it is may depend on a branch", c)
			r = ref{d: f.fragment(f.file.text(on), f.file.span(on))}
		}
		o, ok := build(r)
		if !ok || c.Ellipsis.IsValid() {
			f.open(r, "the call of "+method+" is not complete", c)
			continue
		}
		f.record(r, o, c)
		if o.tx != nil {
			f.transaction(args[1], r, o.tx, c)
		}
	}
	return value{wfs: refs}
}

// record adds a call to a workflow.
func (f *frame) record(r ref, o op, c *ast.CallExpr) {
	d := r.d
	if len(d.vias) > 0 {
		d.extended = true
		for _, via := range d.vias {
			f.x.extensions.results[via] = true
		}
	}
	if f.x.dry > 0 {
		return
	}
	o.file, o.call, o.site = f.file, c, f.site
	ctx := append(slices.Clone(f.ctx), r.when...)
	if len(ctx) >= len(d.ctx) && slices.Equal(ctx[:len(d.ctx)], d.ctx) {
		ctx = ctx[len(d.ctx):]
	}
	if d.fn != f.fn { // it may or may not be called
		ctx = append([]int{f.own}, ctx...)
	}
	if f.broken {
		f.x.ctxs++
		ctx = append(ctx, f.x.ctxs)
	}
	o.ctx = ctx
	d.ops = append(d.ops, o)
	if f.rescue != nil { // the next call of a chain may never happen
		f.push()
	}
}

// callSpan is a builder call without what it is chained to.
func (f *frame) callSpan(c *ast.CallExpr) errcatalog.Span {
	start := c.Pos()
	if sel, ok := ast.Unparen(c.Fun).(*ast.SelectorExpr); ok {
		start = sel.Sel.Pos()
	}
	return f.file.between(f.file.offset(start), f.file.offset(c.End()))
}

func incomplete(ref) (op, bool) { return op{}, false }

func (f *frame) texts(args []ast.Expr) []graph.Text {
	texts := make([]graph.Text, len(args))
	for i, a := range args {
		texts[i] = f.text(a)
	}
	return texts
}

func (f *frame) addNode(c *ast.CallExpr, args []ast.Expr) func(ref) (op, bool) {
	if len(args) < 2 {
		f.texts(args)
		return incomplete
	}
	t := f.texts(args[:2])
	n := graph.Node{Type: t[0], ID: t[1], Call: f.callSpan(c)}
	n.Params.Span = n.Call
	if len(args) > 2 {
		n.Params = f.params(args[2])
	}
	return func(r ref) (op, bool) {
		n := n
		n.Tx = r.tx
		return op{node: &n}, true
	}
}

func (f *frame) addConnection(c *ast.CallExpr, args []ast.Expr) func(ref) (op, bool) {
	t := f.texts(args)
	if len(t) != 4 {
		return incomplete
	}
	call := f.callSpan(c)
	return func(ref) (op, bool) {
		return op{conn: &graph.Connection{From: t[0], Output: t[1], To: t[2], Input: t[3], Call: call}}, true
	}
}

func (f *frame) addDependency(c *ast.CallExpr, args []ast.Expr) func(ref) (op, bool) {
	t := f.texts(args)
	if len(t) != 2 {
		return incomplete
	}
	call := f.callSpan(c)
	return func(ref) (op, bool) { return op{dep: &graph.Dependency{Before: t[0], After: t[1], Call: call}}, true }
}

func (f *frame) addFunc(c *ast.CallExpr, args []ast.Expr) func(ref) (op, bool) {
	if len(args) < 1 {
		return incomplete
	}
	id, call := f.text(args[0]), f.callSpan(c)
	if len(args) == 2 && id.Known && f.u.info.Types[args[1]].IsNil() {
		return f.misuse(graph.NilFunc(id.S), args[1])
	}
	for _, a := range args[1:] {
		f.escape(f.eval(a), "given to AddFunc", a)
	}
	return func(r ref) (op, bool) {
		return op{node: &graph.Node{
			ID: id, Type: graph.Text{S: graph.FuncType, Known: true, Span: call},
			Params: graph.Value{State: graph.StateMap, Span: call}, Tx: r.tx, Call: call,
		}}, true
	}
}

func (f *frame) addTransaction(c *ast.CallExpr, args []ast.Expr) func(ref) (op, bool) {
	if len(args) != 2 {
		f.texts(args)
		return incomplete
	}
	id, call := f.text(args[0]), f.callSpan(c)
	if id.Known && f.u.info.Types[args[1]].IsNil() {
		return f.misuse(graph.NilTransaction(id.S), args[1])
	}
	return func(r ref) (op, bool) { return op{tx: &graph.Transaction{ID: id, Parent: r.tx, Call: call}}, true }
}

// misuse is a call that leaves no trace in the graph but a mistake.
func (f *frame) misuse(finding errcatalog.Finding, at ast.Expr) func(ref) (op, bool) {
	finding.Span = f.file.span(at)
	return func(ref) (op, bool) { return op{misuse: &finding}, true }
}

// transaction follows the function of a transaction block: it runs at once, once.
func (f *frame) transaction(fun ast.Expr, r ref, tx *graph.Transaction, c *ast.CallExpr) {
	inner := ref{d: r.d, tx: tx.ID.S, when: r.when, depth: r.depth}
	if !tx.ID.Known {
		f.open(r, "the id of a transaction block is computed", c)
		inner.tx = r.tx
	}
	v := f.eval(fun)
	if f.x.st == nil {
		return
	}
	if v.fn != nil {
		if _, ok := f.follow(v.fn, []value{{wfs: []ref{inner}}}, c); ok {
			return
		}
	}
	f.escape(v, "given to AddTransaction", fun)
	f.open(r, "the function of a transaction block is not in sight", fun)
}

// fragment starts a workflow that is made elsewhere.
func (f *frame) fragment(why string, where errcatalog.Span) *draft {
	d := &draft{file: f.file, fn: f.fn, fragment: true, span: where, ctx: slices.Clone(f.ctx)}
	d.openAt("it is made elsewhere ("+why+")", where)
	f.x.add(d)
	return d
}

// add keeps a draft, unless it belongs to a dry run.
func (x *extractor) add(d *draft) {
	x.made = append(x.made, d)
	if x.dry == 0 {
		x.drafts = append(x.drafts, d)
	}
}

// unknownWorkflow is the fragment for a workflow whose making is not in sight.
func (f *frame) unknownWorkflow(e ast.Expr, external string) ref {
	if external != "" {
		f.x.extensions.results[external] = true
	} else {
		f.x.extensions.unknown = true
	}
	r := ref{d: f.fragment(f.file.text(e), f.file.span(e))}
	if id, ok := ast.Unparen(e).(*ast.Ident); ok {
		if c := f.env[f.object(id)]; c != nil && !f.x.lost(c) {
			f.x.st.setCell(c, held{value: value{wfs: []ref{r}}})
		}
	}
	return r
}
