package analysis_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/graph"
)

// What is edited: models, helpers that others follow into, functions that build, one
// that builds on what another package makes, and a run.
const editedModule = `
-- models/models.go --
package models

import (
	"time"

	"github.com/dataflow-go/dataflow"
)

const Op = "UserReadNode"

type User struct {
	dataflow.Model
	ID        string
	Email     string
	Name      string
	CreatedAt time.Time
}

func (u User) Label() string { return u.Name }

type Order struct {
	dataflow.Model
	ID     string
	UserID string ` + "`df:\",ref=User\"`" + `
	Total  float64
}
-- gen/local.go --
package gen

import "github.com/dataflow-go/dataflow"

type shelf struct{ kept *dataflow.Workflow }

func (s *shelf) keep() { s.kept = start("kept") }

func local() *dataflow.Workflow {
	type Note struct {
		dataflow.Model
		ID   string
		Text string
	}
	wf := start("notes")
	add(wf, "NoteCreateNode", "create", dataflow.Params{"id": "1", "text": "a"})
	//dataflow:ignore DF-111 told to
	add(wf, "UserCreateNode", "user", dataflow.Params{"id": "1", "emial": "a", "email": "b", "name": "c"})
	return wf
}
-- gen/local_test.go --
package gen

import "github.com/dataflow-go/dataflow"

type Tested struct {
	dataflow.Model
	ID string
}

func tested() *dataflow.Workflow {
	return addUser(start("tested"), "u").AddNode("TestedReadNode", "read", dataflow.Params{"id": "1"})
}
-- uses/uses.go --
package uses

import (
	"example.com/shop/gen"
	"example.com/shop/gen/other"
	"example.com/shop/models"
	"github.com/dataflow-go/dataflow"
)

func More() *dataflow.Workflow {
	wf := gen.Generated0()
	other.Add(wf, "list")
	return wf.AddNode(models.Op, "more", dataflow.Params{"id": other.ID})
}
`

// What ties functions to each other: a package variable that all may add to.
const heldWorkflow = `package gen

import "github.com/dataflow-go/dataflow"

var held = dataflow.NewWorkflow("held")

func init() { held.AddNode("UserReadNode", "read", dataflow.Params{"id": idA}) }
`

// bodies are exchanged in functions, and leave their signatures.
var bodies = [][]string{
	{"return dataflow.NewWorkflow(name)", "return nil", `return dataflow.NewWorkflow("other")`}, {`start("tested")`, "local()", "Generated2()"},
	{"range 2", "range 3"}, {"p[key] = v", "p[\"limit\"] = v"}, {`p["limit"] = 7`, `p["limit"] = true`, "shared = p"}, {`return "opaque"`, `return "clear"`, `return idAB + "x"`},
	{`{"id": "plain"}`, `{"id": opaque(), "more": 1}`}, {`"id": other.ID`, `"id": opaque()`}, {"b.n++", "b.read(opaque())", "ids = nil"}, {"len(ids)", "len(pairs)", "len(opaque())"},
	{`wf.AddDependency(from, to)`, `add(wf, "UserReadNode", from+to, with(plain(), "id", 1))`}, {"f(wf, i)", "f(wf, 7)"}, {"s.kept = start(", "_ = start("}, {"other.Add(wf, ", "println(wf, "},
	{"func(", "func("}, {"{\n", "{\n\t// a comment\n"},
}

// words are exchanged for each other wherever they stand.
var words = [][]string{
	{`"email"`, `"emial"`, `"name"`}, {"UserCreateNode", "UserReadNode", "OrderListNode", "UserCreatNode"}, {"UserReadNode", "OrderCreateNode"},
	{"Email ", "Mail ", "EMail "}, {"type User ", "type Person "}, {"type Order ", "type User "}, {"dataflow.Model\n", "dataflow.Versioned\n", "\n"},
	{"func start(name string)", "func start(name any)", "func strat(name string)"}, {"return dataflow.NewWorkflow(name)", "return nil", "return held"},
	{"Limit    = 20", `Limit    = "x"`, "Limit    = 0"}, {`ID       = "other-1"`, `ID       = "other-2"`, "ID       = 3"}, {"idA      = \"a\"", "idA      = \"z\""},
	{`"github.com/dataflow-go/dataflow"`, `"github.com/dataflow-go/nothing"`, `df "github.com/dataflow-go/dataflow"`}, {"package gen\n", "package other\n"},
	{"Generated0", "Generated1", "Generated2"}, {"wf *dataflow.Workflow", "wf any"}, {"id string", "id int", "id, more string"}, {"string\n", "int\n", "undefined\n"},
	{"float64", "int"}, {"ref=User", "ref=Order"}, {"var held = ", "var hold = "}, {"goto end", "return wf"}, {"return wf", "return nil"}, {"other.Add", "other.Name"},
	{"{\n", "{", "{\n\tdefer println()\n"}, {"}\n", "\n"}, {"range 2", "range 3"}, {"p[key] = v", "p[\"limit\"] = v", "_ = p"}, {"DF-111", "DF-203", "DF-999"},
}

