package billing

import (
	"fmt"
	"maps"

	"github.com/dataflow-go/dataflow"
)

var open = dataflow.Params{"filter": dataflow.Params{"state": "open"}, "limit": 500}

// Reminders lists the open invoices.
var Reminders = dataflow.NewWorkflow("reminders").AddNode("InvoiceListNode", "open", open)

// Quarter sums the invoices of the months of a quarter, one after the other.
func Quarter() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("quarter")
	base := dataflow.Params{"order_by": []string{"number"}}
	for month := 1; month <= 3; month++ {
		p := maps.Clone(base)
		p["filter"] = dataflow.Params{"number": dataflow.Params{"$like": fmt.Sprintf("2030-%02d-%%", month)}}
		wf.AddNode("InvoiceListNode", fmt.Sprintf("month_%d", month), p)
		if month > 1 {
			wf.AddDependency(fmt.Sprintf("month_%d", month-1), fmt.Sprintf("month_%d", month))
		}
	}
	wf.AddNode("TransformNode", "sum", dataflow.Params{
		"expression": "sum(month_1.records, .gross) + sum(month_2.records, .gross) + sum(month_3.records, .gross)",
	})
	for month := 1; month <= 3; month++ {
		wf.AddConnection(fmt.Sprintf("month_%d", month), "records", "sum", fmt.Sprintf("m%d", month))
	}
	return wf
}
