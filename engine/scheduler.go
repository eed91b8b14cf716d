package engine

import (
	"context"
	"slices"
	"sync"

	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/model"
)

// parallel runs the units of a block side by side, each as soon as those before
// it have ended. The first that fails cancels the others. It returns when all
// have ended, and whether all went well; a panic in one, as in an observer, goes
// on from here.
func (r *run) parallel(ctx context.Context, b *graph.Block) bool {
	if len(b.Units) == 1 && r.stays(&b.Units[0]) {
		return r.unit(ctx, &b.Units[0], nil)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c := &crew{r: r, ctx: ctx, cancel: cancel, units: b.Units, waits: make([]int, len(b.Units)), after: make([][]int, len(b.Units))}
	for i, u := range b.Units {
		c.waits[i] = len(u.Before)
		for _, before := range u.Before {
			c.after[before] = append(c.after[before], i)
		}
		if c.waits[i] == 0 {
			c.ready = append(c.ready, i)
		}
	}
	c.mu.Lock()
	first := c.next(true)
	c.mu.Unlock()
	c.work(first, true)
	c.wg.Wait()
	if c.panicked != nil {
		panic(c.panicked)
	}
	return !c.failed
}

// A crew works on the units of a block. Who has done one goes on with one that is
// ready, and starts a goroutine for each of the others: a chain needs none, and
// where only one connection writes, the writes are done one after the other
// without waiting for each other's goroutines.
type crew struct {
	r      *run
	ctx    context.Context
	cancel context.CancelFunc
	units  []graph.Unit
	after  [][]int // by unit, those that wait for it
	wg     sync.WaitGroup

	mu       sync.Mutex
	waits    []int // by unit, for how many it waits
	ready    []int // units that wait for none
	running  int
	writing  bool // one of those that run has the one connection that writes
	failed   bool
	panicked any
}

// next takes what may run now: one unit for the caller, who holds mu, the others
// for new goroutines. Reads that are fused go together, as one. It is empty when there
// is none. caller says that the goroutine is that of the run, which a function must
// not end.
func (c *crew) next(caller bool) []int {
	var mine []int
	for at := 0; at < len(c.ready) && c.running < c.r.o.concurrency && !c.failed; {
		i := c.ready[at]
		writes := c.r.writesAlone(&c.units[i])
		if writes && c.writing {
			at++
			continue
		}
		c.ready = slices.Delete(c.ready, at, at+1)
		c.running++
		c.writing = c.writing || writes
		units := c.alike(i)
		if mine == nil && (!caller || c.r.stays(&c.units[i])) {
			mine = units
			continue
		}
		c.wg.Go(func() { c.work(units, false) })
	}
	return mine
}

// alike takes the reads that may run now and can be fused with a unit, and returns
// them with it. The caller holds mu.
func (c *crew) alike(i int) []int {
	units := []int{i}
	kind := c.r.fusibleUnit(&c.units[i])
	if kind.m == nil {
		return units
	}
	c.ready = slices.DeleteFunc(c.ready, func(other int) bool {
		same := len(units) < maxFused && c.r.fusibleUnit(&c.units[other]) == kind
		if same {
			units = append(units, other)
		}
		return same
	})
	return units
}

// work does units, and what it then finds ready, until there is nothing.
func (c *crew) work(units []int, caller bool) {
	for len(units) > 0 {
		units = c.one(units, caller)
	}
}

// one does a unit, or several that are fused, and returns the next.
func (c *crew) one(units []int, caller bool) (next []int) {
	ok := false
	defer func() { // which also runs where a function panics or ends the goroutine
		p := recover()
		c.mu.Lock()
		defer c.mu.Unlock()
		c.running--
		if c.r.writesAlone(&c.units[units[0]]) {
			c.writing = false
		}
		if p != nil && c.panicked == nil {
			c.panicked = p
		}
		if !ok {
			c.failed = true
			c.cancel()
		}
		for _, i := range units {
			for _, a := range c.after[i] {
				if c.waits[a]--; c.waits[a] == 0 {
					c.ready = append(c.ready, a)
				}
			}
		}
		next = c.next(caller)
	}()
	ok = c.r.together(c.ctx, c.units, units)
	return nil
}

// together runs a unit, or several that are fused. One that fails keeps none of the
// others from ending, as if they ran side by side.
func (r *run) together(ctx context.Context, of []graph.Unit, units []int) bool {
	if len(units) > 1 {
		nodes := make([]int, len(units))
		for n, i := range units {
			nodes[n] = of[i].Node
		}
		r.fuse(nodes)
	}
	ok := true
	for _, i := range units {
		ok = r.unit(ctx, &of[i], nil) && ok
	}
	return ok
}

// writesAlone reports whether a unit needs the one connection that writes.
func (r *run) writesAlone(u *graph.Unit) bool {
	if r.e.dialect.shared() {
		return false
	}
	if u.Block != nil {
		return true
	}
	switch r.contracts[u.Node].Operation {
	case "", model.Read, model.List, model.Count:
		return false
	}
	return true
}

// stays reports whether a unit needs no goroutine of its own: one that calls no
// function, which might end it.
func (r *run) stays(u *graph.Unit) bool {
	return u.Block == nil && r.g.Nodes[u.Node].Type.S != graph.FuncType
}

// serial runs the units of a block one after the other in a session, until one fails.
func (r *run) serial(ctx context.Context, b *graph.Block, s *session) bool {
	fusedTo := 0
	for i := range b.Units {
		if i >= fusedTo {
			nodes := r.row(b.Units, i)
			r.fuse(nodes)
			fusedTo = i + len(nodes)
		}
		if !r.unit(ctx, &b.Units[i], s) {
			return false
		}
	}
	return true
}

// row are the nodes of the units from a place on that can be fused: reads that follow
// each other, none of which waits for another. They are at least one.
func (r *run) row(units []graph.Unit, from int) []int {
	nodes := []int{units[from].Node}
	kind := r.fusibleUnit(&units[from])
	for to := from + 1; kind.m != nil && to < len(units) && len(nodes) < maxFused && r.fusibleUnit(&units[to]) == kind; to++ {
		if slices.ContainsFunc(units[to].Before, func(b int) bool { return b >= from }) {
			break
		}
		nodes = append(nodes, units[to].Node)
	}
	return nodes
}

// fusibleUnit is what a unit must have in common with others to be fused.
func (r *run) fusibleUnit(u *graph.Unit) fusible {
	if u.Block != nil || r.e.config.unfused {
		return fusible{}
	}
	return r.fusible[u.Node]
}

// unit runs a node or a transaction; s is the session around it, or nil. It
// returns whether all went well.
func (r *run) unit(ctx context.Context, u *graph.Unit, s *session) bool {
	if ctx.Err() != nil {
		return false
	}
	if u.Block == nil {
		return r.node(ctx, u.Node, s)
	}
	within := func(ctx context.Context, s *session) bool { return r.serial(ctx, u.Block, s) }
	if s != nil {
		return r.inSavepoint(ctx, u.Block.Transaction, s, within, true)
	}
	return r.inTransaction(ctx, u.Block.Transaction, within, true)
}
