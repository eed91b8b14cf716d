package lsp_test

import (
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/tools/txtar"
)

// TestMarkers runs the archives under testdata/FEATURE. Each is a workspace whose
// Go files are opened; comments in them say what must be seen:
//
//	//@diag("text", "DF-101", "part of the message")  a diagnostic that covers the text, of this line, exactly
//	//@fix("text", "DF-101", "result")                its preferred or only fix leaves a file with the result, in which it is gone
//	//@ignore("text", "DF-101", "result")             the last fix, and not a preferred one, is the comment that ignores it
//	//@hover("text", "part", …)                       a hover on the text has the parts
//	//@nohover("text")                                there is nothing to say there
//	//@lens("title")                                  a code lens on this line
//	//@command("text", "DF-302", "title", …)          the commands, all of them, that are offered for it
//
// Diagnostics and lenses that no comment claims are failures. A file go.mod of
// the one word "none" leaves the workspace without a module; schema.sql is what the
// database dev.db, or the one at $POSTGRES in dataflow.yaml, begins with.
func TestMarkers(t *testing.T) {
	t.Parallel()
	archives, err := filepath.Glob(filepath.Join("testdata", "*", "*.txtar"))
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, name := range archives {
		t.Run(strings.TrimSuffix(filepath.ToSlash(strings.TrimPrefix(name, "testdata"))[1:], ".txtar"), func(t *testing.T) {
			t.Parallel()
			archive, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			prepareDatabase(t, archive)
			dir := workspace(t, archive)
			makeDatabase(t, archive, dir)
			c := newClient(t)
			c.start(dir, fullCapabilities)
			var files []*markedFile
			for _, f := range archive.Files {
				if filepath.Ext(f.Name) == ".go" || f.Name == "dataflow.yaml" {
					marked := &markedFile{c: c, t: t, name: f.Name, path: filepath.Join(dir, f.Name), text: string(f.Data)}
					files = append(files, marked)
					c.open(marked.path, marked.text)
				}
			}
			for _, f := range files {
				f.found = c.diagnostics(f.path, 1, "diagnostics of "+f.name, f.hasAll())
				f.run()
			}
		})
	}
}

var diagMarker = regexp.MustCompile(`//@diag\("(?:[^"\\]|\\.)*", "(DF-\d+)"`)

// hasAll waits for as many diagnostics of each code as are claimed: those of a
// database come after the others.
func (f *markedFile) hasAll() func([]diagnostic) bool {
	claimed := map[string]int{}
	for _, m := range diagMarker.FindAllStringSubmatch(f.text, -1) {
		claimed[m[1]]++
	}
	return func(found []diagnostic) bool {
		left := maps.Clone(claimed)
		for _, d := range found {
			left[d.Code]--
		}
		for _, n := range left {
			if n > 0 {
				return false
			}
		}
		return true
	}
}

// A markedFile is one open file of an archive.
type markedFile struct {
	c          *client
	t          *testing.T
	name       string
	path, text string
	found      []diagnostic // what is not claimed yet
	lenses     []lens
	version    int
}

type lens struct {
	Range   span `json:"range"`
	Command struct {
		Title     string `json:"title"`
		Command   string `json:"command"`
		Arguments []struct {
			URI      string `json:"uri"`
			Workflow string `json:"workflow"`
		} `json:"arguments"`
	} `json:"command"`
}

func (f *markedFile) run() {
	f.t.Helper()
	f.version = 1
	f.c.mustCall("textDocument/codeLens", object{"textDocument": object{"uri": fileURI(f.path)}}, &f.lenses)
	for i, line := range strings.Split(f.text, "\n") {
		_, comment, marked := strings.Cut(line, "//@")
		if !marked {
			continue
		}
		for _, marker := range strings.Split(comment, " //@") {
			name, list, ok := strings.Cut(strings.TrimSuffix(strings.TrimSpace(marker), ")"), "(")
			args, err := quotedList(list)
			if !ok || err != nil {
				f.t.Fatalf("%s:%d: marker %q: %v", f.name, i+1, marker, err)
			}
			f.marker(i, line, name, args)
		}
	}
	for _, d := range f.found {
		f.t.Errorf("%s: no marker claims the diagnostic %+v", f.name, d)
	}
	for _, l := range f.lenses {
		f.t.Errorf("%s: no marker claims the lens %+v", f.name, l)
	}
}

