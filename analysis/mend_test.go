package analysis_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/dataflow-go/dataflow/analysis"
)

const slips = `
-- flows/flows.go --
package flows

import "github.com/dataflow-go/dataflow"

func Signup() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("signup")
	wf.AddNode("UserCraeteNode", "create", dataflow.Params{
		"id":    "1",
		"emial": "a@example.com",
		"Nmae":  "Ada",
	})
	return wf
}
-- lists/lists.go --
package lists

import "github.com/dataflow-go/dataflow"

func List() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("list")
	wf.AddNode("UserListNode", "list", dataflow.Params{"ofset": 5, "limit": -1})
	return wf
}
`

func everything(packages []*analysis.Package) []analysis.Diagnostic {
	var all []analysis.Diagnostic
	for _, p := range packages {
		all = append(all, p.Diagnostics...)
	}
	return all
}

// A fix that brings further mistakes to light is followed by theirs, in every file.
func TestMendGoesOnUntilNoFixIsLeft(t *testing.T) {
	t.Parallel()
	w, dir := workspace(t, shopModels, slips)
	m, err := w.Mend(t.Context(), everything)
	if err != nil {
		t.Fatal(err)
	}
	wantCodes(t, dir, m.Packages, "flows/flows.go:10 DF-111") // no column is near Nmae
	if len(m.Changes) != 2 || m.Fixes != 4 {
		t.Fatalf("%d fixes in %d files, want 4 in 2", m.Fixes, len(m.Changes))
	}
	for _, c := range m.Changes {
		if got := read(t, c.File); got != string(c.Before) {
			t.Errorf("%s was written", c.File)
		}
	}
	const want = `	wf.AddNode("UserCreateNode", "create", dataflow.Params{
		"id":    "1",
		"email": "a@example.com",
		"Nmae":  "Ada",
	})`
	if got := string(m.Changes[0].After); !strings.Contains(got, want) {
		t.Errorf("the workflow is now\n%s", got)
	}
	if m, err = w.Mend(t.Context(), everything); err != nil || m.Fixes != 0 || len(m.Changes) != 0 {
		t.Errorf("the second time, %d fixes: %v", m.Fixes, err)
	}
}

// What the caller does not choose is left alone.
func TestMendAppliesWhatIsChosen(t *testing.T) {
	t.Parallel()
	w, _ := workspace(t, shopModels, slips)
	m, err := w.Mend(t.Context(), func(packages []*analysis.Package) []analysis.Diagnostic {
		return slices.DeleteFunc(everything(packages), func(d analysis.Diagnostic) bool { return d.Code != "DF-103" })
	})
	if err != nil || m.Fixes != 1 || len(m.Changes) != 1 {
		t.Errorf("%d fixes in %d files, want one: %v", m.Fixes, len(m.Changes), err)
	}
}
