// Package analysis reads models and workflows out of Go source and reports what
// is wrong with them, as the builder and the engine would at run time.
//
// A Workspace holds the modules at a folder, with an editor's unsaved buffers in
// place of files; Check brings its results up to date. Load does the same once, for
// a command line. Both go one way: source, syntax, types, models and graphs, the
// rules of package graph, diagnostics with fixes.
//
// Function bodies are followed statement by statement. What cannot be followed, such
// as a workflow that another package extends or a value that is computed, opens the
// graph or makes the value opaque, and that silences every rule that needs it:
// nothing is reported that may be right.
package analysis

import (
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/model"
)

// A Diagnostic is a finding in a file.
type Diagnostic struct {
	errcatalog.Finding        // Span has byte offsets; Fixes carry edits, the best fix first
	File               string // absolute path

	pending *pending // what Fixes are made from, where that waits for Workspace.FillFixes
}

// A Workflow is a graph as the source builds it.
type Workflow struct {
	// Graph holds all that may be built. Where branches build different things, it
	// is open, and has the calls of all of them.
	Graph *graph.Graph
	Func  string          // enclosing function: "Signup", "Shop.Signup"
	File  string          // absolute path
	Span  errcatalog.Span // the function's name, where an editor shows its lens
	Body  errcatalog.Span // the whole function
	// Runnable is nil when the graph is wholly known and can run as it is, else it
	// says what keeps it from running without compiling the program (DF-901).
	Runnable error
	// Unseen says why part of the building could not be followed; "" when all of it was.
	Unseen string
	// Models are those that the workflow's node types mean, and those that they refer to.
	Models []*model.Model

	fragment bool // what a function does to a workflow that is made elsewhere
}

// A Package is what analysis found in one Go package, its tests included. It is
// never changed once it is returned.
type Package struct {
	Path        string // import path
	Dir         string
	Files       []string // absolute paths
	Models      []*model.Model
	Workflows   []*Workflow
	Diagnostics []Diagnostic
	// Strict are the findings of strict mode (9XX): not to be shown unless asked for.
	Strict []Diagnostic
	// LoadErrors say why parts of the package could not be seen: syntax errors,
	// missing imports. They are the compiler's to report; here they explain silence.
	LoadErrors []error

	targets func() []*Target
	words   func() wordSet // that targets name; nil where they are kept: see targetsNaming
	sources []*source      // see syntax
}
