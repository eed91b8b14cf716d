package engine

import (
	"context"

	"github.com/dataflow-go/dataflow/graph"
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
	type end struct {
		unit  int
		ok    bool
		panic any
	}
	ends := make(chan end)
	waits, after := make([]int, len(b.Units)), make([][]int, len(b.Units))
	var ready []int
	for i, u := range b.Units {
		waits[i] = len(u.Before)
		for _, before := range u.Before {
			after[before] = append(after[before], i)
		}
		if waits[i] == 0 {
			ready = append(ready, i)
		}
	}
	var failed bool
	var panicked any
	for running := 0; ; {
		for ; running < r.o.concurrency && len(ready) > 0 && !failed; running++ {
			i := ready[0]
			ready = ready[1:]
			go func() {
				e := end{unit: i}
				defer func() {
					e.panic = recover()
					ends <- e
				}()
				e.ok = r.unit(ctx, &b.Units[i], nil)
			}()
		}
		if running == 0 {
			break
		}
		e := <-ends
		running--
		if e.panic != nil && panicked == nil {
			panicked = e.panic
		}
		if !e.ok {
			failed = true
			cancel()
			continue
		}
		for _, i := range after[e.unit] {
			if waits[i]--; waits[i] == 0 {
				ready = append(ready, i)
			}
		}
	}
	if panicked != nil {
		panic(panicked)
	}
	return !failed
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
