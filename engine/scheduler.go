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
// for new goroutines. It is -1 when there is none. caller says that the goroutine
// is that of the run, which a function must not end.
func (c *crew) next(caller bool) int {
	mine := -1
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
		if mine < 0 && (!caller || c.r.stays(&c.units[i])) {
			mine = i
			continue
		}
		c.wg.Go(func() { c.work(i, false) })
	}
	return mine
}

// work does a unit, and what it then finds ready, until there is nothing.
func (c *crew) work(i int, caller bool) {
	for i >= 0 {
		i = c.one(i, caller)
	}
}

// one does a unit and returns the next.
func (c *crew) one(i int, caller bool) (next int) {
	ok := false
	defer func() { // which also runs where a function panics or ends the goroutine
		p := recover()
		c.mu.Lock()
		defer c.mu.Unlock()
		c.running--
		if c.r.writesAlone(&c.units[i]) {
			c.writing = false
		}
		if p != nil && c.panicked == nil {
			c.panicked = p
		}
		if !ok {
			c.failed = true
			c.cancel()
		}
		for _, a := range c.after[i] {
			if c.waits[a]--; c.waits[a] == 0 {
				c.ready = append(c.ready, a)
			}
		}
		next = c.next(caller)
	}()
	ok = c.r.unit(c.ctx, &c.units[i], nil)
	return -1
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
	for i := range b.Units {
		if !r.unit(ctx, &b.Units[i], s) {
			return false
		}
	}
	return true
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
