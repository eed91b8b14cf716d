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
	// wild says that what a map or list holds may be reached, and changed, by
	// another name: it is given to a function, ranged over, indexed, aliased.
	wild bool
	// put is where the variable first stands inside another value, set where an
	// element of it is last assigned; the end of the loop, in a loop.
	put, set token.Pos
}

// followed reports whether what a map or list variable holds is known as the
// statements go by: nothing changes it but assignments to its keys, and none of
// these after it was put into another value.
func (u use) followed() bool {
	return !u.wild && !u.loose && (!u.put.IsValid() || u.set < u.put)
}

// usageOf finds out how the variables in a declaration are used.
func (x *extractor) usageOf(body ast.Node) map[types.Object]use {
	c := &usageCounter{x: x, usage: map[types.Object]use{}, home: map[types.Object]int{}}
	ast.Inspect(body, func(n ast.Node) bool {
		if n == nil {
			c.pop()
			return true
		}
		c.stack = append(c.stack, n)
		if _, ok := n.(*ast.FuncLit); ok && n != body {
			c.level++
		}
		c.visit(n)
		return true
	})
	c.spread()
	return c.usage
}

// A usageCounter walks a declaration with the nodes that lead to where it is.
type usageCounter struct {
	x     *extractor
	usage map[types.Object]use
	home  map[types.Object]int // how many function literals deep a variable is declared
	level int
	stack []ast.Node
	parts [][2]types.Object // a variable, and another that it was put into
}

func (c *usageCounter) pop() {
	if _, ok := c.stack[len(c.stack)-1].(*ast.FuncLit); ok && len(c.stack) > 1 {
		c.level--
	}
	c.stack = c.stack[:len(c.stack)-1]
}

func (c *usageCounter) visit(n ast.Node) {
	switch s := n.(type) {
	case *ast.Field:
		for _, id := range s.Names {
			if obj := c.x.info.Defs[id]; obj != nil {
				c.home[obj] = c.level
			}
		}
	case *ast.AssignStmt:
		for _, l := range s.Lhs {
			c.assigned(l, false)
		}
	case *ast.ValueSpec:
		for _, id := range s.Names {
			c.assigned(id, false)
		}
	case *ast.RangeStmt:
		c.assigned(s.Key, false)
		c.assigned(s.Value, false)
	case *ast.IncDecStmt:
		c.assigned(s.X, false)
	case *ast.UnaryExpr:
		if s.Op == token.AND {
			c.assigned(s.X, true)
		}
	case *ast.Ident:
		c.mentioned(s)
	}
}

// assigned counts a write to what e is, or is a part of.
func (c *usageCounter) assigned(e ast.Expr, loose bool) {
	id := rootIdent(e)
	if id == nil {
		return
	}
	obj := c.x.info.Defs[id]
	if obj != nil {
		c.home[obj] = c.level
	} else if obj = c.x.info.Uses[id]; obj == nil {
		return
	}
	u := c.usage[obj]
	u.assigns++
	u.loose = u.loose || loose || c.home[obj] != c.level
	c.usage[obj] = u
}

// mentioned notes what a place does to the variable that stands there.
func (c *usageCounter) mentioned(id *ast.Ident) {
	v, ok := c.x.info.Uses[id].(*types.Var)
	if !ok || v.IsField() {
		return
	}
	u := c.usage[v]
	switch c.place(id) {
	case placeRead:
		return
	case placeElement:
		u.set = max(u.set, c.endOfLoop(id))
	case placeInside:
		if !u.put.IsValid() {
			u.put = id.Pos()
		}
		whole, safe := c.whole()
		u.wild = u.wild || !safe
		if whole != nil {
			c.parts = append(c.parts, [2]types.Object{v, whole})
		}
	default:
		u.wild = true
	}
	c.usage[v] = u
}

// What a place does to a variable.
const (
	placeOther   = iota // anything may become of what it holds
	placeRead           // nothing: it is looked at, copied or replaced as a whole
	placeElement        // one of its keys is assigned
	placeInside         // it becomes a part of another value
)

