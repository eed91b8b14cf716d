package lsp

import (
	"context"
	"encoding/json"

	"go.lsp.dev/protocol"
)

var codeLensFeature = feature{
	name:  "Code Lens",
	says:  "runs the workflow that a function builds",
	calls: map[string]call{protocol.MethodTextDocumentCodeLens: answer(codeLenses)},
	offer: func(_ *server, c *protocol.ServerCapabilities) { c.CodeLensProvider = &protocol.CodeLensOptions{} },
}

// codeLenses is sent when a document is shown: each workflow gets a lens that runs it.
func codeLenses(s *server, ctx context.Context, snap *snapshot, p *protocol.CodeLensParams) ([]protocol.CodeLens, error) {
	lenses := []protocol.CodeLens{}
	v, err := s.look(ctx, snap, p.TextDocument.URI)
	if v == nil || v.pkg == nil || err != nil {
		return lenses, err
	}
	all := workflowsIn(v.pkg, v.doc.file)
	for _, wf := range all {
		title, name := "▶ Run", wf.Func
		if ambiguous(all, name) {
			title, name = "▶ Run "+wf.Graph.Name, wf.Graph.Name
		}
		argument, err := json.Marshal(runArguments{URI: string(v.doc.uri), Workflow: name})
		if err != nil {
			return nil, err
		}
		lenses = append(lenses, protocol.CodeLens{
			Range:   spanRange(v.doc.Mapper, wf.Span),
			Command: protocol.Command{Title: title, Command: commandRun, Arguments: []protocol.LSPAny{argument}},
		})
	}
	return lenses, nil
}
