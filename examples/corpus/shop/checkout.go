package shop

import (
	"context"
	"fmt"

	"github.com/dataflow-go/dataflow"
)

// Checkout orders one article: customer, purchase, line, stock, payment and
// notice. Inputs: email, sku, quantity.
func Checkout() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("checkout")
	wf.AddNode("ArticleReadNode", "article", dataflow.Params{"sku": dataflow.Input("sku")})
	wf.AddTransaction("order", func(tx *dataflow.Workflow) {
		saveCustomer(tx)
		savePurchase(tx)
		takeStock(tx)
		pay(tx, "card")
	})
	notify(wf)
	return wf
}

func saveCustomer(tx *dataflow.Workflow) {
	tx.AddNode("CustomerUpsertNode", "customer", dataflow.Params{
		"where":  dataflow.Params{"email": dataflow.Input("email")},
		"create": dataflow.Params{"id": dataflow.Input("email"), "name": "Guest"},
		"update": dataflow.Params{},
	})
}

func savePurchase(tx *dataflow.Workflow) {
	tx.AddNode("PurchaseCreateNode", "purchase", dataflow.Params{"status": "new"})
	tx.AddConnection("customer", "record.id", "purchase", "customer_id")
	tx.AddNode("LineCreateNode", "line", dataflow.Params{"quantity": dataflow.Input("quantity").Default(1)})
	tx.AddConnection("purchase", "id", "line", "purchase_id")
	tx.AddConnection("article", "sku", "line", "sku")
	tx.AddConnection("article", "price", "line", "price")
}

// takeStock lowers the stock by what is bought; below zero the rule of the column
// refuses it, and the whole order with it.
func takeStock(tx *dataflow.Workflow) {
	tx.AddNode("TransformNode", "left", dataflow.Params{"expression": "stock - quantity"})
	tx.AddConnection("article", "stock", "left", "stock")
	tx.AddConnection("line", "quantity", "left", "quantity")
	tx.AddNode("ArticleUpdateNode", "take", dataflow.Params{})
	tx.AddConnection("article", "sku", "take", "filter.sku")
	tx.AddConnection("left", "result", "take", "fields.stock")
}

func pay(tx *dataflow.Workflow, method string) {
	tx.AddNode("TransformNode", "amount", dataflow.Params{"expression": "price * quantity"})
	tx.AddConnection("line", "price", "amount", "price")
	tx.AddConnection("line", "quantity", "amount", "quantity")
	tx.AddNode("PaymentCreateNode", "payment", dataflow.Params{"method": method})
	tx.AddConnection("purchase", "id", "payment", "purchase_id")
	tx.AddConnection("amount", "result", "payment", "amount")
	tx.AddNode("PurchaseUpdateNode", "paid", dataflow.Params{"fields": dataflow.Params{"status": "paid"}})
	tx.AddConnection("payment", "purchase_id", "paid", "filter.id")
}

func notify(wf *dataflow.Workflow) {
	wf.AddFunc("text", func(_ context.Context, in dataflow.Params) (dataflow.Params, error) {
		return dataflow.Params{"text": fmt.Sprintf("Order %v: %v paid", in["number"], in["amount"])}, nil
	})
	wf.AddConnection("paid", "id", "text", "number")
	wf.AddConnection("payment", "amount", "text", "amount")
	wf.AddNode("NoticeCreateNode", "notice", nil)
	wf.AddConnection("customer", "record.id", "notice", "customer_id")
	wf.AddConnection("text", "text", "notice", "text")
}
