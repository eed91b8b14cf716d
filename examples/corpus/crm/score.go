package crm

import "github.com/dataflow-go/dataflow"

// stages are tried in the order of their names.
var stages = map[string]string{
	"hot":  "score >= 80",
	"warm": "score >= 40",
}

// Score sets a lead's stage by its score.
func Score() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("score")
	wf.AddNode("LeadUpdateNode", "score", dataflow.Params{
		"filter": dataflow.Params{"email": dataflow.Input("email")},
		"fields": dataflow.Params{"score": dataflow.Input("score")},
	})
	wf.AddNode("SwitchNode", "stage", dataflow.Params{"cases": stages})
	wf.AddConnection("score", "score", "stage", "score")

	set := func(branch, stage string) {
		id := "set_" + branch
		wf.AddNode("LeadUpdateNode", id, dataflow.Params{"fields": dataflow.Params{"stage": stage}})
		wf.AddConnection("score", "id", id, "filter.id")
		wf.AddConnection("stage", branch, id, "trigger")
	}
	set("hot", "won")
	set("warm", "warm")
	set("default", "lost")

	wf.AddNode("MergeNode", "stages", dataflow.Params{"mode": "all"})
	for _, branch := range []string{"hot", "warm", "default"} {
		wf.AddConnection("set_"+branch, "stage", "stages", branch)
	}
	return wf
}
