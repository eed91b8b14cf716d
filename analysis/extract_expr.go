package analysis

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"

	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/model"
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

// zero is the zero value of a type.
func (f *frame) zero(t types.Type) value {
	if t == nil || hasInvalid(t, 0) || hasTypeParam(t) {
		return value{}
	}
	known := graph.Value{GoType: goType(t)}
	known.Type, _ = model.TypeOf(t)
	if named, ok := types.Unalias(t).(*types.Named); ok && isNamed(named, rootPath+"/graph", "InputValue") {
		return value{}
	}
	switch u := t.Underlying().(type) {
	case *types.Basic:
		known.State = graph.StateKnown
		switch info := u.Info(); {
		case info&types.IsBoolean != 0:
			known.V = false
		case info&types.IsString != 0:
			known.V = ""
		case info&types.IsInteger != 0:
			known.V = int64(0)
		case info&types.IsFloat != 0:
			known.V = float64(0)
		default:
			return value{}
		}
		return value{known: known}
	case *types.Map, *types.Slice:
		return value{obj: f.newObject(t, &contents{})}
	case *types.Struct:
		if known.Type.Kind != model.KindInvalid && known.Type.Kind != model.KindJSON {
			return value{} // a time
		}
		return value{obj: f.newObject(t, &contents{})}
	case *types.Pointer, *types.Signature:
		known.State = graph.StateKnown
		return value{known: known}
	case *types.Interface:
		return value{known: graph.Value{State: graph.StateKnown, GoType: "nil"}}
	}
	return value{}
}

// composite makes a map, a list or a struct.
func (f *frame) composite(e *ast.CompositeLit) value {
	t := f.u.info.Types[e].Type
	if t == nil {
		return value{}
	}
	ptr := false
	if p, ok := t.Underlying().(*types.Pointer); ok { // an element &T{} of a list, written {}
		t, ptr = p.Elem(), true
	}
	switch t.Underlying().(type) {
	case *types.Map:
		return f.mapLiteral(e, t)
	case *types.Slice, *types.Array:
		return f.listLiteral(e, t)
	case *types.Struct:
		return value{obj: f.structLiteral(e, t), ptr: ptr}
	}
	for _, el := range e.Elts {
		if kv, ok := el.(*ast.KeyValueExpr); ok {
			el = kv.Value
		}
		f.escape(f.eval(el), "stored in "+goType(t), el)
	}
	return value{}
}

func (f *frame) mapLiteral(e *ast.CompositeLit, t types.Type) value {
	c := &contents{}
	for _, el := range e.Elts {
		kv, ok := el.(*ast.KeyValueExpr)
		if !ok {
			f.escape(f.eval(el), "stored in "+goType(t), el)
			c.partial = true
			continue
		}
		key, v := f.eval(kv.Key), f.copied(f.eval(kv.Value))
		if f.x.st == nil {
			return value{}
		}
		f.setEntry(c, key, v, kv.Key, kv)
	}
	if !stringMap(t) {
		for _, entry := range c.entries {
			f.escape(entry.val, "stored in "+goType(t), e)
		}
		return value{known: typed(t)}
	}
	return value{obj: f.newObject(t, c)}
}

// setEntry sets a key in the contents of a map. A key that is not known may be any
// of those that are: what they hold is not known then.
func (f *frame) setEntry(c *contents, key, v value, keyExpr ast.Expr, whole ast.Node) {
	name, ok := key.known.V.(string)
	if !ok {
		c.partial = true
		f.escape(v, "stored under a key that is not known", whole)
		for i := range c.entries {
			f.escape(c.entries[i].val, "overwritten", whole)
			old := c.entries[i].val
			c.entries[i].val = value{expr: old.expr, file: old.file}
		}
		return
	}
	for i := range c.entries {
		if c.entries[i].key == name {
			c.entries = append(c.entries[:i:i], c.entries[i+1:]...)
			break
		}
	}
	c.entries = append(c.entries, mapEntry{key: name, val: v, keyExpr: keyExpr, whole: whole, file: f.file})
}

