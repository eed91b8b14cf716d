package analysis_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/errcatalog"
)

const shopModels = `
-- models/models.go --
package models

import "github.com/dataflow-go/dataflow"

const Op = "UserCreateNode"

type User struct {
	dataflow.Model
	ID    string
	Email string
}
`

const shopFlow = `
-- flows/flows.go --
package flows

import "github.com/dataflow-go/dataflow"

func Signup() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("signup")
	wf.AddNode("UserCreateNode", "create", dataflow.Params{"id": "1", "email": "a@example.com"})
	return wf
}
`

// workspace extracts archives given as text and opens them.
func workspace(tb testing.TB, archives ...string) (*analysis.Workspace, string) {
	tb.Helper()
	dir := extract(tb, txtar.Parse([]byte(strings.Join(archives, ""))))
	return open(tb, dir), dir
}

// codes lists "file:line code" of everything that packages report.
func codes(dir string, pkgs []*analysis.Package) []string {
	var all []string
	for _, p := range pkgs {
		for _, d := range p.Diagnostics {
			rel, _ := filepath.Rel(dir, d.File)
			all = append(all, fmt.Sprintf("%s:%d %s", filepath.ToSlash(rel), d.Span.Start.Line, d.Code))
		}
	}
	return all
}

func wantCodes(t *testing.T, dir string, pkgs []*analysis.Package, want ...string) {
	t.Helper()
	if got := codes(dir, pkgs); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func read(tb testing.TB, name string) string {
	tb.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		tb.Fatal(err)
	}
	return string(b)
}

// edit replaces old by new in the buffer of a file and checks the file.
func edit(t *testing.T, w *analysis.Workspace, file, old, new string) []*analysis.Package {
	t.Helper()
	content := read(t, file)
	if !strings.Contains(content, old) {
		t.Fatalf("%s has no %q", file, old)
	}
	w.SetFile(file, []byte(strings.Replace(content, old, new, 1)))
	pkgs, err := w.Check(context.Background(), file)
	if err != nil {
		t.Fatal(err)
	}
	return pkgs
}

func TestBuffersCountBeforeTheDisk(t *testing.T) {
	t.Parallel()
	w, dir := workspace(t, shopModels, shopFlow)
	flows := filepath.Join(dir, "flows", "flows.go")
	wantCodes(t, dir, check(t, w))
	wantCodes(t, dir, edit(t, w, flows, `"email": `, `"emial": `), "flows/flows.go:7 DF-111")
	w.ClearFile(flows)
	wantCodes(t, dir, check(t, w))
}

func TestResultsOfUnchangedPackagesAreReused(t *testing.T) {
	t.Parallel()
	w, dir := workspace(t, shopModels, shopFlow)
	check(t, w)
	models, flows := filepath.Join(dir, "models", "models.go"), filepath.Join(dir, "flows", "flows.go")
	before := w.Package(models)
	if before == nil || before.Path != "example.com/shop/models" {
		t.Fatalf("Package returned %v", before)
	}
	edit(t, w, flows, "signup", "other")
	if w.Package(models) != before {
		t.Error("an edit in flows made the result of models anew")
	}
	if got := w.Package(flows).Workflows[0].Graph.Name; got != "other" {
		t.Errorf("the workflow is still %q", got)
	}
	if w.Package(filepath.Join(dir, "nowhere.go")) != nil {
		t.Error("there is a package for a file that is not there")
	}
}

// flows does not import models: it only names one of them.
func TestAnEditedModelIsCheckedWhereItIsNamed(t *testing.T) {
	t.Parallel()
	w, dir := workspace(t, shopModels, shopFlow)
	check(t, w)
	models := filepath.Join(dir, "models", "models.go")
	wantCodes(t, dir, edit(t, w, models, "Email string", "Email string\n\tName string"), "flows/flows.go:7 DF-101")
	wantCodes(t, dir, edit(t, w, models, "User struct", "Person struct"), "flows/flows.go:7 DF-701")
	wantCodes(t, dir, edit(t, w, models, "Email", "Email"))
}

func TestAnEditedConstantReachesItsImporters(t *testing.T) {
	t.Parallel()
	w, dir := workspace(t, shopModels, `
-- flows/flows.go --
package flows

import (
	"example.com/shop/models"
	"github.com/dataflow-go/dataflow"
)

func Signup() *dataflow.Workflow {
	return dataflow.NewWorkflow("signup").AddNode(models.Op, "create", dataflow.Params{"id": "1", "email": "a@example.com"})
}
`)
	wantCodes(t, dir, check(t, w))
	models := filepath.Join(dir, "models", "models.go")
	wantCodes(t, dir, edit(t, w, models, "UserCreateNode", "UserCreatNode"), "flows/flows.go:9 DF-711")
	w.ClearFile(models)
	wantCodes(t, dir, check(t, w))
}

