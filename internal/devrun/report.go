package devrun

import (
	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
)

// A Request says what to run, and where.
type Request struct {
	Workflow *analysis.Workflow
	// Dir is a folder of the module whose dataflow.yaml names the databases; ""
	// is the folder of the workflow's file.
	Dir string
	// Database is a name from dataflow.yaml; "" is its default.
	Database string
	// Inputs are the workflow's inputs, as JSON or a command line has them:
	// strings are converted to what they feed.
	Inputs map[string]any
	// Commit keeps what the workflow writes, all of it or, when a node fails,
	// nothing. Without it all is rolled back.
	Commit bool
	// Observer is told of each node; may be nil.
	Observer engine.Observer
}

// A Report says what a run did. It is what the JSON output and the editors show.
type Report struct {
	ID        string              `json:"id"`
	Workflow  string              `json:"workflow"`
	Database  string              `json:"database" doc:"Its name and place, without secrets."`
	Committed bool                `json:"committed" doc:"What was written is kept."`
	Nodes     []Node              `json:"nodes" doc:"In the order in which they ended."`
	Warnings  []*errcatalog.Error `json:"warnings"`
	Error     *errcatalog.Error   `json:"error,omitempty" doc:"Why the workflow failed: the first reason."`
	Errors    []*errcatalog.Error `json:"errors,omitempty" doc:"Every reason, where there are several."`
}

// A Node is what became of one node of the workflow.
type Node struct {
	ID         string            `json:"id"`
	Type       string            `json:"type"`
	Status     engine.Status     `json:"status"`
	DurationMS float64           `json:"duration_ms"`
	Rows       int               `json:"rows" doc:"Read or written."`
	Output     map[string]any    `json:"output,omitempty"`
	Error      *errcatalog.Error `json:"error,omitempty"`
}
