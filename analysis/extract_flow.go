package analysis

import (
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
)

// A frame follows one function body, statement by statement, as it would run.
type frame struct {
	x     *extractor
	file  *source
	fn    *function
	body  ast.Node // what is followed: of fn, or of a function that it calls
	env   map[types.Object]binding
	usage map[types.Object]use
	ctx   []int // the branches that lead here
	calls []*types.Func
	// results are the workflows that each return statement returns.
	results [][]ref
	inlined bool // the body stands in a caller's place: returning early cuts what follows
}

// A binding is what is known of a variable.
type binding struct {
	wf  ref
	val *graph.Value
}

func (x *extractor) frame(file *source, fn *function, body ast.Node) *frame {
	return &frame{x: x, file: file, fn: fn, body: body, env: map[types.Object]binding{}, usage: x.usageOf(body)}
}

func (f *frame) object(id *ast.Ident) types.Object {
	if obj := f.x.info.Defs[id]; obj != nil {
		return obj
	}
	return f.x.info.Uses[id]
}

// block follows statements in order. What comes after a branch that may leave the
// block, and that has built something, is a branch of its own.
func (f *frame) block(list []ast.Stmt) {
	depth := len(f.ctx)
	for _, s := range list {
		before := f.x.ops
		f.stmt(s)
		if branches(s) && leaves(s) && (f.x.ops != before || f.inlined) {
			f.push()
		}
	}
	f.ctx = f.ctx[:depth]
}

func (f *frame) push() {
	f.x.ctxs++
	f.ctx = append(slices.Clip(f.ctx), f.x.ctxs)
}

// branches reports whether parts of s may not run.
func branches(s ast.Stmt) bool {
	switch s := s.(type) {
	case *ast.IfStmt, *ast.ForStmt, *ast.RangeStmt, *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.SelectStmt:
		return true
	case *ast.LabeledStmt:
		return branches(s.Stmt)
	case *ast.BlockStmt:
		return slices.ContainsFunc(s.List, branches)
	}
	return false
}

// leaves reports whether s can end the statements around it.
func leaves(s ast.Stmt) bool {
	found := false
	ast.Inspect(s, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.ReturnStmt, *ast.BranchStmt:
			found = true
		case *ast.CallExpr:
			if id, ok := n.Fun.(*ast.Ident); ok && id.Name == "panic" {
				found = true
			}
		}
		return !found
	})
	return found
}

// branch follows what may or may not run.
func (f *frame) branch(n ast.Node, follow func()) {
	if n == nil {
		return
	}
	before, depth := f.env, len(f.ctx)
	f.env = maps.Clone(before)
	f.push()
	follow()
	after := f.env
	f.ctx, f.env = f.ctx[:depth], before
	f.forgetWritten(n, after)
}

// forgetWritten drops what is known of the variables that n writes.
func (f *frame) forgetWritten(n ast.Node, after map[types.Object]binding) {
	drop := func(e ast.Expr) {
		id := rootIdent(e)
		if id == nil {
			return
		}
		obj := f.object(id)
		for _, b := range []binding{f.env[obj], after[obj]} {
			if b.wf.bound() {
				b.wf.d.openAt("the variable "+id.Name+" holds it only on some paths", f.file.span(id))
			}
		}
		delete(f.env, obj)
	}
	ast.Inspect(n, func(c ast.Node) bool {
		switch s := c.(type) {
		case *ast.AssignStmt:
			if s.Tok == token.DEFINE { // a new variable of the block needs no care; a redeclared one does
				for _, l := range s.Lhs {
					if id, ok := l.(*ast.Ident); ok && f.x.info.Defs[id] == nil {
						drop(l)
					}
				}
				return true
			}
			for _, l := range s.Lhs {
				drop(l)
			}
		case *ast.RangeStmt:
			if s.Tok == token.ASSIGN {
				drop(s.Key)
				drop(s.Value)
			}
		case *ast.IncDecStmt:
			drop(s.X)
		case *ast.CallExpr: // what is given to a function may be changed by it
			for _, a := range s.Args {
				if id, ok := ast.Unparen(a).(*ast.Ident); ok {
					if obj := f.object(id); obj != nil && mutable(obj.Type()) && !f.env[obj].wf.bound() {
						if _, m := f.x.builderMethod(s); m == "" {
							delete(f.env, obj)
						}
					}
				}
			}
		}
		return true
	})
}

