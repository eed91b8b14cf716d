package inspector_test

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/inspector"
	"github.com/dataflow-go/dataflow/internal/docgen"
	"github.com/dataflow-go/dataflow/model"
)

var update = flag.Bool("update", false, "write docs/inspector.md")

type User struct {
	dataflow.Model
	ID    string
	Email string
}

type Order struct {
	dataflow.Model
	ID     int64
	UserID string
	Total  float64
}

func models(t testing.TB) graph.Models {
	t.Helper()
	var all []*model.Model
	for _, v := range []any{User{}, Order{}} {
		m, problems := model.FromStruct(v)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		all = append(all, m)
	}
	return graph.NewModelSet(all...)
}

// signup reads a user, lists the orders, and notes both in a transaction.
func signup() *graph.Graph {
	wf := dataflow.NewWorkflow("signup")
	wf.AddNode("UserReadNode", "read", dataflow.Params{"id": dataflow.Input("user")})
	wf.AddNode("OrderListNode", "list", dataflow.Params{"limit": 10})
	wf.AddTransaction("tx", func(tx *dataflow.Workflow) {
		tx.AddNode("OrderCreateNode", "order", dataflow.Params{"total": 1.5})
		tx.AddNode("UserUpdateNode", "touch", dataflow.Params{"fields": dataflow.Params{"email": "a@example.com"}})
	})
	wf.AddFunc("mail", func(context.Context, dataflow.Params) (dataflow.Params, error) { return nil, nil })
	wf.AddConnection("read", "id", "list", "filter.user_id")
	wf.AddConnection("read", "id", "order", "user_id")
	wf.AddConnection("read", "id", "touch", "filter.id")
	wf.AddDependency("order", "mail")
	return wf.Graph()
}

func inspect(t testing.TB) *inspector.Inspector { return inspector.New(signup(), models(t)) }

