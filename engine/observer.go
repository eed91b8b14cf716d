package engine

import "time"

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

	// The rest is for NodeEnded.
	Status Status
	Rows   int   // rows read or written
	Err    error // why it failed
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
