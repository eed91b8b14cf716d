package engine_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/model"
)

type Visit struct {
	dataflow.Model
	ID   string
	At   time.Time
	Note string
}

// A page reads what a single record reads, though its rows come another way: times
// that others wrote as text, and text with any bytes in it.
func TestListReadsAsRead(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "app.db")
	raw, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{
		"CREATE TABLE visits (id TEXT PRIMARY KEY NOT NULL, at DATETIME NOT NULL, note TEXT NOT NULL)",
		"INSERT INTO visits VALUES ('a', 1700000000000000, 'first'), ('b', '2024-02-03 04:05:06', 'sec' || char(0) || 'ond'), ('c', 1700000000000001, '')",
	} {
		if _, err := raw.Exec(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := raw.Close(); err != nil {
		t.Fatal(err)
	}
	db := open(t, "sqlite:"+path, engine.WithModels(Visit{}))
	list := must(t)(db.Model("Visit").List(t.Context(), P{"order_by": []string{"id"}}))["records"].([]map[string]any)
	typed, err := engine.Repo[Visit](db).List(t.Context(), P{"order_by": []string{"id"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 3 || len(typed.Records) != 3 {
		t.Fatalf("%d and %d records, want 3", len(list), len(typed.Records))
	}
	for i, r := range list {
		one := must(t)(db.Model("Visit").Read(t.Context(), P{"id": r["id"]}))
		delete(one, "found")
		if !reflect.DeepEqual(one, r) {
			t.Errorf("List yields %v, Read %v", r, one)
		}
		if at := typed.Records[i].At; !at.Equal(r["at"].(time.Time)) {
			t.Errorf("typed: %v, want %v", at, r["at"])
		}
	}
}

// A model may have more columns than a function of SQLite has arguments.
func TestListOfManyColumns(t *testing.T) {
	t.Parallel()
	m, problems := model.FromStruct(Visit{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for i := range 300 {
		m.Fields = append(m.Fields, model.Field{
			Name: fmt.Sprint("C", i), Column: fmt.Sprint("c", i), GoType: "int", Type: model.Type{Kind: model.KindInt}, HasDefault: true, Default: int64(i),
		})
	}
	db := open(t, "sqlite::memory:")
	if err := db.RegisterModels(m); err != nil {
		t.Fatal(err)
	}
	must(t)(db.Model("Visit").Create(t.Context(), P{"id": "a", "at": time.Now(), "note": ""}))
	list := must(t)(db.Model("Visit").List(t.Context(), nil))["records"].([]map[string]any)
	if len(list) != 1 || list[0]["c299"] != int64(299) {
		t.Errorf("the records are %v", list)
	}
}
