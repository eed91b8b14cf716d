package engine_test

import (
	"fmt"
	"math"
	"path/filepath"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/internal/testdb"
)

// tells checks what a bulk upsert says of its rows.
func tells(t *testing.T, out P, ids []any, actions ...string) {
	t.Helper()
	if !reflect.DeepEqual(out["actions"], actions) || ids != nil && !reflect.DeepEqual(out["ids"], ids) {
		t.Errorf("the actions are %v of %v, want %v of %v", out["actions"], out["ids"], actions, ids)
	}
	created := int64(0)
	for _, a := range actions {
		if a == "created" {
			created++
		}
	}
	if n := int64(len(actions)); out["count"] != n || out["created"] != created || out["updated"] != n-created {
		t.Errorf("count %v, created %v, updated %v for %v", out["count"], out["created"], out["updated"], actions)
	}
}

// A bulk upsert tells of each row, in the order of data, which record it is of and
// whether it is new: whatever its key is, and when the key comes twice.
func TestBulkUpsertTellsOfEachRow(t *testing.T) {
	t.Parallel()
	databases(t, []any{Shelf{}, Guest{}, Plate{}}, func(t *testing.T, db *engine.Engine) {
		ctx := t.Context()
		shelves, place := db.Model("Shelf"), []string{"room", "number"}
		must(t)(shelves.BulkCreate(ctx, P{"data": []P{{"id": 7, "room": "a", "number": 1}, {"id": 9, "room": "a", "number": 2}}}))
		out := must(t)(shelves.BulkUpsert(ctx, P{"conflict_on": place, "data": []P{
			{"room": "a", "number": 3}, {"room": "a", "number": 2}, {"room": "a", "number": 3, "label": "twice"}, {"id": 70, "room": "a", "number": 1, "label": "x"}, {"room": "a", "number": 4},
		}}))
		made := out["ids"].([]any)
		tells(t, out, []any{made[0], int64(9), made[0], int64(7), made[4]}, "created", "updated", "updated", "updated", "created")
		for i, number := range map[int]int64{0: 3, 4: 4} {
			is(t, must(t)(shelves.Read(ctx, P{"id": made[i]}))["number"], number)
		}
		// Without its key no row is of a record that is there.
		out = must(t)(shelves.BulkUpsert(ctx, P{"data": []P{{"id": 7, "room": "b", "number": 1}, {"room": "b", "number": 2}, {"room": "b", "number": 3}}}))
		made = out["ids"].([]any)
		tells(t, out, []any{int64(7), made[1], made[2]}, "updated", "created", "created")
		is(t, must(t)(shelves.Read(ctx, P{"id": made[2]}))["number"], int64(3))

		guest := func(region, name string) map[string]any { return map[string]any{"region": region, "name": name} }
		must(t)(db.Model("Guest").Create(ctx, guest("north", "Ann")))
		out = must(t)(db.Model("Guest").BulkUpsert(ctx, P{"data": []P{guest("south", "Ann"), guest("north", "Ann"), guest("south", "Ann")}}))
		tells(t, out, []any{guest("south", "Ann"), guest("north", "Ann"), guest("south", "Ann")}, "created", "updated", "updated")

		// A deleted record has given up its unique key.
		plates := db.Model("Plate")
		old := must(t)(plates.Create(ctx, P{"number": "n", "owner": "ann", "seen": 0}))["id"]
		must(t)(plates.Delete(ctx, P{"id": old}))
		for _, action := range []string{"created", "updated"} {
			out = must(t)(plates.BulkUpsert(ctx, P{"conflict_on": []string{"number"}, "data": []P{{"number": "n", "owner": "bob", "seen": 1}}}))
			tells(t, out, nil, action)
			if out["ids"].([]any)[0] == old {
				t.Error("the deleted record was taken")
			}
		}
	})
}

