package engine_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/internal/testdb"
)

// sqlOn runs statements on a PostgreSQL database, outside the engine.
func sqlOn(t *testing.T, dsn string, statements ...string) {
	t.Helper()
	c, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	for _, s := range statements {
		if _, err := c.Exec(t.Context(), s); err != nil {
			t.Fatal(s, err)
		}
	}
}

type (
	Seat struct {
		dataflow.Model `df:"versioned"`
		ID             int64
		Room           string `df:",unique=place"`
		Number         int    `df:",unique=place"`
		Holder         string
	}
	Guest struct {
		dataflow.Model `df:"table=guests"`
		Region         string `df:",pk"`
		Name           string `df:",pk"`
		Visits         int    `df:",default=0"`
	}
)

// Of many who upsert one record at the same moment, one creates it.
func TestUpsertsAtTheSameMoment(t *testing.T) {
	t.Parallel()
	databases(t, []any{Seat{}}, func(t *testing.T, db *engine.Engine) {
		const writers, records = 16, 20
		var created, updated atomic.Int64
		var wg sync.WaitGroup
		for w := range writers {
			wg.Go(func() {
				for i := range records {
					out, err := db.Model("Seat").Upsert(t.Context(), P{
						"where": P{"room": "a", "number": i}, "create": P{"holder": fmt.Sprint(w)}, "update": P{"holder": fmt.Sprint(w)},
					})
					if err != nil {
						t.Error(err)
						return
					}
					if out["created"] == true {
						created.Add(1)
					} else {
						updated.Add(1)
					}
				}
			})
		}
		wg.Wait()
		if c, u := created.Load(), updated.Load(); c != records || u != (writers-1)*records {
			t.Errorf("%d created and %d updated, want %d and %d", c, u, records, (writers-1)*records)
		}
		list := must(t)(db.Model("Seat").List(t.Context(), P{"fields": []string{"version"}}))
		for _, r := range list["records"].([]map[string]any) {
			if r["version"] != int64(writers) {
				t.Errorf("a record was changed %v times, want %d", r["version"], writers)
			}
		}
	})
}

// A partitioned table has no system column that tells an insert from an update.
func TestUpsertIntoPartitionedTable(t *testing.T) {
	t.Parallel()
	dsn := testdb.Postgres(t)
	sqlOn(t, dsn,
		`CREATE TABLE guests (region text NOT NULL, name text NOT NULL, visits bigint NOT NULL, PRIMARY KEY (region, name)) PARTITION BY LIST (region)`,
		`CREATE TABLE guests_north PARTITION OF guests FOR VALUES IN ('north')`, `CREATE TABLE guests_rest PARTITION OF guests DEFAULT`)
	db := open(t, dsn, engine.WithModels(Guest{}))
	for i, want := range []bool{true, false, false} {
		out := must(t)(db.Model("Guest").Upsert(t.Context(), P{"where": P{"region": "north", "name": "Ann"}, "create": P{"visits": 0}, "update": P{"visits": i}}))
		if out["created"] != want {
			t.Errorf("upsert %d: created is %v", i, out["created"])
		}
	}
	out := must(t)(db.Model("Guest").BulkUpsert(t.Context(), P{"data": []P{{"region": "north", "name": "Ann", "visits": 7}, {"region": "south", "name": "Bob"}}}))
	if out["created"] != int64(1) || out["updated"] != int64(1) {
		t.Errorf("bulk upsert: %v", out)
	}
}

// Keys that the database makes are above those that records brought along.
func TestKeysGivenAndMade(t *testing.T) {
	t.Parallel()
	databases(t, []any{Team{}}, func(t *testing.T, db *engine.Engine) {
		m, ctx := db.Model("Team"), t.Context()
		must(t)(m.Create(ctx, P{"id": 5, "name": "five"}))
		if id := must(t)(m.Create(ctx, P{"name": "six"}))["id"]; id != int64(6) {
			t.Errorf("after 5 comes %v", id)
		}
		must(t)(m.BulkCreate(ctx, P{"data": []P{{"id": 1_000_000, "name": "million"}, {"name": "made"}}}))
		if id := must(t)(m.Create(ctx, P{"name": "next"}))["id"].(int64); id <= 1_000_000 {
			t.Errorf("after 1000000 comes %v", id)
		}
		var data []P
		for i := range 200 {
			data = append(data, P{"name": fmt.Sprint("bulk", i)})
		}
		ids := must(t)(m.BulkCreate(ctx, P{"data": data}))["ids"].([]any)
		for i, id := range ids {
			if name := must(t)(m.Read(ctx, P{"id": id}))["name"]; name != fmt.Sprint("bulk", i) {
				t.Fatalf("the id %v is of %v, want bulk%d", id, name, i)
			}
		}
		must(t)(m.Upsert(ctx, P{"where": P{"id": 3_000_000}, "create": P{"name": "u"}}))
		if id := must(t)(m.Create(ctx, P{"name": "last"}))["id"].(int64); id <= 3_000_000 {
			t.Errorf("after 3000000 comes %v", id)
		}
	})
}

