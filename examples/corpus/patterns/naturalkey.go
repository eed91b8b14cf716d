package patterns

import "github.com/dataflow-go/dataflow"

// Register saves an account by its email and tells new ones from old ones.
func Register() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("register")
	wf.AddNode("AccountUpsertNode", "save", dataflow.Params{
		"where":       dataflow.Params{"email": dataflow.Input("email")},
		"conflict_on": []string{"email"},
		"create":      dataflow.Params{"id": dataflow.Input("id"), "name": dataflow.Input("name").Default("Guest")},
		"update":      dataflow.Params{"status": "active"},
	})
	wf.AddNode("SwitchNode", "is_new", dataflow.Params{"condition": "save.created"})
	wf.AddConnection("save", "record", "is_new", "input")
	wf.AddNode("TransformNode", "welcome", dataflow.Params{"expression": `"Welcome, " + account.name`})
	wf.AddNode("TransformNode", "again", dataflow.Params{"expression": `"Welcome back, " + account.name`})
	wf.AddConnection("is_new", "true_output", "welcome", "account")
	wf.AddConnection("is_new", "false_output", "again", "account")
	wf.AddNode("MergeNode", "greeting", dataflow.Params{"mode": "first"})
	wf.AddConnection("welcome", "result", "greeting", "new")
	wf.AddConnection("again", "result", "greeting", "old")
	return wf
}
