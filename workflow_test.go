package dataflow_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
)

func here() int {
	_, _, line, _ := runtime.Caller(1)
	return line
}

// TestPositions: every part of a graph knows the line of the call that made it,
// chained calls and calls inside a transaction's function too.
func TestPositions(t *testing.T) {
	t.Parallel()
	var inside int
	wf := dataflow.NewWorkflow("w")
	start := here() - 1
	wf.AddNode("UserCountNode", "a", nil).
		AddNode("UserCountNode", "b", nil)
	wf.AddTransaction("tx", func(tx *dataflow.Workflow) {
		tx.AddNode("UserCountNode", "c", nil)
		inside = here() - 1
	})
	wf.AddConnection("a", "count", "b", "trigger")
	wf.AddDependency("b", "c")
	end := here() - 1
	g := wf.Graph()
	var got []int
	got = append(got, g.Span.Start.Line, g.Nodes[0].Call.Start.Line, g.Nodes[1].Call.Start.Line, g.Nodes[2].Call.Start.Line)
	got = append(got, g.Transactions[0].Call.Start.Line, g.Connections[0].Call.Start.Line, g.Dependencies[0].Call.Start.Line)
	want := []int{start, start + 2, start + 3, inside, start + 4, end - 1, end}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	if !strings.HasSuffix(g.Nodes[0].Call.Start.Filename, "workflow_test.go") {
		t.Errorf("file %q", g.Nodes[0].Call.Start.Filename)
	}
}

// TestBuildReportsAll: everything that is wrong comes out at once, each with its line.
func TestBuildReportsAll(t *testing.T) {
	t.Parallel()
	wf := dataflow.NewWorkflow("w")
	wf.AddNode("UserCreate", "a", nil)
	wf.AddNode("UserCountNode", "", nil)
	wf.AddConnection("a", "id", "b", "trigger")
	_, err := wf.Build()
	for _, code := range []errcatalog.Code{errcatalog.DF701, errcatalog.DF807, errcatalog.DF201} {
		if !errors.Is(err, code) {
			t.Errorf("no %s in\n%v", code, err)
		}
	}
	if errors.Is(err, errcatalog.DF101) {
		t.Error("DF-101 was not made")
	}
	var e *errcatalog.Error
	if !errors.As(err, &e) || e.Position.Line == 0 || !strings.HasSuffix(e.Position.Filename, "workflow_test.go") {
		t.Errorf("no position: %+v", e)
	}
}

func TestMisuse(t *testing.T) {
	t.Parallel()
	var none *dataflow.Workflow
	var left *dataflow.Workflow
	for name, wf := range map[string]*dataflow.Workflow{
		"nil":             none.AddNode("UserCountNode", "a", nil).AddConnection("a", "b", "c", "d").AddDependency("a", "b").AddFunc("f", nil).AddTransaction("t", nil),
		"zero":            new(dataflow.Workflow).AddNode("UserCountNode", "a", nil),
		"nil func":        dataflow.NewWorkflow("w").AddFunc("f", nil),
		"nil transaction": dataflow.NewWorkflow("w").AddTransaction("t", nil),
		"after the end": func() *dataflow.Workflow {
			wf := dataflow.NewWorkflow("w").AddTransaction("t", func(tx *dataflow.Workflow) { left = tx.AddNode("UserCountNode", "a", nil) })
			left.AddNode("UserCountNode", "b", nil)
			return wf
		}(),
	} {
		g, err := wf.Build()
		if !errors.Is(err, errcatalog.DF801) || g != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What is changed after AddNode, in a map, a list or behind a pointer, is not the
// node's; and a map that holds itself is a mistake like any other.
func TestNodesKeepWhatTheyWereGiven(t *testing.T) {
	t.Parallel()
	name, tags, inner := "old", []string{"old"}, dataflow.Params{"k": "old"}
	p := dataflow.Params{
		"name": &name, "tags": tags, "rows": []any{inner}, "typed": []dataflow.Params{inner}, "at": dataflow.Input("at").Default(tags),
	}
	wf := dataflow.NewWorkflow("kept").AddNode("UserCreateNode", "create", p)
	name, tags[0], inner["k"], p["name"] = "new", "new", "new", "new"
	g, err := wf.Build()
	if err != nil {
		t.Fatal(err)
	}
	got, _ := g.Nodes[0].Params.Resolve(nil)
	old := "old"
	want := map[string]any{
		"name": &old, "tags": []string{"old"}, "rows": []any{dataflow.Params{"k": "old"}}, "typed": []dataflow.Params{{"k": "old"}}, "at": []string{"old"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the node changed (-want +got):\n%s", diff)
	}
	loop := dataflow.Params{}
	loop["self"], loop["list"] = loop, []any{loop}
	wf.AddNode("UserCreateNode", "loop", loop)
}

// TestGraphIsASnapshot: later calls do not change a graph that was taken, and a
// finished workflow may be built by many at once.
func TestGraphIsASnapshot(t *testing.T) {
	t.Parallel()
	wf := dataflow.NewWorkflow("w").AddNode("UserCountNode", "a", nil)
	g := wf.Graph()
	wf.AddNode("UserCountNode", "b", nil)
	if len(g.Nodes) != 1 || len(wf.Graph().Nodes) != 2 {
		t.Errorf("%d and %d nodes", len(g.Nodes), len(wf.Graph().Nodes))
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if _, err := wf.Build(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestValues(t *testing.T) {
	t.Parallel()
	wf := dataflow.NewWorkflow("w").AddNode("UserCreateNode", "a", dataflow.Params{
		"s": "x", "n": int8(3), "m": map[string]any{"k": []string{"v"}}, "in": dataflow.Input("name"), "opt": dataflow.Input("limit").Default(20), "nil": nil,
	})
	wf.AddFunc("f", func(_ context.Context, p dataflow.Params) (dataflow.Params, error) { return p, nil })
	g := wf.Graph()
	want := `wf.AddNode("UserCreateNode", "a", dataflow.Params{
	"in": dataflow.Input("name"),
	"m": dataflow.Params{"k": []string{"v"}},
	"n": 3,
	"nil": nil,
	"opt": dataflow.Input("limit").Default(20),
	"s": "x",
})`
	if diff := cmp.Diff(want, graph.NodeSource(&g.Nodes[0])); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	var names []string
	for _, in := range g.Inputs() {
		names = append(names, in.Name)
	}
	if diff := cmp.Diff([]string{"name", "limit"}, names); diff != "" {
		t.Errorf("inputs (-want +got):\n%s", diff)
	}
	v, missing := g.Nodes[0].Params.Resolve(map[string]any{})
	if diff := cmp.Diff([]string{"name"}, missing); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
	if limit := v.(map[string]any)["opt"]; limit != 20 {
		t.Errorf("default: %v", limit)
	}
	if g.Nodes[1].Type.S != graph.FuncType || g.Nodes[1].Func == nil {
		t.Errorf("function node: %+v", g.Nodes[1])
	}
}

func BenchmarkBuild(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		wf := dataflow.NewWorkflow("w")
		wf.AddNode("UserCreateNode", "create", dataflow.Params{"id": "u1", "email": "a@example.com"})
		wf.AddNode("OrderListNode", "orders", dataflow.Params{"limit": 20})
		wf.AddConnection("create", "id", "orders", "filter.user_id")
		if _, err := wf.Build(); err != nil {
			b.Fatal(err)
		}
	}
}
