package engine_test

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
)

type (
	Shelf struct {
		dataflow.Model `df:"unique=room+number,index=room+label"`
		ID             int64
		Room           string
		Number         int
		Label          string `df:",default=''"`
	}
	Paper struct {
		dataflow.Model
		ID    int64
		Shelf int64  `df:",ref=Shelf.id,ondelete=restrict"`
		Spare *int64 `df:",ref=Shelf.id,ondelete=set null"`
		Home  *int64 `df:",ref=Shelf.id,ondelete=cascade"`
	}
)

// Keys of several columns that are declared on the embedded Model are keys like any
// other: to break, to read, update and delete by, and to upsert on.
func TestKeysDeclaredOnTheModel(t *testing.T) {
	t.Parallel()
	databases(t, []any{Shelf{}}, func(t *testing.T, db *engine.Engine) {
		m, ctx := db.Model("Shelf"), t.Context()
		key := P{"room": "a", "number": 1}
		must(t)(m.Create(ctx, P{"room": "a", "number": 1}))
		must(t)(m.Create(ctx, P{"room": "a", "number": 2}))
		want(t, errOf(m.Create(ctx, P{"room": "a", "number": 1})), errcatalog.DF310)
		out := must(t)(m.Upsert(ctx, P{"where": key, "create": P{"label": "new"}, "update": P{"label": "upserted"}}))
		is(t, out["created"], false)
		out = must(t)(m.BulkUpsert(ctx, P{"data": []P{{"room": "a", "number": 1, "label": "bulk"}, {"room": "a", "number": 3}}, "conflict_on": []string{"number", "room"}}))
		is(t, fmt.Sprint(out["created"], out["updated"]), "1 1")
		is(t, must(t)(m.Read(ctx, P{"filter": key}))["label"], "bulk")
		is(t, must(t)(m.Update(ctx, P{"filter": key, "fields": P{"label": "x"}}))["updated"], true)
		is(t, must(t)(m.Delete(ctx, P{"filter": key}))["deleted"], true)
		want(t, errOf(m.Read(ctx, P{"filter": P{"room": "a"}})), errcatalog.DF702) // half a key
		is(t, must(t)(m.Count(ctx, nil))["count"], int64(2))
	})
}

// What becomes of records when what they refer to is deleted is what the tag says.
func TestReferences(t *testing.T) {
	t.Parallel()
	databases(t, []any{Paper{}, Shelf{}}, func(t *testing.T, db *engine.Engine) {
		shelves, papers, ctx := db.Model("Shelf"), db.Model("Paper"), t.Context()
		for i := range 4 {
			must(t)(shelves.Create(ctx, P{"id": i + 1, "room": "a", "number": i}))
		}
		must(t)(papers.Create(ctx, P{"id": 1, "shelf": 1, "spare": 2, "home": 3}))
		want(t, errOf(papers.Create(ctx, P{"id": 2, "shelf": 1, "spare": 9})), errcatalog.DF305)
		want(t, errOf(papers.Update(ctx, P{"filter": P{"id": 1}, "fields": P{"shelf": 9}})), errcatalog.DF305)
		want(t, errOf(papers.BulkCreate(ctx, P{"data": []P{{"shelf": 1}, {"shelf": 9}}})), errcatalog.DF305)
		want(t, errOf(papers.BulkUpsert(ctx, P{"data": []P{{"id": 1, "shelf": 9}}})), errcatalog.DF305)
		want(t, errOf(shelves.Delete(ctx, P{"id": 1})), errcatalog.DF305)
		want(t, errOf(shelves.BulkDelete(ctx, P{"ids": []int{1, 4}})), errcatalog.DF305)
		must(t)(shelves.Delete(ctx, P{"id": 2}))
		if r := must(t)(papers.Read(ctx, P{"id": 1})); r["spare"] != nil || r["home"] != int64(3) {
			t.Errorf("the paper is %v", r)
		}
		must(t)(shelves.Delete(ctx, P{"id": 3}))
		is(t, must(t)(papers.Count(ctx, nil))["count"], int64(0))
		is(t, must(t)(shelves.Count(ctx, nil))["count"], int64(2))
	})
}

// Of many who change the version that they all read, one does, and the others are
// told that they come late.
func TestVersionsAtTheSameMoment(t *testing.T) {
	t.Parallel()
	databases(t, []any{Seat{}}, func(t *testing.T, db *engine.Engine) {
		m := db.Model("Seat")
		must(t)(m.Create(t.Context(), P{"id": 1, "room": "a", "number": 1, "holder": ""}))
		for round := range 5 {
			var won, late atomic.Int64
			var wg sync.WaitGroup
			for w := range 16 {
				wg.Go(func() {
					_, err := m.Update(t.Context(), P{"filter": P{"id": 1}, "fields": P{"holder": fmt.Sprint(w)}, "version": round + 1})
					switch {
					case err == nil:
						won.Add(1)
					case errors.Is(err, errcatalog.DF514):
						late.Add(1)
					default:
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if won.Load() != 1 || late.Load() != 15 {
				t.Errorf("round %d: %d changed it, %d came late", round, won.Load(), late.Load())
			}
		}
	})
}

// Pages that are read by cursor have each record that was there all along once,
// whatever comes and goes in between.
func TestPagesWhileRecordsComeAndGo(t *testing.T) {
	t.Parallel()
	databases(t, []any{Shelf{}}, func(t *testing.T, db *engine.Engine) {
		m, ctx := db.Model("Shelf"), t.Context()
		for i := range 40 {
			must(t)(m.Create(ctx, P{"id": 10 * i, "room": "a", "number": 10 * i, "label": []string{"x", "y"}[i%2]}))
		}
		seen := map[any]int{}
		p := P{"order_by": []string{"-label", "number"}, "limit": 3}
		for page := range 40 {
			out := must(t)(m.List(ctx, p))
			for _, r := range out["records"].([]map[string]any) {
				seen[r["id"]]++
			}
			if p["cursor"] = out["next_cursor"]; p["cursor"] == nil {
				break
			}
			must(t)(m.Create(ctx, P{"id": 10*page + 1, "room": "b", "number": 10*page + 1, "label": "y"}))
			must(t)(m.Delete(ctx, P{"id": 10*page - 9})) // one that came before
		}
		for i := range 40 {
			if n := seen[int64(10*i)]; n != 1 {
				t.Errorf("the record %d was seen %d times", 10*i, n)
			}
		}
		for id, n := range seen {
			if n > 1 {
				t.Errorf("the record %v was seen %d times", id, n)
			}
		}
	})
}