func (f *frame) stmt(s ast.Stmt) {
	switch s := s.(type) {
	case *ast.ExprStmt:
		f.expr(s.X)
	case *ast.AssignStmt:
		f.assign(s)
	case *ast.DeclStmt:
		f.declare(s)
	case *ast.ReturnStmt:
		var refs []ref
		for _, e := range s.Results {
			refs = append(refs, f.expr(e))
		}
		if len(s.Results) == 0 {
			refs = f.namedResults()
		}
		f.results = append(f.results, refs)
	case *ast.BlockStmt:
		f.block(s.List)
	case *ast.LabeledStmt:
		f.stmt(s.Stmt)
	case *ast.IfStmt:
		if s.Init != nil {
			f.stmt(s.Init)
		}
		f.expr(s.Cond)
		f.branch(s.Body, func() { f.block(s.Body.List) })
		if s.Else != nil {
			f.branch(s.Else, func() { f.stmt(s.Else) })
		}
	case *ast.ForStmt:
		if s.Init != nil {
			f.stmt(s.Init)
		}
		f.loop(s, func() {
			if s.Cond != nil {
				f.expr(s.Cond)
			}
			f.block(s.Body.List)
			if s.Post != nil {
				f.stmt(s.Post)
			}
		})
	case *ast.RangeStmt:
		f.escape(f.expr(s.X), "ranged over", s.X)
		f.loop(s, func() { f.block(s.Body.List) })
	case *ast.SwitchStmt:
		if s.Init != nil {
			f.stmt(s.Init)
		}
		if s.Tag != nil {
			f.expr(s.Tag)
		}
		f.clauses(s.Body)
	case *ast.TypeSwitchStmt:
		if s.Init != nil {
			f.stmt(s.Init)
		}
		f.stmt(s.Assign)
		f.clauses(s.Body)
	case *ast.SelectStmt:
		f.clauses(s.Body)
	case *ast.GoStmt:
		f.branch(s, func() { f.expr(s.Call) })
	case *ast.DeferStmt:
		f.branch(s, func() { f.expr(s.Call) })
	case *ast.IncDecStmt:
		f.write(s.X, binding{})
	case *ast.SendStmt:
		f.expr(s.Chan)
		f.escape(f.expr(s.Value), "sent to a channel", s.Value)
	}
}

// loop follows a body that runs any number of times.
func (f *frame) loop(s ast.Stmt, follow func()) {
	f.forgetWritten(s, nil)
	f.branch(s, follow)
}

func (f *frame) clauses(body *ast.BlockStmt) {
	for _, c := range body.List {
		switch c := c.(type) {
		case *ast.CaseClause:
			for _, e := range c.List {
				f.expr(e)
			}
			f.branch(c, func() { f.block(c.Body) })
		case *ast.CommClause:
			f.branch(c, func() {
				if c.Comm != nil {
					f.stmt(c.Comm)
				}
				f.block(c.Body)
			})
		}
	}
}

// namedResults are the workflows that a bare return returns.
func (f *frame) namedResults() []ref {
	fd, ok := f.body.(*ast.FuncDecl)
	if !ok || fd.Type.Results == nil {
		return nil
	}
	var refs []ref
	for _, field := range fd.Type.Results.List {
		for _, id := range field.Names {
			refs = append(refs, f.env[f.x.info.Defs[id]].wf)
		}
	}
	return refs
}

func (f *frame) declare(s *ast.DeclStmt) {
	gd, ok := s.Decl.(*ast.GenDecl)
	if !ok || gd.Tok != token.VAR {
		return
	}
	for _, spec := range gd.Specs {
		vs, ok := spec.(*ast.ValueSpec)
		if !ok {
			continue
		}
		lhs := make([]ast.Expr, len(vs.Names))
		for i, id := range vs.Names {
			lhs[i] = id
		}
		f.bindAll(lhs, vs.Values)
	}
}

func (f *frame) assign(s *ast.AssignStmt) {
	if s.Tok != token.ASSIGN && s.Tok != token.DEFINE {
		f.expr(s.Rhs[0])
		f.write(s.Lhs[0], binding{})
		return
	}
	f.bindAll(s.Lhs, s.Rhs)
}

// bindAll evaluates all of rhs before any of lhs is written.
func (f *frame) bindAll(lhs, rhs []ast.Expr) {
	bindings := make([]binding, len(lhs))
	switch {
	case len(rhs) == 1 && len(lhs) > 1:
		if call, ok := ast.Unparen(rhs[0]).(*ast.CallExpr); ok {
			for i, r := range f.call(call) {
				if i < len(bindings) {
					bindings[i].wf = r
				}
			}
		} else {
			f.escape(f.expr(rhs[0]), "taken apart", rhs[0])
		}
	default:
		for i, e := range rhs {
			r := f.expr(e)
			if i < len(bindings) {
				bindings[i] = f.bind(lhs[i], e, r)
			}
		}
	}
	for i, l := range lhs {
		f.write(l, bindings[i])
	}
}

