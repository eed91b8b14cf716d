package lsp

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/internal/devrun"
)

// dryRunParams say which workflow to run, and with what.
type dryRunParams struct {
	URI      string         `json:"uri" doc:"Of the Go file."`
	Workflow string         `json:"workflow,omitempty" doc:"The function that builds it, or its name. It may be left out in a file with one workflow."`
	Inputs   map[string]any `json:"inputs,omitempty" doc:"By name. Texts are converted to what the input feeds: \"42\", or a list as JSON."`
	Database string         `json:"database,omitempty" doc:"A name from dataflow.yaml; its default when left out."`
}

type runParams struct {
	dryRunParams
	Commit bool `json:"commit,omitempty" doc:"Keep what the workflow writes: all of it or, when a node fails, nothing."`
}

// run runs a workflow as it stands in the editor, saved or not.
func run(ctx context.Context, s *server, snap *snapshot, p *runParams, token protocol.ProgressToken) (*devrun.Report, error) {
	v, err := s.lookAtFile(ctx, snap, p.URI)
	if err != nil {
		return nil, err
	}
	wf, err := v.choose(p.Workflow)
	if err != nil {
		return nil, err
	}
	if err := v.refuse(wf); err != nil {
		return nil, err
	}

	work, cancel := context.WithCancel(ctx)
	defer cancel()
	bar := s.beginProgress(ctx, token, "DataFlow: running "+wf.Graph.Name, cancel)
	started := time.Now()
	request := devrun.Request{
		Workflow: wf,
		Dir:      v.module.root,
		Database: p.Database,
		Inputs:   p.Inputs,
		Commit:   p.Commit,
		Observer: &runProgress{bar: bar, total: len(wf.Graph.Nodes)},
	}
	var report *devrun.Report
	if wf.Runnable == nil {
		report, err = devrun.Run(work, request)
	} else {
		bar.report("compiling "+v.pkg.Path, 0, 0)
		report, err = devrun.RunProgram(work, request, v.pkg.Name(v.doc.file), unsaved(snap, v.module.root))
	}
	s.drift.refresh(v.module) // a run makes what is missing
	bar.end(outcome(report, err))
	// A token is the client's again once the answer is there.
	s.flush()
	if err == nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	s.runs.note(v, wf, p, started, report)
	s.diagnose.again()
	return report, nil
}

// unsaved are the texts of the open Go files of a module.
func unsaved(snap *snapshot, root string) map[string][]byte {
	texts := map[string][]byte{}
	for _, doc := range snap.byURI {
		if doc.isGo() && moduleRoot(doc.file) == root {
			texts[doc.file] = []byte(doc.Text())
		}
	}
	return texts
}

// dryRun is run that keeps nothing.
func dryRun(ctx context.Context, s *server, snap *snapshot, p *dryRunParams, token protocol.ProgressToken) (*devrun.Report, error) {
	return run(ctx, s, snap, &runParams{dryRunParams: *p}, token)
}

func outcome(report *devrun.Report, err error) string {
	switch {
	case err != nil:
		return "not run"
	case report.Error != nil:
		return "failed"
	case report.Committed:
		return "done, and kept"
	}
	return "done, and rolled back"
}

// choose finds the workflow that the user means, by its function or its name.
func (v *view) choose(name string) (*analysis.Workflow, error) {
	var all []*analysis.Workflow
	if v.pkg != nil {
		all = workflowsIn(v.pkg, v.doc.file)
	}
	if len(all) == 0 {
		return nil, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "there is no workflow in %s%s", v.doc.file, v.whyEmpty())
	}
	var found []*analysis.Workflow
	for _, wf := range all {
		if name == "" || wf.Func == name || wf.Graph.Name == name {
			found = append(found, wf)
		}
	}
	if len(found) == 1 {
		return found[0], nil
	}
	names := make([]string, len(all))
	for i, wf := range all {
		names[i] = wf.Graph.Name
	}
	if len(found) == 0 {
		hint := ""
		if near := errcatalog.Nearest(name, names); near != "" {
			hint = fmt.Sprintf(" Did you mean %q?", near)
		}
		return nil, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "there is no workflow %q in %s: it has %s.%s", name, v.doc.file, strings.Join(names, ", "), hint)
	}
	return nil, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "%s has several workflows: say which of %s to run", v.doc.file, strings.Join(names, ", "))
}

// whyEmpty says what may have kept workflows from being seen.
func (v *view) whyEmpty() string {
	switch {
	case v.module == nil:
		return ": it is in no module that uses " + importPath
	case v.pkg != nil && len(v.pkg.LoadErrors) > 0:
		return ": " + v.pkg.LoadErrors[0].Error()
	}
	return ""
}

// ambiguous reports whether several workflows have the function.
func ambiguous(all []*analysis.Workflow, function string) bool {
	same := 0
	for _, wf := range all {
		if wf.Func == function {
			same++
		}
	}
	return same > 1
}

// refuse returns the errors that were found in a workflow, as one that the
// client can show: a run would meet them too.
func (v *view) refuse(wf *analysis.Workflow) error {
	var errs []*errcatalog.Error
	for _, pkg := range v.packages {
		for _, d := range pkg.Diagnostics {
			same := func(e *errcatalog.Error) bool {
				return e.Code == d.Code && e.Message == d.Message && e.Position == d.Span.Start
			}
			if severityOf(d.Finding) == protocol.DiagnosticSeverityError && concerns(d, wf) {
				if e := errcatalog.New(d.Finding); !slices.ContainsFunc(errs, same) {
					errs = append(errs, e)
				}
			}
		}
	}
	if len(errs) == 0 {
		return nil
	}
	message := fmt.Sprintf("%s is not run: ", wf.Graph.Name)
	if len(errs) > 1 {
		message += fmt.Sprintf("it has %d errors, the first is ", len(errs))
	}
	return failed(message+string(errs[0].Code)+": "+errs[0].Message, errs)
}

// concerns reports whether a diagnostic is of the workflow: in its function, or
// where another function adds to it.
func concerns(d analysis.Diagnostic, wf *analysis.Workflow) bool {
	inside := func(span errcatalog.Span) bool {
		return span.Start.Filename == d.File && span.Start.Offset <= d.Span.Start.Offset && d.Span.Start.Offset < span.End.Offset
	}
	g := wf.Graph
	return inside(wf.Body) ||
		slices.ContainsFunc(g.Nodes, func(n graph.Node) bool { return inside(n.Call) }) ||
		slices.ContainsFunc(g.Connections, func(c graph.Connection) bool { return inside(c.Call) })
}

// runProgress shows on a bar how far a run has come.
type runProgress struct {
	bar   progress
	total int
	done  atomic.Int64
}

// NodeStarted names the node on the bar.
func (p *runProgress) NodeStarted(e engine.NodeEvent) {
	p.bar.report(e.Node+" ("+e.Type+")", int(p.done.Load()), p.total)
}

// NodeEnded moves the bar on.
func (p *runProgress) NodeEnded(e engine.NodeEvent) {
	p.bar.report(fmt.Sprintf("%s: %s", e.Node, e.Status), int(p.done.Add(1)), p.total)
}
