package shop

import "github.com/dataflow-go/dataflow"

// article is a row of the price list.
func article(sku, name, price string, stock int) dataflow.Params {
	return dataflow.Params{"sku": sku, "name": name, "price": price, "stock": stock}
}

// Fill puts the price list on the shelves.
func Fill() *dataflow.Workflow {
	return dataflow.NewWorkflow("fill").AddNode("ArticleBulkUpsertNode", "articles", dataflow.Params{
		"data": []dataflow.Params{
			article("tea", "Green tea", "4.50", 10),
			article("cup", "Tea cup", "12.00", 3),
		},
		"conflict_on": []string{"sku"},
	})
}

// Low lists what is to be ordered soon.
func Low() *dataflow.Workflow {
	return dataflow.NewWorkflow("low").AddNode("ArticleListNode", "low", dataflow.Params{
		"filter":   dataflow.Params{"stock": dataflow.Params{"$lt": dataflow.Input("below").Default(5)}},
		"order_by": []string{"stock", "-price"},
	})
}
