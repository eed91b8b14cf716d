package analysis_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dataflow-go/dataflow/analysis"
)

// brokenFlow misspells a parameter in line 7.
const brokenFlow = `
-- flows/flows.go --
package flows

import "github.com/dataflow-go/dataflow"

func Signup() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("signup")
	wf.AddNode("UserCreateNode", "create", dataflow.Params{"id": "1", "emial": "a@example.com"})
	return wf
}
`

func TestCRLFStaysInWhatIsMended(t *testing.T) {
	t.Parallel()
	w, dir := workspace(t, shopModels, brokenFlow)
	file := filepath.Join(dir, "flows", "flows.go")
	text := strings.ReplaceAll(read(t, file), "\n", "\r\n")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	w.ClearFile(file)
	pkgs := check(t, w)
	wantCodes(t, dir, pkgs, "flows/flows.go:7 DF-111")
	all := applyAll(t, w, pkgs)
	if len(all) != 1 {
		t.Fatalf("%d files are mended", len(all))
	}
	for name, mended := range all {
		if name != file || strings.Count(mended, "\n") != strings.Count(mended, "\r\n") {
			t.Errorf("%s has lines that end otherwise:\n%q", name, mended)
		}
		if !strings.Contains(mended, `"email": "a@example.com"`) {
			t.Errorf("it is not mended: %q", mended)
		}
	}
}

func TestBytesThatAreNoUTF8HideNothing(t *testing.T) {
	t.Parallel()
	w, dir := workspace(t, shopModels, brokenFlow)
	file := filepath.Join(dir, "flows", "flows.go")
	w.SetFile(file, append([]byte(read(t, file)), "\n// caf\xe9 \xff\n"...))
	wantCodes(t, dir, check(t, w), "flows/flows.go:7 DF-111")
}

func TestAFileOfFiftyThousandLines(t *testing.T) {
	t.Parallel()
	w, dir := workspace(t, shopModels, brokenFlow)
	file := filepath.Join(dir, "flows", "flows.go")
	var text bytes.Buffer
	text.WriteString(read(t, file))
	for i := range 12_500 {
		fmt.Fprintf(&text, "\nfunc f%d() int {\n\treturn %d\n}\n", i, i)
	}
	w.SetFile(file, text.Bytes())
	wantCodes(t, dir, check(t, w), "flows/flows.go:7 DF-111")
}

func TestAPackageOfFiveHundredFiles(t *testing.T) {
	t.Parallel()
	var more strings.Builder
	for i := range 500 {
		fmt.Fprintf(&more, "-- flows/f%d.go --\npackage flows\n\nfunc f%d() int { return f%d() }\n", i, i, (i+1)%500)
	}
	w, dir := workspace(t, shopModels, brokenFlow, more.String())
	pkgs := check(t, w)
	wantCodes(t, dir, pkgs, "flows/flows.go:7 DF-111")
	if p := w.Package(filepath.Join(dir, "flows", "f499.go")); p == nil || len(p.Files) != 501 {
		t.Errorf("the package is %v", p)
	}
}

func TestPackagesOfTheVendorFolder(t *testing.T) {
	t.Parallel()
	_, dir := workspace(t, `
-- go.mod --
module example.com/shop

go 1.26.0

require github.com/dataflow-go/dataflow v0.0.0
-- vendor/modules.txt --
# github.com/dataflow-go/dataflow v0.0.0
## explicit; go 1.26.0
github.com/dataflow-go/dataflow
-- vendor/github.com/dataflow-go/dataflow/dataflow.go --
package dataflow

type Model struct{}

type Params = map[string]any

type Workflow struct{}

func NewWorkflow(name string) *Workflow { return nil }

func (w *Workflow) AddNode(nodeType, id string, p Params) *Workflow { return w }
`, shopModels, brokenFlow)
	o := options(dir)
	o.Env = append(os.Environ(), "GOFLAGS=-mod=vendor", "GOWORK=off", "GOPROXY=off")
	w, err := analysis.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	wantCodes(t, dir, check(t, w), "flows/flows.go:7 DF-111")
}

func TestPackagesWithC(t *testing.T) {
	t.Parallel()
	w, dir := workspace(t, shopModels, brokenFlow, `
-- flows/c.go --
package flows

// int one(void) { return 1; }
import "C"

func One() int { return int(C.one()) }
`)
	// Without a C compiler the file with import "C" is left out, and only that.
	wantCodes(t, dir, check(t, w), "flows/flows.go:7 DF-111")
}

func TestAMissingModuleSilencesNothingElse(t *testing.T) {
	t.Parallel()
	w, dir := workspace(t, shopModels, brokenFlow, `
-- flows/missing.go --
package flows

import "example.org/not/there"

var _ = there.Are
`)
	pkgs := check(t, w)
	wantCodes(t, dir, pkgs, "flows/flows.go:7 DF-111")
	if p := w.Package(filepath.Join(dir, "flows", "missing.go")); p == nil || len(p.LoadErrors) == 0 {
		t.Error("nothing says what could not be read")
	}
}

func TestSeveralModulesOfAWorkspace(t *testing.T) {
	t.Parallel()
	_, dir := workspace(t, shopModels, `
-- go.work --
go 1.26.0

use .
use ./other

replace github.com/dataflow-go/dataflow => `+repo()+`
-- other/go.mod --
module example.com/other

go 1.26.0

require github.com/dataflow-go/dataflow v0.0.0
-- other/flows/flows.go --
package flows

import "github.com/dataflow-go/dataflow"

func Signup() *dataflow.Workflow {
	return dataflow.NewWorkflow("signup").AddNode("UserCreateNode", "create", dataflow.Params{"id": "1", "emial": "a@example.com"})
}
`)
	o := options(dir)
	o.Env = append(os.Environ(), "GOFLAGS=-mod=readonly", "GOWORK=", "GOPROXY=off")
	w, err := analysis.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	wantCodes(t, dir, check(t, w), "other/flows/flows.go:6 DF-111")
}

func TestAFileThatChangesWhileItIsLoaded(t *testing.T) {
	t.Parallel()
	_, dir := workspace(t, shopModels, shopFlow)
	file := filepath.Join(dir, "flows", "flows.go")
	o := options(dir)
	o.CacheDir = t.TempDir()
	o.Progress = func(string) { // the go command is being asked
		text := strings.Replace(read(t, file), `"email"`, `"emial"`, 1)
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Error(err)
		}
	}
	w, err := analysis.Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	wantCodes(t, dir, check(t, w), "flows/flows.go:7 DF-111")
}

func TestAModuleOpenedThroughALink(t *testing.T) {
	t.Parallel()
	_, dir := workspace(t, shopModels, shopFlow)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	w := open(t, link)
	file := filepath.Join(link, "flows", "flows.go")
	w.SetFile(file, []byte(strings.Replace(read(t, file), `"email"`, `"emial"`, 1)))
	pkgs, err := w.Check(context.Background(), file)
	if err != nil {
		t.Fatal(err)
	}
	wantCodes(t, link, pkgs, "flows/flows.go:7 DF-111")
}
