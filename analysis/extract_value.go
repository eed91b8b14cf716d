package analysis

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"

	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/model"
)

// text reads a string argument.
func (f *frame) text(e ast.Expr) graph.Text {
	t := graph.Text{Span: f.file.inner(e)}
	if s, ok := textOf(f.eval(e)); ok {
		t.S, t.Known = s, true
	}
	return t
}

// params reads the parameters of a node: a map, or opaque. A nil map is an empty one.
func (f *frame) params(e ast.Expr) graph.Value {
	v := f.graphValue(f.eval(e), 0)
	v.Span, v.Source = f.file.span(e), f.file.text(e)
	if v.State == graph.StateKnown && v.V == nil && v.GoType == "nil" {
		v.State, v.GoType = graph.StateMap, "dataflow.Params"
	}
	if v.State != graph.StateMap {
		return graph.Value{GoType: v.GoType, Source: v.Source, Span: v.Span}
	}
	return v
}

// maxNesting bounds how deep maps and lists in parameters are read.
const maxNesting = 16

// graphValue is a value as a parameter has it, as it stands now.
func (f *frame) graphValue(v value, depth int) graph.Value {
	out := v.known
	switch {
	case v.obj != nil:
		out = f.graphObject(v, depth)
	case !v.plain():
		out = graph.Value{}
	}
	if v.expr != nil && v.file != nil {
		out.Span, out.Source = v.file.span(v.expr), v.file.text(v.expr)
	}
	return out
}

func (f *frame) graphObject(v value, depth int) graph.Value {
	t, c := v.obj.typ, f.contents(v.obj)
	out := graph.Value{GoType: goType(t)}
	if depth > maxNesting {
		return out
	}
	switch u := t.Underlying().(type) {
	case *types.Map:
		if c.lost {
			return out
		}
		out.State, out.Type, out.Partial = graph.StateMap, model.Type{Kind: model.KindJSON}, c.partial
		for _, e := range c.entries {
			entry := graph.Entry{Key: e.key, Value: f.graphValue(e.val, depth+1)}
			if key, ok := e.keyExpr.(ast.Expr); ok {
				entry.KeySpan = e.file.inner(key)
			}
			if e.whole != nil {
				entry.Span = e.file.span(e.whole)
			}
			out.Entries = append(out.Entries, entry)
		}
	case *types.Slice, *types.Array:
		out.Type, _ = model.TypeOf(t)
		if out.Type.Kind == model.KindBytes || out.Type.Kind == model.KindUUID || c.lost {
			return typed(t)
		}
		out.State, out.Partial = graph.StateList, c.partial
		for _, item := range c.items {
			out.Items = append(out.Items, f.graphValue(item, depth+1))
		}
	default:
		_ = u
		if v.ptr {
			t = types.NewPointer(t)
		}
		return typed(t)
	}
	return out
}

// store assigns to a variable.
func (f *frame) store(c *cell, v value) {
	c.writes++
	if f.x.st == nil {
		return
	}
	if h, _ := f.x.st.cell(c); h.lost {
		f.escape(v, "held by a variable that a closure or a pointer can change", f.body)
		return
	}
	if f.broken && f.u.jumps[f.body] && len(v.wfs) == 0 {
		f.escape(v, "held by a variable of a function with a goto", f.body)
		v = value{}
	}
	f.x.st.setCell(c, held{value: f.converted(v, c.typ)})
}

// converted is v as a variable of type t holds it.
func (f *frame) converted(v value, t types.Type) value {
	v.known.Untyped = false
	if t == nil || !v.plain() || types.IsInterface(t) || v.known.State != graph.StateKnown {
		return v
	}
	if v.isNil() {
		if isWorkflow(t) {
			return v
		}
		return f.zero(t)
	}
	if _, basic := t.Underlying().(*types.Basic); !basic || v.known.GoType == goType(t) {
		return v
	}
	c, ok := constantOf(v)
	if !ok {
		return value{}
	}
	return f.fromConstant(c, t)
}

// copied is v as an assignment copies it: structs and arrays are values.
func (f *frame) copied(v value) value {
	if v.obj == nil || v.ptr || f.x.st == nil {
		return v
	}
	switch v.obj.typ.Underlying().(type) {
	case *types.Struct, *types.Array:
	default:
		return v
	}
	c := *f.contents(v.obj)
	if c.fields != nil {
		fields := make(map[string]value, len(c.fields))
		for name, field := range c.fields {
			fields[name] = f.copied(field)
		}
		c.fields = fields
	}
	c.items = slices.Clone(c.items)
	for i := range c.items {
		c.items[i] = f.copied(c.items[i])
	}
	v.obj = f.newObject(v.obj.typ, &c)
	return v
}

