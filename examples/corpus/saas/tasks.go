package saas

import (
	"time"

	"github.com/dataflow-go/dataflow"
)

// Finish sets a task done, unless someone else changed it since it was read.
func Finish() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("finish")
	wf.AddNode("TaskReadNode", "task", dataflow.Params{"id": dataflow.Input("task")})
	wf.AddNode("TaskUpdateNode", "done", dataflow.Params{"fields": dataflow.Params{"done": true}})
	wf.AddConnection("task", "id", "done", "filter.id")
	wf.AddConnection("task", "version", "done", "version")
	return wf
}

// Overdue lists the tasks that were due before a moment.
func Overdue(now time.Time) *dataflow.Workflow {
	return dataflow.NewWorkflow("overdue").AddNode("TaskListNode", "overdue", dataflow.Params{
		"filter": dataflow.Params{
			"done": false,
			"due":  dataflow.Params{"$lt": now},
		},
		"order_by": []string{"due", "id"},
	})
}

// Open lists what is to be done, in the tasks' order.
func Open() *dataflow.Workflow {
	return dataflow.NewWorkflow("open").AddNode("TaskListNode", "open", dataflow.Params{
		"filter": dataflow.Params{"done": false}, "order_by": []string{"title"}, "fields": []string{"id", "title"},
	})
}
