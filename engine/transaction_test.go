package engine_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
)

func TestTransactionRollsBack(t *testing.T) {
	t.Parallel()
	type fn = func(context.Context, dataflow.Params) (dataflow.Params, error)
	for name, c := range map[string]struct {
		f    func(cancel func()) fn
		code errcatalog.Code
	}{
		"error": {func(func()) fn {
			return func(context.Context, dataflow.Params) (dataflow.Params, error) { return nil, errors.New("no") }
		}, errcatalog.DF501},
		"panic": {func(func()) fn {
			return func(context.Context, dataflow.Params) (dataflow.Params, error) { panic("no") }
		}, errcatalog.DF512},
		"cancellation": {func(cancel func()) fn {
			return func(ctx context.Context, _ dataflow.Params) (dataflow.Params, error) {
				cancel()
				return nil, nil
			}
		}, errcatalog.DF509},
	} {
		build := map[string]func(fn) (*dataflow.Workflow, []engine.RunOption){
			"block": func(f fn) (*dataflow.Workflow, []engine.RunOption) {
				return dataflow.NewWorkflow("w").AddTransaction("tx", func(tx *dataflow.Workflow) {
					tx.AddNode("CustomerCreateNode", "create", customer("ann")).AddFunc("f", f).AddDependency("create", "f")
				}), nil
			},
			"nested": func(f fn) (*dataflow.Workflow, []engine.RunOption) {
				return dataflow.NewWorkflow("w").AddTransaction("tx", func(tx *dataflow.Workflow) {
					tx.AddNode("CustomerCreateNode", "create", customer("ann"))
					tx.AddTransaction("inner", func(in *dataflow.Workflow) {
						in.AddNode("CustomerCreateNode", "create2", customer("bob")).AddFunc("f", f).AddDependency("create2", "f")
					})
					tx.AddDependency("create", "f")
				}), nil
			},
			"whole run": func(f fn) (*dataflow.Workflow, []engine.RunOption) {
				return dataflow.NewWorkflow("w").AddNode("CustomerCreateNode", "create", customer("ann")).AddFunc("f", f).AddDependency("create", "f"),
					[]engine.RunOption{engine.WithTransaction()}
			},
		}
		for kind, build := range build {
			t.Run(name+" in a "+kind, func(t *testing.T) {
				t.Parallel()
				shops(t, func(t *testing.T, db *engine.Engine) {
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					wf, opts := build(c.f(cancel))
					res, err := db.Run(ctx, wf, opts...)
					wantCodes(t, err, c.code)
					if res.Outputs["create"]["id"] != "ann" {
						t.Errorf("create had not run: %v", res.Outputs)
					}
					if n := countOf(t, db, "Customer"); n != 0 {
						t.Errorf("%d rows stayed", n)
					}
				})
			})
		}
	}
}

func TestTransactionCommits(t *testing.T) {
	t.Parallel()
	shops(t, func(t *testing.T, db *engine.Engine) {
		wf := dataflow.NewWorkflow("w").AddTransaction("tx", func(tx *dataflow.Workflow) {
			tx.AddNode("CustomerCreateNode", "ann", customer("ann"))
			tx.AddTransaction("inner", func(in *dataflow.Workflow) {
				in.AddNode("CustomerCreateNode", "bob", customer("bob")).AddDependency("ann", "bob")
			})
			tx.AddNode("CustomerListNode", "seen", nil).AddDependency("bob", "seen")
		}).AddNode("CustomerCountNode", "after", nil).AddDependency("ann", "after")
		res := mustRun(t, db, wf)
		if res.Outputs["seen"]["count"] != int64(2) || res.Outputs["after"]["count"] != int64(2) {
			t.Errorf("outputs: %v", res.Outputs)
		}
	})
}

// A block is one unit: what hangs on one of its nodes waits for the commit.
func TestBlockStartsWhenAllItNeedsIsDone(t *testing.T) {
	t.Parallel()
	shops(t, func(t *testing.T, db *engine.Engine) {
		watch := &recorder{}
		wf := dataflow.NewWorkflow("w").
			AddTransaction("tx", func(tx *dataflow.Workflow) {
				tx.AddNode("CustomerCreateNode", "ann", customer("ann")).AddNode("CustomerCreateNode", "bob", customer("bob"))
			}).
			AddNode("CustomerCountNode", "before", nil).AddDependency("before", "bob").
			AddNode("CustomerCountNode", "after", nil).AddDependency("ann", "after")
		res := mustRun(t, db, wf, engine.WithObserver(watch))
		want := []string{"start before", "succeeded before", "start ann", "succeeded ann", "start bob", "succeeded bob", "start after", "succeeded after"}
		if d := cmp.Diff(want, watch.events); d != "" {
			t.Error(d)
		}
		if res.Outputs["after"]["count"] != int64(2) {
			t.Errorf("after saw %v", res.Outputs["after"])
		}
	})
}

