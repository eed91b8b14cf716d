package analysis_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/internal/twin"
)

// frugal opens a workspace as an editor does that has one file of it open.
func frugal(tb testing.TB, dir, file string, on bool) *analysis.Workspace {
	tb.Helper()
	o := options(dir)
	o.LazyFixes, o.Frugal = true, on
	w, err := analysis.Open(context.Background(), o)
	if err != nil {
		tb.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		tb.Fatal(err)
	}
	w.SetFile(file, text)
	return w
}

// live is the memory that is in use, in bytes.
func live() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestWhatIsNotOpenTakesLittle is not parallel, so that the memory is its own.
func TestWhatIsNotOpenTakesLittle(t *testing.T) {
	ws, err := twin.Medium(t.TempDir(), repo())
	if err != nil {
		t.Fatal(err)
	}
	taken := func(on bool) uint64 {
		before := live()
		w := frugal(t, ws.Dir, ws.Flow, on)
		check(t, w)
		after := live()
		runtime.KeepAlive(w)
		return after - before
	}
	taken(false) // what is made once for all
	if all, little := taken(false), taken(true); little > all*2/3 {
		t.Errorf("%d KiB with one file open, %d KiB when all is kept", little>>10, all>>10)
	}
}

const restingModule = `
-- models/models.go --
package models

import "github.com/dataflow-go/dataflow"

type User struct {
	dataflow.Model
	ID   string
	Name string
}

type Tag struct {
	dataflow.Model
	ID    string
	Label string
}
-- names/names.go --
package names

import "github.com/dataflow-go/dataflow"

// Limit is for those who list.
const Limit = 10

// Start is followed into, though it is long.
func Start(name string) *dataflow.Workflow {
	//LONG
	return dataflow.NewWorkflow(name).AddNode("UserListNode", "first", dataflow.Params{"limit": Limit})
}
-- closed/closed.go --
package closed

import (
	"example.com/shop/names"
	"github.com/dataflow-go/dataflow"
)

const create = "create"

func Closed() *dataflow.Workflow {
	wf := names.Start("closed")
	wf.AddNode("UserCreateNode", create, dataflow.Params{"id": "1", "nmae": "a"})
	return wf.AddConnection("first", "count", create, "name")
}
-- ignored/ignored.go --
package ignored

import "github.com/dataflow-go/dataflow"

func Ignored() *dataflow.Workflow {
	//dataflow:ignore DF-203 it is told
	return dataflow.NewWorkflow("ignored").AddConnection("a", "b", "c", "d")
}
-- unseen/unseen.go --
package unseen

import "github.com/dataflow-go/dataflow"

func Unseen(p dataflow.Params) *dataflow.Workflow {
	return dataflow.NewWorkflow("unseen").AddNode("TagCreateNode", "tag", p)
}
-- tagged/tagged.go --
package tagged

import "github.com/dataflow-go/dataflow"

func Tagged() *dataflow.Workflow {
	return dataflow.NewWorkflow("tagged").AddNode("TagCreateNode", "tag", dataflow.Params{"id": "1", "label": "a"})
}
-- listed/listed.go --
package listed

import "github.com/dataflow-go/dataflow"

func Listed() *dataflow.Workflow {
	return dataflow.NewWorkflow("listed").
		AddNode("UserListNode", "list", dataflow.Params{"order_by": []string{"-name"}, "filter": dataflow.Params{"name": "a"}}).
		AddNode("UserCreateNode", "make", dataflow.Params{"id": "1", "name": dataflow.Input("name")})
}
-- open/open.go --
package open

import "github.com/dataflow-go/dataflow"

func Open() *dataflow.Workflow {
	return dataflow.NewWorkflow("open").AddNode("UserListNode", "list", nil)
}
`

// describeName is where a name is written, where it is made, and what its renaming comes to.
func describeName(name *analysis.Name, packages []*analysis.Package) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %s:", name.Kind, name.Text)
	for _, o := range name.Occurrences(packages) {
		fmt.Fprint(&b, " ", o.Span.Start, o.Declares)
	}
	for _, o := range name.Declarations(packages) {
		fmt.Fprint(&b, " made ", o.Span.Start)
	}
	edits, err := name.Rename("other", packages)
	for _, e := range edits {
		fmt.Fprint(&b, " edit ", e.Span.Start)
	}
	fmt.Fprint(&b, " ", err)
	return b.String()
}

