package lsp

import (
	"context"
	"encoding/json"
	"io"

	"go.lsp.dev/protocol"
)

// ServeWith is Serve with methods of a test's own, so that what a method does
// wrong can be tried.
func ServeWith(ctx context.Context, stream io.ReadWriteCloser, calls map[string]func(context.Context) (any, error), notes map[string]func() error) int {
	work, cancel := context.WithCancel(ctx)
	defer cancel()
	s := newServer(work, cancel, Options{Version: "test"})
	for name, f := range calls {
		s.calls[name] = func(ctx context.Context, _ *server, _ *snapshot, _ json.RawMessage) (any, error) { return f(ctx) }
	}
	for name, f := range notes {
		s.notes[name] = func(*server, json.RawMessage) error { return f() }
	}
	return s.serve(ctx, stream)
}

// ApplyChanges is what a didChange does to a text.
func ApplyChanges(text string, encoding protocol.PositionEncodingKind, changes []protocol.TextDocumentContentChangeEvent) (string, error) {
	return applyChanges(NewMapper(text, encoding), changes)
}

// ChooseEncoding is what initialize does with the encodings that a client offers.
var ChooseEncoding = chooseEncoding

// WithoutSecrets is what every line of the log passes.
var WithoutSecrets = withoutSecrets

// FilePath is how URIs become paths.
var FilePath = filePath
