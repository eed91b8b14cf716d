package analysis_test

import (
	"context"
	"fmt"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/errcatalog"
)

// elsewhere are the static codes that source alone does not show.
var elsewhere = map[errcatalog.Code]string{
	errcatalog.DF302: "needs a database",
	errcatalog.DF303: "needs a database",
	errcatalog.DF309: "needs a database",
	errcatalog.DF401: "is found in dataflow.yaml",
	errcatalog.DF404: "is found in dataflow.yaml",
}

// Each code that the editor reports has an archive in testdata/codes: a package in
// which it is wanted at least twice, and not at least three times where it could be
// taken for one, each marked with `// fine: why`. Every fix is applied by itself:
// what it mends is gone, what is left is formatted and compiles. Sections fixed/FILE
// hold the files after every preferred fix. All packages are of one workspace.
func TestCodes(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/codes/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	dir := extract(t, &txtar.Archive{})
	archives := map[string]*txtar.Archive{}
	for _, path := range paths {
		ar, err := txtar.ParseFile(path)
		if err != nil {
			t.Fatal(err)
		}
		archives[path] = ar
		for _, f := range ar.Files {
			if !isGolden(f.Name) {
				write(t, filepath.Join(dir, folderOf(path), f.Name), f.Data)
			}
		}
	}
	w := open(t, dir)
	all := check(t, w)
	for _, path := range paths {
		code := errcatalog.Code(strings.TrimSuffix(filepath.Base(path), ".txtar"))
		c := &codeArchive{code: code, path: path, ar: archives[path], w: w, dir: dir, below: folderOf(path)}
		t.Run(string(code), func(t *testing.T) { c.check(t, all) })
	}
	t.Run("all are there", func(t *testing.T) {
		for _, e := range errcatalog.Entries() {
			path := "testdata/codes/" + string(e.Code) + ".txtar"
			if e.Static && elsewhere[e.Code] == "" && archives[path] == nil {
				t.Errorf("%s (%s) is reported from source and has no %s", e.Code, e.Title, path)
			}
		}
	})
}

// folderOf is the package's folder of an archive: "df101".
func folderOf(path string) string {
	name := strings.TrimSuffix(filepath.Base(path), ".txtar")
	return strings.ToLower(strings.ReplaceAll(name, "-", ""))
}

