package analysis_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/internal/twin"
)

// work is what a check logs of itself: packages that it type-checked, the functions
// whose bodies it did, packages whose functions it followed, and those of which it read
// the declarations for importers.
type work struct{ Packages, Bodies, Followed, Imports int }

// An edit costs the edited package and those that build workflows on what it
// declares, however many others there are.
func TestCostGrowsWithWhatAnEditConcerns(t *testing.T) {
	t.Parallel()
	ws, err := twin.Medium(t.TempDir(), repo())
	if err != nil {
		t.Fatal(err)
	}
	w := watch(t, ws.Dir)
	// Of 100 packages. Those between import one that uses the model, and are imported by
	// one that builds workflows.
	const builders, models, between = 20, 2, 41
	inUse, leaf := filepath.Join(ws.Dir, "p002", "a.go"), filepath.Join(ws.Dir, "p099", "a.go")
	for _, step := range []struct {
		name, file, old, typed string
		want                   work
	}{
		{"the first check", "", "", "", work{Packages: builders + models, Bodies: 3 * builders, Followed: builders + models}},
		{"nothing", "", "", "", work{}},
		{"a workflow's parameter", ws.Flow, twin.ParamMark, "\"x" + twin.ParamMark[1:], work{Packages: 1, Bodies: 3, Followed: 1}},
		{"a body in a package that builders import", inUse, "+= weight\n", "-= weight\n", work{}},
		{"an empty line and a comment beside a model", ws.ModelFile, twin.FieldMark, "\n\t// a comment\n\t" + twin.FieldMark, work{Packages: 1, Followed: 1}},
		{"a declaration that no builder can see", leaf, "package p099\n", "package p099\n\nconst Added = 1\n", work{}},
		{"a model's field", ws.ModelFile, twin.FieldMark, "X" + twin.FieldMark, work{Packages: builders + 1, Bodies: 3 * builders, Followed: builders + 1, Imports: between}},
	} {
		if got := w.cost(t, step.file, step.old, step.typed); got != step.want {
			t.Errorf("%s: %+v, want %+v", step.name, got, step.want)
		}
	}
}

// In a.go stands what is edited; c.go uses it, b.go has nothing to do with it, and all
// that can be wrong in it.
const threeFiles = `
-- shop.go --
package shop

import (
	"time"

	"github.com/dataflow-go/dataflow"
)

type User struct {
	dataflow.Model
	ID    string
	Email string
	Since time.Time
}
-- ids/ids.go --
package ids

func Name() string { return "third" }
-- a.go --
package shop

import "github.com/dataflow-go/dataflow"

func idOfA() string { return "first" }

func A() *dataflow.Workflow {
	return dataflow.NewWorkflow("a").AddNode("UserReadNode", idOfA(), dataflow.Params{"id": "1"})
}
-- b.go --
package shop

import (
	"time"

	"github.com/dataflow-go/dataflow"

	"example.com/shop/ids"
)

var started = time.Now()

var held = dataflow.NewWorkflow("held")

func idOfB() string { return "second" }

func B() *dataflow.Workflow {
	return dataflow.NewWorkflow("b").AddNode("UserCreateNode", idOfB(), dataflow.Params{"emial": "x"})
}

func Elsewhere() *dataflow.Workflow {
	return dataflow.NewWorkflow("elsewhere").AddNode("UserReadNode", ids.Name(), dataflow.Params{"id": "1"})
}

// Hidden can be given no time.Now() by a fix.
func Hidden() *dataflow.Workflow {
	time := "10:00"
	return dataflow.NewWorkflow(time).AddNode("UserCreateNode", "create", dataflow.Params{"id": "1", "email": "x"})
}

func Shared() *dataflow.Workflow { return held.AddNode("UserReadNode", "read", nil) }

func Replace() { held = dataflow.NewWorkflow("replaced") }

func Dropped() {
	wf := dataflow.NewWorkflow("dropped")
	wf.AddNode("UserReadNode", "read", dataflow.Params{"id": "1"})
}

func Refused() *dataflow.Workflow {
	var id int = "1"
	return dataflow.NewWorkflow("refused").AddNode("UserReadNode", "read", dataflow.Params{"id": id})
}
-- c.go --
package shop

import "github.com/dataflow-go/dataflow"

func C() *dataflow.Workflow {
	return dataflow.NewWorkflow("c").AddNode("UserReadNode", idOfA(), dataflow.Params{"id": "1"}).AddConnection("first", "email", "second", "id")
}
`

