package engine_test

import (
	"errors"
	"testing"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
)

// Strict mode's rules refuse a run, and nothing else does.
func TestStrictModeRefuses(t *testing.T) {
	t.Parallel()
	type Note struct {
		dataflow.Model
		ID   string
		Text string
	}
	twoWrites := dataflow.NewWorkflow("two writes").
		AddNode("NoteCreateNode", "a", P{"id": "a", "text": "1"}).
		AddNode("NoteCreateNode", "b", P{"id": "b", "text": "2"})
	unbounded := dataflow.NewWorkflow("unbounded").AddNode("NoteListNode", "all", nil)
	twice := dataflow.NewWorkflow("twice").
		AddNode("NoteReadNode", "a", P{"id": dataflow.Input("id")}).
		AddNode("NoteListNode", "b", P{"limit": 1}).
		AddConnection("a", "id", "b", "filter.id").
		AddConnection("a", "id", "b", "filter.id")
	strict := engine.WithStrictMode(engine.StrictMode{Rules: true, Warnings: true})
	for _, test := range []struct {
		name   string
		wf     *dataflow.Workflow
		opts   []engine.RunOption
		strict []errcatalog.Code
	}{
		{"writes in no transaction", twoWrites, nil, []errcatalog.Code{errcatalog.DF907}},
		{"writes in one transaction", twoWrites, []engine.RunOption{engine.WithTransaction()}, nil},
		{"a list without a limit", unbounded, nil, []errcatalog.Code{errcatalog.DF905}},
		{
			"warnings", twice, []engine.RunOption{engine.WithInputs(P{"id": "a", "idd": "a"})},
			[]errcatalog.Code{errcatalog.DF207, errcatalog.DF810},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, mode := range []struct {
				opts []engine.Option
				want []errcatalog.Code
			}{{nil, nil}, {[]engine.Option{strict}, test.strict}} {
				db := open(t, "sqlite::memory:", append(mode.opts, engine.WithModels(Note{}))...)
				if test.wf == twice {
					must(t)(db.Model("Note").Create(t.Context(), P{"id": "a", "text": "1"}))
				}
				_, err := db.Run(t.Context(), test.wf, test.opts...)
				if len(mode.want) == 0 && err != nil {
					t.Errorf("refused: %v", err)
				}
				for _, code := range mode.want {
					if !errors.Is(err, code) {
						t.Errorf("want %s, got %v", code, err)
					}
				}
			}
		})
	}
}

// The name of a column that SQL keeps for itself is refused when its model is registered.
func TestStrictModeRefusesNames(t *testing.T) {
	t.Parallel()
	type Ranking struct {
		dataflow.Model
		ID    string
		Order int
	}
	open(t, "sqlite::memory:", engine.WithModels(Ranking{}))
	_, err := engine.Open(t.Context(), "sqlite::memory:", engine.WithModels(Ranking{}), engine.WithStrictMode(engine.StrictMode{Rules: true}))
	want(t, err, errcatalog.DF906)
}
