package analysis_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"golang.org/x/tools/txtar"
)

// Methods and functions of all forms, in a file that declares types and constants too.
const recheckedModule = `
-- models/models.go --
package models

import "github.com/dataflow-go/dataflow"

type User struct {
	dataflow.Model
	ID   string
	Name string
}
-- a.go --
package shop

import (
	"fmt"

	"github.com/dataflow-go/dataflow"
)

const readNode = "UserReadNode"

type builder struct {
	wf   *dataflow.Workflow
	prefix string
}

type pair struct{ a, b string }

func newBuilder(name string) *builder { return &builder{dataflow.NewWorkflow(name), "n"} }

func (b *builder) read(ids ...string) *builder {
	for i, id := range ids {
		b.wf.AddNode(readNode, fmt.Sprint(b.prefix, i), dataflow.Params{"id": id})
	}
	return b
}

func (b builder) nothing(string, int) (wf *dataflow.Workflow) {
	wf = b.wf
	return
}

func (*builder) none(id string) *dataflow.Workflow {
	p := pair{"a", id}
	return dataflow.NewWorkflow(p.a).AddNode(readNode, "read", dataflow.Params{"id": p.b, "emial": 1})
}

func (pair) unnamed(int) *dataflow.Workflow {
	var wrong int = "text"
	return dataflow.NewWorkflow("unnamed").AddNode("UserCreateNode", "create", dataflow.Params{"id": wrong})
}

func both(wf *dataflow.Workflow, params map[string]any) { wf.AddNode(readNode, "both", params) }

func dropped() { dataflow.NewWorkflow("dropped").AddNode(readNode, "read", dataflow.Params{"id": "/*STEP*/"}) }
-- b.go --
package shop

import (
	"github.com/dataflow-go/dataflow"
	"example.com/shop/models"
)

var _ = models.User{}

func uses() *dataflow.Workflow {
	b := newBuilder("uses").read("1", "2")
	both(b.wf, dataflow.Params{"id": b.none("x").Graph().Name})
	return b.nothing("", 1)
}

func wrong() *dataflow.Workflow {
	var n string = 1
	return newBuilder(n).wf
}
`

// TestBodiesAreCheckedInWhatIsDeclared edits the bodies of a file, more often than they
// are checked in one package. Those of another file, which call them, are not checked
// again, and what is found is what a fresh start finds.
func TestBodiesAreCheckedInWhatIsDeclared(t *testing.T) {
	t.Parallel()
	dir := extract(t, txtar.Parse([]byte(recheckedModule)))
	w, file := watch(t, dir), filepath.Join(dir, "a.go")
	w.cost(t, "", "", "")
	const inFile, inAll = 7, 9
	all := 0
	for step := range 70 {
		typed := fmt.Sprintf("/*STEP*/%d", step)
		if step%2 == 1 {
			typed += "\", \"nmae\": \"b"
		}
		switch got := w.cost(t, file, "/*STEP*/", typed); got {
		case work{Packages: 1, Bodies: inFile, Followed: 1}:
		case work{Packages: 1, Bodies: inAll, Followed: 1}:
			all++
		default:
			t.Errorf("step %d: %+v", step, got)
		}
		if step%10 != 1 {
			continue
		}
		fresh := open(t, dir)
		fresh.SetFile(file, w.text)
		check(t, fresh)
		if got, want := results(t, w.Workspace), results(t, fresh); got != want {
			t.Fatalf("step %d, the edited workspace says\n%s\na fresh one says\n%s", step, got, want)
		}
	}
	if all != 1 {
		t.Errorf("all was checked again %d times, want once", all)
	}
	if errs := w.Package(file).LoadErrors; len(errs) != 2 {
		t.Errorf("the compiler's errors are %v", errs)
	}
}
