package analysis_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/internal/twin"
)

// workspaces are those that internal/lspbench measures whole servers on; a tenth of
// the largest, which grows with what is edited or it does not.
var workspaces = map[string]func(dir, repo string) (*twin.Workspace, error){
	"small": twin.Small, "large": twin.Large, "medium": twin.Medium,
}

func onEach(b *testing.B, f func(b *testing.B, w *twin.Workspace)) {
	for _, name := range []string{"small", "large", "medium"} {
		b.Run(name, func(b *testing.B) {
			w, err := workspaces[name](b.TempDir(), repo())
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			f(b, w)
		})
	}
}

// edits returns the file's text with each use of old, and text that was never seen
// at its end.
func edits(b *testing.B, file, old, typed string) func(i int) []byte {
	text, err := os.ReadFile(file)
	if err != nil {
		b.Fatal(err)
	}
	if bytes.Count(text, []byte(old)) != 1 {
		b.Fatalf("%q does not stand once in %s", old, file)
	}
	wrong := bytes.Replace(text, []byte(old), []byte(typed), 1)
	return func(i int) []byte {
		if i%2 == 0 {
			return fmt.Appendf(nil, "%s\n// %d\n", wrong, i)
		}
		return fmt.Appendf(nil, "%s\n// %d\n", text, i)
	}
}

// BenchmarkKeystroke misspells a parameter and mends it, one file of a package.
func BenchmarkKeystroke(b *testing.B) {
	onEach(b, func(b *testing.B, ws *twin.Workspace) {
		o := options(ws.Dir)
		o.LazyFixes = true
		w, err := analysis.Open(context.Background(), o)
		if err != nil {
			b.Fatal(err)
		}
		check(b, w)
		text := edits(b, ws.Flow, twin.ParamMark, "\"x"+twin.ParamMark[1:])
		for i := 0; b.Loop(); i++ {
			w.SetFile(ws.Flow, text(i))
			pkgs, err := w.Check(context.Background(), ws.Flow)
			if err != nil || len(pkgs) != 1 || (len(pkgs[0].Diagnostics) > 0) != (i%2 == 0) {
				b.Fatalf("%v %v", pkgs, err)
			}
		}
	})
}

// BenchmarkModelKeystroke renames a model's field, which is to be seen in another
// package.
func BenchmarkModelKeystroke(b *testing.B) {
	onEach(b, func(b *testing.B, ws *twin.Workspace) {
		w := open(b, ws.Dir)
		check(b, w)
		text := edits(b, ws.ModelFile, twin.FieldMark, "X"+twin.FieldMark)
		for i := 0; b.Loop(); i++ {
			w.SetFile(ws.ModelFile, text(i))
			if _, err := w.CheckFiles(context.Background(), ws.ModelFile, ws.Flow); err != nil {
				b.Fatal(err)
			}
			if p := w.Package(ws.Flow); (len(p.Diagnostics) > 0) != (i%2 == 0) {
				b.Fatalf("edit %d: %v", i, p.Diagnostics)
			}
		}
	})
}

// BenchmarkOpen loads a module and checks it once.
func BenchmarkOpen(b *testing.B) {
	onEach(b, func(b *testing.B, ws *twin.Workspace) {
		for b.Loop() {
			w, err := analysis.Open(context.Background(), options(ws.Dir))
			if err != nil {
				b.Fatal(err)
			}
			check(b, w)
		}
	})
}
