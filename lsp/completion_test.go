package lsp_test

import (
	"fmt"
	"slices"
	"strings"
)

type completionItem struct {
	Label, Detail, SortText string
	Kind                    int
	InsertTextFormat        int
	Documentation           any
	TextEdit                textEdit
	Data                    any
}

func (f *markedFile) complete(m marker) []completionItem {
	f.t.Helper()
	var list *struct{ Items []completionItem }
	f.c.mustCall("textDocument/completion", f.positionIn(m), &list)
	if list == nil {
		return nil
	}
	slices.SortStableFunc(list.Items, func(a, b completionItem) int { return strings.Compare(a.SortText, b.SortText) })
	return list.Items
}

// completion compares what can be written at the cursor with a golden:
// //@complete("text<>", "golden"), the detail of each included. Without a golden there is
// nothing.
func (f *markedFile) completion(m marker) {
	f.t.Helper()
	var b strings.Builder
	for _, item := range f.complete(m) {
		fmt.Fprintf(&b, "%s\t%s\n", item.Label, item.Detail)
		if item.TextEdit.Range.Start.Line != m.line || item.TextEdit.Range.End.Line != m.line {
			f.t.Errorf("%s: the edit of %s is at %v", m.where, item.Label, item.TextEdit.Range)
		}
	}
	if len(m.args) == 0 {
		if b.Len() > 0 {
			f.t.Errorf("%s: there is something:\n%s", m.where, b.String())
		}
		return
	}
	f.a.golden(m.where, m.args[0], b.String())
}

// accept takes an item and compares the source from its line on, until a line is as it
// was, with a golden: //@accept("text<>", "label", "golden").
func (f *markedFile) accept(m marker) {
	f.t.Helper()
	for _, item := range f.complete(m) {
		if item.Label != m.args[0] {
			continue
		}
		after := applyEdits(f.t, f.text, []textEdit{item.TextEdit})
		lines := strings.Split(after, "\n")
		more := len(lines) - strings.Count(f.text, "\n")
		var b strings.Builder
		for _, line := range lines[m.line : m.line+more] {
			source, _, _ := strings.Cut(line, " //@")
			b.WriteString(strings.TrimRight(source, " \r") + "\n")
		}
		f.a.golden(m.where, m.args[1], b.String())
		var resolved completionItem
		f.c.mustCall("completionItem/resolve", object{"label": item.Label, "data": item.Data}, &resolved)
		if item.Data != nil && !strings.Contains(fmt.Sprint(resolved.Documentation), "| Parameter |") {
			f.t.Errorf("%s: resolved to %v", m.where, resolved.Documentation)
		}
		return
	}
	f.t.Errorf("%s: no item %q", m.where, m.args[0])
}

// signature wants the label of the help at the cursor and the active part of it:
// //@signature("text<>", "label", "active"). Without arguments there is none.
func (f *markedFile) signature(m marker) {
	f.t.Helper()
	var help *struct {
		Signatures []struct {
			Label      string
			Parameters []struct{ Label [2]int }
		}
		ActiveParameter *int
	}
	f.c.mustCall("textDocument/signatureHelp", f.positionIn(m), &help)
	if help == nil || len(m.args) == 0 {
		if (help == nil) != (len(m.args) == 0) {
			f.t.Errorf("%s: signature help %+v", m.where, help)
		}
		return
	}
	sig, active := help.Signatures[0], ""
	if help.ActiveParameter != nil {
		at := sig.Parameters[*help.ActiveParameter].Label
		active = sig.Label[at[0]:at[1]]
	}
	if sig.Label != m.args[0] || active != m.args[1] {
		f.t.Errorf("%s: %q with %q active", m.where, sig.Label, active)
	}
}
