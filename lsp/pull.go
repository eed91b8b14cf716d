package lsp

import (
	"context"
	"errors"
	"hash/fnv"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/dataflow-go/dataflow/analysis"
)

var diagnosticsFeature = feature{
	name: "Diagnostics",
	says: "what is wrong, as it is typed; pushed, or pulled by a client that asks for them and can be told when they change",
	calls: map[string]call{
		protocol.MethodTextDocumentDiagnostic: answer(documentDiagnostic),
		protocol.MethodWorkspaceDiagnostic:    answer(workspaceDiagnostic),
	},
	offer: func(s *server, c *protocol.ServerCapabilities) {
		if s.pulls() {
			c.DiagnosticProvider = &protocol.DiagnosticOptions{
				Identifier: new(source), InterFileDependencies: true, WorkspaceDiagnostics: true,
			}
		}
	},
}

// pulls reports whether the client asks for diagnostics; no other way are they told
// then. A client that cannot be asked to ask again would show what is out of date, once
// another file, a database or a setting has changed: it is told, as those that never ask.
func (s *server) pulls() bool {
	return s.client.TextDocument.Diagnostic != nil && s.client.Workspace.Diagnostics.RefreshSupport
}

// documentDiagnostic is sent when a document is shown or has changed, by a client that
// asks for diagnostics.
func documentDiagnostic(s *server, ctx context.Context, snap *snapshot, p *protocol.DocumentDiagnosticParams) (protocol.DocumentDiagnosticReport, error) {
	found := []protocol.Diagnostic{}
	if doc := snap.at(p.TextDocument.URI); doc != nil {
		if err := s.settled(ctx); err != nil {
			return nil, err
		}
		var err error
		if found, err = s.diagnose.document(ctx, snap, doc); err != nil {
			return nil, err
		}
		if s.pulls() { // one that is told as well is not told the same by this
			s.diagnose.note(doc, found)
		}
	}
	id := resultID(found)
	if p.PreviousResultID != nil && *p.PreviousResultID == id {
		return &protocol.RelatedUnchangedDocumentDiagnosticReport{UnchangedDocumentDiagnosticReport: unchanged(id)}, nil
	}
	return &protocol.RelatedFullDocumentDiagnosticReport{FullDocumentDiagnosticReport: full(id, found)}, nil
}

func full(id string, found []protocol.Diagnostic) protocol.FullDocumentDiagnosticReport {
	return protocol.FullDocumentDiagnosticReport{Kind: string(protocol.DocumentDiagnosticReportKindFull), ResultID: &id, Items: found}
}

func unchanged(id string) protocol.UnchangedDocumentDiagnosticReport {
	return protocol.UnchangedDocumentDiagnosticReport{Kind: string(protocol.DocumentDiagnosticReportKindUnchanged), ResultID: id}
}

// idOf is the same for the same numbers.
func idOf(data []uint32) string {
	h := fnv.New64a()
	for _, n := range data {
		_, _ = h.Write([]byte{byte(n), byte(n >> 8), byte(n >> 16), byte(n >> 24)})
	}
	return strconv.FormatUint(h.Sum64(), 36)
}

// resultID is the same for the same diagnostics.
func resultID(found []protocol.Diagnostic) string {
	h := fnv.New64a()
	for i := range found {
		raw, err := protocol.Marshal(&found[i])
		if err != nil {
			raw = []byte(err.Error())
		}
		_, _ = h.Write(raw)
	}
	return strconv.FormatUint(h.Sum64(), 36)
}

// settled waits for the settings: what is told without them may have to be taken back.
func (s *server) settled(ctx context.Context) error {
	select {
	case <-s.set.ready:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// document are the diagnostics of an open document, all of them.
func (d *diagnoser) document(ctx context.Context, snap *snapshot, doc *document) ([]protocol.Diagnostic, error) {
	if isConfiguration(doc) {
		root := filepath.Dir(doc.file)
		return d.inConfiguration(newTexts(snap), root, d.s.modules.loaded(root))[0].found, nil
	}
	if !doc.isGo() {
		return []protocol.Diagnostic{}, nil
	}
	mod := d.s.modules.of(doc)
	if mod == nil {
		return d.unanalysed(doc, nil), nil
	}
	packages, err := mod.check(ctx, snap, doc.file)
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case errors.Is(err, protocol.ErrContentModified):
		// The client has sent a newer text: it is told to ask about that one.
		return nil, &jsonrpc2.Error{
			Code: jsonrpc2.Code(protocol.LSPErrorCodesServerCancelled), Message: "the text has changed", Data: jsonrpc2.RawMessage(`{"retriggerRequest":true}`),
		}
	case err != nil:
		return d.unanalysed(doc, err), nil
	}
	d.s.drift.follow(mod, d.s.configuration(mod.root))
	return d.analysed(newTexts(snap), mod, doc, packages, d.s.configuration(mod.root)), nil
}

// note remembers what a client that asks was told.
func (d *diagnoser) note(doc *document, found []protocol.Diagnostic) {
	d.publishing.Lock()
	defer d.publishing.Unlock()
	if d.s.documents.snapshot().at(doc.uri) == doc {
		d.published[doc.uri] = published{version: doc.version, diagnostics: found}
	}
}

// pullPause is how long a client that waits for news of the workspace is left in peace
// after an edit.
const pullPause = 500 * time.Millisecond

// workspaceDiagnostic is sent for the diagnostics of all files, open or not. Clients ask
// again and again: one that knows what there is waits until there is something new.
func workspaceDiagnostic(s *server, ctx context.Context, _ *snapshot, p *protocol.WorkspaceDiagnosticParams) (*protocol.WorkspaceDiagnosticReport, error) {
	if err := s.settled(ctx); err != nil {
		return nil, err
	}
	for {
		next := s.diagnose.next()
		items, news, err := s.diagnose.workspace(ctx, s.documents.snapshot(), p.PreviousResultIds)
		if err != nil {
			return nil, err
		}
		if news || len(p.PreviousResultIds) == 0 {
			items = inParts(s, p.PartialResultToken, items, func(part []protocol.WorkspaceDocumentDiagnosticReport) any {
				return &protocol.WorkspaceDiagnosticReportPartialResult{Items: part}
			})
			return &protocol.WorkspaceDiagnosticReport{Items: items}, nil
		}
		if err := waitFor(ctx, next); err != nil {
			return nil, err
		}
	}
}

// waitFor waits for something to be diagnosed, and a little longer.
func waitFor(ctx context.Context, next <-chan struct{}) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-next:
	}
	pause := time.NewTimer(pullPause)
	defer pause.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-pause.C:
		return nil
	}
}

