package engine_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/internal/testdb"
)

// A server that goes away under load, and comes back: every run is wholly there or
// wholly absent, each failure has a code, and the engine goes on by itself. Its
// retries carry most runs over the restart.
func TestServerRestarts(t *testing.T) {
	t.Parallel()
	for _, retries := range []int{0, engine.DefaultRetries} {
		t.Run(fmt.Sprintf("retries=%d", retries), func(t *testing.T) {
			t.Parallel()
			serverRestarts(t, retries)
		})
	}
}

func serverRestarts(t *testing.T, retries int) {
	server := testdb.Server(t)
	db := open(t, server.DSN(), trips, engine.WithPoolSize(4), engine.WithRetries(retries))
	run(t, db, trip(uuid.NewString()), nil)

	var mu sync.Mutex
	outcomes := map[string]error{}
	running, stop := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for running.Err() == nil {
				id := uuid.NewString()
				_, err := db.Run(t.Context(), trip(id))
				mu.Lock()
				outcomes[id] = err
				mu.Unlock()
				if err != nil {
					time.Sleep(time.Millisecond)
				}
			}
		})
	}
	for range often(2, 20) {
		time.Sleep(100 * time.Millisecond)
		if err := server.Restart(); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(50 * time.Millisecond)
	stop()
	wg.Wait()
	run(t, db, trip(uuid.NewString()), nil)
	wholeTrips(t, db)
	kept, lost := 0, 0
	for id, err := range outcomes {
		out, readErr := db.Model("Trip").Read(t.Context(), P{"id": id, "raise_on_not_found": false})
		if readErr != nil {
			t.Fatal(readErr)
		}
		there := out["found"] == true
		var coded *errcatalog.Error
		switch {
		case err == nil && !there:
			t.Errorf("the trip %s went well, and is not there", id)
		case err != nil && !errors.As(err, &coded):
			t.Errorf("an error without a code: %v", err)
		case err != nil && there && coded.Code != errcatalog.DF511:
			t.Errorf("the trip %s is there, though it failed: %v", id, err)
		case err == nil:
			kept++
		default:
			lost++
		}
	}
	t.Logf("%d went well, %d failed", kept, lost)
	if kept == 0 || retries == 0 && lost == 0 {
		t.Errorf("%d went well, %d failed: the restarts did not come under load", kept, lost)
	}
}

// Connections that broke while nobody used them are no failure of the next operation.
func TestRestartWhileIdle(t *testing.T) {
	t.Parallel()
	server := testdb.Server(t)
	db := open(t, server.DSN(), trips, engine.WithPoolSize(4))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() { run(t, db, trip(uuid.NewString()), nil) })
	}
	wg.Wait()
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	for i := range 8 {
		if _, err := db.Model("Trip").Count(t.Context(), nil); err != nil {
			t.Fatalf("operation %d after the restart: %v", i, err)
		}
	}
	run(t, db, trip(uuid.NewString()), nil)
}

// What finds no connection in time, since a transaction holds them all, ends with a
// code, and all is well once the transaction has ended.
func TestPoolExhausted(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, dsn string) {
		db := open(t, dsn, trips, engine.WithPoolSize(1))
		run(t, db, trip(uuid.NewString()), nil)
		held, release, done := make(chan struct{}), make(chan struct{}), make(chan error)
		go func() {
			wf := dataflow.NewWorkflow("holder").AddTransaction("tx", func(tx *dataflow.Workflow) {
				tx.AddNode("TripCreateNode", "trip", P{"id": "held", "done": false})
				tx.AddFunc("hold", func(context.Context, dataflow.Params) (dataflow.Params, error) {
					close(held)
					<-release
					return nil, nil
				})
				tx.AddDependency("trip", "hold")
			})
			_, err := db.Run(t.Context(), wf)
			done <- err
		}()
		<-held
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		_, err := db.Model("Trip").Create(ctx, P{"id": "waits", "done": true})
		want(t, err, errcatalog.DF505)
		_, err = db.Run(ctx, trip("waits too"))
		want(t, err, errcatalog.DF505)
		close(release)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		must(t)(db.Model("Trip").Create(t.Context(), P{"id": "waits", "done": true}))
		if out := must(t)(db.Model("Trip").Read(t.Context(), P{"id": "waits too", "raise_on_not_found": false})); out["found"] != false {
			t.Errorf("the run that got no connection wrote %v", out)
		}
	})
}

// A statement that takes too long is ended by the server's doing too: nothing of its
// transaction stays, and its connection serves again.
func TestStatementTimeoutOnALock(t *testing.T) {
	t.Parallel()
	dsn := testdb.Postgres(t)
	db := open(t, dsn, trips, engine.WithPoolSize(1), engine.WithStatementTimeout(200*time.Millisecond))
	run(t, db, trip("locked"), nil)
	other, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close(context.Background()) }()
	for _, s := range []string{"BEGIN", "SELECT 1 FROM trips WHERE id = 'locked' FOR UPDATE"} {
		if _, err := other.Exec(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	_, err = db.Model("Trip").Update(t.Context(), P{"filter": P{"id": "locked"}, "fields": P{"done": false}})
	want(t, err, errcatalog.DF505)
	wf := dataflow.NewWorkflow("w").AddTransaction("tx", func(tx *dataflow.Workflow) {
		tx.AddNode("TripCreateNode", "create", P{"id": "half", "done": false})
		tx.AddNode("TripUpdateNode", "wait", P{"filter": P{"id": "locked"}, "fields": P{"done": false}})
		tx.AddDependency("create", "wait")
	})
	run(t, db, wf, errcatalog.DF505)
	if _, err := other.Exec(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		run(t, db, trip(fmt.Sprint("after ", i)), nil)
	}
	if n := wholeTrips(t, db); n != 4 {
		t.Errorf("%d trips, want 4", n)
	}
}
