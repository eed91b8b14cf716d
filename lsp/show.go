package lsp

import (
	"context"
	"os"
	"path/filepath"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/dataflow-go/dataflow/internal/devrun"
)

// show opens a text in the client's editor, or tells it as a message where the client
// opens none. It stands in .dataflow, the folder of what is this machine's own, so that
// it has a place that is always the same.
func (s *server) show(ctx context.Context, root, name, text string) {
	if !s.showFile(ctx, root, name, text) {
		s.showMessage(protocol.MessageTypeInfo, text)
	}
}

func (s *server) showFile(ctx context.Context, root, name, text string) bool {
	if !s.client.Window.ShowDocument.Support {
		return false
	}
	folder, err := devrun.MakeFolder(root)
	if err != nil {
		s.log.Warn("a text is not shown as a file", "reason", err)
		return false
	}
	file := filepath.Join(folder, name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		s.log.Warn("a text is not shown as a file", "reason", err)
		return false
	}
	var shown protocol.ShowDocumentResult
	_, err = s.conn.Call(ctx, protocol.MethodWindowShowDocument, &protocol.ShowDocumentParams{URI: uri.File(file), TakeFocus: new(true)}, &shown)
	return err == nil && shown.Success
}
