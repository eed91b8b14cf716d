package engine_test

import (
	"database/sql"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	_ "modernc.org/sqlite" // the plain driver, to look at files and to spoil them

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
)

// newer is a later version of Note, which tests declare in functions of their own.
func newer() any {
	type Note struct {
		dataflow.Model
		ID        string
		Text      string   `df:",unique,index=mixed"`
		Stars     int      `df:",default=3,index=mixed"`
		Tags      []string `df:"labels"`
		Link      *string  `df:",unique"`
		CreatedAt time.Time
	}
	return Note{}
}

func older() any {
	type Note struct {
		dataflow.Model
		ID   string
		Text string
	}
	return Note{}
}

// exec runs SQL on a file behind the engine's back.
func exec(t *testing.T, path string, statements ...string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}()
	for _, s := range statements {
		if _, err := db.Exec(s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

func TestColumnsAndIndexesAreAdded(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, dsn string) {
		db := open(t, dsn, engine.WithModels(older()))
		must(t)(db.Model("Note").Create(t.Context(), P{"id": "a", "text": "x"}))

		db = open(t, dsn, engine.WithModels(newer()))
		r := must(t)(db.Model("Note").Read(t.Context(), P{"id": "a"}))
		if r["stars"] != int64(3) || fmt.Sprint(r["labels"]) != "[]" || r["link"] != nil || time.Since(r["created_at"].(time.Time)) > time.Hour {
			t.Errorf("the old record reads as %v", r)
		}
		want(t, errOf(db.Model("Note").Create(t.Context(), P{"id": "b", "text": "x"})), errcatalog.DF310)
		must(t)(db.Model("Note").Create(t.Context(), P{"id": "b", "text": "y"}))
		// The older program still works on the table.
		db = open(t, dsn, engine.WithModels(older()))
		must(t)(db.Model("Note").Read(t.Context(), P{"id": "b"}))
	})
}

// What could lose data is refused, and stays refused; where the refusal names SQL,
// that SQL does what it says, and loses nothing.
func TestMigrationsThatAreRefused(t *testing.T) {
	t.Parallel()
	const row = `INSERT INTO notes (id, text) VALUES ('a', 'x')`
	for name, c := range map[string]struct {
		sql   []string
		code  errcatalog.Code
		says  string
		mends string // a column that the SQL of the refusal mends; "" where there is none
	}{
		"type": {[]string{`CREATE TABLE notes (id TEXT NOT NULL PRIMARY KEY, text TEXT NOT NULL, stars TEXT)`, `CREATE INDEX by_stars ON notes (stars)`,
			`INSERT INTO notes VALUES ('a', 'x', '5')`}, errcatalog.DF303, "stars has the type text", "stars"},
		"other table": {[]string{`CREATE TABLE notes (nr INTEGER PRIMARY KEY)`}, errcatalog.DF304, "primary key (nr)", ""},
		"view":        {[]string{`CREATE VIEW notes AS SELECT 1 AS id`}, errcatalog.DF304, "is a view", ""},
		"not null": {[]string{`CREATE TABLE notes (id TEXT NOT NULL PRIMARY KEY, text TEXT NOT NULL, link TEXT NOT NULL)`, `CREATE UNIQUE INDEX by_link ON notes (link)`,
			`INSERT INTO notes VALUES ('a', 'x', '5')`}, errcatalog.DF302, "cannot be null", "link"},
		"no default": {[]string{`CREATE TABLE notes (id TEXT NOT NULL PRIMARY KEY)`, `INSERT INTO notes VALUES ('a')`}, errcatalog.DF302, "lacks the column text", "text"},
		"unknown": {[]string{`CREATE TABLE notes (id TEXT NOT NULL PRIMARY KEY, text TEXT NOT NULL, more TEXT NOT NULL DEFAULT 'm')`, row,
			`CREATE INDEX by_more ON notes (more)`}, "", "", ""},
		"unknown, needed": {[]string{`CREATE TABLE notes (id TEXT NOT NULL PRIMARY KEY, text TEXT NOT NULL, more TEXT NOT NULL)`,
			`CREATE INDEX by_more ON notes (more, text)`, `INSERT INTO notes VALUES ('a', 'x', 'm')`}, errcatalog.DF313, `DROP COLUMN "more"`, "text"},
		"not unique": {[]string{`CREATE TABLE notes (id TEXT NOT NULL PRIMARY KEY, text TEXT NOT NULL)`, `INSERT INTO notes VALUES ('a', 'x'), ('b', 'x')`}, errcatalog.DF306, "ux_notes_text", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachDatabase(t, func(t *testing.T, dsn string) {
				sqlAt(t, dsn, c.sql...)
				db := open(t, dsn, engine.WithModels(newer()))
				if c.code == "" {
					must(t)(db.Model("Note").Read(t.Context(), P{"id": "a"}))
					return
				}
				var e *errcatalog.Error
				for range 2 {
					e = caught(t, errOf(db.Model("Note").Count(t.Context(), nil)), c.code)
					if !strings.Contains(strings.ToLower(e.Message), strings.ToLower(c.says)) {
						t.Errorf("message %q does not say %q", e.Message, c.says)
					}
				}
				if db.SchemaCache().IsTableEnsured("Note") {
					t.Error("the cache trusts the table")
				}
				if c.mends == "" {
					return
				}
				_, mend, _ := strings.Cut(e.Message, "this SQL does it: ")
				sqlAt(t, dsn, strings.Split(strings.ReplaceAll(mend, "…", "'5'"), "; ")...)
				values := map[string]any{"stars": int64(5), "link": "5", "text": "5"}
				if name == "unknown, needed" {
					values["text"] = "x"
				}
				if r := must(t)(db.Model("Note").Read(t.Context(), P{"id": "a"})); r[c.mends] != values[c.mends] {
					t.Errorf("after %s the record is %v", mend, r)
				}
			})
		})
	}
}

