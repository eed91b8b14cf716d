package errcatalog

import (
	"bytes"
	_ "embed" // for catalog.yaml
	"fmt"
	"strings"
	"sync"

	"gopkg.in/yaml.v3"
)

//go:generate go run ./internal/gen

// Entry is one code of the catalogue, as catalog.yaml has it. Summary, Causes
// and Solutions are text/template sources over Details.
type Entry struct {
	Code     Code     `yaml:"code"`
	Title    string   `yaml:"title"`
	Category string   `yaml:"category"` // "parameter", "connection", …
	Severity Severity `yaml:"severity"`
	Static   bool     `yaml:"static"` // reported from source
	Runtime  bool     `yaml:"run"`    // returned by the builder or the engine
	Fix      string   `yaml:"fix"`    // what the quick fix does; empty where there is none
	// Unnecessary says that what is reported can go: editors fade it.
	Unnecessary bool       `yaml:"unnecessary"`
	Summary     string     `yaml:"summary"`
	Causes      []string   `yaml:"causes"`
	Solutions   []Solution `yaml:"solutions"`
	Sample      Details    `yaml:"sample"` // what the docs page and `explain` fill the templates with
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

//go:embed catalog.yaml
var source []byte

// entry is an Entry with its templates.
type entry struct {
	Entry
	docsURL string
	// texts parses the templates when they are first needed: most programs meet few of
	// the codes, and parsed templates take megabytes. What does not parse is kept as it
	// is; the error is for the package's tests.
	texts func() (*texts, error)
}

// texts are the templates of an entry.
type texts struct {
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
	c, err := load(source)
	if err != nil {
		return catalog{}
	}
	return c
})

// load reads a catalogue.
func load(src []byte) (catalog, error) {
	var entries []Entry
	dec := yaml.NewDecoder(bytes.NewReader(src))
	dec.KnownFields(true)
	if err := dec.Decode(&entries); err != nil {
		return catalog{}, fmt.Errorf("parse catalog.yaml: %w", err)
	}
	c := catalog{byCode: make(map[Code]*entry, len(entries))}
	for _, e := range entries {
		p := &entry{Entry: e, docsURL: e.Code.DocsURL(), texts: sync.OnceValues(func() (*texts, error) { return parseTexts(&e) })}
		c.byCode[e.Code] = p
		c.sorted = append(c.sorted, p)
	}
	return c, nil
}
