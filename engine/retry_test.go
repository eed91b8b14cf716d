package engine_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/internal/testdb"
)

// crossing is a transaction that changes one seat and then another.
func crossing(first, second int, f func()) *dataflow.Workflow {
	change := func(id int) P { return P{"filter": P{"id": id}, "fields": P{"holder": fmt.Sprint("after ", first)}} }
	return dataflow.NewWorkflow("crossing").AddTransaction("tx", func(tx *dataflow.Workflow) {
		tx.AddNode("SeatUpdateNode", "first", change(first))
		tx.AddNode("SeatUpdateNode", "second", change(second)).AddDependency("first", "second")
		if f != nil {
			tx.AddFunc("f", func(context.Context, P) (P, error) { f(); return nil, nil }).AddDependency("f", "first")
		}
	})
}

// A meeting holds runs back until the first node of each of two has ended.
type meeting struct {
	once *sync.Once
	both *sync.WaitGroup
}

func (meeting) NodeStarted(engine.NodeEvent) {}

func (m meeting) NodeEnded(e engine.NodeEvent) {
	if e.Node == "first" {
		m.once.Do(func() { m.both.Done(); m.both.Wait() })
	}
}

// deadlock has two transactions change the same two seats in opposite orders.
func deadlock(t *testing.T, db *engine.Engine, f func()) (results [2]*engine.Result, errs [2]error) {
	t.Helper()
	var both, done sync.WaitGroup
	both.Add(2)
	for i, order := range [][2]int{{1, 2}, {2, 1}} {
		done.Go(func() {
			results[i], errs[i] = db.Run(t.Context(), crossing(order[0], order[1], f), engine.WithObserver(meeting{&sync.Once{}, &both}))
		})
	}
	done.Wait()
	return results, errs
}

// Of transactions that wait for each other PostgreSQL ends one. It is done again,
// unless it calls a function, of which nobody knows what it did; when it is not, all
// of it is undone and the error says why.
func TestDeadlocks(t *testing.T) {
	t.Parallel()
	open := func(t *testing.T, opts ...engine.Option) *engine.Engine {
		db := open(t, testdb.Postgres(t), append(opts, engine.WithModels(Seat{}))...)
		must(t)(db.Model("Seat").BulkCreate(t.Context(), P{"data": []P{{"id": 1, "room": "a", "number": 1, "holder": ""}, {"id": 2, "room": "a", "number": 2, "holder": ""}}}))
		return db
	}
	versions := func(t *testing.T, db *engine.Engine) (v [2]int64) {
		for i := range v {
			v[i] = must(t)(db.Model("Seat").Read(t.Context(), P{"id": i + 1}))["version"].(int64)
		}
		return v
	}
	t.Run("done again", func(t *testing.T) {
		t.Parallel()
		db := open(t)
		results, errs := deadlock(t, db, nil)
		attempts := 0
		for i, res := range results {
			if errs[i] != nil {
				t.Error(errs[i])
			}
			if len(res.Nodes) != 2 || len(res.Outputs) != 2 {
				t.Errorf("run %d tells of %d nodes and %d outputs", i, len(res.Nodes), len(res.Outputs))
			}
			attempts += res.Nodes[0].Attempts
		}
		// More, when what is done again takes its seat before the other has woken up.
		if attempts < 3 {
			t.Errorf("the transactions were begun %d times, want 3 or more", attempts)
		}
		if v := versions(t, db); v != [2]int64{3, 3} {
			t.Errorf("the seats were changed to versions %v", v)
		}
	})
	for name, c := range map[string]struct {
		retries int
		f       bool
	}{"no retries": {0, false}, "with a function": {engine.DefaultRetries, true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := open(t, engine.WithRetries(c.retries))
			var calls atomic.Int64
			f := func() { calls.Add(1) }
			if !c.f {
				f = nil
			}
			_, errs := deadlock(t, db, f)
			if (errs[0] == nil) == (errs[1] == nil) {
				t.Fatalf("%v and %v, want one error", errs[0], errs[1])
			}
			want(t, errors.Join(errs[0], errs[1]), errcatalog.DF510)
			if v := versions(t, db); v != [2]int64{2, 2} {
				t.Errorf("the seats were changed to versions %v", v)
			}
			if n := calls.Load(); c.f && n != 2 {
				t.Errorf("the functions were called %d times", n)
			}
		})
	}
}

// Where transactions see one moment, those that come second are done again: no
// change is lost.
func TestSerializationFailures(t *testing.T) {
	t.Parallel()
	dsn := testdb.Postgres(t)
	dsn += [...]string{"?", "&"}[strings.Count(dsn, "?")] + "default_transaction_isolation=repeatable%20read"
	db := open(t, dsn, engine.WithModels(Seat{}), engine.WithPoolSize(4), engine.WithRetries(1000))
	must(t)(db.Model("Seat").Create(t.Context(), P{"id": 1, "room": "a", "number": 1, "holder": ""}))
	wf := dataflow.NewWorkflow("w").AddTransaction("tx", func(tx *dataflow.Workflow) {
		tx.AddNode("SeatCountNode", "look", nil) // from here on it sees this moment
		tx.AddNode("SeatUpdateNode", "change", P{"filter": P{"id": 1}, "fields": P{"holder": "x"}}).AddDependency("look", "change")
	})
	const workers, times = 4, 10
	var again atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for range times {
				res, err := db.Run(t.Context(), wf)
				if err != nil {
					t.Error(err)
					return
				}
				again.Add(int64(res.Nodes[0].Attempts - 1))
				if _, err := db.Model("Seat").Update(t.Context(), P{"filter": P{"id": 1}, "fields": P{"holder": "y"}}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if v := must(t)(db.Model("Seat").Read(t.Context(), P{"id": 1}))["version"]; v != int64(1+2*workers*times) {
		t.Errorf("version %v after %d changes", v, 2*workers*times)
	}
	t.Logf("%d transactions were done again", again.Load())
}

// A file in which another program writes is waited for; when that does not end, the
// error says so, and nothing was done.
func TestAnotherProgramWrites(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "app.db")
	db := open(t, "sqlite:"+path, engine.WithModels(Seat{}), engine.WithRetries(1))
	other, err := sql.Open("sqlite", "file:"+path+"?_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close() }()
	create := func(id int) *dataflow.Workflow {
		return dataflow.NewWorkflow("w").AddTransaction("tx", func(tx *dataflow.Workflow) {
			tx.AddNode("SeatCreateNode", "it", P{"id": id, "room": "a", "number": id, "holder": ""})
		})
	}
	run(t, db, create(1), nil)
	tx, err := other.Begin()
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(200*time.Millisecond, func() { _ = tx.Rollback() })
	run(t, db, create(2), nil)

	if tx, err = other.Begin(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err = db.Run(ctx, create(3))
	want(t, err, errcatalog.DF505)
	run(t, db, create(4), errcatalog.DF510)
	if n := must(t)(db.Model("Seat").Count(t.Context(), nil))["count"]; n != int64(2) {
		t.Errorf("%v seats, want 2", n)
	}
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	run(t, db, create(5), nil)
}
