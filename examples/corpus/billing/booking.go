package billing

import "github.com/dataflow-go/dataflow"

// step is one part of a workflow.
type step func(*dataflow.Workflow)

// build makes a workflow of steps.
func build(name string, steps ...step) *dataflow.Workflow {
	wf := dataflow.NewWorkflow(name)
	for _, s := range steps {
		s(wf)
	}
	return wf
}

// Book books a payment and, with it, the invoice as paid.
func Book() *dataflow.Workflow { return build("book", readInvoice, book, settle) }

// Peek reads an invoice alone.
func Peek() *dataflow.Workflow { return build("peek", readInvoice) }

func readInvoice(wf *dataflow.Workflow) {
	wf.AddNode("InvoiceReadNode", idInvoice, dataflow.Params{"number": dataflow.Input("number")})
}

func book(wf *dataflow.Workflow) {
	wf.AddNode("BookingCreateNode", "booking", dataflow.Params{"reference": dataflow.Input("reference").Default(nil)})
	wf.AddConnection(idInvoice, "number", "booking", "invoice_no")
	wf.AddConnection(idInvoice, "gross", "booking", "amount")
}

func settle(wf *dataflow.Workflow) {
	wf.AddNode("InvoiceUpdateNode", "settle", dataflow.Params{"fields": dataflow.Params{"state": "paid"}})
	wf.AddConnection("booking", "invoice_no", "settle", "filter.number")
	wf.AddConnection(idInvoice, "version", "settle", "version")
}