func (f *frame) listLiteral(e *ast.CompositeLit, t types.Type) value {
	c := &contents{}
	indexed := false
	for _, el := range e.Elts {
		if kv, ok := el.(*ast.KeyValueExpr); ok {
			indexed = true
			el = kv.Value
		}
		c.items = append(c.items, f.copied(f.eval(el)))
	}
	if f.x.st == nil {
		return value{}
	}
	column, _ := model.TypeOf(t)
	a, isArray := t.Underlying().(*types.Array)
	if indexed || isArray && a.Len() != int64(len(e.Elts)) || column.Kind == model.KindUUID {
		for _, v := range c.items {
			f.escape(v, "stored in "+goType(t), e)
		}
		if indexed || column.Kind != model.KindUUID {
			return value{known: graph.Value{GoType: goType(t)}}
		}
		return value{known: typed(t)}
	}
	return value{obj: f.newObject(t, c)}
}

func (f *frame) structLiteral(e *ast.CompositeLit, t types.Type) *object {
	st := structOf(t)
	c := &contents{fields: map[string]value{}}
	for i, el := range e.Elts {
		name := ""
		if kv, ok := el.(*ast.KeyValueExpr); ok {
			if id, ok := kv.Key.(*ast.Ident); ok {
				name = id.Name
			}
			el = kv.Value
		} else if i < st.NumFields() {
			name = st.Field(i).Name()
		}
		v := f.copied(f.eval(el))
		if f.x.st == nil {
			break
		}
		for field := range st.Fields() {
			if field.Name() == name {
				v = f.converted(v, field.Type())
			}
		}
		c.fields[name] = v
	}
	if f.x.st == nil {
		return &object{typ: t}
	}
	return f.newObject(t, c)
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

func unaryOp(op token.Token, c constant.Value) (out constant.Value) {
	defer func() {
		if recover() != nil { // an operator that the kind does not have: broken code
			out = nil
		}
	}()
	return constant.UnaryOp(op, c, 0)
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
	f.x.st.cells[c] = held{lost: true}
	f.escape(h.value, how, where)
}

func (f *frame) binary(e *ast.BinaryExpr) value {
	x := f.eval(e.X)
	if e.Op == token.LAND || e.Op == token.LOR {
		if b, known := truth(x); known {
			if b == (e.Op == token.LOR) {
				return x
			}
			return f.eval(e.Y)
		}
		after := f.branch(func() { f.eval(e.Y) })
		f.join(f.x.st, after)
		return value{}
	}
	return f.arith(e, e.Op, x, f.eval(e.Y))
}

// arith computes an operation on values that are known.
func (f *frame) arith(e ast.Node, op token.Token, x, y value) value {
	switch op {
	case token.EQL, token.NEQ, token.LSS, token.LEQ, token.GTR, token.GEQ:
		return f.compare(op, x, y)
	case token.SHL, token.SHR, token.AND_NOT, token.AND, token.OR, token.XOR:
		return value{}
	}
	a, okA := constantOf(x)
	b, okB := constantOf(y)
	if !okA || !okB {
		return value{}
	}
	var t types.Type
	switch e := e.(type) {
	case ast.Expr:
		t = f.u.info.Types[e].Type
	case *ast.AssignStmt:
		t = f.u.info.Types[e.Lhs[0]].Type
	case *ast.IncDecStmt:
		t = f.u.info.Types[e.X].Type
	}
	return f.fromConstant(binaryOp(a, op, b), t)
}

func binaryOp(a constant.Value, op token.Token, b constant.Value) (out constant.Value) {
	defer func() {
		if recover() != nil { // mismatched operands: broken code
			out = nil
		}
	}()
	if a.Kind() == constant.Int && b.Kind() == constant.Int && (op == token.QUO || op == token.REM) {
		if constant.Sign(b) == 0 {
			return nil
		}
		if op == token.QUO {
			op = token.QUO_ASSIGN // integer division
		}
	}
	return constant.BinaryOp(a, op, b)
}

func (f *frame) compare(op token.Token, x, y value) value {
	var holds bool
	switch a, okA := constantOf(x); {
	case okA:
		b, okB := constantOf(y)
		if !okB || a.Kind() != b.Kind() || x.known.GoType != y.known.GoType { // as any, they differ
			return value{}
		}
		holds = constant.Compare(a, op, b)
	case x.isNil() && y.isNil() && (op == token.EQL || op == token.NEQ):
		holds = op == token.EQL
	case (op == token.EQL || op == token.NEQ) && (x.isNil() && y.obj != nil && y.ptr || y.isNil() && x.obj != nil && x.ptr):
		holds = op == token.NEQ
	default:
		return value{}
	}
	return value{known: graph.Value{State: graph.StateKnown, V: holds, GoType: "bool", Type: model.Type{Kind: model.KindBool}}}
}

// one is what ++ and -- add.
var one = value{known: graph.Value{State: graph.StateKnown, V: int64(1), GoType: "int"}}

// constantOf is a scalar that is known as a constant.
func constantOf(v value) (constant.Value, bool) {
	if !v.plain() || v.known.State != graph.StateKnown {
		return nil, false
	}
	switch x := v.known.V.(type) {
	case bool:
		return constant.MakeBool(x), true
	case string:
		return constant.MakeString(x), true
	case int64:
		return constant.MakeInt64(x), true
	case uint64:
		return constant.MakeUint64(x), true
	case float64:
		return constant.MakeFloat64(x), true
	}
	return nil, false
}

// maxText bounds the text that is computed.
const maxText = 1 << 12

// fromConstant is a result of type t: unknown where it does not fit, as it may wrap.
func (f *frame) fromConstant(c constant.Value, t types.Type) value {
	if c == nil || t == nil || c.Kind() == constant.Unknown {
		return value{}
	}
	b, ok := t.Underlying().(*types.Basic)
	if !ok {
		return value{}
	}
	v := graph.Value{State: graph.StateKnown, GoType: goType(t)}
	v.Type, _ = model.TypeOf(t)
	switch info := b.Info(); {
	case info&types.IsString != 0 && c.Kind() == constant.String:
		s := constant.StringVal(c)
		if len(s) > maxText {
			return value{}
		}
		v.V = s
	case info&types.IsBoolean != 0 && c.Kind() == constant.Bool:
		v.V = constant.BoolVal(c)
	case info&types.IsInteger != 0 && c.Kind() == constant.Int:
		i, exact := constant.Int64Val(c)
		if !exact || !fits(b.Kind(), i) {
			return value{}
		}
		v.V = i
	default:
		return value{}
	}
	return value{known: v}
}

// fits reports whether an integer kind holds i on every platform.
func fits(k types.BasicKind, i int64) bool {
	bits := map[types.BasicKind]uint{types.Int8: 7, types.Int16: 15, types.Int32: 31, types.Int: 31, types.Int64: 63, types.UntypedInt: 31, types.UntypedRune: 31}
	if n, signed := bits[k]; signed {
		return n == 63 || i >= -1<<n && i < 1<<n
	}
	bits = map[types.BasicKind]uint{types.Uint8: 8, types.Uint16: 16, types.Uint32: 32, types.Uint: 32, types.Uintptr: 32, types.Uint64: 63}
	n, ok := bits[k]
	return ok && i >= 0 && (n == 63 || i < 1<<n)
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

// iterations are the keys and values of a range whose every step is known, in order.
func (f *frame) iterations(s *ast.RangeStmt, over value) ([][2]value, bool) {
	t := f.u.info.Types[s.X].Type
	if t == nil {
		return nil, false
	}
	count := func(n int64) value {
		return value{known: graph.Value{State: graph.StateKnown, V: n, GoType: "int", Type: model.Type{Kind: model.KindInt64}}, expr: s.Key, file: f.file}
	}
	if n, ok := over.known.V.(int64); ok && over.plain() && n <= maxUnrolled {
		var all [][2]value
		for i := range n {
			all = append(all, [2]value{count(i)})
		}
		return all, true
	}
	if over.obj == nil {
		return nil, false
	}
	c := f.contents(over.obj)
	switch t.Underlying().(type) {
	case *types.Slice, *types.Array:
	default:
		return nil, false
	}
	if c.lost || c.partial || len(c.items) > maxUnrolled {
		return nil, false
	}
	var all [][2]value
	for i, v := range c.items {
		all = append(all, [2]value{count(int64(i)), f.copied(v)})
	}
	return all, true
}
