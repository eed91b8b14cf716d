package engine_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
)

type Account struct {
	dataflow.Model
	ID      string
	Owner   string `df:",unique"`
	Balance int64
}

func Example() {
	ctx := context.Background()
	db, err := engine.Open(ctx, "sqlite::memory:", engine.WithModels(Account{}))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()

	wf := dataflow.NewWorkflow("open_account")
	wf.AddNode("AccountCreateNode", "create", dataflow.Params{"id": "acc-1", "owner": dataflow.Input("owner"), "balance": 100})
	wf.AddNode("AccountReadNode", "read", nil)
	wf.AddConnection("create", "id", "read", "id")

	res, err := db.Run(ctx, wf, engine.WithInputs(dataflow.Params{"owner": "Ann"}))
	if err != nil {
		fmt.Println(err)
		return
	}
	account, err := engine.As[Account](res, "read")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(account.Owner, account.Balance)

	// The account is there now: the second run fails, and says which node and why.
	_, err = db.Run(ctx, wf, engine.WithInputs(dataflow.Params{"owner": "Ann"}))
	fmt.Println(errors.Is(err, errcatalog.DF310))
	// Output:
	// Ann 100
	// true
}

func ExampleWithDryRun() {
	ctx := context.Background()
	db, err := engine.Open(ctx, "sqlite::memory:", engine.WithModels(Account{}))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()

	wf := dataflow.NewWorkflow("try").
		AddNode("AccountCreateNode", "create", dataflow.Params{"id": "acc-1", "owner": "Ann", "balance": 100}).
		AddNode("AccountCountNode", "count", nil).
		AddDependency("create", "count")
	for range 2 { // what the first run wrote is gone before the second
		res, err := db.Run(ctx, wf, engine.WithDryRun())
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(res.Outputs["count"]["count"])
	}
	// Output:
	// 1
	// 1
}
