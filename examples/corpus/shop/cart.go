package shop

import (
	"strconv"

	"github.com/dataflow-go/dataflow"
)

// A Cart collects lines and becomes a workflow.
type Cart struct {
	wf    *dataflow.Workflow
	lines int
}

// NewCart starts the purchase of a customer.
func NewCart(customer string) *Cart {
	c := &Cart{wf: dataflow.NewWorkflow("cart")}
	c.wf.AddNode("PurchaseCreateNode", "purchase", dataflow.Params{"customer_id": customer})
	return c
}

// Add puts an article in the cart.
func (c *Cart) Add(sku, price string, quantity int) *Cart {
	c.lines++
	id := "line_" + strconv.Itoa(c.lines)
	c.wf.AddNode("LineCreateNode", id, dataflow.Params{"sku": sku, "price": price, "quantity": quantity})
	c.wf.AddConnection("purchase", "id", id, "purchase_id")
	return c
}

// Workflow is the purchase with its lines.
func (c *Cart) Workflow() *dataflow.Workflow { return c.wf }

// TeaForTwo is a cart that is filled already.
func TeaForTwo() *dataflow.Workflow {
	return NewCart("amy").Add("tea", "4.50", 1).Add("cup", "12.00", 2).Workflow()
}
