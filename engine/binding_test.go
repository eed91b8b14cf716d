package engine_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
)

func TestDotPaths(t *testing.T) {
	t.Parallel()
	db := shop(t)
	literal := []dataflow.Params{{"sku": "a"}, {"sku": "b", "sale_id": 7}}
	wf := dataflow.NewWorkflow("w").
		AddFunc("src", yield(dataflow.Params{
			"list": []map[string]any{{"id": "x"}, {"id": "y"}}, "json": json.RawMessage(`{"a":[1,{"b":"deep"}]}`),
			"strings": map[string]string{"k": "v"}, "ints": []int64{4, 5},
		})).
		AddFunc("dst", echo).
		AddConnection("src", "list.1.id", "dst", "second").
		AddConnection("src", "json.a.1.b", "dst", "nested.json").
		AddConnection("src", "strings.k", "dst", "nested.string").
		AddConnection("src", "ints.0", "dst", "numbers.0").
		AddNode("SaleItemBulkCreateNode", "items", dataflow.Params{"data": literal}).
		AddConnection("src", "ints.1", "items", "data.0.sale_id")
	res := mustRun(t, db, wf)
	want := dataflow.Params{"second": "y", "nested": map[string]any{"json": "deep", "string": "v"}, "numbers": []any{int64(4)}}
	if d := cmp.Diff(want, res.Outputs["dst"]); d != "" {
		t.Error(d)
	}
	if res.Outputs["items"]["count"] != int64(2) {
		t.Errorf("items: %v", res.Outputs["items"])
	}
	if d := cmp.Diff([]dataflow.Params{{"sku": "a"}, {"sku": "b", "sale_id": 7}}, literal); d != "" {
		t.Errorf("the user's own parameters were changed: %s", d)
	}
}

func TestConnectedFilterMergesWithLiteral(t *testing.T) {
	t.Parallel()
	db := shop(t)
	wf := dataflow.NewWorkflow("w")
	for i, who := range []string{"ann", "ann", "bob"} {
		wf.AddNode("SaleCreateNode", []string{"s0", "s1", "s2"}[i], dataflow.Params{"customer_id": who, "total": 1, "units": i})
		wf.AddDependency([]string{"s0", "s1", "s2"}[i], "list")
	}
	wf.AddNode("SaleListNode", "list", dataflow.Params{"filter": dataflow.Params{"units": dataflow.Params{"$gte": 1}}}).
		AddFunc("who", yield(dataflow.Params{"id": "ann"})).AddConnection("who", "id", "list", "filter.customer_id")
	sales, err := engine.AsList[Sale](mustRun(t, db, wf), "list")
	if err != nil || len(sales) != 1 || sales[0].Units != 1 {
		t.Errorf("%+v, %v", sales, err)
	}
}

func TestPathsThatLeadNowhere(t *testing.T) {
	t.Parallel()
	db := shop(t)
	for path, text := range map[string]string{
		"records.0.id": "records has no elements",
		"list.2.id":    "list has 2 elements, so there is none at 2",
		"list.0.idd":   `list.0 has no "idd"; there is id`,
		"lst.0":        `did you mean`,
		"n.x":          "n is int and has no parts",
		"none.x":       "none is null",
		"list.first":   "list is a list",
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			wf := dataflow.NewWorkflow("w").
				AddFunc("src", yield(dataflow.Params{"records": []any{}, "list": []map[string]any{{"id": 1}, {"id": 2}}, "n": 3, "none": nil})).
				AddFunc("dst", echo).AddConnection("src", path, "dst", "x")
			_, err := db.Run(t.Context(), wf)
			wantCodes(t, err, errcatalog.DF205)
			if err == nil || !strings.Contains(strings.ToLower(err.Error()), strings.ToLower(text)) {
				t.Errorf("want %q in\n%v", text, err)
			}
		})
	}
}

func TestConversionOnTheWay(t *testing.T) {
	t.Parallel()
	db := shop(t)
	for name, c := range map[string]struct {
		value any
		code  errcatalog.Code // "" for one that fits
	}{
		"fits":          {int64(100), ""},
		"json number":   {json.Number("7"), ""},
		"out of range":  {int64(1000), errcatalog.DF209},
		"fraction":      {1.5, errcatalog.DF209},
		"text":          {"3", errcatalog.DF209},
		"null":          {nil, errcatalog.DF208},
		"a nil pointer": {(*int)(nil), errcatalog.DF208},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wf := dataflow.NewWorkflow("w").AddFunc("src", yield(dataflow.Params{"n": c.value})).
				AddNode("SaleCreateNode", "sale", dataflow.Params{"customer_id": "ann", "total": 1}).AddConnection("src", "n", "sale", "units")
			_, err := db.Run(t.Context(), wf)
			if c.code == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			wantCodes(t, err, c.code)
		})
	}
}