func TestBlocksThatWaitForEachOther(t *testing.T) {
	t.Parallel()
	shops(t, func(t *testing.T, db *engine.Engine) {
		wf := dataflow.NewWorkflow("w").
			AddTransaction("a", func(tx *dataflow.Workflow) {
				tx.AddNode("CustomerCountNode", "a1", nil).AddNode("CustomerCountNode", "a2", nil)
			}).
			AddTransaction("b", func(tx *dataflow.Workflow) {
				tx.AddNode("CustomerCountNode", "b1", nil).AddNode("CustomerCountNode", "b2", nil)
			}).
			AddDependency("a1", "b1").AddDependency("b2", "a2")
		_, err := db.Run(t.Context(), wf)
		wantCodes(t, err, errcatalog.DF801)
	})
}

func TestDryRunLeavesNothing(t *testing.T) {
	t.Parallel()
	shops(t, func(t *testing.T, db *engine.Engine) {
		wf := dataflow.NewWorkflow("w").
			AddNode("CustomerCreateNode", "create", customer("ann")).
			AddNode("CustomerCountNode", "count", nil).AddDependency("create", "count").
			AddFunc("nested", func(ctx context.Context, _ dataflow.Params) (dataflow.Params, error) {
				_, err := db.Run(ctx, dataflow.NewWorkflow("inner").AddNode("CustomerCreateNode", "create", customer("bob")))
				return nil, err
			}).
			AddFunc("direct", func(ctx context.Context, _ dataflow.Params) (dataflow.Params, error) {
				_, err := db.Model("Customer").Create(ctx, customer("cid"))
				return nil, err
			})
		res := mustRun(t, db, wf, engine.WithDryRun())
		if res.Outputs["count"]["count"] != int64(1) {
			t.Errorf("the run did not see its own write: %v", res.Outputs)
		}
		if n := countOf(t, db, "Customer"); n != 0 {
			t.Errorf("%d rows stayed", n)
		}
		// The same run can be done in earnest now.
		mustRun(t, db, wf)
		if n := countOf(t, db, "Customer"); n != 3 {
			t.Errorf("%d rows", n)
		}
	})
}

// A function that ends its goroutine, as a test's FailNow does, leaves no
// transaction open.
func TestGoexitInATransaction(t *testing.T) {
	t.Parallel()
	shops(t, func(t *testing.T, db *engine.Engine) {
		wf := dataflow.NewWorkflow("w").AddTransaction("tx", func(tx *dataflow.Workflow) {
			tx.AddNode("CustomerCreateNode", "create", customer("ann"))
			tx.AddFunc("f", func(context.Context, dataflow.Params) (dataflow.Params, error) {
				runtime.Goexit()
				return nil, nil
			}).AddDependency("create", "f")
		})
		_, err := db.Run(t.Context(), wf)
		wantCodes(t, err, errcatalog.DF501)
		if n := countOf(t, db, "Customer"); n != 0 {
			t.Errorf("%d rows stayed", n)
		}
	})
}

// What a function does with the engine is part of its transaction. A run that
// fails there is undone by itself, and the function may go on.
func TestRunInsideATransaction(t *testing.T) {
	t.Parallel()
	shops(t, func(t *testing.T, db *engine.Engine) {
		inner := dataflow.NewWorkflow("inner").AddNode("CustomerCreateNode", "bob", customer("bob")).
			AddNode("CustomerReadNode", "nobody", dataflow.Params{"id": "nobody"}).AddDependency("bob", "nobody")
		wf := dataflow.NewWorkflow("outer").AddTransaction("tx", func(tx *dataflow.Workflow) {
			tx.AddNode("CustomerCreateNode", "ann", customer("ann"))
			tx.AddFunc("try", func(ctx context.Context, _ dataflow.Params) (dataflow.Params, error) {
				_, err := db.Run(ctx, inner)
				if !errors.Is(err, errcatalog.DF703) {
					return nil, err
				}
				// A dry run inside leaves nothing in the transaction around it.
				dry := dataflow.NewWorkflow("dry").AddNode("CustomerCreateNode", "cid", customer("cid"))
				if _, err := db.Run(ctx, dry, engine.WithDryRun()); err != nil {
					return nil, err
				}
				res, err := db.Run(ctx, dataflow.NewWorkflow("seen").AddNode("CustomerCountNode", "n", nil))
				return res.Outputs["n"], err
			}).AddDependency("ann", "try")
		})
		res := mustRun(t, db, wf)
		if res.Outputs["try"]["count"] != int64(1) {
			t.Errorf("the function saw %v", res.Outputs["try"])
		}
		if n := countOf(t, db, "Customer"); n != 1 {
			t.Errorf("%d rows", n)
		}
	})
}

