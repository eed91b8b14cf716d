package errcatalog_test

import (
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/dataflow-go/dataflow/errcatalog"
	"golang.org/x/tools/go/packages"
)

// packagesOf are what snippets may use, by the name that they use it under.
var packagesOf = map[string]string{
	"context": "context", "errors": "errors", "fmt": "fmt", "filepath": "path/filepath", "http": "net/http",
	"json": "encoding/json", "log": "log", "math": "math", "os": "os", "slices": "slices", "slog": "log/slog",
	"strconv": "strconv", "strings": "strings", "sync": "sync", "testing": "testing", "time": "time", "url": "net/url",
	"uuid": "github.com/google/uuid", "decimal": "github.com/shopspring/decimal",
	"dataflow":   "github.com/dataflow-go/dataflow",
	"engine":     "github.com/dataflow-go/dataflow/engine",
	"errcatalog": "github.com/dataflow-go/dataflow/errcatalog",
}

// preludeModels are the models that statements may name.
var preludeModels = []string{"User", "Order", "OrderItem", "Product", "Invoice"}

// isGo tells Go from shell and YAML.
func isGo(code string) bool {
	return code != "" && !strings.HasPrefix(code, "$ ") && !strings.HasPrefix(code, "# dataflow.yaml")
}

// asFile makes a whole file of a snippet: declarations as they are, statements
// as the body of a function that has wf, db and ctx.
func asFile(fset *token.FileSet, code string) (*ast.File, error) {
	if f, err := parser.ParseFile(fset, "snippet.go", "package p\n"+code, 0); err == nil {
		return f, nil
	}
	return parser.ParseFile(fset, "snippet.go", "package p\nfunc _(ctx context.Context, wf *dataflow.Workflow, db *engine.Engine) error {\n"+code+"\nreturn nil\n}\n", 0)
}

// eachSnippet calls f with every Go snippet of the catalogue, filled with each
// set of details that makes sense.
func eachSnippet(f func(name, code string)) {
	for _, e := range errcatalog.Entries() {
		for set, d := range detailSets(e) {
			if set == "hostile" {
				continue
			}
			for i, s := range page(e.Code, d).Solutions {
				if isGo(s.Code) {
					f(fmt.Sprintf("%s, solution %d, %s details", e.Code, i+1, set), s.Code)
				}
			}
		}
	}
}

func TestSnippetsParse(t *testing.T) {
	t.Parallel()
	eachSnippet(func(name, code string) {
		if _, err := asFile(token.NewFileSet(), code); err != nil {
			t.Errorf("%s: %v\n%s", name, err, code)
			return
		}
		formatted, err := format.Source([]byte(code))
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, code)
		} else if unaligned(string(formatted)) != unaligned(code) {
			t.Errorf("%s is not formatted:\n%s\nwant:\n%s", name, code, formatted)
		}
	})
}

// unaligned drops what depends on the length of names.
func unaligned(code string) string { return regexp.MustCompile(` +`).ReplaceAllString(code, " ") }

// importsOf lists the packages that the file uses.
func importsOf(f *ast.File) []string {
	paths := map[string]bool{}
	declared := map[string]bool{}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, l := range n.Lhs {
				if id, ok := l.(*ast.Ident); ok && n.Tok == token.DEFINE {
					declared[id.Name] = true
				}
			}
		case *ast.SelectorExpr:
			if id, ok := n.X.(*ast.Ident); ok && !declared[id.Name] {
				if path, ok := packagesOf[id.Name]; ok {
					paths[path] = true
				}
			}
		}
		return true
	})
	return slices.Sorted(maps.Keys(paths))
}

// preludeFor declares the models that f names and does not declare itself.
func preludeFor(f *ast.File) string {
	own := map[string]bool{}
	for _, d := range f.Decls {
		if g, ok := d.(*ast.GenDecl); ok {
			for _, s := range g.Specs {
				if t, ok := s.(*ast.TypeSpec); ok {
					own[t.Name.Name] = true
				}
			}
		}
	}
	var b strings.Builder
	b.WriteString("package p\nimport \"github.com/dataflow-go/dataflow\"\n")
	for _, m := range preludeModels {
		if !own[m] {
			fmt.Fprintf(&b, "type %s struct { dataflow.Model; ID string; Name string; Email string }\n", m)
		}
	}
	b.WriteString("var _ dataflow.Params\n")
	return b.String()
}

type importMap map[string]*types.Package

func (m importMap) Import(path string) (*types.Package, error) {
	if p, ok := m[path]; ok {
		return p, nil
	}
	return nil, fmt.Errorf("snippets cannot import %s", path)
}

func TestSnippetsCompile(t *testing.T) {
	t.Parallel()
	loaded, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedTypes | packages.NeedExportFile | packages.NeedImports | packages.NeedDeps,
	}, slices.Sorted(maps.Values(packagesOf))...)
	if err != nil {
		t.Fatal(err)
	}
	imports := importMap{}
	for _, p := range loaded {
		for _, e := range p.Errors {
			t.Fatalf("%s: %v", p.PkgPath, e)
		}
		imports[p.PkgPath] = p.Types
	}
	eachSnippet(func(name, code string) {
		fset := token.NewFileSet()
		f, err := asFile(fset, code)
		if err != nil {
			return // TestSnippetsParse says so
		}
		var withImports strings.Builder
		withImports.WriteString("package p\n")
		for _, path := range importsOf(f) {
			fmt.Fprintf(&withImports, "import %q\n", path)
		}
		if err := format.Node(&withImports, fset, f.Decls); err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		var files []*ast.File
		for file, src := range map[string]string{"snippet.go": withImports.String(), "prelude.go": preludeFor(f)} {
			parsed, err := parser.ParseFile(fset, file, src, 0)
			if err != nil {
				t.Errorf("%s: %v\n%s", name, err, src)
				return
			}
			files = append(files, parsed)
		}
		if _, err := (&types.Config{Importer: imports}).Check("p", fset, files, nil); err != nil {
			t.Errorf("%s: %v\n%s", name, err, code)
		}
	})
}
