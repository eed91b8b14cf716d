package engine_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/internal/testdb"
)

type Place struct{ Street, City string }

type Everything struct {
	dataflow.Model
	ID   string
	B    bool            `df:",default=false"`
	I    int             `df:",default=0"`
	I8   int8            `df:",default=0"`
	I64  int64           `df:",default=0"`
	U8   uint8           `df:",default=0"`
	U64  uint64          `df:",default=0"`
	F32  float32         `df:",default=0"`
	F64  float64         `df:",default=0"`
	S    string          `df:",default=''"`
	T    time.Time       `df:",default=2020-01-01T00:00:00Z"`
	UID  uuid.UUID       `df:",default=7d444840-9dc0-11d1-b245-5ffdce74fad2"`
	Dec  decimal.Decimal `df:",default=0"`
	Data []byte
	Raw  json.RawMessage
	M    map[string]any
	Addr Place

	PB   *bool
	PI   *int
	PU64 *uint64
	PF   *float64
	PS   *string
	PT   *time.Time
	PUID *uuid.UUID
	PDec *decimal.Decimal

	Bs   []bool
	Is   []int
	U64s []uint64
	Fs   []float64
	Ss   []string
	Ts   []time.Time
	UIDs []uuid.UUID `df:"uids"`
	Decs []decimal.Decimal
	Blob [][]byte
	Ptr  *[]string
}

// databases runs a test on every kind of database.
func databases(t *testing.T, models []any, f func(t *testing.T, db *engine.Engine)) {
	t.Helper()
	for name, dsn := range map[string]string{
		"memory": "sqlite::memory:", "file": "sqlite:" + filepath.Join(t.TempDir(), "app.db"), "postgres": testdb.Postgres(t),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f(t, open(t, dsn, engine.WithModels(models...)))
		})
	}
}

// onPostgres reports whether a test of databases runs on PostgreSQL.
func onPostgres(t *testing.T) bool { return strings.Contains(t.Name()+"/", "/postgres/") }

func open(t testing.TB, dsn string, opts ...engine.Option) *engine.Engine {
	t.Helper()
	db, err := engine.Open(t.Context(), dsn, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// want fails the test when err has another code.
func want(t *testing.T, err error, code errcatalog.Code) {
	t.Helper()
	if !errors.Is(err, code) {
		t.Fatalf("got error %v, want %s", err, code)
	}
}

// caught is err, which must have the code.
func caught(t *testing.T, err error, code errcatalog.Code) *errcatalog.Error {
	t.Helper()
	if !errors.Is(err, code) {
		t.Fatalf("got error %v, want %s", err, code)
	}
	var e *errcatalog.Error
	if !errors.As(err, &e) {
		t.Fatalf("%v is no *errcatalog.Error", err)
	}
	return e
}

func must(t *testing.T) func(dataflow.Params, error) dataflow.Params {
	return func(p dataflow.Params, err error) dataflow.Params {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
}

var hostile = []string{
	"", " ", "'", `"`, "''; DROP TABLE users; --", "\\", "%_*?[a]", "${id}", "{{.}}", "\x00", "a\x00b", "\xff\xfe", "é\u0301", "日本語 🎉", "NULL", "0", "1e5", "true", "\r\n\t", "?1", "@p", ":x", "$1",
}

var fieldCases = []struct {
	column    string
	in, out   any // out nil: as in
	outIsNull bool
}{
	{column: "b", in: true},
	{column: "i", in: 42, out: int64(42)},
	{column: "i8", in: int8(-128), out: int64(-128)},
	{column: "i64", in: int64(math.MinInt64)},
	{column: "i64", in: int64(math.MaxInt64)},
	{column: "u8", in: uint8(255), out: int64(255)},
	{column: "u64", in: uint64(7), out: int64(7)},
	{column: "u64", in: uint64(math.MaxInt64) + 1},
	{column: "u64", in: uint64(math.MaxUint64)},
	{column: "f32", in: float32(1.5), out: 1.5},
	{column: "f64", in: 0.1},
	{column: "f64", in: math.MaxFloat64},
	{column: "f64", in: math.SmallestNonzeroFloat64},
	{column: "f64", in: math.Inf(-1)},
	{column: "f64", in: 3, out: 3.0},
	{column: "t", in: time.Date(2026, 1, 2, 3, 4, 5, 678901234, time.FixedZone("", 3600)), out: time.Date(2026, 1, 2, 2, 4, 5, 678901000, time.UTC)},
	{column: "t", in: time.Time{}},
	{column: "t", in: time.Date(1, 1, 1, 0, 0, 0, 1000, time.UTC)},
	{column: "t", in: time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC)},
	{column: "t", in: "2026-01-02T03:04:05.000006Z", out: time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)},
	{column: "uid", in: uuid.MustParse("7d444840-9dc0-11d1-b245-5ffdce74fad2")},
	{column: "uid", in: "7D444840-9DC0-11D1-B245-5FFDCE74FAD2", out: uuid.MustParse("7d444840-9dc0-11d1-b245-5ffdce74fad2")},
	{column: "dec", in: decimal.RequireFromString("123456789012345678901234567890.123456789")},
	{column: "dec", in: "-0.10", out: decimal.RequireFromString("-0.1")},
	{column: "data", in: []byte{0, 1, 255}},
	{column: "data", in: []byte{}},
	{column: "raw", in: json.RawMessage(`{"b": 9007199254740993, "a": [1, 2.5, null, "x"]}`), out: map[string]any{"a": []any{int64(1), 2.5, nil, "x"}, "b": int64(9007199254740993)}},
	{column: "raw", in: json.RawMessage(`null`), outIsNull: true},
	{column: "raw", in: json.RawMessage(`"text"`), out: "text"},
	{column: "m", in: map[string]any{"k": "<&>", "n": map[string]any{"deep": true}}},
	{column: "m", in: map[string]any{}},
	{column: "addr", in: Place{"Main", "Oslo"}, out: map[string]any{"Street": "Main", "City": "Oslo"}},
	{column: "pb", in: new(bool), out: false},
	{column: "pi", in: nil, outIsNull: true},
	{column: "pi", in: 5, out: int64(5)},
	{column: "pu64", in: uint64(math.MaxUint64)},
	{column: "pf", in: 2.5},
	{column: "ps", in: (*string)(nil), outIsNull: true},
	{column: "pt", in: time.Unix(0, 0), out: time.Unix(0, 0).UTC()},
	{column: "puid", in: uuid.Nil},
	{column: "p_dec", in: nil, outIsNull: true},
	{column: "bs", in: []bool{true, false}},
	{column: "is", in: []int{1, -2}, out: []int64{1, -2}},
	{column: "is", in: []int(nil), out: []int64{}},
	{column: "u64s", in: []uint64{1, math.MaxUint64}},
	{column: "fs", in: []float64{0.1, -1e300}},
	{column: "ss", in: []string{"a", "", "<b>", "'\"\\", "日本"}},
	{column: "ss", in: []any{"a"}, out: []string{"a"}},
	{column: "ts", in: []time.Time{time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)}},
	{column: "uids", in: []uuid.UUID{uuid.Max}},
	{column: "decs", in: []decimal.Decimal{decimal.RequireFromString("1.25"), decimal.RequireFromString("10")}},
	{column: "blob", in: [][]byte{{0, 255}, {}}},
	{column: "ptr", in: nil, outIsNull: true},
	{column: "ptr", in: []string{"x"}},
}