func (c *usageCounter) place(id *ast.Ident) int {
	var e ast.Node = id
	i := len(c.stack) - 2
	up := func() ast.Node { // the next node around e, without parentheses
		for ; i >= 0; i-- {
			if _, ok := c.stack[i].(*ast.ParenExpr); !ok {
				i--
				return c.stack[i+1]
			}
			e = c.stack[i]
		}
		return nil
	}
	switch p := up().(type) {
	case *ast.AssignStmt:
		return assignPlace(p, e)
	case *ast.IndexExpr:
		e = p
		if a, ok := up().(*ast.AssignStmt); ok && p.X == ast.Node(id) && a.Tok == token.ASSIGN && isOneOf(e, a.Lhs) {
			return placeElement
		}
	case *ast.KeyValueExpr, *ast.CompositeLit:
		return placeInside
	case *ast.CallExpr:
		if _, method := c.x.builderMethod(p); method != "" && e != p.Fun {
			return placeRead
		}
		if fun, ok := ast.Unparen(p.Fun).(*ast.Ident); ok {
			if b, ok := c.x.info.Uses[fun].(*types.Builtin); ok && (b.Name() == "len" || b.Name() == "cap") {
				return placeRead
			}
		}
	case *ast.BinaryExpr:
		return placeRead
	case *ast.ReturnStmt:
		if c.level == 0 { // a function literal gives it to its caller, here
			return placeRead
		}
	case *ast.RangeStmt:
		if e != p.X {
			return placeRead // key or value: it is replaced
		}
	case *ast.SelectorExpr:
		// A method may change a map; one of a builder, or a field, does not make
		// another name for it.
		if call, ok := up().(*ast.CallExpr); ok {
			if _, method := c.x.builderMethod(call); method != "" {
				return placeRead
			}
		}
	}
	return placeOther
}

// whole is the variable that the value around the current place goes to. safe is
// false where it goes to anything but a variable or a builder's call.
func (c *usageCounter) whole() (obj types.Object, safe bool) {
	for i := len(c.stack) - 2; i >= 0; i-- {
		switch p := c.stack[i].(type) {
		case *ast.ParenExpr, *ast.KeyValueExpr, *ast.CompositeLit:
		case *ast.CallExpr:
			_, method := c.x.builderMethod(p)
			return nil, method != ""
		case *ast.AssignStmt:
			for j, r := range p.Rhs {
				if r == c.stack[i+1] && len(p.Lhs) == len(p.Rhs) {
					return c.variable(p.Lhs[j])
				}
			}
			return nil, false
		case *ast.ValueSpec:
			for j, r := range p.Values {
				if r == c.stack[i+1] && len(p.Names) == len(p.Values) {
					return c.variable(p.Names[j])
				}
			}
			return nil, false
		default:
			return nil, false
		}
	}
	return nil, false
}

// variable is the local variable that l is, or is an element of.
func (c *usageCounter) variable(l ast.Expr) (types.Object, bool) {
	l = ast.Unparen(l)
	if ix, ok := l.(*ast.IndexExpr); ok {
		l = ast.Unparen(ix.X)
	}
	id, ok := l.(*ast.Ident)
	if !ok {
		return nil, false
	}
	if obj := c.x.info.Defs[id]; obj != nil {
		return obj, true
	}
	obj := c.x.info.Uses[id]
	return obj, obj != nil || id.Name == "_"
}

// spread makes wild what was put into something wild.
func (c *usageCounter) spread() {
	for changed := true; changed; {
		changed = false
		for _, p := range c.parts {
			part, whole := c.usage[p[0]], c.usage[p[1]]
			if (whole.wild || whole.loose) && !part.wild {
				part.wild, changed = true, true
				c.usage[p[0]] = part
			}
		}
	}
}

// assignPlace is the place of e in an assignment: replaced as a whole, thrown
// away, put into something, or given a second name.
func assignPlace(a *ast.AssignStmt, e ast.Node) int {
	if isOneOf(e, a.Lhs) {
		return placeRead
	}
	for i, r := range a.Rhs {
		if r != e || len(a.Lhs) != len(a.Rhs) {
			continue
		}
		switch l := ast.Unparen(a.Lhs[i]).(type) {
		case *ast.Ident:
			if l.Name == "_" {
				return placeRead
			}
		case *ast.IndexExpr:
			return placeInside
		}
	}
	return placeOther
}

func isOneOf(e ast.Node, list []ast.Expr) bool {
	for _, x := range list {
		if ast.Node(x) == e {
			return true
		}
	}
	return false
}

// endOfLoop is where the outermost loop around id ends, or where id stands.
func (c *usageCounter) endOfLoop(id *ast.Ident) token.Pos {
	for _, n := range c.stack {
		switch n.(type) {
		case *ast.ForStmt, *ast.RangeStmt:
			return n.End()
		}
	}
	return id.Pos()
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
