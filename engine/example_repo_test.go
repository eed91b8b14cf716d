package engine_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
)

func ExampleRepo() {
	ctx := context.Background()
	db, err := engine.Open(ctx, "sqlite::memory:", engine.WithModels(Product{}))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	products := engine.Repo[Product](db)

	tea, err := products.Create(ctx, Product{SKU: "tea-1", Name: "Green tea"})
	if err != nil {
		fmt.Println(err)
		return
	}
	tea.Stock = 12
	tea, created, err := products.Upsert(ctx, tea)
	fmt.Println(tea.Name, tea.Stock, created, err)

	page, err := products.List(ctx, dataflow.Params{"filter": dataflow.Params{"stock": dataflow.Params{"$gt": 10}}})
	fmt.Println(page.Records[0].SKU, page.HasMore, err)

	_, err = products.Read(ctx, "coffee")
	fmt.Println(errors.Is(err, errcatalog.DF703))
	// Output:
	// Green tea 12 false <nil>
	// tea-1 false <nil>
	// true
}
