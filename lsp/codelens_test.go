package lsp_test

import (
	"fmt"
	"slices"
	"strings"
)

type lens struct {
	Range   span `json:"range"`
	Command struct {
		Title     string   `json:"title"`
		Command   string   `json:"command"`
		Arguments []object `json:"arguments"`
	} `json:"command"`
}

func (f *markedFile) codeLenses() []lens {
	f.t.Helper()
	var found []lens
	f.c.mustCall("textDocument/codeLens", f.document(), &found)
	return found
}

// lens wants a code lens on the line: //@lens("title").
func (f *markedFile) lens(m marker) {
	f.t.Helper()
	found := f.codeLenses()
	if !slices.ContainsFunc(found, func(l lens) bool { return l.Command.Title == m.text && l.Range.Start.Line == m.line }) {
		f.t.Errorf("%s: no such lens; there are %+v", m.where, found)
	}
}

// allLenses compares the lenses of the file with a golden: //@lenses("package", "golden").
func (f *markedFile) allLenses(m marker) {
	f.t.Helper()
	var b strings.Builder
	for _, l := range f.codeLenses() {
		argument := l.Command.Arguments[0]
		if argument["uri"] != fileURI(f.path) {
			f.t.Errorf("%s: the lens %+v is about another file", m.where, l)
		}
		delete(argument, "uri")
		fmt.Fprintf(&b, "%v %s: %s %v\n", l.Range, l.Command.Title, l.Command.Command, argument)
	}
	f.a.golden(m.where, m.args[0], b.String())
}
