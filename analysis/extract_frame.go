package analysis

import (
	"go/ast"
	"go/types"
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

// A deferred call runs when the function ends, if it came as far as ctx.
type deferred struct {
	ctx []int
	run func()
}

// maxSteps bounds the statements that following one root function may take.
const maxSteps = 10_000

func (f *frame) object(id *ast.Ident) types.Object {
	if obj := f.u.info.Defs[id]; obj != nil {
		return obj
	}
	return f.u.info.Uses[id]
}

// declare makes a new variable.
func (f *frame) declare(obj types.Object) *cell {
	f.x.cells++
	c := &cell{typ: obj.Type(), id: f.x.cells}
	f.env[obj] = c
	f.x.st.setCell(c, held{})
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
		f.x.st = &state{}
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
	f.x.st = before.fork()
	f.push()
	exits := f.x.exits
	follow()
	after := f.x.st
	if after == nil && f.x.exits == exits && f.x.builtSince(f.ctx) {
		// What it built is not met by what follows.
		f.x.exits++
		f.x.left++
	}
	f.ctx, f.x.st = f.ctx[:depth], before.fork()
	return after
}

func (f *frame) tired() bool { return f.x.steps > maxSteps }

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
	f.x.st = f.x.st.fork()
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
