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
		if !r.supported {
			continue
		}
		call, cancel := context.WithTimeout(ctx, closeTime)
		_, err := s.conn.Call(call, r.method, nil, nil)
		cancel()
		if err != nil {
			s.log.Debug("not refreshed", "method", r.method, "error", err)
		}
	}
	return ctx.Err()
}
