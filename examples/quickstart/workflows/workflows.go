// Package workflows wires the shop's node types into workflows. It only names
// them: the models need not be imported where a workflow is described, only where
// it is run.
package workflows

import "github.com/dataflow-go/dataflow"

// Signup makes an account and an empty cart for it, both or none, and lists the
// account's orders. Its inputs are email and name.
func Signup() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("signup")
	wf.AddTransaction("account", func(tx *dataflow.Workflow) {
		tx.AddNode("UserCreateNode", "create", dataflow.Params{
			"id":        dataflow.Input("id").Default("user-123"),
			"email":     dataflow.Input("email"),
			"full_name": dataflow.Input("name").Default("Alice"),
			"tags":      []string{"new"},
		})
		tx.AddNode("OrderCreateNode", "cart", dataflow.Params{"status": "cart"})
		tx.AddConnection("create", "id", "cart", "user_id")
	})
	wf.AddNode("OrderListNode", "orders", dataflow.Params{
		"order_by": []string{"-created_at", "id"},
		"limit":    20,
	})
	wf.AddConnection("cart", "user_id", "orders", "filter.user_id")
	return wf
}

// Stock puts products on the shelves. Running it again sets name, price and stock
// anew instead of failing.
func Stock() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("stock")
	wf.AddNode("ProductBulkUpsertNode", "shelves", dataflow.Params{
		"data": []dataflow.Params{
			{"sku": "tea-001", "name": "Green tea", "category": "tea", "price": "4.50", "stock": 100},
			{"sku": "tea-002", "name": "Black tea", "category": "tea", "price": "3.90", "stock": 80},
			{"sku": "cup-001", "name": "Tea cup", "category": "dishes", "price": "12.00", "stock": 25},
		},
	})
	wf.AddNode("ProductCountNode", "teas", dataflow.Params{"filter": dataflow.Params{"category": "tea"}})
	wf.AddDependency("shelves", "teas")
	return wf
}

// PlaceOrder orders a product for the account with an email address. The order
// and its line are written together. Its inputs are email, sku and quantity.
func PlaceOrder() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("place_order")
	wf.AddNode("UserReadNode", "customer", dataflow.Params{
		"filter": dataflow.Params{"email": dataflow.Input("email")},
	})
	wf.AddNode("ProductReadNode", "product", dataflow.Params{"sku": dataflow.Input("sku")})

	wf.AddTransaction("checkout", func(tx *dataflow.Workflow) {
		tx.AddNode("OrderCreateNode", "order", dataflow.Params{"status": "placed"})
		tx.AddNode("OrderItemCreateNode", "line", dataflow.Params{
			"quantity": dataflow.Input("quantity").Default(1),
		})
		tx.AddConnection("order", "id", "line", "order_id")
	})
	wf.AddConnection("customer", "id", "order", "user_id")
	wf.AddConnection("product", "sku", "line", "product_sku")
	wf.AddConnection("product", "price", "line", "unit_price")
	return wf
}
