package engine

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/errcatalog"
)

// Who finds every connection in use is told so after half a minute, not never, and
// what waited then works again.
func TestPoolStaysExhausted(t *testing.T) {
	t.Parallel()
	for name, dsn := range map[string]string{"memory": "sqlite::memory:", "file": "sqlite:" + filepath.Join(t.TempDir(), "app.db")} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				db, err := Open(t.Context(), dsn, WithModels(cached{}))
				if err != nil {
					t.Fatal(err)
				}
				defer func() {
					if err := db.Close(); err != nil {
						t.Error(err)
					}
				}()
				create := func(id string) error {
					_, err := db.Model("cached").Create(t.Context(), dataflow.Params{"id": id})
					return err
				}
				held := make(chan struct{})
				wf := dataflow.NewWorkflow("holder").AddTransaction("tx", func(tx *dataflow.Workflow) {
					tx.AddNode("cachedCreateNode", "it", dataflow.Params{"id": "holder"})
					tx.AddFunc("hold", func(context.Context, dataflow.Params) (dataflow.Params, error) {
						close(held)
						time.Sleep(time.Hour)
						return nil, nil
					}).AddDependency("it", "hold")
				})
				done := make(chan error, 1)
				go func() {
					_, err := db.Run(t.Context(), wf)
					done <- err
				}()
				<-held
				started := time.Now()
				if err := create("a"); !errors.Is(err, errcatalog.DF507) {
					t.Errorf("%v, want DF-507", err)
				}
				if waited := time.Since(started); waited != lockWait {
					t.Errorf("it waited %v", waited)
				}
				other := dataflow.NewWorkflow("other").AddTransaction("tx", func(tx *dataflow.Workflow) {
					tx.AddNode("cachedCreateNode", "it", dataflow.Params{"id": "b"})
				})
				if _, err := db.Run(t.Context(), other); !errors.Is(err, errcatalog.DF507) {
					t.Errorf("%v, want DF-507", err)
				}
				if err := <-done; err != nil {
					t.Error(err)
				}
				if err := create("a"); err != nil {
					t.Errorf("afterwards: %v", err)
				}
				if n := records(t, db); n != int64(2) {
					t.Errorf("%v records, want 2", n)
				}
			})
		})
	}
}

// What nobody asked to watch costs no allocation.
func TestWatchingCostsNothingWhenOff(t *testing.T) { // not parallel: AllocsPerRun counts for all
	e := openCached(t)
	x := &operation{e: e, t: e.models.Load().byName["cached"]}
	r, ctx, args := &run{}, t.Context(), []any{"a"}
	started := time.Now()
	for name, f := range map[string]func(){
		"a run's span":       func() { _, s := e.config.tracer.workflow(ctx, "w", "id"); s.end(nil) },
		"a node's span":      func() { _, s := e.config.tracer.node(ctx, "n", "t"); s.end(errEnough) },
		"a statement's span": func() { _, s := e.config.tracer.statement(ctx, "SELECT 1"); s.end(nil) },
		"a statement's log":  func() { x.note(ctx, "SELECT 1", args) },
		"progress":           func() { x.done(1, 2) },
		"metrics":            func() { e.metrics.operation(ctx, x, started, nil); e.metrics.workflow(ctx, "w", started, nil) },
		"metrics of a node":  func() { e.metrics.node(ctx, "w", nil); e.metrics.retried(ctx) },
		"the schema cache":   func() { _ = e.ensureTable(ctx, x.t) },
		"an observer":        func() { r.observe(Observer.NodeEnded, NodeResult{}, started) },
	} {
		if n := testing.AllocsPerRun(100, f); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}
