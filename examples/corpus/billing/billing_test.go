package billing_test

import (
	"testing"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/examples/corpus/billing"
)

func TestWorkflowsBuild(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		wf    *dataflow.Workflow
		nodes int
	}{
		{"subscribe", billing.Subscribe(), 1},
		{"bill", billing.Bill(), 3},
		{"book", billing.Book(), 3},
		{"inline", dataflow.NewWorkflow("inline").AddNode("InvoiceCountNode", "count", nil), 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			g, err := test.wf.Build()
			if err != nil {
				t.Fatal(err)
			}
			if len(g.Nodes) != test.nodes {
				t.Errorf("%d nodes, want %d", len(g.Nodes), test.nodes)
			}
		})
	}
}
