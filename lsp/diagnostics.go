package lsp

import (
	"context"
	"errors"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/internal/config"
)

// source is how editors name where a diagnostic comes from.
const source = "dataflow"

// A diagnoser keeps the client's diagnostics in step with the open documents.
// An edit is diagnosed at once: a check takes less than the pause between two keys,
// and one that takes longer is ended by the next edit. What comes while it ends is
// diagnosed together. It is safe for concurrent use.
type diagnoser struct {
	s    *server
	wake chan struct{}

	mu     sync.Mutex
	cancel context.CancelFunc // ends the diagnosis under way, nil without one; guarded by mu
	done   chan struct{}      // closed, and replaced, when one has come to its end; guarded by mu

	publishing sync.Mutex
	published  map[uri.URI]published // what the client was told last; guarded by publishing
}

type published struct {
	version     int32
	diagnostics []protocol.Diagnostic
}

func newDiagnoser(s *server) *diagnoser {
	return &diagnoser{s: s, wake: make(chan struct{}, 1), done: make(chan struct{}), published: map[uri.URI]published{}}
}

// again asks for a diagnosis after the one under way, which it leaves alone.
func (d *diagnoser) again() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// now asks for a diagnosis, in place of the one that is under way.
func (d *diagnoser) now() {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.cancel != nil {
		d.cancel()
	}
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// loop diagnoses until ctx is done.
func (d *diagnoser) loop(ctx context.Context) {
	select { // what is told before the settings are known may have to be taken back
	case <-d.s.set.ready:
	case <-ctx.Done():
	}
	for d.woken(ctx) {
		run, cancel := context.WithCancel(ctx)
		d.mu.Lock()
		d.cancel = cancel
		d.mu.Unlock()
		d.diagnose(run, d.s.documents.snapshot())
		cancel()
		d.mu.Lock()
		close(d.done)
		d.done = make(chan struct{})
		d.mu.Unlock()
	}
}

// woken waits until there is something to diagnose; it is false once ctx is done.
func (d *diagnoser) woken(ctx context.Context) bool {
	pause := time.NewTimer(idleAfter)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-d.wake:
			return true
		case <-pause.C: // once
			d.s.idle()
		}
	}
}

// diagnose checks all open documents, each module on its own, so that one that
// is still being loaded does not hold up the others. What has not changed since
// the last time costs nothing.
func (d *diagnoser) diagnose(ctx context.Context, snap *snapshot) {
	byModule := map[*module][]*document{}
	for _, doc := range snap.byURI {
		if !doc.isGo() {
			continue
		}
		if mod := d.s.modules.of(doc); mod != nil {
			byModule[mod] = append(byModule[mod], doc)
			continue
		}
		d.publish(doc, d.unanalysed(doc, nil))
	}
	var checks sync.WaitGroup
	for mod, docs := range byModule {
		checks.Go(func() {
			err := d.s.safely("diagnose "+mod.root, func() error { return d.diagnoseModule(ctx, snap, mod, docs) })
			if err != nil && ctx.Err() == nil && !errors.Is(err, protocol.ErrContentModified) {
				d.s.log.Warn("no diagnosis", "module", mod.root, "reason", err)
			}
		})
	}
	checks.Wait()
	if ctx.Err() == nil {
		d.diagnoseConfigurations(snap)
	}
}

// diagnoseModule tells what can be said at once, then what the rest of the module
// adds to it, if anything.
func (d *diagnoser) diagnoseModule(ctx context.Context, snap *snapshot, mod *module, docs []*document) error {
	if err := d.publishAll(ctx, snap, mod, docs, mod.checkFiles); err != nil {
		return err
	}
	if err := d.publishAll(ctx, snap, mod, docs, mod.check); err != nil {
		return err
	}
	mod.whole.Do(debug.FreeOSMemory) // a check of everything takes much that is not kept
	d.s.drift.follow(mod, d.s.configuration(mod.root))
	return nil
}

func (d *diagnoser) publishAll(ctx context.Context, snap *snapshot, mod *module, docs []*document,
	check func(context.Context, *snapshot, ...string) ([]*analysis.Package, error)) error {
	files := make([]string, len(docs))
	for i, doc := range docs {
		files[i] = doc.file
	}
	packages, err := check(ctx, snap, files...)
	if ctx.Err() != nil || errors.Is(err, protocol.ErrContentModified) {
		return err
	}
	texts := newTexts(snap)
	configuration := d.s.configuration(mod.root)
	for _, doc := range docs {
		if err != nil {
			d.publish(doc, d.unanalysed(doc, err))
		} else {
			d.publish(doc, d.analysed(texts, mod, doc, packages, configuration))
		}
	}
	return nil
}