// What is asked of a package at rest is answered as if it were not: fixes, what stands
// where, the places of names, and what another package that is opened follows into it.
func TestAPackageAtRestAnswers(t *testing.T) {
	t.Parallel()
	long := strings.ReplaceAll(restingModule, "//LONG", "//"+strings.Repeat(" long", 400))
	dir := extract(t, txtar.Parse([]byte(long)))
	opened := filepath.Join(dir, "open", "open.go")
	closed, names, models := filepath.Join(dir, "closed", "closed.go"), filepath.Join(dir, "names", "names.go"), filepath.Join(dir, "models", "models.go")

	type answers struct {
		Found       int
		Fixes       [][]string
		Targets     []string
		Occurrences []string
		Edits       []string
		Names       []string
		Changed     string
		Followed    string
	}
	ask := func(on bool) (a answers) {
		w := frugal(t, dir, opened, on)
		packages := check(t, w)
		pkg := w.Package(closed)
		for _, target := range pkg.TargetsIn(closed) {
			a.Targets = append(a.Targets, target.Text)
		}
		at := slices.IndexFunc(pkg.TargetsIn(closed), func(t *analysis.Target) bool { return t.Kind == analysis.TargetNodeID && t.Text == "create" })
		if at < 0 {
			t.Fatalf("no target create among %q", a.Targets)
		}
		name := pkg.NameAt(closed, pkg.TargetsIn(closed)[at].Span.Start.Offset)
		if name == nil {
			t.Fatal("no name")
		}
		for _, o := range name.Occurrences(packages) {
			a.Occurrences = append(a.Occurrences, fmt.Sprint(o.Span.Start, o.Declares))
		}
		edits, err := name.Rename("made", packages)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range edits {
			a.Edits = append(a.Edits, fmt.Sprint(e.Span.Start, e.Span.End, e.New))
		}
		for _, p := range packages {
			for _, file := range p.Files {
				for _, target := range p.TargetsIn(file) {
					if name := p.NameAt(file, target.Span.Start.Offset); name != nil {
						a.Names = append(a.Names, describeName(name, packages))
					}
				}
			}
		}
		found := slices.Clone(pkg.Diagnostics)
		for _, p := range packages {
			a.Found += len(p.Diagnostics)
		}
		if ok, err := w.FillFixes(context.Background(), found); !ok || err != nil {
			t.Fatalf("no fixes: %t, %v", ok, err)
		}
		for _, d := range found {
			titles := []string{d.Message}
			for _, f := range d.Fixes {
				titles = append(titles, f.Title)
			}
			a.Fixes = append(a.Fixes, titles)
		}
		check(t, w) // which puts it to rest again
		text, err := os.ReadFile(closed)
		if err != nil {
			t.Fatal(err)
		}
		w.SetFile(closed, append(text, "\n// typed\n"...))
		check(t, w)
		w.ClearFile(closed)
		check(t, w)
		model, err := os.ReadFile(models)
		if err != nil {
			t.Fatal(err)
		}
		w.SetFile(models, bytes.ReplaceAll(model, []byte("Name string"), []byte("Called string")))
		a.Changed = dump(dir, check(t, w))
		w.ClearFile(models)
		check(t, w)
		w.SetFile(names, []byte("package names\n"))
		a.Followed = dump(dir, check(t, w))
		return a
	}
	want, got := ask(false), ask(true)
	if !strings.Contains(want.Changed, "nmae") || want.Followed == want.Changed || len(want.Fixes) == 0 || len(want.Fixes[0]) < 2 || len(want.Occurrences) == 0 || len(want.Names) < 10 {
		t.Fatalf("nothing to ask for: %+v", want)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("at rest\n%+v\nelse\n%+v", got, want)
	}
}

// BenchmarkLive tells how much memory a workspace takes in which one file is open, as
// live-MB.
func BenchmarkLive(b *testing.B) {
	onEach(b, func(b *testing.B, ws *twin.Workspace) {
		for b.Loop() {
			before := live()
			w := frugal(b, ws.Dir, ws.Flow, true)
			check(b, w)
			b.ReportMetric(float64(live()-before)/1e6, "live-MB")
			runtime.KeepAlive(w)
		}
	})
}
