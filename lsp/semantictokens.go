package lsp

import (
	"context"
	"strings"
	"sync"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/dataflow-go/dataflow/analysis"
)

var semanticTokensFeature = feature{
	name: "Semantic Tokens",
	says: "node types, node ids, parameters, outputs and inputs, inside their strings; of a file, a range, or what has changed",
	calls: map[string]call{
		protocol.MethodTextDocumentSemanticTokensFull:      answer(semanticTokens),
		protocol.MethodTextDocumentSemanticTokensRange:     answer(semanticTokensRange),
		protocol.MethodTextDocumentSemanticTokensFullDelta: answer(semanticTokensDelta),
	},
	offer: func(_ *server, c *protocol.ServerCapabilities) {
		c.SemanticTokensProvider = &protocol.SemanticTokensOptions{
			Legend: protocol.SemanticTokensLegend{TokenTypes: tokenTypes, TokenModifiers: []string{"declaration"}},
			Range:  protocol.Boolean(true), Full: &protocol.SemanticTokensFullDelta{Delta: new(true)},
		}
	},
}

// tokenTypes are the names of the specification that editors have colours for.
var tokenTypes = []string{"class", "variable", "property", "parameter", "enumMember"}

// tokenType is the place in tokenTypes of what stands somewhere, or -1.
func tokenType(kind analysis.TargetKind) int {
	switch kind {
	case analysis.TargetNodeType:
		return 0
	case analysis.TargetNodeID, analysis.TargetTransaction, analysis.TargetResult:
		return 1
	case analysis.TargetParamKey, analysis.TargetOutput, analysis.TargetInput, analysis.TargetColumn:
		return 2
	case analysis.TargetInputName:
		return 3
	}
	return -1
}

// lastTokens are the tokens that the client has of each document. It is safe for
// concurrent use.
type lastTokens struct {
	mu    sync.Mutex
	byURI map[uri.URI]sentTokens // guarded by mu
}

type sentTokens struct {
	id   string
	data []uint32
}

// semanticTokens is sent when a document is shown or has changed.
func semanticTokens(s *server, ctx context.Context, snap *snapshot, p *protocol.SemanticTokensParams) (*protocol.SemanticTokens, error) {
	data, err := s.tokensOf(ctx, snap, p.TextDocument.URI, nil)
	if err != nil {
		return nil, err
	}
	sent := s.tokens.keep(p.TextDocument.URI, data)
	return &protocol.SemanticTokens{ResultID: &sent.id, Data: data}, nil
}

// semanticTokensRange is sent for what is in sight of a document.
func semanticTokensRange(s *server, ctx context.Context, snap *snapshot, p *protocol.SemanticTokensRangeParams) (*protocol.SemanticTokens, error) {
	data, err := s.tokensOf(ctx, snap, p.TextDocument.URI, &p.Range)
	if err != nil {
		return nil, err
	}
	return &protocol.SemanticTokens{Data: data}, nil
}

// semanticTokensDelta is sent by a client that has the tokens of an earlier text.
func semanticTokensDelta(s *server, ctx context.Context, snap *snapshot, p *protocol.SemanticTokensDeltaParams) (protocol.SemanticTokensDeltaResult, error) {
	before, known := s.tokens.of(p.TextDocument.URI, p.PreviousResultID)
	data, err := s.tokensOf(ctx, snap, p.TextDocument.URI, nil)
	if err != nil {
		return nil, err
	}
	sent := s.tokens.keep(p.TextDocument.URI, data)
	if !known {
		return &protocol.SemanticTokens{ResultID: &sent.id, Data: data}, nil
	}
	return &protocol.SemanticTokensDelta{ResultID: &sent.id, Edits: tokenEdits(before, data)}, nil
}

// tokenEdits is the one edit that makes new tokens of old ones.
func tokenEdits(before, after []uint32) []protocol.SemanticTokensEdit {
	start := 0
	for start < len(before) && start < len(after) && before[start] == after[start] {
		start++
	}
	tail := 0
	for tail < len(before)-start && tail < len(after)-start && before[len(before)-1-tail] == after[len(after)-1-tail] {
		tail++
	}
	if start+tail == len(before) && len(before) == len(after) {
		return []protocol.SemanticTokensEdit{}
	}
	return []protocol.SemanticTokensEdit{{
		Start: uint32(start), DeleteCount: uint32(len(before) - start - tail), Data: after[start : len(after)-tail],
	}}
}

func (l *lastTokens) keep(u uri.URI, data []uint32) sentTokens {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.byURI == nil {
		l.byURI = map[uri.URI]sentTokens{}
	}
	sent := sentTokens{idOf(data), data}
	l.byURI[u] = sent
	return sent
}

func (l *lastTokens) of(u uri.URI, id string) ([]uint32, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	sent, ok := l.byURI[u]
	return sent.data, ok && sent.id == id
}

// drop forgets the tokens of a document that is closed.
func (l *lastTokens) drop(u uri.URI) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.byURI, u)
}

// tokensOf are the tokens of a document, or of a range, in the form of the protocol.
func (s *server) tokensOf(ctx context.Context, snap *snapshot, u uri.URI, in *protocol.Range) ([]uint32, error) {
	data := []uint32{}
	v, err := s.look(ctx, snap, u)
	if v == nil || v.pkg == nil || err != nil || !s.settings().SemanticTokens.Enabled {
		return data, err
	}
	from, to := 0, len(v.doc.text)
	if in != nil {
		from, to = v.doc.Offsets(*in)
	}
	var last protocol.Position
	end := 0
	for _, t := range v.pkg.TargetsIn(v.doc.file) {
		kind := tokenType(t.Kind)
		if kind < 0 || t.Span.End.Offset < from || t.Span.Start.Offset > to || t.Span.Start.Offset < end {
			continue
		}
		text := v.doc.text[t.Span.Start.Offset:t.Span.End.Offset]
		if !v.quoted(t) || strings.Contains(text, "\n") || text == "" {
			continue // an identifier is gopls's to colour
		}
		end = t.Span.End.Offset
		r := spanRange(v.doc.Mapper, t.Span)
		line, char := r.Start.Line-last.Line, r.Start.Character
		if line == 0 {
			char -= last.Character
		}
		modifiers := uint32(0)
		if t.Kind == analysis.TargetNodeID && t.Node != nil && t.Node.ID.Span == t.Span {
			modifiers = 1
		}
		data = append(data, line, char, r.End.Character-r.Start.Character, uint32(kind), modifiers)
		last = r.Start
	}
	return data, nil
}

// quoted reports whether a target is what stands inside the quotes of a literal.
func (v *view) quoted(t *analysis.Target) bool {
	start, end := t.Span.Start.Offset, t.Span.End.Offset
	if start == 0 || end >= len(v.doc.text) {
		return false
	}
	quote := v.doc.text[start-1]
	return (quote == '"' || quote == '`') && v.doc.text[end] == quote
}