// analysed are the diagnostics of a document of a module, given what a check said of
// the packages that may hold it.
func (d *diagnoser) analysed(texts *texts, mod *module, doc *document, packages []*analysis.Package, c *config.Config) []protocol.Diagnostic {
	if findPackage(packages, doc.file) == nil {
		return d.unanalysed(doc, errors.New("the go command lists no package with it: a build constraint excludes it, or its folder is not saved yet"))
	}
	found := []protocol.Diagnostic{}
	for _, diagnostic := range diagnosticsOf(packages, doc.file, c) {
		found = append(found, d.toProtocol(texts, doc, diagnostic))
	}
	for _, f := range d.s.drift.in(mod, packages, doc.file, c) {
		found = append(found, d.toProtocol(texts, doc, f.Diagnostic))
	}
	return append(found, d.s.runs.in(doc, findPackage(packages, doc.file))...)
}

// findPackage returns the package that holds a file, or nil.
func findPackage(packages []*analysis.Package, file string) *analysis.Package {
	for _, pkg := range packages {
		if pkg != nil && slices.Contains(pkg.Files, file) {
			return pkg
		}
	}
	return nil
}

// diagnosticsOf lists the diagnostics of a file, with the severities that the
// configuration gives them. A file may be in two packages, with and without
// tests: what both find is one.
func diagnosticsOf(packages []*analysis.Package, file string, c *config.Config) []analysis.Diagnostic {
	var found []analysis.Diagnostic
	for _, pkg := range packages {
		if pkg == nil {
			continue
		}
		for _, d := range slices.Concat(pkg.Diagnostics, pkg.Strict) {
			same := func(o analysis.Diagnostic) bool {
				return o.Code == d.Code && o.Span == d.Span && o.Message == d.Message
			}
			if d.File == file && !slices.ContainsFunc(found, same) && c.Apply(&d.Finding) {
				found = append(found, d)
			}
		}
	}
	return found
}

// publish tells the client a document's diagnostics, unless it was told the
// same for this version or the document has changed since.
func (d *diagnoser) publish(doc *document, found []protocol.Diagnostic) {
	d.publishing.Lock()
	defer d.publishing.Unlock()
	if d.s.documents.snapshot().at(doc.uri) != doc {
		return
	}
	last, told := d.published[doc.uri]
	same := told && reflect.DeepEqual(last.diagnostics, found)
	if d.s.pulls() {
		if told && !same && last.version == doc.version {
			d.s.spawn("refresh", d.s.refreshDiagnostics) // it has asked for this version already
		}
		return
	}
	if same && (len(found) == 0 || last.version == doc.version) {
		return
	}
	d.published[doc.uri] = published{version: doc.version, diagnostics: found}
	d.send(&protocol.PublishDiagnosticsParams{URI: doc.uri, Version: protocol.NewOptional(doc.version), Diagnostics: found})
}

// publishClosed is publish for a file that is not open. Nothing is said where
// nothing is wrong, nor was.
func (d *diagnoser) publishClosed(u uri.URI, found []protocol.Diagnostic) {
	if d.s.pulls() {
		return // it asks for the workspace
	}
	d.publishing.Lock()
	defer d.publishing.Unlock()
	last := d.published[u].diagnostics
	if d.s.documents.snapshot().at(u) != nil || len(last)+len(found) == 0 || reflect.DeepEqual(last, found) {
		return
	}
	d.published[u] = published{diagnostics: found}
	d.send(&protocol.PublishDiagnosticsParams{URI: u, Diagnostics: found})
}

// clear takes back the diagnostics of a document that was closed.
func (d *diagnoser) clear(u uri.URI) {
	d.publishing.Lock()
	defer d.publishing.Unlock()
	if last, told := d.published[u]; told && len(last.diagnostics) > 0 && !d.s.pulls() {
		d.send(&protocol.PublishDiagnosticsParams{URI: u, Diagnostics: []protocol.Diagnostic{}})
	}
	delete(d.published, u)
}

func (d *diagnoser) send(p *protocol.PublishDiagnosticsParams) {
	d.s.out.send("diagnostics of "+string(p.URI), protocol.MethodTextDocumentPublishDiagnostics, p)
}

// toProtocol renders a diagnostic of a document.
func (d *diagnoser) toProtocol(texts *texts, doc *document, found analysis.Diagnostic) protocol.Diagnostic {
	out := protocol.Diagnostic{
		Range:    spanRange(doc.Mapper, found.Span),
		Severity: severityOf(found.Finding),
		Code:     protocol.String(found.Code),
		Source:   protocol.NewOptional(source),
		Message:  protocol.String(found.Message),
	}
	support := d.s.client.TextDocument.PublishDiagnostics
	if support.CodeDescriptionSupport {
		out.CodeDescription = protocol.CodeDescription{Href: uri.URI(found.Code.DocsURL())}
	}
	if entry, ok := errcatalog.Lookup(found.Code); ok && entry.Unnecessary && slices.Contains(support.TagSupport.ValueSet, protocol.DiagnosticTagUnnecessary) {
		out.Tags = protocol.NewDiagnosticTags(protocol.DiagnosticTagUnnecessary)
	}
	if support.RelatedInformation {
		for _, related := range found.Related {
			if m := texts.of(related.Span.Start.Filename); m != nil {
				out.RelatedInformation = append(out.RelatedInformation, protocol.DiagnosticRelatedInformation{
					Location: protocol.Location{URI: texts.uri(related.Span.Start.Filename), Range: spanRange(m, related.Span)},
					Message:  related.Message,
				})
			}
		}
	}
	return out
}

