package engine

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/model"
)

type judged struct {
	dataflow.Model `df:"versioned,softdelete"`
	ID             string
	Email          string `df:",unique" validate:"email"`
	Age            int    `df:",default=1"`
	Seen           time.Time
	Ref            uuid.UUID `df:",index"`
	Meta           map[string]any
	Tags           []string
	Note           *string
	CreatedAt      time.Time
}

// The operations that go without the rules refuse whatever the rules refuse, and
// with the same code.
func TestOperationsFindWhatTheRulesFind(t *testing.T) {
	t.Parallel()
	e, err := Open(t.Context(), "sqlite::memory:", WithModels(judged{}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	m := e.Models().Model("judged")
	late := 0
	rapid.Check(t, func(t *rapid.T) {
		op := rapid.SampledFrom([]model.Operation{
			model.Create, model.Read, model.Update, model.Delete, model.List, model.Count, model.Upsert, model.BulkCreate, model.BulkUpdate, model.BulkUpsert,
		}).Draw(t, "operation")
		p := judgedParams(t, op)
		x := &operation{e: e, t: e.models.Load().byName["judged"], op: op, p: p}
		if !x.checksItself() {
			return
		}
		late++
		rules := e.checkParams(m, op, p, scope{})
		_, err := e.do(context.Background(), nil, m, op, p, scope{})
		var want, got *errcatalog.Error
		errors.As(rules, &want)
		errors.As(err, &got)
		if want != nil && (got == nil || got.Code != want.Code) {
			t.Fatalf("%s %#v:\nthe rules: %v\nthe operation: %v", op, p, rules, err)
		}
	})
	if late == 0 {
		t.Error("no call went without the rules")
	}
}

func judgedParams(t *rapid.T, op model.Operation) map[string]any {
	values := []any{"x", "a@b.com", "2026-01-02T03:04:05Z", "7d444840-9dc0-11d1-b245-5ffdce74fad2", 1, int64(-1), 1.5, true, nil, "", []string{"a"}, []any{1, "a"},
		map[string]any{"a": 1}, map[string]any{"a": dataflow.Input("x")}, time.Unix(0, 0), uuid.Nil, dataflow.Input("x"), []byte("b")}
	columns := []string{"id", "email", "age", "seen", "ref", "meta", "tags", "note", "created_at", "version", "deleted_at", "nope", "emial", "limit"}
	value := rapid.SampledFrom(values)
	row := func(name string, good bool) map[string]any {
		r := map[string]any{}
		if good && rapid.Bool().Draw(t, name+" whole") {
			r = map[string]any{"id": rapid.SampledFrom([]string{"1", "2"}).Draw(t, "id"), "email": "a@b.com", "seen": time.Unix(0, 0), "ref": uuid.Nil}
		}
		for range rapid.IntRange(0, 3).Draw(t, name+" more") {
			r[rapid.SampledFrom(columns).Draw(t, "column")] = value.Draw(t, "value")
		}
		return r
	}
	filter := func(name string) any {
		f := row(name, false)
		if rapid.Bool().Draw(t, "by id") {
			f["id"] = "1"
		}
		if rapid.Bool().Draw(t, "operator") {
			f[rapid.SampledFrom(columns).Draw(t, "column")] = map[string]any{
				rapid.SampledFrom([]string{"$eq", "$gt", "$in", "$like", "$contains", "$null", "$nope", "$between", "$regex"}).Draw(t, "op"): value.Draw(t, "operand"),
			}
		}
		return f
	}
	p := map[string]any{}
	switch op {
	case model.Create:
		p = row("create", true)
	case model.Read, model.Delete:
		p["id"] = value.Draw(t, "id")
	case model.Update:
		p["filter"], p["fields"] = filter("filter"), row("fields", false)
	case model.Upsert:
		p["where"], p["create"], p["update"] = row("where", false), row("create", true), row("update", false)
		if rapid.Bool().Draw(t, "usual") {
			p["where"] = map[string]any{"email": "a@b.com"}
		}
	case model.Count:
		p["filter"] = filter("filter")
	case model.List:
		p["filter"] = filter("filter")
		p["fields"] = []string{rapid.SampledFrom(columns).Draw(t, "field")}
		p["order_by"] = []any{rapid.SampledFrom([]any{"id", "-age", "age desc", "nope", 1, "", "+id"}).Draw(t, "order")}
		p["limit"] = rapid.SampledFrom([]any{1, 0, -1, 200_000, "x", 1.5, nil, int64(3)}).Draw(t, "limit")
		p["offset"] = rapid.SampledFrom([]any{1, 0, -1, "x", nil}).Draw(t, "offset")
	default:
		rows := []any{}
		for range rapid.IntRange(0, 3).Draw(t, "rows") {
			rows = append(rows, row("row", true))
		}
		p["data"] = rapid.SampledFrom([]any{rows, rows, rows, "x", nil, map[string]any{}}).Draw(t, "data")
	}
	if rapid.IntRange(0, 9).Draw(t, "drop") == 0 {
		for name := range p {
			delete(p, name)
			break
		}
	}
	return p
}
