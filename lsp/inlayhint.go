package lsp

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"go.lsp.dev/protocol"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/internal/config"
	"github.com/dataflow-go/dataflow/model"
)

var inlayHintFeature = feature{
	name:  "Inlay Hints",
	says:  "the types at each connection, what parameters that are not given will be, the table of a node type; each kind can be switched",
	calls: map[string]call{protocol.MethodTextDocumentInlayHint: answer(inlayHints)},
	offer: func(_ *server, c *protocol.ServerCapabilities) { c.InlayHintProvider = protocol.Boolean(true) },
}

// A hinter makes the hints of a part of a document.
type hinter struct {
	v          *view
	shown      config.InlayHintSettings
	start, end int
	seen       map[int]bool // offsets: a helper's call is part of several workflows
	all        []protocol.InlayHint
}

// inlayHints is sent for what is in sight of a document.
func inlayHints(s *server, ctx context.Context, snap *snapshot, p *protocol.InlayHintParams) ([]protocol.InlayHint, error) {
	v, err := s.look(ctx, snap, p.TextDocument.URI)
	if v == nil || v.pkg == nil || err != nil {
		return []protocol.InlayHint{}, err
	}
	h := &hinter{v: v, shown: s.settings().InlayHints, seen: map[int]bool{}, all: []protocol.InlayHint{}}
	h.start, h.end = v.doc.Offsets(p.Range)
	for _, wf := range v.pkg.Workflows {
		h.workflow(wf)
	}
	return h.all, nil
}

// add puts a hint at the end of a span, if that is in the part.
func (h *hinter) add(at errcatalog.Span, label, tooltip string, kind protocol.InlayHintKind) {
	offset := at.End.Offset
	if label == "" || !at.End.IsValid() || at.Start.Filename != h.v.doc.file || offset < h.start || offset > h.end || h.seen[offset] || offset > len(h.v.doc.text) {
		return
	}
	h.seen[offset] = true
	h.all = append(h.all, protocol.InlayHint{
		Position: h.v.doc.Position(offset), Label: protocol.String(label), Kind: kind,
		Tooltip: protocol.String(tooltip), PaddingLeft: new(true),
	})
}

func (h *hinter) workflow(wf *analysis.Workflow) {
	set := graph.NewModelSet(wf.Models...)
	for i := range wf.Graph.Nodes {
		n := &wf.Graph.Nodes[i]
		c := graph.Resolve(n.Type.S, set)
		if c == nil || c.Model == nil {
			continue
		}
		if h.shown.Tables {
			at := n.Type.Span
			at.End.Offset++ // behind the quote
			h.add(at, c.Model.Table, fmt.Sprintf("%s works on the table %s", n.Type.S, c.Model.Table), 0)
		}
		if h.shown.Defaults {
			h.defaults(wf, n, c)
		}
	}
	if !h.shown.ConnectionTypes {
		return
	}
	i := inspectorOf(wf)
	for _, c := range wf.Graph.Connections {
		from, ok := i.OutputType(c.From.S, c.Output.S)
		to, known := i.InputType(c.To.S, c.Input.S)
		if ok && known {
			h.add(c.Call, from.String()+" → "+to.String(), fmt.Sprintf("%s.%s → %s.%s", c.From.S, c.Output.S, c.To.S, c.Input.S), protocol.InlayHintKindType)
		}
	}
}

// maxDefaults is how many defaults are shown at a node.
const maxDefaults = 3

// defaults shows what parameters that nothing gives will be.
func (h *hinter) defaults(wf *analysis.Workflow, n *graph.Node, c *model.Contract) {
	if n.Params.State != graph.StateMap || n.Params.Partial {
		return
	}
	var left []string
	for i := range c.Params {
		p := &c.Params[i]
		fed := slices.ContainsFunc(wf.Graph.Connections, func(conn graph.Connection) bool {
			first, _, _ := strings.Cut(conn.Input.S, ".")
			return conn.To.S == n.ID.S && (first == p.Name || !conn.Input.Known)
		})
		if value := fallback(p); value != "" && p.NoUse == "" && !fed && n.Params.Get(p.Name) == nil {
			left = append(left, p.Name+": "+value)
		}
	}
	tooltip := "not given: " + strings.Join(left, ", ")
	if len(left) > maxDefaults {
		left = append(left[:maxDefaults], "…")
	}
	h.add(n.Params.Span, strings.Join(left, ", "), tooltip, protocol.InlayHintKindParameter)
}

// fallback is what a parameter is where it is not given; "" where that is nothing.
func fallback(p *model.Param) string {
	switch {
	case p.Default != "":
		return p.Default
	case p.Field != nil && p.Field.HasDefault && !p.Required:
		return fmt.Sprintf("%v", p.Field.Default)
	}
	return ""
}
