package engine

import (
	"context"
	"slices"

	"github.com/dataflow-go/dataflow/graph"
)

// A block is what runs together: the whole workflow, or the nodes of one
// transaction. To what is outside it, a transaction is one unit: it starts when
// all that its nodes need is done, and what hangs on any of them waits for its end.
type block struct {
	tx    *graph.Transaction // nil for the workflow
	units []unit             // in an order in which they can run
}

// A unit is a node or a block within a block.
type unit struct {
	node   int    // place in the graph's nodes, where block is nil
	block  *block // or a transaction
	before []int  // units of the same block that must have ended
}

// planOf orders the nodes of g, and the blocks that hold them. It is false when
// something waits for itself.
func planOf(g *graph.Graph, index map[string]int) (*block, bool) {
	p := &planner{g: g, parent: map[string]string{}}
	for _, t := range g.Transactions {
		p.parent[t.ID.S] = t.Parent
	}
	edge := func(from, to string) { p.edges = append(p.edges, [2]int{index[from], index[to]}) }
	for _, c := range g.Connections {
		edge(c.From.S, c.To.S)
	}
	for _, d := range g.Dependencies {
		edge(d.Before.S, d.After.S)
	}
	return p.block("", nil)
}

type planner struct {
	g      *graph.Graph
	parent map[string]string // transaction → the one around it
	edges  [][2]int
}

func (p *planner) block(id string, tx *graph.Transaction) (*block, bool) {
	var units []unit
	for i := range p.g.Nodes {
		if p.g.Nodes[i].Tx == id {
			units = append(units, unit{node: i})
		}
	}
	for i := range p.g.Transactions {
		t := &p.g.Transactions[i]
		if t.Parent != id || t.ID.S == id {
			continue
		}
		inner, ok := p.block(t.ID.S, t)
		if !ok {
			return nil, false
		}
		units = append(units, unit{node: -1, block: inner})
	}
	for _, e := range p.edges {
		from, to := p.unitOf(units, id, e[0]), p.unitOf(units, id, e[1])
		if from >= 0 && to >= 0 && from != to && !slices.Contains(units[to].before, from) {
			units[to].before = append(units[to].before, from)
		}
	}
	ordered, ok := order(units)
	return &block{tx: tx, units: ordered}, ok
}

// unitOf finds the unit of block id that holds a node, or -1 if none does.
func (p *planner) unitOf(units []unit, id string, node int) int {
	at := p.g.Nodes[node].Tx
	if at == id {
		return slices.IndexFunc(units, func(u unit) bool { return u.block == nil && u.node == node })
	}
	for at != "" && p.parent[at] != id {
		at = p.parent[at]
	}
	return slices.IndexFunc(units, func(u unit) bool { return u.block != nil && u.block.tx.ID.S == at })
}

// order sorts units so that each comes after those it waits for, else as declared.
func order(units []unit) ([]unit, bool) {
	ordered, place := make([]unit, 0, len(units)), make(map[int]int, len(units))
	for len(ordered) < len(units) {
		next := -1
		for i, u := range units {
			if _, done := place[i]; !done && !slices.ContainsFunc(u.before, func(b int) bool { _, done := place[b]; return !done }) {
				next = i
				break
			}
		}
		if next < 0 {
			return nil, false
		}
		place[next] = len(ordered)
		ordered = append(ordered, units[next])
	}
	for i := range ordered {
		before := make([]int, len(ordered[i].before))
		for j, b := range ordered[i].before {
			before[j] = place[b]
		}
		ordered[i].before = before
	}
	return ordered, true
}

// parallel runs the units of a block side by side, each as soon as those before
// it have ended. The first that fails cancels the others. It returns when all
// have ended, and whether all went well; a panic in one, as in an observer, goes
// on from here.
func (r *run) parallel(ctx context.Context, b *block) bool {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type end struct {
		unit  int
		ok    bool
		panic any
	}
	ends := make(chan end)
	waits, after := make([]int, len(b.units)), make([][]int, len(b.units))
	var ready []int
	for i, u := range b.units {
		waits[i] = len(u.before)
		for _, before := range u.before {
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
				e.ok = r.unit(ctx, &b.units[i], nil)
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

// serial runs the units of a block one after the other in a session, until one fails.
func (r *run) serial(ctx context.Context, b *block, s *session) bool {
	for i := range b.units {
		if !r.unit(ctx, &b.units[i], s) {
			return false
		}
	}
	return true
}

// unit runs a node or a transaction; s is the session around it, or nil. It
// returns whether all went well.
func (r *run) unit(ctx context.Context, u *unit, s *session) bool {
	if ctx.Err() != nil {
		return false
	}
	if u.block == nil {
		return r.node(ctx, u.node, s)
	}
	within := func(ctx context.Context, s *session) bool { return r.serial(ctx, u.block, s) }
	if s != nil {
		return r.inSavepoint(ctx, u.block.tx, s, within, true)
	}
	return r.inTransaction(ctx, u.block.tx, within, true)
}