// The same outside a transaction: the run ends with an error and does not hang.
func TestGoexit(t *testing.T) {
	t.Parallel()
	shops(t, func(t *testing.T, db *engine.Engine) {
		_, err := db.Run(t.Context(), dataflow.NewWorkflow("w").AddFunc("f", func(context.Context, dataflow.Params) (dataflow.Params, error) {
			runtime.Goexit()
			return nil, nil
		}))
		wantCodes(t, err, errcatalog.DF501)
	})
}

// A run that waits for the writer of another ends when it is cancelled.
func TestCancelledWhileWaitingForATransaction(t *testing.T) {
	t.Parallel()
	shops(t, func(t *testing.T, db *engine.Engine) {
		wf := dataflow.NewWorkflow("w").AddTransaction("tx", func(tx *dataflow.Workflow) {
			tx.AddNode("CustomerCreateNode", "create", customer("ann"))
		})
		holding := dataflow.NewWorkflow("holding").AddFunc("f", func(ctx context.Context, _ dataflow.Params) (dataflow.Params, error) {
			// Not with ctx, which would make it part of this transaction.
			other, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
			defer cancel()
			res, err := db.Run(other, wf)
			if !errors.Is(err, errcatalog.DF505) || res.Nodes[0].Status != engine.Cancelled {
				t.Errorf("got %v, %v", res.Nodes, err)
			}
			return nil, nil
		})
		mustRun(t, db, holding, engine.WithTransaction())
	}, engine.WithPoolSize(1))
}

// A dry run leaves not even the tables that it needed, whatever becomes of it; the
// same run is then done in earnest, on the connection of the dry one.
func TestDryRunLeavesNoTable(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, dsn string) {
		old := func() any {
			type Author struct {
				dataflow.Model
				ID int64
			}
			return Author{}
		}
		must(t)(open(t, dsn, engine.WithModels(old())).Model("Author").Create(t.Context(), P{"id": 7}))
		type Author struct { // its table lacks a column and an index
			dataflow.Model
			ID   int64
			Name string `df:",default=nobody,unique"`
		}
		db := open(t, dsn, engine.WithModels(Author{}, Book{}, Team{}), engine.WithPoolSize(1))
		lacks := func() string {
			t.Helper()
			p, err := db.MigrationPlan(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return strings.Join(p.Statements(), "\n")
		}
		before := lacks()
		wf := func(fail bool) *dataflow.Workflow {
			return dataflow.NewWorkflow("w").
				AddNode("AuthorCreateNode", "author", P{"name": "Ada"}).
				AddNode("BookCreateNode", "book", P{"title": "Notes"}).AddConnection("author", "id", "book", "author_id").
				AddNode("BookListNode", "books", nil).AddDependency("book", "books").
				AddFunc("f", func(ctx context.Context, _ P) (P, error) { // uses a model that no node uses
					if _, err := db.Model("Team").Create(ctx, P{"name": "x"}); err != nil || !fail {
						return nil, err
					}
					return nil, errStop
				}).AddDependency("book", "f")
		}
		for range 2 {
			res := mustRun(t, db, wf(false), engine.WithDryRun())
			is(t, res.Outputs["books"]["count"], int64(1))
			run(t, db, wf(true), errStop, engine.WithDryRun())
			if now := lacks(); now != before {
				t.Fatalf("after dry runs the database lacks\n%s\nand before\n%s", now, before)
			}
		}
		if db.SchemaCache().IsTableEnsured("Book") {
			t.Error("the cache trusts a table that is gone")
		}
		mustRun(t, db, wf(false))
		run(t, db, wf(false), errcatalog.DF310)
		res := mustRun(t, db, dataflow.NewWorkflow("w").AddNode("AuthorCountNode", "authors", nil).AddNode("TeamCountNode", "teams", nil), engine.WithDryRun())
		is(t, res.Outputs["authors"]["count"], int64(2))
		is(t, res.Outputs["teams"]["count"], int64(1))
		is(t, lacks(), "")
	})
}
