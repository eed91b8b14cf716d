package analysis_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/errcatalog"
)

// declares is a package that declares one model.
func declares(pkg, name, fields string) string {
	return "\n-- " + pkg + "/" + pkg + ".go --\npackage " + pkg + "\n\nimport \"github.com/dataflow-go/dataflow\"\n\ntype " + name + " struct {\n\tdataflow.Model\n\tID string\n\t" + fields + "\n}\n"
}

// flow is a file that imports packages and builds a UserCreateNode on line 6.
func flow(file string, imports ...string) string {
	return "\n-- " + file + " --\npackage " + filepath.Base(filepath.Dir(file)) + "\n\nimport \"github.com/dataflow-go/dataflow\"\nimport _ \"example.com/shop/" +
		strings.Join(imports, "\"; import _ \"example.com/shop/") + "\"\nfunc Flow() *dataflow.Workflow { return dataflow.NewWorkflow(\"flow\").AddNode(\"UserCreateNode\", \"a\", dataflow.Params{\"id\": \"1\"}) }\n"
}

// program registers values of the packages a and b.
func program(open string) string {
	return `
-- main.go --
package main

import (
	"context"

	"example.com/shop/a"
	"example.com/shop/b"
	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/engine"
)

var _, _ = a.User{}, b.User{}

func main() {
	db, err := engine.Open(context.Background(), "sqlite:app.db"` + open + `)
	if err == nil {
		_, _ = db.Run(context.Background(), dataflow.NewWorkflow("flow").AddNode("UserCreateNode", "a", dataflow.Params{"id": "1"}))
	}
}
`
}

// places lists where the related information of the DF-602 points.
func places(dir string, pkgs []*analysis.Package) []string {
	var all []string
	for _, p := range pkgs {
		for _, d := range p.Diagnostics {
			if d.Code != errcatalog.DF602 {
				continue
			}
			for _, r := range d.Related {
				rel, _ := filepath.Rel(dir, r.Span.Start.Filename)
				all = append(all, fmt.Sprintf("%s:%d", filepath.ToSlash(rel), r.Span.Start.Line))
			}
		}
	}
	return all
}

func TestTwoModelsOfOneName(t *testing.T) {
	t.Parallel()
	name, mail := declares("a", "User", "Name string"), declares("b", "User", "Mail string")
	same := declares("b", "User", "Name string")
	both := []string{"a/a.go:5", "b/b.go:5"}
	for title, test := range map[string]struct {
		archives []string
		want     []string
		places   []string
	}{
		"both imported":             {[]string{name, mail, flow("flows/flows.go", "a", "b")}, []string{"flows/flows.go:5 DF-602"}, both},
		"both imported, once told":  {[]string{name, mail, flow("flows/flows.go", "a", "b"), strings.ReplaceAll(flow("flows/more.go", "a", "b"), "Flow()", "More()")}, []string{"flows/flows.go:5 DF-602"}, both},
		"equal":                     {[]string{name, same, flow("flows/flows.go", "a", "b")}, []string{"flows/flows.go:5 DF-101"}, nil},
		"one is nearer":             {[]string{name, mail, "\n-- mid/mid.go --\npackage mid\n\nimport _ \"example.com/shop/b\"\n", flow("flows/flows.go", "a", "mid")}, []string{"flows/flows.go:5 DF-101"}, nil},
		"one is a test's import":    {[]string{name, mail, flow("flows/flows.go", "a"), "\n-- flows/flows_test.go --\npackage flows\n\nimport _ \"example.com/shop/b\"\n"}, []string{"flows/flows.go:5 DF-101"}, nil},
		"unrelated programs":        {[]string{name, mail, flow("flows/flows.go", "other"), "\n-- other/other.go --\npackage other\n"}, nil, nil},
		"registered apart":          {[]string{name, mail, program(", engine.WithModels(a.User{})")}, nil, nil},
		"registered together":       {[]string{name, mail, program(", engine.WithModels(&a.User{}, b.User{})")}, []string{"main.go:15 DF-602"}, both},
		"registered in two options": {[]string{name, mail, program(", engine.WithModels(a.User{}), engine.WithModels(b.User{})")}, []string{"main.go:15 DF-602"}, both},
		"registered again":          {[]string{name, mail, program(", engine.WithModels(a.User{}, a.User{}, &a.User{})")}, nil, nil},
		"registered, and equal":     {[]string{name, same, program(", engine.WithModels(a.User{}, b.User{})")}, []string{"main.go:15 DF-602", "main.go:17 DF-101"}, both},
		"one is a function's": {[]string{name, "\n-- b/b.go --\npackage b\n\nimport \"github.com/dataflow-go/dataflow\"\n\nfunc F() {\n\ttype User struct {\n\t\tdataflow.Model\n\t\tID string\n\t}\n}\n",
			flow("flows/flows.go", "a", "b")}, []string{"flows/flows.go:5 DF-101"}, nil},
		"one is a test's":            {[]string{name, strings.Replace(mail, "b/b.go", "b/b_test.go", 1), "\n-- b/b.go --\npackage b\n", flow("flows/flows.go", "a", "b")}, []string{"flows/flows.go:5 DF-101"}, nil},
		"one has a mistake":          {[]string{name, declares("b", "User", "Mail chan int"), flow("flows/flows.go", "a", "b")}, []string{"b/b.go:8 DF-604"}, nil},
		"one type cannot be seen":    {[]string{name, declares("b", "User", "Mail gone"), flow("flows/flows.go", "a", "b")}, nil, nil},
		"one is behind a constraint": {[]string{name, "\n-- b/b.go --\npackage b\n", "\n-- b/u.go --\n//go:build never\n" + strings.SplitN(mail, "--\n", 2)[1], flow("flows/flows.go", "a", "b")}, []string{"flows/flows.go:5 DF-101"}, nil},
	} {
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			w, dir := workspace(t, test.archives...)
			pkgs := check(t, w)
			wantCodes(t, dir, pkgs, test.want...)
			if got := places(dir, pkgs); strings.Join(got, " ") != strings.Join(test.places, " ") {
				t.Errorf("it points at %q, want %q", got, test.places)
			}
		})
	}
}

