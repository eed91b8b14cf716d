package lsp

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	udiff "github.com/aymanbagabas/go-udiff"
	"go.lsp.dev/protocol"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/errcatalog"
)

// fixAllData is what resolve is told of an action that mends more than one place.
type fixAllData struct {
	URI  string          `json:"uri"`            // of the file, or of one of the workspace
	Code errcatalog.Code `json:"code,omitempty"` // "" is every code
	All  bool            `json:"all,omitempty"`  // in the workspace, not in the file alone
}

// resolvesEdits reports whether the client asks for an action's edit once the user has
// chosen the action.
func (s *server) resolvesEdits() bool {
	return slices.Contains(s.client.TextDocument.CodeAction.ResolveSupport.Properties, "edit")
}

// fixAll is the action that mends all that is wrong in a file and has one right answer.
func (s *server) fixAll(ctx context.Context, snap *snapshot, v *view) ([]protocol.CommandOrCodeAction, error) {
	all := v.diagnostics(0, len(v.doc.text))
	if err := v.fillFixes(ctx, all); err != nil {
		return nil, err
	}
	if v.module == nil || !slices.ContainsFunc(all, onlyPreferred) {
		return nil, nil
	}
	return s.mending(ctx, snap, v, "Fix all of DataFlow", fixAllKind, fixAllData{URI: string(v.doc.uri)})
}

// fixAllOf are the actions that mend all findings of a code, in the file and in the
// workspace, where there are several.
func (s *server) fixAllOf(v *view, code errcatalog.Code) ([]protocol.CommandOrCodeAction, error) {
	if v.module == nil || !s.resolvesEdits() {
		return nil, nil // to find them all takes too long where nobody may want it
	}
	var actions []protocol.CommandOrCodeAction
	here, everywhere := 0, 0
	ws := v.module.latest.Load()
	if ws == nil {
		return nil, nil
	}
	c := s.configuration(v.module.root)
	for _, pkg := range ws.Packages() {
		for _, d := range slices.Concat(pkg.Diagnostics, pkg.Strict) {
			if d.Code != code || !c.Apply(&d.Finding) {
				continue
			}
			if everywhere++; d.File == v.doc.file {
				here++
			}
		}
	}
	for _, o := range []struct {
		title string
		data  fixAllData
		want  bool
	}{
		{fmt.Sprintf("Fix all %s in this file", code), fixAllData{URI: string(v.doc.uri), Code: code}, here > 1},
		{fmt.Sprintf("Fix all %s in the workspace", code), fixAllData{URI: string(v.doc.uri), Code: code, All: true}, everywhere > max(here, 1)},
	} {
		if !o.want {
			continue
		}
		data, err := json.Marshal(o.data)
		if err != nil {
			return nil, err
		}
		actions = append(actions, &protocol.CodeAction{Title: o.title, Kind: new(protocol.CodeActionKindQuickFix), Data: data})
	}
	return actions, nil
}

// mending is an action whose edit is made when it is resolved, or now for a client that
// does not resolve.
func (s *server) mending(ctx context.Context, snap *snapshot, v *view, title string, kind protocol.CodeActionKind, what fixAllData) ([]protocol.CommandOrCodeAction, error) {
	action := &protocol.CodeAction{Title: title, Kind: &kind}
	if s.resolvesEdits() {
		data, err := json.Marshal(what)
		if err != nil {
			return nil, err
		}
		action.Data = data
		return []protocol.CommandOrCodeAction{action}, nil
	}
	edit, err := s.mend(ctx, snap, v.module, v.doc.file, what)
	if err != nil || edit == nil {
		return nil, err
	}
	action.Edit = edit
	return []protocol.CommandOrCodeAction{action}, nil
}

// resolveCodeAction is sent for the edit of an action that the user has chosen.
func resolveCodeAction(s *server, ctx context.Context, snap *snapshot, p *protocol.CodeAction) (*protocol.CodeAction, error) {
	var what fixAllData
	if len(p.Data) == 0 {
		return p, nil
	}
	if err := json.Unmarshal(p.Data, &what); err != nil {
		return nil, err
	}
	doc := snap.ofFile(filePath(what.URI))
	if doc == nil {
		return p, nil
	}
	mod := s.modules.of(doc)
	if mod == nil {
		return p, nil
	}
	edit, err := s.mend(ctx, snap, mod, doc.file, what)
	if err != nil {
		return nil, err
	}
	p.Edit = edit
	return p, nil
}

// mend makes the edit of preferred fixes, applied until none is left: overlaps are
// resolved by mending again.
func (s *server) mend(ctx context.Context, snap *snapshot, mod *module, file string, what fixAllData) (*protocol.WorkspaceEdit, error) {
	c := s.configuration(mod.root)
	mended, err := mod.mend(ctx, snap, func(packages []*analysis.Package) []analysis.Diagnostic {
		var chosen []analysis.Diagnostic
		for _, pkg := range packages {
			for _, d := range slices.Concat(pkg.Diagnostics, pkg.Strict) {
				if (what.All || d.File == file) && (what.Code == "" || what.Code == d.Code) && c.Apply(&d.Finding) {
					chosen = append(chosen, d)
				}
			}
		}
		return chosen
	})
	if err != nil {
		return nil, err
	}
	texts := newTexts(snap)
	var edits []errcatalog.Edit
	for _, change := range mended {
		for _, e := range udiff.Bytes(change.Before, change.After) {
			edits = append(edits, errcatalog.Edit{Span: spanOf(change.File, e.Start, e.End), New: e.New})
		}
	}
	return s.workspaceEdit(texts, edits), nil
}

// spanOf is a span by bytes alone.
func spanOf(file string, start, end int) errcatalog.Span {
	var s errcatalog.Span
	s.Start.Filename, s.Start.Offset, s.Start.Line, s.Start.Column = file, start, 1, 1 // the offset counts
	s.End.Filename, s.End.Offset, s.End.Line, s.End.Column = file, end, 1, 1
	return s
}

// mend tries fixes out in the workspace, and puts back the texts as they are.
func (mod *module) mend(ctx context.Context, snap *snapshot, choose func([]*analysis.Package) []analysis.Diagnostic) ([]analysis.Change, error) {
	if err := mod.acquire(ctx); err != nil {
		return nil, err
	}
	defer mod.release()
	if mod.ws == nil {
		return nil, mod.err
	}
	mod.sync(snap)
	if mod.seq != snap.seq {
		return nil, protocol.ErrContentModified
	}
	// It comes to its end: what is left half tried could not be taken back.
	ctx = context.WithoutCancel(ctx)
	mended, err := mod.ws.Mend(ctx, func(packages []*analysis.Package) []analysis.Diagnostic {
		chosen := choose(packages)
		// Fixes are made when they are asked for.
		if ok, err := mod.ws.FillFixes(ctx, chosen); err != nil || !ok {
			return nil
		}
		return chosen
	})
	// What was tried is taken back, whatever came of it.
	for _, doc := range mod.synced {
		mod.ws.SetFile(doc.file, []byte(doc.Text()))
	}
	if err != nil {
		return nil, err
	}
	for _, change := range mended.Changes {
		if mod.synced[change.File] == nil {
			mod.ws.ClearFile(change.File)
		}
	}
	return mended.Changes, nil
}
