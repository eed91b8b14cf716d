// Package engine runs workflows and single operations on a database.
//
// Open connects and registers models; Run runs a workflow; Model gives the same
// operations without one:
//
//	db, err := engine.Open(ctx, "sqlite:app.db", engine.WithModels(User{}, Order{}))
//	if err != nil { … }
//	defer db.Close()
//
//	res, err := db.Run(ctx, Signup(), engine.WithInputs(dataflow.Params{"email": "a@example.com"}))
//	user, err := db.Model("User").Read(ctx, dataflow.Params{"id": "user-123"})
//
// The first operation on a model makes its table, or adds the columns and indexes
// that the table lacks; nothing is ever dropped or changed by itself. What was
// seen is remembered in the schema cache.
//
// # Values
//
// Outputs hold bool, int64 (uint64 only above its range), float64, string, []byte,
// time.Time in UTC to the microsecond, uuid.UUID, decimal.Decimal, typed slices of
// these for array columns, and for JSON columns what encoding/json decodes, with
// whole numbers as int64. Null is nil. Every write returns the record as the
// database holds it.
//
// # SQLite
//
// A file is opened in WAL mode with synchronous=NORMAL: a crash of the program
// loses nothing, a loss of power may lose the last commits, and neither damages
// the file. One connection writes, several read beside it. "sqlite::memory:" is a
// database of its own for each engine, on one connection: an operation outside a
// transaction waits while one is open.
//
// # Errors
//
// Every error is, or wraps, an *errcatalog.Error. A cancelled context is DF-509
// and a deadline DF-505, which wrap the context's error.
package engine
