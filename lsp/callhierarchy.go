package lsp

import (
	"context"
	"encoding/json"
	"slices"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
)

var callHierarchyFeature = feature{
	name: "Call Hierarchy",
	says: "of a node: the nodes that feed it, or come before it, and those that it feeds, at the connections",
	calls: map[string]call{
		protocol.MethodTextDocumentPrepareCallHierarchy: answer(prepareCallHierarchy),
		protocol.MethodCallHierarchyIncomingCalls:       answer(incomingCalls),
		protocol.MethodCallHierarchyOutgoingCalls:       answer(outgoingCalls),
	},
	offer: func(_ *server, c *protocol.ServerCapabilities) {
		c.CallHierarchyProvider = protocol.Boolean(true)
	},
}

// hierarchyData says which node an item is.
type hierarchyData struct {
	URI      string `json:"uri"`      // of the file that builds the workflow
	Func     string `json:"func"`     // the function that does
	Workflow string `json:"workflow"` // its name
	Node     string `json:"node"`
}

// prepareCallHierarchy is sent when the user asks for the hierarchy of a node.
func prepareCallHierarchy(s *server, ctx context.Context, snap *snapshot, p *protocol.CallHierarchyPrepareParams) ([]protocol.CallHierarchyItem, error) {
	v, err := s.look(ctx, snap, p.TextDocument.URI)
	if v == nil || v.pkg == nil || err != nil {
		return nil, err
	}
	t := v.target(v.doc.Offset(p.Position))
	if t == nil || t.Kind != analysis.TargetNodeID || t.Node == nil || t.Workflow == nil {
		return nil, nil
	}
	item, ok := hierarchyItem(newTexts(snap), t.Workflow, t.Node)
	if !ok {
		return nil, nil
	}
	return []protocol.CallHierarchyItem{item}, nil
}

// hierarchyItem is a node at the call that adds it.
func hierarchyItem(texts *texts, wf *analysis.Workflow, n *graph.Node) (item protocol.CallHierarchyItem, ok bool) {
	s := nodeSymbol(n)
	m := texts.of(s.all.Start.Filename)
	data, err := json.Marshal(hierarchyData{string(texts.uri(wf.File)), wf.Func, wf.Graph.Name, n.ID.S})
	if m == nil || err != nil {
		return item, false
	}
	return protocol.CallHierarchyItem{
		Name: s.name, Detail: new(s.detail + " in " + wf.Graph.Name), Kind: nodeKind, URI: texts.uri(s.all.Start.Filename),
		Range: spanRange(m, s.all), SelectionRange: spanRange(m, s.at), Data: data,
	}, true
}

// hierarchy finds the workflow and the node of an item again, as they are now.
func (s *server) hierarchy(ctx context.Context, snap *snapshot, item *protocol.CallHierarchyItem) (*analysis.Workflow, *graph.Node, error) {
	var data hierarchyData
	if err := json.Unmarshal(item.Data, &data); err != nil {
		return nil, nil, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "the item has no data of this server: %v", err)
	}
	v, err := s.lookAtFile(ctx, snap, data.URI)
	if err != nil || v.pkg == nil {
		return nil, nil, err
	}
	for _, wf := range v.pkg.Workflows {
		if wf.Func == data.Func && wf.Graph.Name == data.Workflow {
			if n := wf.Graph.Node(data.Node); n != nil {
				return wf, n, nil
			}
		}
	}
	return nil, nil, nil
}

// A link is what ties two nodes, at its place in the source.
type nodeLink struct {
	node *graph.Node
	at   []errcatalog.Span
}

// links are the nodes tied to one, on one side, in the order of the source.
func nodeLinks(g *graph.Graph, id string, incoming bool) []nodeLink {
	var all []nodeLink
	add := func(from, to graph.Text, call errcatalog.Span) {
		mine, other := from, to
		if incoming {
			mine, other = to, from
		}
		n := g.Node(other.S)
		if mine.S != id || n == nil {
			return
		}
		i := slices.IndexFunc(all, func(l nodeLink) bool { return l.node == n })
		if i < 0 {
			i = len(all)
			all = append(all, nodeLink{node: n})
		}
		all[i].at = append(all[i].at, call)
	}
	for _, c := range g.Connections {
		add(c.From, c.To, c.Call)
	}
	for _, d := range g.Dependencies {
		add(d.Before, d.After, d.Call)
	}
	return all
}

// ranges are the places of a link that stand in a file.
func (l nodeLink) ranges(texts *texts, file string) []protocol.Range {
	ranges := []protocol.Range{}
	for _, span := range l.at {
		if m := texts.of(file); m != nil && span.Start.Filename == file {
			ranges = append(ranges, spanRange(m, span))
		}
	}
	return ranges
}

// incomingCalls is sent for the nodes that feed one, or come before it. The ranges are
// relative to the node that feeds: they are the connections in its file.
func incomingCalls(s *server, ctx context.Context, snap *snapshot, p *protocol.CallHierarchyIncomingCallsParams) ([]protocol.CallHierarchyIncomingCall, error) {
	calls := []protocol.CallHierarchyIncomingCall{}
	wf, n, err := s.hierarchy(ctx, snap, &p.Item)
	if n == nil || err != nil {
		return calls, err
	}
	texts := newTexts(snap)
	for _, l := range nodeLinks(wf.Graph, n.ID.S, true) {
		if item, ok := hierarchyItem(texts, wf, l.node); ok {
			calls = append(calls, protocol.CallHierarchyIncomingCall{From: item, FromRanges: l.ranges(texts, l.node.Call.Start.Filename)})
		}
	}
	return calls, nil
}

// outgoingCalls is sent for the nodes that one feeds, or that come after it. The ranges
// are relative to the one: they are the connections in its file.
func outgoingCalls(s *server, ctx context.Context, snap *snapshot, p *protocol.CallHierarchyOutgoingCallsParams) ([]protocol.CallHierarchyOutgoingCall, error) {
	calls := []protocol.CallHierarchyOutgoingCall{}
	wf, n, err := s.hierarchy(ctx, snap, &p.Item)
	if n == nil || err != nil {
		return calls, err
	}
	texts := newTexts(snap)
	for _, l := range nodeLinks(wf.Graph, n.ID.S, false) {
		if item, ok := hierarchyItem(texts, wf, l.node); ok {
			calls = append(calls, protocol.CallHierarchyOutgoingCall{To: item, FromRanges: l.ranges(texts, n.Call.Start.Filename)})
		}
	}
	return calls, nil
}
