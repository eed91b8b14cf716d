package lsp

import (
	"context"
	"encoding/json"

	"go.lsp.dev/protocol"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/inspector"
)

const commandGraph = "dataflow.server.graph"

type inspectParams struct {
	URI      string            `json:"uri" doc:"Of the Go file."`
	Workflow string            `json:"workflow,omitempty" doc:"The function that builds it, or its name. It may be left out in a file with one workflow."`
	Question string            `json:"question" doc:"One of [inspector](inspector.md): traceParameter."`
	Args     map[string]string `json:"args,omitempty" doc:"The question's arguments, by name."`
}

type traceParams struct {
	URI       string `json:"uri" doc:"Of the Go file."`
	Workflow  string `json:"workflow,omitempty" doc:"The function that builds it, or its name. It may be left out in a file with one workflow."`
	Node      string `json:"node"`
	Parameter string `json:"parameter" doc:"Or a path into one: filter.user_id."`
}

type graphParams struct {
	URI      string `json:"uri" doc:"Of the Go file."`
	Workflow string `json:"workflow,omitempty" doc:"The function that builds it, or its name. It may be left out in a file with one workflow."`
	Format   string `json:"format,omitempty" doc:"mermaid, dot, svg or text; svg when left out."`
}

// A graphReport is the answer of dataflow.server.graph.
type graphReport struct {
	Workflow string `json:"workflow"`
	Format   string `json:"format"`
	Text     string `json:"text" doc:"The drawing."`
}

// inspect answers a question about a workflow.
func inspect(ctx context.Context, s *server, snap *snapshot, p *inspectParams, _ protocol.ProgressToken) (json.RawMessage, error) {
	i, _, _, err := s.inspector(ctx, snap, p.URI, p.Workflow)
	if err != nil {
		return nil, err
	}
	answer, err := i.Ask(p.Question, p.Args)
	if err != nil {
		return nil, err
	}
	return json.Marshal(answer)
}

// trace tells where a parameter's value comes from.
func trace(ctx context.Context, s *server, snap *snapshot, p *traceParams, _ protocol.ProgressToken) (*inspector.Trace, error) {
	i, _, _, err := s.inspector(ctx, snap, p.URI, p.Workflow)
	if err != nil {
		return nil, err
	}
	return i.TraceParameter(p.Node, p.Parameter)
}

// drawGraph draws a workflow, and shows the drawing.
func drawGraph(ctx context.Context, s *server, snap *snapshot, p *graphParams, _ protocol.ProgressToken) (*graphReport, error) {
	i, v, wf, err := s.inspector(ctx, snap, p.URI, p.Workflow)
	if err != nil {
		return nil, err
	}
	if p.Format == "" {
		p.Format = "svg"
	}
	text, err := i.Ask("draw", map[string]string{"format": p.Format})
	if err != nil {
		return nil, err
	}
	report := &graphReport{Workflow: wf.Graph.Name, Format: p.Format, Text: text.(string)}
	extension := map[string]string{"mermaid": "mmd", "dot": "dot", "svg": "svg", "text": "txt"}[p.Format]
	s.showFile(ctx, v.module.root, "graph."+extension, report.Text)
	return report, nil
}

// inspector is that of a workflow of a file.
func (s *server) inspector(ctx context.Context, snap *snapshot, uri, name string) (*inspector.Inspector, *view, *analysis.Workflow, error) {
	v, err := s.lookAtFile(ctx, snap, uri)
	if err != nil {
		return nil, nil, nil, err
	}
	wf, err := v.choose(name)
	if err != nil {
		return nil, nil, nil, err
	}
	return inspectorOf(wf), v, wf, nil
}

func inspectorOf(wf *analysis.Workflow) *inspector.Inspector {
	return inspector.New(wf.Graph, graph.NewModelSet(wf.Models...))
}
