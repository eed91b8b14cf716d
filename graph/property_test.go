package graph_test

import (
	"maps"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/model"
	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"
)

// anyValue draws what a user may write, sensible or not.
func anyValue(depth int) *rapid.Generator[any] {
	scalars := []*rapid.Generator[any]{
		rapid.Just[any](nil), rapid.Bool().AsAny(), rapid.Int().AsAny(), rapid.Uint64().AsAny(), rapid.Float64().AsAny(), rapid.String().AsAny(),
		rapid.SampledFrom([]any{math.NaN(), math.Inf(1), time.Now(), uuid.New(), decimal.New(1, 2), []byte("x"), (*string)(nil), make(chan int), struct{ A int }{1}, dataflow.Input("in"), dataflow.Input("in").Default(1), "${a.id}", "$gte"}),
	}
	if depth == 0 {
		return rapid.OneOf(scalars...)
	}
	return rapid.OneOf(append(scalars,
		anyParams(depth-1).AsAny(),
		rapid.SliceOfN(anyValue(depth-1), 0, 3).AsAny(),
		rapid.SliceOfN(anyParams(depth-1), 0, 3).AsAny(),
		rapid.SliceOfN(rapid.SampledFrom(names), 0, 3).AsAny(),
	)...)
}

// names are parameters, columns, operators and slips of all kinds.
var names = []string{
	"id", "email", "full_name", "age", "tags", "settings", "created_at", "CreatedAt", "user_id", "emial", "", ".", "a.b",
	"filter", "filters", "fields", "where", "create", "update", "data", "ids", "conflict_on", "order_by", "limit", "offset", "cursor", "confirm", "hard",
	"$eq", "$in", "$and", "$or", "$not", "$between", "$like", "gte", "age__gte", "settings.theme", "-created_at", "id desc",
	"condition", "cases", "mode", "expression", "trigger", "records.0.id", "filter.user_id", "filter.age.$gte", "data.0.id", "records..x",
}

func anyParams(depth int) *rapid.Generator[map[string]any] {
	return rapid.MapOfN(rapid.OneOf(rapid.SampledFrom(names), rapid.String()), anyValue(depth), 0, 5)
}

// TestCheckNeverPanics: whatever is built, Check answers, with a message and a
// place for each finding, and the same one each time.
func TestCheckNeverPanics(t *testing.T) {
	t.Parallel()
	models := shop(t)
	types := append([]string{graph.SwitchType, graph.MergeType, graph.TransformType, "UserNode", "Node", ""}, nodeTypes(models)...)
	ids := rapid.SampledFrom([]string{"a", "b", "c", "", "x.y"})
	rapid.Check(t, func(t *rapid.T) {
		wf := dataflow.NewWorkflow("w")
		for range rapid.IntRange(0, 4).Draw(t, "nodes") {
			wf.AddNode(rapid.SampledFrom(types).Draw(t, "type"), ids.Draw(t, "id"), anyParams(3).Draw(t, "params"))
		}
		for range rapid.IntRange(0, 4).Draw(t, "connections") {
			name := rapid.SampledFrom(names)
			wf.AddConnection(ids.Draw(t, "from"), name.Draw(t, "output"), ids.Draw(t, "to"), name.Draw(t, "input"))
		}
		findings := graph.Check(wf.Graph(), models)
		for _, f := range findings {
			if f.Message == "" || !f.Span.IsValid() || f.Severity == 0 {
				t.Fatalf("%s: %q at %v, severity %v", f.Code, f.Message, f.Span, f.Severity)
			}
		}
		if again := graph.Check(wf.Graph(), models); len(again) != len(findings) {
			t.Fatalf("%d findings, then %d", len(findings), len(again))
		}
	})
}

func nodeTypes(models graph.Models) []string {
	var types []string
	for _, name := range models.Names() {
		for _, op := range model.Operations {
			types = append(types, model.NodeType(name, op))
		}
	}
	return types
}

// TestSoundCreateIsSilent: parameters drawn from the model's own types have no findings.
func TestSoundCreateIsSilent(t *testing.T) {
	t.Parallel()
	models := shop(t)
	rapid.Check(t, func(t *rapid.T) {
		p := dataflow.Params{"id": rapid.String().Draw(t, "id"), "email": "a@example.com", "full_name": rapid.StringMatching(`[^$]*`).Draw(t, "name")}
		optional := dataflow.Params{
			"age": rapid.IntRange(-5, 120).Draw(t, "age"), "active": rapid.Bool().Draw(t, "active"),
			"tags": rapid.SliceOf(rapid.StringMatching(`[^$]*`)).Draw(t, "tags"), "settings": anyJSON(2).Draw(t, "settings"), "nickname": nil,
		}
		for _, key := range slices.Sorted(maps.Keys(optional)) {
			if rapid.Bool().Draw(t, key) {
				p[key] = optional[key]
			}
		}
		wf := dataflow.NewWorkflow("w").AddNode("UserCreateNode", "n", p)
		if findings := graph.Check(wf.Graph(), models); len(findings) > 0 {
			t.Fatalf("%s %s", findings[0].Code, findings[0].Message)
		}
	})
}

func anyJSON(depth int) *rapid.Generator[map[string]any] {
	value := rapid.OneOf(rapid.Int().AsAny(), rapid.Bool().AsAny(), rapid.StringMatching(`[a-z]*`).AsAny(), rapid.Just[any](nil))
	if depth > 0 {
		value = rapid.OneOf(value, anyJSON(depth-1).AsAny())
	}
	return rapid.MapOfN(rapid.StringMatching(`[a-z]+`), value, 0, 3)
}
