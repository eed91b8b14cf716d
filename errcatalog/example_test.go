package errcatalog_test

import (
	"errors"
	"fmt"
	"go/token"

	"github.com/dataflow-go/dataflow/errcatalog"
)

func Example() {
	var err error = errcatalog.New(errcatalog.Finding{
		Code:    errcatalog.DF206,
		Message: `node "orders" (OrderListNode) has no parameter "user_id"`,
		Details: errcatalog.Details{
			NodeType: "OrderListNode", Model: "Order",
			Source: "create", Output: "id", Target: "orders", Input: "user_id",
			Suggestion: "filter.user_id",
		},
		Span: errcatalog.Span{Start: token.Position{Filename: "shop.go", Line: 12}},
	})

	if errors.Is(err, errcatalog.DF206) {
		var e *errcatalog.Error
		errors.As(err, &e)
		fmt.Println(e.Title)
		fmt.Println(e.Position)
		fmt.Println(e.Solutions[0].Title)
		fmt.Println(e.Solutions[0].Code)
	}
	// Output:
	// Target node has no such parameter
	// shop.go:12
	// Connect to "filter.user_id"
	// wf.AddConnection("create", "id", "orders", "filter.user_id")
}

func ExampleEnhancer() {
	production := errcatalog.NewEnhancer(errcatalog.EnhancerConfig{Mode: errcatalog.Minimal})
	err := production.Wrap(errcatalog.Finding{
		Code:    errcatalog.DF310,
		Message: `there is a User with email "alice@example.com" already`,
	}, errors.New("constraint failed"))
	fmt.Println(err)
	// Output:
	// DF-310: there is a User with email "alice@example.com" already: constraint failed
}

func ExampleExplain() {
	e, ok := errcatalog.Explain(errcatalog.DF210)
	fmt.Println(ok)
	fmt.Println(e)
	// Output:
	// true
	// DF-210: A node is connected to itself
	//
	// Error: The connection goes from node "order" to itself, so it would have to end before it can start.
	//
	// Context:
	// - Workflow: shop
	// - Node: order
	// - Model: Order
	// - Connection: order.user_id → order.user_id
	//
	// Causes:
	// 1. The id of the source was copied to the target, or the reverse.
	// 2. The node is meant to use a value that it makes itself. A node's parameters are complete before it runs; what it makes is read by the nodes after it.
	//
	// Solutions:
	// 1. Name the node that the value comes from
	//
	//    wf.AddConnection("create", "id", "order", "user_id")
	//
	// 2. To use the result of the node, connect it to one that comes after
	//
	//    wf.AddNode("OrderReadNode", "after", dataflow.Params{})
	//    wf.AddConnection("order", "id", "after", "id")
	//
	// Documentation: https://dataflow-go.dev/errors/DF-210
}