// next is closed when the next diagnosis has come to its end.
func (d *diagnoser) next() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.done
}

// workspace reports on every file of the loaded modules in which something is wrong, or
// in which the client knows of something. There is news where a report is not unchanged.
func (d *diagnoser) workspace(ctx context.Context, snap *snapshot, known []protocol.PreviousResultId) ([]protocol.WorkspaceDocumentDiagnosticReport, bool, error) {
	reports, err := d.everywhere(ctx, snap)
	if err != nil {
		return nil, false, err
	}
	before := map[uri.URI]string{}
	for _, id := range known {
		before[id.URI] = id.Value
		if _, ok := reports[id.URI]; !ok {
			reports[id.URI] = report{doc: &document{uri: id.URI}, found: []protocol.Diagnostic{}}
		}
	}
	items, news := []protocol.WorkspaceDocumentDiagnosticReport{}, false
	for _, u := range slices.Sorted(maps.Keys(reports)) {
		r, id := reports[u], resultID(reports[u].found)
		var version *int32
		if r.open {
			version = &r.doc.version
		}
		if before[u] == id {
			items = append(items, &protocol.WorkspaceUnchangedDocumentDiagnosticReport{UnchangedDocumentDiagnosticReport: unchanged(id), URI: u, Version: version})
			continue
		}
		news = true
		items = append(items, &protocol.WorkspaceFullDocumentDiagnosticReport{FullDocumentDiagnosticReport: full(id, r.found), URI: u, Version: version})
	}
	return items, news, nil
}

// everywhere finds what is wrong in the loaded modules, by document.
func (d *diagnoser) everywhere(ctx context.Context, snap *snapshot) (map[uri.URI]report, error) {
	reports, texts := map[uri.URI]report{}, newTexts(snap)
	add := func(r report) {
		if len(r.found) > 0 {
			reports[r.doc.uri] = r
		}
	}
	for _, mod := range d.s.modules.all() {
		if err := d.inModule(ctx, texts, mod, add); err != nil {
			return nil, err
		}
		for _, r := range d.inConfiguration(texts, mod.root, mod) {
			add(r)
		}
	}
	for _, doc := range snap.byURI {
		if doc.isGo() && d.s.modules.of(doc) == nil {
			add(report{doc: doc, open: true, found: d.unanalysed(doc, nil)})
		}
	}
	return reports, nil
}

func (d *diagnoser) inModule(ctx context.Context, texts *texts, mod *module, add func(report)) error {
	packages, err := mod.everything(ctx, texts.snap)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	c := d.s.configuration(mod.root)
	holding := map[string][]*analysis.Package{} // by file, where there is something to tell
	drifted := d.s.drift.report(mod)
	for _, pkg := range packages {
		told := slices.Concat(pkg.Diagnostics, pkg.Strict)
		if drifted != nil {
			for _, found := range drifted.In(pkg) {
				told = append(told, found.Diagnostic)
			}
		}
		for _, found := range told {
			if of := holding[found.File]; !slices.Contains(of, pkg) {
				holding[found.File] = append(of, pkg)
			}
		}
	}
	for file, of := range holding {
		if doc := texts.document(file); doc != nil && doc.isGo() {
			add(report{doc: doc, open: texts.snap.ofFile(file) != nil, found: d.analysed(texts, mod, doc, of, c)})
		}
	}
	for _, doc := range texts.snap.byURI { // those that are not analysed say why
		if doc.isGo() && holding[doc.file] == nil && moduleRoot(doc.file) == mod.root {
			found := d.unanalysed(doc, err)
			if err == nil {
				found = d.analysed(texts, mod, doc, packages, c)
			}
			add(report{doc: doc, open: true, found: found})
		}
	}
	return nil
}

// everything is what the whole module comes to in a snapshot, or later.
func (mod *module) everything(ctx context.Context, snap *snapshot) ([]*analysis.Package, error) {
	return mod.bringUp(ctx, snap, (*analysis.Workspace).Check, nil)
}
