package inspect

import (
	"strconv"

	"github.com/dataflow-go/dataflow"
)

const length = 5

// Chain makes items, each the parent of the next.
func Chain() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("chain")
	for i := 0; i < length; i++ {
		wf.AddNode("ItemCreateNode", "item"+strconv.Itoa(i), dataflow.Params{"weight": i})
		if i > 0 {
			wf.AddConnection("item"+strconv.Itoa(i-1), "id", "item"+strconv.Itoa(i), "parent")
		}
	}
	return wf
}

// Diamond goes two ways and meets again.
func Diamond() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("diamond")
	wf.AddNode("ItemCreateNode", "top", nil)
	for _, side := range []string{"left", "right"} {
		wf.AddNode("ItemCreateNode", side, dataflow.Params{"name": side}).
			AddConnection("top", "id", side, "parent")
	}
	wf.AddNode("TransformNode", "bottom", dataflow.Params{"expression": "left.weight + right.weight"}).
		AddConnection("left", "weight", "bottom", "l").
		AddConnection("right", "weight", "bottom", "r")
	return wf
}

// Islands has two parts that nothing ties together.
func Islands() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("islands")
	island := func(name string) {
		wf.AddNode("ItemCreateNode", name, dataflow.Params{"name": name})
		wf.AddNode("ItemReadNode", name+"_read", nil)
		wf.AddConnection(name, "id", name+"_read", "id")
	}
	island("east")
	island("west")
	return wf
}
