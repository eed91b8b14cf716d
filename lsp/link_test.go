package lsp_test

import (
	"fmt"
	"strings"
)

// links compares the links of the file with a golden: //@links("package", "golden").
func (f *markedFile) links(m marker) {
	f.t.Helper()
	var found []struct {
		Range           span
		Target, Tooltip string
	}
	f.c.mustCall("textDocument/documentLink", f.document(), &found)
	var b strings.Builder
	for _, l := range found {
		fmt.Fprintf(&b, "%v %s %q\n", l.Range, l.Target, l.Tooltip)
	}
	f.a.golden(m.where, m.args[0], b.String())
}

// folding compares the folding ranges of the file with a golden: //@folding("package", "golden").
func (f *markedFile) folding(m marker) {
	f.t.Helper()
	var found []struct {
		StartLine, EndLine  int
		Kind, CollapsedText string
	}
	f.c.mustCall("textDocument/foldingRange", f.document(), &found)
	var b strings.Builder
	for _, r := range found {
		fmt.Fprintf(&b, "lines %d-%d %s %q\n", r.StartLine+1, r.EndLine+1, r.Kind, r.CollapsedText)
	}
	f.a.golden(m.where, m.args[0], b.String())
}

type selectionRange struct {
	Range  span
	Parent *selectionRange
}

// selection compares the texts that a selection at the cursor widens to, one after the
// other: //@selection("fil<>ter.id", "filter", "filter.id", …). A text of several lines
// is compared by its first; without texts there is no answer.
func (f *markedFile) selection(m marker) {
	f.t.Helper()
	params := f.document()
	params["positions"] = []position{m.cursor}
	var found []selectionRange
	f.c.mustCall("textDocument/selectionRange", params, &found)
	var got []string
	if len(found) == 1 {
		for r := &found[0]; r != nil; r = r.Parent {
			line, _, _ := strings.Cut(f.textOf(r.Range), "\n")
			got = append(got, strings.TrimSpace(line))
		}
	}
	if strings.Join(got, " ⊂ ") != strings.Join(m.args, " ⊂ ") {
		f.t.Errorf("%s: the selection is\n\t%q, want\n\t%q", m.where, got, m.args)
	}
}

// textOf is the text of a range.
func (f *markedFile) textOf(r span) string {
	from, to := offsets(f.text, r)
	return f.text[from:to]
}
