package analysis

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/types"
	"slices"
	"strconv"
	"strings"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/model"
)

// maxInLine is how many parameters are added to an empty literal on one line.
const maxInLine = 2

// addMissing adds every parameter that the map at fault misses.
func (s *site) addMissing() []errcatalog.Fix {
	if len(s.f.Missing) == 0 || s.call == nil || s.f.Node == nil {
		return nil
	}
	lit, whole := s.literal(s.f.Path)
	v := &valuer{s: s, mapType: s.mapType(lit)}
	entries := make([]string, len(s.f.Missing))
	names := make([]string, len(s.f.Missing))
	for i, p := range s.f.Missing {
		if lit != nil && element(lit, p.Name) != nil {
			return nil // it is there, and empty
		}
		entries[i] = strconv.Quote(p.Name) + ": " + v.value(p)
		names[i] = strconv.Quote(p.Name)
	}
	var splices []splice
	switch {
	case lit != nil:
		splices = s.insert(lit, entries)
	case whole != nil && isNil(whole):
		at := s.args.offset(whole.Pos())
		splices = []splice{{at, s.args.offset(whole.End()), v.mapType + s.braces(entries, at)}}
	default:
		return nil // a variable, a call: its making is elsewhere
	}
	splices = append(splices, v.imports...)
	preferred := s.f.Code != errcatalog.DF702 && s.f.Code != errcatalog.DF705
	return []errcatalog.Fix{s.fix(s.args, "Add "+strings.Join(names, ", "), preferred, splices...)}
}

func isNil(e ast.Expr) bool {
	id, ok := ast.Unparen(e).(*ast.Ident)
	return ok && id.Name == "nil"
}

// mapType is how the file writes the type of parameters: as the literal does, or
// as dataflow.Params.
func (s *site) mapType(lit *ast.CompositeLit) string {
	if top, _ := s.literal(""); top != nil && top.Type != nil {
		return s.args.text(top.Type)
	}
	if s.u.meta.PkgPath == rootPath {
		return "Params"
	}
	if name := importName(s.args, rootPath, "dataflow"); name != "" {
		return name + ".Params"
	}
	return "map[string]any"
}

// insert adds entries to a literal in the literal's own form.
func (s *site) insert(lit *ast.CompositeLit, entries []string) []splice {
	src := s.args.src
	lbrace, rbrace := s.args.offset(lit.Lbrace), s.args.offset(lit.Rbrace)
	if start := lineStart(src, rbrace); start > lbrace && len(bytes.TrimSpace(src[start:rbrace])) == 0 {
		indent := indentation(src, rbrace) + "\t"
		text := ""
		for _, e := range entries {
			text += indent + e + ",\n"
		}
		return []splice{{start, start, text}}
	}
	if len(lit.Elts) == 0 {
		return []splice{{lbrace, rbrace + 1, s.braces(entries, lbrace)}}
	}
	end := s.args.offset(lit.Elts[len(lit.Elts)-1].End())
	return []splice{{end, end, ", " + strings.Join(entries, ", ")}}
}

// braces are the braces of a new literal with entries: on one line when they are
// few, else one a line.
func (s *site) braces(entries []string, at int) string {
	if len(entries) <= maxInLine {
		return "{" + strings.Join(entries, ", ") + "}"
	}
	indent := indentation(s.args.src, at)
	return "{\n" + indent + "\t" + strings.Join(entries, ",\n"+indent+"\t") + ",\n" + indent + "}"
}

// A valuer writes values to start from, and gathers the imports that they need.
type valuer struct {
	s       *site
	mapType string
	imports []splice
}

// value is a value of the parameter's shape that the rules accept.
func (v *valuer) value(p model.Param) string {
	m := v.s.model
	switch {
	case m == nil:
	case p.Shape == model.ShapeFilter, p.Shape == model.ShapeWhere:
		return v.row(m, func(f *model.Field) bool { return f.Primary })
	case p.Shape == model.ShapeFields && p.Name == "create":
		return v.row(m, (*model.Field).RequiredOnCreate)
	case p.Shape == model.ShapeFields:
		first := slices.IndexFunc(m.Fields, func(f model.Field) bool { return !f.Primary && f.Settable() })
		return v.row(m, func(f *model.Field) bool { return first >= 0 && f == &m.Fields[first] })
	case p.Shape == model.ShapeRows:
		rows := v.row(m, (*model.Field).RequiredOnCreate)
		return "[]" + v.mapType + "{" + strings.TrimPrefix(rows, v.mapType) + "}"
	}
	if p.Field != nil {
		return v.column(p.Field)
	}
	if len(p.Enum) > 0 {
		return strconv.Quote(p.Enum[0])
	}
	if p.Default != "" {
		return p.Default
	}
	return v.zero(p.Type, p.Name)
}

// row is a map of the columns that want picks.
func (v *valuer) row(m *model.Model, want func(*model.Field) bool) string {
	var parts []string
	for i := range m.Fields {
		if f := &m.Fields[i]; want(f) {
			parts = append(parts, strconv.Quote(f.Column)+": "+v.column(f))
		}
	}
	return v.mapType + "{" + strings.Join(parts, ", ") + "}"
}

// column is the zero value of a column, or an example where the zero value breaks
// the column's own rules.
func (v *valuer) column(f *model.Field) string {
	var zero any
	switch k := f.Type.Kind; {
	case f.Type.Array:
		zero = []any{}
	case k == model.KindString:
		zero = ""
	case k == model.KindBool:
		zero = false
	case k.IsInteger():
		zero = int64(0)
	case k.IsFloat():
		zero = 0.0
	}
	if zero != nil && model.Validate(f, zero) != nil {
		return f.Type.Example(f.Column)
	}
	return v.zero(f.Type, f.Column)
}

// shadowed reports whether a name means anything but the package of the path where
// the call stands.
func (s *site) shadowed(name, path string) bool {
	pkg := s.u.typingAt(s.call).pkg
	scope := pkg.Scope().Innermost(s.call.Pos())
	if scope == nil {
		scope = pkg.Scope()
	}
	_, obj := scope.LookupParent(name, s.call.Pos())
	if obj == nil {
		return false
	}
	imported, ok := obj.(*types.PkgName)
	return !ok || imported.Imported().Path() != path
}

func (v *valuer) zero(t model.Type, name string) string {
	zero := t.Zero()
	switch {
	case t.Kind == model.KindTime && !t.Array:
		pkg := importName(v.s.args, "time", "time")
		if v.s.shadowed(cmp.Or(pkg, "time"), "time") {
			return t.Example(name) // the name means something else here
		}
		if pkg != "" {
			return pkg + ".Now()"
		}
		if len(v.imports) == 0 {
			v.imports = append(v.imports, addImport(v.s.args, "time"))
		}
	case t.Kind == model.KindUUID && !t.Array:
		if pkg := importName(v.s.args, "github.com/google/uuid", "uuid"); pkg != "" {
			return pkg + ".New()"
		}
		return t.Example(name)
	case t.Array && (t.Kind == model.KindTime || t.Kind == model.KindUUID || t.Kind == model.KindDecimal):
		return "[]string{}" // their text form needs no import
	case strings.HasPrefix(zero, "dataflow.Params"):
		return fmt.Sprint(v.mapType, strings.TrimPrefix(zero, "dataflow.Params"))
	}
	return zero
}