func idsOf(name string) string {
	return fmt.Sprintf("package ids\n\nfunc Name() string { return %q }\n", name)
}

// In a package, an edit of a body costs the functions of its file and those that name
// one of them. What is found in the others is still found.
func TestCostGrowsWithTheFunctionsThatAnEditConcerns(t *testing.T) {
	t.Parallel()
	dir := extract(t, txtar.Parse([]byte(threeFiles)))
	w, file, ids := watch(t, dir), filepath.Join(dir, "a.go"), filepath.Join(dir, "ids", "ids.go")
	w.cost(t, "", "", "")
	for _, step := range []struct {
		name, old, typed string
		ids              string // the text of ids.go
		want             work
	}{
		{"a body", `return "first"`, `return "other"`, idsOf("third"), work{Packages: 1, Bodies: 2, Followed: 1}},
		{"a comment between two functions", "func A()", "// A is the first.\n\nfunc A()", idsOf("third"), work{Packages: 1, Bodies: 2, Followed: 1}},
		{"a body of each of two packages", `return "first"`, `return "last"`, idsOf("fourth"), work{Packages: 1, Bodies: 2, Followed: 1}},
		{"a declaration", "func A()", "var added int\n\nfunc A()", idsOf("fourth"), work{Packages: 1, Bodies: 11, Followed: 1}},
	} {
		w.SetFile(ids, []byte(step.ids))
		if got := w.cost(t, file, step.old, step.typed); got != step.want {
			t.Errorf("%s: %+v, want %+v", step.name, got, step.want)
		}
		fresh := open(t, dir)
		fresh.SetFile(file, w.text)
		fresh.SetFile(ids, []byte(step.ids))
		check(t, fresh)
		if got, want := results(t, w.Workspace), results(t, fresh); got != want {
			t.Errorf("after %s, the edited workspace says\n%s\na fresh one says\n%s", step.name, got, want)
		}
	}
	for _, code := range []errcatalog.Code{errcatalog.DF111, errcatalog.DF803} {
		if !slices.ContainsFunc(w.Package(file).Diagnostics, func(d analysis.Diagnostic) bool { return d.Code == code }) {
			t.Errorf("%s is not found in the other file", code)
		}
	}
	if errs := w.Package(file).LoadErrors; len(errs) != 1 {
		t.Errorf("the compiler's errors are %v", errs)
	}
}

// A watched workspace tells what its checks cost.
type watched struct {
	*analysis.Workspace
	log  bytes.Buffer
	text []byte // of the last edit
}

func watch(t *testing.T, dir string) *watched {
	t.Helper()
	w := &watched{}
	o := options(dir)
	o.Logger = slog.New(slog.NewJSONHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var err error
	if w.Workspace, err = analysis.Open(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	return w
}

// cost is that of the check after an edit of what stands in a file on disk.
func (w *watched) cost(t *testing.T, file, old, typed string) work {
	t.Helper()
	if file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(text, []byte(old)) {
			t.Fatalf("%q does not stand in %s", old, file)
		}
		w.text = bytes.Replace(text, []byte(old), []byte(typed), 1)
		w.SetFile(file, w.text)
	}
	w.log.Reset()
	if _, err := w.Check(context.Background()); err != nil {
		t.Fatal(err)
	}
	var done work
	for line := range bytes.Lines(w.log.Bytes()) {
		var entry struct {
			Msg string
			work
		}
		if err := json.Unmarshal(line, &entry); err != nil {
			t.Fatal(err)
		}
		if entry.Msg == "checked" {
			done = entry.work
		}
	}
	return done
}
