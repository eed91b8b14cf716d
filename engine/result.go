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
	Reason         string    // why it was skipped
	// Attempts is how often the node was begun: more than once where its
	// transaction collided with others and was done again.
	Attempts int
	// Statements are what the node had the database do, in order; of those that
	// only steer a transaction, none. One that reads share is in the list of each.
	Statements []Statement
}

// A Statement is one SQL statement of a node.
type Statement struct {
	SQL string
	// Args are the values of its placeholders, as they were bound; nil unless the
	// run has WithSQLArguments.
	Args []any
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
