package analysis_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
)

var update = flag.Bool("update", false, "write what the tests get into the archives")

// TestArchives checks the workspaces in testdata. `// want "DF-101: regexp"` on a
// line expects a diagnostic that starts there; nothing else may be reported. A
// section graph.txt holds the graphs as they are read. Sections fixed/FILE hold the
// files after every preferred fix.
func TestArchives(t *testing.T) {
	t.Parallel()
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, archive := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(archive), ".txtar"), func(t *testing.T) {
			t.Parallel()
			checkArchive(t, archive)
		})
	}
}

func checkArchive(t *testing.T, path string) {
	ar, err := txtar.ParseFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dir := extract(t, ar)
	w := open(t, dir)
	pkgs := check(t, w)
	compareWants(t, dir, ar, pkgs)
	for _, p := range pkgs {
		for _, d := range p.Diagnostics {
			checkSpans(t, d)
		}
	}
	golden := map[string]string{}
	if section(ar, "graph.txt") != nil {
		golden["graph.txt"] = dump(dir, pkgs)
	}
	before := compile(t, dir, "", nil)
	fixed := applyAll(t, w, pkgs)
	wantCompiles(t, dir, "", "the preferred fixes together", before, fixed)
	for name, content := range fixed {
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			t.Fatal(err)
		}
		golden["fixed/"+filepath.ToSlash(rel)] = content
	}
	compareGolden(t, path, ar, golden)
}

func section(ar *txtar.Archive, name string) *txtar.File {
	for i := range ar.Files {
		if ar.Files[i].Name == name {
			return &ar.Files[i]
		}
	}
	return nil
}

func isGolden(name string) bool { return name == "graph.txt" || strings.HasPrefix(name, "fixed/") }

