package engine

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/dataflow-go/dataflow"
)

type cached struct {
	dataflow.Model
	ID string
}

func openCached(t testing.TB) *Engine {
	t.Helper()
	e, err := Open(t.Context(), "sqlite::memory:", WithModels(cached{}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := e.ensure(t.Context(), e.Models().Model("cached")); err != nil {
		t.Fatal(err)
	}
	return e
}

func TestCacheHitAllocatesNothing(t *testing.T) {
	e := openCached(t)
	m, ctx := e.models.Load().byName["cached"], t.Context()
	if n := testing.AllocsPerRun(100, func() {
		if err := e.ensureTable(ctx, m); err != nil {
			t.Error(err)
		}
	}); n != 0 {
		t.Errorf("a hit allocates %v times", n)
	}
}

// An entry is trusted for its TTL from when the table was seen, however often it is
// used, and then looked at again.
func TestTTL(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db, err := Open(t.Context(), "sqlite::memory:", WithModels(cached{}),
			WithSchemaCache(SchemaCacheConfig{Enabled: true, TTL: time.Minute}))
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		}()
		for i, step := range []struct {
			wait   time.Duration
			misses uint64
		}{{0, 1}, {0, 1}, {40 * time.Second, 1}, {19 * time.Second, 1}, {time.Second, 2}, {59 * time.Second, 2}, {24 * time.Hour, 3}} {
			time.Sleep(step.wait)
			was := db.cache.IsTableEnsured("cached")
			if _, err := db.Model("cached").Count(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			if m := db.cache.Metrics(); m.Misses != step.misses || m.Hits != uint64(i+1)-step.misses {
				t.Errorf("step %d: %+v; want %d misses", i, m, step.misses)
			}
			if trusted := i > 0 && i != 4 && i != 6; was != trusted {
				t.Errorf("step %d: IsTableEnsured was %v", i, was)
			}
		}
	})
}

func BenchmarkCacheHit(b *testing.B) {
	e := openCached(b)
	m, ctx := e.models.Load().byName["cached"], b.Context()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := e.ensureTable(ctx, m); err != nil {
				b.Error(err)
			}
		}
	})
}
