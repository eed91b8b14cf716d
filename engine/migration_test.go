package engine_test

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/internal/testdb"
)

// eachDatabase calls f with the URL of an empty database of each kind that outlives
// an engine.
func eachDatabase(t *testing.T, f func(t *testing.T, dsn string)) {
	t.Helper()
	for name, dsn := range map[string]string{"file": "sqlite:" + filepath.Join(t.TempDir(), "app.db"), "postgres": testdb.Postgres(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f(t, dsn)
		})
	}
}

type (
	Author struct {
		dataflow.Model
		ID   int64
		Name string `df:",unique"`
	}
	Book struct {
		dataflow.Model
		ID       int64
		Title    string `df:",index"`
		AuthorID int64  `df:",ref=Author.id"`
	}
)

func TestMigrationPlan(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, dsn string) {
		ctx := t.Context()
		db := open(t, dsn, engine.WithAutoMigrate(false), engine.WithModels(Book{}, Author{}))
		plan, err := db.MigrationPlan(ctx)
		if err != nil {
			t.Fatal(err)
		}
		all := strings.Join(plan.Statements(), "\n")
		if len(plan.Tables) != 2 || plan.Tables[0].Model != "Author" || strings.Count(all, "CREATE TABLE") != 2 || plan.UpToDate() || plan.Err() != nil {
			t.Fatalf("the plan of an empty database: %+v", plan)
		}
		want(t, errOf(db.Model("Author").Count(ctx, P{})), errcatalog.DF309) // a plan changes nothing

		done, err := db.Migrate(ctx)
		if err != nil || strings.Join(done.Statements(), "\n") != all {
			t.Fatalf("Migrate did %v (%v), the plan was %v", done.Statements(), err, all)
		}
		must(t)(db.Model("Author").Create(ctx, P{"id": 1, "name": "Ada"}))
		if plan, err := db.MigrationPlan(ctx); err != nil || !plan.UpToDate() || len(plan.Tables) != 2 {
			t.Errorf("after migrating: %+v (%v)", plan, err)
		}
	})
}

// What is refused is all told at once, with the SQL that would do it, and nothing
// of the rest is done.
func TestMigrateRefuses(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, dsn string) {
		ctx := t.Context()
		old := func() any {
			type Author struct {
				dataflow.Model
				ID   int64
				Name string
				Gone string
			}
			return Author{}
		}
		now := func() any {
			type Author struct {
				dataflow.Model
				ID    int64
				Name  int64
				Extra *string
			}
			return Author{}
		}
		db := open(t, dsn, engine.WithModels(old()))
		must(t)(db.Model("Author").Create(ctx, P{"id": 1, "name": "Ada", "gone": "x"}))
		db = open(t, dsn, engine.WithModels(now()))
		plan, err := db.Migrate(ctx)
		want(t, err, errcatalog.DF303)
		want(t, err, errcatalog.DF313)
		refused := plan.Tables[0].Refused
		if len(refused) != 2 || len(plan.Statements()) != 1 {
			t.Fatalf("refused %v, statements %v", refused, plan.Statements())
		}
		for _, e := range refused {
			if !strings.Contains(e.Message, "ALTER TABLE") {
				t.Errorf("no SQL in %q", e.Message)
			}
		}
		db = open(t, dsn, engine.WithModels(old()))
		if plan, err := db.MigrationPlan(ctx); err != nil || !plan.UpToDate() {
			t.Errorf("something was changed: %+v (%v)", plan, err)
		}
	})
}

// Who waits for another migration longer than there is time gets DF-307.
func TestMigrationLockTimesOut(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, dsn string) {
		db := open(t, dsn, engine.WithAutoMigrate(false), engine.WithModels(Author{}))
		release := holdMigration(t, dsn)
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		_, err := db.Migrate(ctx)
		want(t, err, errcatalog.DF307)
		auto := open(t, dsn, engine.WithModels(Author{}))
		ctx, cancel = context.WithTimeout(t.Context(), 300*time.Millisecond)
		defer cancel()
		want(t, errOf(auto.Model("Author").Create(ctx, P{"id": 1, "name": "Ada"})), errcatalog.DF307)
		release()
		if _, err := db.Migrate(t.Context()); err != nil {
			t.Errorf("after the other has ended: %v", err)
		}
		must(t)(auto.Model("Author").Create(t.Context(), P{"id": 1, "name": "Ada"}))
	})
}

// holdMigration holds a database as one does that migrates, until release is called.
func holdMigration(t *testing.T, dsn string) (release func()) {
	t.Helper()
	holder := open(t, dsn, engine.WithModels(Seat{}))
	entered, leave, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		err := engine.Migrating(holder, func() { close(entered); <-leave })
		if err != nil {
			t.Error(err)
		}
	}()
	<-entered
	return func() { close(leave); <-done }
}

