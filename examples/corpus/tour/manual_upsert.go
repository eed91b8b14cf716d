package tour

import "github.com/dataflow-go/dataflow"

// SaveUserByHand does in four nodes what one Upsert does: look, then update or
// create. Another program may create the user in between.
func SaveUserByHand() *dataflow.Workflow {
	workflow := dataflow.NewWorkflow("save_user_by_hand")
	workflow.AddNode("UserListNode", "check", dataflow.Params{ // want DF-715
		"filter": dataflow.Params{"email": "erin@example.com"},
		"limit":  1,
	})
	workflow.AddNode("SwitchNode", "exists", dataflow.Params{
		"condition": "len(check.records) > 0",
	})
	workflow.AddConnection("check", "records", "exists", "input")

	workflow.AddNode("UserCreateNode", "create", dataflow.Params{
		"id":    "user-125",
		"email": "erin@example.com",
		"name":  "Erin",
	})
	workflow.AddNode("UserUpdateNode", "update", dataflow.Params{
		"filter": dataflow.Params{"email": "erin@example.com"},
		"fields": dataflow.Params{"name": "Erin Updated"},
	})
	workflow.AddConnection("exists", "true_output", "update", "trigger")
	workflow.AddConnection("exists", "false_output", "create", "trigger")
	return workflow
}
