package analysis_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/model"
)

// FuzzComplete asks what can be written at any place of any text: there is an answer, and
// it lies in the text.
func FuzzComplete(f *testing.F) {
	files, err := filepath.Glob(filepath.Join(corpus(), "*", "*.go"))
	if err != nil || len(files) == 0 {
		f.Fatal(err)
	}
	for _, file := range files[:min(len(files), 20)] {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text), len(text)/2)
	}
	f.Add("import \"github.com/dataflow-go/dataflow\"\nfunc f() { wf.AddNode(\"", 100)
	type User struct {
		dataflow.Model
		ID   string
		Name string
	}
	m, _ := model.FromStruct(User{})
	f.Fuzz(func(t *testing.T, src string, offset int) {
		offset = max(0, min(offset, len(src)))
		var p *analysis.Package
		if found := p.Complete("x.go", src, offset, []*model.Model{m}); found != nil {
			if found.Start < 0 || found.Start > offset || found.End < offset || found.RestEnd < found.End || found.RestEnd > len(src) {
				t.Errorf("at %d of %d: from %d to %d, %d", offset, len(src), found.Start, found.End, found.RestEnd)
			}
		}
		if sig := p.SignatureAt("x.go", src, offset, []*model.Model{m}); sig != nil && sig.Active >= len(sig.Parameters) {
			t.Errorf("part %d of %+v", sig.Active, sig)
		}
	})
}

// BenchmarkComplete measures what a keystroke in a file of 500 lines costs beside the
// check.
func BenchmarkComplete(b *testing.B) {
	text, err := os.ReadFile(filepath.Join(corpus(), "shop", "checkout.go"))
	if err != nil {
		b.Fatal(err)
	}
	src := string(text)
	for len(src) < 20_000 {
		src += string(text[len(text)/2:])
	}
	src += "\nfunc g(wf *dataflow.Workflow) {\n\twf.AddConnection(\""
	var p *analysis.Package
	for b.Loop() {
		p.Complete("x.go", src, len(src), nil)
	}
}
