package patterns

import (
	"fmt"

	"github.com/dataflow-go/dataflow"
)

// Import creates a hundred accounts in one statement.
func Import() *dataflow.Workflow {
	rows := make([]dataflow.Params, 0, 100)
	for i := range 100 {
		rows = append(rows, dataflow.Params{
			"id":    fmt.Sprintf("bulk-%03d", i),
			"email": fmt.Sprintf("bulk-%03d@example.com", i),
			"name":  fmt.Sprint("Account ", i),
		})
	}
	return dataflow.NewWorkflow("import").AddNode("AccountBulkCreateNode", "import", dataflow.Params{
		"data":        rows,
		"batch_size":  50,
		"on_conflict": "skip",
	})
}

// Purge deletes by operators, and suspends the rest.
func Purge() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("purge")
	wf.AddNode("AccountBulkDeleteNode", "old", dataflow.Params{
		"filter": filter{"id": filter{"$like": "bulk-%"}, "credits": filter{"$lte": 0}},
	})
	wf.AddNode("AccountBulkUpdateNode", "rest", dataflow.Params{
		"filter": filter{"status": filter{"$ne": "suspended"}},
		"fields": filter{"status": "suspended"},
	})
	wf.AddDependency("old", "rest")
	return wf
}

// Renumber changes each record in its own way.
func Renumber() *dataflow.Workflow {
	return dataflow.NewWorkflow("renumber").AddNode("AccountBulkUpdateNode", "renumber", dataflow.Params{
		"data": []map[string]any{
			{"id": "acc-2", "credits": 5},
			{"id": "acc-3", "credits": 6, "age": nil},
		},
	})
}