func ask(t *testing.T, i *inspector.Inspector, question string, args ...string) string {
	t.Helper()
	named := map[string]string{}
	for k := 0; k+1 < len(args); k += 2 {
		named[args[k]] = args[k+1]
	}
	answer, err := i.Ask(question, named)
	if err != nil {
		return err.Error()
	}
	text, err := json.Marshal(answer)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestQuestions(t *testing.T) {
	t.Parallel()
	i := inspect(t)
	for _, test := range []struct {
		question, args, want string
	}{
		{"executionOrder", "", `["read","list","order","touch","mail"]`},
		{"levels", "", `[["read"],["list","order","touch"],["mail"]]`},
		{"criticalPath", "", `["read","order","mail"]`},
		{"entryNodes", "", `["read"]`},
		{"exitNodes", "", `["list","touch","mail"]`},
		{"isolatedNodes", "", `[]`},
		{"upstream", "node=mail", `["read","order"]`},
		{"downstream", "node=read", `["list","order","touch","mail"]`},
		{"connectionCycles", "", `[]`},
		{"brokenConnections", "", `[]`},
		{"missingParameters", "", `[]`},
		{"nodesOfType", "name=Order", `["list","order"]`},
		{"nodesOfType", "name=UserReadNode", `["read"]`},
		{"parameterSource", "node=order,parameter=user_id", `"read.id"`},
		{"parameterSource", "node=list,parameter=limit", `"literal 10"`},
		{"parameterSource", "node=read,parameter=id", `"input user"`},
		{"transactions", "", `[{"id":"tx","nodes":["order","touch"]}]`},
		{"inputs", "", `[{"name":"user","required":true,"feeds":["read.id"]}]`},
		{"pathBetween", "from=read,to=list", `[{"from":"read","output":"id","to":"list","input":"filter.user_id","output_type":"string","input_type":"string","problems":[]}]`},
		{"pathBetween", "from=list,to=read", `[]`},
		{"models", "", `[{"model":"User","table":"users","reads":["read"],"writes":["touch"]},{"model":"Order","table":"orders","reads":["list"],"writes":["order"]}]`},
		{"metrics", "", `{"nodes":5,"connections":3,"dependencies":1,"transactions":1,"inputs":1,"depth":3,"width":3,"models":2,"whole":true}`},
		{"traceParameter", "node=order,parameter=user_id", `{"node":"order","parameter":"user_id","type":"string","source":"connection","via":{"from":"read","output":"id","to":"order","input":"user_id","output_type":"string","input_type":"string","problems":[]},"from":[{"node":"read","parameter":"id","type":"string","source":"input","value":"user","from":[]}]}`},
		{"validate", "", `{"valid":true,"problems":[]}`},
	} {
		var args []string
		for pair := range strings.SplitSeq(test.args, ",") {
			if name, value, ok := strings.Cut(pair, "="); ok {
				args = append(args, name, value)
			}
		}
		if diff := cmp.Diff(test.want, ask(t, i, test.question, args...)); diff != "" {
			t.Errorf("%s %s: %s", test.question, test.args, diff)
		}
	}
}

// Every question has an answer that is JSON, and says what is wrong with its arguments.
func TestEveryQuestion(t *testing.T) {
	t.Parallel()
	i := inspect(t)
	values := map[string]string{"node": "read", "from": "read", "to": "mail", "parameter": "id", "output": "id", "name": "User", "format": "text"}
	if len(inspector.Questions) < 30 {
		t.Errorf("%d questions", len(inspector.Questions))
	}
	for _, q := range inspector.Questions {
		args := map[string]string{}
		for _, arg := range q.Args {
			args[strings.TrimSuffix(arg, "?")] = values[strings.TrimSuffix(arg, "?")]
		}
		answer, err := i.Ask(q.Name, args)
		if err != nil {
			t.Errorf("%s: %v", q.Name, err)
			continue
		}
		if text, err := json.Marshal(answer); err != nil || string(text) == "null" {
			t.Errorf("%s: %s, %v", q.Name, text, err)
		}
		args["nonsense"] = ""
		if _, err := i.Ask(q.Name, args); !errors.Is(err, errcatalog.DF411) {
			t.Errorf("%s with an argument too many: %v", q.Name, err)
		}
		delete(args, "nonsense")
		if len(q.Args) == 0 || strings.HasSuffix(q.Args[0], "?") {
			continue
		}
		delete(args, q.Args[0])
		if _, err := i.Ask(q.Name, args); !errors.Is(err, errcatalog.DF411) {
			t.Errorf("%s without %s: %v", q.Name, q.Args[0], err)
		}
	}
	if _, err := i.Node("raed"); !errors.Is(err, errcatalog.DF201) || !strings.Contains(err.Error(), `did you mean "read"?`) {
		t.Errorf("a node that is not there: %v", err)
	}
	if _, err := i.Ask("nods", nil); !errors.Is(err, errcatalog.DF411) || !strings.Contains(err.Error(), `did you mean "nodes"?`) {
		t.Errorf("a question that there is not: %v", err)
	}
}

// What is wrong is what the rules say.
func TestBroken(t *testing.T) {
	t.Parallel()
	wf := dataflow.NewWorkflow("broken")
	wf.AddNode("UserCreateNode", "create", dataflow.Params{"id": "u"})
	wf.AddNode("OrderListNode", "list", nil)
	wf.AddConnection("create", "emial", "list", "limit")
	wf.AddConnection("list", "count", "create", "email")
	i := inspector.New(wf.Graph(), models(t))
	if got := i.ConnectionCycles(); len(got) != 1 || len(got[0]) != 2 {
		t.Errorf("circles: %v", got)
	}
	if got := i.ExecutionOrder(); len(got) != 0 {
		t.Errorf("order of a circle: %v", got)
	}
	broken := i.BrokenConnections()
	if len(broken) == 0 || broken[0].Problems[0].Code != errcatalog.DF202 {
		t.Errorf("broken: %+v", broken)
	}
	v := i.Validate()
	var want []errcatalog.Code
	for _, f := range graph.Check(wf.Graph(), models(t)) {
		want = append(want, f.Code)
	}
	var got []errcatalog.Code
	for _, p := range v.Problems {
		got = append(got, p.Code)
	}
	if v.Valid || !slices.Equal(got, want) {
		t.Errorf("valid %v, codes %v, want %v", v.Valid, got, want)
	}
	if text := i.Text(); !strings.Contains(text, "circle: ") {
		t.Error(text)
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	a := inspect(t)
	if diff := a.Compare(inspect(t)); len(diff) > 0 {
		t.Errorf("the same differs: %v", diff)
	}
	wf := dataflow.NewWorkflow("signup").AddNode("UserReadNode", "read", dataflow.Params{"id": "u"})
	diff := a.Compare(inspector.New(wf.Graph(), models(t)))
	if !slices.Contains(diff, inspector.Difference{What: "node", Name: "list", Before: "OrderListNode"}) {
		t.Errorf("differences: %v", diff)
	}
}

// Any graph has an order, levels and drawings that agree.
func TestAnyGraph(t *testing.T) {
	t.Parallel()
	known := models(t)
	rapid.Check(t, func(t *rapid.T) {
		wf := dataflow.NewWorkflow(rapid.StringMatching(`[a-z"<&]{1,5}`).Draw(t, "name"))
		n := rapid.IntRange(1, 8).Draw(t, "nodes")
		for k := range n {
			wf.AddNode("UserListNode", fmt.Sprintf("n%d<\"&;#", k), nil)
		}
		for range rapid.IntRange(0, 12).Draw(t, "edges") {
			from, to := rapid.IntRange(0, n-1).Draw(t, "from"), rapid.IntRange(0, n-1).Draw(t, "to")
			wf.AddConnection(fmt.Sprintf("n%d<\"&;#", from), "count", fmt.Sprintf("n%d<\"&;#", to), "limit")
		}
		i := inspector.New(wf.Graph(), known)
		order := i.ExecutionOrder()
		for _, c := range i.Connections() {
			from, to := slices.Index(order, c.From), slices.Index(order, c.To)
			if from >= 0 && to >= 0 && from >= to {
				t.Fatalf("%s runs before what feeds it: %v", c, order)
			}
		}
		circles := 0
		for _, c := range i.ConnectionCycles() {
			circles += len(c)
		}
		if len(order)+circles != n {
			t.Fatalf("%d in order and %d in circles of %d", len(order), circles, n)
		}
		dec := xml.NewDecoder(strings.NewReader(i.SVG()))
		for {
			if _, err := dec.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("the SVG is no XML: %v", err)
			}
		}
		if dot := i.DOT(); strings.Count(dot, "{") != strings.Count(dot, "}") {
			t.Fatal(dot)
		}
	})
}

func TestDrawings(t *testing.T) {
	t.Parallel()
	i := inspect(t)
	for format, want := range map[string]string{
		"mermaid": `flowchart TD
  n0["read<br/><small>UserReadNode</small>"]
  n1["list<br/><small>OrderListNode</small>"]
  n4["mail<br/><small>FuncNode</small>"]
  subgraph t1["transaction tx"]
    n2["order<br/><small>OrderCreateNode</small>"]
    n3["touch<br/><small>UserUpdateNode</small>"]
  end
  n0 -- "id → filter.user_id" --> n1
  n0 -- "id → user_id" --> n2
  n0 -- "id → filter.id" --> n3
  n2 -.-> n4
`,
		"dot": `digraph "signup" {
  rankdir=TB;
  node [shape=box, style=rounded];
  "read" [label="read\nUserReadNode"];
  "list" [label="list\nOrderListNode"];
  "mail" [label="mail\nFuncNode"];
  subgraph cluster_1 {
    label="transaction tx";
    "order" [label="order\nOrderCreateNode"];
    "touch" [label="touch\nUserUpdateNode"];
  }
  "read" -> "list" [label="id → filter.user_id"];
  "read" -> "order" [label="id → user_id"];
  "read" -> "touch" [label="id → filter.id"];
  "order" -> "mail" [style=dashed];
}
`,
		"text": `signup
1
  read (UserReadNode)
2
  list (OrderListNode)
    └─ filter.user_id ← read.id
  order (OrderCreateNode) in tx
    └─ user_id ← read.id
  touch (UserUpdateNode) in tx
    └─ filter.id ← read.id
3
  mail (FuncNode)
    └─ after order
`,
	} {
		if diff := cmp.Diff(want, i.Draw(format)); diff != "" {
			t.Errorf("%s: %s", format, diff)
		}
	}
	if i.Draw("png") != "" {
		t.Error("a drawing in a format that there is not")
	}
}

// docs/inspector.md lists the questions as the table has them.
func TestDocsListTheQuestions(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("| question | arguments | answer |\n| --- | --- | --- |\n")
	for _, q := range inspector.Questions {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", q.Name, strings.Join(q.Args, ", "), q.Says)
	}
	if err := docgen.Region(filepath.Join("..", "docs", "inspector.md"), "questions", b.String(), *update); err != nil {
		t.Error(err)
	}
}

func BenchmarkQuestions(b *testing.B) {
	wf := dataflow.NewWorkflow("large")
	for k := range 50 {
		wf.AddNode("UserListNode", fmt.Sprint("n", k), nil)
		if k > 0 {
			wf.AddConnection(fmt.Sprint("n", k-1), "count", fmt.Sprint("n", k), "limit")
		}
	}
	i := inspector.New(wf.Graph(), models(b))
	for b.Loop() {
		i.Nodes()
		i.Validate()
		i.ExecutionOrder()
	}
}
