package analysis

import (
	"go/ast"
	"go/types"
	"maps"
	"slices"
)

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
	if e.u.meta != f.x.u.meta && !e.site.IsValid() {
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
