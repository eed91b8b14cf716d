package lsp

import (
	"context"

	"go.lsp.dev/protocol"

	"github.com/dataflow-go/dataflow/internal/devrun"
)

// workflowParams say which workflow is meant.
type workflowParams struct {
	URI      string `json:"uri" doc:"Of the Go file."`
	Workflow string `json:"workflow,omitempty" doc:"The function that builds it, or its name. It may be left out in a file with one workflow."`
	Database string `json:"database,omitempty" doc:"A name from dataflow.yaml; its default when left out."`
}

// sqlReport is the answer of dataflow.server.explainSQL.
type sqlReport struct {
	Workflow string           `json:"workflow"`
	Database string           `json:"database" doc:"Its name and place, without secrets."`
	Nodes    []devrun.NodeSQL `json:"nodes"`
}

// explainSQL shows the SQL of a workflow's nodes.
func explainSQL(ctx context.Context, s *server, snap *snapshot, p *workflowParams, _ protocol.ProgressToken) (*sqlReport, error) {
	v, err := s.lookAtFile(ctx, snap, p.URI)
	if err != nil {
		return nil, err
	}
	wf, err := v.choose(p.Workflow)
	if err != nil {
		return nil, err
	}
	nodes, database, err := devrun.WorkflowSQL(ctx, v.module.root, p.Database, wf)
	if err != nil {
		return nil, err
	}
	s.show(ctx, v.module.root, "explain.sql", devrun.Script(wf.Graph.Name, database, nodes))
	return &sqlReport{Workflow: wf.Graph.Name, Database: database, Nodes: nodes}, nil
}
