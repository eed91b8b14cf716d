package analysis

import (
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"
)

// A callable is a function as a value: a literal with the variables that it sees,
// or a declared function or method, with its receiver where it has one.
type callable struct {
	lit   *ast.FuncLit
	frame *frame // of the literal, as it was then

	f        *types.Func
	unbound  bool // a method expression: the receiver is the first argument
	recv     *value
	recvExpr ast.Expr

	followed, escaped bool
	gone              cell // lost on the paths on which the function has escaped
}

// closure is a function literal with the variables that it sees.
func (f *frame) closure(lit *ast.FuncLit) *callable {
	frame := *f
	frame.env = maps.Clone(f.env)
	c := &callable{lit: lit, frame: &frame}
	if f.x.dry == 0 {
		f.x.literals = append(f.x.literals, c)
	}
	return c
}

// maxDepth bounds how deep calls are followed; what they take in all is bounded by
// maxSteps.
const maxDepth = 64

// call follows a call, and returns its results.
func (f *frame) call(c *ast.CallExpr) []value {
	tv := f.u.info.Types[c.Fun]
	switch {
	case tv.IsType() && len(c.Args) == 1:
		return []value{f.conversion(f.copied(f.eval(c.Args[0])), tv.Type)}
	case tv.IsBuiltin():
		return []value{f.builtin(c)}
	}
	fun := f.eval(c.Fun)
	if f.x.st == nil {
		return nil
	}
	fn := fun.fn
	if fn == nil {
		f.escape(fun, "used in a call that is not followed", c.Fun)
		return f.opaque(c, nil, f.args(c))
	}
	if fn.f != nil {
		if values, ok := f.special(c, fn); ok {
			return values
		}
	}
	args := f.args(c)
	if f.x.st == nil {
		return nil
	}
	if fn.lit != nil || tells(fn, args) {
		if values, ok := f.followCall(fn, args, c); ok {
			return values
		}
	}
	return f.opaque(c, fn, args)
}

// tells reports whether following a function can tell anything: it is given
// something that is followed, or may return some.
func tells(fn *callable, args []value) bool {
	return useful(fn.f.Signature()) || fn.recv != nil && fn.recv.matters() || slices.ContainsFunc(args, func(v value) bool { return v.matters() })
}

// matters reports whether what becomes of a value can show in a workflow.
func (v value) matters() bool {
	if v.fn != nil && v.fn.lit != nil {
		return v.fn.frame.u.builds(v.fn.lit)
	}
	if v.obj == nil {
		return v.fn != nil || len(v.wfs) > 0
	}
	if st := structOf(v.obj.typ); st != nil {
		return holdsWorkflow(st)
	}
	return true
}

// special handles the calls whose meaning is known without their source.
func (f *frame) special(c *ast.CallExpr, fn *callable) ([]value, bool) {
	recv := fn.f.Signature().Recv()
	if recv != nil && isWorkflow(recv.Type()) {
		if !fn.unbound {
			return []value{f.builder(c, *fn.recv, fn.recvExpr, fn.f.Name(), c.Args)}, true
		}
		if len(c.Args) == 0 {
			return nil, true
		}
		call := *c // as if it were a method call
		call.Args = c.Args[1:]
		return []value{f.builder(&call, f.eval(c.Args[0]), c.Args[0], fn.f.Name(), call.Args)}, true
	}
	switch {
	case isFunc(fn.f, rootPath, "NewWorkflow"):
		return []value{f.newWorkflow(c)}, true
	case recv == nil && fn.f.Pkg() != nil && slices.Contains(inputMakers, fn.f.Pkg().Path()+"."+fn.f.Name()) && len(c.Args) == 1:
		return []value{f.input(c)}, true
	case recv != nil && fn.f.Name() == "Default" && isNamed(recv.Type(), rootPath+"/graph", "InputValue") && len(c.Args) == 1 && fn.recv != nil:
		return []value{f.inputDefault(c, *fn.recv)}, true
	}
	if !c.Ellipsis.IsValid() || fn.f.FullName() == "fmt.Sprintf" {
		if known := knownFunctions[fn.f.FullName()]; known != nil {
			return f.knownCall(c, known), true
		}
	}
	return nil, false
}

