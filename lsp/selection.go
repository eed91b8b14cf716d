package lsp

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"go.lsp.dev/protocol"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
)

var selectionRangeFeature = feature{
	name:  "Selection Ranges",
	says:  "in a string of a workflow: the segment of a path, the path, its quotes, the parameter, the call, the function",
	calls: map[string]call{protocol.MethodTextDocumentSelectionRange: answer(selectionRanges)},
	offer: func(_ *server, c *protocol.ServerCapabilities) { c.SelectionRangeProvider = protocol.Boolean(true) },
}

// selectionRanges is sent when the user widens the selection. There is one answer for
// each position; where there is nothing of ours it is empty.
func selectionRanges(s *server, ctx context.Context, snap *snapshot, p *protocol.SelectionRangeParams) ([]protocol.SelectionRange, error) {
	v, err := s.look(ctx, snap, p.TextDocument.URI)
	if v == nil || v.pkg == nil || err != nil {
		return nil, err
	}
	ranges, any := make([]protocol.SelectionRange, len(p.Positions)), false
	for i, position := range p.Positions {
		ranges[i].Range = protocol.Range{Start: position, End: position}
		if target := v.target(v.doc.Offset(position)); target != nil {
			ranges[i], any = *v.selection(target, v.doc.Offset(position)), true
		}
	}
	if !any {
		return nil, nil
	}
	return ranges, nil
}

// An extent is a range of bytes.
type extent struct{ start, end int }

// selection is the chain of what holds an offset, from inside out.
func (v *view) selection(t *analysis.Target, offset int) *protocol.SelectionRange {
	var all []extent
	add := func(start, end int) {
		if start <= offset && offset <= end {
			all = append(all, extent{start, end})
		}
	}
	span := func(s errcatalog.Span) {
		if s.IsValid() && s.Start.Filename == v.doc.file {
			add(s.Start.Offset, s.End.Offset)
		}
	}
	start, end := t.Span.Start.Offset, t.Span.End.Offset
	text := v.doc.text[start:end]
	from := start + strings.LastIndexByte(text[:offset-start], '.') + 1
	to := end
	if i := strings.IndexByte(text[offset-start:], '.'); i >= 0 {
		to = offset + i
	}
	if isPath(text) {
		add(from, to)
	}
	add(start, end)
	if start > 0 && end < len(v.doc.text) && strings.IndexByte("\"`", v.doc.text[start-1]) >= 0 && v.doc.text[end] == v.doc.text[start-1] {
		add(start-1, end+1)
	}
	if t.Connection != nil {
		span(t.Connection.Call)
	}
	if t.Node != nil {
		valueSpans(&t.Node.Params, span)
		span(t.Node.Call)
	}
	if t.Workflow != nil {
		span(t.Workflow.Body)
	}
	// Each must hold the one before it.
	slices.SortStableFunc(all, func(a, b extent) int { return cmp.Compare(a.end-a.start, b.end-b.start) })
	nested := all[:0]
	for _, e := range all {
		if n := len(nested); n == 0 || e != nested[n-1] && e.start <= nested[n-1].start && nested[n-1].end <= e.end {
			nested = append(nested, e)
		}
	}
	var chain *protocol.SelectionRange
	for _, e := range slices.Backward(nested) {
		chain = &protocol.SelectionRange{Range: v.doc.Range(e.start, e.end), Parent: chain}
	}
	return chain
}

// isPath reports whether a text is a dotted path, not a sentence or an expression.
func isPath(text string) bool {
	return !strings.ContainsAny(text, " \t\n\"`(){}+")
}

// valueSpans tells of every part of a value.
func valueSpans(v *graph.Value, tell func(errcatalog.Span)) {
	tell(v.Span)
	for i := range v.Entries {
		tell(v.Entries[i].Span)
		valueSpans(&v.Entries[i].Value, tell)
	}
	for i := range v.Items {
		valueSpans(&v.Items[i], tell)
	}
	if v.Input != nil && v.Input.Default != nil {
		valueSpans(v.Input.Default, tell)
	}
}
