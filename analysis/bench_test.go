package analysis_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/dataflow-go/dataflow/analysis"
)

// tenFiles is a package of ten files with five workflows each.
func tenFiles(b *testing.B) string {
	b.Helper()
	var text strings.Builder
	text.WriteString(shopModels)
	for i := range 10 {
		fmt.Fprintf(&text, "-- flows/f%d.go --\npackage flows\n\nimport \"github.com/dataflow-go/dataflow\"\n", i)
		for j := range 5 {
			fmt.Fprintf(&text, `
func Flow%d_%d() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("flow")
	wf.AddNode("UserCreateNode", "create", dataflow.Params{"id": "1", "email": dataflow.Input("email")})
	wf.AddNode("UserListNode", "list", dataflow.Params{"filter": dataflow.Params{"email": dataflow.Params{"$like": "%%@example.com"}}, "limit": 20})
	wf.AddNode("UserReadNode", "read", nil)
	wf.AddConnection("create", "id", "read", "id")
	wf.AddConnection("read", "email", "list", "filter.id")
	return wf
}
`, i, j)
		}
	}
	return extract(b, txtar.Parse([]byte(text.String())))
}

// BenchmarkKeystroke edits one file of a package of ten and checks it.
func BenchmarkKeystroke(b *testing.B) {
	dir := tenFiles(b)
	w := open(b, dir)
	check(b, w)
	file := filepath.Join(dir, "flows", "f3.go")
	buffers := [][]byte{}
	for _, name := range []string{"create", "crate"} {
		buffers = append(buffers, []byte(strings.Replace(read(b, file), `AddConnection("create"`, fmt.Sprintf("AddConnection(%q", name), 1)))
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		w.SetFile(file, buffers[i%2])
		pkgs, err := w.Check(context.Background(), file)
		if err != nil || len(pkgs) != 1 || len(pkgs[0].Diagnostics) != i%2 {
			b.Fatalf("%v %v", pkgs, err)
		}
	}
}

// BenchmarkOpen loads the same module and checks it once.
func BenchmarkOpen(b *testing.B) {
	dir := tenFiles(b)
	for b.Loop() {
		w, err := analysis.Open(context.Background(), options(dir))
		if err != nil {
			b.Fatal(err)
		}
		check(b, w)
	}
}
