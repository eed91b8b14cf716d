package engine_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/internal/testdb"
)

// torture is the environment variable that asks for the long tests: `make torture`.
const torture = "DATAFLOW_TORTURE"

// often is how many times something is done: the second number under torture.
func often(usual, tortured int) int {
	if os.Getenv(torture) != "" {
		return tortured
	}
	return usual
}

type (
	Buyer struct {
		dataflow.Model
		ID     int64
		Email  string `df:",unique"`
		Region string `df:",unique=place"`
		Number int    `df:",unique=place"`
		Visits int    `df:",default=0"`
	}
	Purchase struct {
		dataflow.Model `df:"softdelete"`
		ID             int64
		BuyerID        int64 `df:",ref=Buyer.id"`
		Cents          int64
	}
)

func buyer(n int) P {
	return P{"email": fmt.Sprintf("b%d@example.com", n), "region": "north", "number": n}
}

var errStop = errors.New("stop")

// integrations are thirteen uses of a database in which a transaction could be left
// open, a connection kept, or a half-done write be seen by the next. Each works on
// buyers of its own number.
var integrations = []struct {
	name string
	run  func(t *testing.T, db *engine.Engine, n int)
}{
	{"upsert creates", func(t *testing.T, db *engine.Engine, n int) {
		out := must(t)(db.Model("Buyer").Upsert(t.Context(), P{"where": P{"email": buyer(n)["email"]}, "create": buyer(n)}))
		is(t, out["created"], true)
	}},
	{"upsert updates", func(t *testing.T, db *engine.Engine, n int) {
		must(t)(db.Model("Buyer").Create(t.Context(), buyer(n)))
		out := must(t)(db.Model("Buyer").Upsert(t.Context(), P{"where": P{"email": buyer(n)["email"]}, "create": buyer(n), "update": P{"visits": 1}}))
		is(t, out["created"], false)
	}},
	{"upsert on a composite key", func(t *testing.T, db *engine.Engine, n int) {
		for i, created := range []bool{true, false} {
			out := must(t)(db.Model("Buyer").Upsert(t.Context(), P{
				"where": P{"region": "north", "number": n}, "create": buyer(n), "update": P{"visits": i},
			}))
			is(t, out["created"], created)
		}
	}},
	{"bulk upsert", func(t *testing.T, db *engine.Engine, n int) {
		must(t)(db.Model("Buyer").Create(t.Context(), buyer(n)))
		second := buyer(n)
		second["email"], second["region"] = "second."+buyer(n)["email"].(string), "south"
		out := must(t)(db.Model("Buyer").BulkUpsert(t.Context(), P{"data": []P{buyer(n), second}, "conflict_on": []string{"email"}}))
		is(t, out["created"], int64(1))
		is(t, out["updated"], int64(1))
	}},
	{"count", func(t *testing.T, db *engine.Engine, n int) {
		must(t)(db.Model("Buyer").Create(t.Context(), buyer(n)))
		out := must(t)(db.Model("Buyer").Count(t.Context(), P{"filter": P{"number": n}}))
		is(t, out["count"], int64(1))
	}},
	{"a transaction that commits", func(t *testing.T, db *engine.Engine, n int) {
		run(t, db, purchase(n, nil), nil)
		bought(t, db, n, 1)
	}},
	{"a transaction that fails", func(t *testing.T, db *engine.Engine, n int) {
		run(t, db, purchase(n, func(context.Context) error { return errStop }), errStop)
		bought(t, db, n, 0)
	}},
	{"a transaction that panics", func(t *testing.T, db *engine.Engine, n int) {
		run(t, db, purchase(n, func(context.Context) error { panic("stop") }), errcatalog.DF512)
		bought(t, db, n, 0)
	}},
	{"a transaction that is cancelled", func(t *testing.T, db *engine.Engine, n int) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		_, err := db.Run(ctx, purchase(n, func(ctx context.Context) error { cancel(); <-ctx.Done(); return ctx.Err() }))
		want(t, err, errcatalog.DF509)
		bought(t, db, n, 0)
	}},
	{"a transaction out of time", func(t *testing.T, db *engine.Engine, n int) {
		run(t, db, purchase(n, func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }), errcatalog.DF505, engine.WithTimeout(20*time.Millisecond))
		bought(t, db, n, 0)
	}},
	{"a transaction that breaks a key", func(t *testing.T, db *engine.Engine, n int) {
		run(t, db, purchase(n, nil), nil)
		run(t, db, purchase(n, nil), errcatalog.DF310)
		bought(t, db, n, 1)
	}},
	{"a nested transaction", func(t *testing.T, db *engine.Engine, n int) {
		wf := dataflow.NewWorkflow("outer").AddTransaction("outer", func(tx *dataflow.Workflow) {
			other := buyer(n)
			other["email"], other["region"] = "outer."+buyer(n)["email"].(string), "south"
			tx.AddNode("BuyerCreateNode", "first", other)
			tx.AddTransaction("inner", func(in *dataflow.Workflow) {
				in.AddNode("BuyerCreateNode", "second", buyer(n))
				in.AddFunc("stop", func(context.Context, dataflow.Params) (dataflow.Params, error) { return nil, errStop })
				in.AddDependency("second", "stop")
			})
			tx.AddDependency("first", "second")
		})
		run(t, db, wf, errStop)
		out := must(t)(db.Model("Buyer").Count(t.Context(), P{"filter": P{"number": n}}))
		is(t, out["count"], int64(0))
	}},
	{"a dry run", func(t *testing.T, db *engine.Engine, n int) {
		run(t, db, purchase(n, nil), nil, engine.WithDryRun())
		bought(t, db, n, 0)
	}},
}