func TestTablesMadeByHandServe(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, dsn string) {
		sqlAt(t, dsn, `CREATE TABLE notes (id VARCHAR PRIMARY KEY, text VARCHAR, stars BIGINT DEFAULT 0, extra TEXT)`, `INSERT INTO notes (id, text) VALUES ('a', 'x')`)
		db := open(t, dsn, engine.WithModels(newer()))
		if r := must(t)(db.Model("Note").Read(t.Context(), P{"id": "a"})); r["stars"] != int64(0) || r["text"] != "x" {
			t.Errorf("%v", r)
		}
	})
}

func TestWithoutAutoMigrate(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, dsn string) {
		db := open(t, dsn, engine.WithModels(older()), engine.WithAutoMigrate(false))
		want(t, errOf(db.Model("Note").Count(t.Context(), nil)), errcatalog.DF309)
		maker := open(t, dsn, engine.WithModels(older()))
		must(t)(maker.Model("Note").Count(t.Context(), nil))
		must(t)(db.Model("Note").Count(t.Context(), nil))
		db = open(t, dsn, engine.WithModels(newer()), engine.WithAutoMigrate(false))
		want(t, errOf(db.Model("Note").Count(t.Context(), nil)), errcatalog.DF302)
	})
}

func TestManyEnginesStartAtOnce(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, dsn string) {
		var wg sync.WaitGroup
		for i := range 4 {
			db := open(t, dsn, engine.WithModels(newer(), Team{}, Player{}))
			for n := range 4 {
				wg.Go(func() {
					if _, err := db.Model("Note").Create(t.Context(), P{"id": fmt.Sprint(i, n), "text": fmt.Sprint(i, n)}); err != nil {
						t.Error(err)
					}
					if _, err := db.Model("Player").Count(t.Context(), nil); err != nil {
						t.Error(err)
					}
				})
			}
		}
		wg.Wait()
		db := open(t, dsn, engine.WithModels(newer()))
		if n := must(t)(db.Model("Note").Count(t.Context(), nil))["count"]; n != int64(16) {
			t.Errorf("%v records, want 16", n)
		}
	})
}

