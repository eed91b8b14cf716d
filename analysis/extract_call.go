package analysis

import (
	"go/ast"
	"go/types"
	"slices"
)

// maxInline is how deep calls of functions in the same package are followed.
const maxInline = 3

// expr evaluates an expression for what it does to workflows, and returns the
// workflow that it is, if it is one.
func (f *frame) expr(e ast.Expr) ref {
	switch e := e.(type) {
	case *ast.ParenExpr:
		return f.expr(e.X)
	case *ast.Ident:
		return f.ident(e)
	case *ast.CallExpr:
		if refs := f.call(e); len(refs) == 1 {
			return refs[0]
		}
	case *ast.SelectorExpr:
		return f.selector(e)
	case *ast.FuncLit:
		f.closure(e)
	case *ast.CompositeLit:
		for _, el := range e.Elts {
			if kv, ok := el.(*ast.KeyValueExpr); ok {
				f.expr(kv.Key)
				el = kv.Value
			}
			f.escape(f.expr(el), "stored in "+f.typeName(e), el)
		}
	case *ast.UnaryExpr:
		f.escape(f.expr(e.X), "used through a pointer", e)
	case *ast.StarExpr:
		f.escape(f.expr(e.X), "copied", e)
	case *ast.BinaryExpr:
		f.expr(e.X)
		f.expr(e.Y)
	case *ast.IndexExpr:
		f.expr(e.X)
		f.expr(e.Index)
	case *ast.SliceExpr:
		f.expr(e.X)
	case *ast.TypeAssertExpr:
		f.escape(f.expr(e.X), "used through an interface", e)
	}
	return ref{}
}

func (f *frame) typeName(e ast.Expr) string {
	if t := f.x.info.Types[e].Type; t != nil {
		return types.TypeString(t, packageName)
	}
	return "a value"
}

func packageName(p *types.Package) string { return p.Name() }

// ident is the workflow that a variable holds.
func (f *frame) ident(id *ast.Ident) ref {
	obj := f.x.info.Uses[id]
	if obj == nil {
		return ref{}
	}
	if b, ok := f.env[obj]; ok {
		return b.wf
	}
	f.functionValue(obj)
	if v, ok := obj.(*types.Var); ok {
		if r, ok := f.x.globals[v]; ok {
			return r
		}
	}
	return ref{}
}

// functionValue notes a function that makes workflows and is not called here.
func (f *frame) functionValue(obj types.Object) {
	if fn, ok := obj.(*types.Func); ok && handlesWorkflows(fn.Signature()) {
		f.x.extensions.values[fn.Origin().FullName()] = true
	}
}

// selector is a package's variable, a field, or a method that is not called here.
func (f *frame) selector(e *ast.SelectorExpr) ref {
	if v, ok := f.x.info.Uses[e.Sel].(*types.Var); ok && !v.IsField() && v.Pkg() != nil {
		if isWorkflow(v.Type()) {
			return ref{external: v.Pkg().Path() + "." + v.Name()}
		}
		return ref{}
	}
	f.functionValue(f.x.info.Uses[e.Sel])
	f.escape(f.expr(e.X), "used as the method value "+f.file.text(e), e)
	return ref{}
}

// closure follows a function literal that runs at a time that is not known.
func (f *frame) closure(lit *ast.FuncLit) {
	results, inlined := f.results, f.inlined
	f.results, f.inlined = nil, false
	f.branch(lit.Body, func() {
		for obj, b := range f.env {
			if f.usage[obj].assigns > 1 && b.val != nil {
				delete(f.env, obj) // it may have changed by then
			}
		}
		f.block(lit.Body.List)
	})
	for _, refs := range f.results {
		for _, r := range refs {
			if r.bound() {
				f.x.returned = append(f.x.returned, r.d)
			}
		}
	}
	f.results, f.inlined = results, inlined
}

// call evaluates a call and returns the workflows among its results.
func (f *frame) call(c *ast.CallExpr) []ref {
	if sel, method := f.x.builderMethod(c); sel != nil {
		return []ref{f.builder(c, sel, method)}
	}
	callee := f.x.callee(c)
	if isFunc(callee, rootPath, "NewWorkflow") {
		return []ref{f.newWorkflow(c)}
	}
	switch fun := ast.Unparen(c.Fun).(type) {
	case *ast.SelectorExpr:
		f.escape(f.expr(fun.X), "used in a call that does not compile", fun)
	case *ast.FuncLit:
		f.closure(fun)
	}
	args := make([]ref, len(c.Args))
	for i, a := range c.Args {
		args[i] = f.expr(a)
	}
	if tv, ok := f.x.info.Types[c.Fun]; ok && tv.IsType() && len(args) == 1 {
		return args // a conversion
	}
	defer f.forgetArguments(c, callee)
	if callee != nil {
		callee = callee.Origin()
		if refs, ok := f.inline(c, callee, args); ok {
			return refs
		}
	}
	if id, ok := ast.Unparen(c.Fun).(*ast.Ident); ok && id.Name == "append" && callee == nil {
		for i, r := range args {
			f.escape(r, "stored in a slice", c.Args[i])
		}
		return nil
	}
	for i, r := range args {
		f.pass(c, callee, i, r)
	}
	return f.externalResults(c, callee)
}

