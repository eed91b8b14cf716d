// Package corpus_test runs every workflow of the corpus on a real database.
package corpus_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/dataflow-go/dataflow/examples/corpus/runs"
	"github.com/dataflow-go/dataflow/internal/graphtext"
)

func TestWorkflows(t *testing.T) {
	t.Parallel()
	for _, build := range runs.Domains {
		d := build()
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			if err := d.Check(t.Context()); err != nil {
				t.Error(err)
			}
			writeGraphs(t, &d)
		})
	}
}

// writeGraphs writes what the builders made, for who compares it with the source.
func writeGraphs(t *testing.T, d *runs.Domain) {
	dir := os.Getenv("CORPUS_GRAPHS")
	if dir == "" {
		return
	}
	var graphs []*graphtext.Graph
	for _, r := range d.Runs {
		graphs = append(graphs, graphtext.Of(r.Workflow.Graph()))
	}
	content, err := json.Marshal(graphs)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, d.Name+".json"), content, 0o600); err != nil {
		t.Fatal(err)
	}
}
