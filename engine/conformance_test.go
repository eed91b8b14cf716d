package engine_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/internal/testdb"
	"github.com/dataflow-go/dataflow/model"
)

// A transcript is what each step of a script yielded: outputs, or the code and
// message of an error.
type transcript map[string]any

// note writes down a step. A step that comes twice would hide one of them.
func (tr transcript) note(t *testing.T, step string, out any, err error) {
	t.Helper()
	if _, twice := tr[step]; twice {
		t.Fatalf("the step %q comes twice", step)
	}
	if err != nil {
		var e *errcatalog.Error
		if !errors.As(err, &e) {
			t.Fatalf("%s: %v is no *errcatalog.Error", step, err)
		}
		out = fmt.Sprintf("%s %s", e.Code, e.Message)
	}
	tr[step] = out
}

// exactly compares value for value and type for type. Times are equal when they
// are the same moment in the same zone, decimals when they are written alike.
var exactly = cmp.Options{
	cmp.Comparer(func(a, b time.Time) bool { return a.Equal(b) && a.Location().String() == b.Location().String() }),
	cmp.Comparer(func(a, b decimal.Decimal) bool { return a.String() == b.String() }),
}

// conform runs a script on every dialect and holds the transcripts against that of
// the first.
func conform(t *testing.T, models []any, script func(t *testing.T, db *engine.Engine, tr transcript)) {
	t.Helper()
	dialects := []struct{ name, dsn string }{
		{"memory", "sqlite::memory:"}, {"file", "sqlite:" + filepath.Join(t.TempDir(), "app.db")}, {"postgres", testdb.Postgres(t)},
	}
	transcripts := make([]transcript, len(dialects))
	var wg sync.WaitGroup
	for i, d := range dialects {
		db := open(t, d.dsn, engine.WithModels(models...))
		transcripts[i] = transcript{}
		wg.Go(func() {
			t.Run(d.name, func(t *testing.T) { script(t, db, transcripts[i]) })
		})
	}
	wg.Wait()
	for i, d := range dialects[1:] {
		first, other := transcripts[0], transcripts[i+1]
		if len(first) == 0 || len(first) != len(other) {
			t.Fatalf("%d steps on %s, %d on %s", len(first), dialects[0].name, len(other), d.name)
		}
		differ := 0
		for step, want := range first {
			if diff := cmp.Diff(want, other[step], exactly); diff != "" {
				if differ++; differ <= 20 {
					t.Errorf("%s (-%s +%s):\n%s", step, dialects[0].name, d.name, diff)
				}
			}
		}
		if differ > 20 {
			t.Errorf("… and %d steps more differ between %s and %s", differ-20, dialects[0].name, d.name)
		}
	}
}

