// Package engine runs workflows and single operations on a database.
//
// Open connects to one and registers models. Tables, columns and indexes that the
// models need are made before their first use. Run checks a workflow by the same
// rules as the editor does, runs its nodes as soon as what they hang on is done,
// and returns what they yielded:
//
//	db, err := engine.Open(ctx, "sqlite:app.db", engine.WithModels(User{}, Order{}))
//	…
//	defer db.Close()
//	res, err := db.Run(ctx, signup, engine.WithInputs(dataflow.Params{"email": "a@example.com"}))
//	…
//	user, err := engine.As[User](res, "create")
//
// By default each node is a transaction of its own. The nodes of a transaction
// block (dataflow.Workflow.AddTransaction) take effect together or not at all;
// WithTransaction does so for the whole run, WithDryRun undoes it.
//
// (*Engine).Model runs single operations without a workflow, with the parameters
// and outputs of the nodes.
//
// Every error is, or wraps, an *errcatalog.Error, whose code errors.Is matches:
//
//	if errors.Is(err, errcatalog.DF310) { … } // exists already
//
// An Engine and all of its methods are safe for concurrent use.
package engine
