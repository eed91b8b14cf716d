package engine_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
)

// nodeOf is what a result tells of a node.
func nodeOf(t *testing.T, res *engine.Result, id string) engine.NodeResult {
	t.Helper()
	i := slices.IndexFunc(res.Nodes, func(n engine.NodeResult) bool { return n.ID == id })
	if i < 0 {
		t.Fatalf("the result tells nothing of the node %s: %+v", id, res.Nodes)
	}
	return res.Nodes[i]
}

// A result tells of each node how many rows it read or wrote, when it ran, and what
// it had the database do, but not with which values, unless it is asked to.
func TestResultTellsWhatNodesDid(t *testing.T) {
	t.Parallel()
	databases(t, []any{Team{}}, func(t *testing.T, db *engine.Engine) {
		const secret = "the name that nobody is told"
		wf := dataflow.NewWorkflow("w")
		steps := []struct {
			id, typ string
			p       P
			rows    int
			sql     string // what stands in one of the statements
		}{
			{"create", "TeamCreateNode", P{"id": 1, "name": secret}, 1, "INSERT"},
			{"bulk", "TeamBulkCreateNode", P{"data": []P{{"id": 2, "name": "b"}, {"id": 3, "name": "c"}}}, 2, "INSERT"},
			{"upsert", "TeamUpsertNode", P{"where": P{"name": secret}, "create": P{"name": secret}, "update": P{"name": secret}}, 1, ""},
			{"read", "TeamReadNode", P{"filter": P{"name": secret}}, 1, "SELECT"},
			{"missing", "TeamReadNode", P{"id": 9, "raise_on_not_found": false}, 0, "SELECT"},
			{"list", "TeamListNode", P{"filter": P{"name": P{"$ne": secret}}}, 2, "SELECT"},
			{"count", "TeamCountNode", P{"filter": P{"name": secret}}, 0, "SELECT count(*)"},
			{"change", "TeamUpdateNode", P{"filter": P{"id": 9}, "fields": P{"name": secret}}, 0, "UPDATE"},
			{"some", "TeamBulkUpdateNode", P{"filter": P{"id": P{"$gt": 1}}, "fields": P{"name": dataflow.Input("name")}}, 0, "UPDATE"},
			{"delete", "TeamDeleteNode", P{"id": 1}, 1, "DELETE"},
			{"rest", "TeamBulkDeleteNode", P{"filter": P{"name": P{"$ne": secret}}}, 2, "DELETE"},
		}
		for i, s := range steps {
			if s.id == "some" {
				s.p["filter"] = P{"id": P{"$gt": 100}}
			}
			wf.AddNode(s.typ, s.id, s.p)
			if i > 0 {
				wf.AddDependency(steps[i-1].id, s.id)
			}
		}
		for _, shown := range []bool{false, true} {
			opts := []engine.RunOption{engine.WithInputs(P{"name": secret})}
			if shown {
				opts = append(opts, engine.WithSQLArguments())
			}
			res := mustRun(t, db, wf, opts...)
			told := false
			for _, s := range steps {
				n := nodeOf(t, res, s.id)
				if n.Status != engine.Succeeded || n.Rows != s.rows || n.Attempts != 1 || n.Type != s.typ || n.Err != nil {
					t.Errorf("%s: %+v; want %d rows", s.id, n, s.rows)
				}
				if n.Started.Before(res.Started) || n.Ended.Before(n.Started) || res.Ended.Before(n.Ended) {
					t.Errorf("%s ran from %v to %v, the workflow from %v to %v", s.id, n.Started, n.Ended, res.Started, res.Ended)
				}
				if !slices.ContainsFunc(n.Statements, func(st engine.Statement) bool { return strings.Contains(st.SQL, s.sql) }) {
					t.Errorf("%s: %v; want %q in one", s.id, n.Statements, s.sql)
				}
				for _, st := range n.Statements {
					if strings.Contains(st.SQL, secret) || !shown && st.Args != nil {
						t.Errorf("%s shows values: %v", s.id, st)
					}
					told = told || strings.Contains(fmt.Sprint(st.Args), secret)
				}
			}
			if told != shown {
				t.Errorf("WithSQLArguments %v, values shown %v", shown, told)
			}
			if c := nodeOf(t, res, "count").Statements; len(c) != 1 {
				t.Errorf("to count took %v", c)
			}
		}
	})
}

// What does not run says why.
func TestResultTellsWhyNodesWereSkipped(t *testing.T) {
	t.Parallel()
	databases(t, []any{Team{}}, func(t *testing.T, db *engine.Engine) {
		wf := dataflow.NewWorkflow("w").AddNode("TeamCountNode", "count", nil).
			AddNode("SwitchNode", "any", P{"condition": "n > 0"}).AddConnection("count", "count", "any", "n").
			AddNode("TeamListNode", "list", nil).AddConnection("any", "true_output", "list", "trigger").
			AddNode("TeamCountNode", "then", nil).AddDependency("list", "then").
			AddNode("TeamCreateNode", "create", P{"name": "x"}).AddConnection("any", "false_output", "create", "trigger").
			AddNode("MergeNode", "either", P{"mode": "first"}).AddConnection("list", "count", "either", "a").AddConnection("then", "count", "either", "b")
		res := mustRun(t, db, wf)
		for id, reason := range map[string]string{
			"count": "", "any": "", "create": "", "list": `node "any" did not take "true_output"`,
			"then": `it runs after node "list", which was skipped`, "either": "none of its branches was taken",
		} {
			n := nodeOf(t, res, id)
			if n.Reason != reason || (n.Status == engine.Skipped) != (reason != "") {
				t.Errorf("%s is %s: %q; want %q", id, n.Status, n.Reason, reason)
			}
			if _, out := res.Outputs[id]; out != (reason == "") {
				t.Errorf("%s has outputs: %v", id, res.Outputs[id])
			}
		}
	})
}

// A node that takes longer than it may ends the run, by its own name, and its
// transaction is undone; nodes that are quick enough never meet the limit.
func TestNodeTimeout(t *testing.T) {
	t.Parallel()
	databases(t, []any{Team{}}, func(t *testing.T, db *engine.Engine) {
		wf := dataflow.NewWorkflow("w").AddTransaction("tx", func(tx *dataflow.Workflow) {
			tx.AddNode("TeamCreateNode", "quick", P{"name": "x"})
			tx.AddFunc("slow", func(ctx context.Context, _ P) (P, error) {
				select {
				case <-ctx.Done():
					return nil, ctx.Err()
				case <-time.After(time.Minute):
					return nil, nil
				}
			}).AddDependency("quick", "slow")
			tx.AddNode("TeamCountNode", "after", nil).AddDependency("slow", "after")
		})
		res, err := db.Run(t.Context(), wf, engine.WithNodeTimeout(5*time.Second), engine.WithTimeout(time.Hour))
		e := caught(t, err, errcatalog.DF505)
		if !strings.Contains(e.Message, `node "slow" was not done after 5s`) || strings.Count(err.Error(), "DF-505: ") > 1 {
			t.Errorf("%v", err)
		}
		for id, status := range map[string]engine.Status{"quick": engine.Succeeded, "slow": engine.Failed, "after": engine.Cancelled} {
			if n := nodeOf(t, res, id); n.Status != status {
				t.Errorf("%s is %s, want %s", id, n.Status, status)
			}
		}
		if n := must(t)(db.Model("Team").Count(t.Context(), nil))["count"]; n != int64(0) {
			t.Errorf("%v records stayed", n)
		}
		_, err = db.Run(t.Context(), wf, engine.WithNodeTimeout(0))
		want(t, err, errcatalog.DF407)
	})
}