// specimens are six values for each column of Everything, with repetitions, signs,
// extremes and nulls.
func specimens() map[string][]any {
	at := func(d, us int) time.Time {
		return time.Date(2026, 1, d, 3, 4, 5, us*1000, time.FixedZone("", 5400))
	}
	id := func(b byte) uuid.UUID { return uuid.UUID{b, 15: 1} }
	big := uint64(math.MaxInt64) + 1
	return map[string][]any{
		"b":     {true, false, true, false, true, false},
		"i":     {3, -1, 0, 3, 7, -9},
		"i8":    {int8(3), int8(-128), int8(0), int8(127), int8(3), int8(-1)},
		"i64":   {int64(math.MaxInt64), int64(math.MinInt64), 0, 1, -1, 1},
		"u8":    {uint8(255), uint8(0), uint8(7), uint8(7), uint8(1), uint8(2)},
		"u64":   {uint64(math.MaxUint64), uint64(0), big, uint64(math.MaxInt64), uint64(7), uint64(7)},
		"f32":   {float32(1.5), float32(-2.25), float32(0), float32(1.5), float32(3), float32(math.MaxFloat32)},
		"f64":   {0.1, -1e300, math.Inf(1), 0.1, math.Inf(-1), 1e-300},
		"s":     {"apple", "Apple", "Ärger", "", "zoo_%", "apple"},
		"t":     {at(1, 1), at(2, 0), time.Time{}, at(1, 1), at(1, 2), time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)},
		"uid":   {id(200), id(1), uuid.Nil, id(1), uuid.Max, id(127)},
		"dec":   {"9.5", "10", "-0.10", "100.25", "9.50", "123456789012345678901234567890.5"},
		"data":  {[]byte("b"), []byte{}, []byte{0}, []byte{255, 1}, []byte("b"), []byte("ba")},
		"raw":   {json.RawMessage(`{"k": 1}`), json.RawMessage(`[1, "x", null]`), json.RawMessage(`"text"`), json.RawMessage(`null`), json.RawMessage(`1.5`), json.RawMessage(`true`)},
		"m":     {P{"k": "x", "n": 1}, P{"k": "y", "n": 2.5}, P{"k": nil}, P{}, P{"n": "1", "l": []any{"a", "b"}, "d": P{"e": true}}, P{"k": "X", "n": -1}},
		"addr":  {Place{"Main", "Oslo"}, Place{"", ""}, Place{"A", "Rome"}, Place{"Main", "Oslo"}, Place{"ä", "é"}, Place{"Z", "'"}},
		"pb":    {true, nil, false, nil, true, false},
		"pi":    {5, nil, -5, nil, 0, 5},
		"pu64":  {uint64(math.MaxUint64), nil, uint64(0), nil, big, uint64(3)},
		"pf":    {2.5, nil, -2.5, nil, 0.0, 2.5},
		"ps":    {"b", nil, "", nil, "B", "a"},
		"pt":    {at(3, 0), nil, at(1, 0), nil, at(2, 0), at(3, 0)},
		"puid":  {id(9), nil, id(200), nil, uuid.Nil, id(9)},
		"p_dec": {"1.5", nil, "-1.5", nil, "10", "9"},
		"bs":    {[]bool{true}, []bool{}, []bool{false, true}, []bool{true}, []bool{false}, []bool{true, true}},
		"is":    {[]int{1, 2}, []int{}, []int{2}, []int{-1, math.MaxInt}, []int{1, 2}, []int{3}},
		"u64s":  {[]uint64{1, math.MaxUint64}, []uint64{}, []uint64{0}, []uint64{math.MaxUint64}, []uint64{2}, []uint64{1}},
		"fs":    {[]float64{0.5, -1e300}, []float64{}, []float64{0}, []float64{0.5}, []float64{2}, []float64{1}},
		"ss":    {[]string{"a", "b"}, []string{}, []string{""}, []string{"A"}, []string{"ä", "'\"\\,{}"}, []string{"b", "c"}},
		"ts":    {[]time.Time{at(1, 0)}, []time.Time{}, []time.Time{at(1, 0), at(2, 1)}, []time.Time{at(2, 1)}, []time.Time{at(3, 0)}, []time.Time{}},
		"uids":  {[]uuid.UUID{id(1)}, []uuid.UUID{}, []uuid.UUID{id(1), id(2)}, []uuid.UUID{uuid.Nil}, []uuid.UUID{uuid.Max}, []uuid.UUID{}},
		"decs":  {[]decimal.Decimal{decimal.New(15, -1)}, []decimal.Decimal{}, []decimal.Decimal{decimal.New(1, 0)}, []decimal.Decimal{decimal.New(150, -2)}, []decimal.Decimal{}, []decimal.Decimal{}},
		"blob":  {[][]byte{{0, 1}}, [][]byte{}, [][]byte{{}}, [][]byte{{255}}, [][]byte{{0, 1}, {2}}, [][]byte{}},
		"ptr":   {[]string{"x"}, nil, []string{}, nil, []string{"y", "x"}, []string{"x"}},
	}
}

// specimenRows are the records with those values, s0 to s5.
func specimenRows() []P {
	rows := make([]P, 6)
	for i := range rows {
		rows[i] = P{"id": fmt.Sprint("s", i)}
		for column, values := range specimens() {
			rows[i][column] = values[i]
		}
	}
	return rows
}