func TestWhatConnectionsAndInputsCarryIsChecked(t *testing.T) {
	t.Parallel()
	db := shop(t)
	broken := customer("ann")
	delete(broken, "email")
	wf := dataflow.NewWorkflow("w").AddFunc("src", yield(dataflow.Params{"email": "no address", "filter": dataflow.Params{"full_name": dataflow.Params{"$lik": "x"}}})).
		AddNode("CustomerCreateNode", "create", broken).AddConnection("src", "email", "create", "email")
	_, err := db.Run(t.Context(), wf)
	wantCodes(t, err, errcatalog.DF117)

	// Two mistakes in what one node is given come at once, each with its name.
	wf = dataflow.NewWorkflow("w").AddFunc("src", yield(dataflow.Params{"filter": dataflow.Params{"nme": "x", "full_name": dataflow.Params{"$lik": "x"}}})).
		AddNode("CustomerListNode", "list", nil).AddConnection("src", "filter", "list", "filter")
	_, err = db.Run(t.Context(), wf)
	wantCodes(t, err, errcatalog.DF112, errcatalog.DF113)
	if n := strings.Count(err.Error(), "Node: list (CustomerListNode)"); n != 2 {
		t.Errorf("%d pages name the node:\n%v", n, err)
	}

	wf = dataflow.NewWorkflow("w").AddFunc("src", yield(dataflow.Params{"filter": dataflow.Params{"full_name": dataflow.Params{"$lik": "x"}}})).
		AddNode("CustomerListNode", "list", nil).AddConnection("src", "filter", "list", "filter")
	_, err = db.Run(t.Context(), wf)
	wantCodes(t, err, errcatalog.DF113)

	broken["email"] = dataflow.Input("email")
	wf = dataflow.NewWorkflow("w").AddFunc("never", func(context.Context, dataflow.Params) (dataflow.Params, error) {
		t.Error("the run began")
		return nil, nil
	}).AddNode("CustomerCreateNode", "create", broken).AddDependency("never", "create")
	_, err = db.Run(t.Context(), wf, engine.WithInputs(dataflow.Params{"email": "no address"}))
	wantCodes(t, err, errcatalog.DF117)
}

func TestInputsMayStandAnywhere(t *testing.T) {
	t.Parallel()
	db := shop(t)
	wf := dataflow.NewWorkflow("w").AddNode("SaleItemBulkCreateNode", "items", dataflow.Params{
		"data": []dataflow.Params{{"sku": dataflow.Input("sku"), "sale_id": dataflow.Input("sale").Default(1)}},
	}).AddNode("SaleItemListNode", "list", dataflow.Params{
		"filter": dataflow.Params{"$or": []dataflow.Params{{"sku": dataflow.Input("sku")}}}, "limit": dataflow.Input("limit").Default(5),
	}).AddDependency("items", "list")
	res := mustRun(t, db, wf, engine.WithInputs(dataflow.Params{"sku": "a"}), engine.WithInputs(dataflow.Params{"sale": 9}))
	items, err := engine.AsList[SaleItem](res, "list")
	if err != nil || len(items) != 1 || items[0].SaleID != 9 {
		t.Errorf("%+v, %v", items, err)
	}
}

// Functions may change what they are given; nobody else sees it.
func TestFunctionsOwnTheirInputs(t *testing.T) {
	t.Parallel()
	db := shop(t)
	change := func(_ context.Context, in dataflow.Params) (dataflow.Params, error) {
		in["list"].([]map[string]any)[0]["id"] = "changed"
		return in, nil
	}
	wf := dataflow.NewWorkflow("w").AddFunc("src", yield(dataflow.Params{"list": []map[string]any{{"id": "x"}}})).
		AddFunc("a", change).AddConnection("src", "list", "a", "list").
		AddFunc("b", change).AddConnection("src", "list", "b", "list")
	res := mustRun(t, db, wf)
	if d := cmp.Diff(dataflow.Params{"list": []map[string]any{{"id": "x"}}}, res.Outputs["src"]); d != "" {
		t.Error(d)
	}
}

func TestGraphWithUnseenPartsIsRefused(t *testing.T) {
	t.Parallel()
	db := shop(t)
	node := *graph.NodeOf("CustomerReadNode", "read", dataflow.Params{"id": "x"})
	for name, g := range map[string]*graph.Graph{
		"open":     {Name: "w", Nodes: []graph.Node{node}, Open: true},
		"opaque":   {Name: "w", Nodes: []graph.Node{{ID: node.ID, Type: node.Type}}},
		"function": {Name: "w", Nodes: []graph.Node{{ID: node.ID, Type: graph.Text{S: graph.FuncType, Known: true}, Params: graph.ValueOf(dataflow.Params{})}}},
		"no id":    {Name: "w", Nodes: []graph.Node{{Type: node.Type, Params: node.Params}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := db.RunGraph(t.Context(), g)
			wantCodes(t, err, errcatalog.DF802)
		})
	}
}

func TestMissingInputSaysHowToGiveIt(t *testing.T) {
	t.Parallel()
	db := shop(t)
	wf := dataflow.NewWorkflow("w").AddNode("SaleListNode", "list", dataflow.Params{"filter": dataflow.Params{"units": dataflow.Input("least")}})
	_, err := db.Run(t.Context(), wf)
	wantCodes(t, err, errcatalog.DF808)
	for _, want := range []string{`"least": 1,`, `"units": dataflow.Input("least").Default(1)`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no %s in\n%v", want, err)
		}
	}
}
