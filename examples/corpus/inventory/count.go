package inventory

import (
	. "github.com/dataflow-go/dataflow" //nolint:staticcheck // some teams write workflows without a prefix
)

// Recount saves what was counted, whether the level was known or not.
func Recount() *Workflow {
	return NewWorkflow("recount").AddNode("StockLevelUpsertNode", "recount", Params{
		"where":  Params{"warehouse": Input("warehouse"), "item": Input("item")},
		"create": Params{"quantity": Input("quantity")},
		"update": Params{"quantity": Input("quantity")},
	})
}

// Empty finds the levels at zero and the warehouses of the south.
func Empty() *Workflow {
	wf := NewWorkflow("empty")
	wf.AddNode("StockLevelListNode", "empty", Params{"filter": Params{"quantity": 0}, "order_by": []string{"warehouse", "item"}})
	wf.AddNode("WarehouseListNode", "south", Params{"filter": Params{"city": Params{"$regex": "^U"}}})
	return wf
}