// Every kind of column comes back as it was written, whichever operation writes it.
func TestFieldsRoundTrip(t *testing.T) {
	t.Parallel()
	decimals := cmp.Comparer(func(a, b decimal.Decimal) bool { return a.Equal(b) })
	databases(t, []any{Everything{}}, func(t *testing.T, db *engine.Engine) {
		m, ctx := db.Model("Everything"), t.Context()
		must(t)(m.Create(ctx, dataflow.Params{"id": "target"}))
		for i, c := range fieldCases {
			expected := c.out
			if expected == nil && !c.outIsNull {
				expected = c.in
			}
			id := fmt.Sprint("row", i)
			got := map[string]any{}
			got["create"] = must(t)(m.Create(ctx, dataflow.Params{"id": id, c.column: c.in}))[c.column]
			got["read"] = must(t)(m.Read(ctx, dataflow.Params{"id": id}))[c.column]
			got["update"] = must(t)(m.Update(ctx, dataflow.Params{"filter": dataflow.Params{"id": "target"}, "fields": dataflow.Params{c.column: c.in}}))[c.column]
			up := must(t)(m.Upsert(ctx, dataflow.Params{"where": dataflow.Params{"id": id + "u"}, "create": dataflow.Params{c.column: c.in}}))
			got["upsert"] = up["record"].(map[string]any)[c.column]
			must(t)(m.BulkCreate(ctx, dataflow.Params{"data": []any{dataflow.Params{"id": id + "b", c.column: c.in}}}))
			list := must(t)(m.List(ctx, dataflow.Params{"filter": dataflow.Params{"id": id + "b"}, "fields": []string{c.column}}))
			got["bulk create, list"] = list["records"].([]map[string]any)[0][c.column]
			must(t)(m.BulkUpsert(ctx, dataflow.Params{"data": []any{dataflow.Params{"id": id + "c", c.column: c.in}, dataflow.Params{"id": id + "c", c.column: c.in}}}))
			got["bulk upsert"] = must(t)(m.Read(ctx, dataflow.Params{"id": id + "c"}))[c.column]
			for op, v := range got {
				if diff := cmp.Diff(expected, v, decimals); diff != "" {
					t.Errorf("%s = %#v after %s (-want +got):\n%s", c.column, c.in, op, diff)
				}
			}
			if c.outIsNull || c.column == "raw" || c.column == "m" || c.column == "addr" {
				continue
			}
			n := must(t)(m.Count(ctx, dataflow.Params{"filter": dataflow.Params{"id": id, c.column: dataflow.Params{"$eq": c.in}}}))
			if n["count"] != int64(1) {
				t.Errorf("%s = %#v: its own value does not find it", c.column, c.in)
			}
		}
	})
}

