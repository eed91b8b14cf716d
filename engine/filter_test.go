package engine_test

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
)

type Item struct {
	dataflow.Model
	ID    int
	Name  string
	Note  *string
	Price decimal.Decimal
	Big   uint64
	Score *float64
	Live  bool
	Made  time.Time
	Tags  []string
	Sizes []int
	Meta  map[string]any
}

func items(t *testing.T, db *engine.Engine) *engine.ModelHandle {
	t.Helper()
	m := db.Model("Item")
	day := func(d int) time.Time { return time.Date(2026, 1, d, 0, 0, 0, 0, time.UTC) }
	must(t)(m.BulkCreate(t.Context(), dataflow.Params{"data": []dataflow.Params{
		{"id": 1, "name": "Apple", "note": "100%", "price": "9.5", "big": 1, "score": 1.5, "live": true, "made": day(1), "tags": []string{"red", "fruit"}, "sizes": []int{1, 2},
			"meta": dataflow.Params{"color": "red", "dim": dataflow.Params{"w": 10}, "parts": []any{"a", "b"}, "ok": true, "none": nil}},
		{"id": 2, "name": "apple", "note": "a_b", "price": "10", "big": uint64(math.MaxUint64), "score": -2, "live": false, "made": day(2), "tags": []string{"green"}, "sizes": []int{},
			"meta": dataflow.Params{"color": "green", "dim": dataflow.Params{"w": 20}, "ok": false}},
		{"id": 3, "name": "Ärger", "price": "100.25", "big": uint64(math.MaxInt64), "live": true, "made": day(3), "tags": []string{}, "sizes": []int{2, 3}, "meta": dataflow.Params{}},
	}}))
	return m
}

