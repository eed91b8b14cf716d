package analysis_test

import (
	"context"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// FuzzSource checks any text in the place of a file with builder calls: nothing
// panics, every span lies inside the file, and every fix can be applied.
func FuzzSource(f *testing.F) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	codes, err := filepath.Glob("testdata/codes/*.txtar")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range slices.Concat(archives, codes) {
		ar, err := txtar.ParseFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range ar.Files {
			if filepath.Ext(file.Name) == ".go" && !isGolden(file.Name) {
				f.Add(file.Data)
				f.Add(file.Data[:len(file.Data)*2/3])
				f.Add(file.Data[len(file.Data)/3:])
			}
		}
	}
	for _, text := range []string{
		"", "package", "package p\nimport", "package p\nvar x = `", "package p\nfunc f() { dataflow.NewWorkflow(",
		"package p\n\nimport \"github.com/dataflow-go/dataflow\"\n\nfunc f() {\n\twf := dataflow.NewWorkflow(\"x\"\n\twf.AddNode(\"User",
		"package p\n\nimport . \"github.com/dataflow-go/dataflow\"\n\nvar W = NewWorkflow(\"x\").AddNode(\"UserCreateNode\", \"a\", Params{\"a\":})",
		"package p\r\n\r\nimport df \"github.com/dataflow-go/dataflow\"\r\n\r\nvar W = df.NewWorkflow(\"x\").AddNode(\"UserCreateNode\", \"a\", nil)\r\n",
		"//line other.go:7\npackage p\n\nimport df \"github.com/dataflow-go/dataflow\"\n\nvar W = df.NewWorkflow(\"x\").AddNode(\"UserCreateNode\", \"\\u00e9\", df.Params{\"\\x65mail\": \"\\u00e9\"})\n",
	} {
		f.Add([]byte(text))
	}
	ar := txtar.Parse([]byte(shopModels + "\n-- flows/flows.go --\npackage flows\n\nimport (\n\t_ \"github.com/dataflow-go/dataflow\"\n\t_ \"github.com/dataflow-go/dataflow/engine\"\n)\n"))
	dir := extract(f, ar)
	w := open(f, dir)
	file := filepath.Join(dir, "flows", "flows.go")
	f.Fuzz(func(t *testing.T, src []byte) {
		w.SetFile(file, src)
		pkgs, err := w.Check(context.Background(), file)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range pkgs {
			for _, d := range slices.Concat(p.Diagnostics, p.Strict) {
				if d.File != file {
					continue
				}
				if ignore, ok := p.IgnoreFix(d); ok {
					d.Fixes = append(slices.Clip(d.Fixes), ignore)
				}
				checkSpansIn(t, d, len(src))
				for _, fix := range d.Fixes {
					apply(string(src), slices.DeleteFunc(slices.Clone(fix.Edits), func(e errcatalog.Edit) bool { return e.Span.Start.Filename != file }))
				}
			}
			for _, wf := range p.Workflows {
				for offset := wf.Body.Start.Offset; offset <= wf.Body.End.Offset; offset += 31 {
					p.At(file, offset)
				}
			}
		}
	})
}
