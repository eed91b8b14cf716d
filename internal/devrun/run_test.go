package devrun_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/internal/devrun"
	"github.com/dataflow-go/dataflow/model"
)

type Item struct {
	dataflow.Model
	ID    int64
	Name  string `df:",unique"`
	Price float64
	Count int
	Sold  bool
	Tags  []string
	Note  *int
}

// workflow is what analysis would find in the file app.go of a module at dir.
func workflow(t *testing.T, dir string, wf *dataflow.Workflow) *analysis.Workflow {
	t.Helper()
	m, problems := model.FromStruct(Item{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return &analysis.Workflow{Graph: wf.Graph(), Func: "App", File: filepath.Join(dir, "app.go"), Models: []*model.Model{m}}
}

func module(t *testing.T, yaml string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module app\n", "dataflow.yaml": yaml} {
		if text == "" {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func run(t *testing.T, r devrun.Request) *devrun.Report {
	t.Helper()
	report, err := devrun.Run(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func create(name string) *dataflow.Workflow {
	return dataflow.NewWorkflow("app").AddNode("ItemCreateNode", "create", dataflow.Params{
		"name": name, "price": 1.5, "count": 1, "sold": false,
	})
}

func count() *dataflow.Workflow {
	return dataflow.NewWorkflow("count").AddNode("ItemCountNode", "count", dataflow.Params{})
}

func TestDryRunKeepsNothingAndCommitKeeps(t *testing.T) {
	t.Parallel()
	dir := module(t, "")
	for _, tt := range []struct {
		commit bool
		want   int64
	}{{false, 0}, {true, 1}} {
		report := run(t, devrun.Request{Workflow: workflow(t, dir, create("tea")), Commit: tt.commit})
		if report.Error != nil || report.Committed != tt.commit {
			t.Fatalf("commit %v: committed %v, %v", tt.commit, report.Committed, report.Error)
		}
		if len(report.Nodes) != 1 || report.Nodes[0].Output["name"] != "tea" || report.Nodes[0].Rows != 1 || report.Nodes[0].Status != engine.Succeeded {
			t.Errorf("commit %v: nodes %+v", tt.commit, report.Nodes)
		}
		after := run(t, devrun.Request{Workflow: workflow(t, dir, count())})
		if got := after.Nodes[0].Output["count"]; got != tt.want {
			t.Errorf("commit %v: %v rows are there, want %d", tt.commit, got, tt.want)
		}
	}
	if ignore, err := os.ReadFile(filepath.Join(dir, ".dataflow", ".gitignore")); err != nil || !strings.Contains(string(ignore), "*\n") {
		t.Errorf("the dev database is not kept out of version control: %v", err)
	}
}

// A commit is all or nothing: what ran before the node that fails is not kept.
func TestFailedCommitKeepsNothing(t *testing.T) {
	t.Parallel()
	dir := module(t, "")
	wf := create("tea").AddNode("ItemReadNode", "read", dataflow.Params{"id": 4711}).AddDependency("create", "read")
	report := run(t, devrun.Request{Workflow: workflow(t, dir, wf), Commit: true})
	if report.Error == nil || report.Error.Code != errcatalog.DF703 || report.Committed {
		t.Fatalf("committed %v with error %v, want DF-703 and nothing kept", report.Committed, report.Error)
	}
	after := run(t, devrun.Request{Workflow: workflow(t, dir, count())})
	if got := after.Nodes[0].Output["count"]; got != int64(0) {
		t.Errorf("%v rows were kept", got)
	}
}

// What a shell and JSON can say becomes what the columns hold.
func TestInputsAreConverted(t *testing.T) {
	t.Parallel()
	wf := dataflow.NewWorkflow("app")
	wf.AddNode("ItemCreateNode", "create", dataflow.Params{
		"name": dataflow.Input("name"), "price": dataflow.Input("price"), "count": dataflow.Input("count"),
		"sold": dataflow.Input("sold"), "tags": dataflow.Input("tags"), "note": dataflow.Input("note"),
	})
	wf.AddNode("ItemBulkCreateNode", "more", dataflow.Params{"data": dataflow.Input("rows")})
	wf.AddNode("ItemListNode", "list", dataflow.Params{
		"filter": dataflow.Params{
			"count": dataflow.Params{"$in": dataflow.Input("counts")},
			"$or":   []dataflow.Params{{"price": dataflow.Params{"$gte": dataflow.Input("least")}}},
		},
		"limit": dataflow.Input("limit"), "fields": []string{"name", "count"}, "order_by": dataflow.Input("order"),
	})
	wf.AddDependency("create", "more").AddDependency("more", "list")

	rows := `[{"name": "cup", "price": 12, "count": 3, "sold": true}]`
	text := map[string]any{
		"name": "42", "price": "4.50", "count": "7", "sold": "true", "tags": `["a","b"]`, "note": "null",
		"rows": rows, "counts": "[3, 7]", "least": "1", "limit": "10", "order": `["-count"]`,
	}
	var decoded []any
	if err := json.Unmarshal([]byte(rows), &decoded); err != nil {
		t.Fatal(err)
	}
	values := map[string]any{
		"name": "42", "price": json.Number("4.5"), "count": float64(7), "sold": true, "tags": []any{"a", "b"}, "note": nil,
		"rows": decoded, "counts": []any{float64(3), json.Number("7")}, "least": float64(1), "limit": float64(10), "order": []any{"-count"},
	}
	for name, inputs := range map[string]map[string]any{"text": text, "JSON": values} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report := run(t, devrun.Request{Workflow: workflow(t, module(t, ""), wf), Inputs: inputs})
			if report.Error != nil {
				t.Fatal(report.Error)
			}
			got := map[string]string{}
			for _, n := range report.Nodes {
				out, err := json.Marshal(n.Output)
				if err != nil {
					t.Fatal(err)
				}
				got[n.ID] = string(out)
			}
			want := map[string]string{
				"create": `{"count":7,"id":1,"name":"42","note":null,"price":4.5,"sold":true,"tags":["a","b"]}`,
				"more":   `{"count":1,"ids":[2]}`,
				"list":   `{"count":2,"has_more":false,"next_cursor":null,"records":[{"count":7,"name":"42"},{"count":3,"name":"cup"}],"total":null}`,
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What does not convert is left for the engine to refuse by name.
func TestInputThatDoesNotConvert(t *testing.T) {
	t.Parallel()
	wf := dataflow.NewWorkflow("app").AddNode("ItemReadNode", "read", dataflow.Params{"id": dataflow.Input("id")})
	report := run(t, devrun.Request{Workflow: workflow(t, module(t, ""), wf), Inputs: map[string]any{"id": "seven"}})
	if report.Error == nil || report.Error.Code != errcatalog.DF102 || !strings.Contains(report.Error.Message, "seven") {
		t.Errorf("got %v, want DF-102 that names the value", report.Error)
	}
}

func TestWhatIsNotRun(t *testing.T) {
	t.Parallel()
	computed := errcatalog.New(errcatalog.Finding{Code: errcatalog.DF802, Message: "computed when the program runs"})
	for name, tt := range map[string]struct {
		yaml     string
		database string
		runnable error
		want     errcatalog.Code
	}{
		"not wholly static": {runnable: computed, want: errcatalog.DF802},
		"no dev database":   {yaml: "databases: {prod: {url: 'sqlite:prod.db'}}\n", want: errcatalog.DF409},
		"unknown database":  {database: "prod", want: errcatalog.DF401},
		"configuration":     {yaml: "databse: dev\n", want: errcatalog.DF401},
		"not a database":    {yaml: "databases: {dev: {url: 'mongodb://db/app', dev: true}}\n", want: errcatalog.DF403},
		"folder missing":    {yaml: "databases: {dev: {url: 'sqlite:no/such/folder/app.db', dev: true}}\n", want: errcatalog.DF402},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := module(t, tt.yaml)
			w := workflow(t, dir, create("tea"))
			w.Runnable = tt.runnable
			report, err := devrun.Run(t.Context(), devrun.Request{Workflow: w, Database: tt.database, Commit: true})
			if report != nil || !errors.Is(err, tt.want) {
				t.Errorf("got %v, %v, want %s", report, err, tt.want)
			}
			if files, _ := filepath.Glob(filepath.Join(dir, "*.db")); len(files) > 0 {
				t.Errorf("a database was touched: %v", files)
			}
		})
	}
}

// Every mistake of the workflow is told, and the JSON form has its names.
func TestReportOfMistakes(t *testing.T) {
	t.Parallel()
	wf := dataflow.NewWorkflow("app").
		AddNode("ItemCreateNode", "create", dataflow.Params{"nam": "tea"}).
		AddNode("ItemReadNode", "read", dataflow.Params{})
	report := run(t, devrun.Request{Workflow: workflow(t, module(t, ""), wf)})
	if report.Error == nil || len(report.Errors) < 2 || report.Errors[0] != report.Error {
		t.Fatalf("error %v, errors %v: want several, the first in Error", report.Error, report.Errors)
	}
	data, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"id", "workflow", "database", "committed", "nodes", "warnings", "error"} {
		if _, ok := got[key]; !ok {
			t.Errorf("the report has no %q: %s", key, data)
		}
	}
}