// lines are written where they fit, and where they do not.
var lines = []string{
	"// a comment", "", "//dataflow:ignore DF-111", "//dataflow:ignore DF-101,DF-805 for now", "}", "{", `import "strings"`, `import _ "example.com/shop/gone"`, "/*", "\"",
	"\twf.AddNode(\"UserReadNode\", \"again\", dataflow.Params{\"id\": \"1\"})", "\thold(nil)", "var extra = dataflow.NewWorkflow(\"extra\")", "func lone(wf *dataflow.Workflow) { wf.AddNode(\"UserReadNode\", \"lone\", nil) }",
	"type Extra struct {\n\tdataflow.Model\n\tID string\n\tExtra int\n}", "func extra() *dataflow.Workflow { return start(\"extra\").AddNode(\"UserReadNode\", \"x\", dataflow.Params{\"id\": idAB}) }",
	"func init() { ids = nil; held = nil }", "func Generated1() {}", "//line other.go:3",
}

// edited is a text after one random edit.
func edited(t *testing.T, r *rand.Rand, src string) string {
	switch r.IntN(5) {
	case 0:
		if isParsed(src) {
			return mutate(t, r, src)
		}
	case 1:
		return inserted(r, src, lines)
	case 2:
		all := strings.SplitAfter(src, "\n")
		i := r.IntN(len(all))
		return strings.Join(all[:i], "") + strings.Join(all[min(i+1+r.IntN(2), len(all)):], "")
	}
	return exchanged(r, src, words)
}

// inserted is a text with one of the lines in it.
func inserted(r *rand.Rand, src string, lines []string) string {
	all := strings.SplitAfter(src, "\n")
	i := r.IntN(len(all))
	return strings.Join(all[:i], "") + lines[r.IntN(len(lines))] + "\n" + strings.Join(all[i:], "")
}

// bodyEdited is a text after an edit that no other function should see.
func bodyEdited(t *testing.T, r *rand.Rand, src string) string {
	switch {
	case isParsed(src) && r.IntN(3) == 0:
		return mutate(t, r, src)
	case r.IntN(4) == 0:
		return inserted(r, src, []string{"// a comment", ""})
	}
	return exchanged(r, src, bodies)
}

// exchanged is a text with one of its words exchanged for another of the set.
func exchanged(r *rand.Rand, src string, sets [][]string) string {
	for range 20 {
		set := sets[r.IntN(len(sets))]
		from, to := set[r.IntN(len(set))], set[r.IntN(len(set))]
		if n := strings.Count(src, from); n > 0 && from != to {
			parts := strings.SplitAfterN(src, from, 1+r.IntN(n)+1)
			last := len(parts) - 2
			parts[last] = strings.TrimSuffix(parts[last], from) + to
			return strings.Join(parts, "")
		}
	}
	return src
}

// TestAnEditComesToWhatAFreshStartDoes edits files at random, some back to what they
// were, and checks after each edit that the workspace which saw all of them says what
// one does that starts with the same text.
//
// Half of the runs edit bodies alone, which is what most is kept for. Most give up what
// has no file open.
//
// DATAFLOW_TORTURE=1 makes many more edits, other ones each time.
func TestAnEditComesToWhatAFreshStartDoes(t *testing.T) {
	t.Parallel()
	runs, steps, seed := 2, 20, 1
	if os.Getenv("DATAFLOW_TORTURE") != "" {
		runs, steps, seed = 20, 200, rand.IntN(1<<40)
	}
	if s, err := strconv.Atoi(os.Getenv("DATAFLOW_SEED")); err == nil {
		seed = s
	}
	for run := range runs {
		t.Run(fmt.Sprintf("DATAFLOW_SEED=%d", seed+run), func(t *testing.T) {
			t.Parallel()
			editAtRandom(t, rand.New(rand.NewPCG(uint64(seed+run), 0)), seed+run, steps, run%2 == 0)
		})
	}
}

