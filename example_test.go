package dataflow_test

import (
	"errors"
	"fmt"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/errcatalog"
)

func Example() {
	wf := dataflow.NewWorkflow("signup")
	wf.AddNode("UserCreateNode", "create", dataflow.Params{
		"id": "user-123", "email": dataflow.Input("email"), "full_name": "Alice",
	})
	wf.AddNode("OrderListNode", "orders", dataflow.Params{"limit": 20})
	wf.AddConnection("create", "id", "orders", "filter.user_id")

	g, err := wf.Build()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, n := range g.Nodes {
		fmt.Println(n.ID.S, n.Type.S)
	}
	// Output:
	// create UserCreateNode
	// orders OrderListNode
}

func ExampleWorkflow_Build() {
	wf := dataflow.NewWorkflow("signup")
	wf.AddNode("UserCreateNode", "create", dataflow.Params{"id": "user-123"})
	wf.AddNode("OrderListNode", "orders", nil)
	wf.AddConnection("creat", "id", "orders", "filter.user_id")

	_, err := wf.Build()
	var e *errcatalog.Error
	if errors.As(err, &e) {
		fmt.Println(e.Code, e.Message)
	}
	// Output:
	// DF-201 no node has the id "creat"; did you mean "create"?
}