func TestFilters(t *testing.T) {
	t.Parallel()
	type P = dataflow.Params
	cases := []struct {
		filter P
		ids    string
	}{
		{P{}, "1 2 3"},
		{P{"name": "apple"}, "2"},
		{P{"name": P{"$eq": "Apple"}}, "1"},
		{P{"name": P{"$ne": "Apple"}}, "2 3"},
		{P{"note": nil}, "3"},
		{P{"note": P{"$ne": nil}}, "1 2"},
		{P{"note": P{"$ne": "a_b"}}, "1 3"},
		{P{"note": P{"$null": true}}, "3"},
		{P{"note": P{"$null": false}}, "1 2"},
		{P{"note": P{"$exists": true}}, "1 2"},
		{P{"note": P{"$exists": false}}, "3"},
		{P{"id": P{"$gt": 1}}, "2 3"},
		{P{"id": P{"$gte": 2, "$lt": 3}}, "2"},
		{P{"id": P{"$lte": 2}}, "1 2"},
		{P{"price": P{"$gt": "9.9"}}, "2 3"},
		{P{"price": P{"$lt": "100.3", "$gte": "10.00"}}, "2 3"},
		{P{"price": "10.000"}, "2"},
		{P{"price": P{"$between": []any{"9.5", "10"}}}, "1 2"},
		{P{"big": P{"$gt": uint64(math.MaxInt64)}}, "2"},
		{P{"big": P{"$lte": uint64(math.MaxInt64)}}, "1 3"},
		{P{"big": uint64(math.MaxUint64)}, "2"},
		{P{"score": P{"$lt": 0}}, "2"},
		{P{"score": P{"$between": []float64{-2, 1.5}}}, "1 2"},
		{P{"live": true}, "1 3"},
		{P{"live": P{"$ne": true}}, "2"},
		{P{"made": P{"$gte": "2026-01-02T00:00:00Z"}}, "2 3"},
		{P{"made": time.Date(2026, 1, 1, 1, 0, 0, 0, time.FixedZone("", 3600))}, "1"},
		{P{"id": P{"$in": []int{1, 3, 9}}}, "1 3"},
		{P{"id": P{"$in": []int{}}}, ""},
		{P{"id": P{"$nin": []int{}}}, "1 2 3"},
		{P{"id": P{"$nin": []int{1}}}, "2 3"},
		{P{"note": P{"$in": []any{"100%", nil}}}, "1 3"},
		{P{"note": P{"$nin": []any{"100%"}}}, "2 3"},
		{P{"note": P{"$nin": []any{"100%", nil}}}, "2"},
		{P{"name": P{"$like": "%pple"}}, "1 2"},
		{P{"name": P{"$like": "A%"}}, "1"},
		{P{"name": P{"$like": "_pple"}}, "1 2"},
		{P{"name": P{"$like": "*"}}, ""},
		{P{"note": P{"$like": `%\%`}}, "1"},
		{P{"note": P{"$like": `a\_b`}}, "2"},
		{P{"note": P{"$like": `_`}}, ""},
		{P{"name": P{"$ilike": "APPLE"}}, "1 2"},
		{P{"name": P{"$ilike": "ä%"}}, "3"},
		{P{"note": P{"$ilike": `A\_B`}}, "2"},
		{P{"name": P{"$regex": "^[Aa]pp"}}, "1 2"},
		{P{"note": P{"$regex": `\d{3}`}}, "1"},
		{P{"name": P{"$contains": "ppl"}}, "1 2"},
		{P{"note": P{"$contains": "%"}}, "1"},
		{P{"tags": P{"$contains": "red"}}, "1"},
		{P{"tags": P{"$contains": "re"}}, ""},
		{P{"tags": P{"$overlap": []string{"red", "green", "none"}}}, "1 2"},
		{P{"tags": P{"$overlap": []string{}}}, ""},
		{P{"sizes": P{"$overlap": []int{1, 3}}}, "1 3"},
		{P{"tags": P{"$any": "red"}}, "1"},
		{P{"tags": P{"$any": P{"$like": "%re%"}}}, "1 2"},
		{P{"tags": P{"$any": P{"$ilike": "GREEN"}}}, "2"},
		{P{"tags": P{"$any": P{"$regex": "^f"}}}, "1"},
		{P{"tags": P{"$any": P{"$gt": "g", "$lt": "h"}}}, "2"},
		{P{"sizes": P{"$any": P{"$gt": 2}}}, "3"},
		{P{"sizes": P{"$any": P{"$in": []int{1, 9}}}}, "1"},
		{P{"sizes": P{"$any": P{"$between": []int{2, 2}}}}, "1 3"},
		{P{"$not": P{"sizes": P{"$any": P{"$ne": 2}}}}, "2"},
		{P{"tags": []string{"green"}}, "2"},
		{P{"tags": P{"$ne": []string{"green"}}}, "1 3"},
		{P{"sizes": P{"$contains": 2}}, "1 3"},
		{P{"meta.color": "red"}, "1"},
		{P{"meta.color": P{"$ne": "red"}}, "2 3"},
		{P{"meta.color": P{"$in": []any{"red", "green"}}}, "1 2"},
		{P{"meta.color": P{"$nin": []any{"red"}}}, "2 3"},
		{P{"meta.color": P{"$like": "g%"}}, "2"},
		{P{"meta.color": P{"$ilike": "GREEN"}}, "2"},
		{P{"meta.color": P{"$regex": "e+n$"}}, "2"},
		{P{"meta.color": P{"$contains": "ree"}}, "2"},
		{P{"meta.dim.w": P{"$gt": 10}}, "2"},
		{P{"meta.dim.w": P{"$between": []int{10, 20}}}, "1 2"},
		{P{"meta.dim": P{"w": 20}}, "2"},
		{P{"meta.parts.1": "b"}, "1"},
		{P{"meta.parts": P{"$contains": "a"}}, "1"},
		{P{"meta.ok": true}, "1"},
		{P{"meta.ok": P{"$ne": true}}, "2 3"},
		{P{"meta.ok": 1}, ""},
		{P{"meta.none": P{"$exists": true}}, "1"},
		{P{"meta.none": P{"$null": true}}, "1 2 3"},
		{P{"meta.color": P{"$exists": false}}, "3"},
		{P{"meta": P{}}, "3"},
		{P{"$and": []any{P{"live": true}, P{"id": P{"$gt": 1}}}}, "3"},
		{P{"$or": []any{P{"id": 1}, P{"name": "apple"}}}, "1 2"},
		{P{"$or": []P{{"id": 1}, {"id": 2}}, "live": false}, "2"},
		{P{"$not": P{"score": P{"$gt": 0}}}, "2 3"},
		{P{"$not": P{"id": 1, "live": true}}, "2 3"},
		{P{"$not": P{"$or": []any{P{"id": 1}, P{"$not": P{"live": true}}}}}, "3"},
	}
	databases(t, []any{Item{}}, func(t *testing.T, db *engine.Engine) {
		m := items(t, db)
		for _, c := range cases {
			r := must(t)(m.List(t.Context(), P{"filter": c.filter}))
			var ids []string
			for _, rec := range r["records"].([]map[string]any) {
				ids = append(ids, fmt.Sprint(rec["id"]))
			}
			if got := strings.Join(ids, " "); got != c.ids {
				t.Errorf("%v finds %q, want %q", c.filter, got, c.ids)
			}
			if n := must(t)(m.Count(t.Context(), P{"filter": c.filter}))["count"]; n != r["count"] {
				t.Errorf("%v: count %v, list %v", c.filter, n, r["count"])
			}
		}
	})
}