var inputMakers = []string{rootPath + ".Input", rootPath + "/graph.NewInput"}

// args are the arguments of a call.
func (f *frame) args(c *ast.CallExpr) []value {
	var args []value
	for _, a := range c.Args {
		args = append(args, f.evalAll(a)...)
	}
	if len(c.Args) > 1 && len(args) > len(c.Args) {
		args = args[:len(c.Args)] // broken code
	}
	return args
}

// followCall follows the body of a declared function, or of a literal, with the
// arguments of a call. It fails where there is none to follow.
func (f *frame) followCall(fn *callable, args []value, c *ast.CallExpr) ([]value, bool) {
	if fn.lit == nil && fn.unbound {
		if len(args) == 0 {
			return nil, false
		}
		bound := *fn
		bound.unbound, bound.recv = false, &args[0]
		fn, args = &bound, args[1:]
	}
	if c.Ellipsis.IsValid() {
		return f.followSpread(fn, args, c)
	}
	return f.follow(fn, args, c)
}

// followSpread follows f(list...): the list is the variadic parameter.
func (f *frame) followSpread(fn *callable, args []value, c *ast.CallExpr) ([]value, bool) {
	in, ok := f.enter(fn, c)
	if !ok {
		return nil, false
	}
	return in.through(f, args, false), true
}

func (f *frame) follow(fn *callable, args []value, call ast.Node) ([]value, bool) {
	in, ok := f.enter(fn, call)
	if !ok {
		return nil, false
	}
	return in.through(f, args, true), true
}

// An entered function is one that is about to be followed.
type entered struct {
	*frame
	fn   *callable
	typ  *ast.FuncType
	recv *ast.FieldList
	code *ast.BlockStmt
	full string // of a declared function
}

// enter makes the frame for the body of fn.
func (f *frame) enter(fn *callable, call ast.Node) (*entered, bool) {
	if f.tired() || len(f.calls) > maxDepth || f.x.st == nil {
		return nil, false
	}
	e := &entered{fn: fn, frame: &frame{x: f.x, fn: f.fn, own: f.own, ctx: f.ctx, site: f.site, inlined: true, rescue: f.rescue}}
	if fn.lit != nil {
		e.u, e.file, e.body, e.broken = fn.frame.u, fn.frame.file, fn.frame.body, fn.frame.broken
		e.env, e.typ, e.code = maps.Clone(fn.frame.env), fn.lit.Type, fn.lit.Body
		e.calls = append(slices.Clip(f.calls), fn.lit)
	} else {
		d := f.x.declaration(fn.f)
		if d == nil || d.decl.Body == nil || d.u.broken[d.decl] {
			return nil, false
		}
		e.u, e.file, e.body, e.env = d.u, d.file, d.decl, map[types.Object]*cell{}
		e.typ, e.recv, e.code, e.full = d.decl.Type, d.decl.Recv, d.decl.Body, d.fn.FullName()
		e.calls = append(slices.Clip(f.calls), d.decl)
	}
	if slices.Contains(f.calls, e.calls[len(e.calls)-1]) {
		return nil, false // recursion
	}
	if e.u != f.x.u && !e.site.IsValid() {
		e.site = f.file.span(call)
	}
	fn.followed = true
	return e, true
}

// declaration finds a declared function in this unit, or in another of the workspace.
func (x *extractor) declaration(fn *types.Func) *declaration {
	fn = fn.Origin()
	if fn.Pkg() == nil || types.IsInterface(recvType(fn)) {
		return nil
	}
	full, path := fn.FullName(), fn.Pkg().Path()
	if d := x.u.decls[full]; d != nil && d.decl.Body != nil {
		return d
	}
	if path == x.u.meta.PkgPath || !x.lib.owns(path) {
		return nil
	}
	d, key := x.lib.function(path, full)
	x.read[path] = key
	return d
}

func recvType(fn *types.Func) types.Type {
	if r := fn.Signature().Recv(); r != nil {
		return r.Type()
	}
	return types.Typ[types.Invalid]
}

