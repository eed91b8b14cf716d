package engine_test

import (
	"fmt"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"sync"
	"testing"
	"time"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/internal/testdb"
)

// peak is how much more memory than before is in use at some moment while f runs:
// what it holds, not what it has left for a collector that is in no hurry.
func peak(f func()) (bytes uint64) {
	defer debug.SetGCPercent(debug.SetGCPercent(10))
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	before := m.HeapInuse
	stop := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			runtime.ReadMemStats(&m)
			bytes = max(bytes, m.HeapInuse-min(before, m.HeapInuse))
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	})
	f()
	close(stop)
	wg.Wait()
	return bytes
}

// A hundred thousand rows, the caller's maps aside, take less than 64 MiB; fewer, as
// much less.
func TestBulkMemory(t *testing.T) { //nolint:paralleltest // others would be measured, too
	type Reading struct {
		dataflow.Model
		ID     int64
		Sensor string
		Value  float64
		Count  int64
		OK     bool
	}
	rows := often(20_000, 100_000)
	allowed := uint64(64<<20) * uint64(rows) / 100_000
	data := make([]P, rows)
	for i := range data {
		data[i] = P{"sensor": fmt.Sprint("sensor ", i), "value": float64(i) / 3, "count": i, "ok": i%2 == 0}
	}
	for _, dsn := range []string{"sqlite:" + filepath.Join(t.TempDir(), "app.db"), testdb.Postgres(t)} {
		db := open(t, dsn, engine.WithModels(Reading{}))
		m := db.Model("Reading")
		var ids []any
		var changed []P
		for _, op := range []struct {
			name string
			do   func()
		}{
			{"create", func() { ids = must(t)(m.BulkCreate(t.Context(), P{"data": data}))["ids"].([]any) }},
			{"upsert", func() { must(t)(m.BulkUpsert(t.Context(), P{"data": data})) }},
			{"upsert of what is there", func() { must(t)(m.BulkUpsert(t.Context(), P{"data": changed})) }},
			{"update", func() { must(t)(m.BulkUpdate(t.Context(), P{"data": changed})) }},
			{"delete", func() { must(t)(m.BulkDelete(t.Context(), P{"ids": ids})) }},
		} {
			switch op.name {
			case "upsert of what is there":
				changed = changes(ids)
				for _, r := range changed {
					r["sensor"], r["value"], r["ok"] = "sensor", 0.5, true
				}
			case "update":
				changed = changes(ids)
			}
			used := peak(op.do)
			t.Logf("%s: %s used %d MiB", dsn, op.name, used>>20)
			if used > allowed {
				t.Errorf("%s used %d MiB", op.name, used>>20)
			}
		}
	}
}

// changes are rows for BulkUpdate.
func changes(ids []any) []P {
	rows := make([]P, len(ids))
	for i, id := range ids {
		rows[i] = P{"id": id, "count": 1}
	}
	return rows
}
