package inventory

import df "github.com/dataflow-go/dataflow"

// Setup makes two warehouses and their stock.
func Setup() *df.Workflow {
	wf := df.NewWorkflow("setup")
	wf.AddNode("WarehouseBulkUpsertNode", "warehouses", df.Params{
		"data": []df.Params{{"code": "N", "city": "Kiel"}, {"code": "S", "city": "Ulm"}},
	})
	wf.AddNode("StockLevelBulkCreateNode", "levels", df.Params{
		"data": []df.Params{
			{"warehouse": "N", "item": "bolt", "quantity": 100},
			{"warehouse": "S", "item": "bolt", "quantity": "12.5"},
			{"warehouse": "S", "item": "nut"},
		},
	})
	wf.AddDependency("warehouses", "levels")
	return wf
}

// Level reads one level by its composite key.
func Level() *df.Workflow {
	return df.NewWorkflow("level").AddNode("StockLevelReadNode", "level", df.Params{
		"warehouse": df.Input("warehouse"),
		"item":      df.Input("item").Default("bolt"),
	})
}
