package analysis_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dataflow-go/dataflow/analysis"
)

// base holds a struct that others make models of.
const base = `
-- base/base.go --
package base

import "github.com/dataflow-go/dataflow"

type Mark = dataflow.Model

type Base struct {
	dataflow.Model
	ID string
}

type Keyed[K any] struct {
	dataflow.Model
	ID K
}

type Numbered struct{ Keyed[int] }
`

// creates is a package whose workflow creates a record of one model, with a column
// that is not there.
func creates(file, name string) string {
	pkg := filepath.Base(filepath.Dir(file))
	return "\n-- " + file + ` --
package ` + pkg + `

import "github.com/dataflow-go/dataflow"

func Flow() *dataflow.Workflow {
	return dataflow.NewWorkflow("flow").AddNode("` + name + `CreateNode", "a", dataflow.Params{"id": "1", "name": "", "nope": ""})
}
`
}

// A model is found however its package comes by dataflow.Model. A wrong column is
// reported only where it is.
func TestModelsOfAllForms(t *testing.T) {
	t.Parallel()
	forms := map[string]string{
		"renamed import":                "import df \"github.com/dataflow-go/dataflow\"\n\ntype User struct {\n\tdf.Model\n\tID, Name string\n}\n",
		"dot import":                    "import . \"github.com/dataflow-go/dataflow\"\n\ntype User struct {\n\tModel\n\tID, Name string\n}\n",
		"alias":                         "import \"github.com/dataflow-go/dataflow\"\n\ntype Mark = dataflow.Model\n\ntype User struct {\n\tMark\n\tID, Name string\n}\n",
		"alias of another package":      "import \"example.com/shop/base\"\n\ntype User struct {\n\tbase.Mark\n\tID, Name string\n}\n",
		"alias of an alias":             "import \"example.com/shop/base\"\n\ntype Mark = base.Mark\n\ntype User struct {\n\tMark\n\tID, Name string\n}\n",
		"alias of a base, in a group":   "import \"example.com/shop/base\"\n\ntype (\n\tMark = base.Base\n\tUser struct {\n\t\tMark\n\t\tName string\n\t}\n)\n",
		"base":                          "import \"example.com/shop/base\"\n\ntype User struct {\n\tbase.Base\n\tName string\n}\n",
		"base through a base":           "import \"example.com/shop/base\"\n\ntype Named struct {\n\tbase.Base\n\tName string\n}\n\ntype User struct{ Named }\n",
		"base of a dot import":          "import . \"example.com/shop/base\"\n\ntype User struct {\n\tBase\n\tName string\n}\n",
		"generic base":                  "import \"example.com/shop/base\"\n\ntype User struct {\n\tbase.Keyed[string]\n\tName string\n}\n",
		"generic base of a dot import":  "import . \"example.com/shop/base\"\n\ntype User struct {\n\tKeyed[string]\n\tName string\n}\n",
		"defined as another":            "import \"example.com/shop/middle\"\n\ntype User middle.Person\n",
		"defined as an instance":        "import \"example.com/shop/middle\"\n\ntype User middle.Pair[string]\n",
		"defined in a group":            "import \"example.com/shop/middle\"\n\ntype (\n\tUser middle.Person\n)\n",
		"embedded type on one line":     "import \"example.com/shop/base\"\n\ntype User struct { base.Base; Name string }\n",
		"struct of a struct":            "import \"example.com/shop/middle\"\n\ntype User struct{ middle.Person }\n",
		"embedded behind a renamed one": "import b \"example.com/shop/base\"\n\ntype User struct {\n\t/* first */ b.Base // second\n\tName string\n}\n",
	}
	const middle = `
-- middle/middle.go --
package middle

import "example.com/shop/base"

type Person struct {
	base.Base
	Name string
}

type Pair[K any] struct {
	base.Keyed[K]
	Name string
}

type Numbered Pair[int]
`
	for name, source := range forms {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, dir := workspace(t, base, middle, "\n-- models/models.go --\npackage models\n\n"+source, creates("flows/flows.go", "User"))
			wantCodes(t, dir, check(t, w), "flows/flows.go:6 DF-111")
		})
	}
}

// A name that an alias gives is no model's: reflection does not know it either.
func TestAnAliasIsNoModelOfItsOwn(t *testing.T) {
	t.Parallel()
	w, dir := workspace(t, shopModels, "\n-- models/alias.go --\npackage models\n\ntype Person = User\n", creates("flows/flows.go", "Person"))
	wantCodes(t, dir, check(t, w), "flows/flows.go:6 DF-701")
}

// A type of a function that names nothing of the builder.
func TestALocalModelOfABase(t *testing.T) {
	t.Parallel()
	w, dir := workspace(t, base, `
-- flows/fixtures.go --
package flows

import "example.com/shop/base"

func fixtures() []any {
	type User struct {
		base.Base
		Name string
	}
	return []any{User{}}
}
`, creates("flows/flows.go", "User"), creates("other/other.go", "User"))
	wantCodes(t, dir, check(t, w), "flows/flows.go:6 DF-111")
}