// goType is the Go type of a value of a column that is not null; a JSON column
// has that of what it holds.
func goType(t model.Type, v any) string {
	element := map[model.Kind]string{
		model.KindBool: "bool", model.KindString: "string", model.KindBytes: "[]uint8", model.KindTime: "time.Time", model.KindUUID: "uuid.UUID", model.KindDecimal: "decimal.Decimal",
	}[t.Kind]
	switch {
	case t.Kind.IsFloat():
		element = "float64"
	case t.Kind.IsInteger():
		element = "int64"
		if u, ok := v.(uint64); ok && u > math.MaxInt64 {
			element = "uint64"
		}
		if _, ok := v.([]uint64); ok && t.Kind == model.KindUint64 {
			element = "uint64" // one of them at least is above the range of int64
		}
	}
	if t.Array {
		return "[]" + element
	}
	return element
}

func columnsOf(t *testing.T, v any) []model.Field {
	t.Helper()
	m, problems := model.FromStruct(v)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return m.Fields
}

// Every kind of column yields the same values of the same types, whichever
// operation writes or reads it.
func TestDialectsAgreeOnValues(t *testing.T) {
	t.Parallel()
	fields := columnsOf(t, Everything{})
	conform(t, []any{Everything{}}, func(t *testing.T, db *engine.Engine, tr transcript) {
		m, ctx := db.Model("Everything"), t.Context()
		for i, row := range specimenRows() {
			created, err := m.Create(ctx, row)
			tr.note(t, fmt.Sprint("create ", i), created, err)
			for _, f := range fields {
				v := created[f.Column]
				if v != nil && f.Type.Kind != model.KindJSON && fmt.Sprintf("%T", v) != goType(f.Type, v) {
					t.Errorf("%s is %T, want %s", f.Column, v, goType(f.Type, v))
				}
				if at, ok := v.(time.Time); ok && at.Location() != time.UTC {
					t.Errorf("%s is in %v", f.Column, at.Location())
				}
			}
			read, err := m.Read(ctx, P{"id": row["id"]})
			tr.note(t, fmt.Sprint("read ", i), read, err)
			change := specimenRows()[(i+1)%6]
			delete(change, "id")
			updated, err := m.Update(ctx, P{"filter": P{"id": row["id"]}, "fields": change})
			tr.note(t, fmt.Sprint("update ", i), updated, err)
			up, err := m.Upsert(ctx, P{"where": P{"id": row["id"]}, "create": row, "update": withoutKey(row)})
			tr.note(t, fmt.Sprint("upsert ", i), up, err)
		}
		for i, c := range fieldCases {
			created, err := m.Create(ctx, P{"id": fmt.Sprint("case", i), c.column: c.in})
			tr.note(t, fmt.Sprintf("case %d: %s", i, c.column), created, err)
		}
		for _, column := range fields {
			list, err := m.List(ctx, P{"fields": []string{column.Column}, "order_by": []string{"id"}})
			tr.note(t, "projection "+column.Column, list, err)
		}
		whole, err := m.List(ctx, P{"order_by": []string{"-id"}, "with_total": true, "limit": 10})
		tr.note(t, "list", whole, err)
	})
}

// withoutKey is a row without its key.
func withoutKey(row P) P {
	fields := P{}
	for k, v := range row {
		if k != "id" {
			fields[k] = v
		}
	}
	return fields
}

// found are the keys of the records that a filter finds, in their order.
func found(t *testing.T, m *engine.ModelHandle, p P) (any, error) {
	t.Helper()
	p["fields"] = []string{"id"}
	out, err := m.List(t.Context(), p)
	if err != nil {
		return nil, err
	}
	ids := []string{}
	for _, r := range out["records"].([]map[string]any) {
		ids = append(ids, r["id"].(string))
	}
	return strings.Join(ids, " "), nil
}

