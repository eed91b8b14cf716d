package lsp

import (
	"context"
	"slices"
	"sync"
	"time"

	"go.lsp.dev/protocol"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/internal/devrun"
)

// runSource is how editors name where a run's diagnostics come from.
const runSource = "dataflow run"

// keptRuns is how many runs are remembered.
const keptRuns = 20

// runs are the last runs of the session. It is safe for concurrent use.
type runs struct {
	mu       sync.Mutex
	last     []pastRun                // the newest last; guarded by mu
	failures map[string][]*runFailure // by file; guarded by mu
}

func newRuns() *runs { return &runs{failures: map[string][]*runFailure{}} }

// A pastRun is one run of the history.
type pastRun struct {
	At         time.Time      `json:"at"`
	DurationMS float64        `json:"duration_ms"`
	URI        string         `json:"uri"`
	Workflow   string         `json:"workflow"`
	Inputs     map[string]any `json:"inputs,omitempty"`
	Report     *devrun.Report `json:"report"`
}

// A runFailure is what a run said of a workflow, as long as the workflow is the same.
type runFailure struct {
	workflow string // the function that builds it
	text     string // of that function, when it ran
	found    []placedError
}

// A placedError is an error at a place, counted from the function's beginning.
type placedError struct {
	start, end int
	err        *errcatalog.Error
}

// note keeps a run, and what it says about places in the source.
func (r *runs) note(v *view, wf *analysis.Workflow, p *runParams, started time.Time, report *devrun.Report) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = append(r.last, pastRun{
		At: started, DurationMS: float64(time.Since(started).Microseconds()) / 1000,
		URI: p.URI, Workflow: wf.Graph.Name, Inputs: p.Inputs, Report: report,
	})
	if len(r.last) > keptRuns {
		r.last = slices.Delete(r.last, 0, len(r.last)-keptRuns)
	}
	file := v.doc.file
	r.failures[file] = slices.DeleteFunc(r.failures[file], func(f *runFailure) bool { return f.workflow == wf.Func })
	failure := &runFailure{workflow: wf.Func, text: bodyOf(v.doc, wf)}
	base := wf.Body.Start.Offset
	place := func(e *errcatalog.Error, span errcatalog.Span) {
		if !contains(wf.Body, span) { // a helper adds the node: the workflow's name stands for it
			span = wf.Span
		}
		failure.found = append(failure.found, placedError{span.Start.Offset - base, span.End.Offset - base, e})
	}
	told := false
	for _, n := range report.Nodes {
		if n.Error == nil {
			continue
		}
		if node := wf.Graph.Node(n.ID); node != nil {
			place(n.Error, node.ID.Span)
			told = true
		}
	}
	if report.Error != nil && !told {
		place(report.Error, wf.Span)
	}
	if len(failure.found) > 0 {
		r.failures[file] = append(r.failures[file], failure)
	}
}

// bodyOf is the text of the function that builds a workflow.
func bodyOf(doc *document, wf *analysis.Workflow) string {
	return doc.text[wf.Body.Start.Offset:min(wf.Body.End.Offset, len(doc.text))]
}

// in are the diagnostics of runs in a document: of workflows that are as they were when
// they ran.
func (r *runs) in(doc *document, pkg *analysis.Package) []protocol.Diagnostic {
	r.mu.Lock()
	defer r.mu.Unlock()
	var found []protocol.Diagnostic
	for _, f := range r.failures[doc.file] {
		for _, wf := range workflowsIn(pkg, doc.file) {
			if wf.Func != f.workflow || bodyOf(doc, wf) != f.text {
				continue
			}
			for _, e := range f.found {
				base := wf.Body.Start.Offset
				found = append(found, protocol.Diagnostic{
					Range:    doc.Range(max(base+e.start, 0), base+e.end),
					Severity: protocol.DiagnosticSeverityError,
					Code:     protocol.String(e.err.Code),
					Source:   protocol.NewOptional(runSource),
					Message:  protocol.String(withoutSecrets(e.err.Message)),
				})
			}
			break
		}
	}
	return found
}

type noParams struct{}

// runHistory tells the last runs, the newest first.
func runHistory(_ context.Context, s *server, _ *snapshot, _ *noParams, _ protocol.ProgressToken) ([]pastRun, error) {
	s.runs.mu.Lock()
	defer s.runs.mu.Unlock()
	all := slices.Clone(s.runs.last)
	slices.Reverse(all)
	if all == nil {
		all = []pastRun{}
	}
	return all, nil
}
