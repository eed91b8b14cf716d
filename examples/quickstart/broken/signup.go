// Package quickstart is a shop's workflows with mistakes in them, made on purpose:
// open it in an editor with the language server and mend them. The Go compiler
// sees nothing wrong here; node types, parameters and outputs are strings.
package quickstart

import "github.com/dataflow-go/dataflow"

// Signup makes an account with an empty cart and lists the account's orders.
func Signup() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("signup")

	// The account. A user needs an address to log in with.
	wf.AddNode("UserCreateNode", "create", dataflow.Params{
		"id":        "user-123",
		"full_name": "Alice Liddell",
		"tags":      []string{"new"},
	})

	// Its cart: an order that is not placed yet.
	wf.AddNode("OrderCreateNode", "cart", dataflow.Params{"status": "cart"})
	wf.AddConnection("create", "id", "cart", "user_id")

	// What the account's page shows first.
	wf.AddNode("OrderListNode", "orders", dataflow.Params{"limit": 20})
	wf.AddConnection("cart", "user_id", "orders", "filter.user_id")
	return wf
}