// severities maps how much a finding matters to what an editor shows.
var severities = map[errcatalog.Severity]protocol.DiagnosticSeverity{
	errcatalog.SeverityError:   protocol.DiagnosticSeverityError,
	errcatalog.SeverityWarning: protocol.DiagnosticSeverityWarning,
	errcatalog.SeverityInfo:    protocol.DiagnosticSeverityInformation,
	errcatalog.SeverityHint:    protocol.DiagnosticSeverityHint,
}

func severityOf(f errcatalog.Finding) protocol.DiagnosticSeverity {
	severity := f.Severity
	if severity == errcatalog.SeverityDefault {
		if entry, ok := errcatalog.Lookup(f.Code); ok {
			severity = entry.Severity
		}
	}
	if s, ok := severities[severity]; ok {
		return s
	}
	return protocol.DiagnosticSeverityError
}

// spanRange converts a span of a text. A span without an end is widened to the
// word that it points at, so that an editor shows something.
func spanRange(m *Mapper, span errcatalog.Span) protocol.Range {
	start := offsetOf(m, span.Start)
	end := start
	if span.End.IsValid() {
		end = offsetOf(m, span.End)
	} else {
		for end < len(m.text) && isWord(m.text[end]) {
			end++
		}
	}
	return m.Range(start, end)
}

func isWord(b byte) bool {
	return b == '_' || '0' <= b && b <= '9' || 'a' <= b|0x20 && b|0x20 <= 'z' || b >= 0x80
}

// offsetOf is the byte offset of a position. One that was made at run time has
// a line and no offset.
func offsetOf(m *Mapper, p token.Position) int {
	if p.Offset > 0 || p.Line <= 1 && p.Column <= 1 {
		return p.Offset
	}
	if p.Line > len(m.lines) {
		return len(m.text)
	}
	return m.lines[p.Line-1] + max(p.Column-1, 0)
}

// texts finds the text of files that a diagnostic speaks of: open ones as the
// client has them, others from disk. For one goroutine.
type texts struct {
	snap   *snapshot
	onDisk map[string]*Mapper
}

func newTexts(snap *snapshot) *texts { return &texts{snap: snap, onDisk: map[string]*Mapper{}} }

// of returns the Mapper of a file, or nil when the file cannot be read.
func (t *texts) of(file string) *Mapper {
	if doc := t.snap.ofFile(file); doc != nil {
		return doc.Mapper
	}
	m, ok := t.onDisk[file]
	if !ok {
		if content, err := os.ReadFile(file); err == nil {
			m = NewMapper(string(content), t.snap.encoding)
		}
		t.onDisk[file] = m
	}
	return m
}

// document is a file as the client has it open, else as it is on disk; nil when it
// cannot be read.
func (t *texts) document(file string) *document {
	if doc := t.snap.ofFile(file); doc != nil {
		return doc
	}
	if m := t.of(file); m != nil {
		return &document{uri: uri.File(file), file: file, Mapper: m}
	}
	return nil
}

// uri names a file as the client does where it has it open.
func (t *texts) uri(file string) uri.URI {
	if doc := t.snap.ofFile(file); doc != nil {
		return doc.uri
	}
	return uri.File(file)
}

// unanalysed explains why a document that uses DataFlow gets no diagnostics, at
// its import; it is empty for one that does not use it.
func (d *diagnoser) unanalysed(doc *document, reason error) []protocol.Diagnostic {
	at := importRange(doc)
	if at == nil {
		return []protocol.Diagnostic{}
	}
	message := "DataFlow does not analyse this file: "
	var known *errcatalog.Error
	switch {
	case errors.As(reason, &known):
		message += known.Message
	case reason != nil:
		message += reason.Error()
	default:
		message += "there is no go.mod in its folder or any above it. Run: go mod init example.com/app"
	}
	diagnostic := protocol.Diagnostic{
		Range:    *at,
		Severity: protocol.DiagnosticSeverityInformation,
		Source:   protocol.NewOptional(source),
		Message:  protocol.String(withoutSecrets(message)),
	}
	if known != nil {
		diagnostic.Code = protocol.String(known.Code)
	}
	return []protocol.Diagnostic{diagnostic}
}

// importRange is where a document imports DataFlow, or nil.
func importRange(doc *document) *protocol.Range {
	if !imports(doc) {
		return nil
	}
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, doc.file, doc.Text(), parser.ImportsOnly)
	if file == nil || err != nil && len(file.Imports) == 0 {
		return nil
	}
	for _, spec := range file.Imports {
		if path := spec.Path.Value; path == `"`+importPath+`"` || path == "`"+importPath+"`" {
			start := fset.PositionFor(spec.Path.Pos(), false).Offset
			r := doc.Range(start, start+len(path))
			return &r
		}
	}
	return nil
}
