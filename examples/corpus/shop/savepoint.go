package shop

import "github.com/dataflow-go/dataflow"

// Refund cancels a purchase: all of it in one transaction, the notice in a
// savepoint of its own. Its input is purchase.
func Refund() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("refund")
	wf.AddTransaction("refund", func(tx *dataflow.Workflow) {
		tx.AddNode("PurchaseUpdateNode", "cancel", dataflow.Params{
			"filter": dataflow.Params{"id": dataflow.Input("purchase")},
			"fields": dataflow.Params{"status": "cancelled"},
		})
		tx.AddNode("PaymentBulkDeleteNode", "payment", dataflow.Params{})
		tx.AddConnection("cancel", "id", "payment", "filter.purchase_id")
		tx.AddTransaction("tell", func(sp *dataflow.Workflow) {
			sp.AddNode("NoticeCreateNode", "notice", dataflow.Params{"text": "Your order is cancelled"})
			sp.AddConnection("cancel", "customer_id", "notice", "customer_id")
		})
		tx.AddDependency("payment", "notice")
	})
	return wf
}

// Oversell takes more than there is: the run fails, and nothing of it stays.
func Oversell() *dataflow.Workflow {
	return dataflow.NewWorkflow("oversell").AddTransaction("all_or_nothing", func(tx *dataflow.Workflow) {
		tx.AddNode("CustomerCreateNode", "customer", dataflow.Params{
			"id": "greedy", "email": "greedy@example.com", "name": "Greedy",
		})
		tx.AddNode("ArticleUpdateNode", "take", dataflow.Params{
			"filter": dataflow.Params{"sku": "cup"},
			"fields": dataflow.Params{"stock": dataflow.Input("stock")},
		})
		tx.AddDependency("customer", "take")
	})
}

// Customers counts the customers.
func Customers() *dataflow.Workflow {
	return dataflow.NewWorkflow("customers").AddNode("CustomerCountNode", "all", nil)
}