func TestUnsavedImportsAndFilesAreFound(t *testing.T) {
	t.Parallel()
	w, dir := workspace(t, shopModels, shopFlow)
	check(t, w)
	flows := filepath.Join(dir, "flows", "flows.go")
	pkgs := edit(t, w, flows, `import "github.com/dataflow-go/dataflow"`, `import (
	"expvar"

	"github.com/dataflow-go/dataflow"
)

var _ = expvar.NewInt`)
	wantCodes(t, dir, pkgs)
	for _, err := range w.Package(flows).LoadErrors {
		t.Errorf("load error: %v", err)
	}
	unsaved := filepath.Join(dir, "flows", "more.go")
	w.SetFile(unsaved, []byte("package flows\n\nimport \"github.com/dataflow-go/dataflow\"\n\nvar More = dataflow.NewWorkflow(\"more\")\n"))
	pkgs, err := w.Check(context.Background(), unsaved)
	if err != nil {
		t.Fatal(err)
	}
	wantCodes(t, dir, pkgs, "flows/more.go:5 DF-805")
	w.ClearFile(unsaved)
	wantCodes(t, dir, check(t, w))

	saved := filepath.Join(dir, "fresh", "fresh.go")
	if err := os.MkdirAll(filepath.Dir(saved), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(saved, []byte("package fresh\n\nimport \"github.com/dataflow-go/dataflow\"\n\nvar Fresh = dataflow.NewWorkflow(\"fresh\")\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	pkgs, err = w.Check(context.Background(), saved)
	if err != nil {
		t.Fatal(err)
	}
	wantCodes(t, dir, slices.DeleteFunc(pkgs, func(p *analysis.Package) bool { return p.Path != "example.com/shop/fresh" }), "fresh/fresh.go:5 DF-805")
	if err := os.Remove(saved); err != nil {
		t.Fatal(err)
	}
	if err := w.Reload(context.Background()); err != nil {
		t.Fatal(err)
	}
	wantCodes(t, dir, check(t, w))
}

// What is broken explains silence; what can be seen is still checked.
func TestBrokenCode(t *testing.T) {
	t.Parallel()
	flow := func(body string) string {
		return "\n-- flows/flows.go --\npackage flows\n\nimport \"github.com/dataflow-go/dataflow\"\n\n" + body + "\n"
	}
	good := `func Good() *dataflow.Workflow {
	return dataflow.NewWorkflow("good").AddNode("UserCreateNode", "create", dataflow.Params{"id": "1", "emial": "", "email": ""})
}
`
	tests := []struct {
		name     string
		archives []string
		want     []string
		errs     bool
	}{
		{"syntax error in a call", []string{shopModels, flow(good + "func Bad() {\n\twf := dataflow.NewWorkflow(\"bad\")\n\twf.AddNode(\"UserCreateNode\", \"create\", dataflow.Params{\"id\": \n}\n")}, []string{"flows/flows.go:6 DF-111"}, true},
		{"open string", []string{shopModels, flow(good + "func Bad() {\n\tdataflow.NewWorkflow(\"bad).AddNode(\"UserCreateNode\", \"create\", nil)\n}\n")}, []string{"flows/flows.go:6 DF-111"}, true},
		{"call without arguments", []string{shopModels, flow(good + "func Bad() {\n\tdataflow.NewWorkflow().AddNode().AddConnection(\"a\")\n}\n")}, []string{"flows/flows.go:6 DF-111"}, true},
		{"type error", []string{shopModels, flow(good + "func Bad() int { return undefined + \"x\" }\n")}, []string{"flows/flows.go:6 DF-111"}, false},
		{"type error beside the builder", []string{shopModels, flow(good + "func Bad() { dataflow.NewWorkflow(undefined).AddNode(1, 2, 3) }\n")}, []string{"flows/flows.go:6 DF-111"}, true},
		{"empty file", []string{shopModels, "\n-- flows/flows.go --\n"}, nil, false},
		{"package clause alone", []string{shopModels, "\n-- flows/flows.go --\npackage\n"}, nil, false},
		{"model package that is not there", []string{flow(strings.Replace(good, "func", "import _ \"example.com/shop/gone\"\n\nfunc", 1))}, nil, true},
		{"model that does not parse", []string{"\n-- models/models.go --\npackage models\n\nimport \"github.com/dataflow-go/dataflow\"\n\ntype User struct {\n\tdataflow.Model\n\tID string\n\tEmail str{ing\n}\n", flow(good)}, nil, true},
		{"model with an unknown type", []string{"\n-- models/models.go --\npackage models\n\nimport \"github.com/dataflow-go/dataflow\"\n\ntype User struct {\n\tdataflow.Model\n\tID string\n\tEmail gone.Address\n}\n", flow(good)}, nil, true},
		{"package of another name", []string{shopModels, flow(good), "\n-- flows/stray.go --\npackage stray\n"}, nil, true},
		{"import cycle", []string{"\n-- a/a.go --\npackage a\n\nimport (\n\t_ \"example.com/shop/b\"\n\t_ \"github.com/dataflow-go/dataflow\"\n)\n\n-- b/b.go --\npackage b\n\nimport (\n\t_ \"example.com/shop/a\"\n\t_ \"github.com/dataflow-go/dataflow\"\n)\n"}, nil, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w, dir := workspace(t, test.archives...)
			pkgs := check(t, w)
			if test.name != "package of another name" { // where either name may win
				wantCodes(t, dir, pkgs, test.want...)
			}
			var errs []error
			for _, p := range pkgs {
				errs = append(errs, p.LoadErrors...)
			}
			if test.errs && len(errs) == 0 {
				t.Error("no load error explains what could not be seen")
			}
		})
	}
}

func TestWithoutAModule(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "flows.go"), []byte("package flows\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	w := open(t, dir)
	if err := w.Err(); !errors.Is(err, errcatalog.DF410) || !strings.Contains(err.Error(), "go mod init") {
		t.Errorf("Err is %v", err)
	}
	pkgs, err := w.Check(context.Background(), filepath.Join(dir, "flows.go"))
	if err != nil || len(pkgs) != 0 {
		t.Errorf("Check returned %v, %v", pkgs, err)
	}
	if _, err := analysis.Load(context.Background(), options(dir)); !errors.Is(err, errcatalog.DF410) {
		t.Errorf("Load returned %v", err)
	}
	if err := writeModule(dir); err != nil {
		t.Fatal(err)
	}
	if err := w.Reload(context.Background()); err != nil || w.Err() != nil {
		t.Errorf("after go mod init: %v, %v", err, w.Err())
	}
}

func TestABrokenModuleKeepsWhatWasLoaded(t *testing.T) {
	t.Parallel()
	w, dir := workspace(t, shopModels, shopFlow)
	check(t, w)
	mod := filepath.Join(dir, "go.mod")
	content := read(t, mod)
	if err := os.WriteFile(mod, []byte("module\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := w.Reload(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := w.Err(); !errors.Is(err, errcatalog.DF410) {
		t.Errorf("Err is %v", err)
	}
	wantCodes(t, dir, edit(t, w, filepath.Join(dir, "flows", "flows.go"), `"email": `, `"emial": `), "flows/flows.go:7 DF-111")
	if err := os.WriteFile(mod, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := w.Reload(context.Background()); err != nil || w.Err() != nil {
		t.Errorf("after go.mod was mended: %v, %v", err, w.Err())
	}
}

func TestWithoutAGoCommand(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := analysis.Open(context.Background(), analysis.Options{Dir: t.TempDir()})
	if !errors.Is(err, errcatalog.DF410) || !strings.Contains(err.Error(), "go command") {
		t.Errorf("Open returned %v", err)
	}
}

func TestLoadTakesThePatternsAlone(t *testing.T) {
	t.Parallel()
	dir := extract(t, txtar.Parse([]byte(shopModels+strings.Replace(shopFlow, "email", "emial", 1)+strings.NewReplacer("flows", "more", "email", "emial").Replace(shopFlow))))
	pkgs, err := analysis.Load(context.Background(), options(dir), "./flows")
	if err != nil {
		t.Fatal(err)
	}
	wantCodes(t, dir, pkgs, "flows/flows.go:7 DF-111")
	if _, err := analysis.Load(context.Background(), options(dir), "./nowhere"); !errors.Is(err, errcatalog.DF410) {
		t.Errorf("Load of what is not there returned %v", err)
	}
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	w, _ := workspace(t, shopModels, shopFlow)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := w.Check(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Check returned %v", err)
	}
	if err := w.Reload(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Reload returned %v", err)
	}
	check(t, w)
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	w, dir := workspace(t, shopModels, shopFlow)
	flows, models := filepath.Join(dir, "flows", "flows.go"), filepath.Join(dir, "models", "models.go")
	good := read(t, flows)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for j := range 20 {
				w.SetFile(flows, []byte(strings.Replace(good, "signup", fmt.Sprintf("signup %d %d", i, j), 1)))
				if _, err := w.Check(context.Background(), flows); err != nil {
					t.Error(err)
				}
				if p := w.Package(flows); p != nil {
					p.At(flows, 150)
				}
				if j == 10 {
					w.ClearFile(models)
				}
			}
		})
	}
	wg.Wait()
	w.ClearFile(flows)
	wantCodes(t, dir, check(t, w))
}

func TestAt(t *testing.T) {
	t.Parallel()
	w, dir := workspace(t, shopModels, `
-- flows/flows.go --
package flows

import "github.com/dataflow-go/dataflow"

func Signup() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("signup")
	wf.AddNode("UserCreateNode", "create", dataflow.Params{"id": "1", "email": dataflow.Input("mail")})
	wf.AddNode("UserListNode", "list", dataflow.Params{"filter": dataflow.Params{"email": dataflow.Params{"$like": "%x"}}})
	wf.AddConnection("create", "email", "list", "filter.id")
	wf.AddTransaction("tx", func(tx *dataflow.Workflow) { tx.AddNode("Unknown", "odd", nil) })
	return wf
}
`)
	check(t, w)
	file := filepath.Join(dir, "flows", "flows.go")
	src, p := read(t, file), w.Package(file)
	tests := []struct {
		at    string // the place is behind what stands before the |
		kind  analysis.TargetKind
		text  string
		path  string
		node  string
		param string
		field string
	}{
		{`NewWorkflow("sig|`, analysis.TargetWorkflowName, "signup", "", "", "", ""},
		{`AddNode("UserCreate|`, analysis.TargetNodeType, "UserCreateNode", "", "create", "", ""},
		{`AddNode("UserCreateNode", "cre|`, analysis.TargetNodeID, "create", "", "create", "", ""},
		{`"id": "1", "ema|`, analysis.TargetParamKey, "email", "email", "create", "email", "Email"},
		{`"id": "|`, analysis.TargetParamValue, `"1"`, "id", "create", "id", "ID"},
		{`Input("ma|`, analysis.TargetInputName, "mail", "email", "create", "email", "Email"},
		{`dataflow.Params{"fil|`, analysis.TargetParamKey, "filter", "filter", "list", "filter", ""},
		{`"filter": dataflow.Params{"em|`, analysis.TargetParamKey, "email", "filter.email", "list", "filter", "Email"},
		{`"$li|`, analysis.TargetParamKey, "$like", "filter.email.$like", "list", "filter", "Email"},
		{`AddConnection("cre|`, analysis.TargetNodeID, "create", "", "create", "", ""},
		{`AddConnection("create", "ema|`, analysis.TargetOutput, "email", "email", "create", "email", "Email"},
		{`"list", "filter.|`, analysis.TargetInput, "filter.id", "filter.id", "list", "filter", "ID"},
		{`AddTransaction("t|`, analysis.TargetTransaction, "tx", "", "", "", ""},
	}
	for _, test := range tests {
		before, _, _ := strings.Cut(test.at, "|")
		offset := strings.Index(src, before)
		if offset < 0 {
			t.Fatalf("no %q in the source", before)
		}
		got := p.At(file, offset+len(before))
		if got == nil {
			t.Errorf("%s: nothing stands there", test.at)
			continue
		}
		var node, param, field string
		if got.Node != nil {
			node = got.Node.ID.S
		}
		if got.Param != nil {
			param = got.Param.Name
		}
		if got.Field != nil {
			field = got.Field.Name
		}
		if got.Kind != test.kind || got.Text != test.text || got.Path != test.path || node != test.node || param != test.param || field != test.field {
			t.Errorf("%s: got kind %d, text %q, path %q, node %q, param %q, field %q", test.at, got.Kind, got.Text, got.Path, node, param, field)
		}
		if got.Workflow == nil || got.Workflow.Func != "Signup" {
			t.Errorf("%s: the workflow is %v", test.at, got.Workflow)
		}
	}
	if got := p.At(file, 3); got != nil {
		t.Errorf("%v stands in the package clause", got)
	}
}
