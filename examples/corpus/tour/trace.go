package tour

import "github.com/dataflow-go/dataflow"

// UserOrders reads a user and lists what the user ordered.
func UserOrders() *dataflow.Workflow {
	workflow := dataflow.NewWorkflow("user_orders")
	workflow.AddNode("UserReadNode", "read", dataflow.Params{"id": "user-123"})
	workflow.AddNode("OrderListNode", "list", dataflow.Params{})
	workflow.AddConnection("read", "id", "list", "filter.user_id")
	return workflow
}

// OrdersOf lists the orders of a user that is known by id: no connection needed.
func OrdersOf() *dataflow.Workflow {
	workflow := dataflow.NewWorkflow("orders_of")
	workflow.AddNode("UserReadNode", "read", dataflow.Params{"id": "user-123"})
	workflow.AddNode("OrderListNode", "list", dataflow.Params{
		"filter": dataflow.Params{"user_id": "user-123"},
	})
	workflow.AddDependency("read", "list")
	return workflow
}

// PlaceOrders gives the first user two orders.
func PlaceOrders() *dataflow.Workflow {
	workflow := dataflow.NewWorkflow("place_orders")
	workflow.AddNode("OrderBulkCreateNode", "orders", dataflow.Params{
		"data": []dataflow.Params{
			{"id": "order-123", "user_id": "user-123", "total": 19.5},
			{"id": "order-124", "user_id": "user-123", "total": 7},
		},
	})
	return workflow
}
