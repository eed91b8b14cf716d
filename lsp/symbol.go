package lsp

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.lsp.dev/protocol"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
)

var documentSymbolFeature = feature{
	name:  "Document Symbols",
	says:  "the workflows of a file, with their nodes",
	calls: map[string]call{protocol.MethodTextDocumentDocumentSymbol: answer(documentSymbols)},
	offer: func(_ *server, c *protocol.ServerCapabilities) {
		c.DocumentSymbolProvider = &protocol.DocumentSymbolOptions{Label: new("DataFlow")}
	},
}

var workspaceSymbolFeature = feature{
	name:  "Workspace Symbols",
	says:  "the workflows and nodes of all modules, by a part of their name",
	calls: map[string]call{protocol.MethodWorkspaceSymbol: answer(workspaceSymbols)},
	offer: func(_ *server, c *protocol.ServerCapabilities) { c.WorkspaceSymbolProvider = protocol.Boolean(true) },
}

// How editors show them: gopls shows the functions and structs around.
const (
	workflowKind = protocol.SymbolKindModule
	nodeKind     = protocol.SymbolKindEvent
)

// A symbol is a workflow or a node at its place in the source.
type symbol struct {
	name, detail string
	kind         protocol.SymbolKind
	file         string
	all, at      errcatalog.Span // of the calls, and of the name in them
	nodes        []symbol
}

// symbolsOf lists the workflows of a package, each with its nodes.
func symbolsOf(pkg *analysis.Package) []symbol {
	var all []symbol
	for _, wf := range pkg.Workflows {
		s := symbol{name: wf.Graph.Name, detail: wf.Func, kind: workflowKind, file: wf.File, all: wf.Body, at: wf.Span}
		if s.name == "" {
			s.name, s.detail = wf.Func, ""
		}
		for i := range wf.Graph.Nodes {
			s.nodes = append(s.nodes, nodeSymbol(&wf.Graph.Nodes[i]))
		}
		all = append(all, s)
	}
	return all
}

func nodeSymbol(n *graph.Node) symbol {
	s := symbol{name: n.ID.S, detail: n.Type.S, kind: nodeKind, file: n.Call.Start.Filename, all: n.Call, at: n.ID.Span}
	if s.name == "" {
		s.name, s.detail = cmp.Or(n.Type.S, "node"), ""
	}
	if !contains(s.all, s.at) { // the id stands elsewhere, as a constant of another file
		s.at = s.all
	}
	return s
}

// contains reports whether a span lies in another.
func contains(outer, inner errcatalog.Span) bool {
	return inner.IsValid() && inner.Start.Filename == outer.Start.Filename &&
		outer.Start.Offset <= inner.Start.Offset && inner.End.Offset <= outer.End.Offset
}

// documentSymbols is sent when the client shows the outline of a document.
func documentSymbols(s *server, ctx context.Context, snap *snapshot, p *protocol.DocumentSymbolParams) (protocol.DocumentSymbolResult, error) {
	v, err := s.look(ctx, snap, p.TextDocument.URI)
	if v == nil || v.pkg == nil || err != nil {
		return protocol.DocumentSymbolSlice{}, err
	}
	found := v.symbols()
	if !s.client.TextDocument.DocumentSymbol.HierarchicalDocumentSymbolSupport {
		flat := protocol.SymbolInformationSlice{}
		for _, wf := range found {
			flat = append(flat, v.information(wf, ""))
			for _, n := range wf.nodes {
				flat = append(flat, v.information(n, wf.name))
			}
		}
		return flat, nil
	}
	tree := protocol.DocumentSymbolSlice{}
	for _, wf := range found {
		out := v.documentSymbol(wf)
		for _, n := range wf.nodes {
			out.Children = append(out.Children, v.documentSymbol(n))
		}
		tree = append(tree, out)
	}
	return tree, nil
}

