package engine_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
)

type Product struct {
	dataflow.Model
	SKU   string `df:",pk"`
	Name  string `validate:"max=80"`
	Stock int    `df:",default=0"`
}

func ExampleOpen() {
	ctx := context.Background()
	db, err := engine.Open(ctx, "sqlite::memory:", engine.WithModels(Product{}))
	if err != nil {
		log.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			log.Fatal(err)
		}
	}()
	products := db.Model("Product")

	created, err := products.Create(ctx, dataflow.Params{"sku": "tea-1", "name": "Green tea"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(created["name"], created["stock"])

	up, err := products.Upsert(ctx, dataflow.Params{
		"where":  dataflow.Params{"sku": "tea-1"},
		"create": dataflow.Params{"name": "Green tea"},
		"update": dataflow.Params{"stock": 12},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(up["action"], up["record"].(dataflow.Params)["stock"])

	_, err = products.Read(ctx, dataflow.Params{"sku": "coffee"})
	fmt.Println(errors.Is(err, errcatalog.DF703))
	// Output:
	// Green tea 0
	// updated 12
	// true
}
