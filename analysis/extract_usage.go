package analysis

import (
	"go/ast"
	"go/token"
	"go/types"
)

// use says how a function treats a variable.
type use struct {
	assigns int  // definitions and assignments, also to its elements
	loose   bool // its address is taken, or a closure writes it: nothing is known of it
}

// usageOf counts how the variables in a declaration are written.
func (x *extractor) usageOf(body ast.Node) map[types.Object]use {
	usage, home := map[types.Object]use{}, map[types.Object]int{}
	note := func(e ast.Expr, level int, loose bool) {
		id := rootIdent(e)
		if id == nil {
			return
		}
		obj := x.info.Defs[id]
		if obj == nil {
			obj = x.info.Uses[id]
		} else {
			home[obj] = level
		}
		if obj == nil {
			return
		}
		u := usage[obj]
		u.assigns++
		u.loose = u.loose || loose || home[obj] != level
		usage[obj] = u
	}
	var walk func(n ast.Node, level int)
	walk = func(n ast.Node, level int) {
		ast.Inspect(n, func(c ast.Node) bool {
			switch s := c.(type) {
			case *ast.FuncLit:
				if c != n {
					walk(s, level+1)
					return false
				}
			case *ast.Field:
				for _, id := range s.Names {
					if obj := x.info.Defs[id]; obj != nil {
						home[obj] = level
					}
				}
			case *ast.AssignStmt:
				for _, l := range s.Lhs {
					note(l, level, false)
				}
			case *ast.ValueSpec:
				for _, id := range s.Names {
					note(id, level, false)
				}
			case *ast.RangeStmt:
				note(s.Key, level, false)
				note(s.Value, level, false)
			case *ast.IncDecStmt:
				note(s.X, level, false)
			case *ast.UnaryExpr:
				if s.Op == token.AND {
					note(s.X, level, true)
				}
			}
			return true
		})
	}
	walk(body, 0)
	return usage
}

// rootIdent is the variable that e is, or is a part of: p of p["a"].b[0].
func rootIdent(e ast.Expr) *ast.Ident {
	for {
		switch n := e.(type) {
		case *ast.Ident:
			return n
		case *ast.ParenExpr:
			e = n.X
		case *ast.SelectorExpr:
			e = n.X
		case *ast.IndexExpr:
			e = n.X
		case *ast.StarExpr:
			e = n.X
		case *ast.SliceExpr:
			e = n.X
		case *ast.TypeAssertExpr:
			e = n.X
		default:
			return nil
		}
	}
}