func TestOneMigrationForManyCallers(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, dsn string) {
		var log strings.Builder
		db := open(t, dsn, engine.WithModels(newer()), engine.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
		var wg sync.WaitGroup
		for range 64 {
			wg.Go(func() {
				if _, err := db.Model("Note").Count(t.Context(), nil); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if n := strings.Count(log.String(), "CREATE TABLE"); n != 1 {
			t.Errorf("the table was made %d times:\n%s", n, log.String())
		}
	})
}

func TestSchemaCache(t *testing.T) {
	t.Parallel()
	db := open(t, "sqlite::memory:", engine.WithModels(older(), Team{}, Player{}))
	cache, ctx := db.SchemaCache(), t.Context()
	if cache.IsTableEnsured("Note") {
		t.Error("Note is trusted before its first use")
	}
	for range 4 {
		must(t)(db.Model("Note").Count(ctx, nil))
	}
	if m := cache.Metrics(); m != (engine.SchemaCacheMetrics{Hits: 3, Misses: 1, HitRate: 0.75, CachedTables: 1}) {
		t.Errorf("metrics are %+v", m)
	}
	must(t)(db.Model("Player").Count(ctx, nil)) // with it goes Team, which it refers to
	if !cache.IsTableEnsured("Note") || !cache.IsTableEnsured("Team") || cache.Metrics().CachedTables != 3 {
		t.Errorf("metrics are %+v", cache.Metrics())
	}
	cache.ClearTable("Note")
	if cache.IsTableEnsured("Note") || !cache.IsTableEnsured("Team") {
		t.Error("ClearTable cleared the wrong table")
	}
	cache.Clear()
	if cache.Metrics().CachedTables != 0 {
		t.Error("Clear left tables")
	}
}

func TestSchemaCacheSettings(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, dsn string) {
		used := func(c engine.SchemaCacheConfig) (*engine.Engine, func() engine.SchemaCacheMetrics) {
			db := open(t, dsn, engine.WithModels(older(), Team{}, Item{}), engine.WithSchemaCache(c))
			return db, func() engine.SchemaCacheMetrics {
				for _, m := range []string{"Note", "Team", "Item"} {
					must(t)(db.Model(m).Count(t.Context(), nil))
				}
				return db.SchemaCache().Metrics()
			}
		}
		if _, use := used(engine.SchemaCacheConfig{}); use().Misses != 3 || use().Hits != 0 {
			t.Error("a cache that is off has hits")
		}
		if _, use := used(engine.SchemaCacheConfig{Enabled: true, MaxSize: 2}); use().CachedTables != 2 {
			t.Error("the cache holds more than MaxSize")
		}
		if _, use := used(engine.SchemaCacheConfig{Enabled: true, TTL: time.Nanosecond}); use().Hits+use().Hits != 0 {
			t.Error("entries outlive their TTL")
		}
		db, use := used(engine.SchemaCacheConfig{Enabled: true, Validation: true})
		use()
		if m := use(); m.Hits != 3 {
			t.Errorf("an unchanged schema is not trusted: %+v", m)
		}
		sqlAt(t, dsn, `DROP TABLE notes`)
		must(t)(db.Model("Note").Create(t.Context(), P{"id": "a", "text": "made again"}))
	})
}

// With Validation, what others do to the schema is noticed at once.
func TestSchemaCacheValidation(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, dsn string) {
		watching := engine.WithSchemaCache(engine.SchemaCacheConfig{Enabled: true, Validation: true})
		db := open(t, dsn, engine.WithModels(older()), watching)
		for range 3 {
			must(t)(db.Model("Note").Count(t.Context(), nil))
		}
		if m := db.SchemaCache().Metrics(); m.Hits != 2 || m.Misses != 1 {
			t.Errorf("an unchanged schema is not trusted: %+v", m)
		}
		// Another program adds columns and an index.
		other := open(t, dsn, engine.WithModels(newer()))
		must(t)(other.Model("Note").Create(t.Context(), P{"id": "a", "text": "x"}))
		must(t)(db.Model("Note").Count(t.Context(), nil))
		must(t)(db.Model("Note").Count(t.Context(), nil))
		if m := db.SchemaCache().Metrics(); m.Hits != 3 || m.Misses != 2 {
			t.Errorf("after a change: %+v", m)
		}
	})
}
