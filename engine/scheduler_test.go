package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
)

// Whatever the graph, a node starts after all that it hangs on has ended, runs
// once, and the nodes of a transaction run with no other of the run's transactions
// between them and none of their own outside it.
func TestOrderOfAnyGraph(t *testing.T) {
	t.Parallel()
	db := shop(t)
	nothing := func(context.Context, dataflow.Params) (dataflow.Params, error) { return nil, nil }
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "nodes")
		id := func(i int) string { return fmt.Sprint("n", i) }
		block := make([]int, n) // 0: outside; 1, 2: in a block; 3: in a block inside block 1
		for i := range block {
			block[i] = rapid.IntRange(0, 3).Draw(t, "block")
		}
		wf := dataflow.NewWorkflow("any")
		add := func(w *dataflow.Workflow, in int) {
			for i, b := range block {
				if b == in {
					w.AddFunc(id(i), nothing)
				}
			}
		}
		add(wf, 0)
		wf.AddTransaction("b1", func(tx *dataflow.Workflow) {
			add(tx, 1)
			tx.AddTransaction("b3", func(tx *dataflow.Workflow) { add(tx, 3) })
		})
		wf.AddTransaction("b2", func(tx *dataflow.Workflow) { add(tx, 2) })
		type edge struct{ from, to int }
		var edges []edge
		for range rapid.IntRange(0, 2*n).Draw(t, "edges") {
			e := edge{rapid.IntRange(0, n-1).Draw(t, "from"), rapid.IntRange(0, n-1).Draw(t, "to")}
			if e.from < e.to && !slices.Contains(edges, e) {
				edges = append(edges, e)
				wf.AddDependency(id(e.from), id(e.to))
			}
		}
		watch := &recorder{}
		opts := []engine.RunOption{engine.WithObserver(watch), engine.WithConcurrency(rapid.IntRange(1, 4).Draw(t, "concurrency"))}
		if rapid.Bool().Draw(t, "transaction") {
			opts = append(opts, engine.WithTransaction())
		}
		res, err := db.Run(context.Background(), wf, opts...)
		if errors.Is(err, errcatalog.DF801) {
			return // blocks that wait for each other
		}
		if err != nil || len(res.Nodes) != n {
			t.Fatalf("%d nodes ran, %v", len(res.Nodes), err)
		}
		at := func(event string) int { return slices.Index(watch.events, event) }
		for _, e := range edges {
			if at("succeeded "+id(e.from)) > at("start "+id(e.to)) {
				t.Errorf("%s ran before %s had ended: %v", id(e.to), id(e.from), watch.events)
			}
		}
		// The nodes of block 1 and 3 are one stretch, so are those of 2 and of 3.
		for _, members := range [][]int{{1, 3}, {2}, {3}} {
			checkOneStretch(t, watch.events, id, block, members)
		}
	})
}

// checkOneStretch fails when a node of another transaction runs between two nodes
// of one.
func checkOneStretch(t *rapid.T, events []string, id func(int) string, block, members []int) {
	began, left := false, false
	for _, event := range events {
		for i, b := range block {
			if b == 0 || event != "start "+id(i) {
				continue
			}
			switch in := slices.Contains(members, b); {
			case in && left:
				t.Errorf("the transaction of %v was interrupted: %v", members, events)
			case in:
				began = true
			case began:
				left = true
			}
		}
	}
}
