package lsp_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write what the tests get into their archives, where they want something else")

// markers are the tests that a comment in an archive can ask for, //@NAME("text", …),
// each in the file of its feature. The first argument is a text of the line; the
// marker speaks of its first occurrence there. "ema<>il" is the text "email" with
// the cursor in it; without <> the cursor is in its middle.
var markers = map[string]func(*markedFile, marker){
	"loc":    func(*markedFile, marker) {},
	"diag":   (*markedFile).diag,
	"fix":    (*markedFile).fix,
	"ignore": (*markedFile).ignore,

	"command": (*markedFile).commands,
	"hover":   (*markedFile).hover,
	"nohover": (*markedFile).hover,
	"lens":    (*markedFile).lens,

	"hints":     (*markedFile).hints,
	"tokens":    (*markedFile).tokens,
	"action":    (*markedFile).action,
	"noaction":  (*markedFile).action,
	"fixall":    (*markedFile).fixAll,
	"lenses":    (*markedFile).allLenses,
	"hierarchy": (*markedFile).hierarchy,

	"complete":  (*markedFile).completion,
	"accept":    (*markedFile).accept,
	"signature": (*markedFile).signature,

	"def":       (*markedFile).definition,
	"typedef":   (*markedFile).definition,
	"refs":      (*markedFile).references,
	"highlight": (*markedFile).highlight,
	"rename":    (*markedFile).rename,
	"norename":  (*markedFile).rename,

	"links":     (*markedFile).links,
	"folding":   (*markedFile).folding,
	"selection": (*markedFile).selection,

	"symbols":          (*markedFile).symbols,
	"workspacesymbols": (*markedFile).workspaceSymbols,
}

// TestMarkers runs the archives under testdata/FEATURE. Each is a workspace whose
// Go files, and dataflow.yaml, are opened; comments in them say what must be seen:
//
//	//@loc("text", "name")    gives the place a name, for other markers of the archive
//	//@diag("text", "DF-101", "part of the message")  a diagnostic that covers the text, of this line, exactly
//	//@lens("title")          a code lens on this line
//
// and so on: each entry of markers says what it does. Diagnostics that no comment
// claims are failures, and so is an error in the server's log. These files of an
// archive are no part of the workspace:
//
//	settings.json      is what the client answers to workspace/configuration
//	capabilities.json  is put over what the client can do
//	schema.sql         is what the database dev.db, or the one at $POSTGRES in dataflow.yaml, begins with
//	@NAME              is a golden: what a marker with that name must get; -update writes it
//
// A file go.mod of the one word "none" leaves the workspace without a module; files
// whose names end in ".closed" lose that ending and are not opened.
func TestMarkers(t *testing.T) {
	t.Parallel()
	archives, err := filepath.Glob(filepath.Join("testdata", "*", "*.txtar"))
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, name := range archives {
		t.Run(strings.TrimSuffix(filepath.ToSlash(strings.TrimPrefix(name, "testdata"))[1:], ".txtar"), func(t *testing.T) {
			t.Parallel()
			runArchive(t, name)
		})
	}
}

// A markedArchive is one archive while it is tested.
type markedArchive struct {
	t         *testing.T
	c         *client
	dir       string
	prepares  bool // the client prepares a rename
	files     []*markedFile
	locations map[string]location // by name
	goldens   *txtar.Archive
	changed   bool // goldens differ from those on disk
}

type location struct {
	URI   string `json:"uri"`
	Range span   `json:"range"`
}

