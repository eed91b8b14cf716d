package inventory

import df "github.com/dataflow-go/dataflow"

// side is an end of a move: where, and what becomes of the level there.
type side struct{ name, warehouse, expression string }

var sides = []side{
	{"out", "from_warehouse", "quantity - moved"},
	{"in", "to_warehouse", "quantity + moved"},
}

// Transfer moves goods from one warehouse to another. Levels are versioned: who
// comes second is refused, and the whole transfer with it.
func Transfer() *df.Workflow {
	wf := df.NewWorkflow("transfer")
	wf.AddTransaction("transfer", func(tx *df.Workflow) {
		tx.AddNode("MoveCreateNode", "move", df.Params{
			"from_warehouse": df.Input("from"),
			"to_warehouse":   df.Input("to"),
			"item":           df.Input("item"),
			"quantity":       df.Input("quantity"),
		})
		for _, s := range sides {
			addSide(tx, s)
		}
	})
	return wf
}

func addSide(tx *df.Workflow, s side) {
	read, sum, write := s.name+"_level", s.name+"_sum", s.name+"_write"
	tx.AddNode("StockLevelReadNode", read, nil).
		AddConnection("move", s.warehouse, read, "warehouse").
		AddConnection("move", "item", read, "item")
	tx.AddNode("TransformNode", sum, df.Params{"expression": s.expression}).
		AddConnection(read, "quantity", sum, "quantity").
		AddConnection("move", "quantity", sum, "moved")
	tx.AddNode("StockLevelUpdateNode", write, nil).
		AddConnection(read, "warehouse", write, "filter.warehouse").
		AddConnection(read, "item", write, "filter.item").
		AddConnection(read, "version", write, "version").
		AddConnection(sum, "result", write, "fields.quantity")
}