func editAtRandom(t *testing.T, r *rand.Rand, seed, steps int, calm bool) {
	ar := txtar.Parse([]byte(editedModule))
	add := func(name, text string) {
		text = strings.ReplaceAll(text, "github.com/dataflow-go/dataflow/examples/corpus", "example.com/shop")
		ar.Files = append(ar.Files, txtar.File{Name: name, Data: []byte(text)})
	}
	for i, name := range []string{"gen/a.go", "gen/b.go"} {
		text := generatedImports
		for j := range 5 {
			text += generatedFunction(fmt.Sprintf("Generated%d", 5*i+j)).Example(10*seed+5*i+j) + "\n"
		}
		add(name, text)
	}
	add("gen/helpers.go", generatedHelpers)
	add("gen/other/other.go", generatedOther)
	if !calm {
		add("gen/held.go", heldWorkflow)
	}
	dir := extract(t, ar)
	o := options(dir)
	o.CacheDir = t.TempDir()
	start := func(lazy bool) *analysis.Workspace {
		o.LazyFixes = lazy
		w, err := analysis.Open(context.Background(), o)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	o.Frugal = calm || seed%4 > 1
	w := start(true)
	o.Frugal = false
	check(t, w)
	now, before, onDisk := map[string]string{}, map[string][]string{}, map[string]string{}
	var names []string
	for _, f := range ar.Files {
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		names = append(names, name)
		now[name], onDisk[name] = string(f.Data), string(f.Data)
	}
	opened := map[string]bool{}
	var log []string
	for step := range steps {
		for range 1 + r.IntN(2) {
			name := names[r.IntN(len(names))]
			old := now[name]
			if past := before[name]; len(past) > 0 && r.IntN(3) == 0 {
				now[name] = past[r.IntN(len(past))]
			} else if calm {
				now[name] = bodyEdited(t, r, old)
			} else {
				now[name] = edited(t, r, old)
			}
			before[name] = append(before[name], old)
			opened[name] = true
			w.SetFile(name, []byte(now[name]))
			log = append(log, fmt.Sprintf("step %d: %s", step, name))
			if r.IntN(4) == 0 {
				if _, err := w.CheckFiles(context.Background(), names[r.IntN(len(names))]); err != nil {
					t.Fatal(err)
				}
			}
		}
		if r.IntN(3) == 0 { // closed without being saved
			if name := names[r.IntN(len(names))]; opened[name] {
				delete(opened, name)
				now[name] = onDisk[name]
				w.ClearFile(name)
				log = append(log, fmt.Sprintf("step %d: %s is closed", step, name))
			}
		}
		var all []string // an editor asks for the files that it has open
		for name := range opened {
			all = append(all, name)
		}
		if _, err := w.Check(context.Background(), all...); err != nil {
			t.Fatal(err)
		}
		fresh := start(false)
		for name := range opened {
			fresh.SetFile(name, []byte(now[name]))
		}
		check(t, fresh)
		got, want := results(t, w), results(t, fresh)
		if got != want {
			gotLines, wantLines := strings.Split(got, "\n"), strings.Split(want, "\n")
			for i := range min(len(gotLines), len(wantLines)) {
				if gotLines[i] != wantLines[i] {
					t.Fatalf("after %s\nthe edited workspace says\n%s\na fresh one says\n%s", strings.Join(log, "\n"), gotLines[i], wantLines[i])
				}
			}
			t.Fatalf("after %s\none says more than the other:\n%s\n\n%s", strings.Join(log, "\n"), got, want)
		}
	}
}

// results is all that the packages of a workspace say, one result a line.
func results(t *testing.T, w *analysis.Workspace) string {
	t.Helper()
	var b strings.Builder
	write := func(p *analysis.Package, what string, v any) {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%s: %s %s\n", p.Path, what, text)
	}
	for _, p := range w.Packages() {
		found := slices.Concat(p.Diagnostics, p.Strict)
		if ok, err := w.FillFixes(context.Background(), found); !ok || err != nil {
			t.Fatalf("the fixes of %s: %v %v", p.Path, ok, err)
		}
		for i, d := range found {
			write(p, fmt.Sprintf("diagnostic, strict: %t,", i >= len(p.Diagnostics)), d)
		}
		for _, err := range p.LoadErrors {
			write(p, "error", err.Error())
		}
		for _, m := range p.Models {
			write(p, "model", []any{m.Name, m.Table, m.Keys, m.Pos, len(m.Fields)})
		}
		for _, wf := range p.Workflows {
			write(p, "workflow", []any{wf.Graph.Name, wf.Func, wf.File, wf.Span, wf.Body, fmt.Sprint(wf.Runnable), len(wf.Models)})
			for _, target := range p.TargetsIn(wf.File) {
				write(p, "target", []any{target.Kind, target.Text, target.Path, target.Span, target.Model != nil, target.Param != nil, target.Field != nil})
			}
			write(p, "graph", graph.Text{S: dump("", []*analysis.Package{{Workflows: []*analysis.Workflow{wf}}})})
		}
	}
	return b.String()
}
