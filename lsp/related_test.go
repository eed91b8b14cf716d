package lsp_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// A finding between two declarations points at both, with what the editor has of them.
func TestTwoModelsOfOneNameAreBothShown(t *testing.T) {
	t.Parallel()
	dir := workspace(t, txtar.Parse([]byte(`
-- a/a.go --
package a

import "github.com/dataflow-go/dataflow"

type User struct {
	dataflow.Model
	ID, Name string
}
-- b/b.go --
package b
-- flows/flows.go --
package flows

import (
	_ "example.com/app/a"
	_ "example.com/app/b"
	"github.com/dataflow-go/dataflow"
)

func Flow() *dataflow.Workflow {
	return dataflow.NewWorkflow("flow").AddNode("UserListNode", "all", nil)
}
`)))
	a, b, flows := filepath.Join(dir, "a", "a.go"), filepath.Join(dir, "b", "b.go"), filepath.Join(dir, "flows", "flows.go")
	c := newClient(t)
	c.start(dir, fullCapabilities)
	c.open(flows, readFile(t, flows))
	c.diagnostics(flows, 1, "no finding", nothing)
	c.open(b, readFile(t, b))
	c.replace(b, 2, "package b\n\nimport \"github.com/dataflow-go/dataflow\"\n\n// User is another.\ntype User struct {\n\tdataflow.Model\n\tID, Mail string\n}\n")
	found := c.diagnostics(flows, 1, "DF-602", has("DF-602"))
	var places []string
	for _, r := range found[0].RelatedInformation {
		places = append(places, fmt.Sprint(r.Location.URI, r.Location.Range))
	}
	want := []string{fmt.Sprint(fileURI(a), span{position{4, 5}, position{4, 9}}), fmt.Sprint(fileURI(b), span{position{5, 5}, position{5, 9}})}
	if len(found) != 1 || !slices.Equal(places, want) {
		t.Errorf("%d findings; the first points at %s, want %s", len(found), strings.Join(places, " and "), strings.Join(want, " and "))
	}
	c.replace(b, 3, "package b\n")
	c.diagnostics(flows, 1, "no finding once the other is gone", nothing)
}

// What can go is faded by an editor that knows how.
func TestUnnecessaryIsTagged(t *testing.T) {
	t.Parallel()
	dir := workspace(t, txtar.Parse([]byte(strings.Replace(unknownParam, "\twf.AddNode", "\t//dataflow:ignore DF-203\n\twf.AddNode", 1))))
	file := filepath.Join(dir, "shop.go")
	for _, test := range []struct {
		capabilities object
		tags         []int
	}{
		{fullCapabilities, []int{1}},
		{object{}, nil},
	} {
		c := newClient(t)
		c.start(dir, test.capabilities)
		c.open(file, readFile(t, file))
		for _, d := range c.diagnostics(file, 1, "both", func(found []diagnostic) bool { return len(found) == 2 }) {
			want := test.tags
			if d.Code != "DF-412" {
				want = nil
			}
			if !slices.Equal(d.Tags, want) {
				t.Errorf("%s has the tags %v, not %v", d.Code, d.Tags, want)
			}
		}
	}
}
