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
	name: "Code Action",
	says: "the fixes of what is wrong at a place, all fixes of a code or of a file, the comment that ignores it; refactorings of node ids and values",
	calls: map[string]call{
		protocol.MethodTextDocumentCodeAction: answer(codeActions),
		protocol.MethodCodeActionResolve:      answer(resolveCodeAction),
	},
	offer: func(s *server, c *protocol.ServerCapabilities) {
		c.CodeActionProvider = &protocol.CodeActionOptions{
			CodeActionKinds: []protocol.CodeActionKind{
				protocol.CodeActionKindQuickFix, fixAllKind, protocol.CodeActionKindRefactorExtract,
				protocol.CodeActionKindRefactorInline, protocol.CodeActionKindRefactorRewrite,
			},
			ResolveProvider: new(s.resolvesEdits()),
		}
	},
}

// fixAllKind is what an editor asks for when it saves.
const fixAllKind protocol.CodeActionKind = "source.fixAll.dataflow"

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
	v, err := s.look(ctx, snap, p.TextDocument.URI)
	if v == nil || err != nil {
		return actions, err
	}
	if wants(p.Context.Only, protocol.CodeActionKindQuickFix) {
		fixes, err := s.quickFixes(ctx, snap, v, p.Range)
		if err != nil {
			return nil, err
		}
		actions = append(actions, fixes...)
	}
	// A list of all that is wrong in the file is asked for as such, not in passing.
	if len(p.Context.Only) > 0 && wants(p.Context.Only, fixAllKind) {
		all, err := s.fixAll(ctx, snap, v)
		if err != nil {
			return nil, err
		}
		actions = append(actions, all...)
	}
	if len(p.Context.Only) > 0 && wants(p.Context.Only, protocol.CodeActionKindRefactorRewrite) {
		rewrites, err := s.rewrites(ctx, snap, v, p.Range)
		if err != nil {
			return nil, err
		}
		actions = append(actions, rewrites...)
	}
	return append(actions, s.refactorings(ctx, snap, v, p)...), nil
}

// rewrites are the fixes that put one node in the place of several, for who asks for
// refactorings alone: List and count to Count, read and create or update to Upsert.
func (s *server) rewrites(ctx context.Context, snap *snapshot, v *view, at protocol.Range) ([]protocol.CommandOrCodeAction, error) {
	found := slices.DeleteFunc(v.diagnostics(v.doc.Offsets(at)), func(d analysis.Diagnostic) bool {
		return d.Code != errcatalog.DF714 && d.Code != errcatalog.DF715
	})
	if err := v.fillFixes(ctx, found); err != nil {
		return nil, err
	}
	var actions []protocol.CommandOrCodeAction
	texts := newTexts(snap)
	for _, d := range found {
		for _, fix := range d.Fixes {
			if edit := s.workspaceEdit(texts, fix.Edits); edit != nil {
				actions = append(actions, &protocol.CodeAction{Title: fix.Title, Kind: new(protocol.CodeActionKindRefactorRewrite), Edit: edit})
			}
		}
	}
	return actions, nil
}

// quickFixes are the fixes of what is wrong in a range.
func (s *server) quickFixes(ctx context.Context, snap *snapshot, v *view, at protocol.Range) ([]protocol.CommandOrCodeAction, error) {
	texts := newTexts(snap)
	actions, err := s.migrationActions(texts, v, v.drift(v.doc.Offsets(at)))
	if err != nil {
		return nil, err
	}
	all := v.diagnostics(v.doc.Offsets(at))
	if err := v.fillFixes(ctx, all); err != nil {
		return nil, err
	}
	var codes []errcatalog.Code
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
		if onlyPreferred(found) && !slices.Contains(codes, found.Code) {
			codes = append(codes, found.Code)
		}
	}
	for _, code := range codes {
		more, err := s.fixAllOf(v, code)
		if err != nil {
			return nil, err
		}
		actions = append(actions, more...)
	}
	return actions, nil
}

// refactorings are what can be done with what stands at the start of a range.
func (s *server) refactorings(ctx context.Context, snap *snapshot, v *view, p *codeActionParams) []protocol.CommandOrCodeAction {
	var actions []protocol.CommandOrCodeAction
	if v.pkg == nil || !wants(p.Context.Only, protocol.CodeActionKindRefactor) && !slices.ContainsFunc(p.Context.Only, func(k protocol.CodeActionKind) bool {
		return strings.HasPrefix(string(k), string(protocol.CodeActionKindRefactor)+".")
	}) {
		return nil
	}
	offset, _ := v.doc.Offsets(p.Range)
	if v.target(offset) == nil {
		return nil
	}
	packages, err := v.module.everything(ctx, snap)
	if err != nil {
		return nil
	}
	texts := newTexts(snap)
	for _, r := range v.pkg.Refactorings(v.doc.file, offset, packages) {
		kind := protocol.CodeActionKind(r.Kind)
		if !wants(p.Context.Only, kind) {
			continue
		}
		if edit := s.workspaceEdit(texts, r.Edits); edit != nil {
			actions = append(actions, &protocol.CodeAction{Title: r.Title, Kind: &kind, Edit: edit})
		}
	}
	return actions
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
