package lsp

import (
	"context"
	"errors"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/errcatalog"
)

var definitionFeature = feature{
	name:  "Definition",
	says:  "from a node id to where the node is added, from a parameter to the struct's field, from a node type to its model",
	calls: map[string]call{protocol.MethodTextDocumentDefinition: answer(definition)},
	offer: func(_ *server, c *protocol.ServerCapabilities) { c.DefinitionProvider = protocol.Boolean(true) },
}

var typeDefinitionFeature = feature{
	name:  "Type Definition",
	says:  "from a node, or a parameter, to the model behind it",
	calls: map[string]call{protocol.MethodTextDocumentTypeDefinition: answer(typeDefinition)},
	offer: func(_ *server, c *protocol.ServerCapabilities) { c.TypeDefinitionProvider = protocol.Boolean(true) },
}

var referencesFeature = feature{
	name:  "References",
	says:  "where workflows name a node, an input, a column or a model; asked on a struct or a field, too",
	calls: map[string]call{protocol.MethodTextDocumentReferences: answer(references)},
	offer: func(_ *server, c *protocol.ServerCapabilities) { c.ReferencesProvider = protocol.Boolean(true) },
}

var documentHighlightFeature = feature{
	name:  "Document Highlight",
	says:  "the same name elsewhere in the file: where it is declared as a write, its uses as reads",
	calls: map[string]call{protocol.MethodTextDocumentDocumentHighlight: answer(documentHighlights)},
	offer: func(_ *server, c *protocol.ServerCapabilities) {
		c.DocumentHighlightProvider = protocol.Boolean(true)
	},
}

var renameFeature = feature{
	name: "Rename",
	says: "a node, an input, a transaction or a column, in every builder call of the workspace; refused, with the reason, where that is not certain",
	calls: map[string]call{
		protocol.MethodTextDocumentPrepareRename: answer(prepareRename),
		protocol.MethodTextDocumentRename:        answer(rename),
	},
	offer: func(s *server, c *protocol.ServerCapabilities) {
		if s.client.TextDocument.Rename.PrepareSupport {
			c.RenameProvider = &protocol.RenameOptions{PrepareProvider: new(true)}
		} else {
			c.RenameProvider = protocol.Boolean(true)
		}
	},
}

// nameAt is the name at a place of an open document, with the packages to look for it
// in; nil where there is none.
func (s *server) nameAt(ctx context.Context, snap *snapshot, u uri.URI, at protocol.Position) (*view, *analysis.Name, []*analysis.Package, error) {
	v, err := s.look(ctx, snap, u)
	if v == nil || v.pkg == nil || err != nil {
		return nil, nil, nil, err
	}
	name := v.pkg.NameAt(v.doc.file, v.doc.Offset(at))
	if name == nil {
		return v, nil, nil, nil
	}
	packages, err := v.module.everything(ctx, snap)
	return v, name, packages, err
}

// definition is sent when the user goes to where something is declared. On a Go name it
// is gopls's to answer.
func definition(s *server, ctx context.Context, snap *snapshot, p *protocol.DefinitionParams) (protocol.DefinitionResult, error) {
	v, name, packages, err := s.nameAt(ctx, snap, p.TextDocument.URI, p.Position)
	if name == nil || name.Go || err != nil {
		return nil, err
	}
	declared := name.Declarations(packages)
	if name.Kind == analysis.NameInput && len(declared) > 1 {
		declared = declared[:1] // all of them make it; the first says what it is
	}
	texts := newTexts(snap)
	if !s.client.TextDocument.Definition.LinkSupport {
		return locations(texts, declared), nil
	}
	return links(texts, v.doc, name, declared), nil
}

// links tell the client which text it is that leads there.
func links(texts *texts, doc *document, name *analysis.Name, found []analysis.Occurrence) protocol.DefinitionLinkSlice {
	all := protocol.DefinitionLinkSlice{}
	origin := spanRange(doc.Mapper, name.Span)
	for _, l := range locations(texts, found) {
		all = append(all, protocol.DefinitionLink{
			OriginSelectionRange: &origin, TargetURI: l.URI, TargetRange: l.Range, TargetSelectionRange: l.Range,
		})
	}
	return all
}

