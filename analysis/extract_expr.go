package analysis

import (
	"go/ast"
	"go/token"
	"go/types"

	"github.com/dataflow-go/dataflow/graph"
)

// eval evaluates an expression, for what it is and for what it does to workflows.
func (f *frame) eval(e ast.Expr) value {
	v := f.read(ast.Unparen(e))
	v.expr, v.file = e, f.file
	return v
}

// evalAll is eval for an expression that may have several results.
func (f *frame) evalAll(e ast.Expr) []value {
	switch x := ast.Unparen(e).(type) {
	case *ast.CallExpr:
		values := f.call(x)
		for i := range values {
			values[i].expr, values[i].file = e, f.file
		}
		return values
	case *ast.IndexExpr, *ast.TypeAssertExpr, *ast.UnaryExpr:
		if t, ok := f.u.info.Types[x].Type.(*types.Tuple); ok && t.Len() == 2 { // v, ok
			v := f.copied(f.eval(e))
			if v.known.State == graph.StateKnown {
				v.known = graph.Value{} // it may be the zero value
			}
			if _, ok := x.(*ast.TypeAssertExpr); ok && !f.holdsType(v, t.At(0).Type()) {
				f.escape(v, "asserted to be of another type", e)
				v = value{}
			}
			return []value{v, {}}
		}
	}
	return []value{f.copied(f.eval(e))}
}

// holdsType reports whether a map, list, struct or workflow surely is of type t, and
// not the zero value that a failed assertion gives.
func (f *frame) holdsType(v value, t types.Type) bool {
	switch {
	case types.IsInterface(t):
		return true
	case len(v.wfs) > 0:
		return isWorkflow(t)
	case v.obj == nil:
		return true
	case v.ptr:
		p, ok := types.Unalias(t).(*types.Pointer)
		return ok && types.Identical(p.Elem(), v.obj.typ)
	}
	return types.Identical(t, v.obj.typ)
}

func (f *frame) read(e ast.Expr) value {
	tv := f.u.info.Types[e]
	switch {
	case tv.Value != nil:
		return value{known: f.constant(e, tv)}
	case tv.IsNil():
		return value{known: graph.Value{State: graph.StateKnown, GoType: "nil"}}
	case tv.IsType():
		return value{}
	}
	if f.x.st == nil {
		return value{}
	}
	v := f.readAny(e)
	if v.plain() && v.known.State == graph.StateOpaque {
		if t := typed(tv.Type); t.State == graph.StateTyped || v.known.GoType == "" {
			v.known = t
		}
	}
	return v
}

func (f *frame) readAny(e ast.Expr) value {
	switch e := e.(type) {
	case *ast.Ident:
		return f.ident(e)
	case *ast.CallExpr:
		if values := f.call(e); len(values) == 1 {
			return values[0]
		}
	case *ast.SelectorExpr:
		return f.selector(e)
	case *ast.FuncLit:
		return value{fn: f.closure(e)}
	case *ast.CompositeLit:
		return f.composite(e)
	case *ast.UnaryExpr:
		return f.unary(e)
	case *ast.StarExpr:
		v := f.eval(e.X)
		if v.obj != nil && v.ptr {
			return value{obj: v.obj}
		}
		f.escape(v, "used through a pointer", e)
	case *ast.BinaryExpr:
		return f.binary(e)
	case *ast.IndexExpr:
		return f.index(e)
	case *ast.IndexListExpr:
		return f.eval(e.X)
	case *ast.SliceExpr:
		v := f.eval(e.X)
		for _, i := range []ast.Expr{e.Low, e.High, e.Max} {
			if i != nil {
				f.eval(i)
			}
		}
		f.escape(v, "sliced", e)
	case *ast.TypeAssertExpr:
		v := f.eval(e.X)
		if v.plain() && v.known.State != graph.StateKnown && v.known.State != graph.StateInput {
			return value{}
		}
		return v
	}
	return value{}
}

// ident is what a variable holds.
func (f *frame) ident(id *ast.Ident) value {
	switch obj := f.u.info.Uses[id].(type) {
	case *types.Func:
		return value{fn: &callable{f: obj}}
	case *types.Var:
		if c := f.env[obj]; c != nil {
			if h, _ := f.x.st.cell(c); !h.lost {
				return h.value
			}
			return value{}
		}
		return f.global(obj)
	}
	return value{}
}

// global is the workflow that a package variable holds.
func (f *frame) global(v *types.Var) value {
	if v.Pkg() == nil || !isWorkflow(v.Type()) || v.IsField() || v.Parent() != v.Pkg().Scope() {
		return value{}
	}
	if d := f.x.globals[v]; d != nil {
		return value{wfs: []ref{{d: d}}}
	}
	return value{wfs: []ref{{external: v.Pkg().Path() + "." + v.Name()}}}
}

