package lsp

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"go.lsp.dev/protocol"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/errcatalog"
)

var foldingRangeFeature = feature{
	name:  "Folding Ranges",
	says:  "runs of calls that add nodes, connections or dependencies; gopls folds what the syntax has",
	calls: map[string]call{protocol.MethodTextDocumentFoldingRange: answer(foldingRanges)},
	offer: func(_ *server, c *protocol.ServerCapabilities) { c.FoldingRangeProvider = protocol.Boolean(true) },
}

// A run is calls of one kind on lines that follow each other.
type callRun struct {
	kind        string
	n           int
	first, last uint32
}

// foldingRanges is sent when a document is shown or has changed.
func foldingRanges(s *server, ctx context.Context, snap *snapshot, p *protocol.FoldingRangeParams) ([]protocol.FoldingRange, error) {
	ranges := []protocol.FoldingRange{}
	v, err := s.look(ctx, snap, p.TextDocument.URI)
	if v == nil || v.pkg == nil || err != nil {
		return ranges, err
	}
	for _, r := range v.runs(callsOf(v.pkg)) {
		fold := protocol.FoldingRange{StartLine: r.first, EndLine: r.last, Kind: protocol.FoldingRangeKindRegion}
		if s.client.TextDocument.FoldingRange.FoldingRange.CollapsedText {
			fold.CollapsedText = new(fmt.Sprintf("… %d %s", r.n, r.kind))
		}
		ranges = append(ranges, fold)
	}
	return ranges, nil
}

// A builderCall is one call that adds something to a workflow.
type builderCall struct {
	kind string
	span errcatalog.Span
}

// callsOf lists the calls of a package, each once though several workflows are built by it.
func callsOf(pkg *analysis.Package) []builderCall {
	var all []builderCall
	for _, wf := range pkg.Workflows {
		for i := range wf.Graph.Nodes {
			all = append(all, builderCall{"nodes", wf.Graph.Nodes[i].Call})
		}
		for i := range wf.Graph.Connections {
			all = append(all, builderCall{"connections", wf.Graph.Connections[i].Call})
		}
		for i := range wf.Graph.Dependencies {
			all = append(all, builderCall{"dependencies", wf.Graph.Dependencies[i].Call})
		}
	}
	slices.SortFunc(all, func(a, b builderCall) int {
		return cmp.Or(cmp.Compare(a.span.Start.Filename, b.span.Start.Filename), cmp.Compare(a.span.Start.Offset, b.span.Start.Offset), cmp.Compare(a.kind, b.kind))
	})
	return slices.Compact(all)
}

// runs lists those of two calls and more in the document. One whose first call takes
// several lines is none: gopls folds that call at the same line.
func (v *view) runs(calls []builderCall) []callRun {
	var all []callRun
	last := -1 // the call before
	for i, c := range calls {
		if c.span.Start.Filename != v.doc.file {
			continue
		}
		r := spanRange(v.doc.Mapper, c.span)
		if n := len(all); last >= 0 && c.kind == all[n-1].kind && v.doc.follows(all[n-1].last, r.Start.Line) {
			all[n-1].n, all[n-1].last = all[n-1].n+1, r.End.Line
		} else {
			all = append(all, callRun{c.kind, 1, r.Start.Line, r.End.Line})
		}
		last = i
	}
	return slices.DeleteFunc(all, func(r callRun) bool { return r.n < 2 || r.last == r.first })
}

// follows reports whether there is nothing but blank lines and comments between two lines.
func (d *document) follows(line, next uint32) bool {
	for l := line + 1; l < next; l++ {
		text := strings.TrimSpace(d.text[d.lines[l]:d.lineEnd(int(l))])
		if text != "" && !strings.HasPrefix(text, "//") {
			return false
		}
	}
	return next > line
}
