package model

import (
	"go/token"
	"reflect"
	"strings"
)

// goType is a Go type as both front ends see it. Everything below this interface
// is written once, so a model read by reflection and one read from source agree.
type goType interface {
	named() (pkg, n string) // import path and name of a defined type; "" otherwise
	pkgName() string        // name of the package of a defined type
	kind() reflect.Kind
	elem() goType // pointer, slice, array, map
	key() goType  // map
	fields() []goField
	generic() bool // has type parameters
}

type goField struct {
	name     string
	tag      reflect.StructTag
	exported bool
	embedded bool
	typ      goType
	pos      token.Position
	index    int
}

const (
	rootPkg = "github.com/dataflow-go/dataflow"
	marker  = "Model"
)

func isMarker(t goType) bool {
	pkg, name := t.named()
	return pkg == rootPkg && name == marker
}

var basicKinds = map[reflect.Kind]Kind{
	reflect.Bool: KindBool, reflect.Int: KindInt, reflect.Int8: KindInt8, reflect.Int16: KindInt16, reflect.Int32: KindInt32,
	reflect.Int64: KindInt64, reflect.Uint: KindUint, reflect.Uint8: KindUint8, reflect.Uint16: KindUint16,
	reflect.Uint32: KindUint32, reflect.Uint64: KindUint64, reflect.Float32: KindFloat32, reflect.Float64: KindFloat64,
	reflect.String: KindString,
}

// classify maps a Go type to a column type. why says what is wrong with a type
// that no column holds.
func classify(t goType) (typ Type, why string) {
	if t.kind() == reflect.Pointer {
		inner, why := classify(t.elem())
		switch {
		case why != "":
			return Type{}, why
		case inner.Nullable:
			return Type{}, "a pointer to a pointer is no column"
		}
		inner.Nullable = true
		return inner, ""
	}
	pkg, name := t.named()
	switch pkg + "." + name {
	case "time.Time":
		return Type{Kind: KindTime}, ""
	case "github.com/google/uuid.UUID":
		return Type{Kind: KindUUID}, ""
	case "github.com/shopspring/decimal.Decimal":
		return Type{Kind: KindDecimal}, ""
	case "encoding/json.RawMessage":
		return Type{Kind: KindJSON}, ""
	case "github.com/google/uuid.NullUUID":
		return Type{}, "use *uuid.UUID for a value that may be null"
	case "github.com/shopspring/decimal.NullDecimal":
		return Type{}, "use *decimal.Decimal for a value that may be null"
	}
	if pkg == "database/sql" {
		return Type{}, "use a pointer (*string, *int64, …) for a value that may be null"
	}
	if k, ok := basicKinds[t.kind()]; ok {
		return Type{Kind: k}, ""
	}
	switch t.kind() {
	case reflect.Slice:
		return classifySlice(t.elem())
	case reflect.Map:
		if t.key().kind() != reflect.String {
			return Type{}, "a map column needs string keys"
		}
		return Type{Kind: KindJSON}, ""
	case reflect.Struct:
		return Type{Kind: KindJSON}, ""
	case reflect.Array:
		return Type{}, "use a slice; arrays of fixed length are no columns"
	case reflect.Interface:
		return Type{}, "an interface has no column type; use a concrete type, map[string]any or json.RawMessage"
	}
	return Type{}, "no column holds a " + t.kind().String()
}

func classifySlice(elem goType) (Type, string) {
	if pkg, _ := elem.named(); elem.kind() == reflect.Uint8 && pkg == "" {
		return Type{Kind: KindBytes}, ""
	}
	if elem.kind() == reflect.Interface {
		return Type{Kind: KindJSON}, "" // []any
	}
	inner, why := classify(elem)
	switch {
	case why != "":
		return Type{}, why
	case inner.Kind == KindJSON, inner.Array:
		return Type{Kind: KindJSON}, ""
	case inner.Nullable:
		return Type{}, "elements of an array column cannot be null; use []" + inner.NotNull().String()
	}
	return Type{Kind: inner.Kind, Array: true}, ""
}

// reflectType is the run-time front end.
type reflectType struct{ t reflect.Type }

func (r reflectType) named() (string, string) {
	if r.t.Name() == "" || r.t.PkgPath() == "" {
		return "", ""
	}
	name, _, _ := strings.Cut(r.t.Name(), "[") // without type arguments
	return r.t.PkgPath(), name
}
func (r reflectType) pkgName() string {
	name, _, _ := strings.Cut(r.t.String(), ".")
	return name
}
func (r reflectType) kind() reflect.Kind { return r.t.Kind() }
func (r reflectType) elem() goType       { return reflectType{r.t.Elem()} }
func (r reflectType) key() goType        { return reflectType{r.t.Key()} }
func (r reflectType) generic() bool      { return strings.Contains(r.t.Name(), "[") }
func (r reflectType) fields() []goField {
	fields := make([]goField, r.t.NumField())
	for i := range fields {
		f := r.t.Field(i)
		fields[i] = goField{name: f.Name, tag: f.Tag, exported: f.IsExported(), embedded: f.Anonymous, typ: reflectType{f.Type}, index: i}
	}
	return fields
}

// goString writes a type as Go source does: "[]byte", "map[string]any", "time.Time".
func goString(t goType) string {
	if _, name := t.named(); name != "" {
		return t.pkgName() + "." + name
	}
	switch k := t.kind(); k {
	case reflect.Pointer:
		return "*" + goString(t.elem())
	case reflect.Slice:
		if e := t.elem(); e.kind() == reflect.Uint8 {
			if _, name := e.named(); name == "" {
				return "[]byte"
			}
		}
		return "[]" + goString(t.elem())
	case reflect.Array:
		return "[…]" + goString(t.elem())
	case reflect.Map:
		return "map[" + goString(t.key()) + "]" + goString(t.elem())
	case reflect.Interface:
		return "any"
	default:
		return k.String()
	}
}
