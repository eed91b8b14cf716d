package graph_test

import (
	"fmt"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/model"
)

func ExampleCheck() {
	type Person struct {
		dataflow.Model
		ID    string
		Email string
	}
	m, _ := model.FromStruct(Person{})
	wf := dataflow.NewWorkflow("signup").
		AddNode("PersonCreateNode", "create", dataflow.Params{"id": "p1"})

	for _, f := range graph.Check(wf.Graph(), graph.NewModelSet(m)) {
		fmt.Println(f.Code, f.Message)
	}
	// Output:
	// DF-101 node "create" (PersonCreateNode) misses the required parameter "email"
}
