// Command app is imported by nobody: what its functions return is whole.
package main

import (
	"fmt"

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

// Finished is given to one that takes anything.
func Finished() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("finished")
	wf.AddNode("UserCreateNode", "create", dataflow.Params{"id": "user-1"})
	flows.Finish(wf)
	return wf
}

// Printed is whole all the same.
func Printed() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("printed")
	wf.AddNode("UserCreateNode", "create", dataflow.Params{"id": "user-1"}) // want `^DF-101 `
	fmt.Println(wf)
	return wf
}

func main() {
	for _, wf := range []*dataflow.Workflow{Whole(), Extended(), Finished(), Printed()} {
		if _, err := wf.Build(); err != nil {
			panic(err)
		}
	}
}
