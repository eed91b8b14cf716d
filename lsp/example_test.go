package lsp_test

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/dataflow-go/dataflow/lsp"
)

// A whole session: the client says hello, asks the server to end, and leaves.
func ExampleServe() {
	var session strings.Builder
	for _, message := range []string{
		`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{}}}`,
		`{"jsonrpc":"2.0","method":"initialized","params":{}}`,
		`{"jsonrpc":"2.0","id":2,"method":"shutdown"}`,
		`{"jsonrpc":"2.0","method":"exit"}`,
	} {
		fmt.Fprintf(&session, "Content-Length: %d\r\n\r\n%s", len(message), message)
	}

	status := lsp.Serve(context.Background(), lsp.Stdio(strings.NewReader(session.String()), io.Discard), lsp.Options{Version: "v1.0.0"})
	fmt.Println("exit status", status)
	// Output: exit status 0
}
