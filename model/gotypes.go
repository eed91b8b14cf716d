package model

import (
	"go/token"
	"go/types"
	"reflect"
)

// typesType is the front end for source.
type typesType struct {
	t    types.Type
	fset *token.FileSet
}

func (s typesType) named() (string, string) {
	if n, ok := types.Unalias(s.t).(*types.Named); ok && n.Obj().Pkg() != nil {
		return n.Obj().Pkg().Path(), n.Obj().Name()
	}
	return "", ""
}

func (s typesType) pkgName() string {
	if n, ok := types.Unalias(s.t).(*types.Named); ok && n.Obj().Pkg() != nil {
		return n.Obj().Pkg().Name()
	}
	return ""
}

var typesKinds = map[types.BasicKind]reflect.Kind{
	types.Bool: reflect.Bool, types.Int: reflect.Int, types.Int8: reflect.Int8, types.Int16: reflect.Int16,
	types.Int32: reflect.Int32, types.Int64: reflect.Int64, types.Uint: reflect.Uint, types.Uint8: reflect.Uint8,
	types.Uint16: reflect.Uint16, types.Uint32: reflect.Uint32, types.Uint64: reflect.Uint64, types.Uintptr: reflect.Uintptr,
	types.Float32: reflect.Float32, types.Float64: reflect.Float64, types.Complex64: reflect.Complex64,
	types.Complex128: reflect.Complex128, types.String: reflect.String, types.UnsafePointer: reflect.UnsafePointer,
	types.UntypedBool: reflect.Bool, types.UntypedInt: reflect.Int, types.UntypedRune: reflect.Int32,
	types.UntypedFloat: reflect.Float64, types.UntypedString: reflect.String,
}

func (s typesType) kind() reflect.Kind {
	switch t := s.t.Underlying().(type) {
	case *types.Basic:
		return typesKinds[t.Kind()]
	case *types.Pointer:
		return reflect.Pointer
	case *types.Slice:
		return reflect.Slice
	case *types.Array:
		return reflect.Array
	case *types.Map:
		return reflect.Map
	case *types.Struct:
		return reflect.Struct
	case *types.Interface:
		return reflect.Interface
	case *types.Chan:
		return reflect.Chan
	case *types.Signature:
		return reflect.Func
	}
	return reflect.Invalid
}

func (s typesType) elem() goType {
	if e, ok := s.t.Underlying().(interface{ Elem() types.Type }); ok {
		return typesType{e.Elem(), s.fset}
	}
	return typesType{types.Typ[types.Invalid], s.fset}
}

func (s typesType) key() goType {
	if m, ok := s.t.Underlying().(*types.Map); ok {
		return typesType{m.Key(), s.fset}
	}
	return typesType{types.Typ[types.Invalid], s.fset}
}

func (s typesType) generic() bool {
	n, ok := types.Unalias(s.t).(*types.Named)
	return ok && n.TypeParams().Len() > 0 && n.TypeArgs().Len() == 0
}

func (s typesType) fields() []goField {
	st, ok := s.t.Underlying().(*types.Struct)
	if !ok {
		return nil
	}
	fields := make([]goField, st.NumFields())
	for i := range fields {
		f := st.Field(i)
		fields[i] = goField{name: f.Name(), tag: reflect.StructTag(st.Tag(i)), exported: f.Exported(), embedded: f.Embedded(), typ: typesType{f.Type(), s.fset}, index: i}
		if s.fset != nil {
			fields[i].pos = s.fset.Position(f.Pos())
		}
	}
	return fields
}

// TypeOf maps a Go type from source to a column's type; ok is false for a type
// that no column holds.
func TypeOf(t types.Type) (typ Type, ok bool) {
	if t == nil {
		return Type{}, false
	}
	typ, why := classify(typesType{t, nil})
	return typ, why == ""
}

// IsModel reports whether the struct type t embeds dataflow.Model, itself or
// through a struct that it embeds.
func IsModel(t types.Type) bool {
	return embedsMarker(typesType{t, nil}, 0)
}

// FromTypes makes a Model from the declaration of a struct in source. Positions
// come from fset. Problems are 6XX findings; with problems the model may still be
// used for what is sound in it. The model is nil for what is no model at all (DF-603).
func FromTypes(obj *types.TypeName, fset *token.FileSet) (*Model, []Problem) {
	pkg := ""
	if obj.Pkg() != nil {
		pkg = obj.Pkg().Path()
	}
	return build(obj.Name(), pkg, typesType{obj.Type(), fset}, fset.Position(obj.Pos()))
}
