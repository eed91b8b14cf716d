package patterns

import "github.com/dataflow-go/dataflow"

type filter = map[string]any

// Filters lists accounts in the ways that filters can say.
func Filters() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("filters")
	wf.AddNode("AccountListNode", "of_organization", dataflow.Params{
		"filter": filter{"organization_id": dataflow.Input("organization"), "status": "active"},
	})
	wf.AddNode("AccountListNode", "adults", dataflow.Params{
		"filter": filter{"age": filter{"$gte": 18, "$lt": 65}},
	})
	wf.AddNode("AccountListNode", "either", dataflow.Params{
		"filter": filter{
			"$or": []filter{
				{"status": "suspended"},
				{"age": filter{"$null": true}, "email": filter{"$ilike": "%@EXAMPLE.com"}},
			},
		},
	})
	wf.AddNode("AccountListNode", "chosen", dataflow.Params{
		"filter": filter{
			"status": filter{"$in": []string{"active", "trial"}},
			"$not":   filter{"email": "nobody@example.com"},
		},
		"fields": []string{"id", "email"},
	})
	wf.AddNode("AccountCountNode", "between", dataflow.Params{
		"filter": filter{"credits": filter{"$between": []int{1, 100}}},
	})
	return wf
}

// Search builds its filter from what the caller asks for.
func Search(status string, minAge int) *dataflow.Workflow {
	where := filter{}
	if status != "" {
		where["status"] = status
	}
	if minAge > 0 {
		where["age"] = filter{"$gte": minAge}
	}
	return dataflow.NewWorkflow("search").
		AddNode("AccountListNode", "found", dataflow.Params{"filter": where, "limit": 50})
}
