package engine_test

import (
	"context"
	"errors"
	"testing"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
)

// Whatever stands in a connection's paths, a value comes over it or an error says
// what is wrong; the value that goes in at a path comes out at the same one.
func FuzzPath(f *testing.F) {
	db := open(f, "sqlite::memory:", engine.WithModels(Item{}))
	for _, s := range append(hostile, "a", "a.b", "list.0", "list.0.x", "list.-1", "list.9999999999", "a..b", ".", "a.", ".a", "list.00", "list.1e1") {
		f.Add(s, "in")
		f.Add("a", s)
		f.Add(s, s)
	}
	f.Fuzz(func(t *testing.T, from, to string) {
		var got dataflow.Params
		wf := dataflow.NewWorkflow("paths").
			AddFunc("make", func(context.Context, dataflow.Params) (dataflow.Params, error) {
				return dataflow.Params{"a": P{"b": 1}, "list": []any{P{"x": 2}, 3}}, nil
			}).
			AddFunc("take", func(_ context.Context, in dataflow.Params) (dataflow.Params, error) {
				got = in
				return in, nil
			}).
			AddConnection("make", from, "take", to)
		_, err := db.Run(t.Context(), wf)
		var e *errcatalog.Error
		switch {
		case err != nil && !errors.As(err, &e):
			t.Errorf("%q → %q: %v", from, to, err)
		case err == nil && len(got) != 1 && to != "trigger":
			t.Errorf("%q → %q: %v came over", from, to, got)
		}
	})
}
