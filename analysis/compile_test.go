package analysis_test

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/tools/go/gcexportdata"
	"golang.org/x/tools/go/packages"
)

// exports are the export files of this module's packages and all that they import,
// by import path.
var exports = sync.OnceValues(func() (map[string]string, error) {
	loaded, err := packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedImports | packages.NeedDeps | packages.NeedExportFile, Dir: repo(),
	}, ".", "./engine", "testing", "maps", "log", "embed", "github.com/google/uuid", "github.com/shopspring/decimal")
	if err != nil {
		return nil, err
	}
	files := map[string]string{}
	packages.Visit(loaded, nil, func(p *packages.Package) { files[p.PkgPath] = p.ExportFile })
	return files, nil
})

// imported are the packages that were read from export files, for all compilers.
var imported struct {
	sync.Mutex
	fset     *token.FileSet            // guarded by the mutex
	packages map[string]*types.Package // guarded by the mutex
}

// A compiler type-checks the packages of a test's module from source, against the
// real packages that they import.
type compiler struct {
	dir     string
	overlay map[string]string
	fset    *token.FileSet
	own     map[string]*types.Package // from source
	errs    []string
}

// compile returns what the compiler says of the packages below a folder, with the
// overlay in place of files.
func compile(tb testing.TB, dir, below string, overlay map[string]string) []string {
	tb.Helper()
	c := &compiler{dir: dir, overlay: overlay, fset: token.NewFileSet(), own: map[string]*types.Package{}}
	err := filepath.WalkDir(filepath.Join(dir, below), func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			c.folder(path, false)
			c.folder(path, true)
		}
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return c.errs
}

// folder checks the package in a folder with its own tests, or its external tests.
func (c *compiler) folder(dir string, external bool) *types.Package {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	var files []*ast.File
	for _, e := range entries {
		if filepath.Ext(e.Name()) != ".go" {
			continue
		}
		if match, err := build.Default.MatchFile(dir, e.Name()); err != nil || !match {
			continue
		}
		name := filepath.Join(dir, e.Name())
		var src any
		if content, ok := c.overlay[name]; ok {
			src = content
		}
		f, err := parser.ParseFile(c.fset, name, src, parser.SkipObjectResolution)
		if err != nil {
			c.errs = append(c.errs, err.Error())
		}
		if f != nil && strings.HasSuffix(f.Name.Name, "_test") == external {
			files = append(files, f)
		}
	}
	if len(files) == 0 {
		return nil
	}
	conf := types.Config{Importer: c, Error: func(err error) {
		text := err.Error()
		if te, ok := err.(types.Error); ok { //nolint:errorlint // go/types hands it over as it is
			text = fmt.Sprintf("%s: %s", filepath.Base(c.fset.Position(te.Pos).Filename), te.Msg) // lines move
		}
		c.errs = append(c.errs, text)
	}}
	rel, _ := filepath.Rel(c.dir, dir)
	pkg, _ := conf.Check("example.com/shop/"+filepath.ToSlash(rel), c.fset, files, nil) // Error has them all
	return pkg
}

// Import finds a package of the module in source, any other in its export file.
func (c *compiler) Import(path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	if rel, ok := strings.CutPrefix(path, "example.com/shop"); ok {
		if p := c.own[path]; p != nil {
			return p, nil
		}
		before := c.errs
		p := c.folder(filepath.Join(c.dir, filepath.FromSlash(rel)), false)
		c.errs = before // it has its own turn
		if p == nil {
			return nil, fmt.Errorf("no package %s", path)
		}
		c.own[path] = p
		return p, nil
	}
	files, err := exports()
	if err != nil {
		return nil, err
	}
	if files[path] == "" {
		return nil, fmt.Errorf("no package %s", path)
	}
	imported.Lock()
	defer imported.Unlock()
	if imported.packages == nil {
		imported.fset, imported.packages = token.NewFileSet(), map[string]*types.Package{}
	}
	if p := imported.packages[path]; p != nil && p.Complete() {
		return p, nil
	}
	r, err := os.Open(files[path])
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, err := gcexportdata.NewReader(r) //nolint:staticcheck // the go command still writes archives
	if err != nil {
		return nil, err
	}
	return gcexportdata.Read(data, imported.fset, imported.packages, path)
}

// wantCompiles asserts that fixes leave nothing that the compiler refuses and did
// not refuse before.
func wantCompiles(t *testing.T, dir, below, what string, before []string, fixed map[string]string) {
	t.Helper()
	for _, err := range compile(t, dir, below, fixed) {
		if !slices.Contains(before, err) {
			t.Errorf("%s leaves what does not compile: %s", what, err)
		}
	}
}
