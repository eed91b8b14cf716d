package lsp_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/dataflow-go/dataflow/lsp"
)

// Whatever message comes, the session goes on to its proper end.
func FuzzMessages(f *testing.F) {
	for _, seed := range []struct{ method, params string }{
		{"textDocument/didOpen", `{"textDocument":{"uri":"file:///a.go","languageId":"go","version":1,"text":"package a"}}`},
		{"textDocument/didChange", `{"textDocument":{"uri":"file:///a.go","version":2},"contentChanges":[{"range":{"start":{"line":1,"character":2},"end":{"line":0,"character":0}},"text":"x"}]}`},
		{"textDocument/hover", `{"textDocument":{"uri":"file:///a.go"},"position":{"line":4294967295,"character":4294967295}}`},
		{"textDocument/codeAction", `{"textDocument":{"uri":"untitled:a"},"range":null,"context":{"only":[""]}}`},
		{"workspace/executeCommand", `{"command":"dataflow.server.explain","arguments":[{"code":"DF-101"}]}`},
		{"$/cancelRequest", `{"id":"1"}`},
		{"$/setTrace", `{"value":"verbose"}`},
		{"initialize", `{"capabilities":{"general":{"positionEncodings":["utf-8"]}}}`},
		{"", `null`},
	} {
		f.Add(seed.method, seed.params, true)
		f.Add(seed.method, seed.params, false)
	}
	f.Fuzz(func(t *testing.T, method, params string, isCall bool) {
		if !json.Valid([]byte(params)) || method == "exit" || len(params) == 0 || params[0] != '{' && params[0] != '[' && params != "null" {
			return // no message, or one that ends the session
		}
		name, err := json.Marshal(method)
		if err != nil {
			t.Fatal(err)
		}
		id := ""
		if isCall {
			id = `"id":7,`
		}
		var session strings.Builder
		for _, message := range []string{
			`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{}}}`,
			`{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"uri":"file:///a.go","languageId":"go","version":1,"text":"package a\n"}}}`,
			fmt.Sprintf(`{"jsonrpc":"2.0",%s"method":%s,"params":%s}`, id, name, params),
			`{"jsonrpc":"2.0","id":2,"method":"shutdown"}`,
			`{"jsonrpc":"2.0","method":"exit"}`,
		} {
			fmt.Fprintf(&session, "Content-Length: %d\r\n\r\n%s", len(message), message)
		}
		if status := lsp.Serve(context.Background(), lsp.Stdio(strings.NewReader(session.String()), io.Discard), lsp.Options{}); status != 0 {
			t.Errorf("after %s %s the session ends with status %d", method, params, status)
		}
	})
}

// Whatever stands in a whole frame, the session goes on to its proper end.
func FuzzFrames(f *testing.F) {
	for _, seed := range []string{
		`{`, `[]`, `[[]]`, `[{"jsonrpc":"2.0","id":1,"method":"x"},7]`, `{"jsonrpc":"2.0","id":1.5,"method":"x"}`, `{"jsonrpc":"2.0","id":1,"result":{}}`,
		`{"jsonrpc":"2.0","id":1,"error":null}`, `{"jsonrpc":"2.0","id":1,"method":"initialize","params":[`, "\ufeff{}", `{"id":1,"id":2}`, `{"jsonrpc":"2.0","id":"\ud800","method":"\n"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if len(body) == 0 || bytes.Contains(body, []byte("exit")) || bytes.Contains(body, []byte(`\u`)) {
			return // no frame, or one that may end the session
		}
		session := frame(hello) + frame(string(body)) + frame(over) + frame(gone)
		if status := lsp.Serve(context.Background(), lsp.Stdio(strings.NewReader(session), io.Discard), lsp.Options{}); status != 0 {
			t.Errorf("after %q the session ends with status %d", body, status)
		}
	})
}
