package errcatalog

import (
	"go/token"
	"strings"
)

// A Span is a stretch of source text, or, for a mistake found at run time,
// the line of the builder call (Start.Filename and Start.Line set, the rest
// zero). Columns are 1-based and count UTF-8 bytes, as in package go/token.
type Span struct {
	Start token.Position
	End   token.Position
}

// IsValid reports whether the span names a place in a file.
func (s Span) IsValid() bool { return s.Start.IsValid() }

// Details are the user's own names and values around a mistake: what the
// catalogue's templates are filled with. A field that does not apply is empty,
// and templates must read well without it.
type Details struct {
	Workflow  string // name given to NewWorkflow
	Node      string // node id: "create"
	NodeType  string // "UserCreateNode"
	Operation string // "Create"
	Model     string // "User"
	Table     string // "users"

	Param   string // parameter or dotted path at fault: "email", "filter.user_id", "data.0.sku"
	Field   string // Go field: "UserID"
	Column  string // column: "user_id"
	Type    string // what is expected, in Go's words: "string", "[]int64"
	Got     string // what was given, in Go's words: "int"
	Value   string // the value given, as Go source: `"abc"`, `-1`
	Example string // a valid value, as Go source: `"user@example.com"`, `1`
	Rule    string // the rule that was broken: "email", "max=120", "limit is at least 1"

	Source string // connection: node that the value comes from
	Output string // connection: output that is read
	Target string // connection: node that the value goes to
	Input  string // connection: parameter that is fed

	Suggestion string   // the nearest valid name, where there is one
	Allowed    []string // every valid name, nearest or declared order first

	// Mended is the builder call (or struct field) at fault as Go source, as it
	// reads once mended. Empty when there is no single right answer.
	Mended string

	Database string // database, without its secrets: "sqlite:app.db"
	Setting  string // configuration key or option: "WithPoolSize"
	Reason   string // what the driver, parser or library said

	// Extra are further lines of the page's context.
	Extra []ContextItem
}

// Context lists what is known in the order in which the page shows it.
func (d Details) Context() []ContextItem {
	n := 0
	var items [20]ContextItem
	add := func(key, value string) {
		if value != "" {
			items[n] = ContextItem{key, value}
			n++
		}
	}
	add("Workflow", d.Workflow)
	if d.Node != "" && d.NodeType != "" {
		add("Node", d.Node+" ("+d.NodeType+")")
	} else {
		add("Node", d.Node+d.NodeType)
	}
	add("Operation", d.Operation)
	add("Model", d.Model)
	add("Table", d.Table)
	add("Parameter", d.Param)
	add("Field", d.Field)
	add("Column", d.Column)
	add("Expected", d.Type)
	add("Got", d.Got)
	add("Value", d.Value)
	add("Rule", d.Rule)
	switch {
	case d.Output != "" && d.Input != "":
		add("Connection", d.Source+"."+d.Output+" → "+d.Target+"."+d.Input)
	case d.Source != "" && d.Target != "":
		add("Connection", d.Source+" → "+d.Target)
	}
	add("Did you mean", d.Suggestion)
	add("Valid names", strings.Join(d.Allowed, ", "))
	add("Database", d.Database)
	add("Setting", d.Setting)
	add("Reason", d.Reason)
	return append(append(make([]ContextItem, 0, n+len(d.Extra)), items[:n]...), d.Extra...)
}

// A Finding is one mistake, found in source or at run time, before it is
// rendered: package graph and package model make findings; an Enhancer turns
// one into an *Error; package analysis turns one into a diagnostic.
type Finding struct {
	Code     Code
	Severity Severity // the catalogue's unless a rule says otherwise
	Message  string   // one line, with the user's own names
	Details  Details
	Span     Span
	Related  []Related
	Fixes    []Fix
}

// Related is another place that a finding speaks of: the first of two equal
// ids, the model's field.
type Related struct {
	Message string
	Span    Span
}

// A Fix is one way to mend a finding. Spans carry byte offsets when the finding
// comes from source; findings made at run time have no fixes.
type Fix struct {
	Title     string // "Rename to \"email\""
	Preferred bool   // the one right answer
	Edits     []Edit
}

// An Edit replaces the text of Span with New. NewText may hold snippet stops in
// the form of the Language Server Protocol when Snippet is set.
type Edit struct {
	Span Span
	New  string
}
