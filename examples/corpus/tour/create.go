package tour

import "github.com/dataflow-go/dataflow"

// CreateUser makes one account.
func CreateUser() *dataflow.Workflow {
	workflow := dataflow.NewWorkflow("create_user")
	workflow.AddNode("UserCreateNode", "create", dataflow.Params{
		"id":    "user-123",
		"name":  "Alice",
		"email": "alice@example.com",
	})
	return workflow
}

// CreateThree makes three accounts; only the first pays for making the table.
func CreateThree() *dataflow.Workflow {
	workflow := dataflow.NewWorkflow("create_three")
	workflow.AddNode("UserCreateNode", "create1", dataflow.Params{"id": "user-1", "name": "Amy", "email": "amy@example.com"})
	workflow.AddNode("UserCreateNode", "create2", dataflow.Params{"id": "user-2", "name": "Bob", "email": "bob@example.com"})
	workflow.AddNode("UserCreateNode", "create3", dataflow.Params{"id": "user-3", "name": "Carol", "email": "carol@example.com", "active": false})
	return workflow
}

// CreateOne makes the account of the given id, as a server would on a request.
func CreateOne(userID string) *dataflow.Workflow {
	return dataflow.NewWorkflow("create_one").AddNode("UserCreateNode", "create", dataflow.Params{
		"id":    userID,
		"name":  "User " + userID,
		"email": userID + "@example.com",
	})
}
