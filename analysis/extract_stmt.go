package analysis

import (
	"go/ast"
	"go/token"
)

func (f *frame) stmt(s ast.Stmt) {
	f.x.steps++
	switch s := s.(type) {
	case *ast.ExprStmt:
		f.drop(f.eval(s.X))
	case *ast.AssignStmt:
		f.assign(s)
	case *ast.DeclStmt:
		f.declareAll(s)
	case *ast.ReturnStmt:
		f.returnStmt(s)
	case *ast.BranchStmt:
		f.jump(s)
	case *ast.BlockStmt:
		f.block(s.List)
	case *ast.LabeledStmt:
		f.labeled(s)
	case *ast.IfStmt:
		f.ifStmt(s)
	case *ast.ForStmt:
		f.forStmt(s, "")
	case *ast.RangeStmt:
		f.rangeStmt(s, "")
	case *ast.SwitchStmt:
		f.switchStmt(s, "")
	case *ast.TypeSwitchStmt:
		f.typeSwitch(s, "")
	case *ast.SelectStmt:
		f.selectStmt(s, "")
	case *ast.GoStmt:
		f.opaqueCall(s.Call, "given to a goroutine")
	case *ast.DeferStmt:
		f.deferStmt(s)
	case *ast.IncDecStmt:
		f.update(s.X, f.arith(s, tokenOf(s.Tok), f.eval(s.X), one))
	case *ast.SendStmt:
		f.eval(s.Chan)
		f.escape(f.eval(s.Value), "sent to a channel", s.Value)
	}
}

func tokenOf(t token.Token) token.Token {
	if t == token.INC {
		return token.ADD
	}
	return token.SUB
}

// drop is for a value that nothing is done with.
func (f *frame) drop(value) {}

func (f *frame) labeled(s *ast.LabeledStmt) {
	label := s.Label.Name
	if f.x.st == nil && f.broken {
		f.x.st = &state{}
	}
	switch s := s.Stmt.(type) {
	case *ast.ForStmt:
		f.forStmt(s, label)
	case *ast.RangeStmt:
		f.rangeStmt(s, label)
	case *ast.SwitchStmt:
		f.switchStmt(s, label)
	case *ast.TypeSwitchStmt:
		f.typeSwitch(s, label)
	case *ast.SelectStmt:
		f.selectStmt(s, label)
	default:
		f.within(label, false, func(*target) { f.stmt(s) })
	}
}

func (f *frame) ifStmt(s *ast.IfStmt) {
	if s.Init != nil {
		f.stmt(s.Init)
	}
	cond := f.eval(s.Cond)
	if f.x.st == nil {
		return
	}
	if c, known := truth(cond); known && !f.broken {
		if c {
			f.block(s.Body.List)
		} else if s.Else != nil {
			f.stmt(s.Else)
		}
		return
	}
	then, other := f.branch(func() { f.block(s.Body.List) }), f.x.st
	if s.Else != nil {
		other = f.branch(func() { f.stmt(s.Else) })
	}
	f.join(then, other)
}

func truth(v value) (b, known bool) {
	b, known = v.known.V.(bool)
	return b, known && v.plain()
}

// deferStmt runs a literal without arguments when the function ends; any other
// deferred call is not followed.
func (f *frame) deferStmt(s *ast.DeferStmt) {
	lit, ok := ast.Unparen(s.Call.Fun).(*ast.FuncLit)
	if !ok || len(s.Call.Args) > 0 || f.x.dry > 0 && len(f.targets) > 0 {
		f.opaqueCall(s.Call, "given to a deferred call")
		return
	}
	c := f.closure(lit)
	f.defers = append(f.defers, deferred{f.ctx, func() { f.follow(c, nil, s.Call) }})
}

func (f *frame) declareAll(s *ast.DeclStmt) {
	gd, ok := s.Decl.(*ast.GenDecl)
	if !ok || gd.Tok != token.VAR {
		return
	}
	for _, spec := range gd.Specs {
		vs, ok := spec.(*ast.ValueSpec)
		if !ok {
			continue
		}
		lhs := make([]ast.Expr, len(vs.Names))
		for i, id := range vs.Names {
			lhs[i] = id
		}
		values := f.evalList(vs.Values, len(lhs))
		for i, id := range vs.Names {
			obj := f.u.info.Defs[id]
			if obj == nil {
				continue
			}
			v := f.zero(obj.Type())
			if len(vs.Values) > 0 {
				v = values[i]
			}
			if f.x.st != nil {
				f.store(f.declare(obj), v)
			}
		}
	}
}

func (f *frame) assign(s *ast.AssignStmt) {
	if s.Tok != token.ASSIGN && s.Tok != token.DEFINE {
		op := s.Tok + (token.ADD - token.ADD_ASSIGN)
		f.update(s.Lhs[0], f.arith(s, op, f.eval(s.Lhs[0]), f.eval(s.Rhs[0])))
		return
	}
	values := f.evalList(s.Rhs, len(s.Lhs))
	if f.x.st == nil {
		return
	}
	for i, l := range s.Lhs { // x[i] is the element of i as it was, even if i is assigned as well
		if _, ok := ast.Unparen(l).(*ast.Ident); !ok {
			f.update(l, values[i])
		}
	}
	for i, l := range s.Lhs {
		id, ok := ast.Unparen(l).(*ast.Ident)
		if !ok {
			continue
		}
		if s.Tok == token.DEFINE {
			if obj := f.u.info.Defs[id]; obj != nil {
				f.store(f.declare(obj), values[i])
				continue
			}
		}
		f.update(l, values[i])
	}
}

// evalList evaluates all of rhs before any of n variables is written.
func (f *frame) evalList(rhs []ast.Expr, n int) []value {
	values := make([]value, 0, n)
	if len(rhs) == 1 && n > 1 {
		values = append(values, f.evalAll(rhs[0])...)
	} else {
		for _, e := range rhs {
			values = append(values, f.copied(f.eval(e)))
		}
	}
	for len(values) < n {
		values = append(values, value{})
	}
	return values
}