// bind is what a variable is bound to when e is assigned to it.
func (f *frame) bind(l, e ast.Expr, r ref) binding {
	if r.bound() || r.external != "" {
		return binding{wf: r}
	}
	tv, ok := f.x.info.Types[e]
	if !ok {
		return binding{}
	}
	if _, ok := ast.Unparen(e).(*ast.Ident); ok && mutable(tv.Type) {
		return binding{} // two names for one map: neither is followed
	}
	v := f.value(e)
	if _, isVar := ast.Unparen(l).(*ast.Ident); isVar {
		v.Untyped = false // a variable has a type
		if v.State == graph.StateOpaque {
			return binding{}
		}
	}
	return binding{val: &v}
}

// write assigns to a variable, or to a part of one.
func (f *frame) write(l ast.Expr, b binding) {
	l = ast.Unparen(l)
	if id, ok := l.(*ast.Ident); ok {
		if id.Name == "_" {
			return
		}
		obj := f.object(id)
		v, isVar := obj.(*types.Var)
		if !isVar {
			return
		}
		if old := f.env[obj].wf; old.bound() && old.d != b.wf.d && f.usage[obj].loose {
			old.d.openAt("the variable "+id.Name+" is written by a closure", f.file.span(id))
		}
		delete(f.env, obj)
		switch {
		case v.Parent() == f.x.u.pkg.Scope():
			f.escape(b.wf, "stored in the package variable "+id.Name, l)
		case f.usage[obj].loose:
			f.escape(b.wf, "held by "+id.Name+", which a closure or a pointer can change", l)
		case b.val != nil && isContainer(b.val) && !f.usage[obj].followed():
			// what it holds may change unseen
		case b.wf.bound() || b.wf.external != "" || b.val != nil:
			f.env[obj] = b
		}
		return
	}
	f.escape(b.wf, "stored in "+f.file.text(l), l)
	if ix, ok := l.(*ast.IndexExpr); ok {
		f.expr(ix.Index)
		if id, ok := ast.Unparen(ix.X).(*ast.Ident); ok && b.val != nil && f.setEntry(f.object(id), ix, *b.val) {
			return
		}
		if id, ok := ast.Unparen(ix.X).(*ast.Ident); ok && f.setEntry(f.object(id), ix, graph.Value{}) {
			return
		}
	}
	if id := rootIdent(l); id != nil {
		delete(f.env, f.object(id))
	}
}

// setEntry follows p["key"] = value on a map that is known.
func (f *frame) setEntry(obj types.Object, ix *ast.IndexExpr, v graph.Value) bool {
	b := f.env[obj]
	if b.val == nil || b.val.State != graph.StateMap {
		return false
	}
	m := *b.val
	key := f.value(ix.Index)
	name, ok := key.V.(string)
	if !ok {
		delete(f.env, obj) // any of its keys may have changed
		return true
	}
	m.Entries = slices.DeleteFunc(slices.Clone(m.Entries), func(e graph.Entry) bool { return e.Key == name })
	m.Entries = append(m.Entries, graph.Entry{Key: name, Value: v, KeySpan: f.file.inner(ix.Index), Span: f.file.span(ix)})
	f.env[obj] = binding{val: &m}
	return true
}

// isContainer reports whether a value is a map or a list, whose contents can change.
func isContainer(v *graph.Value) bool {
	return v.State == graph.StateMap || v.State == graph.StateList
}

// mutable reports whether a value of the type can be changed through a copy of it.
func mutable(t types.Type) bool {
	if t == nil {
		return true
	}
	switch t.Underlying().(type) {
	case *types.Basic:
		return false
	case *types.Struct:
		return !isNamed(t, rootPath+"/graph", "InputValue") && !isNamed(t, "time", "Time")
	}
	return true
}

// escape notes that a workflow leaves what is followed.
func (f *frame) escape(r ref, how string, where ast.Node) {
	if r.bound() {
		r.d.openAt("it is "+how, f.file.span(where))
	}
}

// fragment starts a workflow that is made elsewhere.
func (f *frame) fragment(why string, where errcatalog.Span) *draft {
	d := &draft{file: f.file, fn: f.fn, fragment: true, span: where, ctx: slices.Clone(f.ctx)}
	d.openAt("it is made elsewhere ("+why+")", where)
	f.x.drafts = append(f.x.drafts, d)
	return d
}