// update assigns to what l says: a variable, a field, an element.
func (f *frame) update(l ast.Expr, v value) {
	if f.x.st == nil {
		return
	}
	switch l := ast.Unparen(l).(type) {
	case *ast.Ident:
		f.updateVariable(l, v)
	case *ast.SelectorExpr:
		f.updateField(l, v)
	case *ast.IndexExpr:
		f.updateElement(l, v)
	case *ast.StarExpr:
		p := f.eval(l.X)
		if p.obj != nil && p.ptr && isStruct(p.obj.typ) {
			f.overwrite(p.obj, v)
			return
		}
		f.escape(p, "written through a pointer", l)
		f.escape(v, "stored in "+f.file.text(l), l)
	default:
		f.eval(l)
		f.escape(v, "stored in "+f.file.text(l), l)
	}
}

func (f *frame) updateVariable(id *ast.Ident, v value) {
	if id.Name == "_" {
		return
	}
	obj := f.object(id)
	c := f.env[obj]
	if c == nil {
		f.escape(v, "stored in the variable "+id.Name, id)
		return
	}
	// Pointers to a struct variable go on pointing at it.
	if h, _ := f.x.st.cell(c); !h.lost && h.obj != nil && !h.ptr && structOf(h.obj.typ) != nil {
		c.writes++
		f.overwrite(h.obj, v)
		return
	}
	f.store(c, v)
}

func isStruct(t types.Type) bool {
	_, ok := t.Underlying().(*types.Struct)
	return ok
}

// overwrite assigns to a struct as a whole. Pointers to it, and to structs in it, go
// on pointing at them.
func (f *frame) overwrite(o *object, v value) {
	if v.obj == nil || v.ptr || !isStruct(v.obj.typ) || !isStruct(o.typ) {
		f.escape(v, "stored in a struct that is not followed", f.body)
		f.loseObject(o)
		return
	}
	old, next := f.contents(o), *f.contents(v.obj)
	if old.lost {
		f.loseObject(v.obj)
		return
	}
	fields := maps.Clone(next.fields)
	for field := range structOf(o.typ).Fields() {
		was, ok := old.fields[field.Name()]
		if !ok || was.obj == nil || was.ptr || !isStruct(field.Type()) {
			continue
		}
		now, ok := next.fields[field.Name()]
		if !ok {
			now = f.zero(field.Type())
		}
		if f.overwrite(was.obj, now); fields == nil {
			fields = map[string]value{}
		}
		fields[field.Name()] = was
	}
	next.fields = fields
	f.put(o, &next)
}

func (f *frame) updateField(l *ast.SelectorExpr, v value) {
	s := f.u.info.Selections[l]
	if s == nil || s.Kind() != types.FieldVal {
		f.escape(v, "stored in "+f.file.text(l), l)
		if obj, ok := f.u.info.Uses[l.Sel].(*types.Var); ok && obj.Pkg() != nil && isWorkflow(obj.Type()) {
			f.x.extensions.results[obj.Pkg().Path()+"."+obj.Name()] = true
		}
		return
	}
	path := s.Index()
	f.shared(l.X)
	x := f.field(f.eval(l.X), s.Recv(), path[:len(path)-1])
	if x.obj == nil || structOf(x.obj.typ) == nil || f.contents(x.obj).lost {
		f.escapeField(v, s.Recv(), l.Sel.Name)
		return
	}
	field, ok := s.Obj().(*types.Var)
	if !ok {
		return
	}
	if was := f.contents(x.obj).fields[field.Name()]; was.obj != nil && !was.ptr && isStruct(field.Type()) {
		f.overwrite(was.obj, v)
		return
	}
	f.setField(x.obj, field.Name(), f.converted(v, field.Type()))
}

func (f *frame) updateElement(l *ast.IndexExpr, v value) {
	x, i := f.eval(l.X), f.eval(l.Index)
	if f.x.st == nil {
		return
	}
	if x.obj == nil || f.contents(x.obj).lost {
		f.escape(v, "stored in "+f.file.text(l), l)
		return
	}
	next := *f.contents(x.obj)
	if _, isMap := x.obj.typ.Underlying().(*types.Map); isMap {
		next.entries = slices.Clone(next.entries)
		v.known.Untyped = v.known.Untyped && types.IsInterface(elemOf(x.obj.typ))
		f.setEntry(&next, i, v, l.Index, l)
		f.put(x.obj, &next)
		return
	}
	n, ok := i.known.V.(int64)
	if !ok || n < 0 || n >= int64(len(next.items)) || x.obj.kin != nil {
		f.escape(v, "stored in "+f.file.text(l), l)
		f.loseKin(x.obj)
		return
	}
	if was := next.items[n]; was.obj != nil && !was.ptr && isStruct(was.obj.typ) && isStruct(elemOf(x.obj.typ)) {
		f.overwrite(was.obj, v)
		return
	}
	next.items = slices.Clone(next.items)
	next.items[n] = v
	f.put(x.obj, &next)
}

// loseKin loses a list, and those that may share its items.
func (f *frame) loseKin(list *object) {
	f.loseObject(list)
	if list.kin != nil {
		for _, o := range list.kin.kins {
			f.loseObject(o)
		}
	}
}

// shared loses a list whose element e is, or is a part of, if another list may share
// its items: writing there may write both.
func (f *frame) shared(e ast.Expr) {
	for {
		switch n := ast.Unparen(e).(type) {
		case *ast.SelectorExpr:
			e = n.X
			continue
		case *ast.IndexExpr:
			if t := f.u.info.Types[n].Type; t == nil || !isStruct(t) {
				return
			}
			if x := f.eval(n.X); x.obj != nil && f.x.st != nil && x.obj.kin != nil {
				f.loseKin(x.obj)
			}
		}
		return
	}
}

