package errcatalog

import (
	"go/token"
)

// A Code identifies one kind of mistake: "DF-101". Codes are an API: a number
// is never renumbered and never reused. A Code is an error so that it can be the
// target of errors.Is:
//
//	if errors.Is(err, errcatalog.DF101) { … }
type Code string

// Error returns the code itself.
func (c Code) Error() string { return string(c) }

// A Severity says how much a finding matters. The zero value means "what the
// catalogue says".
type Severity int

// The severities, from the one that fails a build to the faintest. Off silences.
const (
	SeverityDefault Severity = iota
	SeverityError
	SeverityWarning
	SeverityInfo
	SeverityHint
	SeverityOff
)

// ContextItem is one line of an error's context: "Model: User".
type ContextItem struct {
	Key, Value string
}

// Solution is one way out: what to do, and Go code that does it with the user's
// own names.
type Solution struct {
	Title string
	Code  string // Go source; empty where code does not help
}

// Error is what every public function of this module returns, or wraps, when it
// fails. It is immutable after it is made and safe for concurrent use.
type Error struct {
	Code      Code
	Title     string // "Missing required parameter"
	Message   string // one line, with the user's own names
	Context   []ContextItem
	Causes    []string
	Solutions []Solution
	DocsURL   string
	Position  token.Position // the builder call at fault; zero where there is none

	summary string // what the code means, for hovers; empty unless Full
	cause   error
}

// Is reports whether target is e's code, so that errors.Is(err, errcatalog.DF101) works.
func (e *Error) Is(target error) bool {
	c, ok := target.(Code)
	return ok && c == e.Code
}

// Unwrap returns the error that e wraps: the driver's, or the context's.
func (e *Error) Unwrap() error { return e.cause }
