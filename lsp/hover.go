package lsp

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"go.lsp.dev/protocol"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/errcatalog"
)

var hoverFeature = feature{
	name:  "Hover",
	says:  "what is wrong at a place, and what a node type, id, parameter, connection or DF code there means",
	calls: map[string]call{protocol.MethodTextDocumentHover: answer(hover)},
	offer: func(_ *server, c *protocol.ServerCapabilities) { c.HoverProvider = protocol.Boolean(true) },
}

// hover is sent when the pointer rests on a place: it says what is wrong there
// and what stands there.
func hover(s *server, ctx context.Context, snap *snapshot, p *protocol.HoverParams) (*protocol.Hover, error) {
	v, err := s.look(ctx, snap, p.TextDocument.URI)
	if v == nil || err != nil {
		return nil, err
	}
	offset := v.doc.Offset(p.Position)
	var sections []string
	var at *protocol.Range
	for _, d := range v.diagnostics(offset, offset) {
		if at == nil {
			at = new(spanRange(v.doc.Mapper, d.Span))
		}
		sections = append(sections, errcatalog.New(d.Finding).Markdown())
	}
	if target := v.target(offset); target != nil {
		for _, text := range []string{describe(target), describeChain(target), v.describeSQL(ctx, target)} {
			if text == "" {
				continue
			}
			if at == nil {
				at = new(spanRange(v.doc.Mapper, target.Span))
			}
			sections = append(sections, text)
		}
	}
	if len(sections) == 0 {
		if page, r := codeAt(v.doc, offset); page != "" {
			sections, at = []string{page}, r
		}
	}
	if len(sections) == 0 {
		return nil, nil
	}
	return &protocol.Hover{
		Contents: &protocol.MarkupContent{Kind: s.hoverFormat(), Value: strings.Join(sections, "\n\n---\n\n")},
		Range:    at,
	}, nil
}

func (v *view) target(offset int) *analysis.Target {
	if v.pkg == nil {
		return nil
	}
	return v.pkg.At(v.doc.file, offset)
}

// hoverFormat is Markdown, unless the client says that it shows none.
func (s *server) hoverFormat() protocol.MarkupKind {
	formats := s.client.TextDocument.Hover.ContentFormat
	if len(formats) > 0 && !slices.Contains(formats, protocol.MarkupKindMarkdown) {
		return protocol.MarkupKindPlainText
	}
	return protocol.MarkupKindMarkdown
}

// codeConstant matches the Go constants of the codes.
var codeConstant = regexp.MustCompile(`\berrcatalog\.(DF[0-9]{3})\b`)

var codePattern = regexp.MustCompile(`\bDF-[0-9]{3}\b`)

// codeAt returns the page of the DF code that is written at an offset, in a
// comment or a string, and where it is written.
func codeAt(doc *document, offset int) (string, *protocol.Range) {
	line := int(doc.Position(offset).Line)
	start := doc.lines[line]
	text := doc.text[start:doc.lineEnd(line)]
	for _, at := range slices.Concat(codePattern.FindAllStringIndex(text, -1), codeConstant.FindAllStringSubmatchIndex(text, -1)) {
		if len(at) == 4 {
			at = at[2:] // of errcatalog.DF101 the constant
		}
		from, to := start+at[0], start+at[1]
		if offset < from || to < offset {
			continue
		}
		code, _ := errcatalog.Parse(doc.text[from:to])
		page, ok := errcatalog.Explain(code)
		if !ok {
			return "", nil
		}
		r := doc.Range(from, to)
		return page.Markdown(), &r
	}
	return "", nil
}
