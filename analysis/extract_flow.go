package analysis

import (
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// A frame follows one function body, statement by statement, as it would run.
type frame struct {
	x      *extractor
	u      *unit // of the body: not the extractor's, for a function of another package
	file   *source
	fn     *function // the root that is followed
	own    int       // the branch that stands for the root being called at all
	body   ast.Node  // what is followed: of fn, or of a function that it calls
	env    map[types.Object]*cell
	ctx    []int // the branches that lead here
	calls  []ast.Node
	site   errcatalog.Span // the call in the root's unit that led to another package
	broken bool
	// results are the variables of the results, nil for those without a name.
	results []*cell
	// returns are the values of each return statement, ends the states there.
	returns [][]value
	ends    []*state
	targets []*target // the statements around that a jump can end
	defers  []deferred
	inlined bool // the body stands in a caller's place: returning early cuts what follows
	// rescue is the function, this one or a caller, that may go on when a panic ends
	// this one half way.
	rescue *frame
}

// A target is a statement that break and continue refer to.
type target struct {
	label             string
	loop              bool
	breaks, continues []*state
}

// A deferred call runs when the function ends, if it came as far as ctx.
type deferred struct {
	ctx []int
	run func()
}

// maxSteps bounds the statements that following one root function may take.
const maxSteps = 10_000

// maxUnrolled bounds how often a loop's body is followed, one run after the other.
const maxUnrolled = 64

func (f *frame) object(id *ast.Ident) types.Object {
	if obj := f.u.info.Defs[id]; obj != nil {
		return obj
	}
	return f.u.info.Uses[id]
}

// declare makes a new variable.
func (f *frame) declare(obj types.Object) *cell {
	f.x.ids++
	c := &cell{typ: obj.Type(), id: f.x.ids}
	f.env[obj] = c
	f.x.st.cells[c] = held{}
	return c
}

// run follows a function's body to its end, with what it defers.
func (f *frame) run(body *ast.BlockStmt) {
	if body == nil {
		return
	}
	if f.recovers(body) {
		f.rescue = f
	}
	f.block(body.List)
	if f.x.st != nil {
		f.returned(f.namedValues())
	}
	f.join(f.ends...)
	deferred := len(f.defers) > 0
	for len(f.defers) > 0 && f.x.st != nil {
		last := f.defers[len(f.defers)-1]
		f.defers = f.defers[:len(f.defers)-1]
		if len(last.ctx) == len(f.ctx) {
			last.run()
			continue
		}
		ctx := f.ctx
		f.ctx = last.ctx
		f.join(f.x.st, f.branch(last.run))
		f.ctx = ctx
	}
	if deferred && f.x.st != nil {
		f.afterDefers()
	}
}

// afterDefers reads the named results again, which deferred calls may have changed.
func (f *frame) afterDefers() {
	now := f.namedValues()
	for i, values := range f.returns {
		f.returns[i] = slices.Clone(values)
		for j, c := range f.results {
			if c != nil && j < len(values) {
				f.returns[i][j] = now[j]
			}
		}
	}
}

// finish follows what runs at a time that is not known, after the root has ended.
func (f *frame) finish() {
	if f.x.st == nil {
		f.x.st = newState()
	}
	for {
		for len(f.x.late) > 0 {
			l := f.x.late[0]
			f.x.late = f.x.late[1:]
			l.follow()
		}
		if len(f.x.literals) == 0 {
			return
		}
		c := f.x.literals[0]
		if f.x.literals = f.x.literals[1:]; !c.followed {
			c.frame.escapeCallable(c) // no one calls it, but people read it
		}
	}
}

// block follows statements in order. What comes after a branch that may leave the
// block is a branch of its own.
func (f *frame) block(list []ast.Stmt) {
	depth := len(f.ctx)
	for _, s := range list {
		if f.x.st == nil {
			if _, ok := s.(*ast.LabeledStmt); !ok || !f.broken {
				break
			}
		}
		exits := f.x.exits
		if f.rescue != nil {
			f.mayPanic()
		}
		f.stmt(s)
		if f.x.exits != exits && f.x.st != nil {
			f.push()
		}
	}
	f.ctx = f.ctx[:depth]
}

// recovers reports whether a function may defer a call that recovers from a panic.
func (f *frame) recovers(body *ast.BlockStmt) bool {
	recovers := map[string]bool{"recover": true}
	found := false
	ast.Inspect(body, func(n ast.Node) bool {
		d, ok := n.(*ast.DeferStmt)
		if !ok {
			_, lit := n.(*ast.FuncLit)
			return !lit && !found
		}
		switch fun := ast.Unparen(d.Call.Fun).(type) {
		case *ast.FuncLit:
			found = found || mentions(fun, recovers)
		default:
			if fn := calleeIn(f.u.info, d.Call); fn == nil {
				found = found || mentions(f.body, recovers)
			} else if fn.Pkg() != nil && f.x.lib.owns(fn.Pkg().Path()) {
				decl := f.x.declaration(fn)
				found = found || decl == nil || decl.decl.Body == nil || mentions(decl.decl, recovers)
			}
		}
		return false
	})
	return found
}

// mayPanic notes that what is next may never happen, and the function that recovers
// go on from here.
func (f *frame) mayPanic() {
	f.push()
	if f.x.dry == 0 {
		f.rescue.returns = append(f.rescue.returns, f.rescue.namedValues())
		f.rescue.ends = append(f.rescue.ends, f.x.st)
	}
	f.x.st = f.x.st.child()
}

func (f *frame) push() {
	f.x.ctxs++
	f.ctx = append(slices.Clip(f.ctx), f.x.ctxs)
}

// branch follows what may or may not run, from the current state, and returns the
// state at its end.
func (f *frame) branch(follow func()) *state {
	before, depth := f.x.st, len(f.ctx)
	if before == nil {
		return nil
	}
	f.x.st = before.child()
	f.push()
	exits := f.x.exits
	follow()
	after := f.x.st
	if after == nil && f.x.exits == exits && f.x.builtSince(f.ctx) {
		// What it built is not met by what follows.
		f.x.exits++
		f.x.left++
	}
	f.ctx, f.x.st = f.ctx[:depth], before.child()
	return after
}

func (f *frame) tired() bool { return f.x.steps > maxSteps }

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

func (f *frame) returnStmt(s *ast.ReturnStmt) {
	var values []value
	for _, e := range s.Results {
		values = append(values, f.evalAll(e)...)
	}
	if f.x.st == nil {
		return
	}
	if len(s.Results) == 0 {
		values = f.namedValues()
	} else {
		for i, c := range f.results {
			if c != nil && i < len(values) {
				f.store(c, values[i])
			}
		}
	}
	f.returned(values)
}

// returned ends the path. A path that ends before anything was built, and that
// returns no workflow, leaves nothing behind: what follows is as certain as before.
func (f *frame) returned(values []value) {
	f.returns = append(f.returns, values)
	f.ends = append(f.ends, f.x.st)
	if f.inlined || slices.ContainsFunc(values, func(v value) bool { return !v.plain() }) || f.x.builtSince(f.ctx) {
		f.x.exits++
		f.x.left++
	}
	f.x.st = nil
}

// builtSince reports whether a call was recorded in the innermost branch.
func (x *extractor) builtSince(ctx []int) bool {
	if len(ctx) == 0 {
		return false
	}
	for i := len(x.made) - 1; i >= 0; i-- {
		d := x.made[i]
		whole := isPrefix(ctx[:min(len(ctx), len(d.ctx))], d.ctx)
		for _, o := range d.ops {
			if whole && isPrefix(ctx[min(len(ctx), len(d.ctx)):], o.ctx) || isPrefix(ctx, o.ctx) {
				return true
			}
		}
	}
	return false
}

// jump follows break and continue. A goto is followed nowhere: its function is broken.
func (f *frame) jump(s *ast.BranchStmt) {
	if s.Tok == token.FALLTHROUGH || s.Tok == token.GOTO {
		return
	}
	for i := len(f.targets) - 1; i >= 0; i-- {
		t := f.targets[i]
		if s.Label != nil && s.Label.Name != t.label || s.Tok == token.CONTINUE && !t.loop {
			continue
		}
		if s.Tok == token.CONTINUE {
			t.continues = append(t.continues, f.x.st)
		} else {
			t.breaks = append(t.breaks, f.x.st)
		}
		break
	}
	f.x.exits++
	f.x.st = nil
}

// within follows a statement that jumps can end, and goes on where they lead.
func (f *frame) within(label string, loop bool, follow func(t *target)) {
	t := &target{label: label, loop: loop}
	f.targets = append(f.targets, t)
	exits, left, outer := f.x.exits, f.x.left, f.jumpsOut()
	follow(t)
	f.targets = f.targets[:len(f.targets)-1]
	f.join(append([]*state{f.x.st}, t.breaks...)...)
	if f.x.left == left && f.jumpsOut() == outer {
		f.x.exits = exits // all jumps ended here
	}
}

// jumpsOut counts the jumps to statements around the current ones.
func (f *frame) jumpsOut() int {
	n := 0
	for _, t := range f.targets[:max(len(f.targets)-1, 0)] {
		n += len(t.breaks) + len(t.continues)
	}
	return n
}

func (f *frame) labeled(s *ast.LabeledStmt) {
	label := s.Label.Name
	if f.x.st == nil && f.broken {
		f.x.st = newState()
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

func (f *frame) forStmt(s *ast.ForStmt, label string) {
	if s.Init != nil {
		f.stmt(s.Init)
	}
	holds := func() (bool, bool) {
		if s.Cond == nil {
			return true, true
		}
		return truth(f.eval(s.Cond))
	}
	f.within(label, true, func(t *target) {
		unroll := func() bool {
			for range maxUnrolled {
				c, known := holds()
				if !known || f.x.st == nil || f.tired() {
					return false
				}
				if !c {
					return true
				}
				f.block(s.Body.List)
				f.continued(t)
				if f.x.st == nil {
					return true
				}
				f.perIteration(s)
				if s.Post != nil {
					f.stmt(s.Post)
				}
			}
			return false
		}
		if f.x.st != nil && s.Cond != nil && f.trial(unroll) {
			f.certainly(unroll)
			return
		}
		f.anyTimes(t, func() {
			if s.Cond != nil {
				f.eval(s.Cond)
			}
			f.block(s.Body.List)
			f.continued(t)
			if s.Post != nil && f.x.st != nil {
				f.stmt(s.Post)
			}
		})
		if s.Cond == nil { // only a jump ends it
			f.x.st = nil
		}
	})
}

// perIteration makes the loop's variables new ones before they are stepped: each
// iteration has its own, which closures go on seeing.
func (f *frame) perIteration(s *ast.ForStmt) {
	init, ok := s.Init.(*ast.AssignStmt)
	if !ok || init.Tok != token.DEFINE {
		return
	}
	for _, l := range init.Lhs {
		if id, ok := l.(*ast.Ident); ok {
			if obj := f.u.info.Defs[id]; obj != nil && f.env[obj] != nil {
				h, _ := f.x.st.cell(f.env[obj])
				f.x.st.cells[f.declare(obj)] = h
			}
		}
	}
}

// continued goes on with the paths that reach the end of the body.
func (f *frame) continued(t *target) {
	f.join(append([]*state{f.x.st}, t.continues...)...)
	t.continues = nil
}

// trial finds out, without building anything, whether a loop can be followed run
// by run.
func (f *frame) trial(unroll func() bool) bool {
	if f.tired() || f.broken {
		return false
	}
	saved, before := f.save(), f.x.steps
	f.x.st = f.x.st.child()
	f.x.dry++
	ok := unroll()
	f.x.dry--
	f.restore(saved)
	return ok && 2*f.x.steps-before <= maxSteps // it runs once more
}

// certainly follows a loop that a trial came through.
func (f *frame) certainly(unroll func() bool) {
	if unroll() {
		return
	}
	for _, d := range f.x.made {
		d.openAt("a loop takes too many steps to follow", d.span)
	}
}

// A saved frame is what a dry run must leave as it was.
type saved struct {
	st      *state
	ctx     []int
	left    int
	returns [][]value
	ends    []*state
	exits   int
	defers  []deferred
	targets []target
	env     map[types.Object]*cell
}

func (f *frame) save() saved {
	s := saved{st: f.x.st, ctx: f.ctx, returns: f.returns, ends: f.ends, exits: f.x.exits, left: f.x.left, defers: f.defers, env: maps.Clone(f.env)}
	for _, t := range f.targets {
		s.targets = append(s.targets, *t)
	}
	return s
}

func (f *frame) restore(s saved) {
	f.x.st, f.ctx, f.returns, f.ends, f.x.exits, f.x.left, f.defers, f.env = s.st, s.ctx, s.returns, s.ends, s.exits, s.left, s.defers, maps.Clone(s.env)
	for i, t := range s.targets {
		*f.targets[i] = t
	}
}

// maxRounds bounds how often it is asked what a loop writes.
const maxRounds = 8

// anyTimes follows a body that runs any number of times. What it writes is not
// known from the start: dry runs tell what that is.
func (f *frame) anyTimes(t *target, body func()) {
	if f.x.st == nil {
		return
	}
	for round := 0; ; round++ {
		if round > maxRounds || f.tired() {
			f.lose(nil)
			break
		}
		s := f.save()
		base := f.x.st
		f.x.st = base.child()
		f.push()
		f.x.dry++
		body()
		f.x.dry--
		ends := append([]*state{f.x.st}, t.breaks...)
		ends = append(ends, t.continues...)
		f.restore(s)
		changed := false
		for _, end := range ends {
			changed = f.widen(base, end) || changed
		}
		f.x.st = base
		if !changed {
			break
		}
	}
	after := f.branch(body)
	f.join(f.x.st, after)
}

func (f *frame) rangeStmt(s *ast.RangeStmt, label string) {
	over := f.eval(s.X)
	if f.x.st == nil {
		return
	}
	items, ok := f.iterations(s, over)
	bind := func(kv [2]value) {
		for i, l := range []ast.Expr{s.Key, s.Value} {
			if l == nil {
				continue
			}
			if s.Tok == token.DEFINE {
				if id, isIdent := l.(*ast.Ident); isIdent && f.u.info.Defs[id] != nil {
					f.store(f.declare(f.u.info.Defs[id]), kv[i])
				}
				continue
			}
			f.update(l, kv[i])
		}
	}
	f.within(label, true, func(t *target) {
		each := func() bool {
			for i, kv := range items {
				if f.x.st == nil || f.tired() {
					return f.x.st == nil
				}
				if f.live(s, over) { // the body may have written it
					kv[1] = value{}
					if c := f.contents(over.obj); !c.lost && i < len(c.items) {
						kv[1] = f.copied(c.items[i])
					}
				}
				bind(kv)
				f.block(s.Body.List)
				f.continued(t)
			}
			return true
		}
		if ok && f.trial(each) {
			f.certainly(each)
			return
		}
		if over.obj != nil { // its parts get other names
			f.loseParts(f.contents(over.obj))
		} else {
			f.escape(over, "ranged over", s.X)
		}
		f.anyTimes(t, func() {
			bind([2]value{})
			f.block(s.Body.List)
			f.continued(t)
		})
	})
}

// live reports whether a range reads the items as it comes to them: it does of a
// slice, and copies an array.
func (f *frame) live(s *ast.RangeStmt, over value) bool {
	if over.obj == nil {
		return false
	}
	_, ok := f.u.info.Types[s.X].Type.Underlying().(*types.Slice)
	return ok
}

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

// namedResults declares the results that have names.
func (f *frame) namedResults(t *ast.FuncType) []*cell {
	if t.Results == nil {
		return nil
	}
	var cells []*cell
	for _, field := range t.Results.List {
		for _, id := range field.Names {
			obj := f.u.info.Defs[id]
			if obj == nil {
				cells = append(cells, nil)
				continue
			}
			c := f.declare(obj)
			f.store(c, f.zero(obj.Type()))
			cells = append(cells, c)
		}
		if len(field.Names) == 0 {
			cells = append(cells, nil)
		}
	}
	return cells
}

// namedValues are what a bare return returns.
func (f *frame) namedValues() []value {
	var values []value
	for _, c := range f.results {
		v := value{}
		if c != nil {
			h, _ := f.x.st.cell(c)
			v = h.value
		}
		values = append(values, v)
	}
	return values
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

// fragment starts a workflow that is made elsewhere.
func (f *frame) fragment(why string, where errcatalog.Span) *draft {
	d := &draft{file: f.file, fn: f.fn, fragment: true, span: where, ctx: slices.Clone(f.ctx)}
	d.openAt("it is made elsewhere ("+why+")", where)
	f.x.add(d)
	return d
}

// add keeps a draft, unless it belongs to a dry run.
func (x *extractor) add(d *draft) {
	x.made = append(x.made, d)
	if x.dry == 0 {
		x.drafts = append(x.drafts, d)
	}
}
