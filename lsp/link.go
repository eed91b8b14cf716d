package lsp

import (
	"context"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/dataflow-go/dataflow/errcatalog"
)

var documentLinkFeature = feature{
	name:  "Document Links",
	says:  "from a DF code, in a comment, a string or `dataflow.yaml`, to its page",
	calls: map[string]call{protocol.MethodTextDocumentDocumentLink: answer(documentLinks)},
	offer: func(_ *server, c *protocol.ServerCapabilities) {
		c.DocumentLinkProvider = &protocol.DocumentLinkOptions{ResolveProvider: new(false)}
	},
}

// documentLinks is sent when a document is shown.
func documentLinks(s *server, _ context.Context, snap *snapshot, p *protocol.DocumentLinkParams) ([]protocol.DocumentLink, error) {
	links := []protocol.DocumentLink{}
	doc := snap.at(p.TextDocument.URI)
	if doc == nil || !isConfiguration(doc) && s.modules.of(doc) == nil {
		return links, nil
	}
	for _, at := range codePattern.FindAllStringIndex(doc.text, -1) {
		code := errcatalog.Code(doc.text[at[0]:at[1]])
		if title := code.Title(); title != "" {
			links = append(links, protocol.DocumentLink{
				Range: doc.Range(at[0], at[1]), Target: new(uri.URI(code.DocsURL())), Tooltip: &title,
			})
		}
	}
	return links, nil
}
