package lsp_test

import (
	"strings"
	"testing"

	"github.com/dataflow-go/dataflow/lsp"
)

func TestTraceTellsWhatIsReceivedAndAnswered(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.start("", object{})
	traced := func() string {
		var b strings.Builder
		for _, p := range c.of("$/logTrace") {
			b.Write(p)
		}
		return b.String()
	}
	c.mustCall("workspace/executeCommand", object{"command": "dataflow.server.explain", "arguments": []any{object{"code": "DF-101"}}}, nil)
	c.notify("$/setTrace", object{"value": "verbose"})
	c.mustCall("textDocument/codeLens", object{"textDocument": object{"uri": "postgres://me:hush@host/db"}}, nil)
	c.until("the trace", func() bool {
		all := traced()
		return strings.Contains(all, "Received request 'textDocument/codeLens'") && strings.Contains(all, "Sent response 'textDocument/codeLens'") && strings.Contains(all, `"verbose"`)
	})
	c.mu.Lock()
	all := traced()
	c.mu.Unlock()
	if strings.Contains(all, "executeCommand") {
		t.Error("a message from before the trace was set is traced")
	}
	if strings.Contains(all, "hush") {
		t.Error("a password is in the trace")
	}
}

func TestLogHidesPasswords(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"dial postgres://me:hush@host/db failed":            "dial postgres://me:***@host/db failed",
		"dial postgresql://:hush@host/db and sqlite:app.db": "dial postgresql://:***@host/db and sqlite:app.db",
		"see https://dataflow-go.dev/errors/DF-101":         "see https://dataflow-go.dev/errors/DF-101",
		"file:///home/me/a:b@c.go":                          "file:///home/me/a:b@c.go",
	} {
		if got := lsp.WithoutSecrets(in); got != want {
			t.Errorf("%q is logged as %q, want %q", in, got, want)
		}
	}
}