// forgetArguments drops what is known of maps and slices that a function was given.
func (f *frame) forgetArguments(c *ast.CallExpr, callee *types.Func) {
	if id, ok := ast.Unparen(c.Fun).(*ast.Ident); ok {
		if b, ok := f.x.info.Uses[id].(*types.Builtin); ok && (b.Name() == "len" || b.Name() == "cap" || b.Name() == "append") {
			return
		}
	}
	for _, a := range c.Args {
		if id := rootIdent(a); id != nil {
			if obj := f.object(id); obj != nil && mutable(obj.Type()) && f.env[obj].val != nil {
				delete(f.env, obj)
			}
		}
	}
}

// externalResults are the workflows that a function makes that is not followed.
func (f *frame) externalResults(c *ast.CallExpr, callee *types.Func) []ref {
	if callee == nil {
		return nil
	}
	results := callee.Signature().Results()
	refs := make([]ref, results.Len())
	for i := range refs {
		if isWorkflow(results.At(i).Type()) {
			refs[i] = ref{external: callee.FullName()}
			if recv := callee.Signature().Recv(); recv != nil && types.IsInterface(recv.Type()) {
				refs[i].external = "." + callee.Name() // any method of the name
			}
		}
	}
	return refs
}

// pass notes that a workflow is given to a function that is not followed.
func (f *frame) pass(c *ast.CallExpr, callee *types.Func, arg int, r ref) {
	if !r.bound() && r.external == "" {
		return
	}
	where := f.file.span(c.Args[arg])
	p := pass{arg: arg, where: where}
	if callee != nil {
		if callee.Pkg() != nil && trusted(callee.Pkg().Path()) && (callee.Signature().Recv() == nil || !isWorkflow(callee.Signature().Recv().Type())) {
			return
		}
		params := callee.Signature().Params()
		i := min(arg, params.Len()-1)
		if i < 0 {
			return
		}
		t := params.At(i).Type()
		if callee.Signature().Variadic() && i == params.Len()-1 && !c.Ellipsis.IsValid() {
			if s, ok := t.(*types.Slice); ok {
				t = s.Elem()
			}
		}
		if iface, ok := types.Unalias(t).Underlying().(*types.Interface); ok && iface.Empty() {
			if _, generic := types.Unalias(t).(*types.TypeParam); !generic {
				return // printed, compared, logged
			}
		}
		if isWorkflow(t) && callee.Signature().Recv() == nil {
			p.callee, p.arg = callee.FullName(), i
		} else if isWorkflow(t) && !types.IsInterface(callee.Signature().Recv().Type()) {
			p.callee, p.arg = callee.FullName(), i
		}
	}
	switch {
	case r.bound():
		r.d.passes = append(r.d.passes, p)
		if r.d.via != "" {
			f.x.extensions.passed[r.d.via] = append(f.x.extensions.passed[r.d.via], p)
		}
	default:
		f.x.extensions.passed[r.external] = append(f.x.extensions.passed[r.external], p)
	}
}

// inline follows a call of a function of the same package that takes or returns a
// workflow, as if its body stood here.
func (f *frame) inline(c *ast.CallExpr, callee *types.Func, args []ref) ([]ref, bool) {
	decl, ok := f.x.decls[callee]
	if !ok || decl.decl.Body == nil || len(f.calls) >= maxInline || slices.Contains(f.calls, callee) || !handlesWorkflows(callee.Signature()) {
		return nil, false
	}
	sig := callee.Signature()
	if sig.Variadic() || sig.Params().Len() != len(args) {
		return nil, false
	}
	in := f.x.frame(decl.file, f.fn, decl.decl)
	in.ctx, in.calls, in.inlined = f.ctx, append(slices.Clip(f.calls), callee), true
	for i, r := range args {
		p := sig.Params().At(i)
		if in.usage[p].loose {
			f.escape(r, "given to "+callee.Name()+", which changes its parameter", c.Args[i])
			continue
		}
		b := f.bind(ast.NewIdent(p.Name()), c.Args[i], r)
		if b.val != nil {
			b.val.Span = f.file.span(c.Args[i])
		}
		if b.wf.bound() || b.wf.external != "" || b.val != nil && (!isContainer(b.val) || in.usage[p].followed()) {
			in.env[p] = b
		}
	}
	if f.x.broken[decl.decl] {
		for i, r := range args {
			f.escape(r, "given to "+callee.Name()+", which does not parse", c.Args[i])
		}
	}
	first := len(f.x.drafts)
	in.block(decl.decl.Body.List)
	for _, d := range f.x.drafts[first:] {
		if d.via == "" {
			d.via, d.fn = callee.FullName(), f.fn
		}
	}
	return in.merged(sig), true
}

// handlesWorkflows reports whether a workflow goes in or comes out.
func handlesWorkflows(sig *types.Signature) bool {
	for p := range sig.Params().Variables() {
		if isWorkflow(p.Type()) {
			return true
		}
	}
	for r := range sig.Results().Variables() {
		if isWorkflow(r.Type()) {
			return true
		}
	}
	return false
}

// merged are the results of a followed call: what every return statement agrees on.
func (f *frame) merged(sig *types.Signature) []ref {
	refs := make([]ref, sig.Results().Len())
	for i := range refs {
		if !isWorkflow(sig.Results().At(i).Type()) {
			continue
		}
		seen := false
		for _, r := range f.results {
			if i >= len(r) || !r[i].bound() && r[i].external == "" {
				continue // nil, beside an error
			}
			if seen && refs[i] != r[i] {
				refs[i].d.openIfBound("it is one of several that are returned", f.file.span(f.fn.head))
				r[i].d.openIfBound("it is one of several that are returned", f.file.span(f.fn.head))
				refs[i] = ref{}
				break
			}
			refs[i], seen = r[i], true
		}
	}
	return refs
}
