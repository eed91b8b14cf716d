package flows // want package:"models: example.com/shop/models.User example.com/shop/models.Order}$"

import (
	"github.com/dataflow-go/dataflow"

	_ "example.com/shop/models"
)

// Mistakes are reported in what any caller would get.
func Mistakes() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("mistakes")
	wf.AddNode("UserCreateNode", "create", dataflow.Params{
		"id":    "user-1",
		"emial": "a@example.com", // want `^DF-111 node "create" \(UserCreateNode\): User has no column "emial"; did you mean "email"\?$`
		"age":   "42",            // want `^DF-102 `
	})
	wf.AddNode("UserCreaNode", "other", dataflow.Params{}) // want `^DF-711 `
	return wf
}

// Incomplete may get its e-mail address from a package that imports this one.
func Incomplete() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("incomplete")
	wf.AddNode("UserCreateNode", "create", dataflow.Params{"id": "user-1"})
	wf.AddConnection("later", "id", "create", "age")
	return wf
}

// Nobody outside sees this one, nor builds on it.
func hidden() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("hidden")
	wf.AddNode("UserCreateNode", "create", dataflow.Params{"id": "user-1"}) // want `^DF-101 node "create" \(UserCreateNode\) misses the required parameter "email"$`
	wf.AddConnection("later", "id", "create", "age")                        // want `^DF-201 `
	return wf
}

var _ = hidden().Build

// Unknown may mean a model that is not in sight.
func Unknown() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("unknown")
	wf.AddNode("ProductCreateNode", "create", dataflow.Params{"idd": "user-1"})
	return wf
}

// Extend builds on what it is given.
func Extend(wf *dataflow.Workflow) {
	wf.AddConnection("list", "count", "create", "email")
}

// Finish builds on what it is given, whatever its type says.
func Finish(x any) {
	if wf, ok := x.(*dataflow.Workflow); ok {
		Extend(wf)
	}
}
