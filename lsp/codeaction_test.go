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