// purchase makes a buyer and a purchase in a transaction, and calls stop at its end.
func purchase(n int, stop func(context.Context) error) *dataflow.Workflow {
	return dataflow.NewWorkflow("purchase").AddTransaction("buy", func(tx *dataflow.Workflow) {
		tx.AddNode("BuyerCreateNode", "buyer", buyer(n))
		tx.AddNode("PurchaseCreateNode", "purchase", P{"cents": 100 + n})
		tx.AddConnection("buyer", "id", "purchase", "buyer_id")
		if stop != nil {
			tx.AddFunc("stop", func(ctx context.Context, _ dataflow.Params) (dataflow.Params, error) { return nil, stop(ctx) })
			tx.AddDependency("purchase", "stop")
		}
	})
}

func run(t *testing.T, db *engine.Engine, wf *dataflow.Workflow, wanted error, opts ...engine.RunOption) {
	t.Helper()
	if _, err := db.Run(t.Context(), wf, opts...); !errors.Is(err, wanted) {
		t.Fatalf("got error %v, want %v", err, wanted)
	}
}

// bought checks how many purchases of a buyer there are, and buyers as well.
func bought(t *testing.T, db *engine.Engine, n int, times int64) {
	t.Helper()
	out := must(t)(db.Model("Buyer").Count(t.Context(), P{"filter": P{"number": n}}))
	is(t, out["count"], times)
	out = must(t)(db.Model("Purchase").Count(t.Context(), P{"filter": P{"cents": 100 + n}}))
	is(t, out["count"], times)
}

func is(t *testing.T, got, want any) {
	t.Helper()
	if got != want {
		t.Fatalf("got %v, want %v", got, want)
	}
}

// In the system that this one comes from, ten of thirteen such tests failed when they
// ran one after the other in a process: transactions and connections were left behind.
func TestNothingIsLeftForTheNext(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, dsn string) {
		// One connection to write: whatever is left open holds up the next for good.
		db := open(t, dsn, engine.WithPoolSize(2), engine.WithModels(Buyer{}, Purchase{}))
		n := 0
		for range 100 {
			for _, c := range integrations {
				n++
				c.run(t, db, n)
				if t.Failed() {
					t.Fatalf("in %q", c.name)
				}
			}
		}
		idle(t, dsn)
	})
}

// idle checks on PostgreSQL that no connection is in a transaction.
func idle(t *testing.T, dsn string) {
	t.Helper()
	if !strings.HasPrefix(dsn, "postgres") {
		return
	}
	c, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(context.Background()) }()
	var open int
	err = c.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'").Scan(&open)
	if err != nil || open > 0 {
		t.Errorf("%d connections are in a transaction (%v)", open, err)
	}
}

// Many goroutines run workflows on one engine: all of them end as they should, and
// afterwards goroutines, connections and memory are where they were.
func TestManyWorkflowsAtOnce(t *testing.T) {
	for _, dsn := range []string{"sqlite:" + t.TempDir() + "/app.db", testdb.Postgres(t)} {
		t.Run(strings.SplitN(dsn, ":", 2)[0], func(t *testing.T) {
			goroutines := runtime.NumGoroutine()
			db, err := engine.Open(t.Context(), dsn, engine.WithModels(Buyer{}, Purchase{}), engine.WithPoolSize(8))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := db.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			const workers = 64
			each := often(8, 500)
			var start uint64
			var wg sync.WaitGroup
			for round, times := range []int{each / 4, each} {
				for w := range workers {
					wg.Go(func() {
						for i := range times {
							n := (round*workers+w)*1000 + i
							stop := func(context.Context) error { return errStop }
							var err error
							if i%2 == 0 {
								_, err = db.Run(t.Context(), purchase(n, nil))
							} else if _, err = db.Run(t.Context(), purchase(n, stop)); errors.Is(err, errStop) {
								err = nil
							}
							if err != nil {
								t.Errorf("worker %d, run %d: %v", w, i, err)
								return
							}
						}
					})
				}
				wg.Wait()
				if round == 0 {
					start = heap()
				}
			}
			grown := int64(heap()) - int64(start)
			t.Logf("%d workflows; the heap grew by %d KiB", workers*(each+each/4), grown/1024)
			if grown > 16<<20 {
				t.Errorf("the heap grew by %d MiB", grown>>20)
			}
			out := must(t)(db.Model("Purchase").Count(t.Context(), nil))
			kept := int64(workers * ((each/4+1)/2 + (each+1)/2))
			is(t, out["count"], kept)
			idle(t, dsn)
			if err := db.Close(); err != nil {
				t.Error(err)
			}
			for range 100 { // what is ending may take a moment
				if runtime.NumGoroutine() <= goroutines {
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
			t.Errorf("%d goroutines, %d at the start", runtime.NumGoroutine(), goroutines)
		})
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