func elemOf(t types.Type) types.Type {
	switch t := t.Underlying().(type) {
	case *types.Map:
		return t.Elem()
	case *types.Slice:
		return t.Elem()
	case *types.Array:
		return t.Elem()
	}
	return t
}

// input is dataflow.Input("name").
func (f *frame) input(c *ast.CallExpr) value {
	name := f.text(c.Args[0])
	if !name.Known {
		return value{known: graph.Value{GoType: "input"}}
	}
	return value{known: graph.Value{State: graph.StateInput, GoType: "input", Input: &graph.Input{Name: name.S, NameSpan: name.Span}}}
}

// inputDefault is the Default of an input.
func (f *frame) inputDefault(c *ast.CallExpr, v value) value {
	def := f.graphValue(f.eval(c.Args[0]), 0)
	if v.known.State != graph.StateInput {
		return value{known: graph.Value{GoType: "input"}}
	}
	in := *v.known.Input
	in.Default, v.known.Input = &def, &in
	return v
}

// typed is a value of which the Go type alone is known. What maps and lists hold
// matters more than their type, so of those nothing is known.
func typed(t types.Type) graph.Value {
	if t == nil {
		return graph.Value{}
	}
	v := graph.Value{GoType: goType(t)}
	if named, ok := types.Unalias(t).(*types.Named); ok && named.TypeArgs().Len() > 0 || isNamed(t, rootPath+"/graph", "InputValue") || hasInvalid(t, 0) || hasTypeParam(t) {
		return v
	}
	switch t.Underlying().(type) {
	case *types.Interface, *types.Map, *types.Tuple:
		return v
	}
	column, ok := model.TypeOf(t)
	if !ok {
		return v
	}
	if _, isSlice := t.Underlying().(*types.Slice); isSlice && !column.Array && column.Kind == model.KindJSON && goType(t) != "json.RawMessage" {
		return v
	}
	v.State, v.Type = graph.StateTyped, column
	return v
}

func hasTypeParam(t types.Type) bool {
	switch t := types.Unalias(t).(type) {
	case *types.TypeParam:
		return true
	case *types.Pointer:
		return hasTypeParam(t.Elem())
	case *types.Slice:
		return hasTypeParam(t.Elem())
	}
	return false
}

func goType(t types.Type) string {
	if t == nil {
		return ""
	}
	return strings.ReplaceAll(types.TypeString(t, packageName), "interface{}", "any")
}

// constant is a constant expression with its exact value.
func (f *frame) constant(e ast.Expr, tv types.TypeAndValue) graph.Value {
	v := graph.Value{State: graph.StateKnown, GoType: goType(types.Default(tv.Type)), Untyped: f.untyped(e)}
	v.Type, _ = model.TypeOf(types.Default(tv.Type))
	c := tv.Value
	if b, ok := tv.Type.Underlying().(*types.Basic); ok && b.Info()&types.IsFloat != 0 {
		c = constant.ToFloat(c)
	}
	switch c.Kind() {
	case constant.Bool:
		v.V = constant.BoolVal(c)
	case constant.String:
		v.V = constant.StringVal(c)
	case constant.Int:
		if i, ok := constant.Int64Val(c); ok {
			v.V = i
		} else if u, ok := constant.Uint64Val(c); ok {
			v.V = u
		} else {
			return typed(tv.Type)
		}
	case constant.Float:
		v.V, _ = constant.Float64Val(c)
	default:
		return typed(tv.Type)
	}
	if _, ok := v.V.(int64); ok && v.Type.Kind.IsFloat() {
		v.V, _ = constant.Float64Val(c)
	}
	return v
}

// untyped reports whether a constant expression has no Go type of its own.
func (f *frame) untyped(e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.BasicLit:
		return true
	case *ast.UnaryExpr:
		return f.untyped(e.X)
	case *ast.BinaryExpr:
		if e.Op == token.SHL || e.Op == token.SHR {
			return f.untyped(e.X)
		}
		return f.untyped(e.X) && f.untyped(e.Y)
	case *ast.Ident:
		return f.untypedConst(e)
	case *ast.SelectorExpr:
		return f.untypedConst(e.Sel)
	}
	return false
}

func (f *frame) untypedConst(id *ast.Ident) bool {
	c, ok := f.u.info.Uses[id].(*types.Const)
	if !ok {
		return false
	}
	b, ok := c.Type().(*types.Basic)
	return ok && b.Info()&types.IsUntyped != 0
}

// stringMap reports whether t is a map with string keys.
func stringMap(t types.Type) bool {
	if t == nil {
		return false
	}
	m, ok := t.Underlying().(*types.Map)
	if !ok {
		return false
	}
	b, ok := m.Key().Underlying().(*types.Basic)
	return ok && b.Info()&types.IsString != 0
}

func packageName(p *types.Package) string { return p.Name() }
