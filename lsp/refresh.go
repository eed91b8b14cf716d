package lsp

import (
	"context"

	"go.lsp.dev/protocol"
)

// refresh asks the client to ask again for what it shows, after a change that it does
// not see.
func (s *server) refresh(ctx context.Context) error {
	can := &s.client.Workspace
	for _, r := range []struct {
		method    string
		supported bool
	}{
		{protocol.MethodWorkspaceCodeLensRefresh, can.CodeLens.RefreshSupport},
		{protocol.MethodWorkspaceInlayHintRefresh, can.InlayHint.RefreshSupport},
		{protocol.MethodWorkspaceSemanticTokensRefresh, can.SemanticTokens.RefreshSupport},
	} {
		if r.supported {
			s.ask(ctx, r.method)
		}
	}
	return ctx.Err()
}

// refreshDiagnostics asks the client to ask for its diagnostics again.
func (s *server) refreshDiagnostics(ctx context.Context) error {
	s.ask(ctx, protocol.MethodWorkspaceDiagnosticRefresh)
	return ctx.Err()
}

func (s *server) ask(ctx context.Context, method string) {
	ctx, cancel := context.WithTimeout(ctx, closeTime)
	defer cancel()
	if _, err := s.conn.Call(ctx, method, nil, nil); err != nil {
		s.log.Debug("not refreshed", "method", method, "error", err)
	}
}
