package analysis

import (
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/model"
)

// A TargetKind says what stands at a place in the source.
type TargetKind uint8

// What can stand at a place.
const (
	TargetNone         TargetKind = iota
	TargetWorkflowName            // the name given to NewWorkflow
	TargetNodeType                // "UserCreateNode"
	TargetNodeID                  // an id where a node is added, or where a connection names it
	TargetParamKey                // a key in a node's params: "email", "filter", "$like"
	TargetParamValue              // the value of such a key
	TargetOutput                  // the output of a connection
	TargetInput                   // the input of a connection
	TargetInputName               // the name given to dataflow.Input
	TargetTransaction             // the id of a transaction block
)

// A Target is what stands at a place in the source: what a hover speaks of.
type Target struct {
	Kind       TargetKind
	Text       string // what is written there: "UserCreateNode", "filter.user_id"
	Workflow   *Workflow
	Node       *graph.Node       // the node that is added or named
	Connection *graph.Connection // of TargetOutput, TargetInput, and ids in connections
	Path       string            // dotted from the node's params: "filter.email"
	Span       errcatalog.Span
	Model      *model.Model // that the node type means
	Param      *model.Param // parameter or output of the node's contract
	Field      *model.Field // column behind the parameter
}

// At returns what stands at a byte offset of a file, or nil.
func (p *Package) At(file string, offset int) *Target { return nil }