// through binds the parameters and follows the body. pack says that the last
// arguments of a variadic function stand on their own.
func (e *entered) through(caller *frame, args []value, pack bool) []value {
	x := e.x
	if e.recv != nil && e.fn.recv != nil {
		e.bindReceiver(*e.fn.recv)
	}
	e.bindParams(args, pack)
	e.results = e.namedResults(e.typ)
	first, exits, left := len(x.made), x.exits, x.left
	e.run(e.code)
	x.exits, x.left = exits, left
	var values []value
	if x.st != nil {
		values = e.merged()
	}
	if e.full != "" {
		for _, d := range x.made[first:] {
			d.vias, d.extended = append(d.vias, e.full), false
			d.given = d.given || len(args) > 0
		}
	}
	return values
}

func (e *entered) bindReceiver(recv value) {
	for _, field := range e.recv.List {
		_, pointer := ast.Unparen(field.Type).(*ast.StarExpr)
		for _, id := range field.Names {
			if obj := e.u.info.Defs[id]; obj != nil {
				if recv.obj != nil && structOf(recv.obj.typ) != nil {
					if recv.ptr = pointer; !pointer {
						recv = e.copied(recv)
					}
				}
				e.store(e.declare(obj), recv)
			}
		}
	}
}

func (e *entered) bindParams(args []value, pack bool) {
	next := 0
	for _, field := range e.typ.Params.List {
		_, variadic := field.Type.(*ast.Ellipsis)
		for _, id := range field.Names {
			var v value
			obj := e.u.info.Defs[id]
			switch {
			case variadic && pack && obj != nil:
				v = value{obj: e.newObject(obj.Type(), &contents{items: slices.Clone(args[min(next, len(args)):])})}
				next = len(args)
			case next < len(args):
				v = args[next]
				next++
			}
			if obj != nil {
				e.store(e.declare(obj), v)
			}
		}
		if len(field.Names) == 0 {
			next++
		}
	}
}

// merged are the results of a followed call: what all return statements agree on.
func (f *frame) merged() []value {
	if len(f.returns) == 0 {
		return nil
	}
	out := slices.Clone(f.returns[0])
	for _, values := range f.returns[1:] {
		for i := range out {
			if i < len(values) && !same(out[i], values[i]) {
				out[i] = f.joinValue(out[i], values[i])
			}
		}
	}
	return out
}

// conversion is v as a value of type t.
func (f *frame) conversion(v value, t types.Type) value {
	if v.obj == nil {
		if hasTypeParam(t) { // which methods it has is not known
			return value{}
		}
		if v.plain() && types.IsInterface(t) {
			return v
		}
		if c, ok := constantOf(v); ok {
			return f.fromConstant(c, t)
		}
		if v.isNil() {
			return f.zero(t)
		}
		if !v.plain() {
			return v
		}
		return value{}
	}
	switch {
	case types.IsInterface(t):
		return v
	case stringMap(v.obj.typ) && stringMap(t) && !v.ptr:
		// One map under two types: what is written to one is in the other.
		return v
	case structOf(v.obj.typ) != nil && structOf(t) != nil:
		return v
	}
	f.loseObject(v.obj)
	return value{}
}

// opaque is a call of which only the signature is known.
func (f *frame) opaque(c *ast.CallExpr, fn *callable, args []value) []value {
	if f.x.st == nil {
		return nil
	}
	var callee *types.Func
	if fn != nil {
		callee = fn.f
		if fn.recv != nil && !reads(callee) {
			f.escape(*fn.recv, "used by the method "+callee.Name(), c.Fun)
		}
		if fn.lit != nil {
			f.escapeCallable(fn)
		}
	}
	if callee == nil || !reads(callee) {
		for i, v := range args {
			at := ast.Node(c)
			if i < len(c.Args) {
				at = c.Args[i]
			}
			f.pass(callee, i, v, at)
		}
	}
	if callee != nil && ends(callee) {
		f.x.st = nil
	}
	return f.externalResults(c, callee)
}

