package engine_test

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
)

// echo is a function node's body that yields its inputs.
func echo(_ context.Context, in dataflow.Params) (dataflow.Params, error) { return in, nil }

// yield is a function node's body that yields fixed values.
func yield(p dataflow.Params) func(context.Context, dataflow.Params) (dataflow.Params, error) {
	return func(context.Context, dataflow.Params) (dataflow.Params, error) { return p, nil }
}

func TestSwitchSkipsTheOtherBranch(t *testing.T) {
	t.Parallel()
	db := shop(t)
	wf := dataflow.NewWorkflow("w").
		AddNode("SwitchNode", "large", dataflow.Params{"condition": "total > 100", "total": dataflow.Input("total")}).
		AddFunc("yes", echo).AddConnection("large", "true_output", "yes", "got").
		AddFunc("no", echo).AddConnection("large", "false_output", "no", "trigger").
		AddFunc("after_no", echo).AddConnection("no", "x", "after_no", "x").
		AddFunc("gated", echo).AddDependency("no", "gated").
		AddNode("MergeNode", "first", nil).AddConnection("yes", "got", "first", "a").AddConnection("after_no", "x", "first", "b").
		AddNode("MergeNode", "all", dataflow.Params{"mode": "all"}).AddConnection("after_no", "x", "all", "b").AddConnection("yes", "got.total", "all", "a").
		AddNode("MergeNode", "none", nil).AddConnection("after_no", "x", "none", "b")
	res := mustRun(t, db, wf, engine.WithInputs(dataflow.Params{"total": 200}))
	want := map[string]engine.Status{
		"large": engine.Succeeded, "yes": engine.Succeeded, "no": engine.Skipped, "after_no": engine.Skipped, "gated": engine.Skipped,
		"first": engine.Succeeded, "all": engine.Succeeded, "none": engine.Skipped,
	}
	if d := cmp.Diff(want, statuses(res)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(dataflow.Params{"value": map[string]any{"total": 200}}, res.Outputs["first"]); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(dataflow.Params{"values": map[string]any{"a": 200}}, res.Outputs["all"]); d != "" {
		t.Error(d)
	}
}

func TestSwitchCases(t *testing.T) {
	t.Parallel()
	db := shop(t)
	for total, want := range map[int]string{500: "gold", 150: "silver", 5: "default"} {
		wf := dataflow.NewWorkflow("w").
			AddNode("SwitchNode", "tier", dataflow.Params{
				"cases": dataflow.Params{"gold": "total > 400", "silver": "total > 100"},
				"total": dataflow.Input("total"), "input": "carried",
			})
		for _, branch := range []string{"gold", "silver", "default"} {
			wf.AddFunc("on_"+branch, echo).AddConnection("tier", branch, "on_"+branch, "got")
		}
		res := mustRun(t, db, wf, engine.WithInputs(dataflow.Params{"total": total}))
		if d := cmp.Diff(map[string]dataflow.Params{"tier": {want: "carried"}, "on_" + want: {"got": "carried"}}, res.Outputs); d != "" {
			t.Errorf("%d: %s", total, d)
		}
	}
}

func TestSwitchSeesOutputsOfConnectedNodes(t *testing.T) {
	t.Parallel()
	db := shop(t)
	wf := dataflow.NewWorkflow("signup").
		AddNode("CustomerListNode", "check", dataflow.Params{"filter": dataflow.Params{"email": "ann@example.com"}}).
		AddNode("SwitchNode", "known", dataflow.Params{"condition": "len(check.records) > 0"}).
		AddConnection("check", "count", "known", "n").
		AddNode("CustomerCreateNode", "create", customer("ann")).AddConnection("known", "false_output", "create", "trigger")
	if s := statuses(mustRun(t, db, wf)); s["create"] != engine.Succeeded {
		t.Errorf("first run: %v", s)
	}
	if s := statuses(mustRun(t, db, wf)); s["create"] != engine.Skipped {
		t.Errorf("second run: %v", s)
	}
}

func TestTransform(t *testing.T) {
	t.Parallel()
	db := shop(t)
	wf := dataflow.NewWorkflow("w").
		AddNode("SaleCreateNode", "sale", dataflow.Params{"customer_id": "ann", "total": "0.10", "units": 3}).
		AddNode("TransformNode", "gross", dataflow.Params{"expression": "total * sale.units + vat", "vat": 1}).
		AddConnection("sale", "total", "gross", "total").
		AddNode("SaleCreateNode", "copy", dataflow.Params{"customer_id": "bob", "units": 1}).
		AddConnection("gross", "result", "copy", "total")
	res := mustRun(t, db, wf)
	copied, err := engine.As[Sale](res, "copy")
	if err != nil || !copied.Total.Equal(decimal.RequireFromString("1.3")) {
		t.Errorf("%v, %v", copied.Total, err)
	}
}

func TestExpressionErrorsAtRunTime(t *testing.T) {
	t.Parallel()
	db := shop(t)
	for name, c := range map[string]struct {
		node, param, source string
		code                errcatalog.Code
		text                string
	}{
		"syntax":    {"TransformNode", "expression", "1 +", errcatalog.DF716, "1 +"},
		"unknown":   {"SwitchNode", "condition", "totl > 1", errcatalog.DF716, `did you mean "total"?`},
		"types":     {"TransformNode", "expression", `total + 1`, errcatalog.DF501, "string"},
		"call":      {"TransformNode", "expression", `len(5)`, errcatalog.DF716, "len"},
		"condition": {"SwitchNode", "condition", "total", errcatalog.DF501, "true or false"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wf := dataflow.NewWorkflow("w").AddFunc("src", yield(dataflow.Params{"total": "text"})).
				AddNode(c.node, "n", dataflow.Params{c.param: dataflow.Input("e")}).AddConnection("src", "total", "n", "total")
			_, err := db.Run(t.Context(), wf, engine.WithInputs(dataflow.Params{"e": c.source}))
			wantCodes(t, err, c.code)
			if err == nil || !strings.Contains(err.Error(), c.text) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestMergeTakesLiteralsToo(t *testing.T) {
	t.Parallel()
	db := shop(t)
	wf := dataflow.NewWorkflow("w").
		AddNode("SwitchNode", "s", dataflow.Params{"condition": "n > 1", "n": dataflow.Input("n")}).
		AddNode("MergeNode", "first", dataflow.Params{"other": "literal"}).AddConnection("s", "true_output.n", "first", "x")
	for n, want := range map[int]any{0: "literal", 5: 5} {
		res := mustRun(t, db, wf, engine.WithInputs(dataflow.Params{"n": n}))
		if got := res.Outputs["first"]["value"]; got != want {
			t.Errorf("n = %d: %v", n, got)
		}
	}
}
