package analysis

import (
	"go/ast"
	"go/token"
	"go/types"
	"maps"
)

// A callable is a function as a value: a literal with the variables that it sees,
// or a declared function or method, with its receiver where it has one.
type callable struct {
	lit   *ast.FuncLit
	frame *frame // of the literal, as it was then

	f        *types.Func
	unbound  bool // a method expression: the receiver is the first argument
	recv     *value
	recvExpr ast.Expr

	followed, escaped bool
	gone              cell // lost on the paths on which the function has escaped
}

// closure is a function literal with the variables that it sees.
func (f *frame) closure(lit *ast.FuncLit) *callable {
	frame := *f
	frame.env = maps.Clone(f.env)
	c := &callable{lit: lit, frame: &frame}
	if f.x.dry == 0 {
		f.x.literals = append(f.x.literals, c)
	}
	return c
}

// A lateClosure is a literal that runs at a time that is not known: it is followed
// when its root function has ended, with what has not changed since.
type lateClosure struct {
	c     *callable
	by    *frame
	ctx   []int
	cells map[*cell]int // how often they were written by then
	objs  map[*object]int
}

func (l *lateClosure) follow() {
	x := l.by.x
	before := x.st
	x.st = before.fork()
	f := *l.by
	f.ctx, f.calls = l.ctx, nil
	f.push()
	e, ok := f.enter(l.c, l.c.lit)
	if !ok {
		x.st = before
		return
	}
	for obj, cell := range e.env {
		n, used := l.cells[cell]
		h, _ := x.st.cell(cell)
		if used && (cell.writes != n || h.obj != nil && h.obj.writes != l.objs[h.obj]) {
			e.declare(obj)
		}
	}
	e.inlined = false
	var args []value
	for p := range signatureOf(e.u, l.c.lit).Params().Variables() {
		v := value{}
		if isWorkflow(p.Type()) {
			x.extensions.unknown = true
			v.wfs = []ref{{d: e.fragment("parameter "+p.Name(), e.file.span(l.c.lit.Type))}}
		}
		args = append(args, v)
	}
	for _, v := range e.through(&f, args, false) {
		e.escape(v, "returned by a function literal", l.c.lit.Type)
	}
	x.st = before
}

func signatureOf(u *unit, lit *ast.FuncLit) *types.Signature {
	if sig, ok := u.info.Types[lit].Type.(*types.Signature); ok {
		return sig
	}
	return types.NewSignatureType(nil, nil, nil, nil, nil, false)
}

// How a literal uses a variable of the function around it.
const (
	capturedRead    = iota // only as a parameter of a builder call
	capturedUsed           // what it holds may be changed
	capturedWritten        // it is assigned
)

// captured lists the variables that a literal uses.
func captured(c *callable) map[types.Object]int {
	uses := map[types.Object]int{}
	info := c.frame.u.info
	note := func(e ast.Expr, how int) {
		if id := rootIdent(e); id != nil {
			if v, ok := info.Uses[id].(*types.Var); ok && !v.IsField() {
				uses[v] = max(uses[v], how)
			}
		}
	}
	var stack []ast.Node
	ast.Inspect(c.lit.Body, func(n ast.Node) bool {
		if n == nil {
			stack = stack[:len(stack)-1]
			return true
		}
		stack = append(stack, n)
		switch s := n.(type) {
		case *ast.AssignStmt:
			for _, l := range s.Lhs {
				if _, isVar := ast.Unparen(l).(*ast.Ident); isVar {
					note(l, capturedWritten)
				} else {
					note(l, capturedUsed)
				}
			}
		case *ast.IncDecStmt:
			note(s.X, capturedWritten)
		case *ast.RangeStmt:
			if s.Tok == token.ASSIGN {
				note(s.Key, capturedWritten)
				note(s.Value, capturedWritten)
			}
		case *ast.UnaryExpr:
			if s.Op == token.AND {
				note(s.X, capturedWritten)
			}
		case *ast.Ident:
			if v, ok := info.Uses[s].(*types.Var); ok && !v.IsField() {
				how := capturedUsed
				if givenToBuilder(stack) {
					how = capturedRead
				}
				uses[v] = max(uses[v], how)
			}
		}
		return true
	})
	return uses
}

// givenToBuilder reports whether the last of nested nodes is a parameter of a
// builder call, or a part of a literal that is.
func givenToBuilder(stack []ast.Node) bool {
	for i := len(stack) - 2; i >= 0; i-- {
		switch p := stack[i].(type) {
		case *ast.KeyValueExpr, *ast.CompositeLit, *ast.ParenExpr:
		case *ast.CallExpr:
			sel, ok := ast.Unparen(p.Fun).(*ast.SelectorExpr)
			return ok && sel.Sel.Name == "AddNode" && len(p.Args) == 3 && p.Args[2] == stack[i+1]
		default:
			return false
		}
	}
	return false
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
