package engine

import (
	"testing"

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
	m, ctx := e.Models().Model("cached"), t.Context()
	if n := testing.AllocsPerRun(100, func() {
		if err := e.ensure(ctx, m); err != nil {
			t.Error(err)
		}
	}); n != 0 {
		t.Errorf("a hit allocates %v times", n)
	}
}

func BenchmarkCacheHit(b *testing.B) {
	e := openCached(b)
	m, ctx := e.Models().Model("cached"), b.Context()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := e.ensure(ctx, m); err != nil {
				b.Error(err)
			}
		}
	})
}