// on_conflict: update takes the first record that any unique key of a row names.
func TestBulkCreateThatUpdates(t *testing.T) {
	t.Parallel()
	databases(t, []any{Team{}}, func(t *testing.T, db *engine.Engine) {
		m, ctx := db.Model("Team"), t.Context()
		must(t)(m.Create(ctx, P{"id": 1, "name": "a"}))
		must(t)(m.Create(ctx, P{"id": 2, "name": "b"}))
		out := must(t)(m.BulkCreate(ctx, P{"on_conflict": "update", "data": []P{{"id": 1, "name": "A"}, {"name": "b"}, {"name": "c"}, {"name": "c"}}}))
		if out["count"] != int64(4) {
			t.Errorf("count %v", out["count"])
		}
		list := must(t)(m.List(ctx, P{"order_by": []string{"name"}}))
		var names []string
		for _, r := range list["records"].([]map[string]any) {
			names = append(names, r["name"].(string))
		}
		if got := strings.Join(names, " "); got != "A b c" {
			t.Errorf("names %s", got)
		}
	})
}

// What a function does after an operation failed counts.
func TestFunctionGoesOnAfterAFailedOperation(t *testing.T) {
	t.Parallel()
	databases(t, []any{Team{}}, func(t *testing.T, db *engine.Engine) {
		wf := dataflow.NewWorkflow("goes on")
		wf.AddFunc("f", func(ctx context.Context, _ P) (P, error) {
			m := db.Model("Team")
			if _, err := m.Create(ctx, P{"id": 1, "name": "one"}); err != nil {
				return nil, err
			}
			if _, err := m.Create(ctx, P{"id": 1, "name": "again"}); !errors.Is(err, errcatalog.DF310) {
				return nil, fmt.Errorf("a second 1: %w", err)
			}
			_, err := m.Create(ctx, P{"id": 2, "name": "two"})
			return P{}, err
		})
		if _, err := db.Run(t.Context(), wf, engine.WithTransaction()); err != nil {
			t.Fatal(err)
		}
		if n := must(t)(db.Model("Team").Count(t.Context(), nil))["count"]; n != int64(2) {
			t.Errorf("%v records, want 2", n)
		}
	})
}

// A statement that is cancelled leaves the connection whole.
func TestCancelledStatementOnPostgreSQL(t *testing.T) {
	t.Parallel()
	dsn := testdb.Postgres(t)
	db := open(t, dsn, engine.WithModels(Team{}), engine.WithPoolSize(1))
	m := db.Model("Team")
	must(t)(m.Create(t.Context(), P{"id": 1, "name": "one"}))
	c, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(context.Background()) }()
	if _, err := c.Exec(t.Context(), "BEGIN; UPDATE teams SET name = 'held' WHERE id = 1"); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		_, err := m.Update(ctx, P{"filter": P{"id": 1}, "fields": P{"name": "new"}})
		cancel()
		want(t, err, errcatalog.DF505)
	}
	if _, err := c.Exec(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if r := must(t)(m.Update(t.Context(), P{"filter": P{"id": 1}, "fields": P{"name": "new"}})); r["name"] != "new" {
		t.Errorf("afterwards: %v", r)
	}
}

func TestSecretsOfPostgreSQL(t *testing.T) {
	t.Parallel()
	const secret = "s3cret-pw"
	for _, dsn := range []string{
		"postgres://u:" + secret + "@127.0.0.1:1/db?connect_timeout=2", "postgres://u:" + secret + "@127.0.0.1:1,127.0.0.1:2/db",
		"postgres://u:" + secret + "@no-such-host.invalid/db", "postgres://u:" + secret + "@[::1/db", "postgres://u:" + secret + "@h:99999/db",
		"postgres://u@h/db?password=" + secret + "&sslmode=bad", "postgres://u:" + secret + "@h/db?sslrootcert=/no/such/file",
		"postgres://u:" + secret + "%zz@h/db", "postgres://127.0.0.1:1/db?password=" + secret,
	} {
		db, err := engine.Open(t.Context(), dsn)
		if err == nil {
			_ = db.Close()
			t.Errorf("%s was opened", strings.ReplaceAll(dsn, secret, "…"))
			continue
		}
		var e *errcatalog.Error
		if !errors.As(err, &e) || e.Code[:4] != "DF-4" {
			t.Errorf("%v", err)
		}
		for x := err; x != nil; x = errors.Unwrap(x) {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
				if text := fmt.Sprintf(verb, x); strings.Contains(text, secret) {
					t.Errorf("the password is in %T by %s: %s", x, verb, text)
				}
			}
		}
	}
}

func TestWhatIsNoTable(t *testing.T) {
	t.Parallel()
	dsn := testdb.Postgres(t)
	sqlOn(t, dsn, `CREATE VIEW teams AS SELECT 1::bigint AS id, 'x' AS name`)
	db := open(t, dsn, engine.WithModels(Team{}))
	want(t, errOf(db.Model("Team").Count(t.Context(), nil)), errcatalog.DF304)
}

