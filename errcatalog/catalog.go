package errcatalog

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"gopkg.in/yaml.v3"
)

//go:generate go run ./internal/gen

// Entry is one code of the catalogue, as catalog.yaml has it. Summary, Causes
// and Solutions are text/template sources over Details.
type Entry struct {
	Code      Code       `yaml:"code"`
	Title     string     `yaml:"title"`
	Category  string     `yaml:"category"` // "parameter", "connection", …
	Severity  Severity   `yaml:"severity"`
	Static    bool       `yaml:"static"` // reported from source
	Runtime   bool       `yaml:"run"`    // returned by the builder or the engine
	Fix       string     `yaml:"fix"`    // what the quick fix does; empty where there is none
	Summary   string     `yaml:"summary"`
	Causes    []string   `yaml:"causes"`
	Solutions []Solution `yaml:"solutions"`
	Sample    Details    `yaml:"sample"` // what the docs page and `explain` fill the templates with
}

// docsBase is where the documentation of the codes stands.
const docsBase = "https://dataflow-go.dev/errors/"

// DocsURL returns the address of the code's documentation.
func (c Code) DocsURL() string { return docsBase + string(c) }

// Title returns the code's title, "" for a code that the catalogue does not have.
func (c Code) Title() string {
	if e := find(c); e != nil {
		return e.Title
	}
	return ""
}

// Lookup returns the entry of a code. The entry's slices are shared: do not
// change them.
func Lookup(code Code) (Entry, bool) {
	if e := find(code); e != nil {
		return e.Entry, true
	}
	return Entry{}, false
}

// Entries returns all entries in the order of their codes.
func Entries() []Entry {
	all := loaded().sorted
	entries := make([]Entry, len(all))
	for i, e := range all {
		entries[i] = e.Entry
	}
	return entries
}

// Parse reads a code as people type it: "DF-101", "df101", "101".
func Parse(s string) (Code, bool) {
	s = strings.ToUpper(strings.TrimSpace(s))
	s = strings.TrimPrefix(strings.TrimPrefix(s, "DF"), "-")
	c := Code("DF-" + s)
	return c, find(c) != nil
}

//go:embed catalog*.yaml
var files embed.FS

// entry is an Entry with its templates parsed.
type entry struct {
	Entry
	docsURL   string
	summary   text
	causes    []text
	solutions []solutionText
}

type catalog struct {
	byCode map[Code]*entry
	sorted []*entry
}

func find(c Code) *entry { return loaded().byCode[c] }

// loaded reads the catalogue when it is first needed. A catalogue that cannot be
// read is a mistake of the build, which the package's tests catch; a program
// then still gets its errors, with code and message alone.
var loaded = sync.OnceValue(func() catalog {
	c, err := load(files)
	if err != nil {
		return catalog{}
	}
	return c
})

// load reads every catalogue file in fsys.
func load(fsys fs.FS) (catalog, error) {
	names, err := fs.Glob(fsys, "catalog*.yaml")
	if err != nil {
		return catalog{}, fmt.Errorf("list catalogue: %w", err)
	}
	c := catalog{byCode: map[Code]*entry{}}
	for _, name := range names {
		src, err := fs.ReadFile(fsys, name)
		if err != nil {
			return catalog{}, fmt.Errorf("read catalogue: %w", err)
		}
		var entries []Entry
		dec := yaml.NewDecoder(bytes.NewReader(src))
		dec.KnownFields(true)
		if err := dec.Decode(&entries); err != nil && !errors.Is(err, io.EOF) {
			return catalog{}, fmt.Errorf("parse %s: %w", name, err)
		}
		for _, e := range entries {
			p, err := parseEntry(e)
			if err != nil {
				return catalog{}, fmt.Errorf("%s: %s: %w", name, e.Code, err)
			}
			c.byCode[e.Code] = p
		}
	}
	for _, e := range c.byCode {
		c.sorted = append(c.sorted, e)
	}
	slices.SortFunc(c.sorted, func(a, b *entry) int { return strings.Compare(string(a.Code), string(b.Code)) })
	return c, nil
}
