package analysis

import (
	"go/ast"
	"go/types"
	"slices"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
)

// newWorkflow starts a draft.
func (f *frame) newWorkflow(c *ast.CallExpr) ref {
	d := &draft{file: f.file, fn: f.fn, span: f.file.span(c), ctx: slices.Clone(f.ctx)}
	if len(c.Args) > 0 {
		f.expr(c.Args[0])
		d.name = f.text(c.Args[0])
	}
	if f.x.broken[f.body] {
		d.openAt("the function that builds it does not parse, or has a goto", d.span)
	}
	f.x.drafts = append(f.x.drafts, d)
	return ref{d: d}
}

// builder follows a method call on a workflow.
func (f *frame) builder(c *ast.CallExpr, sel *ast.SelectorExpr, method string) ref {
	r := f.expr(sel.X)
	var build func(ref) (op, bool)
	switch method {
	case "AddNode":
		build = func(r ref) (op, bool) { return f.addNode(c, r) }
	case "AddConnection":
		build = func(ref) (op, bool) { return f.addConnection(c) }
	case "AddDependency":
		build = func(ref) (op, bool) { return f.addDependency(c) }
	case "AddFunc":
		build = func(r ref) (op, bool) { return f.addFunc(c, r) }
	case "AddTransaction":
		build = func(r ref) (op, bool) { return f.addTransaction(c, r) }
	default: // Build and the like read
		for _, a := range c.Args {
			f.expr(a)
		}
		return ref{}
	}
	if !r.bound() {
		r = f.unknown(sel, r)
	}
	if method != "AddTransaction" { // whose function is followed with its block
		for _, a := range c.Args {
			f.escape(f.expr(a), "given to "+method, a)
		}
	}
	r.d.extended(f)
	o, ok := build(r)
	if !ok || c.Ellipsis.IsValid() {
		r.d.openAt("the call of "+method+" is not complete", f.file.span(sel.Sel))
		return r
	}
	f.record(r.d, o, c)
	if method == "AddTransaction" && o.tx != nil {
		f.transaction(c, r, o.tx)
	}
	return r
}

// extended notes that the workflow of a followed function is built on by its caller.
func (d *draft) extended(f *frame) {
	if d.via == "" || len(f.calls) > 0 && f.calls[len(f.calls)-1].FullName() == d.via {
		return
	}
	f.x.extensions.results[d.via] = true
	d.kept = true
}

// record adds a call to a workflow.
func (f *frame) record(d *draft, o op, c *ast.CallExpr) {
	f.x.ops++
	o.file, o.call = f.file, c
	o.ctx = f.ctx
	if len(f.ctx) >= len(d.ctx) && slices.Equal(f.ctx[:len(d.ctx)], d.ctx) {
		o.ctx = f.ctx[len(d.ctx):]
	}
	o.ctx = slices.Clone(o.ctx)
	if d.fn != f.fn && d.via == "" {
		d.openAt("another function builds on it", f.file.span(c))
	}
	if len(o.ctx) > 0 {
		d.openAt("parts of it are built only on some paths", f.file.span(c))
	}
	d.ops = append(d.ops, o)
}

// unknown is the fragment for a workflow whose making is not in sight.
func (f *frame) unknown(sel *ast.SelectorExpr, r ref) ref {
	why := f.file.text(sel.X)
	if r.external != "" {
		f.x.extensions.results[r.external] = true
	} else {
		f.x.extensions.unknown = true
	}
	d := f.fragment(why, f.file.span(sel.X))
	if id, ok := ast.Unparen(sel.X).(*ast.Ident); ok {
		if obj := f.object(id); obj != nil {
			f.env[obj] = binding{wf: ref{d: d}}
		}
	}
	return ref{d: d}
}

// callSpan is a builder call without what it is chained to.
func (f *frame) callSpan(c *ast.CallExpr) errcatalog.Span {
	start := c.Pos()
	if sel, ok := ast.Unparen(c.Fun).(*ast.SelectorExpr); ok {
		start = sel.Sel.Pos()
	}
	return f.file.between(f.file.offset(start), f.file.offset(c.End()))
}

