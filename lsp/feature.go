package lsp

import "go.lsp.dev/protocol"

// A feature is one thing that the server does in an editor. Each has a file of its
// own name and stands in the list below; docs/lsp.md is made from the list.
type feature struct {
	name  string // as the protocol's specification calls it: "Hover"
	says  string // what it does here, in a line of Markdown
	calls map[string]call
	notes map[string]note
	// offer tells the client of it; nil where the client need not know.
	offer func(*server, *protocol.ServerCapabilities)
}

// features are all of them, in the order of the docs.
func features() []feature {
	return []feature{
		diagnosticsFeature,
		completionFeature,
		signatureHelpFeature,
		hoverFeature,
		codeActionFeature,
		definitionFeature,
		typeDefinitionFeature,
		referencesFeature,
		documentHighlightFeature,
		renameFeature,
		callHierarchyFeature,
		documentSymbolFeature,
		workspaceSymbolFeature,
		documentLinkFeature,
		foldingRangeFeature,
		selectionRangeFeature,
		inlayHintFeature,
		semanticTokensFeature,
		codeLensFeature,
		commandFeature,
		settingsFeature,
	}
}