func runArchive(t *testing.T, name string) {
	archive, err := txtar.ParseFile(name)
	if err != nil {
		t.Fatal(err)
	}
	a := &markedArchive{t: t, locations: map[string]location{}, goldens: archive}
	settings, capabilities := json.RawMessage("null"), fullCapabilities
	var sources txtar.Archive
	for _, f := range archive.Files {
		switch {
		case f.Name == "settings.json":
			settings = f.Data
		case f.Name == "capabilities.json":
			var over object
			if err := json.Unmarshal(f.Data, &over); err != nil {
				t.Fatalf("capabilities.json: %v", err)
			}
			capabilities = overlay(fullCapabilities, over)
		case !strings.HasPrefix(f.Name, "@"):
			sources.Files = append(sources.Files, f)
		}
	}
	prepareDatabase(t, &sources)
	opened := slices.Clone(sources.Files)
	for i, f := range sources.Files {
		sources.Files[i].Name = strings.TrimSuffix(f.Name, ".closed")
	}
	a.dir = workspace(t, &sources)
	makeDatabase(t, &sources, a.dir)
	_, a.prepares = capabilities["textDocument"].(object)["rename"]
	a.c = newClient(t)
	a.c.settings = settings
	a.c.start(a.dir, capabilities)
	for _, f := range opened {
		file := &markedFile{a: a, c: a.c, t: t, name: strings.TrimSuffix(f.Name, ".closed"), text: string(f.Data), version: 1}
		file.path = filepath.Join(a.dir, file.name)
		file.parse()
		if filepath.Ext(f.Name) == ".go" || f.Name == "dataflow.yaml" {
			a.files = append(a.files, file)
			a.c.open(file.path, file.text)
		}
	}
	for _, f := range a.files {
		f.found = a.c.diagnostics(f.path, 1, "diagnostics of "+f.name, f.hasAll())
	}
	for _, f := range a.files {
		f.run()
	}
	a.noErrors()
	if a.changed {
		if err := os.WriteFile(name, txtar.Format(a.goldens), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// overlay puts one object over another, member by member; null takes one away.
func overlay(base, over object) object {
	all := maps.Clone(base)
	for k, v := range over {
		if v == nil {
			delete(all, k)
			continue
		}
		under, isObject := base[k].(object)
		if o, ok := v.(object); ok && isObject {
			v = overlay(under, o)
		}
		all[k] = v
	}
	return all
}

// noErrors fails for an error in the server's log.
func (a *markedArchive) noErrors() {
	a.c.mu.Lock()
	defer a.c.mu.Unlock()
	for _, raw := range a.c.of("window/logMessage") {
		var p struct {
			Type    int    `json:"type"`
			Message string `json:"message"`
		}
		if err := json.Unmarshal(raw, &p); err != nil || p.Type == 1 {
			a.t.Errorf("the server logs an error: %s", raw)
		}
	}
}

// golden compares what a marker got with the archive's file @name; with -update it
// writes that.
func (a *markedArchive) golden(where, name, got string) {
	a.t.Helper()
	if got != "" && !strings.HasSuffix(got, "\n") {
		got += "\n"
	}
	i := slices.IndexFunc(a.goldens.Files, func(f txtar.File) bool { return f.Name == "@"+name })
	if i >= 0 && string(a.goldens.Files[i].Data) == got {
		return
	}
	switch {
	case !*update && i < 0:
		a.t.Errorf("%s: there is no file @%s; go test -update writes it:\n%s", where, name, got)
	case !*update:
		a.t.Errorf("%s: @%s: got\n%s\nwant\n%s", where, name, got, a.goldens.Files[i].Data)
	case i < 0:
		a.goldens.Files = append(a.goldens.Files, txtar.File{Name: "@" + name, Data: []byte(got)})
	default:
		a.goldens.Files[i].Data = []byte(got)
	}
	a.changed = *update
}

// A markedFile is one open file of an archive.
type markedFile struct {
	a          *markedArchive
	c          *client
	t          *testing.T
	name       string // in the archive
	path, text string
	version    int
	markers    []marker
	found      []diagnostic // what is not claimed yet
}

// A marker is one comment //@name("text", …).
type marker struct {
	name   string
	line   int      // from 0
	text   string   // the first argument, without <>
	args   []string // the others
	at     span     // of the text
	cursor position // in it
	where  string   // for messages
}

// parse reads the file's markers and the places that it names.
func (f *markedFile) parse() {
	f.t.Helper()
	for i, line := range strings.Split(f.text, "\n") {
		source, comment, marked := strings.Cut(line, "//@")
		if !marked {
			continue
		}
		for _, text := range strings.Split(comment, " //@") {
			name, list, ok := strings.Cut(strings.TrimSuffix(strings.TrimSpace(text), ")"), "(")
			args, err := quotedList(list)
			if !ok || err != nil || len(args) == 0 {
				f.t.Fatalf("%s:%d: marker %q: %v", f.name, i+1, text, err)
			}
			m := marker{name: name, line: i, args: args[1:], where: fmt.Sprintf("%s:%d: %s%q", f.name, i+1, name, args)}
			before, after, hasCursor := strings.Cut(args[0], "<>")
			m.text = before + after
			if name != "lens" { // speaks of a line, not of a text in it
				if m.at, ok = rangeOf(i, source, m.text); !ok {
					f.t.Errorf("%s: the text is not in the line", m.where)
					continue
				}
			}
			m.cursor = position{i, (m.at.Start.Character + m.at.End.Character) / 2}
			if hasCursor {
				m.cursor.Character = m.at.Start.Character + utf16Len(before)
			}
			f.markers = append(f.markers, m)
			if name == "loc" {
				f.a.locations[m.args[0]] = location{URI: fileURI(f.path), Range: m.at}
			}
		}
	}
}

func (f *markedFile) run() {
	f.t.Helper()
	for _, m := range f.markers {
		if test := markers[m.name]; test != nil {
			test(f, m)
		} else {
			f.t.Errorf("%s: no marker of that name", m.where)
		}
	}
	for _, d := range f.found {
		f.t.Errorf("%s: no marker claims the diagnostic %+v", f.name, d)
	}
}

// document is the parameter of requests about the whole file.
func (f *markedFile) document() object {
	return object{"textDocument": object{"uri": fileURI(f.path)}}
}

// positionIn is the parameter of requests about the marker's cursor.
func (f *markedFile) positionIn(m marker) object {
	return object{"textDocument": object{"uri": fileURI(f.path)}, "position": m.cursor}
}

// location returns a place that a marker of the archive names.
func (f *markedFile) location(m marker, name string) location {
	f.t.Helper()
	l, ok := f.a.locations[name]
	if !ok {
		f.t.Errorf("%s: no //@loc names %q", m.where, name)
	}
	return l
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

// rangeOf is where a text stands in a line, in UTF-16 units.
func rangeOf(line int, source, text string) (span, bool) {
	before, _, ok := strings.Cut(source, text)
	start := utf16Len(before)
	return span{Start: position{line, start}, End: position{line, start + utf16Len(text)}}, ok
}

func utf16Len(s string) int { return len(utf16.Encode([]rune(s))) }

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

// diag claims a diagnostic: //@diag("text", "DF-101", "part of the message").
func (f *markedFile) diag(m marker) {
	f.t.Helper()
	i := slices.IndexFunc(f.found, func(d diagnostic) bool {
		return d.Code == m.args[0] && d.Range == m.at && strings.Contains(d.Message, m.args[1])
	})
	if i < 0 {
		f.t.Errorf("%s: no such diagnostic; unclaimed are %+v", m.where, f.found)
		return
	}
	f.found = slices.Delete(f.found, i, i+1)
}
