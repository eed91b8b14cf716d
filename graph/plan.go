package graph

import (
	"container/heap"
	"fmt"
	"slices"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// A Plan is a workflow made ready to be executed: its nodes, what feeds what, and
// the order that follows from it. It can be written, with Encode, and read again
// elsewhere, with DecodePlan: nothing in it is bound to the process but the bodies
// of function nodes, which are named by their node's id and given again.
type Plan struct {
	graph *Graph
	// Root is the whole workflow.
	Root *Block
}

// A Block is what runs together: the whole workflow, or the nodes of one
// transaction. To what is outside it, a transaction is one unit: it starts when
// all that its nodes need is done, and what hangs on any of them waits for its end.
type Block struct {
	Transaction *Transaction // nil for the workflow
	Units       []Unit       // in an order in which they can run
}

// A Unit is a node, or a block within a block.
type Unit struct {
	Node   int    // place in the graph's nodes, where Block is nil
	Block  *Block // or a transaction
	Before []int  // units of the same block that must have ended
}

// Graph is the workflow as it was given.
func (p *Plan) Graph() *Graph { return p.graph }

// Compile plans a graph that Check found nothing wrong with. Its time grows with
// the number of nodes and edges alone. It fails with DF-801 when transaction
// blocks wait for each other.
func Compile(g *Graph) (*Plan, []errcatalog.Finding) {
	c := newCompiler(g)
	for i := range g.Connections {
		c.edge(g.Connections[i].From.S, g.Connections[i].To.S)
	}
	for i := range g.Dependencies {
		c.edge(g.Dependencies[i].Before.S, g.Dependencies[i].After.S)
	}
	root, ok := c.finish(0)
	if !ok {
		return nil, []errcatalog.Finding{{
			Code: errcatalog.DF801, Span: g.Span, Details: errcatalog.Details{Workflow: g.Name},
			Message: fmt.Sprintf("the transaction blocks of workflow %q wait for each other: a block starts when all that its nodes need is done", g.Name),
		}}
	}
	return &Plan{graph: g, Root: root}, nil
}

// A compiler sorts nodes into blocks and edges between units of one block.
type compiler struct {
	g      *Graph
	blocks []compiling      // the workflow first, then the transactions
	at     map[string]place // by node id
}

type compiling struct {
	tx     *Transaction
	parent int // block around this one; -1 for the workflow
	depth  int
	unit   int // of the parent, that this block is
	units  []Unit
	inner  []int // the blocks of units, -1 for nodes
	edges  map[[2]int]struct{}
}

// A place is where a node runs.
type place struct{ block, unit int }

func newCompiler(g *Graph) *compiler {
	c := &compiler{g: g, at: make(map[string]place, len(g.Nodes)), blocks: make([]compiling, 1, len(g.Transactions)+1)}
	c.blocks[0].parent = -1
	index := map[string]int{"": 0}
	for i := range g.Transactions {
		t := &g.Transactions[i]
		// A block is declared before those inside it.
		parent, known := index[t.Parent]
		if _, twice := index[t.ID.S]; twice || !known {
			continue // Check has said so
		}
		index[t.ID.S] = len(c.blocks)
		c.blocks = append(c.blocks, compiling{tx: t, parent: parent, depth: c.blocks[parent].depth + 1})
	}
	for i := range g.Nodes {
		b := &c.blocks[index[g.Nodes[i].Tx]]
		c.at[g.Nodes[i].ID.S] = place{index[g.Nodes[i].Tx], len(b.units)}
		b.units, b.inner = append(b.units, Unit{Node: i}), append(b.inner, -1)
	}
	for i := 1; i < len(c.blocks); i++ {
		parent := &c.blocks[c.blocks[i].parent]
		c.blocks[i].unit = len(parent.units)
		parent.units, parent.inner = append(parent.units, Unit{Node: -1}), append(parent.inner, i)
	}
	return c
}

// edge orders two nodes: in the innermost block that holds both, as the units
// that they are in there.
func (c *compiler) edge(from, to string) {
	a, okA := c.at[from]
	b, okB := c.at[to]
	if !okA || !okB {
		return
	}
	for a.block != b.block {
		if c.blocks[a.block].depth >= c.blocks[b.block].depth {
			a = place{c.blocks[a.block].parent, c.blocks[a.block].unit}
		} else {
			b = place{c.blocks[b.block].parent, c.blocks[b.block].unit}
		}
	}
	if a.unit == b.unit {
		return
	}
	in := &c.blocks[a.block]
	if in.edges == nil {
		in.edges = map[[2]int]struct{}{}
	}
	if _, known := in.edges[[2]int{a.unit, b.unit}]; !known {
		in.edges[[2]int{a.unit, b.unit}] = struct{}{}
		in.units[b.unit].Before = append(in.units[b.unit].Before, a.unit)
	}
}

// finish orders a block and those inside it. It is false when something waits for
// itself.
func (c *compiler) finish(i int) (*Block, bool) {
	b := &c.blocks[i]
	for u, inner := range b.inner {
		if inner < 0 {
			continue
		}
		block, ok := c.finish(inner)
		if !ok {
			return nil, false
		}
		b.units[u].Block = block
	}
	units, ok := ordered(b.units)
	return &Block{Transaction: b.tx, Units: units}, ok
}

// ordered sorts units so that each comes after those it waits for, else as declared.
func ordered(units []Unit) ([]Unit, bool) {
	waits, after := make([]int, len(units)), make([][]int, len(units))
	var ready places
	for i, u := range units {
		waits[i] = len(u.Before)
		for _, b := range u.Before {
			after[b] = append(after[b], i)
		}
		if waits[i] == 0 {
			ready = append(ready, i) // sorted, so a heap
		}
	}
	out, place := make([]Unit, 0, len(units)), make([]int, len(units))
	for len(ready) > 0 {
		i, _ := heap.Pop(&ready).(int)
		place[i] = len(out)
		out = append(out, units[i])
		for _, next := range after[i] {
			if waits[next]--; waits[next] == 0 {
				heap.Push(&ready, next)
			}
		}
	}
	for i := range out {
		before := make([]int, len(out[i].Before))
		for n, b := range out[i].Before {
			before[n] = place[b]
		}
		slices.Sort(before)
		out[i].Before = before
	}
	return out, len(out) == len(units)
}

// places is a heap of places, the first declared on top.
type places []int

func (p places) Len() int           { return len(p) }
func (p places) Less(i, j int) bool { return p[i] < p[j] }
func (p places) Swap(i, j int)      { p[i], p[j] = p[j], p[i] }

// Push is heap.Interface's.
func (p *places) Push(x any) {
	i, _ := x.(int)
	*p = append(*p, i)
}

// Pop is heap.Interface's.
func (p *places) Pop() any {
	last := (*p)[len(*p)-1]
	*p = (*p)[:len(*p)-1]
	return last
}