// locations are occurrences as the client names them; those in files that cannot be read
// are left out.
func locations(texts *texts, found []analysis.Occurrence) protocol.LocationSlice {
	all := protocol.LocationSlice{}
	for _, o := range found {
		if m := texts.of(o.Span.Start.Filename); m != nil {
			all = append(all, protocol.Location{URI: texts.uri(o.Span.Start.Filename), Range: spanRange(m, o.Span)})
		}
	}
	return all
}

// typeDefinition is sent when the user goes to the type of something.
func typeDefinition(s *server, ctx context.Context, snap *snapshot, p *protocol.TypeDefinitionParams) (protocol.TypeDefinitionResult, error) {
	v, name, packages, err := s.nameAt(ctx, snap, p.TextDocument.URI, p.Position)
	if name == nil || name.Go || err != nil {
		return nil, err
	}
	var found []analysis.Occurrence
	if at := name.Type(packages); at.IsValid() {
		found = []analysis.Occurrence{{Span: at}}
	}
	texts := newTexts(snap)
	if !s.client.TextDocument.TypeDefinition.LinkSupport {
		return locations(texts, found), nil
	}
	return links(texts, v.doc, name, found), nil
}

// references is sent when the user asks where something is used. Of Go names the uses
// in strings are told: gopls tells the others, and the declaration.
func references(s *server, ctx context.Context, snap *snapshot, p *protocol.ReferenceParams) ([]protocol.Location, error) {
	_, name, packages, err := s.nameAt(ctx, snap, p.TextDocument.URI, p.Position)
	if name == nil || err != nil {
		return []protocol.Location{}, err
	}
	var found []analysis.Occurrence
	for _, o := range name.Occurrences(packages) {
		if o.Declares && (!p.Context.IncludeDeclaration && name.Kind != analysis.NameInput || name.Go) {
			continue
		}
		found = append(found, o)
	}
	return inParts(s, p.PartialResultToken, locations(newTexts(snap), found), func(part []protocol.Location) any { return part }), nil
}

// documentHighlights is sent as the cursor comes to rest.
func documentHighlights(s *server, ctx context.Context, snap *snapshot, p *protocol.DocumentHighlightParams) ([]protocol.DocumentHighlight, error) {
	v, err := s.look(ctx, snap, p.TextDocument.URI)
	if v == nil || v.pkg == nil || err != nil {
		return nil, err
	}
	name := v.pkg.NameAt(v.doc.file, v.doc.Offset(p.Position))
	if name == nil {
		return nil, nil
	}
	highlights := []protocol.DocumentHighlight{}
	for _, o := range name.Occurrences([]*analysis.Package{v.pkg}) {
		if o.Span.Start.Filename != v.doc.file || o.Go {
			continue
		}
		kind := protocol.DocumentHighlightKindRead
		if o.Declares {
			kind = protocol.DocumentHighlightKindWrite
		}
		highlights = append(highlights, protocol.DocumentHighlight{Range: spanRange(v.doc.Mapper, o.Span), Kind: kind})
	}
	return highlights, nil
}

// prepareRename is sent before the user is asked for a new name. On a Go name it is
// gopls's to answer.
func prepareRename(s *server, ctx context.Context, snap *snapshot, p *protocol.PrepareRenameParams) (protocol.PrepareRenameResult, error) {
	v, name, packages, err := s.nameAt(ctx, snap, p.TextDocument.URI, p.Position)
	if name == nil || name.Go || err != nil {
		return nil, err
	}
	if err := name.CanRename(packages); err != nil {
		return nil, refusal(err)
	}
	return &protocol.PrepareRenamePlaceholder{Range: spanRange(v.doc.Mapper, name.Span), Placeholder: name.Text}, nil
}

// rename is sent with the new name.
func rename(s *server, ctx context.Context, snap *snapshot, p *protocol.RenameParams) (*protocol.WorkspaceEdit, error) {
	_, name, packages, err := s.nameAt(ctx, snap, p.TextDocument.URI, p.Position)
	if name == nil || name.Go || err != nil {
		return nil, err
	}
	edits, err := name.Rename(p.NewName, packages)
	if err != nil {
		return nil, refusal(err)
	}
	return s.workspaceEdit(newTexts(snap), edits), nil
}

// refusal is why a name is not renamed, for the client to show.
func refusal(err error) error {
	var known *errcatalog.Error
	if errors.As(err, &known) {
		return jsonrpc2.Errorf(jsonrpc2.Code(protocol.LSPErrorCodesRequestFailed), "%s: %s", known.Code, known.Message)
	}
	return err
}
