package ops

import (
	"iter"
	"slices"

	"github.com/dataflow-go/dataflow"
)

// states yields the states that are worth a number.
func states() iter.Seq[State] {
	return slices.Values([]State{Pending, Running, Failed})
}

// Report counts the deployments by state, and describes one of them.
func Report() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("report")
	for state := range states() {
		wf.AddNode("DeploymentCountNode", string(state), dataflow.Params{"filter": dataflow.Params{"state": state}})
	}
	add := wf.AddNode
	add("DeploymentListNode", "newest", dataflow.Params{"order_by": []string{"-id"}, "limit": 1})
	add("HostReadNode", "host", nil)
	wf.AddConnection("newest", "records.0.host", "host", "name")
	return wf
}

// Failures marks what runs on a host as failed.
func Failures(host *string) *dataflow.Workflow {
	filter := dataflow.Params{"state": dataflow.Params{"$ne": Failed}}
	if host != nil {
		filter["host"] = *host
	}
	var fields = map[string]any{
		"state": Failed,
	}
	fields["started_at"] = nil
	wf := dataflow.NewWorkflow("failures")
	wf.AddTransaction("mark", func(tx *dataflow.Workflow) {
		tx.AddNode("DeploymentBulkUpdateNode", "mark", dataflow.Params{"filter": filter, "fields": fields})
		if host == nil {
			return
		}
		tx.AddNode("HostUpdateNode", "host", dataflow.Params{
			"filter": dataflow.Params{"name": *host},
			"fields": dataflow.Params{"labels": map[string]bool{"broken": true}},
		})
		tx.AddDependency("mark", "host")
	})
	return wf
}
