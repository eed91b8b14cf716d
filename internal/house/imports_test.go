package house_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/dataflow-go/dataflow"

// mayImport is the table of who imports whom, top to bottom as data runs. A folder
// stands for the packages below it too. "dataflow" is the root package. Adding a
// package means adding a line; adding an edge that goes up means thinking again.
var mayImport = []struct {
	folder  string
	imports []string
}{
	{"errcatalog", nil},
	{"model", []string{"errcatalog"}},
	{"internal/expression", nil},
	{"internal/dsn", []string{"errcatalog"}},
	{"graph", []string{"errcatalog", "model", "internal/expression"}},
	{"dataflow", []string{"errcatalog", "model", "graph"}},
	{"engine", []string{"errcatalog", "model", "graph", "dataflow", "internal/expression", "internal/dsn"}},
	{"inspector", []string{"errcatalog", "model", "graph"}},
	{"analysis", []string{"errcatalog", "model", "graph", "internal/dsn"}},
	{"internal/version", nil},
	{"internal/config", []string{"errcatalog"}},
	{"internal/devrun", []string{"errcatalog", "model", "graph", "engine", "analysis", "internal/config"}},
	{"internal/drift", []string{"errcatalog", "model", "engine", "analysis", "internal/config", "internal/devrun"}},
	{"lsp", []string{"errcatalog", "model", "graph", "engine", "inspector", "analysis", "internal/version", "internal/config", "internal/devrun", "internal/drift"}},
	{"cmd/dataflow", []string{"errcatalog", "model", "graph", "dataflow", "engine", "inspector", "analysis", "internal/version", "internal/config", "internal/devrun", "internal/drift"}},
	{"cmd/dataflow-vet", []string{"analysis"}},
	{"cmd/dataflow-lsp", []string{"internal/version", "lsp", "analysis"}},
	{"internal/demo", nil},
	{"internal/twin", nil},
	{"internal/lspbench", []string{"internal/twin"}},
	{"internal/testdb", nil},                                         // for tests, which the table does not see
	{"internal/graphtext", []string{"errcatalog", "model", "graph"}}, // for tests, too
	{"internal/lspmeta", nil},                                        // for tests, too
	{"internal/docgen", nil},                                         // for tests, too
	{"internal/house", nil},
	{"examples", []string{"dataflow", "engine", "errcatalog", "inspector"}},
}

// owners says which folders alone may import a dependency that is heavy, or that is
// better known to one package only.
var owners = map[string][]string{
	"modernc.org/":                        {"engine"},
	"github.com/jackc/pgx/":               {"engine", "internal/testdb"},
	"go.lsp.dev/":                         {"lsp"},
	"golang.org/x/tools/":                 {"analysis", "cmd/dataflow-vet"},
	"github.com/spf13/cobra":              {"cmd/dataflow"},
	"github.com/expr-lang/expr":           {"internal/expression"},
	"github.com/go-playground/validator/": {"model"},
	"github.com/jinzhu/inflection":        {"model"},
}

type pkg struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

// list asks the go command for all packages of the module, without their tests.
func list(t *testing.T) []pkg {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Imports,Deps", module+"/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var packages []pkg
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			if len(packages) == 0 {
				t.Fatal("go list names no package: the tests here would see nothing")
			}
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

// folder is a package's place in the module; the root is "dataflow".
func folder(path string) (string, bool) {
	if path == module {
		return "dataflow", true
	}
	return strings.CutPrefix(path, module+"/")
}

// within reports whether a package stands in a folder or below it.
func within(place, folder string) bool {
	return place == folder || strings.HasPrefix(place, folder+"/")
}

func TestImportsRunDownward(t *testing.T) {
	t.Parallel()
	for _, p := range list(t) {
		place, _ := folder(p.ImportPath)
		rule := -1
		for i, r := range mayImport {
			if within(place, r.folder) {
				rule = i
			}
		}
		if rule < 0 {
			t.Errorf("package %s is not in the table of imports: add it to mayImport in this file, below all that it imports", place)
			continue
		}
		for _, imported := range p.Imports {
			other, ours := folder(imported)
			if !ours || within(other, mayImport[rule].folder) {
				continue
			}
			allowed := slices.ContainsFunc(mayImport[rule].imports, func(f string) bool { return within(other, f) })
			if !allowed {
				t.Errorf("%s imports %s. It may import %s: move the code down, or pass what it needs as a value",
					place, other, orNothing(mayImport[rule].imports))
			}
		}
	}
}

// The table itself must not have an edge that goes up.
func TestTableRunsDownward(t *testing.T) {
	t.Parallel()
	var above []string
	for _, r := range mayImport {
		for _, f := range r.imports {
			if !slices.Contains(above, f) {
				t.Errorf("%s may import %s, which does not stand above it in the table", r.folder, f)
			}
		}
		above = append(above, r.folder)
	}
}

func TestDependenciesHaveOneOwner(t *testing.T) {
	t.Parallel()
	for _, p := range list(t) {
		place, _ := folder(p.ImportPath)
		for _, imported := range p.Imports {
			for prefix, folders := range owners {
				owned := slices.ContainsFunc(folders, func(f string) bool { return within(place, f) })
				if strings.HasPrefix(imported, prefix) && !owned {
					t.Errorf("%s imports %s, which belongs to %s alone", place, imported, strings.Join(folders, ", "))
				}
			}
		}
	}
}

// A program that describes or checks workflows links no database driver.
func TestDescribingLinksNoDriver(t *testing.T) {
	t.Parallel()
	for _, p := range list(t) {
		place, _ := folder(p.ImportPath)
		if !slices.Contains([]string{"dataflow", "graph", "model", "errcatalog", "inspector", "analysis"}, place) {
			continue
		}
		for _, dep := range p.Deps {
			if strings.HasPrefix(dep, "modernc.org/") || strings.HasPrefix(dep, "github.com/jackc/") || dep == module+"/engine" {
				t.Errorf("%s links %s: a program that only describes workflows would carry a database driver", place, dep)
			}
		}
	}
}

func orNothing(folders []string) string {
	if len(folders) == 0 {
		return "nothing of this project"
	}
	return strings.Join(folders, ", ")
}
