package far // want package:"models: example.com/shop/models.User example.com/shop/models.Order}$"

import (
	"github.com/dataflow-go/dataflow"

	"example.com/shop/flows"
)

// The models are seen through a package whose types do not mention them.

// Far names a column that there is not.
func Far() *dataflow.Workflow {
	wf := flows.Incomplete()
	wf.AddNode("UserListNode", "list", dataflow.Params{"filter": dataflow.Params{"emial": "a"}}) // want `^DF-112 `
	return wf
}
