package engine

import (
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/model"
)

// Where a program goes without the rules because its inputs fit, the rules would
// have found nothing in the values either.
func TestInputsThatFitAreRight(t *testing.T) {
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
	values := rapid.SampledFrom([]any{"x", "a@b.com", "2026-01-02T03:04:05Z", "", "\xff", 0, 1, -1, 100_000, 100_001, int64(7), 1.5, true, nil,
		[]string{"a"}, map[string]any{"a": 1}, time.Unix(0, 0), time.Time{}, uuid.Nil, uuid.New(), []byte("b")})
	rapid.Check(t, func(t *rapid.T) {
		op := rapid.SampledFrom([]model.Operation{model.Create, model.Read, model.Update, model.Delete, model.List, model.Count, model.Upsert}).Draw(t, "operation")
		p := judgedParams(t, op)
		withInput(t, p)
		if inner, ok := p[rapid.SampledFrom([]string{"filter", "fields", "where", "create", "update"}).Draw(t, "inner")].(map[string]any); ok {
			withInput(t, inner)
		}
		g := dataflow.NewWorkflow("w").AddNode("judged"+string(op)+"Node", "n", p).Graph()
		inputs := map[string]any{"x": values.Draw(t, "x")}
		if len(g.Inputs()) == 0 {
			return
		}
		prog := e.program(g)
		if !prog.fits(inputs) {
			return
		}
		r := &run{program: prog, e: e, g: g, o: runOptions{inputs: inputs}, res: &Result{}}
		if errs := r.bindInputs(); len(errs) > 0 {
			t.Fatalf("%v: %v", inputs, errs)
		}
		found := codesOf(append(graph.Check(r.g, r.models), unseen(r.g)...))
		if before := codesOf(prog.findings); !slices.Equal(found, before) {
			t.Fatalf("%s %v with %v: the rules find %v, before the inputs had values %v", op, p, inputs, found, before)
		}
	})
	x := dataflow.Input("x")
	for op, p := range map[model.Operation]dataflow.Params{
		model.Create: {"id": x, "email": "a@b.com", "seen": time.Unix(0, 0), "ref": uuid.New()},
		model.Read:   {"id": x}, model.Delete: {"id": x},
		model.Update: {"filter": dataflow.Params{"id": x}, "fields": dataflow.Params{"note": x}},
		model.Upsert: {"where": dataflow.Params{"id": x}, "create": dataflow.Params{"email": "a@b.com", "seen": time.Unix(0, 0), "ref": uuid.New()}, "update": dataflow.Params{"note": x}},
		model.List:   {"filter": dataflow.Params{"note": dataflow.Params{"$gt": x}, "id": x}}, model.Count: {"filter": dataflow.Params{"note": x}},
	} {
		prog := e.program(dataflow.NewWorkflow("w").AddNode("judged"+string(op)+"Node", "n", p).Graph())
		if !prog.fits(map[string]any{"x": "y"}) {
			t.Errorf("%s %v goes by the rules again (findings: %v)", op, p, prog.findings)
		}
	}
}

// So are the values of a page.
func TestPagesThatFitAreRight(t *testing.T) {
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
	fitting := 0
	for _, param := range []string{"limit", "offset", "cursor", "with_total", "fields", "order_by"} {
		g := dataflow.NewWorkflow("w").AddNode("judgedListNode", "n", dataflow.Params{param: dataflow.Input("x")}).Graph()
		for _, v := range []any{-1, 0, 1, int64(1), 100_000, 100_001, 1.0, "", "x", "1", true, nil, uint8(3), []string{"id"}} {
			inputs := map[string]any{"x": v}
			prog := e.program(g)
			if !prog.fits(inputs) {
				continue
			}
			fitting++
			r := &run{program: prog, e: e, g: g, o: runOptions{inputs: inputs}, res: &Result{}}
			if errs := r.bindInputs(); len(errs) > 0 {
				t.Fatalf("%v: %v", inputs, errs)
			}
			if found := codesOf(append(graph.Check(r.g, r.models), unseen(r.g)...)); len(found) > 0 {
				t.Errorf("%s %v fits, and the rules find %v", param, v, found)
			}
		}
	}
	if fitting != 3+5+3 {
		t.Errorf("%d values fit", fitting)
	}
}

// withInput puts an input in place of one of the values.
func withInput(t *rapid.T, p map[string]any) {
	if len(p) == 0 {
		return
	}
	keys := make([]string, 0, len(p))
	for k := range p {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	k := rapid.SampledFrom(keys).Draw(t, "input at")
	if _, inner := p[k].(map[string]any); !inner {
		p[k] = dataflow.Input("x")
	}
}

func codesOf(findings []graph.Finding) []string {
	var list []string
	for _, f := range findings {
		list = append(list, string(f.Code))
	}
	slices.Sort(list)
	return list
}
