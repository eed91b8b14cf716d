package analysis

import (
	"fmt"
	"go/ast"
	"go/parser"
	"strings"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// replaceValue writes what was meant in place of a value: 42 for "42", a list for
// a single value, 1 for a limit of 0. Only a literal is replaced: what a name
// stands for may be meant elsewhere.
func (s *site) replaceValue() []errcatalog.Fix {
	var to string
	switch s.f.Code {
	case errcatalog.DF102, errcatalog.DF108, errcatalog.DF117:
		to = s.f.Details.Suggestion
	case errcatalog.DF103:
		if s.f.Details.Suggestion == "" && s.f.Details.Mended != "" {
			to = s.f.Details.Example
		}
	}
	if to == "" || s.f.Path == "" || s.f.Connection != nil {
		return nil
	}
	_, value := s.literal(s.f.Path)
	if value == nil || !isLiteral(value) || s.args == nil {
		return nil
	}
	to = strings.ReplaceAll(to, "dataflow.Params", s.mapType(nil))
	if _, err := parser.ParseExpr(to); err != nil {
		return nil // shortened for the page
	}
	start, end := s.args.offset(value.Pos()), s.args.offset(value.End())
	return []errcatalog.Fix{s.fix(s.args, fmt.Sprintf("Change to %s", title(to)), true, splice{start, end, to})}
}

// isLiteral reports whether e is written out, rather than named or computed.
func isLiteral(e ast.Expr) bool {
	switch e := ast.Unparen(e).(type) {
	case *ast.BasicLit, *ast.CompositeLit:
		return true
	case *ast.UnaryExpr:
		return isLiteral(e.X)
	case *ast.Ident:
		return e.Name == "true" || e.Name == "false"
	}
	return false
}

// title shortens an expression for the title of a fix.
func title(expr string) string {
	if len(expr) > 60 || strings.Contains(expr, "\n") {
		return "what was meant"
	}
	return expr
}

// zeroValue gives a required column its zero value in place of nil.
func (s *site) zeroValue() []errcatalog.Fix {
	if s.f.Code != errcatalog.DF109 || s.model == nil || s.f.Connection != nil {
		return nil
	}
	_, key := cutLast(s.f.Path)
	f := s.model.FieldByColumn(key)
	_, value := s.literal(s.f.Path)
	if f == nil || value == nil || !isNil(value) {
		return nil
	}
	v := &valuer{s: s, mapType: s.mapType(nil)}
	to := v.column(f)
	start, end := s.args.offset(value.Pos()), s.args.offset(value.End())
	return []errcatalog.Fix{s.fix(s.args, "Change to "+title(to), s.required(key), append([]splice{{start, end, to}}, v.imports...)...)}
}
