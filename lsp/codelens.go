package lsp

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"go.lsp.dev/protocol"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/internal/config"
	"github.com/dataflow-go/dataflow/model"
)

var codeLensFeature = feature{
	name:  "Code Lens",
	says:  "on a workflow: run, dry run, graph, SQL, how much there is to mend; on a model: its workflows, its table, a pending migration",
	calls: map[string]call{protocol.MethodTextDocumentCodeLens: answer(codeLenses)},
	offer: func(_ *server, c *protocol.ServerCapabilities) { c.CodeLensProvider = &protocol.CodeLensOptions{} },
}

// A lenser makes the lenses of one document.
type lenser struct {
	v     *view
	shown config.CodeLensSettings
	all   []protocol.CodeLens
	err   error
}

// codeLenses is sent when a document is shown. Every lens is a command that needs no code
// of the client's own.
func codeLenses(s *server, ctx context.Context, snap *snapshot, p *protocol.CodeLensParams) ([]protocol.CodeLens, error) {
	v, err := s.look(ctx, snap, p.TextDocument.URI)
	if v == nil || v.pkg == nil || err != nil {
		return []protocol.CodeLens{}, err
	}
	l := &lenser{v: v, shown: s.settings().CodeLens, all: []protocol.CodeLens{}}
	workflows := workflowsIn(v.pkg, v.doc.file)
	for _, wf := range workflows {
		l.workflow(wf, ambiguous(workflows, wf.Func))
	}
	if l.shown.Models {
		for _, m := range v.pkg.Models {
			if m.Pos.Filename == v.doc.file {
				l.model(m)
			}
		}
	}
	return l.all, l.err
}

// add makes a lens of a command and its argument.
func (l *lenser) add(at errcatalog.Span, title, command string, argument any) {
	raw, err := json.Marshal(argument)
	if err != nil {
		l.err = err
		return
	}
	l.all = append(l.all, protocol.CodeLens{
		Range:   spanRange(l.v.doc.Mapper, at),
		Command: protocol.Command{Title: title, Command: command, Arguments: []protocol.LSPAny{raw}},
	})
}

func (l *lenser) workflow(wf *analysis.Workflow, ambiguous bool) {
	name, suffix := wf.Func, ""
	if ambiguous {
		name, suffix = wf.Graph.Name, " "+wf.Graph.Name
	}
	uri := string(l.v.doc.uri)
	if l.shown.Run {
		l.add(wf.Span, "▶ Run"+suffix, commandRun, runParams{dryRunParams{URI: uri, Workflow: name}, true})
	}
	if l.shown.DryRun {
		l.add(wf.Span, "Dry run"+suffix, commandDryRun, dryRunParams{URI: uri, Workflow: name})
	}
	if l.shown.Graph {
		l.add(wf.Span, "Show graph"+suffix, commandGraph, graphParams{URI: uri, Workflow: name})
	}
	if l.shown.ExplainSQL {
		l.add(wf.Span, "Explain SQL"+suffix, commandExplainSQL, workflowParams{URI: uri, Workflow: name})
	}
	if found := l.v.findings(wf); l.shown.Findings && len(found) > 0 {
		l.add(wf.Span, counted(len(found), "finding")+suffix, commandFindings, findingsParams{URI: uri, Workflow: name})
	}
}

// counted is a number of things.
func counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// findings are what is reported in a workflow.
func (v *view) findings(wf *analysis.Workflow) []analysis.Diagnostic {
	var found []analysis.Diagnostic
	for _, d := range diagnosticsOf(v.packages, v.doc.file, v.module.s.configuration(v.module.root)) {
		if concerns(d, wf) {
			found = append(found, d)
		}
	}
	return found
}

func (l *lenser) model(m *model.Model) {
	at := errcatalog.Span{Start: m.Pos}
	uri := string(l.v.doc.uri)
	if n := len(l.v.uses(m)); n > 0 {
		title := counted(n, "workflow") + " use it"
		if n == 1 {
			title = "1 workflow uses it"
		}
		l.add(at, title, commandUses, modelParams{URI: uri, Model: m.Name})
	}
	l.add(at, "Show table", commandTable, modelParams{URI: uri, Model: m.Name})
	for _, f := range l.v.drift(0, len(l.v.doc.text)) {
		if f.Details.Model == m.Name && f.Kind != engine.DifferenceHarmless {
			l.add(at, "Migration pending", commandMigratePlan, migrateParams{URI: uri, Model: m.Name, Database: f.Database})
			return
		}
	}
}

// A use is a workflow that works on a model.
type use struct {
	wf   *analysis.Workflow
	node *graph.Node // the first of its nodes that does
}

// uses lists the workflows of the module that have nodes of a model.
func (v *view) uses(m *model.Model) []use {
	ws := v.module.latest.Load()
	if ws == nil {
		return nil
	}
	one := graph.NewModelSet(m)
	var found []use
	for _, pkg := range ws.Packages() {
		for _, wf := range pkg.Workflows {
			same := func(o *model.Model) bool { return o.Name == m.Name && o.PkgPath == m.PkgPath }
			if !slices.ContainsFunc(wf.Models, same) {
				continue
			}
			i := slices.IndexFunc(wf.Graph.Nodes, func(n graph.Node) bool {
				return !graph.IsControl(n.Type.S) && graph.Resolve(n.Type.S, one) != nil
			})
			if i >= 0 {
				found = append(found, use{wf, &wf.Graph.Nodes[i]})
			}
		}
	}
	return found
}
