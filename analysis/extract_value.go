package analysis

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"strings"

	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/model"
)

// params reads the parameters of a node: a map, or opaque. A nil map is an empty one.
func (f *frame) params(e ast.Expr) graph.Value {
	v := f.value(e)
	if v.State == graph.StateKnown && v.V == nil && v.GoType == "nil" {
		v.State, v.GoType = graph.StateMap, "dataflow.Params"
	}
	if v.State != graph.StateMap {
		return graph.Value{GoType: v.GoType, Source: v.Source, Span: v.Span}
	}
	return v
}

// value reads an expression as far as it is known.
func (f *frame) value(e ast.Expr) graph.Value {
	v := f.read(ast.Unparen(e))
	v.Span, v.Source = f.file.span(e), f.file.text(e)
	return v
}

func (f *frame) read(e ast.Expr) graph.Value {
	tv := f.x.info.Types[e]
	switch {
	case tv.Value != nil:
		return f.constant(e, tv)
	case tv.IsNil():
		return graph.Value{State: graph.StateKnown, GoType: "nil"}
	}
	switch e := e.(type) {
	case *ast.Ident:
		if b := f.env[f.object(e)]; b.val != nil {
			return *b.val
		}
	case *ast.CompositeLit:
		if v, ok := f.composite(e, tv.Type); ok {
			return v
		}
	case *ast.CallExpr:
		if v, ok := f.input(e); ok {
			return v
		}
		if id, ok := ast.Unparen(e.Fun).(*ast.Ident); ok && stringMap(tv.Type) {
			if b, ok := f.x.info.Uses[id].(*types.Builtin); ok && b.Name() == "make" {
				return graph.Value{State: graph.StateMap, GoType: goType(tv.Type), Type: model.Type{Kind: model.KindJSON}}
			}
		}
		if conv, ok := f.x.info.Types[e.Fun]; ok && conv.IsType() && len(e.Args) == 1 && stringMap(tv.Type) {
			if v := f.value(e.Args[0]); v.State == graph.StateMap {
				v.GoType = goType(tv.Type)
				return v
			}
		}
	}
	return typed(tv.Type)
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
	c, ok := f.x.info.Uses[id].(*types.Const)
	if !ok {
		return false
	}
	b, ok := c.Type().(*types.Basic)
	return ok && b.Info()&types.IsUntyped != 0
}

// composite reads a literal of a map, a slice or an array.
func (f *frame) composite(e *ast.CompositeLit, t types.Type) (graph.Value, bool) {
	if t == nil {
		return graph.Value{}, false
	}
	v := graph.Value{GoType: goType(t)}
	v.Type, _ = model.TypeOf(t)
	switch u := t.Underlying().(type) {
	case *types.Map:
		if !stringMap(t) {
			return v, false
		}
		v.State, v.Type = graph.StateMap, model.Type{Kind: model.KindJSON}
		for _, el := range e.Elts {
			kv, ok := el.(*ast.KeyValueExpr)
			if !ok {
				v.Partial = true
				continue
			}
			key := f.value(kv.Key)
			name, ok := key.V.(string)
			if !ok {
				v.Partial = true
				continue
			}
			v.Entries = append(v.Entries, graph.Entry{Key: name, Value: f.value(kv.Value), KeySpan: f.file.inner(kv.Key), Span: f.file.span(kv)})
		}
		return v, true
	case *types.Slice, *types.Array:
		if v.Type.Kind == model.KindBytes || v.Type.Kind == model.KindUUID {
			return v, false
		}
		if a, ok := u.(*types.Array); ok && a.Len() != int64(len(e.Elts)) {
			return graph.Value{GoType: v.GoType}, true
		}
		v.State = graph.StateList
		for _, el := range e.Elts {
			if _, indexed := el.(*ast.KeyValueExpr); indexed {
				return graph.Value{GoType: v.GoType}, true
			}
			v.Items = append(v.Items, f.value(el))
		}
		return v, true
	}
	return v, false
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

// input reads dataflow.Input("name") and its Default.
func (f *frame) input(c *ast.CallExpr) (graph.Value, bool) {
	fn := f.x.callee(c)
	if fn == nil || fn.Pkg() == nil || len(c.Args) != 1 {
		return graph.Value{}, false
	}
	if isFunc(fn, rootPath, "Input") || isFunc(fn, rootPath+"/graph", "NewInput") {
		name := f.text(c.Args[0])
		if !name.Known {
			return graph.Value{GoType: "input"}, true
		}
		return graph.Value{State: graph.StateInput, GoType: "input", Input: &graph.Input{Name: name.S, NameSpan: name.Span}}, true
	}
	sel, ok := ast.Unparen(c.Fun).(*ast.SelectorExpr)
	recv := fn.Signature().Recv()
	if !ok || fn.Name() != "Default" || recv == nil || !isNamed(recv.Type(), rootPath+"/graph", "InputValue") {
		return graph.Value{}, false
	}
	v := f.value(sel.X)
	if v.State != graph.StateInput {
		return graph.Value{GoType: "input"}, true
	}
	in, def := *v.Input, f.value(c.Args[0])
	in.Default, v.Input = &def, &in
	return v, true
}