// What a bulk upsert tells is what its rows come to one after the other, over many
// statements.
func TestBulkUpsertTellsInOrder(t *testing.T) {
	t.Parallel()
	databases(t, []any{Shelf{}}, func(t *testing.T, db *engine.Engine) {
		room := 0
		rapid.Check(t, func(rt *rapid.T) {
			room++
			key := P{"room": fmt.Sprint(room)}
			there := map[int]any{}
			for range rapid.IntRange(1, 3).Draw(rt, "calls") {
				var data []P
				for _, number := range rapid.SliceOfN(rapid.IntRange(0, 200), 1, rapid.SampledFrom([]int{5, 250}).Draw(rt, "rows")).Draw(rt, "numbers") {
					data = append(data, P{"room": key["room"], "number": number})
					if rapid.IntRange(0, 20).Draw(rt, "label") == 0 { // ends a statement
						data[len(data)-1]["label"] = "x"
					}
				}
				out, err := db.Model("Shelf").BulkUpsert(t.Context(), P{"data": data, "conflict_on": []string{"number", "room"}})
				if err != nil {
					rt.Fatal(err)
				}
				ids, actions := out["ids"].([]any), make([]string, len(data))
				for i, r := range data {
					number := r["number"].(int)
					if there[number] == nil {
						there[number], actions[i] = ids[i], "created"
					} else {
						actions[i] = "updated"
					}
					if ids[i] != there[number] {
						rt.Fatalf("row %d has the key %v, want %v", i, ids[i], there[number])
					}
				}
				if !slices.Equal(actions, out["actions"].([]string)) {
					rt.Fatalf("%v: the actions are %v, want %v", data, out["actions"], actions)
				}
				if n := howMany(actions, "created"); out["created"] != n || out["updated"] != int64(len(data))-n {
					rt.Fatalf("created %v, updated %v of %v", out["created"], out["updated"], actions)
				}
			}
			list, err := db.Model("Shelf").List(t.Context(), P{"filter": key, "fields": []string{"id", "number"}, "limit": 1000})
			if err != nil {
				rt.Fatal(err)
			}
			for _, r := range list["records"].([]map[string]any) {
				if number := int(r["number"].(int64)); there[number] != r["id"] {
					rt.Fatalf("the record %v has the key %v, want %v", number, r["id"], there[number])
				}
			}
		})
	})
}

func howMany(actions []string, action string) (n int64) {
	for _, a := range actions {
		n += int64(b2n(a == action))
	}
	return n
}

// Values that are equal are one key, in whatever form they come.
func TestBulkUpsertOnKeysOfAllTypes(t *testing.T) {
	t.Parallel()
	type Keyed struct {
		dataflow.Model
		ID int64
		S  *string          `df:",unique"`
		I  *int32           `df:",unique"`
		U  *uint64          `df:",unique"`
		F  *float64         `df:",unique"`
		B  *bool            `df:",unique"`
		T  *time.Time       `df:",unique"`
		G  *uuid.UUID       `df:",unique"`
		D  *decimal.Decimal `df:",unique"`
	}
	now := time.Now()
	one := uuid.New()
	databases(t, []any{Keyed{}}, func(t *testing.T, db *engine.Engine) {
		for column, values := range map[string][2]any{
			"s": {"a", "a"}, "i": {-3, int64(-3)}, "u": {uint64(math.MaxUint64), uint64(math.MaxUint64)}, "f": {0.0, math.Copysign(0, -1)}, "b": {true, true},
			"t": {now, now.UTC().Truncate(time.Microsecond)}, "g": {one, one.String()}, "d": {decimal.RequireFromString("1.50"), decimal.RequireFromString("1.5")},
		} {
			upsert := func(values ...any) P {
				var data []P
				for _, v := range values {
					data = append(data, P{column: v})
				}
				out, err := db.Model("Keyed").BulkUpsert(t.Context(), P{"data": data, "conflict_on": []string{column}})
				if err != nil {
					t.Fatalf("%s: %v", column, err)
				}
				return out
			}
			tells(t, upsert(values[0], values[1], nil), nil, "created", "updated", "created")
			tells(t, upsert(nil, values[1]), nil, "created", "updated")
		}
	})
}

// Whether keys are equal is for the table to say, which may be one made by hand.
func TestBulkUpsertByTheCollationOfTheTable(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "app.db")
	exec(t, path, "CREATE TABLE guests (region TEXT NOT NULL, name TEXT NOT NULL COLLATE NOCASE, visits INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (region, name))")
	guests := open(t, "sqlite:"+path, engine.WithModels(Guest{})).Model("Guest")
	guest := func(name string) map[string]any { return map[string]any{"region": "north", "name": name} }
	tells(t, must(t)(guests.BulkUpsert(t.Context(), P{"data": []any{guest("Ann"), guest("ben"), guest("BEN")}})),
		[]any{guest("Ann"), guest("ben"), guest("ben")}, "created", "created", "updated")
	tells(t, must(t)(guests.BulkUpsert(t.Context(), P{"data": []any{guest("cy"), guest("ann")}})), []any{guest("cy"), guest("Ann")}, "created", "updated")
}

