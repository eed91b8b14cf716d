package analysis_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

const shopHelpers = `
-- helpers/helpers.go --
package helpers

import "github.com/dataflow-go/dataflow"

func Touch(wf *dataflow.Workflow, id string) {
	wf.AddNode("UserUpdateNode", id, dataflow.Params{"filter": dataflow.Params{"id": "1"}, "fields": dataflow.Params{"email": "a@example.com"}})
}
-- flows/touch.go --
package flows

import (
	"github.com/dataflow-go/dataflow"
	"example.com/shop/helpers"
)

func Touched() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("touched")
	helpers.Touch(wf, "touch")
	wf.AddConnection("touch", "id", "nowhere", "id")
	return wf
}
`

// Whatever is done to the files between two runs, a run that has the cache of all those
// before it says what one without a cache does.
func TestARunWithACacheSaysWhatOneWithoutDoes(t *testing.T) {
	t.Parallel()
	s := newSession(t, shopModels, shopFlow, shopHelpers)
	said := map[string]bool{}
	same := func(after string) {
		t.Helper()
		w, _ := s.open()
		check(t, w)
		fresh := open(t, s.dir)
		check(t, fresh)
		got, want := results(t, w), results(t, fresh)
		if got != want {
			t.Errorf("after %s, with the cache\n%s\nwithout\n%s", after, got, want)
		}
		said[want] = true
	}
	same("nothing")
	same("nothing again")
	s.write("flows/touch.go", `"touch", "id"`, `"tuch", "id"`)
	same("an edit of a body")
	s.write("models/models.go", "Email string", "Mail string")
	same("an edit of a model")
	s.write("helpers/helpers.go", "id string)", "id string, more ...string)")
	same("an edit of a signature")
	old := read(t, filepath.Join(s.dir, "flows", "touch.go"))
	if err := os.Remove(filepath.Join(s.dir, "flows", "touch.go")); err != nil {
		t.Fatal(err)
	}
	same("a deletion")
	s.write("flows/touch.go", "", old)
	s.write("models/models.go", "Mail string", "Email string")
	s.age() // as a checkout may, that keeps times
	same("older content, with an older time")
	if len(said) < 5 {
		t.Errorf("the edits made for %d answers only", len(said))
	}
}

// A module of a thousand packages is one to be looked through, not a thousand.
func TestAModuleIsKeptOnce(t *testing.T) {
	t.Parallel()
	s := newSession(t, shopModels, shopFlow, shopHelpers)
	s.open()
	mentions := 0
	err := filepath.WalkDir(s.cache, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		kept, err := os.ReadFile(path)
		mentions += bytes.Count(kept, []byte(filepath.Join(s.dir, "go.mod")))
		return err
	})
	if err != nil || mentions != 1 {
		t.Errorf("the cache names go.mod %d times: %v", mentions, err)
	}
}