func TestMigrationFiles(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, dsn string) {
		ctx := t.Context()
		db := open(t, dsn, engine.WithAutoMigrate(false), engine.WithModels(Author{}))
		dir := fstest.MapFS{
			"README.md":                  {Data: []byte("not SQL")},
			"20260101000000_authors.sql": {Data: []byte("-- the table\nCREATE TABLE authors (id bigint NOT NULL PRIMARY KEY, name text NOT NULL);\r\nINSERT INTO authors VALUES (1, 'semi;colon');\n")},
			"20260102000000_index.sql":   {Data: []byte("CREATE UNIQUE INDEX authors_name_key ON authors (name)")},
		}
		files, err := db.MigrationFiles(ctx, dir)
		if err != nil || len(files) != 2 || files[0].Applied() || files[0].Name != "20260101000000_authors.sql" {
			t.Fatalf("before: %+v (%v)", files, err)
		}
		applied, err := db.ApplyMigrationFiles(ctx, dir)
		if err != nil || len(applied) != 2 || !applied[1].Applied() {
			t.Fatalf("applied %+v (%v)", applied, err)
		}
		if r := must(t)(db.Model("Author").Read(ctx, P{"id": 1})); r["name"] != "semi;colon" {
			t.Errorf("the file's second statement wrote %v", r)
		}
		files, err = db.MigrationFiles(ctx, dir)
		if err != nil || !files[0].Applied() || time.Since(files[0].AppliedAt) > time.Minute {
			t.Errorf("after: %+v (%v)", files, err)
		}
		// Another checkout has other line ends.
		dir["20260101000000_authors.sql"].Data = []byte(strings.ReplaceAll(string(dir["20260101000000_authors.sql"].Data), "\r\n", "\n"))
		if applied, err := db.ApplyMigrationFiles(ctx, dir); err != nil || len(applied) != 0 {
			t.Errorf("the second time: %v (%v)", applied, err)
		}
	})
}

func TestMigrationFilesThatFail(t *testing.T) {
	t.Parallel()
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	first, create := "20260101000000_first.sql", "CREATE TABLE first (id bigint)"
	for name, c := range map[string]struct {
		later fstest.MapFS // what the folder holds after its first file was applied
		says  string
	}{
		"broken SQL":    {fstest.MapFS{first: file(create), "3.sql": file("CREATE TABLE second (id bigint);\nCREATE TABEL third (id bigint);")}, "3.sql"},
		"commits":       {fstest.MapFS{first: file(create), "3.sql": file("CREATE TABLE second (id bigint); COMMIT")}, "take BEGIN, COMMIT and ROLLBACK out"},
		"changed":       {fstest.MapFS{first: file("CREATE TABLE first (id bigint, more text)")}, "was changed after the database got it"},
		"removed":       {fstest.MapFS{}, "not among the files"},
		"out of order":  {fstest.MapFS{first: file(create), "20250101000000_early.sql": file("SELECT 1")}, "give the file a later name"},
		"an empty file": {fstest.MapFS{first: file(create), "3.sql": file(" \n")}, "is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachDatabase(t, func(t *testing.T, dsn string) {
				db := open(t, dsn, engine.WithAutoMigrate(false))
				if _, err := db.ApplyMigrationFiles(t.Context(), fstest.MapFS{first: file(create)}); err != nil {
					t.Fatal(err)
				}
				applied, err := db.ApplyMigrationFiles(t.Context(), c.later)
				want(t, err, errcatalog.DF301)
				if !strings.Contains(err.Error(), c.says) || len(applied) != 0 {
					t.Errorf("%v; want %q in it; applied %v", err, c.says, applied)
				}
				if name == "broken SQL" && onPostgres(t) && !strings.Contains(err.Error(), "3.sql:2") {
					t.Errorf("no line in %v", err)
				}
				if name == "commits" {
					return
				}
				// Nothing of the failed file is kept, and the engine goes on.
				again := fstest.MapFS{first: file(create), "4.sql": file("CREATE TABLE second (id bigint)")}
				if applied, err := db.ApplyMigrationFiles(t.Context(), again); err != nil || len(applied) != 1 {
					t.Errorf("afterwards: %v (%v)", applied, err)
				}
			})
		})
	}
}

// Programs that start at the same moment apply each file once.
func TestMigrationFilesAtTheSameMoment(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, dsn string) {
		dir := fstest.MapFS{}
		for _, n := range []string{"1", "2", "3", "4", "5"} {
			dir[n+".sql"] = &fstest.MapFile{Data: []byte("CREATE TABLE t" + n + " (id bigint)")}
		}
		var mu sync.Mutex
		total := 0
		var wg sync.WaitGroup
		for range 8 {
			db := open(t, dsn, engine.WithAutoMigrate(false))
			wg.Go(func() {
				applied, err := db.ApplyMigrationFiles(t.Context(), dir)
				mu.Lock()
				defer mu.Unlock()
				total += len(applied)
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if total != 5 {
			t.Errorf("%d files were applied by all together, want 5", total)
		}
	})
}
