package analysis_test

import (
	"context"
	"go/format"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/errcatalog"
)

// TestRefactorCorpus does everything that can be done at every name and value of the
// corpus, one at a time: the program compiles, is formatted, and nothing new is reported.
// What is only written otherwise means the same graph.
func TestRefactorCorpus(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	w, err := analysis.Open(ctx, analysis.Options{Dir: corpus(), Env: offline()})
	if err != nil {
		t.Fatal(err)
	}
	packages, err := w.Check(ctx)
	if err != nil {
		t.Fatal(err)
	}
	before := state(packages)
	count, seen := map[string]int{}, map[string]bool{}
	for _, p := range packages {
		for _, file := range p.Files {
			for _, offset := range segmentsOf(readFile(t, file)) {
				for _, r := range p.Refactorings(file, offset, packages) {
					key := r.Title + r.Edits[0].Span.Start.String()
					if seen[key] || count[r.Kind] >= 60 && len(r.Edits)%7 != 0 { // enough of a kind
						continue
					}
					seen[key] = true
					count[r.Kind]++
					refactored(t, w, packages, before, r)
				}
			}
		}
	}
	t.Logf("done: %v", count)
	for kind, atLeast := range map[string]int{
		"refactor.extract.constant": 50, "refactor.rewrite.addNode": 20, "refactor.rewrite.input": 30,
	} {
		if count[kind] < atLeast {
			t.Errorf("%s was done %d times, not %d", kind, count[kind], atLeast)
		}
	}
}

func refactored(t *testing.T, w *analysis.Workspace, packages []*analysis.Package, before string, r analysis.Refactoring) {
	t.Helper()
	texts := applied(t, r.Edits)
	for file, text := range texts {
		formatted, err := format.Source([]byte(text))
		if err != nil || string(formatted) != text {
			t.Errorf("%s: %s is not formatted: %v\n%s", r.Title, file, err, lineDiff(string(formatted), text))
		}
		w.SetFile(file, []byte(text))
	}
	after, err := w.Check(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	got, before := lineNumber.ReplaceAllString(state(replaceIn(packages, after)), ".go:"), lineNumber.ReplaceAllString(before, ".go:")
	same := sorted(got) == sorted(before)
	if r.Kind == "refactor.rewrite.input" || r.Kind == "refactor.rewrite.addNode" {
		got, before = findingsIn(got), findingsIn(before)
		same = !strings.Contains(lineDiff(before, got), "+ DF-")
	}
	if !same {
		t.Errorf("%s at %s:\n%s", r.Title, r.Edits[0].Span.Start, lineDiff(before, got))
	}
	if r.Kind == "refactor.extract.constant" {
		inlined(t, replaceIn(packages, after), texts, r)
	}
	for file := range texts {
		w.ClearFile(file)
	}
	if _, err := w.Check(context.Background()); err != nil {
		t.Fatal(err)
	}
}

var lineNumber = regexp.MustCompile(`\.go:\d+:`)

// inlined takes back what was extracted: the texts are as they were.
func inlined(t *testing.T, packages []*analysis.Package, texts map[string]string, r analysis.Refactoring) {
	t.Helper()
	constant := r.Edits[0].New
	for file, text := range texts {
		for _, p := range packages {
			for _, back := range p.Refactorings(file, strings.LastIndex(text, constant), packages) {
				if back.Kind != "refactor.inline.constant" {
					continue
				}
				for file, got := range withEdits(texts, back.Edits) {
					if want := readFile(t, file); got != want {
						t.Errorf("%s, and inlined again, leaves %s:\n%s", r.Title, file, lineDiff(want, got))
					}
				}
				return
			}
		}
	}
	t.Errorf("%s cannot be inlined again", r.Title)
}

// withEdits are texts after edits of them.
func withEdits(texts map[string]string, edits []errcatalog.Edit) map[string]string {
	out := maps.Clone(texts)
	edits = slices.Clone(edits)
	slices.SortFunc(edits, func(a, b errcatalog.Edit) int { return b.Span.Start.Offset - a.Span.Start.Offset })
	for _, e := range edits {
		file := e.Span.Start.Filename
		out[file] = out[file][:e.Span.Start.Offset] + e.New + out[file][e.Span.End.Offset:]
	}
	return out
}

// findingsIn are the lines of a state that report something.
func findingsIn(state string) string {
	var found []string
	for line := range strings.SplitSeq(state, "\n") {
		if strings.HasPrefix(line, "DF-") || strings.Contains(line, ": undefined") || strings.Contains(line, "not used") {
			found = append(found, line)
		}
	}
	return strings.Join(found, "\n")
}