func compareGolden(t *testing.T, path string, ar *txtar.Archive, golden map[string]string) {
	t.Helper()
	if *update {
		ar.Files = slices.DeleteFunc(ar.Files, func(f txtar.File) bool { return isGolden(f.Name) })
		names := make([]string, 0, len(golden))
		for name := range golden {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			ar.Files = append(ar.Files, txtar.File{Name: name, Data: []byte(golden[name])})
		}
		if err := os.WriteFile(path, txtar.Format(ar), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want := map[string]string{}
	for _, f := range ar.Files {
		if isGolden(f.Name) {
			want[f.Name] = string(f.Data)
		}
	}
	if diff := cmp.Diff(want, golden); diff != "" {
		t.Errorf("golden sections differ (-want +got; -update writes them):\n%s", diff)
	}
}

var (
	wantComment = regexp.MustCompile(`// want ((?:"(?:[^"\\]|\\.)*"\s*|` + "`[^`]*`" + `\s*)+)`)
	wantItem    = regexp.MustCompile(`"((?:[^"\\]|\\.)*)"|` + "`([^`]*)`")
)

// compareWants matches diagnostics with the comments that expect them.
func compareWants(t *testing.T, dir string, ar *txtar.Archive, pkgs []*analysis.Package) {
	t.Helper()
	wants := map[string][]string{}
	for _, f := range ar.Files {
		if isGolden(f.Name) {
			continue
		}
		for i, line := range strings.Split(string(f.Data), "\n") {
			if m := wantComment.FindStringSubmatch(line); m != nil {
				for _, item := range wantItem.FindAllStringSubmatch(m[1], -1) {
					key := fmt.Sprintf("%s:%d", f.Name, i+1)
					wants[key] = append(wants[key], strings.ReplaceAll(item[1], `\"`, `"`)+item[2])
				}
			}
		}
	}
	for _, p := range pkgs {
		for _, d := range p.Diagnostics {
			rel, _ := filepath.Rel(dir, d.File)
			key := fmt.Sprintf("%s:%d", filepath.ToSlash(rel), d.Span.Start.Line)
			text := fmt.Sprintf("%s: %s", d.Code, d.Message)
			i := slices.IndexFunc(wants[key], func(want string) bool { return regexp.MustCompile(want).MatchString(text) })
			if i < 0 {
				t.Errorf("%s:%d: unexpected %s", key, d.Span.Start.Column, text)
				continue
			}
			wants[key] = slices.Delete(wants[key], i, i+1)
		}
	}
	for key, rest := range wants {
		for _, want := range rest {
			t.Errorf("%s: no diagnostic matches %q", key, want)
		}
	}
}

// checkSpans asserts that every span of a diagnostic lies inside its file.
func checkSpans(t *testing.T, d analysis.Diagnostic) {
	t.Helper()
	content, err := os.ReadFile(d.File)
	if err != nil {
		t.Error(err)
		return
	}
	checkSpansIn(t, d, len(content))
}

func checkSpansIn(t *testing.T, d analysis.Diagnostic, size int) {
	t.Helper()
	spans := []errcatalog.Span{d.Span}
	for _, f := range d.Fixes {
		for i, e := range f.Edits {
			if e.Span.Start.Filename == d.File {
				spans = append(spans, e.Span)
			}
			for _, o := range f.Edits[:i] {
				if o.Span.Start.Filename == e.Span.Start.Filename && o.Span.Start.Offset < e.Span.End.Offset && e.Span.Start.Offset < o.Span.End.Offset {
					t.Errorf("%s %q: the edits %v and %v overlap", d.Code, f.Title, o.Span, e.Span)
				}
			}
		}
	}
	for _, s := range spans {
		if !s.IsValid() || !s.End.IsValid() || s.Start.Offset < 0 || s.Start.Offset > s.End.Offset || s.End.Offset > size {
			t.Errorf("%s %s: the span %v lies outside the file", d.Code, d.Message, s)
		}
	}
}

// applyAll applies the preferred fix of one diagnostic after the other until none
// is left. Each must make its diagnostic go, and leave formatted Go.
func applyAll(t *testing.T, w *analysis.Workspace, pkgs []*analysis.Package) map[string]string {
	t.Helper()
	fixed := map[string]string{}
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
		formatted := isFormatted(content)
		content = apply(content, fix.Edits)
		if _, err := parser.ParseFile(token.NewFileSet(), d.File, content, parser.SkipObjectResolution); err != nil {
			t.Fatalf("%q of %s leaves what does not parse: %v\n%s", fix.Title, d.Code, err, content)
		}
		if formatted && !isFormatted(content) {
			t.Errorf("%q of %s leaves what gofmt would change:\n%s", fix.Title, d.Code, content)
		}
		fixed[d.File] = content
		w.SetFile(d.File, []byte(content))
		pkgs = check(t, w)
		for _, p := range pkgs {
			for _, left := range p.Diagnostics {
				if left.Code == d.Code && left.Message == d.Message && left.Span.Start.Line == d.Span.Start.Line {
					t.Fatalf("%q did not mend %s: %s\n%s", fix.Title, d.Code, d.Message, content)
				}
			}
		}
	}
	t.Fatal("fixes never end")
	return nil
}

func firstFix(pkgs []*analysis.Package) (*analysis.Diagnostic, *errcatalog.Fix) {
	for _, p := range pkgs {
		for i := range p.Diagnostics {
			for j := range p.Diagnostics[i].Fixes {
				if f := &p.Diagnostics[i].Fixes[j]; f.Preferred {
					return &p.Diagnostics[i], f
				}
			}
		}
	}
	return nil, nil
}

func isFormatted(src string) bool {
	out, err := format.Source([]byte(src))
	return err == nil && bytes.Equal(out, []byte(src))
}

func apply(content string, edits []errcatalog.Edit) string {
	edits = slices.Clone(edits)
	slices.SortStableFunc(edits, func(a, b errcatalog.Edit) int { return b.Span.Start.Offset - a.Span.Start.Offset })
	for _, e := range edits {
		content = content[:e.Span.Start.Offset] + e.New + content[e.Span.End.Offset:]
	}
	return content
}

// dump writes the workflows of all packages as text.
func dump(dir string, pkgs []*analysis.Package) string {
	var b strings.Builder
	for _, p := range pkgs {
		for _, wf := range p.Workflows {
			g := wf.Graph
			fmt.Fprintf(&b, "workflow %q in %s", g.Name, wf.Func)
			if g.Open {
				b.WriteString(" (open)")
			}
			b.WriteByte('\n')
			for i := range g.Nodes {
				n := &g.Nodes[i]
				tx := ""
				if n.Tx != "" {
					tx = " in " + n.Tx
				}
				fmt.Fprintf(&b, "  node %s %s%s %s\n", dumpText(n.ID), dumpText(n.Type), tx, dumpValue(&n.Params))
			}
			for _, c := range g.Connections {
				fmt.Fprintf(&b, "  %s.%s -> %s.%s\n", dumpText(c.From), dumpText(c.Output), dumpText(c.To), dumpText(c.Input))
			}
			for _, d := range g.Dependencies {
				fmt.Fprintf(&b, "  %s before %s\n", dumpText(d.Before), dumpText(d.After))
			}
			for _, tx := range g.Transactions {
				fmt.Fprintf(&b, "  transaction %s in %q\n", dumpText(tx.ID), tx.Parent)
			}
			if e, ok := wf.Runnable.(*errcatalog.Error); ok { //nolint:errorlint // Runnable is never wrapped
				fmt.Fprintf(&b, "  not runnable: %s\n", strings.ReplaceAll(e.Message, dir+"/", ""))
			}
		}
	}
	return b.String()
}

func dumpText(t graph.Text) string {
	if !t.Known {
		return "?"
	}
	return t.S
}

func dumpValue(v *graph.Value) string {
	partial := ""
	if v.Partial {
		partial = ", …"
	}
	switch v.State {
	case graph.StateTyped:
		return "<" + v.Type.String() + ">"
	case graph.StateKnown:
		untyped := ""
		if v.Untyped {
			untyped = "~"
		}
		if v.V == nil {
			return "nil"
		}
		return fmt.Sprintf("%s%T(%v)", untyped, v.V, v.V)
	case graph.StateInput:
		def := ""
		if v.Input.Default != nil {
			def = " or " + dumpValue(v.Input.Default)
		}
		return "input " + v.Input.Name + def
	case graph.StateMap:
		var parts []string
		for i := range v.Entries {
			parts = append(parts, v.Entries[i].Key+": "+dumpValue(&v.Entries[i].Value))
		}
		return "{" + strings.Join(parts, ", ") + partial + "}"
	case graph.StateList:
		var parts []string
		for i := range v.Items {
			parts = append(parts, dumpValue(&v.Items[i]))
		}
		return "[" + strings.Join(parts, ", ") + partial + "]"
	}
	return "?"
}

// repo is the root of this repository.
func repo() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(filepath.Dir(file))
}