func TestTwoModelsOfOneTableInOneEngine(t *testing.T) {
	t.Parallel()
	account := strings.Replace(declares("b", "Account", "Mail string"), "dataflow.Model", "dataflow.Model `df:\"table=users\"`", 1)
	main := strings.ReplaceAll(program(", engine.WithModels(a.User{}, b.Account{})"), "b.User", "b.Account")
	w, dir := workspace(t, declares("a", "User", "Name *string"), account, main)
	pkgs := check(t, w)
	wantCodes(t, dir, pkgs, "main.go:15 DF-602")
	if got := strings.Join(places(dir, pkgs), " "); got != "a/a.go:5 b/b.go:5" {
		t.Errorf("it points at %s", got)
	}
}

// A generic struct is no model, neither here nor where the program runs; what others
// are made of needs to be none.
func TestStructsThatOthersAreMadeOf(t *testing.T) {
	t.Parallel()
	w, dir := workspace(t, `
-- base/base.go --
package base

import "github.com/dataflow-go/dataflow"

type Marked struct{ dataflow.Model }

type Stamped struct {
	dataflow.Model
	Note string
}

type Keyed[K any] struct {
	dataflow.Model
	ID K
}

type Alone[K any] struct {
	dataflow.Model
	ID K
}

type Page struct {
	Marked
	ID string
}

type Line struct {
	Stamped
	ID string
}
-- main.go --
package main

import (
	"context"

	"example.com/shop/base"
	"github.com/dataflow-go/dataflow/engine"
)

type User struct{ base.Keyed[string] }

func main() {
	_, _ = engine.Open(context.Background(), "sqlite:app.db", engine.WithModels(
		User{},
		base.Keyed[int]{},
		base.Alone[int]{},
	))
}
`)
	wantCodes(t, dir, check(t, w), "main.go:15 DF-601", "base/base.go:17 DF-601")
}

// One of the two is of a module outside the workspace.
func TestTwoModelsOfOneNameOneOfThemFar(t *testing.T) {
	t.Parallel()
	w, dir := withDependency(t, declares("a", "User", "Mail string"),
		strings.Replace(flow("flows/flows.go", "a", "b"), "example.com/shop/b", "example.com/dep/models", 1))
	pkgs := check(t, w)
	wantCodes(t, dir, pkgs, "flows/flows.go:5 DF-602")
	for _, p := range pkgs {
		for _, d := range p.Diagnostics {
			for _, r := range d.Related {
				if text := read(t, r.Span.Start.Filename)[r.Span.Start.Offset:r.Span.End.Offset]; text != "User" {
					t.Errorf("%v is %q, no name of a model", r.Span, text)
				}
			}
		}
	}
}
