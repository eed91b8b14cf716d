package analysis_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"golang.org/x/tools/go/analysis/multichecker"
	"golang.org/x/tools/go/analysis/passes/nilness"

	"github.com/dataflow-go/dataflow/analysis"
)

// A vet tool of one's own runs the analyzer beside others.
func ExampleAnalyzer() {
	multichecker.Main(nilness.Analyzer, analysis.Analyzer)
}

// A workspace analyses what an editor shows, saved or not.
func ExampleWorkspace() {
	dir, remove := exampleModule() // a module of one file, flows.go
	defer remove()
	ctx := context.Background()
	w, err := analysis.Open(ctx, options(dir))
	if err != nil {
		log.Fatal(err)
	}
	file := filepath.Join(dir, "flows.go")
	w.SetFile(file, []byte(exampleSource+"\nvar Empty = dataflow.NewWorkflow(\"empty\")\n"))
	pkgs, err := w.Check(ctx, file)
	if err != nil {
		log.Fatal(err)
	}
	for _, p := range pkgs {
		for _, d := range p.Diagnostics {
			fmt.Printf("%d: %s: %s\n", d.Span.Start.Line, d.Code, d.Message)
			for _, fix := range d.Fixes {
				fmt.Println("  fix:", fix.Title)
			}
		}
	}
	// Output:
	// 13: DF-111: node "create" (UserCreateNode): User has no column "emial"; did you mean "email"?
	//   fix: Change to "email"
	//   fix: Remove "emial"
	// 16: DF-805: workflow "empty" has no nodes
}

const exampleSource = `package shop

import "github.com/dataflow-go/dataflow"

type User struct {
	dataflow.Model
	ID    string
	Email string
}

func Signup() *dataflow.Workflow {
	return dataflow.NewWorkflow("signup").AddNode("UserCreateNode", "create",
		dataflow.Params{"id": "user-1", "emial": "alice@example.com"})
}
`

func exampleModule() (dir string, remove func()) {
	dir, err := os.MkdirTemp("", "dataflow-example-")
	if err != nil {
		log.Fatal(err)
	}
	if err := writeModule(dir); err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "flows.go"), []byte(exampleSource), 0o644); err != nil {
		log.Fatal(err)
	}
	return dir, func() { _ = os.RemoveAll(dir) }
}
