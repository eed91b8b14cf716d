// Package twin writes Go modules of a given size that read like real ones: plain
// code with types, loops and calls, models, and functions that build workflows. The
// benchmarks of package analysis and internal/lspbench measure on them.
//
// What it writes is the same each time, compiles, and has no findings.
package twin

import (
	"bytes"
	"fmt"
	"go/format"
	"os"
	"path/filepath"
	"strings"
)

// Module is the module path of each workspace.
const Module = "example.com/twin"

// A Workspace is a module on disk, and the places in it that are edited to measure.
type Workspace struct {
	Dir string
	// Flow is a file that builds workflows with the params of ModelFile's model.
	// Each of its marks stands in it once.
	Flow string
	// ModelFile, in another package, declares the model that Flow's nodes mean.
	ModelFile string
	Packages  int
	Lines     int
}

// Marks of a Workspace: text that stands once in its file.
const (
	ParamMark = `"email": dataflow.Input("edited")` // in Flow
	FieldMark = "Email string `df:\",unique\"`"     // in ModelFile, of the model that Flow uses most
)

// Small writes a module of ten files in two packages.
func Small(dir, repo string) (*Workspace, error) {
	w := newWriter(dir)
	w.models("models", 5, true)
	for i := range 9 {
		w.flows("flows", fmt.Sprintf("flow%d.go", i), i, 2, 2, i == 3)
	}
	w.packages = 2
	return w.finish(repo, "flows/flow3.go", "models/models.go")
}

// Large writes a module around one package of 53 files and 24,000 lines, as gopls
// has in its internal/golang: eight of its files build workflows, six each.
func Large(dir, repo string) (*Workspace, error) {
	w := newWriter(dir)
	w.models("models", 20, true)
	for i := range 45 {
		w.plain("golang", fmt.Sprintf("file%02d.go", i), i, 7, nil)
	}
	for i := range 8 {
		w.flows("golang", fmt.Sprintf("flow%d.go", i), i, 6, 4, i == 3)
	}
	w.packages = 2
	return w.finish(repo, "golang/flow3.go", "models/models.go")
}

// Huge writes a module of 1,000 packages and 300,000 lines. One package in fifty
// declares models, one in five builds workflows.
func Huge(dir, repo string) (*Workspace, error) { return huge(dir, repo, 1000) }

// Medium is Huge with a tenth of the packages.
func Medium(dir, repo string) (*Workspace, error) { return huge(dir, repo, 100) }

func huge(dir, repo string, packages int) (*Workspace, error) {
	w := newWriter(dir)
	w.packages = packages
	for i := range packages {
		name := fmt.Sprintf("p%03d", i)
		var uses []int
		for _, back := range []int{1 + i%7, 11 + i%13, 37} {
			if j := i - back; j >= 0 && j%50 != 0 {
				uses = append(uses, j)
			}
		}
		switch {
		case i%50 == 0:
			w.models(name, 5, i == 0)
		case i%5 == 1:
			w.flows(name, "flows.go", i, 3, 1, i == packages/2+1)
			w.plain(name, "plain.go", i, 2, uses)
		default:
			w.plain(name, "a.go", i, 3, uses)
			w.plain(name, "b.go", 1000+i, 2, nil)
		}
	}
	return w.finish(repo, fmt.Sprintf("p%03d/flows.go", packages/2+1), "p000/models.go")
}

// A writer keeps the first error, so that a generator reads as what it writes.
type writer struct {
	dir             string
	modelsIn        string // the package whose models all flows mean
	packages, lines int
	err             error
}

func newWriter(dir string) *writer { return &writer{dir: dir} }

func (w *writer) write(name, text string) {
	src, err := format.Source([]byte(text))
	if err != nil && w.err == nil {
		w.err = fmt.Errorf("%s: %w\n%s", name, err, text)
	}
	w.lines += bytes.Count(src, []byte("\n"))
	w.raw(name, src)
}

func (w *writer) raw(name string, text []byte) {
	if w.err != nil {
		return
	}
	path := filepath.Join(w.dir, filepath.FromSlash(name))
	if w.err = os.MkdirAll(filepath.Dir(path), 0o755); w.err == nil {
		w.err = os.WriteFile(path, text, 0o644)
	}
}

// finish adds a go.mod that requires this repository, and what that requires in turn.
func (w *writer) finish(repo, flow, model string) (*Workspace, error) {
	mod, err := os.ReadFile(filepath.Join(repo, "go.mod"))
	if err != nil {
		return nil, err
	}
	sum, err := os.ReadFile(filepath.Join(repo, "go.sum"))
	if err != nil {
		return nil, err
	}
	text := strings.Replace(string(mod), "module github.com/dataflow-go/dataflow", "module "+Module, 1)
	text += fmt.Sprintf("\nrequire github.com/dataflow-go/dataflow v0.0.0\n\nreplace github.com/dataflow-go/dataflow => %s\n", repo)
	w.raw("go.mod", []byte(text))
	w.raw("go.sum", sum)
	return &Workspace{
		Dir: w.dir, Flow: filepath.Join(w.dir, filepath.FromSlash(flow)), ModelFile: filepath.Join(w.dir, filepath.FromSlash(model)),
		Packages: w.packages, Lines: w.lines,
	}, w.err
}
