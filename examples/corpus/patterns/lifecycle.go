package patterns

import "github.com/dataflow-go/dataflow"

// The steps of a record's life.
const (
	stepCreate = "create"
	stepRead   = "read"
	stepUpdate = "update"
	stepDelete = "delete"
)

// Lifecycle creates an account, reads it, changes it and deletes it. The id goes
// from one node to the next by connections.
func Lifecycle() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("lifecycle")
	wf.AddNode("AccountCreateNode", stepCreate, dataflow.Params{
		"id":    "acc-1",
		"email": dataflow.Input("email"),
		"name":  "Alice",
	})
	wf.AddNode("AccountReadNode", stepRead, nil)
	wf.AddNode("AccountUpdateNode", stepUpdate, dataflow.Params{
		"fields": dataflow.Params{"name": "Alice Updated", "credits": 10},
	})
	wf.AddNode("AccountDeleteNode", stepDelete, dataflow.Params{})

	wf.AddConnection(stepCreate, "id", stepRead, "id")
	wf.AddConnection(stepRead, "id", stepUpdate, "filter.id")
	wf.AddConnection(stepUpdate, "id", stepDelete, "id")
	return wf
}
