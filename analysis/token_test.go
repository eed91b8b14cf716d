package analysis_test

import (
	"context"
	"encoding/binary"
	"go/parser"
	"go/scanner"
	"go/token"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/errcatalog"
)

// hang is how long an input may take before it counts as hanging: 2 s on a machine
// that does nothing else, and under the race detector on one that does much.
const hang = 30 * time.Second

// TestMutatedTokens takes the corpus apart token by token, as a person does who
// types, and checks that the analyser bears it.
func TestMutatedTokens(t *testing.T) {
	t.Parallel()
	rounds, seed := 2, uint64(1)
	if os.Getenv("DATAFLOW_TORTURE") != "" {
		rounds, seed = 40, rand.Uint64()
	}
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	w := openCorpus(t)
	for range rounds {
		for _, name := range corpusFiles(t) {
			ops := make([]byte, opSize*(1+r.IntN(4)))
			for i := range ops {
				ops[i] = byte(r.Uint32())
			}
			w.bear(t, name, mutateTokens(w.text(t, name), ops))
			w.ClearFile(name)
		}
	}
}

// FuzzTokens is the same with mutations that the fuzzer chooses.
func FuzzTokens(f *testing.F) {
	files := corpusFiles(f)
	for i := 0; i < len(files); i += 4 {
		f.Add(uint16(i), []byte{0, 0, 9, 0, 1, 1, 4, 2})
	}
	w := openCorpus(f)
	f.Fuzz(func(t *testing.T, file uint16, ops []byte) {
		name := files[int(file)%len(files)]
		w.bear(t, name, mutateTokens(w.text(t, name), ops[:min(len(ops), 20*opSize)]))
		w.ClearFile(name)
	})
}

// A corpusWorkspace is the corpus in an editor.
type corpusWorkspace struct{ *analysis.Workspace }

func openCorpus(tb testing.TB) corpusWorkspace {
	tb.Helper()
	w, err := analysis.Open(context.Background(), analysis.Options{Dir: corpus(), Env: offline()})
	if err != nil {
		tb.Fatal(err)
	}
	if len(check(tb, w)) == 0 {
		tb.Fatal("the corpus has no packages")
	}
	return corpusWorkspace{w}
}

func corpusFiles(tb testing.TB) []string {
	tb.Helper()
	var files []string
	err := filepath.WalkDir(corpus(), func(path string, _ fs.DirEntry, err error) error {
		if filepath.Ext(path) == ".go" {
			files = append(files, path)
		}
		return err
	})
	if err != nil || len(files) < 40 {
		tb.Fatalf("%d files: %v", len(files), err)
	}
	return files
}

func (corpusWorkspace) text(tb testing.TB, name string) string {
	tb.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		tb.Fatal(err)
	}
	return string(b)
}

// bear analyses a file with the given text: nothing panics or hangs, all that is
// reported lies inside its file, and fixes leave what parses as it parses.
func (w corpusWorkspace) bear(t *testing.T, name, src string) {
	t.Helper()
	w.SetFile(name, []byte(src))
	var pkgs []*analysis.Package
	done := make(chan error, 1)
	go func() {
		var err error
		pkgs, err = w.Check(context.Background(), name)
		done <- err
	}()
	select {
	case err := <-done:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(hang):
		t.Fatalf("the analysis of %s hangs:\n%s", name, src)
	}
	parses := parse(src)
	for _, p := range pkgs {
		for _, d := range p.Diagnostics {
			text := src
			if d.File != name {
				text = w.text(t, d.File)
			}
			checkSpansIn(t, d, len(text))
			for _, fix := range d.Fixes {
				checkEdits(t, d, fix, len(text))
				if fixed := apply(text, fix.Edits); d.File == name && parses && !parse(fixed) {
					t.Errorf("%s: %q of %s leaves what does not parse:\n%s", name, fix.Title, d.Code, fixed)
				}
			}
		}
		for _, wf := range p.Workflows {
			if s := wf.Body; s.Start.Offset > s.End.Offset || wf.File == name && s.End.Offset > len(src) {
				t.Errorf("%s: the body of %s, %v, lies outside the file", name, wf.Func, s)
			}
		}
	}
	if t.Failed() {
		t.Logf("%s:\n%s", name, src)
		t.FailNow()
	}
}

func parse(src string) bool {
	_, err := parser.ParseFile(token.NewFileSet(), "x.go", src, parser.SkipObjectResolution)
	return err == nil
}

// checkEdits asserts that the edits of a fix do not overlap.
func checkEdits(t *testing.T, d analysis.Diagnostic, fix errcatalog.Fix, size int) {
	t.Helper()
	edits := slices.Clone(fix.Edits)
	slices.SortStableFunc(edits, func(a, b errcatalog.Edit) int { return a.Span.Start.Offset - b.Span.Start.Offset })
	for i, e := range edits {
		if e.Span.Start.Offset > e.Span.End.Offset || e.Span.End.Offset > size || i > 0 && e.Span.Start.Offset < edits[i-1].Span.End.Offset {
			t.Errorf("%s: %q has edits that overlap or lie outside the file: %v", d.Code, fix.Title, edits)
		}
	}
}

// opSize is how many bytes say what to do with a token: what, which, and another.
const opSize = 4

// mutateTokens deletes, doubles, swaps and cuts tokens.
func mutateTokens(src string, ops []byte) string {
	for ; len(ops) >= opSize; ops = ops[opSize:] {
		spans := tokens(src)
		if len(spans) < 2 {
			return src
		}
		at := int(binary.BigEndian.Uint16(ops[1:3])) % len(spans)
		a := spans[at]
		b := spans[(at+1+int(ops[3]))%len(spans)]
		if b[0] < a[0] {
			a, b = b, a
		}
		text := func(s [2]int) string { return src[s[0]:s[1]] }
		switch ops[0] % 6 {
		case 0: // delete
			src = src[:a[0]] + src[a[1]:]
		case 1: // double
			src = src[:a[1]] + " " + text(a) + src[a[1]:]
		case 2: // swap two
			if a[1] <= b[0] {
				src = src[:a[0]] + text(b) + src[a[1]:b[0]] + text(a) + src[b[1]:]
			}
		case 3: // delete all between two
			src = src[:a[0]] + src[b[0]:]
		case 4: // cut inside a token
			src = src[:a[0]+(a[1]-a[0])/2] + src[a[1]:]
		case 5: // one in place of another
			src = src[:a[0]] + text(b) + src[a[1]:]
		}
	}
	return src
}

// tokens are the spans of the tokens and comments of a text.
func tokens(src string) [][2]int {
	var s scanner.Scanner
	file := token.NewFileSet().AddFile("x.go", -1, len(src))
	s.Init(file, []byte(src), nil, scanner.ScanComments)
	var spans [][2]int
	for {
		pos, tok, lit := s.Scan()
		if tok == token.EOF {
			return spans
		}
		if tok == token.SEMICOLON && lit == "\n" {
			continue
		}
		if lit == "" {
			lit = tok.String()
		}
		start := file.Offset(pos)
		spans = append(spans, [2]int{start, min(start+len(lit), len(src))})
	}
}