// selector is a name of another package, a field, or a method as a value.
func (f *frame) selector(e *ast.SelectorExpr) value {
	s := f.u.info.Selections[e]
	if s == nil {
		switch obj := f.u.info.Uses[e.Sel].(type) {
		case *types.Func:
			return value{fn: &callable{f: obj}}
		case *types.Var:
			return f.global(obj)
		}
		return value{}
	}
	if s.Kind() == types.MethodExpr {
		fn, _ := s.Obj().(*types.Func)
		return value{fn: &callable{f: fn, unbound: true}}
	}
	x := f.eval(e.X)
	if s.Kind() == types.FieldVal {
		return f.field(x, s.Recv(), s.Index())
	}
	fn, _ := s.Obj().(*types.Func)
	recv := f.field(x, s.Recv(), s.Index()[:len(s.Index())-1])
	if len(s.Index()) == 1 {
		recv = x
	}
	if fn == nil {
		return value{}
	}
	if r := fn.Signature().Recv(); recv.obj != nil && r != nil && isStruct(recv.obj.typ) {
		if isStruct(r.Type()) { // a method value has the receiver as it is now
			recv.ptr = false
			recv = f.copied(recv)
		} else {
			f.shared(e.X)
		}
	}
	return value{fn: &callable{f: fn, recv: &recv, recvExpr: e.X}}
}

// field follows the path of fields from x.
func (f *frame) field(x value, t types.Type, path []int) value {
	for _, i := range path {
		st := structOf(t)
		if st == nil || i >= st.NumFields() {
			return value{}
		}
		t = st.Field(i).Type()
		x = f.fieldOf(x, st.Field(i))
	}
	return x
}

func structOf(t types.Type) *types.Struct {
	if t == nil {
		return nil
	}
	if p, ok := types.Unalias(t).Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	st, _ := types.Unalias(t).Underlying().(*types.Struct)
	return st
}

func (f *frame) fieldOf(x value, field *types.Var) value {
	unknown := value{}
	if isWorkflow(field.Type()) {
		unknown.wfs = []ref{{external: placeOf(field)}}
	}
	if x.obj == nil || structOf(x.obj.typ) == nil {
		return unknown
	}
	c := f.contents(x.obj)
	if c.lost {
		return unknown
	}
	v, ok := c.fields[field.Name()]
	if !ok {
		v = f.zero(field.Type())
		if v.obj != nil { // from now on it is this one
			f.setField(x.obj, field.Name(), v)
		}
	}
	return v
}

func (f *frame) setField(o *object, name string, v value) {
	c := *f.contents(o)
	fields := map[string]value{name: v}
	for k, old := range c.fields {
		if k != name {
			fields[k] = old
		}
	}
	c.fields = fields
	f.put(o, &c)
}

// index is an element, or an instance of a generic function.
func (f *frame) index(e *ast.IndexExpr) value {
	x := f.eval(e.X)
	if x.fn != nil {
		return x
	}
	i := f.eval(e.Index)
	if x.obj == nil || f.x.st == nil {
		return value{}
	}
	c := f.contents(x.obj)
	if key, ok := i.known.V.(string); ok && !c.lost {
		for _, entry := range c.entries {
			if entry.key == key {
				return entry.val
			}
		}
		if m, ok := x.obj.typ.Underlying().(*types.Map); ok && !c.partial {
			return f.zero(m.Elem())
		}
	}
	if n, ok := i.known.V.(int64); ok && !c.lost && n >= 0 && n < int64(len(c.items)) {
		return c.items[n]
	}
	f.loseParts(c) // it is any of them, under another name
	return value{}
}

func (f *frame) unary(e *ast.UnaryExpr) value {
	if e.Op != token.AND {
		v := f.eval(e.X)
		if e.Op == token.ARROW {
			return value{}
		}
		c, ok := constantOf(v)
		if !ok {
			return value{}
		}
		return f.fromConstant(unaryOp(e.Op, c), f.u.info.Types[e].Type)
	}
	if lit, ok := ast.Unparen(e.X).(*ast.CompositeLit); ok {
		v := f.eval(lit)
		if v.obj != nil && structOf(v.obj.typ) != nil {
			v.ptr = true
			return v
		}
		f.escape(v, "used through a pointer", e)
		return value{}
	}
	f.shared(e.X)
	v := f.eval(e.X)
	if v.obj != nil && !v.ptr && structOf(v.obj.typ) != nil {
		return value{obj: v.obj, ptr: true}
	}
	f.loseVariable(e.X)
	return value{}
}

// loseVariable notes that what e is, or is a part of, may change unseen.
func (f *frame) loseVariable(e ast.Expr) {
	id := rootIdent(e)
	if id == nil {
		return
	}
	c := f.env[f.object(id)]
	if c == nil || f.x.st == nil {
		return
	}
	f.loseCell(c, "held by "+id.Name+", which a closure or a pointer can change", id)
}

func (f *frame) loseCell(c *cell, how string, where ast.Node) {
	h, _ := f.x.st.cell(c)
	c.writes++
	f.x.st.setCell(c, held{lost: true})
	f.escape(h.value, how, where)
}