// Every operator finds the same records on every kind of column, or is refused in
// the same words.
func TestDialectsAgreeOnFilters(t *testing.T) {
	t.Parallel()
	paths := []string{"m.k", "m.n", "m.l", "m.l.1", "m.d", "m.d.e", "m.none.x", "addr.City", "raw.k", "raw.1"}
	jsonOperands := []any{"x", 1, 2.5, true, nil, "a", P{"e": true}, []any{"a", "b"}}
	fields := columnsOf(t, Everything{})
	conform(t, []any{Everything{}}, func(t *testing.T, db *engine.Engine, tr transcript) {
		m := db.Model("Everything")
		must(t)(m.BulkCreate(t.Context(), P{"data": specimenRows()}))
		try := func(filter P) {
			t.Helper()
			step := fmt.Sprintf("%#v", filter)
			ids, err := found(t, m, P{"filter": filter, "order_by": []string{"id"}})
			tr.note(t, step, ids, err)
			n, cErr := m.Count(t.Context(), P{"filter": filter})
			if (err == nil) != (cErr == nil) || err == nil && n["count"] != int64(len(strings.Fields(ids.(string)))) {
				t.Errorf("%s finds %v (%v) and counts %v (%v)", step, ids, err, n["count"], cErr)
			}
		}
		all := specimens()
		all["id"] = []any{"s0", "s1", "s2", "s3", "s4", "s5"}
		for _, f := range fields {
			column, values := f.Column, all[f.Column]
			single := []string{"$eq", "$ne", "$contains", "$like", "$any", "$gt", "$gte", "$lt", "$lte"}
			several := []string{"$overlap", "$between", "$in", "$nin"}
			for _, op := range single {
				for i, v := range distinct(values) {
					if i < 4 {
						try(P{column: P{op: v}})
					}
				}
			}
			for _, op := range several {
				try(P{column: P{op: []any{values[0], values[2]}}})
				try(P{column: P{op: []any{values[4]}}})
				try(P{column: P{op: []any{values[1], nil}}})
				try(P{column: P{op: []any{}}})
			}
			for _, op := range []string{"$null", "$exists"} {
				try(P{column: P{op: true}})
				try(P{column: P{op: false}})
			}
			for _, pattern := range []string{"a%", "A%", "%_", `%\%`, "ä%", "^[a-b]", "p{2}", "(", "pp", ""} {
				for _, op := range []string{"$ilike", "$regex"} {
					try(P{column: P{op: pattern}})
				}
			}
			try(P{"$not": P{column: values[0]}})
			try(P{"$or": []any{P{column: values[0]}, P{column: P{"$ne": values[4]}}}})
		}
		for _, path := range paths {
			for _, v := range jsonOperands {
				for _, op := range []string{"$eq", "$ne", "$gt", "$lte"} {
					try(P{path: P{op: v}})
				}
				try(P{path: P{"$contains": v}})
				try(P{path: P{"$in": []any{v, "X"}}})
				try(P{path: P{"$nin": []any{v}}})
			}
			try(P{path: P{"$exists": true}})
			try(P{path: P{"$null": true}})
			try(P{path: P{"$between": []any{0, 3}}})
			for _, op := range []string{"$like", "$ilike", "$regex"} {
				try(P{path: P{op: "x"}})
			}
		}
		for column, element := range map[string]any{"bs": true, "is": 2, "u64s": uint64(math.MaxUint64), "fs": 0.5, "ss": "b", "ts": time.Date(2026, 1, 1, 3, 4, 5, 0, time.FixedZone("", 5400)), "uids": uuid.UUID{1, 15: 1}, "decs": "1.50", "ptr": "x"} {
			try(P{column: P{"$contains": element}})
			try(P{column: P{"$any": element}})
			try(P{column: P{"$any": P{"$ne": element}}})
			try(P{column: P{"$any": P{"$gt": element}}})
			try(P{column: P{"$any": P{"$in": []any{element}}}})
			try(P{column: P{"$overlap": []any{element, element}}})
			try(P{"$not": P{column: P{"$contains": element}}})
		}
	})
}

// distinct are the values that are written differently.
func distinct(values []any) []any {
	seen := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(values), func(v any) bool {
		s := fmt.Sprintf("%#v", v)
		was := seen[s]
		seen[s] = true
		return was
	})
}

