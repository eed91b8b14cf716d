package lsp_test

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

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

// BenchmarkRun is a dry run of a workflow of ten nodes on SQLite, from the command to the
// result. The p95 is told beside the mean.
func BenchmarkRun(b *testing.B) {
	var nodes strings.Builder
	for i := range 10 {
		fmt.Fprintf(&nodes, "\twf.AddNode(\"UserCreateNode\", \"create%d\", dataflow.Params{\"id\": \"u%d\", \"name\": \"n\"})\n", i, i)
	}
	dir := workspace(b, txtar.Parse([]byte(`
-- ten.go --
package shop

import "github.com/dataflow-go/dataflow"

type User struct {
	dataflow.Model
	ID   string
	Name string
}

func Ten() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("ten")
`+nodes.String()+`	return wf
}
`)))
	file := filepath.Join(dir, "ten.go")
	c := newClient(b)
	c.start(dir, fullCapabilities)
	c.open(file, readFile(b, file))
	c.diagnostics(file, 1, "the first diagnostics", nothing)
	var took []time.Duration
	b.ReportAllocs()
	for b.Loop() {
		var r report
		started := time.Now()
		if err := c.execute("dataflow.server.dryRun", object{"uri": fileURI(file), "workflow": "ten"}, &r); err != nil || r.Error != nil || len(r.Nodes) != 10 {
			b.Fatalf("%v: %+v", err, r)
		}
		took = append(took, time.Since(started))
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
}