// reads reports whether a function is known to change none of its arguments.
func reads(fn *types.Func) bool {
	if fn == nil || fn.Pkg() == nil {
		return false
	}
	switch path := fn.Pkg().Path(); path {
	case "fmt", "log", "log/slog", "errors":
		return !strings.Contains(fn.Name(), "can") // Scan, Sscanf
	case "reflect":
		return fn.Name() == "DeepEqual"
	case "encoding/json":
		return strings.HasPrefix(fn.Name(), "Marshal")
	default:
		return trusted(path)
	}
}

// ends reports whether a function never returns.
func ends(fn *types.Func) bool {
	switch fn.FullName() {
	case "os.Exit", "runtime.Goexit", "log.Fatal", "log.Fatalf", "log.Fatalln", "log.Panic", "log.Panicf", "log.Panicln",
		"(*log.Logger).Fatal", "(*log.Logger).Fatalf", "(*log.Logger).Fatalln", "(*log.Logger).Panic", "(*log.Logger).Panicf",
		"(*testing.common).Fatal", "(*testing.common).Fatalf", "(*testing.common).FailNow",
		"(*testing.common).Skip", "(*testing.common).Skipf", "(*testing.common).SkipNow":
		return true
	}
	return false
}

// pass notes that a value is given to a function that is not followed.
func (f *frame) pass(callee *types.Func, arg int, v value, at ast.Node) {
	if len(v.wfs) == 0 {
		f.escape(v, "given to a function that is not followed", at)
		return
	}
	who := "a function that is not in sight"
	if callee != nil {
		who = callee.Origin().FullName()
		if f.printed(callee, arg) {
			return
		}
	}
	for _, r := range v.wfs {
		f.open(r, "it is given to "+who, at)
	}
}

// printed reports whether a function of another module takes the argument as an
// any: to print, compare or log it.
func (f *frame) printed(callee *types.Func, arg int) bool {
	params := callee.Origin().Signature().Params()
	i := min(arg, params.Len()-1)
	if i < 0 || callee.Pkg() == nil || f.x.lib.owns(callee.Pkg().Path()) {
		return false
	}
	t := params.At(i).Type()
	if s, ok := t.(*types.Slice); ok && callee.Signature().Variadic() && i == params.Len()-1 {
		t = s.Elem()
	}
	_, generic := types.Unalias(t).(*types.TypeParam)
	iface, ok := types.Unalias(t).Underlying().(*types.Interface)
	return ok && iface.Empty() && !generic
}

// externalResults are the workflows that a function makes that is not followed.
func (f *frame) externalResults(c *ast.CallExpr, callee *types.Func) []value {
	t := f.u.info.Types[c].Type
	var results []types.Type
	if tuple, ok := t.(*types.Tuple); ok {
		for r := range tuple.Variables() {
			results = append(results, r.Type())
		}
	} else if t != nil {
		results = append(results, t)
	}
	values := make([]value, len(results))
	for i, t := range results {
		values[i].known = typed(t)
		if callee == nil || !isWorkflow(t) {
			continue
		}
		r := ref{external: callee.Origin().FullName()}
		if recv := callee.Signature().Recv(); recv != nil && types.IsInterface(recv.Type()) {
			r.external = "." + callee.Name() // any method of the name
		}
		values[i] = value{wfs: []ref{r}}
	}
	return values
}

// opaqueCall is for a call that runs at a time that is not known.
func (f *frame) opaqueCall(c *ast.CallExpr, how string) {
	fun := f.eval(c.Fun)
	args := f.args(c)
	if f.x.st == nil {
		return
	}
	f.escape(fun, how, c)
	for i, v := range args {
		f.pass(nil, i, v, c)
	}
}

// escape notes that a value goes where it is not followed: it, and all that it
// leads to, may be changed there.
func (f *frame) escape(v value, how string, where ast.Node) {
	if f.x.st == nil {
		return
	}
	for _, r := range v.wfs {
		f.leak(r, "", how, where)
	}
	if v.obj != nil {
		f.loseObject(v.obj)
	}
	if v.fn != nil {
		f.escapeCallable(v.fn)
	}
}

