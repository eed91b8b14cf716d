// Command app is imported by nobody: what its functions return is whole.
package main

import (
	"github.com/dataflow-go/dataflow"

	"example.com/shop/flows"
)

// Whole is only run.
func Whole() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("whole")
	wf.AddNode("UserCreateNode", "create", dataflow.Params{"id": "user-1"}) // want `^DF-101 `
	return wf
}

// Extended is given to a function that is not in sight.
func Extended() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("extended")
	wf.AddNode("UserCreateNode", "create", dataflow.Params{"id": "user-1"})
	flows.Extend(wf)
	return wf
}

func main() {
	for _, wf := range []*dataflow.Workflow{Whole(), Extended()} {
		if _, err := wf.Build(); err != nil {
			panic(err)
		}
	}
}
