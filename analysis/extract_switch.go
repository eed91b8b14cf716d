package analysis

import (
	"go/ast"
	"go/token"
)

func (f *frame) switchStmt(s *ast.SwitchStmt, label string) {
	if s.Init != nil {
		f.stmt(s.Init)
	}
	var tag *value
	if s.Tag != nil {
		v := f.eval(s.Tag)
		tag = &v
	}
	f.within(label, false, func(*target) {
		asked := map[ast.Expr]bool{}
		if c, ok := f.chosen(s, tag, asked); ok {
			f.clause(s.Body.List, c)
			return
		}
		for _, c := range s.Body.List { // those not asked may do something, too
			if clause, ok := c.(*ast.CaseClause); ok {
				f.join(f.x.st, f.branch(func() {
					for _, e := range clause.List {
						if !asked[e] {
							f.eval(e)
						}
					}
				}))
			}
		}
		f.clauses(s.Body.List, func(i int) { f.clause(s.Body.List, i) })
	})
}

// chosen is the clause that a switch takes, where that is known: -1 for none. The
// cases that it asked for that are noted.
func (f *frame) chosen(s *ast.SwitchStmt, tag *value, asked map[ast.Expr]bool) (int, bool) {
	chosen := -1
	if f.broken {
		return 0, false
	}
	for i, c := range s.Body.List {
		clause, ok := c.(*ast.CaseClause)
		if !ok {
			return 0, false
		}
		if clause.List == nil {
			chosen = i
		}
	}
	for i, c := range s.Body.List {
		for _, e := range c.(*ast.CaseClause).List { //nolint:forcetypeassert // checked above
			v := f.eval(e)
			asked[e] = true
			if tag != nil {
				v = f.compare(token.EQL, *tag, v)
			}
			holds, known := truth(v)
			if !known {
				return 0, false
			}
			if holds {
				return i, true
			}
		}
	}
	return chosen, true
}

// clause follows one case, and those that it falls through to.
func (f *frame) clause(list []ast.Stmt, i int) {
	for ; i >= 0 && i < len(list) && f.x.st != nil; i++ {
		c, ok := list[i].(*ast.CaseClause)
		if !ok {
			return
		}
		f.block(c.Body)
		if n := len(c.Body); n == 0 {
			return
		} else if b, ok := c.Body[n-1].(*ast.BranchStmt); !ok || b.Tok != token.FALLTHROUGH {
			return
		}
	}
}

// clauses follows the cases of which at most one is taken.
func (f *frame) clauses(list []ast.Stmt, follow func(i int)) {
	if f.x.st == nil {
		return
	}
	var ends []*state
	whole := false
	for i, c := range list {
		switch c := c.(type) {
		case *ast.CaseClause:
			whole = whole || c.List == nil
		case *ast.CommClause:
			whole = true
		}
		ends = append(ends, f.branch(func() { follow(i) }))
	}
	if !whole {
		ends = append(ends, f.x.st)
	}
	f.join(ends...)
}

func (f *frame) typeSwitch(s *ast.TypeSwitchStmt, label string) {
	if s.Init != nil {
		f.stmt(s.Init)
	}
	var x value
	switch a := s.Assign.(type) {
	case *ast.ExprStmt:
		if t, ok := ast.Unparen(a.X).(*ast.TypeAssertExpr); ok {
			x = f.eval(t.X)
		}
	case *ast.AssignStmt:
		if t, ok := ast.Unparen(a.Rhs[0]).(*ast.TypeAssertExpr); ok && len(a.Rhs) == 1 {
			x = f.eval(t.X)
		}
	}
	f.within(label, false, func(*target) {
		f.clauses(s.Body.List, func(i int) {
			if obj := f.u.info.Implicits[s.Body.List[i]]; obj != nil {
				f.store(f.declare(obj), f.copied(x))
			}
			if c, ok := s.Body.List[i].(*ast.CaseClause); ok {
				f.block(c.Body)
			}
		})
	})
}

func (f *frame) selectStmt(s *ast.SelectStmt, label string) {
	if len(s.Body.List) == 0 { // it waits for ever
		f.x.st = nil
		return
	}
	f.within(label, false, func(*target) {
		f.clauses(s.Body.List, func(i int) {
			if c, ok := s.Body.List[i].(*ast.CommClause); ok {
				if c.Comm != nil {
					f.stmt(c.Comm)
				}
				f.block(c.Body)
			}
		})
	})
}
