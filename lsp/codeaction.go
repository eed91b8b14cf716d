package lsp

import (
	"context"
	"slices"
	"strings"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/errcatalog"
)

var codeActionFeature = feature{
	name:  "Code Action",
	says:  "the fixes of what is wrong at a place, and the comment that ignores it",
	calls: map[string]call{protocol.MethodTextDocumentCodeAction: answer(codeActions)},
	offer: func(_ *server, c *protocol.ServerCapabilities) {
		c.CodeActionProvider = &protocol.CodeActionOptions{CodeActionKinds: []protocol.CodeActionKind{protocol.CodeActionKindQuickFix}}
	},
}

// codeActionParams are what the server reads of a client's question. The
// client's own copy of the diagnostics is left out: they may be of an older text.
type codeActionParams struct {
	TextDocument protocol.TextDocumentIdentifier `json:"textDocument"`
	Range        protocol.Range                  `json:"range"`
	Context      struct {
		Only []protocol.CodeActionKind `json:"only"`
	} `json:"context"`
}

// codeActions is sent when the user asks what can be done at a place: the fixes
// of what is wrong there.
func codeActions(s *server, ctx context.Context, snap *snapshot, p *codeActionParams) ([]protocol.CommandOrCodeAction, error) {
	actions := []protocol.CommandOrCodeAction{}
	if !wants(p.Context.Only, protocol.CodeActionKindQuickFix) {
		return actions, nil
	}
	v, err := s.look(ctx, snap, p.TextDocument.URI)
	if v == nil || err != nil {
		return actions, err
	}
	texts := newTexts(snap)
	migrations, err := s.migrationActions(texts, v, v.drift(v.doc.Offsets(p.Range)))
	if err != nil {
		return nil, err
	}
	actions = append(actions, migrations...)
	all := v.diagnostics(v.doc.Offsets(p.Range))
	if err := v.fillFixes(ctx, all); err != nil {
		return nil, err
	}
	for _, found := range all {
		fixes := found.Fixes
		if v.pkg != nil {
			if ignore, ok := v.pkg.IgnoreFix(found); ok {
				fixes = append(slices.Clip(fixes), ignore)
			}
		}
		for _, fix := range fixes {
			edit := s.workspaceEdit(texts, fix.Edits)
			if edit == nil {
				continue
			}
			actions = append(actions, &protocol.CodeAction{
				Title:       fix.Title,
				Kind:        new(protocol.CodeActionKindQuickFix),
				Diagnostics: []protocol.Diagnostic{s.diagnose.toProtocol(texts, v.doc, found)},
				IsPreferred: new(fix.Preferred && onlyPreferred(found)),
				Edit:        edit,
			})
		}
	}
	return actions, nil
}

// wants reports whether a client that asks for kinds asks for this one, itself
// or as a kind of a wider one.
func wants(only []protocol.CodeActionKind, kind protocol.CodeActionKind) bool {
	return len(only) == 0 || slices.ContainsFunc(only, func(k protocol.CodeActionKind) bool {
		return k == "" || k == kind || strings.HasPrefix(string(kind), string(k)+".")
	})
}

// onlyPreferred reports whether one of the fixes is the right one: an editor
// applies it without asking.
func onlyPreferred(d analysis.Diagnostic) bool {
	preferred := 0
	for _, fix := range d.Fixes {
		if fix.Preferred {
			preferred++
		}
	}
	return preferred == 1
}

// workspaceEdit renders edits, for the versions of the documents that they were
// made for where the client can check that. It is nil when a file cannot be read.
func (s *server) workspaceEdit(texts *texts, edits []errcatalog.Edit) *protocol.WorkspaceEdit {
	byFile := map[string][]protocol.TextEdit{}
	var files []string
	for _, e := range edits {
		file := e.Span.Start.Filename
		m := texts.of(file)
		if m == nil {
			return nil
		}
		if byFile[file] == nil {
			files = append(files, file)
		}
		// An edit without an end inserts: it must not be widened to a word.
		at := m.Range(offsetOf(m, e.Span.Start), max(offsetOf(m, e.Span.Start), offsetOf(m, e.Span.End)))
		byFile[file] = append(byFile[file], protocol.TextEdit{Range: at, NewText: e.New})
	}
	if len(files) == 0 {
		return nil
	}
	if !s.client.Workspace.WorkspaceEdit.DocumentChanges {
		changes := map[uri.URI][]protocol.TextEdit{}
		for _, file := range files {
			changes[texts.uri(file)] = byFile[file]
		}
		return &protocol.WorkspaceEdit{Changes: changes}
	}
	out := &protocol.WorkspaceEdit{}
	for _, file := range files {
		change := &protocol.TextDocumentEdit{TextDocument: protocol.OptionalVersionedTextDocumentIdentifier{
			TextDocumentIdentifier: protocol.TextDocumentIdentifier{URI: texts.uri(file)},
		}}
		if doc := texts.snap.ofFile(file); doc != nil {
			change.TextDocument.Version = new(doc.version)
		}
		for _, e := range byFile[file] {
			change.Edits = append(change.Edits, &e)
		}
		out.DocumentChanges = append(out.DocumentChanges, change)
	}
	return out
}
