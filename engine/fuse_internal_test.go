package engine

import (
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/internal/testdb"
)

type (
	shelf struct {
		dataflow.Model `df:"softdelete,tenant"`
		ID             int64 `df:",pk"`
		Name           string
		Next           int64
		Tags           []string
	}
	label struct {
		dataflow.Model
		ID   string
		Text string
	}
)

// A fusion is two engines that hold the same: one shares statements between reads.
type fusion struct{ fused, unfused *Engine }

func newFusion(t *testing.T, dsn func() string) fusion {
	t.Helper()
	each := func(opts ...Option) *Engine {
		e, err := Open(t.Context(), dsn(), append(opts, WithModels(shelf{}, label{}))...)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := e.Close(); err != nil {
				t.Error(err)
			}
		})
		shelves := e.Model("shelf").ForTenant("a")
		for i := 1; i <= 6; i++ {
			if _, err := shelves.Create(t.Context(), dataflow.Params{"id": i, "name": fmt.Sprint("s", i), "next": i%6 + 1, "tags": []string{fmt.Sprint(i)}}); err != nil {
				t.Fatal(err)
			}
			if _, err := e.Model("label").Create(t.Context(), dataflow.Params{"id": fmt.Sprint(i), "text": fmt.Sprint("l", i)}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := shelves.Delete(t.Context(), dataflow.Params{"id": 5}); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Model("shelf").ForTenant("b").Create(t.Context(), dataflow.Params{"id": 7, "name": "theirs", "next": 7}); err != nil {
			t.Fatal(err)
		}
		return e
	}
	return fusion{fused: each(), unfused: each(func(c *config) { c.unfused = true })}
}

// A workflow whose reads are fused does what it does when each has a statement of its
// own: the same outputs, errors and nodes.
func TestFusedReadsAreReads(t *testing.T) {
	t.Parallel()
	for name, dsn := range map[string]func() string{
		"SQLite":     func() string { return "sqlite:" + filepath.Join(t.TempDir(), "app.db") },
		"PostgreSQL": func() string { return testdb.Postgres(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			both := newFusion(t, dsn)
			shared := 0
			rapid.Check(t, func(rt *rapid.T) {
				wf, inputs := readings(rt)
				opts := []RunOption{WithInputs(inputs), WithTenant("a"), WithSQLArguments()}
				serial := rapid.Bool().Draw(rt, "in one transaction")
				if serial {
					opts = append(opts, WithTransaction())
				}
				one, oneErr := both.fused.Run(t.Context(), wf, opts...)
				two, twoErr := both.unfused.Run(t.Context(), wf, opts...)
				shared += sharing(one)
				if sharing(two) > 0 {
					rt.Fatalf("reads share a statement: %v", two.Nodes)
				}
				if (oneErr == nil) != (twoErr == nil) {
					rt.Fatalf("fused: %v, else: %v", oneErr, twoErr)
				}
				for _, f := range []error{oneErr, twoErr} {
					if f != nil && !errors.Is(f, errcatalog.DF703) && !errors.Is(f, errcatalog.DF208) {
						rt.Fatal(f)
					}
				}
				outcomes := [2][]string{outcome(one), outcome(two)}
				// Side by side, it is chance what still runs when a node fails.
				if (serial || oneErr == nil) && !slices.Equal(outcomes[0], outcomes[1]) {
					rt.Fatalf("fused:\n%v\nelse:\n%v", outcomes[0], outcomes[1])
				}
				for id, out := range one.Outputs {
					if other, ok := two.Outputs[id]; ok && !reflect.DeepEqual(out, other) {
						rt.Fatalf("node %s yields %v, else %v", id, out, other)
					}
				}
			})
			if shared == 0 {
				t.Error("no reads were fused")
			}
		})
	}
}

