package analysis

import (
	"go/ast"
	"go/token"
	"go/types"
	"maps"

	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/model"
)

// maxUnrolled bounds how often a loop's body is followed, one run after the other.
const maxUnrolled = 64

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
				f.x.st.setCell(f.declare(obj), h)
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
	f.x.st = f.x.st.fork()
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
			f.loseAll()
			break
		}
		s := f.save()
		base := f.x.st
		before := base.fork()
		f.x.st = base.fork()
		f.push()
		f.x.dry++
		body()
		f.x.dry--
		ends := append([]*state{f.x.st}, t.breaks...)
		ends = append(ends, t.continues...)
		f.restore(s)
		changed := false
		for _, end := range ends {
			changed = f.widen(base, before, end) || changed
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

// iterations are the keys and values of a range whose every step is known, in order.
func (f *frame) iterations(s *ast.RangeStmt, over value) ([][2]value, bool) {
	t := f.u.info.Types[s.X].Type
	if t == nil {
		return nil, false
	}
	count := func(n int64) value {
		return value{known: graph.Value{State: graph.StateKnown, V: n, GoType: "int", Type: model.Type{Kind: model.KindInt64}}, expr: s.Key, file: f.file}
	}
	if n, ok := over.known.V.(int64); ok && over.plain() && n <= maxUnrolled {
		var all [][2]value
		for i := range n {
			all = append(all, [2]value{count(i)})
		}
		return all, true
	}
	if over.obj == nil {
		return nil, false
	}
	c := f.contents(over.obj)
	switch t.Underlying().(type) {
	case *types.Slice, *types.Array:
	default:
		return nil, false
	}
	if c.lost || c.partial || len(c.items) > maxUnrolled {
		return nil, false
	}
	var all [][2]value
	for i, v := range c.items {
		all = append(all, [2]value{count(int64(i)), f.copied(v)})
	}
	return all, true
}