// Engines that start at the same moment make one table.
func TestStartAtTheSameMoment(t *testing.T) {
	t.Parallel()
	dsn := testdb.Postgres(t)
	var wg sync.WaitGroup
	for i := range 8 {
		db := open(t, dsn, engine.WithModels(Team{}, Player{}))
		wg.Go(func() {
			if _, err := db.Model("Player").Count(t.Context(), nil); err != nil {
				t.Errorf("engine %d: %v", i, err)
			}
		})
	}
	wg.Wait()
}

// A regular expression means on every database what it means in Go.
func TestRegularExpressionsMeanOneThing(t *testing.T) {
	t.Parallel()
	db := open(t, testdb.Postgres(t), engine.WithModels(Team{}))
	m := db.Model("Team")
	subjects := []string{"", "a", "A", "ab", "aB1_", "a\nb", "ä", "Ä", "K", "ſ", "日本", "a.b", "[x]", "😀", "foo bar", "x-y", "\\", "aaa", "\t"}
	for i, s := range subjects {
		must(t)(m.Create(t.Context(), P{"id": i + 1, "name": s}))
	}
	atoms := []string{"a", "b", ".", "^", "$", `\b`, `\B`, `\d`, `\w`, `\s`, `\S`, "[a-z]", "[^a]", "(?i:k)", "(?i)ä", `\pL`, `\x{1F600}`, `\.`, "(?m)^b", "(?m)a$", "(?s).b", `\A`, `\z`, "[[:alpha:]]", "日", `\\`, `\[`, "-", "s"}
	quantifiers := []string{"", "", "", "*", "+", "?", "{2}", "{1,3}", "*?"}
	rapid.Check(t, func(t *rapid.T) {
		pattern := ""
		for range rapid.IntRange(1, 4).Draw(t, "parts") {
			atom := rapid.SampledFrom(atoms).Draw(t, "atom")
			switch rapid.IntRange(0, 3).Draw(t, "form") {
			case 0:
				atom = "(" + atom + ")"
			case 1:
				atom = "(?:" + atom + "|" + rapid.SampledFrom(atoms).Draw(t, "other") + ")"
			}
			pattern += atom + rapid.SampledFrom(quantifiers).Draw(t, "quantifier")
		}
		re, err := regexp.Compile(pattern)
		if err != nil {
			return
		}
		var wanted []any
		for i, s := range subjects {
			if re.MatchString(s) {
				wanted = append(wanted, int64(i+1))
			}
		}
		list, err := m.List(context.Background(), P{"filter": P{"name": P{"$regex": pattern}}, "fields": []string{"id"}, "order_by": []string{"id"}})
		if err != nil {
			t.Fatal(err)
		}
		var got []any
		for _, r := range list["records"].([]map[string]any) {
			got = append(got, r["id"])
		}
		if fmt.Sprint(got) != fmt.Sprint(wanted) {
			t.Fatalf("%q matches %v, in Go %v", pattern, got, wanted)
		}
	})
}

// The columns are of PostgreSQL's own types, so that other programs find what they
// expect there.
func TestNativeTypes(t *testing.T) {
	t.Parallel()
	dsn := testdb.Postgres(t)
	db := open(t, dsn, engine.WithModels(Everything{}))
	must(t)(db.Model("Everything").Create(t.Context(), P{
		"id": "a", "bs": []bool{true}, "is": []int{1, 2}, "fs": []float64{0.5}, "ss": []string{"x", "y"}, "ts": []time.Time{time.Unix(1, 0)}, "m": P{"k": 1},
	}))
	c, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(context.Background()) }()
	rows, err := c.Query(t.Context(), "SELECT attname::text, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'everythings'::regclass AND attnum > 0")
	if err != nil {
		t.Fatal(err)
	}
	types := map[string]string{}
	var name, typ string
	if _, err := pgx.ForEachRow(rows, []any{&name, &typ}, func() error { types[name] = typ; return nil }); err != nil {
		t.Fatal(err)
	}
	for column, want := range map[string]string{
		"ss": "text[]", "is": "bigint[]", "fs": "double precision[]", "bs": "boolean[]", "ts": "timestamp with time zone[]", "uids": "uuid[]",
		"decs": "numeric[]", "blob": "bytea[]", "u64s": "numeric(20,0)[]",
		"id": "text", "b": "boolean", "i": "bigint", "i8": "smallint", "f64": "double precision", "t": "timestamp with time zone", "uid": "uuid",
		"dec": "numeric", "data": "bytea", "raw": "jsonb", "m": "jsonb", "addr": "jsonb",
	} {
		if types[column] != want {
			t.Errorf("%s is %s, want %s", column, types[column], want)
		}
	}
	var n int
	err = c.QueryRow(t.Context(), `SELECT count(*) FROM everythings WHERE 'y' = ANY(ss) AND "is" @> '{2}' AND bs[1] AND fs[1] = 0.5 AND ts[1] = to_timestamp(1) AND m->>'k' = '1'`).Scan(&n)
	if err != nil || n != 1 {
		t.Errorf("another program finds %d records (%v)", n, err)
	}
}