func quotedList(s string) ([]string, error) {
	var list []string
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimLeft(s, " ,") {
		quoted, err := strconv.QuotedPrefix(s)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s, err)
		}
		text, err := strconv.Unquote(quoted)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s, err)
		}
		list, s = append(list, text), s[len(quoted):]
	}
	return list, nil
}

func (f *markedFile) marker(line int, source, name string, args []string) {
	f.t.Helper()
	where := fmt.Sprintf("%s:%d: %s%q", f.name, line+1, name, args)
	source, _, _ = strings.Cut(source, "//@")
	at, ok := span{}, false
	if name != "lens" {
		if at, ok = rangeOf(line, source, args[0]); !ok {
			f.t.Errorf("%s: the text is not in the line", where)
			return
		}
	}
	switch name {
	case "diag":
		i := slices.IndexFunc(f.found, func(d diagnostic) bool {
			return d.Code == args[1] && d.Range == at && strings.Contains(d.Message, args[2])
		})
		if i < 0 {
			f.t.Errorf("%s: no such diagnostic; unclaimed are %+v", where, f.found)
			return
		}
		f.found = slices.Delete(f.found, i, i+1)
	case "fix":
		f.fix(where, at, args[1], args[2])
	case "ignore":
		f.ignore(where, at, args[1], args[2])
	case "command":
		f.commands(where, at, args[1], args[2:])
	case "hover", "nohover":
		f.hover(where, at, args[1:])
	case "lens":
		i := slices.IndexFunc(f.lenses, func(l lens) bool { return l.Command.Title == args[0] && l.Range.Start.Line == line })
		if i < 0 {
			f.t.Errorf("%s: no such lens; unclaimed are %+v", where, f.lenses)
			return
		}
		if l := f.lenses[i]; l.Command.Command != "dataflow.server.run" || len(l.Command.Arguments) != 1 || l.Command.Arguments[0].URI != fileURI(f.path) {
			f.t.Errorf("%s: the lens runs %+v", where, l.Command)
		}
		f.lenses = slices.Delete(f.lenses, i, i+1)
	default:
		f.t.Errorf("%s: no marker of that name", where)
	}
}

// rangeOf is where a text stands in a line, in UTF-16 units.
func rangeOf(line int, source, text string) (span, bool) {
	before, _, ok := strings.Cut(source, text)
	start := len(utf16.Encode([]rune(before)))
	return span{Start: position{line, start}, End: position{line, start + len(utf16.Encode([]rune(text)))}}, ok
}

func (f *markedFile) hover(where string, at span, parts []string) {
	f.t.Helper()
	var result *struct {
		Contents struct{ Kind, Value string } `json:"contents"`
		Range    *span                        `json:"range"`
	}
	// Between two characters of the text, so that what it touches does not count.
	middle := position{at.Start.Line, (at.Start.Character + at.End.Character) / 2}
	f.c.mustCall("textDocument/hover", object{"textDocument": object{"uri": fileURI(f.path)}, "position": middle}, &result)
	if result == nil {
		if len(parts) > 0 {
			f.t.Errorf("%s: no hover", where)
		}
		return
	}
	if len(parts) == 0 {
		f.t.Errorf("%s: hover %q", where, result.Contents.Value)
	}
	for _, part := range parts {
		if !strings.Contains(result.Contents.Value, part) {
			f.t.Errorf("%s: the hover has no %q:\n%s", where, part, result.Contents.Value)
		}
	}
	if result.Contents.Kind != "markdown" || result.Range == nil || result.Range.Start.Line != at.Start.Line {
		f.t.Errorf("%s: hover of kind %s at %v", where, result.Contents.Kind, result.Range)
	}
}