func (f *frame) addNode(c *ast.CallExpr, r ref) (op, bool) {
	if len(c.Args) < 2 {
		return op{}, false
	}
	n := &graph.Node{Type: f.text(c.Args[0]), ID: f.text(c.Args[1]), Tx: r.tx, Call: f.callSpan(c)}
	n.Params.Span = n.Call
	if len(c.Args) > 2 {
		n.Params = f.params(c.Args[2])
	}
	return op{node: n}, true
}

func (f *frame) addConnection(c *ast.CallExpr) (op, bool) {
	if len(c.Args) != 4 {
		return op{}, false
	}
	return op{conn: &graph.Connection{
		From: f.text(c.Args[0]), Output: f.text(c.Args[1]), To: f.text(c.Args[2]), Input: f.text(c.Args[3]), Call: f.callSpan(c),
	}}, true
}

func (f *frame) addDependency(c *ast.CallExpr) (op, bool) {
	if len(c.Args) != 2 {
		return op{}, false
	}
	return op{dep: &graph.Dependency{Before: f.text(c.Args[0]), After: f.text(c.Args[1]), Call: f.callSpan(c)}}, true
}

func (f *frame) addFunc(c *ast.CallExpr, r ref) (op, bool) {
	if len(c.Args) < 1 {
		return op{}, false
	}
	if id := f.text(c.Args[0]); len(c.Args) == 2 && id.Known && f.x.info.Types[c.Args[1]].IsNil() {
		return f.misuse(graph.NilFunc(id.S), c.Args[1]), true
	}
	call := f.callSpan(c)
	return op{node: &graph.Node{
		ID: f.text(c.Args[0]), Type: graph.Text{S: graph.FuncType, Known: true, Span: call},
		Params: graph.Value{State: graph.StateMap, Span: call}, Tx: r.tx, Call: call,
	}}, true
}

func (f *frame) addTransaction(c *ast.CallExpr, r ref) (op, bool) {
	if len(c.Args) != 2 {
		return op{}, false
	}
	if id := f.text(c.Args[0]); id.Known && f.x.info.Types[c.Args[1]].IsNil() {
		return f.misuse(graph.NilTransaction(id.S), c.Args[1]), true
	}
	return op{tx: &graph.Transaction{ID: f.text(c.Args[0]), Parent: r.tx, Call: f.callSpan(c)}}, true
}

// misuse is a call that leaves no trace in the graph but a mistake.
func (f *frame) misuse(finding errcatalog.Finding, at ast.Expr) op {
	finding.Span = f.file.span(at)
	return op{misuse: &finding}
}

// transaction follows the function of a transaction block: it runs at once, once.
func (f *frame) transaction(c *ast.CallExpr, r ref, tx *graph.Transaction) {
	inner := ref{d: r.d, tx: tx.ID.S}
	if !tx.ID.Known {
		r.d.openAt("the id of a transaction block is computed", tx.ID.Span)
		inner.tx = r.tx
	}
	switch fun := ast.Unparen(c.Args[1]).(type) {
	case *ast.FuncLit:
		results, inlined := f.results, f.inlined
		f.results, f.inlined = nil, true
		if p := f.onlyParam(fun); p != nil {
			if f.usage[p].loose {
				f.escape(inner, "held by a parameter that is changed", fun)
			} else {
				f.env[p] = binding{wf: inner}
			}
		}
		f.block(fun.Body.List)
		f.results, f.inlined = results, inlined
	default:
		var callee *types.Func
		switch e := fun.(type) {
		case *ast.Ident:
			callee, _ = f.x.info.Uses[e].(*types.Func)
		case *ast.SelectorExpr:
			callee, _ = f.x.info.Uses[e.Sel].(*types.Func)
		}
		if callee != nil {
			if _, ok := f.inline(&ast.CallExpr{Fun: fun, Args: []ast.Expr{c.Args[1]}}, callee.Origin(), []ref{inner}); ok {
				return
			}
		}
		r.d.openAt("the function of a transaction block is not in sight", f.file.span(fun))
	}
}

func (f *frame) onlyParam(fun *ast.FuncLit) types.Object {
	if fun.Type.Params == nil || len(fun.Type.Params.List) != 1 || len(fun.Type.Params.List[0].Names) != 1 {
		return nil
	}
	return f.x.info.Defs[fun.Type.Params.List[0].Names[0]]
}
