package inspector_test

import (
	"fmt"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/inspector"
	"github.com/dataflow-go/dataflow/model"
)

func Example() {
	user, _ := model.FromStruct(User{})
	order, _ := model.FromStruct(Order{})
	wf := dataflow.NewWorkflow("orders").
		AddNode("UserReadNode", "read", dataflow.Params{"id": dataflow.Input("user")}).
		AddNode("OrderListNode", "list", nil).
		AddConnection("read", "id", "list", "filter.user_id")

	i := inspector.New(wf.Graph(), graph.NewModelSet(user, order))
	trace, err := i.TraceParameter("list", "filter.user_id")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(trace.Via, "from", trace.From[0].Source, trace.From[0].Value)
	fmt.Print(i.Text())
	// Output:
	// read.id → list.filter.user_id from input user
	// orders
	// 1
	//   read (UserReadNode)
	// 2
	//   list (OrderListNode)
	//     └─ filter.user_id ← read.id
}