func TestHostileStringsRoundTrip(t *testing.T) {
	t.Parallel()
	databases(t, []any{Everything{}}, func(t *testing.T, db *engine.Engine) {
		m, ctx := db.Model("Everything"), t.Context()
		stored := int64(0)
		for _, s := range hostile {
			id := "id" + s
			if onPostgres(t) && (!utf8.ValidString(s) || strings.Contains(s, "\x00")) {
				want(t, errOf(m.Create(ctx, dataflow.Params{"id": id, "s": s})), errcatalog.DF103) // its text cannot hold them
				continue
			}
			stored++
			if got := must(t)(m.Create(ctx, dataflow.Params{"id": id, "s": s, "ps": s}))["s"]; got != s {
				t.Errorf("wrote %q, create returned %q", s, got)
			}
			for _, filter := range []dataflow.Params{{"s": s}, {"ps": dataflow.Params{"$in": []string{s}}}, {"s": dataflow.Params{"$gte": s, "$lte": s}}} {
				r := must(t)(m.List(ctx, dataflow.Params{"filter": filter}))
				if r["count"] != int64(1) || r["records"].([]map[string]any)[0]["id"] != id {
					t.Errorf("filter %q finds %v", filter, r["records"])
				}
			}
			if got := must(t)(m.Read(ctx, dataflow.Params{"id": id}))["ps"]; got != s {
				t.Errorf("wrote %q, read %q", s, got)
			}
		}
		if n := must(t)(m.Count(ctx, nil))["count"]; n != stored {
			t.Errorf("%d records, want %d", n, stored)
		}
	})
}

// A name that is no column never gets into SQL.
func TestHostileKeysAreRefused(t *testing.T) {
	t.Parallel()
	databases(t, []any{Everything{}}, func(t *testing.T, db *engine.Engine) {
		m, ctx := db.Model("Everything"), t.Context()
		for _, key := range []string{`id" = '' OR "id`, "id; DROP TABLE everythings", "rowid", "ID", "id ", "", "$where", `m."x"`, "m..x", "s.x"} {
			for op, err := range map[string]error{
				"create": errOf(m.Create(ctx, dataflow.Params{"id": "x", key: 1})),
				"filter": errOf(m.List(ctx, dataflow.Params{"filter": dataflow.Params{key: 1}})),
				"count":  errOf(m.Count(ctx, dataflow.Params{"filter": dataflow.Params{"$or": []any{dataflow.Params{key: 1}}}})),
				"fields": errOf(m.List(ctx, dataflow.Params{"fields": []string{key}})),
				"order":  errOf(m.List(ctx, dataflow.Params{"order_by": []string{key}})),
				"update": errOf(m.Update(ctx, dataflow.Params{"filter": dataflow.Params{"id": "x"}, "fields": dataflow.Params{key: 1}})),
				"upsert": errOf(m.Upsert(ctx, dataflow.Params{"where": dataflow.Params{"id": "x"}, "create": dataflow.Params{key: 1}})),
				"bulk":   errOf(m.BulkCreate(ctx, dataflow.Params{"data": []any{dataflow.Params{"id": "x", key: 1}}})),
			} {
				var e *errcatalog.Error
				if !errors.As(err, &e) || e.Code[:4] != "DF-1" {
					t.Errorf("%s with the key %q: %v", op, key, err)
				}
			}
		}
		if n := must(t)(m.Count(ctx, nil))["count"]; n != int64(0) {
			t.Errorf("%d records were written", n)
		}
	})
}

func errOf(_ dataflow.Params, err error) error { return err }

func TestValuesThatDoNotFit(t *testing.T) {
	t.Parallel()
	db := open(t, "sqlite::memory:", engine.WithModels(Everything{}))
	m, ctx := db.Model("Everything"), t.Context()
	for _, c := range []struct {
		column string
		v      any
		code   errcatalog.Code
	}{
		{"i8", 128, errcatalog.DF103}, {"u8", -1, errcatalog.DF103}, {"i", "5", errcatalog.DF102}, {"i", 1.5, errcatalog.DF102},
		{"b", 1, errcatalog.DF102}, {"s", 5, errcatalog.DF102}, {"s", nil, errcatalog.DF109}, {"ss", nil, errcatalog.DF109},
		{"uid", "nope", errcatalog.DF102}, {"t", "yesterday", errcatalog.DF102}, {"f64", math.NaN(), errcatalog.DF103},
		{"fs", []float64{math.Inf(1)}, errcatalog.DF103}, {"ss", []string{"\xff"}, errcatalog.DF103},
		{"dec", decimal.New(1, 1_000_000), errcatalog.DF103}, {"t", time.Date(400_000, 1, 1, 0, 0, 0, 0, time.UTC), errcatalog.DF103},
		{"ss", "one", errcatalog.DF108}, {"s", []string{"one"}, errcatalog.DF108},
	} {
		_, err := m.Create(ctx, dataflow.Params{"id": "x", c.column: c.v})
		if !errors.Is(err, c.code) {
			t.Errorf("%s = %v (%T): %v, want %s", c.column, c.v, c.v, err, c.code)
		}
	}
}
