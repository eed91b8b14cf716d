// Package engine runs workflows and single operations on a database.
//
// Open connects to one and registers models. Run checks a workflow by the same
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
// Read nodes of one model that are told by primary key, and that could run at the same
// moment, share a statement, which each of them lists as its own; each still has its
// own record, or its own error.
//
// (*Engine).Model runs single operations without a workflow, with the parameters
// and outputs of the nodes; Repo does so with structs.
//
// The first operation on a model makes its table, or adds the columns and indexes
// that the table lacks; no column or record is ever dropped or changed by itself.
// What was seen is remembered in the schema cache. Programs that would rather
// migrate at a moment of their own open with WithAutoMigrate(false) and call
// (*Engine).Migrate, or ApplyMigrationFiles.
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
// # PostgreSQL
//
// A URL as libpq has it, postgres://user:password@host:5432/shop?sslmode=verify-full,
// opens PostgreSQL 13 or later by pgx. Lists of bool, integers, floats, text, bytes,
// times, UUIDs and decimals are columns of PostgreSQL's own array types; every other
// list, and every map, is jsonb. Operations and transactions that the server rolls back because they
// collided with others are done again where that is safe (WithRetries). Text with a
// NUL, which no text of PostgreSQL holds, is refused with DF-103. A connection that
// is lost before anything was kept is no failure either: the work is done again on
// another one.
//
// # Time limits
//
// WithTimeout bounds a run, WithNodeTimeout each of its nodes, WithStatementTimeout
// each operation of an engine; the context that a call is given bounds all of it.
// Whichever comes first ends the work with DF-505 and undoes what is not committed.
// Who waits for a connection that others hold is told so after half a minute, with
// DF-507.
//
// # Watching
//
// A run is watched by an Observer; the engine by OpenTelemetry (WithTracerProvider,
// WithMeterProvider) and log/slog (WithLogger). None of them is told a value, and
// what is not asked for costs nothing.
//
// # Errors
//
// Every error is, or wraps, an *errcatalog.Error, whose code errors.Is matches:
//
//	if errors.Is(err, errcatalog.DF310) { … } // exists already
//
// A cancelled context is DF-509 and a deadline DF-505; both wrap the context's error.
//
// An Engine and all of its methods are safe for concurrent use.
package engine
