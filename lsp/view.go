package lsp

import (
	"context"
	"errors"
	"slices"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/internal/config"
	"github.com/dataflow-go/dataflow/internal/drift"
)

// A view is one file as a request sees it: its text, and what analysis found
// in that very text.
type view struct {
	module   *module
	doc      *document
	packages []*analysis.Package // nil when the file is not analysed
	pkg      *analysis.Package   // of packages, the one that holds the file; may be nil
}

// look analyses the open document of a URI. It is nil for a document that is not
// open, or is neither a Go file nor a module's dataflow.yaml.
func (s *server) look(ctx context.Context, snap *snapshot, u uri.URI) (*view, error) {
	doc := snap.at(u)
	switch {
	case doc == nil:
		return nil, nil
	case isConfiguration(doc):
		return &view{doc: doc}, nil
	case !doc.isGo():
		return nil, nil
	}
	v := &view{doc: doc, module: s.modules.of(doc)}
	if v.module == nil {
		return v, nil
	}
	packages, err := v.module.checkFiles(ctx, snap, doc.file)
	switch {
	case ctx.Err() != nil, errors.Is(err, protocol.ErrContentModified):
		return nil, err
	case err != nil:
		// A diagnostic in the file already says why it is not analysed.
		return v, nil //nolint:nilerr // nothing to say at this place
	}
	v.packages, v.pkg = packages, findPackage(packages, doc.file)
	return v, nil
}

// diagnostics lists the diagnostics whose range touches the bytes from start to end,
// those of dev databases too.
func (v *view) diagnostics(start, end int) []analysis.Diagnostic {
	var found []analysis.Diagnostic
	switch {
	case isConfiguration(v.doc):
		found = configurationDiagnostics(config.Parse(v.doc.file, []byte(v.doc.Text())))
	case v.packages != nil:
		found = diagnosticsOf(v.packages, v.doc.file, v.module.s.configuration(v.module.root))
	}
	found = slices.DeleteFunc(found, func(d analysis.Diagnostic) bool { return !v.touches(d, start, end) })
	for _, f := range v.drift(start, end) {
		found = append(found, f.Diagnostic)
	}
	return found
}

// fillFixes makes the fixes of diagnostics of the view.
func (v *view) fillFixes(ctx context.Context, found []analysis.Diagnostic) error {
	if v.packages == nil {
		return nil
	}
	return v.module.fillFixes(ctx, found)
}

// drift lists how dev databases differ from what is declared from start to end.
func (v *view) drift(start, end int) []drift.Finding {
	if v.packages == nil {
		return nil
	}
	found := v.module.s.drift.in(v.module, v.packages, v.doc.file, v.module.s.configuration(v.module.root))
	return slices.DeleteFunc(found, func(f drift.Finding) bool { return !v.touches(f.Diagnostic, start, end) })
}

func (v *view) touches(d analysis.Diagnostic, start, end int) bool {
	from, to := v.doc.Offsets(spanRange(v.doc.Mapper, d.Span))
	return from <= end && start <= to
}