func write(t *testing.T, name string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// A codeArchive is the archive of one code, in the workspace of all.
type codeArchive struct {
	code       errcatalog.Code
	path       string
	ar         *txtar.Archive
	w          *analysis.Workspace
	dir, below string
}

func (c *codeArchive) check(t *testing.T, all []*analysis.Package) {
	pkgs := c.own(all)
	compareWants(t, filepath.Join(c.dir, c.below), c.ar, pkgs)
	found, fine, fixes := 0, 0, 0
	for _, f := range c.ar.Files {
		if !isGolden(f.Name) {
			fine += strings.Count(string(f.Data), "// fine: ")
		}
	}
	before := compile(t, c.dir, c.below, nil)
	for _, p := range pkgs {
		for _, d := range p.Diagnostics {
			checkSpans(t, d)
			for _, fix := range d.Fixes {
				c.fix(t, p, d, fix, before)
			}
			if d.Code == c.code {
				found++
				fixes += len(d.Fixes)
			}
		}
	}
	if found < 2 || fine < 3 {
		t.Errorf("%s is reported %d times and fine %d times; at least 2 and 3 are wanted", c.code, found, fine)
	}
	if e, ok := errcatalog.Lookup(c.code); !ok || e.Fix != "" && fixes == 0 {
		t.Errorf("%s has the fix %q in the catalogue, and none here", c.code, e.Fix)
	}
	golden := c.applyPreferred(t, pkgs)
	wantCompiles(t, c.dir, c.below, "the preferred fixes together", before, golden)
	sections := map[string]string{}
	for name, content := range golden {
		rel, err := filepath.Rel(filepath.Join(c.dir, c.below), name)
		if err != nil {
			t.Fatal(err)
		}
		sections["fixed/"+filepath.ToSlash(rel)] = content
	}
	compareGolden(t, c.path, c.ar, sections)
}

// own are the archive's packages. Of strict mode's findings only those of the
// archive's own code count: the others are asked for in theirs.
func (c *codeArchive) own(all []*analysis.Package) []*analysis.Package {
	var own []*analysis.Package
	for _, p := range all {
		rel, err := filepath.Rel(filepath.Join(c.dir, c.below), p.Dir)
		if err != nil || strings.HasPrefix(rel, "..") {
			continue
		}
		copied := *p
		copied.Diagnostics = slices.Clone(p.Diagnostics)
		for _, d := range p.Strict {
			if d.Code == c.code {
				copied.Diagnostics = append(copied.Diagnostics, d)
			}
		}
		own = append(own, &copied)
	}
	return own
}

// fix applies one fix of the archive as it stands, and takes it back.
func (c *codeArchive) fix(t *testing.T, p *analysis.Package, d analysis.Diagnostic, fix errcatalog.Fix, before []string) {
	t.Helper()
	what := fmt.Sprintf("%q of %s in line %d", fix.Title, d.Code, d.Span.Start.Line)
	fixed := map[string]string{}
	for _, e := range fix.Edits {
		name := e.Span.Start.Filename
		if _, done := fixed[name]; done {
			continue
		}
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		fixed[name] = apply(string(content), slices.DeleteFunc(slices.Clone(fix.Edits), func(o errcatalog.Edit) bool { return o.Span.Start.Filename != name }))
		if isFormatted(string(content)) && !isFormatted(fixed[name]) {
			t.Errorf("%s leaves what gofmt would change:\n%s", what, fixed[name])
		}
	}
	wantCompiles(t, c.dir, c.below, what, before, fixed)
	for name, content := range fixed {
		c.w.SetFile(name, []byte(content))
	}
	after := c.checked(t, d.File)
	for name := range fixed {
		c.w.ClearFile(name)
	}
	if count(after, d) >= count([]*analysis.Package{p}, d) {
		t.Errorf("%s did not mend it: %s\n%s", what, d.Message, fixed[d.File])
	}
}

// checked are the archive's packages as they stand now.
func (c *codeArchive) checked(t *testing.T, file string) []*analysis.Package {
	t.Helper()
	pkgs, err := c.w.Check(context.Background(), file)
	if err != nil {
		t.Fatal(err)
	}
	return c.own(pkgs)
}

// count is how often a mistake is reported in a file.
func count(pkgs []*analysis.Package, d analysis.Diagnostic) int {
	n := 0
	for _, p := range pkgs {
		for _, o := range p.Diagnostics {
			if o.Code == d.Code && o.Message == d.Message && o.File == d.File {
				n++
			}
		}
	}
	return n
}

// applyPreferred applies one preferred fix after the other until none is left, and
// takes all of them back.
func (c *codeArchive) applyPreferred(t *testing.T, pkgs []*analysis.Package) map[string]string {
	t.Helper()
	fixed := map[string]string{}
	defer func() {
		for name := range fixed {
			c.w.ClearFile(name)
		}
		c.checked(t, pkgs[0].Files[0])
	}()
	for range 100 {
		d, fix := firstFix(pkgs)
		if d == nil {
			return fixed
		}
		content, ok := fixed[d.File]
		if !ok {
			b, err := os.ReadFile(d.File)
			if err != nil {
				t.Fatal(err)
			}
			content = string(b)
		}
		content = apply(content, fix.Edits)
		if _, err := parser.ParseFile(token.NewFileSet(), d.File, content, parser.SkipObjectResolution); err != nil {
			t.Fatalf("%q of %s leaves what does not parse: %v\n%s", fix.Title, d.Code, err, content)
		}
		fixed[d.File] = content
		c.w.SetFile(d.File, []byte(content))
		pkgs = c.checked(t, d.File)
	}
	t.Fatalf("fixes never end: %v", fixed)
	return nil
}
