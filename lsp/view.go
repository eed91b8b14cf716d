package lsp

import (
	"context"
	"errors"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/dataflow-go/dataflow/analysis"
)

// A view is one Go file as a request sees it: its text, and what analysis found
// in that very text.
type view struct {
	module   *module
	doc      *document
	packages []*analysis.Package // nil when the file is not analysed
	pkg      *analysis.Package   // of packages, the one that holds the file; may be nil
}

// look analyses the open document of a URI. It is nil for a document that is not
// open or is no Go file.
func (s *server) look(ctx context.Context, snap *snapshot, u uri.URI) (*view, error) {
	doc := snap.at(u)
	if doc == nil || !doc.isGo() {
		return nil, nil
	}
	v := &view{doc: doc, module: s.modules.of(doc)}
	if v.module == nil {
		return v, nil
	}
	packages, err := v.module.check(ctx, snap, doc.file)
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

// diagnostics lists the diagnostics whose range touches the bytes from start to end.
func (v *view) diagnostics(start, end int) []analysis.Diagnostic {
	var found []analysis.Diagnostic
	if v.packages == nil {
		return nil
	}
	for _, d := range diagnosticsOf(v.packages, v.doc.file, v.module.s.diagnose.configuration(v.module.root)) {
		at := spanRange(v.doc.Mapper, d.Span)
		from, to := v.doc.Offsets(at)
		if from <= end && start <= to {
			found = append(found, d)
		}
	}
	return found
}
