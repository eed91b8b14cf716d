package model_test

import (
	"fmt"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/model"
)

func Example() {
	type Person struct {
		dataflow.Model
		ID    string
		Email string `df:",unique"`
		Age   *int
	}
	m, problems := model.FromStruct(Person{})
	if len(problems) > 0 {
		fmt.Println(problems[0].Message)
		return
	}
	contract := model.ContractOf(m, model.Create)
	fmt.Println(contract.NodeType, "writes to", m.Table)
	for _, p := range contract.Params {
		fmt.Println(p.Name, p.TypeString(), p.Required)
	}
	// Output:
	// PersonCreateNode writes to people
	// id string true
	// email string true
	// age *int false
}