// What a test file declares is for the tests of its package.
func TestModelsOfTests(t *testing.T) {
	t.Parallel()
	inTest := func(file, pkg string) string {
		return strings.NewReplacer("package flows", "package "+pkg, "func Flow", "func Tested").Replace(creates(file, "Probe"))
	}
	probe := func(file, pkg string) string {
		return "\n-- " + file + " --\npackage " + pkg + "\n\nimport \"github.com/dataflow-go/dataflow\"\n\ntype Probe struct {\n\tdataflow.Model\n\tID, Name string\n}\n"
	}
	for name, test := range map[string]struct {
		declared string
		want     []string
	}{
		"in the package":    {probe("flows/probe_test.go", "flows"), []string{"flows/in_test.go:6 DF-111", "flows/out_test.go:6 DF-111"}},
		"in external tests": {probe("flows/probe_test.go", "flows_test"), []string{"flows/in_test.go:6 DF-111", "flows/out_test.go:6 DF-111"}},
		"in another's":      {probe("other/probe_test.go", "other"), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, dir := workspace(t, test.declared, inTest("flows/in_test.go", "flows"), inTest("flows/out_test.go", "flows_test"),
				creates("flows/flows.go", "Probe"), creates("other/other.go", "Probe"))
			wantCodes(t, dir, check(t, w), test.want...)
		})
	}
}

// dependency is a module that is none of the workspace's.
const dependency = `
-- dep/go.mod --
module example.com/dep

go 1.26.0

require github.com/dataflow-go/dataflow v0.0.0
-- dep/models/models.go --
package models

import "github.com/dataflow-go/dataflow"

type User struct {
	dataflow.Model
	ID, Name string
}

type Base struct {
	dataflow.Model
	ID string
}
-- dep/more/more.go --
package more

import "example.com/dep/models"

type Order struct {
	models.Base
	Name string
}
-- dep/unused/unused.go --
package unused

import "github.com/dataflow-go/dataflow"

type Unused struct {
	dataflow.Model
	ID, Name string
}
`

// withDependency is a workspace whose module requires the dependency.
func withDependency(t *testing.T, archives ...string) (*analysis.Workspace, string) {
	t.Helper()
	_, dir := workspace(t, append(archives, dependency)...)
	mod := filepath.Join(dir, "go.mod")
	text := read(t, mod) + "\nrequire example.com/dep v0.0.0\n\nreplace example.com/dep => ./dep\n"
	if err := os.WriteFile(mod, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return open(t, dir), dir
}

func TestModelsOfADependency(t *testing.T) {
	t.Parallel()
	w, dir := withDependency(t, `
-- main.go --
package main

import (
	"context"

	"example.com/dep/models"
	"github.com/dataflow-go/dataflow/engine"
)

func main() {
	if db, err := engine.Open(context.Background(), "sqlite:app.db", engine.WithModels(models.User{})); err == nil {
		_ = db.Close()
	}
}
-- far/far.go --
package far

import _ "example.com/dep/more"
`, creates("users/users.go", "User"), creates("orders/orders.go", "Order"), creates("unused/unused.go", "Unused"))
	wantCodes(t, dir, check(t, w), "orders/orders.go:6 DF-111", "unused/unused.go:6 DF-701", "users/users.go:6 DF-111")
}

func TestModelsOfAnotherModuleOfTheWorkspace(t *testing.T) {
	t.Parallel()
	_, dir := workspace(t, dependency, `
-- go.work --
go 1.26.0

use .
use ./dep

replace github.com/dataflow-go/dataflow => `+repo()+`
`, creates("users/users.go", "User"), creates("orders/orders.go", "Order"), creates("unused/unused.go", "Unused"))
	o := options(dir)
	o.Env = append(os.Environ(), "GOFLAGS=-mod=readonly", "GOWORK=", "GOPROXY=off")
	w, err := analysis.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	wantCodes(t, dir, check(t, w), "orders/orders.go:6 DF-111", "unused/unused.go:6 DF-111", "users/users.go:6 DF-111")
}

// A file that the build leaves out holds no model, but what it may hold is not said to
// be missing. With the tag, or the system, it is a file like any other.
func TestModelsBehindBuildConstraints(t *testing.T) {
	t.Parallel()
	hidden := func(file, constraint string) string {
		return "\n-- " + file + " --\n" + constraint + "package " + filepath.Base(filepath.Dir(file)) +
			"\n\nimport \"github.com/dataflow-go/dataflow\"\n\ntype User struct {\n\tdataflow.Model\n\tID, Name string\n}\n"
	}
	const tag = "//go:build integration\n\n"
	other := "\n-- models/other.go --\npackage models\n"
	for name, test := range map[string]struct {
		hidden      string
		flags, env  []string
		wantVisible bool
	}{
		"a tag":                     {hidden: hidden("models/user.go", tag) + other},
		"a tag that is given":       {hidden: hidden("models/user.go", tag) + other, flags: []string{"-tags=integration"}, wantVisible: true},
		"a package of tagged files": {hidden: hidden("models/user.go", tag)},
		"the same with the tag":     {hidden: hidden("models/user.go", tag), flags: []string{"-tags=integration"}, wantVisible: true},
		"a system":                  {hidden: hidden("models/user_plan9.go", "") + other},
		"a system that is asked of": {hidden: hidden("models/user_plan9.go", "") + other, env: []string{"GOOS=plan9"}, wantVisible: true},
		"a nearer one":              {hidden: hidden("flows/user.go", tag) + shopModels},
		"a nearer script":           {hidden: hidden("models/user.go", "") + strings.Replace(hidden("flows/user.go", "//go:build ignore\n\n"), "package flows", "package main", 1), wantVisible: true},
		"another of the same build": {hidden: hidden("models/user.go", tag) + hidden("models/user_other.go", "//go:build !integration\n\n"), wantVisible: true},
		"a test's":                  {hidden: hidden("flows/user_test.go", tag)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, dir := workspace(t, test.hidden, creates("flows/flows.go", "User"))
			o := options(dir)
			o.BuildFlags, o.Env = test.flags, append(o.Env, test.env...)
			w, err := analysis.Open(context.Background(), o)
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			if test.wantVisible {
				want = []string{"flows/flows.go:6 DF-111"}
			}
			wantCodes(t, dir, check(t, w), want...)
		})
	}
}

