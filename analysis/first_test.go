package analysis_test

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// others build on a workflow of flows, declare a model of a taken name, and have a long
// function that flows builds with.
var others = `
-- parts/parts.go --
package parts

import "github.com/dataflow-go/dataflow"

// Long is followed only where its package is checked whole.
func Long(wf *dataflow.Workflow) {
	wf.AddNode("UserCreateNode", "long", dataflow.Params{"id": "1", "nmae": "x"})
` + strings.Repeat("\tprintln(\"this makes the function too long to be followed as a helper is\")\n", 40) + `}
-- late/late.go --
package late

import (
	"github.com/dataflow-go/dataflow"
	"example.com/shop/flows"
)

func Late() *dataflow.Workflow {
	return flows.Open().AddNode("UserDeleteNode", "gone", dataflow.Params{"id": "1"})
}
-- flows/first.go --
package flows

import (
	"github.com/dataflow-go/dataflow"
	"example.com/shop/parts"
)

func Open() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("open")
	wf.AddNode("UserCreateNode", "create", dataflow.Params{"id": "1", "nmae": "x"})
	wf.AddConnection("create", "id", "gone", "id")
	return wf
}

func closed() {
	wf := dataflow.NewWorkflow("closed")
	wf.AddConnection("nowhere", "id", "create", "id")
	wf.AddNode("UsrCreateNode", "unknown", dataflow.Params{"id": "1"}) //dataflow:ignore DF-701 to see that it is not idle
	parts.Long(wf)
}
`

// What is told before the rest of the workspace is looked at still holds when it is,
// and after that nothing tells how the workspace was opened.
func TestWhatIsToldFirstHolds(t *testing.T) {
	t.Parallel()
	w, dir := workspace(t, shopModels, others)
	file := filepath.Join(dir, "flows", "first.go")
	first, err := w.CheckFiles(context.Background(), file)
	if err != nil {
		t.Fatal(err)
	}
	told := codes(dir, first)
	if len(told) == 0 {
		t.Error("nothing is told at first")
	}
	if _, err := w.Check(context.Background(), file); err != nil {
		t.Fatal(err)
	}
	final := codes(dir, w.Packages())
	for _, code := range told {
		if !slices.Contains(final, code) {
			t.Errorf("%s is told at first, and does not hold", code)
		}
	}
	fresh := open(t, dir)
	check(t, fresh)
	if got, want := results(t, w), results(t, fresh); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	t.Logf("first %q\nthen %q", told, final)
}
