package engine_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
)

// The plan tells one by one in what a table differs: what it would make, what it
// refuses, and what it leaves because it does no harm.
func TestPlanTellsEachDifference(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, dsn string) {
		ctx := t.Context()
		old := func() any {
			type Author struct {
				dataflow.Model
				ID     int64
				Name   string `df:",unique"`
				Rating *int64
				Note   *string
				Born   string
				Gone   string
			}
			return Author{}
		}
		now := func() any {
			type Author struct {
				dataflow.Model
				ID     int64
				Name   string `df:",index"`
				Rating int64
				Born   *string
				Stars  int64 `df:",index"`
				Mail   *string
				Note   int64
			}
			return Author{}
		}
		type Shelf struct {
			dataflow.Model
			ID   int64
			Code string `df:",unique"`
		}
		db := open(t, dsn, engine.WithModels(old()))
		must(t)(db.Model("Author").Create(ctx, P{"name": "Ada", "born": "1815", "gone": "x"}))
		db = open(t, dsn, engine.WithReadOnly(), engine.WithModels(now(), Shelf{}))
		plan, err := db.MigrationPlan(ctx)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, table := range plan.Tables {
			var made []string
			for _, d := range table.Differences {
				if d.Kind == engine.DifferenceMade {
					made = append(made, d.SQL...)
				}
				if strings.Contains(d.Message, "ALTER") || strings.Contains(d.Message, "\n") {
					t.Errorf("the message %q is more than a line without SQL", d.Message)
				}
				got = append(got, fmt.Sprintf("%d %s %s %v %d", d.Kind, d.Code, table.Table, d.Columns, len(d.SQL)))
			}
			if !slices.Equal(made, table.Statements) {
				t.Errorf("%s: the differences are mended by %q, the statements are %q", table.Table, made, table.Statements)
			}
		}
		change := 4 // SQLite puts a new column in the place of the old one
		if onPostgres(t) {
			change = 1
		}
		want := []string{
			"2 DF-302 authors [rating] 0",                  // can be null
			fmt.Sprint("1 DF-302 authors [born] ", change), // cannot be null
			"1 DF-302 authors [stars] 1",                   // no default, and a record is there
			"0 DF-302 authors [mail] 1",
			fmt.Sprint("1 DF-303 authors [note] ", change),
			"1 DF-302 authors [] 1", // gone
			"0 DF-302 authors [name] 1",
			"0 DF-302 authors [stars] 1",
			"2 DF-302 authors [name] 1", // the unique index
			"0 DF-309 shelves [] 2",
		}
		if !slices.Equal(got, want) {
			t.Errorf("differences\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}

// An engine that only reads makes nothing and changes nothing, whatever it is asked.
func TestReadOnlyChangesNothing(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, dsn string) {
		ctx := t.Context()
		db := open(t, dsn, engine.WithModels(Author{}))
		must(t)(db.Model("Author").Create(ctx, P{"name": "Ada"}))
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		file, isFile := strings.CutPrefix(dsn, "sqlite:")
		var before []byte
		if isFile {
			before = content(t, file)
		}
		db = open(t, dsn, engine.WithReadOnly(), engine.WithModels(Author{}, Book{}))
		if got := must(t)(db.Model("Author").Count(ctx, P{})); got["count"] != int64(1) {
			t.Errorf("count %v, want 1", got)
		}
		if err := errOf(db.Model("Author").Create(ctx, P{"name": "Bob"})); err == nil {
			t.Error("a record was written")
		}
		want(t, errOf(db.Model("Book").Count(ctx, P{})), errcatalog.DF309)
		if _, err := db.Migrate(ctx); err == nil {
			t.Error("a table was made")
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if isFile {
			if after := content(t, file); !slices.Equal(before, after) {
				t.Error("the file was changed")
			}
			if all, err := os.ReadDir(filepath.Dir(file)); err != nil || len(all) != 1 {
				t.Errorf("files beside the database: %v (%v)", all, err)
			}
		}
	})
}

func TestReadOnlyMakesNoFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := engine.Open(t.Context(), "sqlite:"+filepath.Join(dir, "none.db"), engine.WithReadOnly())
	want(t, err, errcatalog.DF402)
	if all, readErr := os.ReadDir(dir); readErr != nil || len(all) > 0 {
		t.Errorf("%v (%v) is there", all, errors.Join(err, readErr))
	}
}

func content(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