// readings draws a workflow of reads, among which writes stand alone: they wait for
// all before them, and all after wait for them.
func readings(t *rapid.T) (*dataflow.Workflow, dataflow.Params) {
	wf := dataflow.NewWorkflow("readings")
	var before, ids []string // since the last write; of shelves read
	barrier := ""
	inputs := dataflow.Params{"one": rapid.Int64Range(1, 8).Draw(t, "input")}
	useInput := false
	add := func(wf *dataflow.Workflow, n int) {
		id := fmt.Sprint("n", n)
		if rapid.IntRange(0, 5).Draw(t, "kind") == 0 {
			wf.AddNode("shelfUpdateNode", id, dataflow.Params{"filter": dataflow.Params{"id": rapid.IntRange(1, 6).Draw(t, "updated")}, "fields": dataflow.Params{"name": fmt.Sprint("renamed", n)}})
			for _, b := range before {
				wf.AddDependency(b, id)
			}
			if barrier != "" {
				wf.AddDependency(barrier, id)
			}
			before, barrier = nil, id
			return
		}
		read := dataflow.Params{}
		nodeType, key := "shelfReadNode", any(rapid.IntRange(1, 8).Draw(t, "id"))
		if rapid.IntRange(0, 3).Draw(t, "model") == 0 {
			nodeType, key = "labelReadNode", fmt.Sprint(key)
		} else {
			switch from := rapid.IntRange(0, 3).Draw(t, "id from"); {
			case from == 0 && len(ids) > 0:
				wf.AddConnection(rapid.SampledFrom(ids).Draw(t, "source"), "next", id, "id")
				key = nil
			case from == 1:
				key, useInput = dataflow.Input("one"), true
			}
			if rapid.IntRange(0, 3).Draw(t, "deleted") == 0 {
				read["include_deleted"] = rapid.Bool().Draw(t, "include_deleted")
			}
			ids = append(ids, id)
		}
		if key != nil {
			read["id"] = key
		}
		if rapid.IntRange(0, 9).Draw(t, "raise") > 0 {
			read["raise_on_not_found"] = false
		}
		wf.AddNode(nodeType, id, read)
		if barrier != "" {
			wf.AddDependency(barrier, id)
		}
		before = append(before, id)
	}
	n := rapid.IntRange(2, 12).Draw(t, "nodes")
	for i := range n {
		add(wf, i)
	}
	if rapid.Bool().Draw(t, "block") {
		before, ids, barrier = nil, nil, ""
		wf.AddTransaction("tx", func(tx *dataflow.Workflow) {
			for i := range rapid.IntRange(1, 6).Draw(t, "nodes in the block") {
				if rapid.IntRange(0, 5).Draw(t, "kind in the block") > 0 {
					tx.AddNode("shelfReadNode", fmt.Sprint("t", i), dataflow.Params{"id": rapid.IntRange(1, 8).Draw(t, "id"), "raise_on_not_found": rapid.IntRange(0, 9).Draw(t, "raise") == 0})
				} else {
					tx.AddNode("labelUpdateNode", fmt.Sprint("t", i), dataflow.Params{"filter": dataflow.Params{"id": "none"}, "fields": dataflow.Params{"text": "x"}})
				}
			}
		})
		for i := range n {
			wf.AddDependency(fmt.Sprint("n", i), "t0")
		}
	}
	if !useInput {
		inputs = nil
	}
	return wf, inputs
}

// outcome is what became of each node, and what it yielded; without times and
// statements.
func outcome(r *Result) []string {
	var list []string
	for _, n := range r.Nodes {
		code := ""
		var e *errcatalog.Error
		if errors.As(n.Err, &e) {
			code = string(e.Code) + " " + e.Message
		}
		out := r.Outputs[n.ID]
		if _, ok := out["deleted_at"].(time.Time); ok {
			out["deleted_at"] = "some time"
		}
		list = append(list, fmt.Sprint(n.ID, " ", n.Type, " ", n.Status, " ", n.Rows, " ", code, " ", out))
	}
	slices.Sort(list)
	return list
}

// sharing is how many reads ran a statement for several records.
func sharing(r *Result) (n int) {
	for _, node := range r.Nodes {
		for _, s := range node.Statements {
			if strings.HasSuffix(node.Type, "ReadNode") && (strings.Contains(s.SQL, " IN (") || strings.Contains(s.SQL, "ANY(")) {
				n++
			}
		}
	}
	return n
}

// Of reads that share a statement, each has the error that is its own, and lists the
// statement.
func TestFusedReadsFailEachForItself(t *testing.T) {
	t.Parallel()
	e := newFusion(t, func() string { return "sqlite::memory:" }).fused
	wf := dataflow.NewWorkflow("some are missing")
	for i, id := range []int{1, 98, 2, 99} {
		wf.AddNode("shelfReadNode", fmt.Sprint("n", i), dataflow.Params{"id": id})
	}
	res, err := e.Run(t.Context(), wf, WithTenant("a"))
	for _, n := range res.Nodes {
		missing := n.ID == "n1" || n.ID == "n3"
		if missing != (n.Status == Failed) || missing != errors.Is(n.Err, errcatalog.DF703) || !missing && n.Status != Succeeded {
			t.Errorf("%s %s: %v", n.ID, n.Status, n.Err)
		}
		if missing && !strings.Contains(err.Error(), "Node: "+n.ID+" (shelfReadNode)") {
			t.Errorf("the run's error does not tell of %s: %v", n.ID, err)
		}
		if !missing && (len(n.Statements) != 1 || !strings.Contains(n.Statements[0].SQL, " IN (?, ?, ?, ?)")) {
			t.Errorf("%s: the statements are %v", n.ID, n.Statements)
		}
	}
	if res.Outputs["n0"]["name"] != "s1" || res.Outputs["n2"]["name"] != "s2" {
		t.Errorf("the outputs are %v", res.Outputs)
	}
}