// symbols are those that stand in the document: its workflows with what they add in it,
// and, on their own, the nodes that it adds to workflows of other files.
func (v *view) symbols() []symbol {
	var here []symbol
	elsewhere := map[errcatalog.Span]bool{} // a helper adds its nodes to several workflows
	for _, wf := range symbolsOf(v.pkg) {
		wf.nodes = slices.DeleteFunc(wf.nodes, func(n symbol) bool { return n.file != v.doc.file })
		if wf.file == v.doc.file {
			here = append(here, wf)
			continue
		}
		for _, n := range wf.nodes {
			if !elsewhere[n.all] {
				elsewhere[n.all] = true
				here = append(here, n)
			}
		}
	}
	slices.SortStableFunc(here, func(a, b symbol) int { return cmp.Compare(a.all.Start.Offset, b.all.Start.Offset) })
	return here
}

func (v *view) documentSymbol(s symbol) protocol.DocumentSymbol {
	return protocol.DocumentSymbol{
		Name: s.name, Detail: &s.detail, Kind: s.kind,
		Range: spanRange(v.doc.Mapper, s.all), SelectionRange: spanRange(v.doc.Mapper, s.at),
	}
}

func (v *view) information(s symbol, container string) protocol.SymbolInformation {
	return information(s, container, protocol.Location{URI: v.doc.uri, Range: spanRange(v.doc.Mapper, s.at)})
}

func information(s symbol, container string, at protocol.Location) protocol.SymbolInformation {
	info := protocol.SymbolInformation{
		BaseSymbolInformation: protocol.BaseSymbolInformation{Name: s.name, Kind: s.kind}, Location: at,
	}
	if container != "" {
		info.ContainerName = &container
	}
	return info
}

// maxSymbols bounds an answer: who has so many types another letter.
const maxSymbols = 500

// workspaceSymbols is sent when the user looks for a name in the whole workspace.
func workspaceSymbols(s *server, ctx context.Context, snap *snapshot, p *protocol.WorkspaceSymbolParams) (protocol.WorkspaceSymbolResult, error) {
	type match struct {
		symbol
		container string
		score     int
	}
	var matches []match
	add := func(found symbol, container string) {
		if score := likeness(p.Query, found.name, found.detail); score > 0 {
			matches = append(matches, match{found, container, score})
		}
	}
	for _, mod := range s.modules.all() {
		packages, err := mod.everything(ctx, snap)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err != nil {
			continue // a diagnostic says why the module is not analysed
		}
		for _, pkg := range packages {
			for _, wf := range symbolsOf(pkg) {
				add(wf, pkg.Path)
				for _, n := range wf.nodes {
					add(n, wf.name)
				}
			}
		}
	}
	slices.SortStableFunc(matches, func(a, b match) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(a.name, b.name), cmp.Compare(a.container, b.container),
			cmp.Compare(a.file, b.file), cmp.Compare(a.all.Start.Offset, b.all.Start.Offset))
	})
	// A package is also seen with its tests.
	matches = slices.CompactFunc(matches, func(a, b match) bool { return a.name == b.name && a.at == b.at })
	texts, found := newTexts(snap), protocol.SymbolInformationSlice{}
	for _, m := range matches[:min(len(matches), maxSymbols)] {
		if text := texts.of(m.at.Start.Filename); text != nil {
			at := protocol.Location{URI: texts.uri(m.at.Start.Filename), Range: spanRange(text, m.at)}
			found = append(found, information(m.symbol, m.container, at))
		}
	}
	return protocol.SymbolInformationSlice(inParts(s, p.PartialResultToken, found, func(part []protocol.SymbolInformation) any {
		return part
	})), nil
}

// likeness says how well a name, or what it is, answers a query: by its whole, its
// beginning, a part, or the letters in their order; 0 is not at all.
func likeness(query, name, detail string) int {
	query, name, detail = strings.ToLower(query), strings.ToLower(name), strings.ToLower(detail)
	switch {
	case name == query:
		return 5
	case strings.HasPrefix(name, query):
		return 4
	case strings.Contains(name, query):
		return 3
	case strings.Contains(detail, query):
		return 2
	case inOrder(query, name):
		return 1
	}
	return 0
}

// inOrder reports whether all letters of a query are in a name, in their order.
func inOrder(query, name string) bool {
	for _, r := range query {
		if unicode.IsSpace(r) {
			continue
		}
		i := strings.IndexRune(name, r)
		if i < 0 {
			return false
		}
		name = name[i+utf8.RuneLen(r):]
	}
	return true
}
