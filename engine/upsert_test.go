package engine_test

import (
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/internal/testdb"
)

// A Plate has two keys beside the one that the database makes.
type Plate struct {
	dataflow.Model `df:"softdelete"`
	ID             int64
	Number         string `df:",unique"`
	Owner          string `df:",unique"`
	Seen           int
}

// What an upsert says of a record holds whatever was done to the record before: it
// was just inserted, deleted and inserted again, or updated over and over.
func TestUpsertTellsTheTruth(t *testing.T) {
	t.Parallel()
	databases(t, []any{Plate{}}, func(t *testing.T, db *engine.Engine) {
		m, ctx := db.Model("Plate"), t.Context()
		upsert := func(number, owner string, seen int, created bool) P {
			t.Helper()
			out := must(t)(m.Upsert(ctx, P{"where": P{"number": number}, "create": P{"owner": owner, "seen": seen}, "update": P{"seen": seen}}))
			record := out["record"].(map[string]any)
			if out["created"] != created || record["seen"] != int64(seen) {
				t.Errorf("the upsert of %s yields %v, want created %v", number, out, created)
			}
			return record
		}
		for round := range 3 {
			one := upsert("one", "ann", round*10, true)
			upsert("one", "ann", round*10+1, false)
			upsert("one", "bob", round*10+2, false)
			two := upsert("two", "bob", round, true)
			upsert("two", "bob", round, false)
			upsert("one", "ann", round, false)
			for _, r := range []P{one, two} {
				must(t)(m.Delete(ctx, P{"id": r["id"], "hard": round == 1}))
			}
		}
		// The record with the key is updated, though another has the owner that a new
		// one would have had.
		upsert("three", "cy", 1, true)
		upsert("four", "dee", 1, true)
		if r := upsert("three", "dee", 2, false); r["owner"] != "cy" {
			t.Errorf("the owner is %v", r["owner"])
		}
	})
}

// Two programs upsert the same records at the same moment, and delete some: each
// record that is there was created once more often than it was deleted.
func TestUpsertsOfTwoPrograms(t *testing.T) {
	t.Parallel()
	for name, dsn := range map[string]string{"file": "sqlite:" + filepath.Join(t.TempDir(), "app.db"), "postgres": testdb.Postgres(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const callers, records, times = 8, 3, 20
			var created, deleted atomic.Int64
			var wg sync.WaitGroup
			programs := []*engine.Engine{open(t, dsn, engine.WithModels(Plate{})), open(t, dsn, engine.WithModels(Plate{}))}
			for _, db := range programs {
				for range callers {
					wg.Go(func() {
						m := db.Model("Plate")
						for i := range records * times {
							number := fmt.Sprint("n", i%records)
							out, err := m.Upsert(t.Context(), P{"where": P{"number": number}, "create": P{"owner": number, "seen": 0}, "update": P{"seen": i}})
							if err != nil {
								t.Error(err)
								return
							}
							if out["created"] == true {
								created.Add(1)
							}
							if i%7 != 0 {
								continue
							}
							gone, err := m.Delete(t.Context(), P{"id": out["record"].(map[string]any)["id"]})
							if err != nil {
								t.Error(err)
								return
							}
							if gone["deleted"] == true {
								deleted.Add(1)
							}
						}
					})
				}
			}
			wg.Wait()
			left := must(t)(programs[0].Model("Plate").Count(t.Context(), nil))["count"].(int64)
			if c, d := created.Load(), deleted.Load(); c-d != left || d == 0 {
				t.Errorf("%d were created and %d deleted, which leaves %d; there are %d", c, d, c-d, left)
			}
		})
	}
}