// Every order is the same, nulls and capitals included, and pages that are read by
// cursor make up the whole list.
func TestDialectsAgreeOnOrderAndPages(t *testing.T) {
	t.Parallel()
	fields := columnsOf(t, Everything{})
	conform(t, []any{Everything{}}, func(t *testing.T, db *engine.Engine, tr transcript) {
		m := db.Model("Everything")
		must(t)(m.BulkCreate(t.Context(), P{"data": specimenRows()}))
		orders := [][]string{{"b", "-s"}, {"-pi", "ps", "-id"}, {"pb", "pf"}, {"-pt", "-p_dec"}}
		for _, f := range fields {
			if f.Type.Kind != model.KindJSON && !f.Type.Array { // lists and JSON have no order
				orders = append(orders, []string{f.Column}, []string{"-" + f.Column})
			}
		}
		for _, order := range orders {
			step := "order " + strings.Join(order, ", ")
			all, err := found(t, m, P{"order_by": order})
			tr.note(t, step, all, err)
			if err != nil {
				continue
			}
			for _, limit := range []int{1, 2, 4} {
				var ids []string
				var cursor any
				for page := 0; page < 10; page++ {
					out := must(t)(m.List(t.Context(), P{"order_by": order, "limit": limit, "cursor": cursor}))
					for _, r := range out["records"].([]map[string]any) {
						ids = append(ids, r["id"].(string))
					}
					if cursor = out["next_cursor"]; out["has_more"] != (cursor != nil) {
						t.Errorf("%s: has_more is %v, the cursor %v", step, out["has_more"], cursor)
					}
					if cursor == nil {
						break
					}
					if limit == 2 {
						tr.note(t, fmt.Sprint(step, ", cursor after page ", page), cursor, nil)
					}
				}
				if got := strings.Join(ids, " "); got != all {
					t.Errorf("%s in pages of %d: %s, want %s", step, limit, got, all)
				}
			}
			for _, offset := range []int{0, 4, 6, 99} {
				ids, err := found(t, m, P{"order_by": order, "limit": 3, "offset": offset})
				tr.note(t, fmt.Sprint(step, ", offset ", offset), ids, err)
			}
		}
	})
}

// Conflict is a model with a key of each kind that an upsert may go by.
type Conflict struct {
	dataflow.Model `df:"softdelete,versioned"`
	ID             int64
	Slug           string `df:",unique"`
	Region         string `df:",unique=place"`
	Spot           int    `df:",unique=place"`
	Text           string `df:",default=none" validate:"max=10"`
}

