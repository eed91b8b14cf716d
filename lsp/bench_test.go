package lsp_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/dataflow-go/dataflow/internal/twin"
)

// BenchmarkEdit is from a keystroke to the diagnostics that it comes to, over the wire:
// a parameter is misspelt and mended in turn. internal/lspbench measures the same of
// whole servers, beside gopls.
func BenchmarkEdit(b *testing.B) {
	for name, write := range map[string]func(dir, repo string) (*twin.Workspace, error){
		"small": twin.Small, "large": twin.Large, "medium": twin.Medium,
	} {
		b.Run(name, func(b *testing.B) {
			ws, err := write(b.TempDir(), repoRoot())
			if err != nil {
				b.Fatal(err)
			}
			text := readFile(b, ws.Flow)
			wrong := string(bytes.Replace([]byte(text), []byte(twin.ParamMark), []byte(`"emial": dataflow.Input("edited")`), 1))
			c := newClient(b)
			c.start(ws.Dir, fullCapabilities)
			c.open(ws.Flow, wrong)
			c.diagnostics(ws.Flow, 1, "the first diagnostics", has("DF-111"))
			c.mustCall("workspace/symbol", object{"query": ""}, nil) // all is checked
			version := 1
			b.ReportAllocs()
			b.ResetTimer()
			for b.Loop() {
				version++
				now, ok := text, nothing
				if version%2 == 0 {
					now, ok = wrong, has("DF-111")
				}
				c.replace(ws.Flow, version, fmt.Sprintf("%s\n// %d\n", now, version))
				c.diagnostics(ws.Flow, 0, "diagnostics", ok)
			}
		})
	}
}
