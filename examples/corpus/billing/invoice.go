package billing

import (
	"context"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/dataflow-go/dataflow"
)

// Subscribe starts a subscription.
func Subscribe() *dataflow.Workflow {
	params := make(dataflow.Params, 4)
	params["id"] = "sub-1"
	params["company"] = "ACME"
	params["plan"] = "plus"
	params["fee"] = decimal.NewFromInt(100)
	return dataflow.NewWorkflow("subscribe").AddNode(nodeSubscribe, idSubscription, params)
}

// Bill writes an invoice for a subscription; a function adds the tax.
func Bill() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("bill")
	wf.AddNode(model+"ReadNode", idSubscription, dataflow.Params{"id": dataflow.Input("subscription")})
	wf.AddFunc(idTax, addTax)
	wf.AddConnection(idSubscription, "fee", idTax, "net")
	wf.AddNode("InvoiceCreateNode", idInvoice, dataflow.Params{"number": dataflow.Input("number")})
	wf.AddConnection(idSubscription, "id", idInvoice, "subscription_id")
	for _, amount := range [...]string{"net", "gross"} {
		wf.AddConnection(idTax, amount, idInvoice, amount)
	}
	return wf
}

func addTax(_ context.Context, in dataflow.Params) (dataflow.Params, error) {
	net, ok := in["net"].(decimal.Decimal)
	if !ok {
		return nil, fmt.Errorf("net is %T, want a decimal", in["net"])
	}
	factor := decimal.NewFromInt(100 + vatPercent).Div(decimal.NewFromInt(100))
	return dataflow.Params{"net": net, "gross": net.Mul(factor)}, nil
}

// Void gives an invoice up.
func Void() *dataflow.Workflow {
	return dataflow.NewWorkflow("void").AddNode("InvoiceUpdateNode", idInvoice, dataflow.Params{
		"filter": dataflow.Params{"number": dataflow.Input("number")},
		"fields": dataflow.Params{"state": "void"},
	})
}
