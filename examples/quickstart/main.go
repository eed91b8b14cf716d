// The quick start: a small shop on an in-memory database.
//
//	go run ./examples/quickstart
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/examples/quickstart/shop"
	"github.com/dataflow-go/dataflow/examples/quickstart/workflows"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out io.Writer) (err error) {
	db, err := engine.Open(ctx, "sqlite::memory:",
		engine.WithModels(shop.User{}, shop.Product{}, shop.Order{}, shop.OrderItem{}))
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := db.Close(); err == nil {
			err = closeErr
		}
	}()

	if _, err := db.Run(ctx, workflows.Stock()); err != nil {
		return err
	}
	signup, err := db.Run(ctx, workflows.Signup(), engine.WithInputs(dataflow.Params{
		"email": "alice@example.com", "name": "Alice Liddell",
	}))
	if err != nil {
		return err
	}
	user, err := engine.As[shop.User](signup, "create")
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s <%s> has signed up, tags %v, %d order\n",
		user.Name, user.Email, user.Tags, signup.Outputs["orders"]["count"])

	order, err := db.Run(ctx, workflows.PlaceOrder(), engine.WithInputs(dataflow.Params{
		"email": user.Email, "sku": "tea-001", "quantity": 3,
	}))
	if err != nil {
		return err
	}
	line, err := engine.As[shop.OrderItem](order, "line")
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "order %d: %d × %s at %s\n", line.OrderID, line.Quantity, line.ProductSKU, line.UnitPrice)
	return nil
}
