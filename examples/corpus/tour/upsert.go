package tour

import "github.com/dataflow-go/dataflow"

// SaveUser upserts by email, the natural key.
func SaveUser() *dataflow.Workflow {
	workflow := dataflow.NewWorkflow("save_user")
	workflow.AddNode("UserUpsertNode", "upsert", dataflow.Params{
		"where":       dataflow.Params{"email": "alice@example.com"},
		"conflict_on": []string{"email"},
		"update":      dataflow.Params{"name": "Alice Updated"},
		"create": dataflow.Params{
			"id":    "user-123",
			"email": "alice@example.com",
			"name":  "Alice",
		},
	})
	return workflow
}

// SaveUserByID upserts by the primary key.
func SaveUserByID() *dataflow.Workflow {
	workflow := dataflow.NewWorkflow("save_user_by_id")
	workflow.AddNode("UserUpsertNode", "upsert", dataflow.Params{
		"where":  dataflow.Params{"id": "user-124"},
		"update": dataflow.Params{"name": "Dora Updated"},
		"create": dataflow.Params{"id": "user-124", "email": "dora@example.com", "name": "Dora"},
	})
	return workflow
}

// SaveItem upserts by a composite key.
func SaveItem() *dataflow.Workflow {
	workflow := dataflow.NewWorkflow("save_item")
	workflow.AddNode("OrderItemUpsertNode", "upsert", dataflow.Params{
		"where":       dataflow.Params{"order_id": "order-123", "product_id": "prod-456"},
		"conflict_on": []string{"order_id", "product_id"},
		"update":      dataflow.Params{"quantity": 10},
		"create": dataflow.Params{
			"id":         "item-789",
			"order_id":   "order-123",
			"product_id": "prod-456",
			"quantity":   5,
		},
	})
	return workflow
}
