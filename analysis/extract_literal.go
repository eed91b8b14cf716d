package analysis

import (
	"go/ast"
	"go/types"

	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/model"
)

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
