package patterns

import "github.com/dataflow-go/dataflow"

const pageSize = 20

// SecondPage lists the newest accounts, page two.
func SecondPage() *dataflow.Workflow {
	const page = 2
	return dataflow.NewWorkflow("second_page").AddNode("AccountListNode", "page", dataflow.Params{
		"filter":   dataflow.Params{"status": "active"},
		"order_by": []string{"-created_at", "id"},
		"limit":    pageSize,
		"offset":   (page - 1) * pageSize,
	})
}

// Page lists any page. Its number is given by the caller of the function.
func Page(number int) *dataflow.Workflow {
	return dataflow.NewWorkflow("page").AddNode("AccountListNode", "page", dataflow.Params{
		"order_by": []string{"id"},
		"limit":    pageSize,
		"offset":   (number - 1) * pageSize,
	})
}

// FollowCursor lists what comes after the cursor of the page before.
func FollowCursor() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("follow_cursor")
	wf.AddNode("AccountListNode", "first", dataflow.Params{"order_by": []string{"id"}, "limit": 2})
	wf.AddNode("AccountListNode", "second", dataflow.Params{"order_by": []string{"id"}, "limit": 2})
	wf.AddConnection("first", "next_cursor", "second", "cursor")
	return wf
}
