package engine

import (
	"time"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/model"
)

// A Result is what a run yielded. A run that fails has one too, with what its
// nodes did until then; whether their writes were kept depends on the transaction
// that they ran in.
type Result struct {
	ID       string // of the run: a UUID
	Workflow string
	// Outputs are the outputs of the nodes that succeeded, by node id. The values
	// are the caller's to keep.
	Outputs map[string]dataflow.Params
	// Warnings are what the rules found to be doubtful (DF-208, DF-810, …).
	Warnings []*errcatalog.Error
	// Nodes are all nodes in the order in which they ended; last those that never ran.
	Nodes          []NodeResult
	Started, Ended time.Time

	contracts map[string]*model.Contract // by node id, for As
	enhancer  *errcatalog.Enhancer
}

// A NodeResult is what became of one node.
type NodeResult struct {
	ID             string
	Type           string // "UserCreateNode"
	Status         Status
	Started, Ended time.Time // zero for a node that never started
	Rows           int       // rows read or written
	Err            error     // why it failed; nil otherwise
}

// A Status says how a node ended.
type Status string

// The statuses.
const (
	Succeeded Status = "succeeded"
	Failed    Status = "failed"
	Skipped   Status = "skipped"   // it hangs on a branch that was not taken
	Cancelled Status = "cancelled" // the run ended before the node, or while it was at work
)