// What a bulk upsert tells goes on to other nodes.
func TestBulkUpsertFeedsOtherNodes(t *testing.T) {
	t.Parallel()
	databases(t, []any{Shelf{}, Guest{}}, func(t *testing.T, db *engine.Engine) {
		wf := dataflow.NewWorkflow("w").
			AddNode("ShelfBulkUpsertNode", "shelves", P{"data": []P{{"room": "a", "number": 1}, {"room": "a", "number": 2}}, "conflict_on": []string{"room", "number"}}).
			AddNode("ShelfUpdateNode", "label", P{}).
			AddConnection("shelves", "ids.1", "label", "filter.id").
			AddConnection("shelves", "actions.1", "label", "fields.label").
			AddNode("ShelfCountNode", "both", P{}).
			AddConnection("shelves", "ids", "both", "filter.id.$in").
			AddNode("GuestBulkUpsertNode", "guests", P{"data": []P{{"region": "north", "name": "Ann"}}}).
			AddNode("GuestBulkDeleteNode", "gone", P{}).
			AddConnection("guests", "ids", "gone", "ids")
		for _, action := range []string{"created", "updated"} {
			res := mustRun(t, db, wf)
			is(t, res.Outputs["label"]["label"], action)
			is(t, res.Outputs["label"]["number"], int64(2))
			is(t, res.Outputs["both"]["count"], int64(2))
			is(t, res.Outputs["gone"]["count"], int64(1))
		}
	})
}

// Many upsert records in bulk at the same moment, in different orders, some of them
// the same: over all of their calls each record is told to be created once.
func TestBulkUpsertsAtTheSameMoment(t *testing.T) {
	t.Parallel()
	file := "sqlite:" + filepath.Join(t.TempDir(), "app.db")
	for name, dsn := range map[string]string{"memory": "sqlite::memory:", "file": file, "postgres": testdb.Postgres(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const writers, calls, rows, apart = 16, 4, 60, 4
			programs := []*engine.Engine{open(t, dsn, engine.WithModels(Seat{}))}
			if name != "memory" {
				programs = append(programs, open(t, dsn, engine.WithModels(Seat{})))
			}
			var wg sync.WaitGroup
			var mu sync.Mutex
			created, updated, ids := map[int]int{}, map[int]int{}, map[int]any{}
			for w := range writers {
				wg.Go(func() {
					for call := range calls {
						var data []P
						for i := range rows {
							data = append(data, P{"room": "b", "number": w*apart + call*rows/2 + i, "holder": fmt.Sprint(w)})
						}
						out, err := programs[w%len(programs)].Model("Seat").BulkUpsert(t.Context(), P{"data": data, "conflict_on": []string{"room", "number"}})
						if err != nil {
							t.Error(err)
							return
						}
						actions := out["actions"].([]string)
						tells(t, out, nil, actions...)
						mu.Lock()
						for i, r := range data {
							number, id := r["number"].(int), out["ids"].([]any)[i]
							created[number] += b2n(actions[i] == "created")
							updated[number] += b2n(actions[i] == "updated")
							if was, ok := ids[number]; ok && was != id {
								t.Errorf("the seat %d has the keys %v and %v", number, was, id)
							}
							ids[number] = id
						}
						mu.Unlock()
					}
				})
			}
			wg.Wait()
			list := must(t)(programs[0].Model("Seat").List(t.Context(), P{"limit": 10_000}))["records"].([]map[string]any)
			if len(list) != len(ids) {
				t.Errorf("there are %d records, %d were told of", len(list), len(ids))
			}
			for _, r := range list {
				number := int(r["number"].(int64))
				if created[number] != 1 || ids[number] != r["id"] || r["version"] != int64(1+updated[number]) {
					t.Errorf("the seat %d was created %d times and updated %d times as %v; it is %v", number, created[number], updated[number], ids[number], r)
				}
			}
		})
	}
}
