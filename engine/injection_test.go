package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/model"
)

// Names that a struct cannot have, but a model that a tool makes could: the tables
// and columns are called so, and nothing else happens.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, dsn string) {
		text := model.Type{Kind: model.KindString}
		for i, name := range hostile {
			if name == "" || strings.ContainsRune(name, 0) || strings.ToValidUTF8(name, "") != name {
				continue // no database has such names
			}
			name = fmt.Sprint(i, cut(name, 50))
			m := &model.Model{
				Name: "Odd", PkgPath: "example.com/odd", Table: name,
				Fields: []model.Field{
					{Name: "ID", Column: "id", Type: text, GoType: "string", Primary: true},
					{Name: "Odd", Column: name, Type: text, GoType: "string"},
				},
				Keys:    []model.Key{{Columns: []string{"id"}, Primary: true}, {Name: "k" + name, Columns: []string{name}}},
				Indexes: []model.Index{{Name: "i" + name, Columns: []string{name}}},
			}
			db, err := engine.Open(t.Context(), dsn)
			if err != nil {
				t.Fatal(err)
			}
			if err := db.RegisterModels(m); err != nil {
				t.Fatal(err)
			}
			h := db.Model("Odd")
			must(t)(h.Create(t.Context(), P{"id": "a", name: name}))
			must(t)(h.Upsert(t.Context(), P{"where": P{"id": "b"}, "create": P{name: "b" + name}, "update": P{name: "b" + name}}))
			must(t)(h.BulkCreate(t.Context(), P{"data": []P{{"id": "c", name: "c"}}}))
			must(t)(h.BulkUpsert(t.Context(), P{"data": []P{{"id": "c", name: "c2"}}}))
			must(t)(h.Update(t.Context(), P{"filter": P{"id": "b"}, "fields": P{name: "b2"}}))
			must(t)(h.BulkUpdate(t.Context(), P{"data": []P{{"id": "b", name: "b3"}}}))
			out := must(t)(h.List(t.Context(), P{"filter": P{name: P{"$ne": "c2"}}, "order_by": []string{"id"}, "fields": []string{name}}))
			if got, want := fmt.Sprintf("%q", out["records"]), fmt.Sprintf("%q", []P{{name: name}, {name: "b3"}}); got != want {
				t.Errorf("%q holds %s, want %s", name, got, want)
			}
			want(t, errOf(h.Create(t.Context(), P{"id": "d", name: name})), errcatalog.DF310)
			must(t)(h.BulkDelete(t.Context(), P{"confirm": true}))
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// cut is the first n bytes of s, at most, of whole characters.
func cut(s string, n int) string {
	for len(s) > n {
		s = string([]rune(s)[:len([]rune(s))-1])
	}
	return s
}
