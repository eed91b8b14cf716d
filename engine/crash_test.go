package engine_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	process "os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/engine"
)

// victim is the environment variable with the database on which this program is to
// run workflows until it is killed, instead of the tests.
const victim = "DATAFLOW_TEST_VICTIM"

func TestMain(m *testing.M) {
	if dsn := os.Getenv(victim); dsn != "" {
		fmt.Fprintln(os.Stderr, runUntilKilled(dsn))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

// A workflow of these is whole when it has one trip with three legs and two fares,
// and the trip says that it is done.
type (
	Trip struct {
		dataflow.Model
		ID   string
		Done bool
	}
	Leg struct {
		dataflow.Model
		ID     int64
		TripID string `df:",ref=Trip.id,index"`
	}
	Fare struct {
		dataflow.Model
		ID     uuid.UUID
		TripID string `df:",ref=Trip.id,index"`
	}
)

var trips = engine.WithModels(Trip{}, Leg{}, Fare{})

func trip(id string) *dataflow.Workflow {
	return dataflow.NewWorkflow("trip").AddTransaction("tx", func(tx *dataflow.Workflow) {
		tx.AddNode("TripCreateNode", "trip", P{"id": id, "done": false})
		tx.AddNode("LegCreateNode", "leg", P{"trip_id": id})
		tx.AddNode("LegBulkCreateNode", "legs", P{"data": []P{{"trip_id": id}, {"trip_id": id}}})
		tx.AddNode("FareBulkCreateNode", "fares", P{"data": []P{{"trip_id": id}, {"trip_id": id}}})
		tx.AddNode("TripUpdateNode", "done", P{"filter": P{"id": id}, "fields": P{"done": true}})
		for _, next := range [][2]string{{"trip", "leg"}, {"leg", "legs"}, {"legs", "fares"}, {"fares", "done"}} {
			tx.AddDependency(next[0], next[1])
		}
	})
}

// runUntilKilled runs trips from several goroutines, and says so after the first.
func runUntilKilled(dsn string) error {
	ctx := context.Background()
	db, err := engine.Open(ctx, dsn, trips)
	if err != nil {
		return err
	}
	if _, err := db.Run(ctx, trip(uuid.NewString())); err != nil {
		return err
	}
	errs := make(chan error)
	for range 4 {
		go func() {
			for {
				if _, err := db.Run(ctx, trip(uuid.NewString())); err != nil {
					errs <- err
					return
				}
			}
		}()
	}
	fmt.Println("running")
	return <-errs
}

// A program that is killed in the middle of its transactions leaves each of them
// wholly there or wholly absent, and the database opens and serves.
func TestKilled(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	eachDatabase(t, func(t *testing.T, dsn string) {
		total := int64(0)
		for range often(8, 200) {
			kill(t, self, dsn)
			alone(t, dsn)
			db, err := engine.Open(t.Context(), dsn, trips)
			if err != nil {
				t.Fatalf("after a kill: %v", err)
			}
			now := wholeTrips(t, db)
			if now < total {
				t.Fatalf("%d trips, where there were %d: what was committed is lost", now, total)
			}
			run(t, db, trip(uuid.NewString()), nil)
			total = now + 1
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}
		t.Logf("%d trips", total)
		if total <= int64(2*often(8, 200)) { // the first of each program, and those that this test made itself
			t.Error("the kills came before the work")
		}
	})
}

// kill starts a program that works on the database, and kills it a moment later.
func kill(t *testing.T, self, dsn string) {
	t.Helper()
	cmd := process.Command(self)
	cmd.Env = append(os.Environ(), victim+"="+dsn)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, readErr := bufio.NewReader(out).ReadString('\n')
	time.Sleep(rand.N(100 * time.Millisecond))
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed, which is an error
	if readErr != nil || line != "running\n" {
		t.Fatalf("the program did not run: %q, %v", line, readErr)
	}
}

// alone waits until PostgreSQL has noticed that a client is gone: it may yet commit
// what it was told to.
func alone(t *testing.T, dsn string) {
	t.Helper()
	if !strings.HasPrefix(dsn, "postgres") {
		return
	}
	c, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(context.Background()) }()
	for others := 1; others > 0; time.Sleep(time.Millisecond) {
		err := c.QueryRow(t.Context(), "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'").Scan(&others)
		if err != nil {
			t.Fatal(err)
		}
	}
}

// wholeTrips counts the trips, each of which must be whole.
func wholeTrips(t *testing.T, db *engine.Engine) int64 {
	t.Helper()
	count := func(model string, filter P) int64 {
		out, err := db.Model(model).Count(t.Context(), P{"filter": filter})
		if err != nil {
			t.Fatal(err)
		}
		return out["count"].(int64)
	}
	n := count("Trip", nil)
	if done, legs, fares := count("Trip", P{"done": true}), count("Leg", nil), count("Fare", nil); done != n || legs != 3*n || fares != 2*n {
		t.Fatalf("%d trips: %d done, %d legs, %d fares; want %d, %d, %d", n, done, legs, fares, n, 3*n, 2*n)
	}
	return n
}
