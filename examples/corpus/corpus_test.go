// Package corpus_test runs every workflow of the corpus on a real database, so
// that what tools are asked to read is known to be right.
package corpus_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/internal/graphtext"
)

// A domain is a package of the corpus: its models, and its workflows in the order
// in which they run on one database.
type domain struct {
	name   string
	models []any
	runs   []run
}

// A run is one run of a workflow, and what comes of it.
type run struct {
	wf     *dataflow.Workflow
	inputs dataflow.Params
	tenant string
	want   map[string]any  // outputs by dot path, "create.id"; a skipped node has none: nil
	fails  errcatalog.Code // the code that the run fails with
	keep   map[string]string
}

var domains = []domain{
	tourDomain, patternsDomain, shopDomain, marketDomain, saasDomain, blogDomain, billingDomain, crmDomain,
	iotDomain, inventoryDomain, libraryDomain, inspectDomain, chatDomain,
}

func TestWorkflows(t *testing.T) {
	t.Parallel()
	for _, d := range domains {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			db, err := engine.Open(t.Context(), "sqlite::memory:", engine.WithModels(d.models...))
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			kept := map[string]any{}
			for i, r := range d.runs {
				check(t, db, i, r, kept)
			}
			writeGraphs(t, d)
		})
	}
}

// A kept value stands for an output of a run before.
type kept string

func check(t *testing.T, db *engine.Engine, i int, r run, store map[string]any) {
	t.Helper()
	inputs := dataflow.Params{}
	for name, v := range r.inputs {
		if k, ok := v.(kept); ok {
			v = store[string(k)]
		}
		inputs[name] = v
	}
	opts := []engine.RunOption{engine.WithInputs(inputs)}
	if r.tenant != "" {
		opts = append(opts, engine.WithTenant(r.tenant))
	}
	if r.fails == "" {
		if _, err := r.wf.Build(); err != nil {
			t.Errorf("run %d: %v", i, err)
		}
	}
	res, err := db.Run(t.Context(), r.wf, opts...)
	if r.fails != "" {
		var e *errcatalog.Error
		if !errors.As(err, &e) || !errors.Is(err, r.fails) {
			t.Errorf("run %d, %s: %v, want %s", i, res.Workflow, err, r.fails)
		}
		return
	}
	if err != nil {
		t.Errorf("run %d, %s: %v", i, res.Workflow, err)
		return
	}
	for path, want := range r.want {
		if got := at(res.Outputs, path); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("run %d, %s: %s is %v, want %v", i, res.Workflow, path, got, want)
		}
	}
	for name, path := range r.keep {
		store[name] = at(res.Outputs, path)
	}
}

// at follows a dot path into the outputs of a run.
func at(outputs map[string]dataflow.Params, path string) any {
	node, rest, _ := strings.Cut(path, ".")
	params, ok := outputs[node]
	if !ok {
		return nil
	}
	var v any = params
	for _, key := range strings.Split(rest, ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[key]
		case []map[string]any:
			i, err := strconv.Atoi(key)
			if err != nil || i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}

// writeGraphs writes what the builders made, for who compares it with the source.
func writeGraphs(t *testing.T, d domain) {
	dir := os.Getenv("CORPUS_GRAPHS")
	if dir == "" {
		return
	}
	graphs := []*graphtext.Graph{}
	for _, r := range d.runs {
		graphs = append(graphs, graphtext.Of(r.wf.Graph()))
	}
	content, err := json.Marshal(graphs)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, d.name+".json"), content, 0o600); err != nil {
		t.Fatal(err)
	}
}
