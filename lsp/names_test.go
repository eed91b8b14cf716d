package lsp_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// locationLink is a location or a link to one.
type locationLink struct {
	location
	OriginSelectionRange *span
	TargetURI            string
	TargetRange          span
	TargetSelectionRange span
}

// definition wants the places that //@loc names: //@def("text", "name", …), and
// //@typedef. Without names there is no answer.
func (f *markedFile) definition(m marker) {
	f.t.Helper()
	method := map[string]string{"def": "textDocument/definition", "typedef": "textDocument/typeDefinition"}[m.name]
	var found []locationLink
	f.c.mustCall(method, f.positionIn(m), &found)
	var got, want []location
	for _, l := range found {
		if l.URI == "" {
			l.location = location{l.TargetURI, l.TargetSelectionRange}
			if l.OriginSelectionRange == nil || l.OriginSelectionRange.Start.Line != m.line {
				f.t.Errorf("%s: the origin is %v", m.where, l.OriginSelectionRange)
			}
		}
		got = append(got, l.location)
	}
	for _, name := range m.args {
		want = append(want, f.location(m, name))
	}
	if !slices.Equal(got, want) {
		f.t.Errorf("%s: got %v, want %v", m.where, got, want)
	}
}

// references compares where something is named with a golden: //@refs("text", "golden");
// without a golden there is no place.
func (f *markedFile) references(m marker) {
	f.t.Helper()
	var b strings.Builder
	for _, declaration := range []bool{true, false} {
		params := f.positionIn(m)
		params["context"] = object{"includeDeclaration": declaration}
		var found []location
		f.c.mustCall("textDocument/references", params, &found)
		for _, l := range found {
			fmt.Fprintf(&b, "%s\n", f.a.place(l))
		}
		if declaration {
			b.WriteString("without the declaration:\n")
		}
	}
	if len(m.args) == 0 {
		if got := b.String(); got != "without the declaration:\n" {
			f.t.Errorf("%s: references:\n%s", m.where, got)
		}
		return
	}
	f.a.golden(m.where, m.args[0], b.String())
}

// highlight compares the places of the file with a golden: //@highlight("text", "golden").
func (f *markedFile) highlight(m marker) {
	f.t.Helper()
	var found []struct {
		Range span
		Kind  int
	}
	f.c.mustCall("textDocument/documentHighlight", f.positionIn(m), &found)
	var b strings.Builder
	for _, h := range found {
		fmt.Fprintf(&b, "%v %s\n", h.Range, map[int]string{2: "read", 3: "write"}[h.Kind])
	}
	f.a.golden(m.where, m.args[0], b.String())
}

// rename compares the lines that a rename changes with a golden:
// //@rename("text", "new", "golden"). //@norename("text", "new", "part of the reason")
// wants it refused; without a reason there is nothing to rename.
func (f *markedFile) rename(m marker) {
	f.t.Helper()
	params := f.positionIn(m)
	var prepared *struct {
		Range       span
		Placeholder string
	}
	var err error
	if f.a.prepares {
		err = f.c.call("textDocument/prepareRename", params, &prepared)
	}
	if m.name == "norename" && len(m.args) < 2 {
		if err != nil || prepared != nil {
			f.t.Errorf("%s: prepared %+v, %v", m.where, prepared, err)
		}
		return
	}
	params["newName"] = m.args[0]
	var edit workspaceEdit
	if err == nil {
		if f.a.prepares && (prepared == nil || prepared.Range.Start.Line != m.line || prepared.Placeholder == "") {
			f.t.Errorf("%s: prepared %+v", m.where, prepared)
		}
		err = f.c.call("textDocument/rename", params, &edit)
	}
	if m.name == "norename" {
		if err == nil || !strings.Contains(err.Error(), m.args[1]) {
			f.t.Errorf("%s: %v, want it refused: %q", m.where, err, m.args[1])
		}
		return
	}
	if err != nil {
		f.t.Errorf("%s: %v", m.where, err)
		return
	}
	f.a.golden(m.where, m.args[1], f.a.changes(edit))
}

// changes are the lines that an edit changes, as they are after it.
func (a *markedArchive) changes(edit workspaceEdit) string {
	a.t.Helper()
	var b strings.Builder
	write := func(uri string, edits []textEdit) {
		file := strings.TrimPrefix(uri, "file://")
		before, err := os.ReadFile(file)
		if err != nil {
			a.t.Error(err)
			return
		}
		after := strings.Split(applyEdits(a.t, string(before), edits), "\n")
		for i, line := range strings.Split(string(before), "\n") {
			if i < len(after) && after[i] != line {
				source, _, _ := strings.Cut(after[i], " //@")
				name, _ := filepath.Rel(a.dir, file)
				fmt.Fprintf(&b, "%s:%d:%s\n", filepath.ToSlash(name), i+1, strings.TrimRight(source, " \r"))
			}
		}
	}
	for _, change := range edit.DocumentChanges {
		write(change.TextDocument.URI, change.Edits)
	}
	for _, uri := range slices.Sorted(maps.Keys(edit.Changes)) {
		write(uri, edit.Changes[uri])
	}
	return b.String()
}
