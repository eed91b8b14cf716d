package engine

import (
	"time"

	"github.com/dataflow-go/dataflow/graph"
)

// An Observer is told of each node of a run as it starts and ends: for progress
// bars, logs and traces. Calls come one at a time, from the goroutines that run
// the nodes; a slow observer slows the run down. Nodes that are skipped, or that
// the run's end keeps from starting, are not announced.
type Observer interface {
	NodeStarted(NodeEvent)
	NodeEnded(NodeEvent)
}

// A NodeEvent says what happened to a node of a run.
type NodeEvent struct {
	Run      string // Result.ID
	Workflow string
	Node     string // the node's id
	Type     string // "UserCreateNode"
	Time     time.Time

	// The rest is for NodeEnded, and Rows for NodeProgress too.
	Status Status
	Rows   int   // rows read or written, so far
	Err    error // why it failed

	Total int // for NodeProgress: the rows that were given
}

// A ProgressObserver is an [Observer] that is also told how far the operations on
// many rows have come: BulkCreate, BulkUpsert, and BulkUpdate and BulkDelete of
// rows that are given. Rows and Total are set. A transaction that is done again
// begins anew.
type ProgressObserver interface {
	Observer
	NodeProgress(NodeEvent)
}

// progress is what tells of a node's progress; nil where nobody wants to know.
func (r *run) progress(n *graph.Node) func(done, total int) {
	o, ok := r.o.observer.(ProgressObserver)
	if !ok {
		return nil
	}
	return func(done, total int) {
		r.mu.Lock()
		defer r.mu.Unlock()
		o.NodeProgress(NodeEvent{
			Run: r.res.ID, Workflow: r.g.Name, Node: n.ID.S, Type: n.Type.S, Time: time.Now(), Rows: done, Total: total,
		})
	}
}

// observe tells the observer, if there is one. The caller holds r.mu.
func (r *run) observe(tell func(Observer, NodeEvent), n NodeResult, at time.Time) {
	if r.o.observer == nil {
		return
	}
	tell(r.o.observer, NodeEvent{
		Run: r.res.ID, Workflow: r.g.Name, Node: n.ID, Type: n.Type, Time: at,
		Status: n.Status, Rows: n.Rows, Err: n.Err,
	})
}