// Lists of each type are looked into alike.
func TestFiltersOnLists(t *testing.T) {
	t.Parallel()
	at := func(day int) time.Time { return time.Date(2026, 1, day, 0, 0, 0, 1000, time.UTC) }
	id := func(b byte) uuid.UUID { return uuid.UUID{b} }
	lists := map[string][3]any{ // by column: an element, a greater one, and one that no record has
		"bs": {false, true, nil}, "is": {-1, 2, 9}, "fs": {-0.5, 2.5, 9.0}, "ss": {"A", "b,\"{}'\\", "z"},
		"ts": {at(1), at(2), at(9)}, "uids": {id(1), id(200), id(9)}, "decs": {"-0.50", "10", "9"}, "u64s": {uint64(1), uint64(math.MaxUint64), uint64(9)},
	}
	databases(t, []any{Everything{}}, func(t *testing.T, db *engine.Engine) {
		m := db.Model("Everything")
		rows := []P{{"id": "none"}, {"id": "low"}, {"id": "high"}, {"id": "both"}}
		for column, e := range lists {
			rows[1][column], rows[2][column], rows[3][column] = []any{e[0]}, []any{e[1]}, []any{e[1], e[0], e[1]}
		}
		must(t)(m.BulkCreate(t.Context(), P{"data": rows}))
		for column, e := range lists {
			for _, c := range []struct {
				condition any
				ids       string
			}{
				{P{"$contains": e[0]}, "both low"}, {P{"$contains": e[1]}, "both high"},
				{P{"$overlap": []any{e[0], e[1]}}, "both high low"}, {P{"$overlap": []any{e[1]}}, "both high"}, {P{"$overlap": []any{}}, ""},
				{P{"$any": e[0]}, "both low"}, {P{"$any": P{"$ne": e[0]}}, "both high"}, {P{"$any": P{"$in": []any{e[1]}}}, "both high"},
				{[]any{e[0]}, "low"}, {P{"$ne": []any{e[0]}}, "both high none"}, {[]any{}, "none"},
			} {
				if ids, err := found(t, m, P{"filter": P{column: c.condition}, "order_by": []string{"id"}}); err != nil || ids != c.ids {
					t.Errorf("%s: %v finds %v (%v), want %q", column, c.condition, ids, err, c.ids)
				}
			}
			if e[2] == nil {
				continue
			}
			for op, wanted := range map[string]string{"$gt": "both high", "$gte": "both high low", "$lt": "both low", "$lte": "both high low"} {
				bound := e[0]
				if op == "$lt" || op == "$lte" {
					bound = e[1]
				}
				if ids, err := found(t, m, P{"filter": P{column: P{"$any": P{op: bound}}}, "order_by": []string{"id"}}); err != nil || ids != wanted {
					t.Errorf("%s: any %s %v finds %v (%v), want %q", column, op, bound, ids, err, wanted)
				}
			}
			if ids, err := found(t, m, P{"filter": P{column: P{"$contains": e[2]}}}); err != nil || ids != "" {
				t.Errorf("%s: %v finds %v (%v)", column, e[2], ids, err)
			}
		}
	})
}

func TestLongInList(t *testing.T) {
	t.Parallel()
	db := open(t, "sqlite::memory:", engine.WithModels(Item{}))
	m := items(t, db)
	ids, names := make([]any, 50_000), make([]string, 50_000)
	for i := range ids {
		ids[i], names[i] = i+2, fmt.Sprint("'n", i)
	}
	names[7] = "apple"
	for _, f := range []dataflow.Params{{"id": dataflow.Params{"$in": ids}, "live": false}, {"name": dataflow.Params{"$in": names}}} {
		if n := must(t)(m.Count(t.Context(), dataflow.Params{"filter": f}))["count"]; n != int64(1) {
			t.Errorf("count is %v, want 1", n)
		}
	}
}