// leak notes that a workflow is kept in a place where it is not followed.
func (f *frame) leak(r ref, place, how string, where ast.Node) {
	if r.d == nil {
		f.x.extensions.keep(r.external, place)
		return
	}
	if !slices.ContainsFunc(r.d.leaks, func(l leak) bool { return l.place == place }) {
		r.d.leaks = append(r.d.leaks, leak{place, "it is " + how, f.file.span(where)})
	}
	for _, via := range r.d.vias {
		f.x.extensions.keep(via, place)
	}
}

// escapeField notes that the value of a field goes where it is not followed.
func (f *frame) escapeField(v value, t types.Type, name string) {
	if len(v.wfs) == 0 || structOf(t) == nil {
		f.escape(v, "part of a struct that is not followed", f.body)
		return
	}
	for field := range structOf(t).Fields() {
		if field.Name() == name {
			for _, r := range v.wfs {
				f.leak(r, placeOf(field), "kept in the field "+name, f.body)
			}
		}
	}
}

// placeOf names a field, for all structs of a package that have one of the name.
func placeOf(field *types.Var) string {
	if field.Pkg() == nil {
		return "field " + field.Name()
	}
	return "field " + field.Pkg().Path() + "." + field.Name()
}

// open notes that what happens to a workflow cannot be followed.
func (f *frame) open(r ref, why string, where ast.Node) {
	if r.d == nil {
		f.x.extensions.results[r.external] = true
		return
	}
	r.d.openAt(why, f.file.span(where))
	for _, via := range r.d.vias {
		f.x.extensions.results[via] = true
	}
}

// escapeCallable notes that a function may be called at any time, any number of
// times. What it writes is not known from then on.
func (f *frame) escapeCallable(c *callable) {
	if f.x.lost(&c.gone) {
		return
	}
	f.x.st.cells[&c.gone] = held{lost: true}
	if c.f != nil {
		if recv := c.f.Signature().Recv(); c.recv != nil && recv != nil && isWorkflow(recv.Type()) {
			for _, r := range c.recv.wfs {
				if !strings.HasPrefix(c.f.Name(), "Add") {
					break // Build and the like read
				}
				f.open(r, "it is used by the method value "+c.f.Name(), f.body)
			}
		} else if c.recv != nil {
			f.escape(*c.recv, "used by a method value", f.body)
		}
		f.x.extensions.keep(c.f.Origin().FullName(), "")
		return
	}
	late := lateClosure{c: c, by: f, ctx: f.ctx, cells: map[*cell]int{}, objs: map[*object]int{}}
	for obj, how := range captured(c) {
		cell := c.frame.env[obj]
		if cell == nil {
			continue
		}
		h, _ := f.x.st.cell(cell)
		switch {
		case how == capturedWritten:
			f.loseCell(cell, "held by "+obj.Name()+", which a closure or a pointer can change", c.lit)
		case h.obj != nil && how != capturedRead:
			f.loseObject(h.obj)
		case h.fn != nil:
			f.escapeCallable(h.fn)
		}
		late.cells[cell] = cell.writes
		if h.obj != nil {
			late.objs[h.obj] = h.obj.writes
		}
	}
	if f.x.dry > 0 || c.escaped {
		return
	}
	c.escaped = true
	if c.frame.u.builds(c.lit) {
		f.x.late = append(f.x.late, late)
	}
}

// A lateClosure is a literal that runs at a time that is not known: it is followed
// when its root function has ended, with what has not changed since.
type lateClosure struct {
	c     *callable
	by    *frame
	ctx   []int
	cells map[*cell]int // how often they were written by then
	objs  map[*object]int
}

