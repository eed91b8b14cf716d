package tour

import "github.com/dataflow-go/dataflow"

// CountUsers counts without reading.
func CountUsers() *dataflow.Workflow {
	return dataflow.NewWorkflow("count_users").
		AddNode("UserCountNode", "count", dataflow.Params{}).
		AddNode("UserCountNode", "count_active", dataflow.Params{
			"filter": dataflow.Params{"active": true},
		}).
		AddNode("UserCountNode", "count_complex", dataflow.Params{
			"filter": dataflow.Params{
				"active": true,
				"email":  dataflow.Params{"$like": "%@example.com"},
			},
		})
}

// ListUsers reads a page with the number of all, as a table in a browser wants it.
func ListUsers() *dataflow.Workflow {
	workflow := dataflow.NewWorkflow("list_users")
	workflow.AddNode("UserListNode", "list", dataflow.Params{
		"order_by":   []string{"name"},
		"limit":      2,
		"with_total": true,
	})
	return workflow
}