// What is typed in one package is found at the next check of another's open file,
// saved or not.
func TestModelsOfUnsavedFiles(t *testing.T) {
	t.Parallel()
	const plain = "\n-- plain/plain.go --\npackage plain\n"
	w, dir := workspace(t, declares("a", "User", "Name *string"), plain, creates("flows/flows.go", "User"), creates("late/late.go", "Late"))
	flows, model, late := filepath.Join(dir, "flows", "flows.go"), filepath.Join(dir, "a", "a.go"), filepath.Join(dir, "plain", "plain.go")
	w.SetFile(flows, []byte(read(t, flows)))
	wantCodes(t, dir, check(t, w), "flows/flows.go:6 DF-111", "late/late.go:6 DF-701")
	steps := []struct {
		title, file, content string
		want                 []string
	}{
		{"a model is removed", model, "package a\n", []string{"flows/flows.go:6 DF-701", "late/late.go:6 DF-701"}},
		{"it comes back with other columns", model, "package a\n\nimport \"github.com/dataflow-go/dataflow\"\n\ntype User struct {\n\tdataflow.Model\n\tID, Mail, Name string\n}\n",
			[]string{"flows/flows.go:6 DF-101", "flows/flows.go:6 DF-111", "late/late.go:6 DF-701"}},
		{"it is renamed", model, "package a\n\nimport \"github.com/dataflow-go/dataflow\"\n\ntype Late struct {\n\tdataflow.Model\n\tID, Name string\n}\n",
			[]string{"flows/flows.go:6 DF-701", "late/late.go:6 DF-111"}},
		{"another package declares its first", late, "package plain\n\nimport \"github.com/dataflow-go/dataflow\"\n\ntype User struct {\n\tdataflow.Model\n\tID, Name, Nope string\n}\n",
			[]string{"late/late.go:6 DF-111"}},
		{"and one that the other has", late, "package plain\n\nimport \"github.com/dataflow-go/dataflow\"\n\ntype Late struct {\n\tdataflow.Model\n\tID string\n}\n",
			[]string{"flows/flows.go:6 DF-701"}},
		{"which is imported in an unsaved file", filepath.Join(dir, "late", "late.go"), strings.Replace(read(t, filepath.Join(dir, "late", "late.go")), "import ", "import _ \"example.com/shop/plain\"\nimport ", 1),
			[]string{"flows/flows.go:6 DF-701", "late/late.go:7 DF-111", "late/late.go:7 DF-111"}},
		{"as is the other", filepath.Join(dir, "late", "late.go"), strings.Replace(read(t, filepath.Join(dir, "late", "late.go")), "import ", "import _ \"example.com/shop/plain\"\nimport _ \"example.com/shop/a\"\nimport ", 1),
			[]string{"flows/flows.go:6 DF-701", "late/late.go:8 DF-602"}},
		{"a file that is not there yet", filepath.Join(dir, "flows", "own.go"), "package flows\n\nimport \"github.com/dataflow-go/dataflow\"\n\ntype User struct {\n\tdataflow.Model\n\tID, Name, Nope string\n}\n",
			[]string{"late/late.go:8 DF-602"}},
	}
	for _, step := range steps {
		w.SetFile(step.file, []byte(step.content))
		if _, err := w.Check(context.Background(), step.file); err != nil {
			t.Fatal(err)
		}
		if got := codes(dir, w.Packages()); strings.Join(got, "\n") != strings.Join(step.want, "\n") {
			t.Errorf("%s: got %q, want %q", step.title, got, step.want)
		}
	}
}