func (l *lateClosure) follow() {
	x := l.by.x
	before := x.st
	x.st = before.child()
	f := *l.by
	f.ctx, f.calls = l.ctx, nil
	f.push()
	e, ok := f.enter(l.c, l.c.lit)
	if !ok {
		x.st = before
		return
	}
	for obj, cell := range e.env {
		n, used := l.cells[cell]
		h, _ := x.st.cell(cell)
		if used && (cell.writes != n || h.obj != nil && h.obj.writes != l.objs[h.obj]) {
			e.declare(obj)
		}
	}
	e.inlined = false
	var args []value
	for p := range signatureOf(e.u, l.c.lit).Params().Variables() {
		v := value{}
		if isWorkflow(p.Type()) {
			x.extensions.unknown = true
			v.wfs = []ref{{d: e.fragment("parameter "+p.Name(), e.file.span(l.c.lit.Type))}}
		}
		args = append(args, v)
	}
	for _, v := range e.through(&f, args, false) {
		e.escape(v, "returned by a function literal", l.c.lit.Type)
	}
	x.st = before
}

func signatureOf(u *unit, lit *ast.FuncLit) *types.Signature {
	if sig, ok := u.info.Types[lit].Type.(*types.Signature); ok {
		return sig
	}
	return types.NewSignatureType(nil, nil, nil, nil, nil, false)
}

// How a literal uses a variable of the function around it.
const (
	capturedRead    = iota // only as a parameter of a builder call
	capturedUsed           // what it holds may be changed
	capturedWritten        // it is assigned
)

// captured lists the variables that a literal uses.
func captured(c *callable) map[types.Object]int {
	uses := map[types.Object]int{}
	info := c.frame.u.info
	note := func(e ast.Expr, how int) {
		if id := rootIdent(e); id != nil {
			if v, ok := info.Uses[id].(*types.Var); ok && !v.IsField() {
				uses[v] = max(uses[v], how)
			}
		}
	}
	var stack []ast.Node
	ast.Inspect(c.lit.Body, func(n ast.Node) bool {
		if n == nil {
			stack = stack[:len(stack)-1]
			return true
		}
		stack = append(stack, n)
		switch s := n.(type) {
		case *ast.AssignStmt:
			for _, l := range s.Lhs {
				if _, isVar := ast.Unparen(l).(*ast.Ident); isVar {
					note(l, capturedWritten)
				} else {
					note(l, capturedUsed)
				}
			}
		case *ast.IncDecStmt:
			note(s.X, capturedWritten)
		case *ast.RangeStmt:
			if s.Tok == token.ASSIGN {
				note(s.Key, capturedWritten)
				note(s.Value, capturedWritten)
			}
		case *ast.UnaryExpr:
			if s.Op == token.AND {
				note(s.X, capturedWritten)
			}
		case *ast.Ident:
			if v, ok := info.Uses[s].(*types.Var); ok && !v.IsField() {
				how := capturedUsed
				if givenToBuilder(stack) {
					how = capturedRead
				}
				uses[v] = max(uses[v], how)
			}
		}
		return true
	})
	return uses
}

// givenToBuilder reports whether the last of nested nodes is a parameter of a
// builder call, or a part of a literal that is.
func givenToBuilder(stack []ast.Node) bool {
	for i := len(stack) - 2; i >= 0; i-- {
		switch p := stack[i].(type) {
		case *ast.KeyValueExpr, *ast.CompositeLit, *ast.ParenExpr:
		case *ast.CallExpr:
			sel, ok := ast.Unparen(p.Fun).(*ast.SelectorExpr)
			return ok && sel.Sel.Name == "AddNode" && len(p.Args) == 3 && p.Args[2] == stack[i+1]
		default:
			return false
		}
	}
	return false
}

// rootIdent is the variable that e is, or is a part of: p of p["a"].b[0].
func rootIdent(e ast.Expr) *ast.Ident {
	for {
		switch n := e.(type) {
		case *ast.Ident:
			return n
		case *ast.ParenExpr:
			e = n.X
		case *ast.SelectorExpr:
			e = n.X
		case *ast.IndexExpr:
			e = n.X
		case *ast.StarExpr:
			e = n.X
		case *ast.SliceExpr:
			e = n.X
		case *ast.TypeAssertExpr:
			e = n.X
		default:
			return nil
		}
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
			f.x.st.cells[c] = held{value: value{wfs: []ref{r}}}
		}
	}
	return r
}