// Every way to write yields the same, and the same errors, in the same order.
func TestDialectsAgreeOnWrites(t *testing.T) {
	t.Parallel()
	conform(t, []any{Conflict{}, Team{}, Player{}}, func(t *testing.T, db *engine.Engine, tr transcript) {
		ctx, n := t.Context(), 0
		do := func(m string, op string, p P) {
			t.Helper()
			h := db.Model(m)
			out, err := map[string]func() (P, error){
				"create": func() (P, error) { return h.Create(ctx, p) }, "read": func() (P, error) { return h.Read(ctx, p) },
				"update": func() (P, error) { return h.Update(ctx, p) }, "delete": func() (P, error) { return h.Delete(ctx, p) },
				"list": func() (P, error) { return h.List(ctx, p) }, "count": func() (P, error) { return h.Count(ctx, p) },
				"upsert": func() (P, error) { return h.Upsert(ctx, p) }, "bulk create": func() (P, error) { return h.BulkCreate(ctx, p) },
				"bulk update": func() (P, error) { return h.BulkUpdate(ctx, p) }, "bulk delete": func() (P, error) { return h.BulkDelete(ctx, p) },
				"bulk upsert": func() (P, error) { return h.BulkUpsert(ctx, p) },
			}[op]()
			n++
			tr.note(t, fmt.Sprintf("%02d %s %s %v", n, m, op, p), masked(out), err)
			if op == "read" || op == "list" || op == "count" {
				return
			}
			left, err := db.Model(m).List(ctx, P{"include_deleted": true})
			if err != nil {
				left, err = db.Model(m).List(ctx, nil)
			}
			tr.note(t, fmt.Sprintf("%02d left", n), masked(left), err)
		}
		// Keys are given: a database may leave gaps between those that it makes.
		id := 100
		at := func(slug, region string, spot int) P {
			id++
			return P{"id": id, "slug": slug, "region": region, "spot": spot}
		}
		with := func(p P, k string, v any) P { p[k] = v; return p }

		do("Conflict", "create", with(at("a", "north", 1), "id", 1))
		do("Conflict", "create", at("a", "north", 2))
		do("Conflict", "create", at("b", "north", 1))
		do("Conflict", "create", with(at("b", "north", 2), "id", 10))
		do("Conflict", "create", at("c", "south", 1))
		do("Conflict", "create", with(at("d", "south", 2), "text", "far too long for this"))
		do("Conflict", "read", P{"filter": P{"slug": "b"}})
		do("Conflict", "read", P{"filter": P{"region": "north", "spot": 2}, "raise_on_not_found": false})
		do("Conflict", "read", P{"id": 99, "raise_on_not_found": false})
		do("Conflict", "read", P{"id": 99})
		do("Conflict", "upsert", P{"where": P{"slug": "a"}, "create": at("a", "x", 1), "update": P{"text": "updated"}})
		do("Conflict", "upsert", P{"where": P{"slug": "e"}, "create": P{"id": 60, "region": "east", "spot": 1}, "update": P{"text": "never"}})
		do("Conflict", "upsert", P{"where": P{"region": "east", "spot": 1}, "create": P{"id": 61, "slug": "f"}, "update": P{"text": "by place"}})
		do("Conflict", "upsert", P{"where": P{"region": "east", "spot": 2}, "create": P{"id": 62, "slug": "g"}})
		do("Conflict", "upsert", P{"where": P{"region": "east", "spot": 2}, "create": P{"id": 62, "slug": "g"}})
		do("Conflict", "upsert", P{"where": P{"region": "east", "spot": 3}, "create": P{"id": 63, "slug": "g"}})
		do("Conflict", "upsert", P{"where": P{"id": 50}, "create": with(at("h", "west", 1), "id", 50)})
		do("Conflict", "upsert", P{"where": P{"slug": "i", "region": "west"}, "create": P{"id": 64, "spot": 9}, "conflict_on": []string{"slug"}})
		do("Conflict", "upsert", P{"where": P{"text": "x"}, "create": at("x", "x", 1)})
		do("Conflict", "update", P{"filter": P{"slug": "a"}, "fields": P{"text": "v"}, "version": 1})
		do("Conflict", "update", P{"filter": P{"slug": "a"}, "fields": P{"text": "v"}, "version": 2})
		do("Conflict", "update", P{"filter": P{"slug": "a"}, "fields": P{"slug": "b"}})
		do("Conflict", "update", P{"filter": P{"slug": "none"}, "fields": P{"text": "v"}})
		for _, mode := range []string{"error", "skip", "update", "bogus"} {
			do("Conflict", "bulk create", P{"data": []P{at("m"+mode, "bulk", n), at("a", "taken", n)}, "on_conflict": mode})
		}
		do("Conflict", "bulk create", P{"data": []P{at("a", "taken", n)}, "on_conflict": "update"})
		do("Conflict", "bulk create", P{"data": []P{at("n", "bulk", 100), at("n", "bulk", 101)}, "on_conflict": "skip"})
		do("Conflict", "bulk create", P{"data": []P{at("o", "bulk", 102), with(at("o", "bulk", 103), "text", "second")}, "on_conflict": "update"})
		do("Conflict", "bulk create", P{"data": []P{at("p", "bulk", 104), at("p", "bulk", 105)}, "batch_size": 1})
		do("Conflict", "bulk upsert", P{"data": []P{with(at("b", "bulk", 106), "text", "up"), at("q", "bulk", 107)}, "conflict_on": []string{"slug"}})
		do("Conflict", "bulk upsert", P{"data": []P{with(at("r", "east", 1), "text", "up"), at("s", "bulk", 108)}, "conflict_on": []string{"spot", "region"}})
		do("Conflict", "bulk upsert", P{"data": []P{with(at("t", "bulk", 109), "id", 10), at("u", "bulk", 110)}})
		do("Conflict", "bulk upsert", P{"data": []P{at("v", "bulk", 111), with(at("v", "bulk", 112), "text", "again")}, "conflict_on": []string{"slug"}})
		do("Conflict", "bulk upsert", P{"data": []P{at("a", "bulk", 113)}})
		do("Conflict", "bulk update", P{"filter": P{"region": "bulk", "spot": P{"$gt": 105}}, "fields": P{"text": "many"}})
		do("Conflict", "bulk update", P{"data": []P{{"id": 1, "text": "one"}, {"id": 99, "text": "none"}}})
		do("Conflict", "bulk update", P{"data": []P{{"id": 1, "text": "x"}, {"id": 10, "slug": "a"}}})
		do("Conflict", "bulk update", P{"filter": P{"region": "bulk"}, "fields": P{"slug": "same"}})
		do("Conflict", "delete", P{"filter": P{"slug": "a"}})
		do("Conflict", "delete", P{"filter": P{"slug": "a"}})
		do("Conflict", "create", at("a", "again", 1))
		do("Conflict", "create", with(at("z", "again", 2), "id", 1))
		do("Conflict", "count", P{"filter": P{"slug": "a"}, "include_deleted": true})
		do("Conflict", "list", P{"filter": P{"slug": P{"$in": []string{"a", "b", "c"}}}, "include_deleted": true, "order_by": []string{"slug", "-id"}, "with_total": true})
		do("Conflict", "upsert", P{"where": P{"id": 1}, "create": with(at("zz", "again", 3), "id", 1)})
		do("Conflict", "bulk delete", P{"filter": P{"region": "bulk"}})
		do("Conflict", "bulk delete", P{"ids": []int{10, 10, 99}, "hard": true})
		do("Conflict", "bulk delete", nil)
		do("Conflict", "bulk delete", P{"confirm": true, "hard": true})

		do("Team", "bulk create", P{"data": []P{{"name": "one"}, {"name": "two", "id": 5}, {"name": "three"}}})
		do("Player", "create", P{"team_id": 1, "number": 1, "name": "Ada", "boss": 5})
		do("Player", "create", P{"team_id": 1, "number": 1, "name": "Bo"})
		do("Player", "create", P{"team_id": 77, "number": 1, "name": "Bo"})
		do("Player", "upsert", P{"where": P{"team_id": 1, "number": 1}, "create": P{"name": "Cy"}, "update": P{"name": "Cy"}})
		do("Player", "upsert", P{"where": P{"team_id": 1, "number": 2}, "create": P{"name": "Di"}, "update": P{"name": "never"}})
		do("Player", "bulk upsert", P{"data": []P{{"team_id": 1, "number": 2, "name": "Ed"}, {"team_id": 5, "number": 1, "name": "Flo"}}})
		do("Player", "bulk upsert", P{"data": []P{{"team_id": 1, "number": 3, "name": "Gus"}, {"team_id": 77, "number": 1, "name": "Hal"}}})
		do("Player", "read", P{"team_id": 1, "number": 2})
		do("Player", "list", P{"order_by": []string{"-number"}})
		do("Player", "list", P{"order_by": []string{"boss", "-name"}})
		do("Player", "bulk delete", P{"ids": []P{{"team_id": 1, "number": 2}, {"team_id": 9, "number": 9}}})
		do("Team", "delete", P{"id": 5})
		do("Team", "delete", P{"id": 1})
		do("Player", "delete", P{"team_id": 1, "number": 1})
		do("Player", "count", nil)
	})
}

// masked is an output with the moment of deletion, which differs, as its type.
func masked(v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := map[string]any{}
		for k, x := range v {
			if at, ok := x.(time.Time); ok && k == "deleted_at" {
				x = fmt.Sprintf("%T in %v", at, at.Location())
			}
			m[k] = masked(x)
		}
		return m
	case []map[string]any:
		list := make([]map[string]any, len(v))
		for i := range v {
			list[i], _ = masked(v[i]).(map[string]any)
		}
		return list
	}
	return v
}