// commands are the actions without an edit.
func (f *markedFile) commands(where string, at span, code string, want []string) {
	f.t.Helper()
	var got []string
	for _, a := range f.c.actions(f.path, at) {
		if a.Command.Command != "" && slices.ContainsFunc(a.Diagnostics, func(d diagnostic) bool { return d.Code == code && d.Range == at }) {
			got = append(got, a.Title)
		}
	}
	if !slices.Equal(got, want) {
		f.t.Errorf("%s: the commands are %q", where, got)
	}
}

// actions are what is offered at a place.
func (c *client) actions(file string, at span) []codeAction {
	c.t.Helper()
	var actions []codeAction
	c.mustCall("textDocument/codeAction", object{
		"textDocument": object{"uri": fileURI(file)}, "range": at, "context": object{"diagnostics": []any{}, "only": []string{"quickfix"}},
	}, &actions)
	return actions
}

// fix applies the preferred or first fix of a diagnostic.
func (f *markedFile) fix(where string, at span, code, want string) {
	f.t.Helper()
	actions := slices.DeleteFunc(f.c.actions(f.path, at), func(a codeAction) bool { return a.Diagnostics[0].Code != code })
	slices.SortStableFunc(actions, func(a, b codeAction) int {
		if a.IsPreferred == b.IsPreferred {
			return 0
		} else if a.IsPreferred {
			return -1
		}
		return 1
	})
	if len(actions) == 0 {
		f.t.Errorf("%s: no fix for that diagnostic", where)
		return
	}
	f.apply(where, at, code, want, actions[0])
}

// ignore applies the last fix of a diagnostic, the comment that ignores it.
func (f *markedFile) ignore(where string, at span, code, want string) {
	f.t.Helper()
	actions := slices.DeleteFunc(f.c.actions(f.path, at), func(a codeAction) bool { return a.Diagnostics[0].Code != code })
	if len(actions) == 0 || actions[len(actions)-1].Title != "Ignore "+code+" on this line" || actions[len(actions)-1].IsPreferred {
		f.t.Errorf("%s: the last fix ignores nothing: %+v", where, actions)
		return
	}
	f.apply(where, at, code, want, actions[len(actions)-1])
}

// apply applies a fix as an editor would, sees the diagnostic go, and puts the text
// back.
func (f *markedFile) apply(where string, at span, code, want string, action codeAction) {
	f.t.Helper()
	if len(action.Edit.DocumentChanges) != 1 || action.Diagnostics[0].Range != at {
		f.t.Errorf("%s: no fix for that diagnostic in one document: %+v", where, action)
		return
	}
	change := action.Edit.DocumentChanges[0]
	if change.TextDocument.Version == nil || *change.TextDocument.Version != f.version || change.TextDocument.URI != fileURI(f.path) {
		f.t.Errorf("%s: the edit is for %+v, want version %d", where, change.TextDocument, f.version)
	}
	mended := applyEdits(f.t, f.text, change.Edits)
	if !strings.Contains(mended, want) {
		f.t.Errorf("%s: %q leaves no %q:\n%s", where, action.Title, want, mended)
	}
	f.version++
	f.c.replace(f.path, f.version, mended)
	f.c.diagnostics(f.path, f.version, where+": the diagnostic gone after the fix", func(found []diagnostic) bool {
		return !slices.ContainsFunc(found, func(d diagnostic) bool { return d.Code == code && d.Range.Start == at.Start })
	})
	f.version++
	f.c.replace(f.path, f.version, f.text)
	f.c.diagnostics(f.path, f.version, where+": the diagnostic back", has(code))
}
