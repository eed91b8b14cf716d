package analysis_test

import (
	"context"
	"fmt"
	"go/scanner"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/errcatalog"
)

// TestRenameCorpus gives another name to every node, input, transaction, workflow and
// column of the corpus, one at a time: the program compiles, nothing new is reported, and
// its graphs are the same but for the name.
func TestRenameCorpus(t *testing.T) {
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
	renamed, refused := map[analysis.NameKind]int{}, map[string]int{}
	for _, n := range namesOf(t, packages) {
		const fresh = "renamed_by_the_test"
		edits, err := n.name.Rename(fresh, packages)
		if err != nil {
			refused[err.Error()]++
			continue
		}
		if len(edits) == 0 {
			t.Errorf("%s: no edit", n.at)
		}
		texts := applied(t, edits)
		for file, text := range texts {
			w.SetFile(file, []byte(text))
		}
		after, err := w.Check(ctx)
		if err != nil {
			t.Fatal(err)
		}
		all := replaceIn(packages, after)
		if got := strings.ReplaceAll(state(all), fresh, n.name.Text); sorted(got) != sorted(before) {
			t.Errorf("%s: %q renamed is another program:\n%s", n.at, n.name.Text, lineDiff(before, got))
		}
		renamed[n.name.Kind]++
		for file := range texts {
			w.ClearFile(file)
		}
		if packages, err = w.Check(ctx); err != nil {
			t.Fatal(err)
		}
		packages = replaceIn(all, packages)
	}
	t.Logf("renamed %v, refused %d", renamed, len(refused))
	for kind, atLeast := range map[analysis.NameKind]int{
		analysis.NameNode: 150, analysis.NameInput: 20, analysis.NameTransaction: 3, analysis.NameWorkflow: 90, analysis.NameColumn: 20,
	} {
		if renamed[kind] < atLeast {
			t.Errorf("of kind %d only %d names were renamed, not %d", kind, renamed[kind], atLeast)
		}
	}
}

type namePlace struct {
	name *analysis.Name
	at   string
}

// namesOf lists the names in the string literals of packages, each once.
func namesOf(t *testing.T, packages []*analysis.Package) []namePlace {
	t.Helper()
	var all []namePlace
	seen := map[string]bool{}
	for _, p := range packages {
		for _, file := range p.Files {
			for _, offset := range segmentsOf(readFile(t, file)) {
				n := p.NameAt(file, offset)
				if n == nil || n.Go || n.Kind == analysis.NameModel {
					continue
				}
				var places strings.Builder
				for _, o := range n.Occurrences(packages) {
					fmt.Fprintln(&places, o.Span)
				}
				if key := fmt.Sprint(n.Kind, n.Text, places.String()); !seen[key] {
					seen[key] = true
					all = append(all, namePlace{n, n.Span.Start.String()})
				}
			}
		}
	}
	return all
}

// segmentsOf lists where the strings of a source begin, and each segment in them.
func segmentsOf(src string) []int {
	fset := token.NewFileSet()
	file := fset.AddFile("", -1, len(src))
	var s scanner.Scanner
	s.Init(file, []byte(src), nil, 0)
	var all []int
	for {
		pos, tok, lit := s.Scan()
		if tok == token.EOF {
			return all
		}
		if text, err := strconv.Unquote(lit); tok != token.STRING || err != nil || text == "" {
			continue
		}
		for i := range lit {
			if i > 0 && (i == 1 || strings.ContainsRune(".-", rune(lit[i-1]))) {
				all = append(all, file.Offset(pos)+i)
			}
		}
	}
}

// applied are the texts of files after edits.
func applied(t *testing.T, edits []errcatalog.Edit) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, e := range edits {
		texts[e.Span.Start.Filename] = readFile(t, e.Span.Start.Filename)
	}
	return withEdits(texts, edits)
}

// state is what matters of packages: their graphs and what is wrong, without places.
func state(packages []*analysis.Package) string {
	var b strings.Builder
	for _, p := range packages {
		b.WriteString(dump("", []*analysis.Package{p}))
		for _, d := range p.Diagnostics {
			fmt.Fprintf(&b, "%s in %s: %s\n", d.Code, p.Path, d.Message)
		}
		for _, err := range p.LoadErrors {
			fmt.Fprintf(&b, "%s: %v\n", p.Path, err)
		}
	}
	return b.String()
}

// replaceIn puts the packages that were checked in the place of their earlier states.
func replaceIn(all, checked []*analysis.Package) []*analysis.Package {
	out := slices.Clone(all)
	for i := range out {
		for _, p := range checked {
			if p.Path == out[i].Path {
				out[i] = p
			}
		}
	}
	return out
}

func sorted(text string) string {
	lines := strings.Split(text, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// lineDiff shows the lines that two texts do not share.
func lineDiff(a, b string) string {
	var out strings.Builder
	for _, pair := range []struct{ sign, in, notIn string }{{"-", a, b}, {"+", b, a}} {
		other := strings.Split(pair.notIn, "\n")
		for _, line := range strings.Split(pair.in, "\n") {
			if !slices.Contains(other, line) {
				fmt.Fprintf(&out, "%s %s\n", pair.sign, line)
			}
		}
	}
	return out.String()
}
