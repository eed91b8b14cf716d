package lsp_test

import (
	"slices"
	"strings"
)

// commands are the actions without an edit: //@command("text", "DF-302", "title", …)
// lists all of them that are offered for a diagnostic.
func (f *markedFile) commands(m marker) {
	f.t.Helper()
	code, want := m.args[0], m.args[1:]
	var got []string
	for _, a := range f.c.actions(f.path, m.at) {
		if a.Command.Command != "" && slices.ContainsFunc(a.Diagnostics, func(d diagnostic) bool { return d.Code == code && d.Range == m.at }) {
			got = append(got, a.Title)
		}
	}
	if !slices.Equal(got, want) {
		f.t.Errorf("%s: the commands are %q", m.where, got)
	}
}

// actions are the quick fixes that are offered at a place.
func (c *client) actions(file string, at span) []codeAction {
	c.t.Helper()
	var actions []codeAction
	c.mustCall("textDocument/codeAction", object{
		"textDocument": object{"uri": fileURI(file)}, "range": at, "context": object{"diagnostics": []any{}, "only": []string{"quickfix"}},
	}, &actions)
	return actions
}

// fix applies the preferred or first fix of a diagnostic, which must leave a file with
// the result, in which it is gone: //@fix("text", "DF-101", "result").
func (f *markedFile) fix(m marker) {
	f.t.Helper()
	code := m.args[0]
	actions := slices.DeleteFunc(f.c.actions(f.path, m.at), func(a codeAction) bool { return a.Diagnostics[0].Code != code })
	slices.SortStableFunc(actions, func(a, b codeAction) int {
		if a.IsPreferred == b.IsPreferred {
			return 0
		} else if a.IsPreferred {
			return -1
		}
		return 1
	})
	if len(actions) == 0 {
		f.t.Errorf("%s: no fix for that diagnostic", m.where)
		return
	}
	f.apply(m, actions[0])
}

// ignore applies the last fix of a diagnostic, which must be, and not as a preferred
// one, the comment that ignores it: //@ignore("text", "DF-101", "result").
func (f *markedFile) ignore(m marker) {
	f.t.Helper()
	code := m.args[0]
	actions := slices.DeleteFunc(f.c.actions(f.path, m.at), func(a codeAction) bool { return a.Diagnostics[0].Code != code })
	if len(actions) == 0 || actions[len(actions)-1].Title != "Ignore "+code+" on this line" || actions[len(actions)-1].IsPreferred {
		f.t.Errorf("%s: the last fix ignores nothing: %+v", m.where, actions)
		return
	}
	f.apply(m, actions[len(actions)-1])
}

// apply applies a fix as an editor would, sees the diagnostic go, and puts the text
// back.
func (f *markedFile) apply(m marker, action codeAction) {
	f.t.Helper()
	code, want := m.args[0], m.args[1]
	if len(action.Edit.DocumentChanges) != 1 || action.Diagnostics[0].Range != m.at {
		f.t.Errorf("%s: no fix for that diagnostic in one document: %+v", m.where, action)
		return
	}
	change := action.Edit.DocumentChanges[0]
	if change.TextDocument.Version == nil || *change.TextDocument.Version != f.version || change.TextDocument.URI != fileURI(f.path) {
		f.t.Errorf("%s: the edit is for %+v, want version %d", m.where, change.TextDocument, f.version)
	}
	mended := applyEdits(f.t, f.text, change.Edits)
	if !strings.Contains(mended, want) {
		f.t.Errorf("%s: %q leaves no %q:\n%s", m.where, action.Title, want, mended)
	}
	f.version++
	f.c.replace(f.path, f.version, mended)
	f.c.diagnostics(f.path, f.version, m.where+": the diagnostic gone after the fix", func(found []diagnostic) bool {
		return !slices.ContainsFunc(found, func(d diagnostic) bool { return d.Code == code && d.Range.Start == m.at.Start })
	})
	f.version++
	f.c.replace(f.path, f.version, f.text)
	f.c.diagnostics(f.path, f.version, m.where+": the diagnostic back", has(code))
}

// action takes an action of a title, of any kind, and compares the lines that it changes
// with a golden: //@action("text", "title", "golden"). //@noaction("text", "title") wants
// that there is none whose title has that in it.
func (f *markedFile) action(m marker) {
	f.t.Helper()
	var actions []codeAction
	f.c.mustCall("textDocument/codeAction", object{
		"textDocument": object{"uri": fileURI(f.path)}, "range": span{m.cursor, m.cursor}, "context": object{"diagnostics": []any{}},
	}, &actions)
	var titles []string
	for _, a := range actions {
		titles = append(titles, a.Title)
		switch {
		case m.name == "noaction" && strings.Contains(a.Title, m.args[0]):
			f.t.Errorf("%s: there is %q", m.where, a.Title)
		case m.name == "action" && a.Title == m.args[0]:
			f.a.golden(m.where, m.args[1], f.a.changes(f.resolved(a)))
			return
		}
	}
	if m.name == "action" {
		f.t.Errorf("%s: no such action; there are %q", m.where, titles)
	}
}

// resolved is the edit of an action, asked for where it is not there.
func (f *markedFile) resolved(a codeAction) workspaceEdit {
	f.t.Helper()
	if a.Data == nil {
		return a.Edit
	}
	var resolved codeAction
	f.c.mustCall("codeAction/resolve", object{"title": a.Title, "kind": a.Kind, "data": a.Data}, &resolved)
	return resolved.Edit
}

// fixAll compares what source.fixAll changes in the file with a golden:
// //@fixall("package", "golden"); without a golden there is nothing to mend.
func (f *markedFile) fixAll(m marker) {
	f.t.Helper()
	for _, only := range []string{"source.fixAll", "source.fixAll.dataflow", "source"} {
		var actions []codeAction
		f.c.mustCall("textDocument/codeAction", object{
			"textDocument": object{"uri": fileURI(f.path)}, "range": m.at, "context": object{"diagnostics": []any{}, "only": []string{only}},
		}, &actions)
		switch {
		case len(m.args) == 0 && len(actions) == 0:
		case len(m.args) == 0 || len(actions) != 1 || actions[0].Kind != "source.fixAll.dataflow":
			f.t.Errorf("%s: for %s there are %+v", m.where, only, actions)
		default:
			f.a.golden(m.where, m.args[0], f.a.changes(f.resolved(actions[0])))
		}
	}
}
