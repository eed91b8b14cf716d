package lsp

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/internal/devrun"
	"github.com/dataflow-go/dataflow/model"
)

// What the lenses of workflows and models lead to.
const (
	commandFindings = "dataflow.server.findings"
	commandUses     = "dataflow.server.uses"
	commandTable    = "dataflow.server.table"
)

type findingsParams struct {
	URI      string `json:"uri" doc:"Of the Go file."`
	Workflow string `json:"workflow,omitempty" doc:"The function that builds it, or its name. It may be left out in a file with one workflow."`
}

type modelParams struct {
	URI   string `json:"uri" doc:"Of the Go file that declares it."`
	Model string `json:"model"`
}

// A placed is something at a place of the source.
type placed struct {
	Text  string         `json:"text"`
	URI   string         `json:"uri"`
	Range protocol.Range `json:"range"`
}

// listFindings tells what is reported in a workflow, and goes to the first.
func listFindings(ctx context.Context, s *server, snap *snapshot, p *findingsParams, _ protocol.ProgressToken) ([]placed, error) {
	v, err := s.lookAtFile(ctx, snap, p.URI)
	if err != nil {
		return nil, err
	}
	wf, err := v.choose(p.Workflow)
	if err != nil {
		return nil, err
	}
	all := []placed{}
	for _, d := range v.findings(wf) {
		all = append(all, placed{string(d.Code) + ": " + d.Message, string(v.doc.uri), spanRange(v.doc.Mapper, d.Span)})
	}
	s.goTo(ctx, all)
	return all, nil
}

// listUses tells the workflows that work on a model, and goes to the first.
func listUses(ctx context.Context, s *server, snap *snapshot, p *modelParams, _ protocol.ProgressToken) ([]placed, error) {
	v, m, err := s.chooseModel(ctx, snap, p)
	if err != nil {
		return nil, err
	}
	texts, all := newTexts(snap), []placed{}
	for _, u := range v.uses(m) {
		span := u.node.ID.Span
		if text := texts.of(span.Start.Filename); text != nil {
			all = append(all, placed{
				fmt.Sprintf("%s: %s (%s)", u.wf.Graph.Name, u.node.ID.S, u.node.Type.S), string(texts.uri(span.Start.Filename)), spanRange(text, span),
			})
		}
	}
	s.goTo(ctx, all)
	return all, nil
}

// A tableReport is the answer of dataflow.server.table.
type tableReport struct {
	Model      string   `json:"model"`
	Table      string   `json:"table"`
	Database   string   `json:"database" doc:"Its name and place, without secrets."`
	Statements []string `json:"statements" doc:"They make the table in an empty database."`
}

// showTable shows the SQL that makes a model's table.
func showTable(ctx context.Context, s *server, snap *snapshot, p *modelParams, _ protocol.ProgressToken) (*tableReport, error) {
	v, m, err := s.chooseModel(ctx, snap, p)
	if err != nil {
		return nil, err
	}
	all, err := v.module.packages(ctx)
	if err != nil {
		return nil, err
	}
	models, err := chosenModels(v.module.root, v.pkg, m.Name, all)
	if err != nil {
		return nil, err
	}
	statements, database, err := devrun.TableSQL(ctx, v.module.root, m.Name, models)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "-- The table of %s, as %s has it when it is new.\n\n", m.Name, database)
	for _, statement := range statements {
		b.WriteString(statement + ";\n")
	}
	s.show(ctx, v.module.root, "table.sql", b.String())
	return &tableReport{Model: m.Name, Table: m.Table, Database: database, Statements: statements}, nil
}

// chooseModel finds a model by its name in the package of a file.
func (s *server) chooseModel(ctx context.Context, snap *snapshot, p *modelParams) (*view, *model.Model, error) {
	v, err := s.lookAtFile(ctx, snap, p.URI)
	if err != nil {
		return nil, nil, err
	}
	var names []string
	if v.pkg != nil {
		for _, m := range v.pkg.Models {
			if m.Name == p.Model {
				return v, m, nil
			}
			names = append(names, m.Name)
		}
	}
	slices.Sort(names)
	hint := v.whyEmpty()
	if near := errcatalog.Nearest(p.Model, names); near != "" {
		hint = fmt.Sprintf("; did you mean %q?", near)
	}
	return nil, nil, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "there is no model %q in the package of %s%s", p.Model, v.doc.file, hint)
}

// goTo shows the first of places, where the client can show one.
func (s *server) goTo(ctx context.Context, places []placed) {
	if len(places) == 0 || !s.client.Window.ShowDocument.Support {
		return
	}
	at := places[0]
	if _, err := s.conn.Call(ctx, protocol.MethodWindowShowDocument, &protocol.ShowDocumentParams{
		URI: uri.URI(at.URI), TakeFocus: new(true), Selection: &at.Range,
	}, nil); err != nil {
		s.log.Debug("a place is not shown", "error", err)
	}
}