// extract writes an archive to a folder that is a module using this repository.
func extract(tb testing.TB, ar *txtar.Archive) string {
	tb.Helper()
	dir, err := filepath.EvalSymlinks(tb.TempDir())
	if err != nil {
		tb.Fatal(err)
	}
	if section(ar, "go.mod") == nil {
		if err := writeModule(dir); err != nil {
			tb.Fatal(err)
		}
	}
	for _, f := range ar.Files {
		if isGolden(f.Name) {
			continue
		}
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			tb.Fatal(err)
		}
		if err := os.WriteFile(name, f.Data, 0o644); err != nil {
			tb.Fatal(err)
		}
	}
	return dir
}

// writeModule makes dir a module that requires this repository, with what that
// requires in turn.
func writeModule(dir string) error {
	mod, err := os.ReadFile(filepath.Join(repo(), "go.mod"))
	if err != nil {
		return err
	}
	text := strings.Replace(string(mod), "module github.com/dataflow-go/dataflow", "module example.com/shop", 1)
	text += fmt.Sprintf("\nrequire github.com/dataflow-go/dataflow v0.0.0\n\nreplace github.com/dataflow-go/dataflow => %s\n", repo())
	sum, err := os.ReadFile(filepath.Join(repo(), "go.sum"))
	if err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(dir, "go.mod"), []byte(text), 0o644),
		os.WriteFile(filepath.Join(dir, "go.sum"), sum, 0o644),
	)
}

func options(dir string) analysis.Options {
	return analysis.Options{Dir: dir, Env: append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off", "GOPROXY=off")}
}

func open(tb testing.TB, dir string) *analysis.Workspace {
	tb.Helper()
	w, err := analysis.Open(context.Background(), options(dir))
	if err != nil {
		tb.Fatal(err)
	}
	return w
}

// check analyses all packages.
func check(tb testing.TB, w *analysis.Workspace) []*analysis.Package {
	tb.Helper()
	pkgs, err := w.Check(context.Background())
	if err != nil {
		tb.Fatal(err)
	}
	return pkgs
}
