package quickstart

import "github.com/dataflow-go/dataflow"

// Launch puts a new product on sale and finds its neighbours on the shelf. Its
// inputs are sku and price.
func Launch() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("launch")

	wf.AddNode("ProductCreateNode", "product", dataflow.Params{
		"sku":      dataflow.Input("sku"),
		"name":     "Green tea",
		"category": "tea",
		"price":    dataflow.Input("price").Default("4.50"),
		"stok":     100, // the first delivery
	})

	wf.AddNode("ProductListNode", "neighbours", dataflow.Params{
		"order_by": []string{"name"},
		"limit":    10,
	})
	// What stands on the same shelf.
	wf.AddConnection("product", "categry", "neighbours", "filter.category")
	return wf
}