func TestFilterMistakes(t *testing.T) {
	t.Parallel()
	type P = dataflow.Params
	db := open(t, "sqlite::memory:", engine.WithModels(Item{}))
	deep := P{"id": 1}
	for range 200 {
		deep = P{"$not": deep}
	}
	for _, c := range []struct {
		filter any
		code   errcatalog.Code
	}{
		{P{"nmae": "x"}, errcatalog.DF112}, {P{"name": P{"$lik": "x"}}, errcatalog.DF113}, {P{"$nor": []any{}}, errcatalog.DF113},
		{P{"name": 5}, errcatalog.DF102}, {P{"id": P{"$like": "1"}}, errcatalog.DF102}, {P{"name": P{"$regex": "("}}, errcatalog.DF103},
		{P{"id": P{"$between": []int{1}}}, errcatalog.DF103}, {P{"name": P{}}, errcatalog.DF110}, {P{"meta.a\"b": 1}, errcatalog.DF112},
		{P{"name": P{"$null": "yes"}}, errcatalog.DF102}, {deep, errcatalog.DF103}, {P{"name": P{"$like": "\xff"}}, errcatalog.DF103},
	} {
		_, err := db.Model("Item").List(t.Context(), P{"filter": c.filter})
		want(t, err, c.code)
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	databases(t, []any{Item{}}, func(t *testing.T, db *engine.Engine) {
		m, ctx := items(t, db), t.Context()
		for _, order := range [][]string{nil, {"id"}, {"-id"}, {"note"}, {"-note"}, {"live", "-score"}, {"-live", "name"}, {"price"}, {"-price"}, {"score", "note", "-id"}, {"-big"}, {"made"}} {
			all := must(t)(m.List(ctx, dataflow.Params{"order_by": order}))
			var paged []any
			p := dataflow.Params{"order_by": order, "limit": 1, "fields": []string{"name"}, "with_total": true}
			for {
				r := must(t)(m.List(ctx, p))
				for _, rec := range r["records"].([]map[string]any) {
					if len(rec) != 1 {
						t.Errorf("the projection yields %v", rec)
					}
					paged = append(paged, rec["name"])
				}
				if r["total"] != int64(3) {
					t.Errorf("total is %v", r["total"])
				}
				if r["has_more"] == false {
					break
				}
				p["cursor"] = r["next_cursor"]
			}
			var names []any
			for _, rec := range all["records"].([]map[string]any) {
				names = append(names, rec["name"])
			}
			if !slices.Equal(names, paged) {
				t.Errorf("order %v: %v in one page, %v in many", order, names, paged)
			}
		}
		if got := must(t)(m.List(ctx, dataflow.Params{"order_by": []string{"price"}, "offset": 1, "limit": 1}))["records"].([]map[string]any)[0]["id"]; got != int64(2) {
			t.Errorf("the second cheapest is %v", got)
		}
	})
}

func TestPageMistakes(t *testing.T) {
	t.Parallel()
	db := open(t, "sqlite::memory:", engine.WithModels(Item{}))
	m, ctx := items(t, db), t.Context()
	next := must(t)(m.List(ctx, dataflow.Params{"limit": 1}))["next_cursor"]
	for _, c := range []struct {
		p    dataflow.Params
		code errcatalog.Code
	}{
		{dataflow.Params{"limit": 0}, errcatalog.DF103}, {dataflow.Params{"limit": 200_000}, errcatalog.DF508}, {dataflow.Params{"offset": -1}, errcatalog.DF103},
		{dataflow.Params{"order_by": []string{"name desc"}}, errcatalog.DF103}, {dataflow.Params{"order_by": []string{"nope"}}, errcatalog.DF112},
		{dataflow.Params{"cursor": "nonsense!"}, errcatalog.DF103}, {dataflow.Params{"cursor": "e30"}, errcatalog.DF103},
		{dataflow.Params{"cursor": next, "order_by": []string{"-id"}}, errcatalog.DF103},
	} {
		_, err := m.List(ctx, c.p)
		want(t, err, c.code)
	}
}

// Whatever stands in a filter, it finds records or says what is wrong with it:
// it never breaks the SQL.
func FuzzFilter(f *testing.F) {
	db := open(f, "sqlite::memory:", engine.WithModels(Item{}))
	for _, s := range hostile {
		f.Add("name", "$eq", s)
		f.Add("meta."+s, "$like", s)
		f.Add(s, "$in", s)
		f.Add("name", s, "x")
	}
	f.Add("meta.a.0", "$regex", "(a|b)*")
	f.Add("note", "$ilike", `\`)
	f.Fuzz(func(t *testing.T, column, op, value string) {
		for _, filter := range []dataflow.Params{
			{column: value},
			{column: dataflow.Params{op: value}},
			{column: dataflow.Params{op: []any{value, value}}},
			{op: []any{dataflow.Params{column: value}}},
			{"$not": dataflow.Params{column: dataflow.Params{op: dataflow.Params{value: 1}}}},
		} {
			_, err := db.Model("Item").Count(t.Context(), dataflow.Params{"filter": filter})
			var e *errcatalog.Error
			if err != nil && (!errors.As(err, &e) || e.Code[:4] != "DF-1") {
				t.Errorf("%q: %v", filter, err)
			}
		}
	})
}
