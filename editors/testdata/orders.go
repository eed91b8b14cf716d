// Package orders holds the workflows on which the tests of the editors try every
// feature; they put it beside the models of the broken example.
package orders

import "github.com/dataflow-go/dataflow"

// Place makes an order and lists those of its buyer. 😀 ééé
func Place() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("place")
	wf.AddNode("UserReadNode", "buyer", dataflow.Params{"id": dataflow.Input("user")})
	wf.AddNode("OrderCreateNode", "order", dataflow.Params{"status": "placed"})
	wf.AddNode("OrderListNode", "orders", dataflow.Params{"limit": dataflow.Input("limit").Default(20)})
	/* 😀 é */ wf.AddConnection("buyer", "id", "order", "user_id")
	wf.AddConnection("order", "user_id", "orders", "filter.user_id")
	return wf
}

// Cancel misspells two parameters, which is DF-111.
func Cancel() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("cancel")
	wf.AddNode("OrderListNode", "rest", dataflow.Params{"limt": 10})
	wf.AddNode("UserListNode", "users", dataflow.Params{"limit": 10, "ofset": 20})
	wf.AddDependency("rest", "users")
	return wf
}
