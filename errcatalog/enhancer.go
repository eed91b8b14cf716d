package errcatalog

import (
	"bytes"
	"strings"

	lru "github.com/hashicorp/golang-lru/v2"
)

// A Mode says how much an Enhancer puts into an error.
type Mode int

// The modes. Full is the default: context, causes and solutions with the user's
// own names. Minimal has code, title, message, link and position. Disabled has
// code and message alone and never opens the catalogue.
const (
	Full Mode = iota
	Minimal
	Disabled
)

// String returns "full", "minimal" or "disabled".
func (m Mode) String() string {
	switch m {
	case Minimal:
		return "minimal"
	case Disabled:
		return "disabled"
	}
	return "full"
}

// EnhancerConfig sets up an Enhancer.
type EnhancerConfig struct {
	Mode      Mode
	CacheSize int // rendered patterns that are kept; 500 when zero or less
}

// DefaultCacheSize is how many rendered patterns an Enhancer keeps unless told
// otherwise.
const DefaultCacheSize = 500

// An Enhancer turns findings into errors. It is safe for concurrent use. The
// zero Enhancer is a full one that caches nothing.
type Enhancer struct {
	mode  Mode
	cache *lru.Cache[string, rendered] // nil unless mode is Full
}

// rendered is what the catalogue's templates yield for one pattern: one code
// with one set of details. Errors of the same pattern share it.
type rendered struct {
	summary   string
	context   []ContextItem
	causes    []string
	solutions []Solution
}

// NewEnhancer makes an Enhancer.
func NewEnhancer(c EnhancerConfig) *Enhancer {
	e := &Enhancer{mode: c.Mode}
	if e.mode != Minimal && e.mode != Disabled {
		size := c.CacheSize
		if size <= 0 {
			size = DefaultCacheSize
		}
		// New fails for a size below one only.
		if cache, err := lru.New[string, rendered](size); err == nil {
			e.cache = cache
		}
	}
	return e
}

var full = NewEnhancer(EnhancerConfig{})

// New turns a finding into a full error.
func New(f Finding) *Error { return full.Wrap(f, nil) }

// Wrap turns a finding into a full error that wraps cause. The cause's text is
// the finding's reason unless it has one.
func Wrap(f Finding, cause error) *Error { return full.Wrap(f, cause) }

// Explain returns the code's page, filled with the catalogue's sample. It is
// false for a code that the catalogue does not have.
func Explain(code Code) (*Error, bool) {
	e := find(code)
	if e == nil {
		return nil, false
	}
	var buf bytes.Buffer
	return New(Finding{Code: code, Message: e.summary.fill(&e.Sample, &buf), Details: e.Sample}), true
}

// Error turns a finding into an error.
func (n *Enhancer) Error(f Finding) *Error { return n.Wrap(f, nil) }

// Wrap turns a finding into an error that wraps cause. The cause's text is the
// finding's reason unless it has one.
func (n *Enhancer) Wrap(f Finding, cause error) *Error {
	if n.mode == Disabled {
		return &Error{Code: f.Code, Message: f.Message, cause: cause}
	}
	e := &Error{Code: f.Code, Message: f.Message, Position: f.Span.Start, cause: cause}
	entry := find(f.Code)
	if entry == nil {
		e.DocsURL = f.Code.DocsURL()
		if n.mode != Minimal {
			e.Context = f.Details.Context()
		}
		return e
	}
	e.Title, e.DocsURL = entry.Title, entry.docsURL
	if n.mode == Minimal {
		return e
	}
	if cause != nil && f.Details.Reason == "" {
		f.Details.Reason = cause.Error()
	}
	r := n.render(entry, &f.Details)
	e.summary, e.Context, e.Causes, e.Solutions = r.summary, r.context, r.causes, r.solutions
	return e
}

// render fills the entry's templates, once for each pattern.
func (n *Enhancer) render(entry *entry, d *Details) rendered {
	if n.cache == nil {
		return entry.render(*d)
	}
	key := pattern(entry.Code, d)
	r, ok := n.cache.Get(key)
	if !ok {
		r = entry.render(*d)
		n.cache.Add(key, r)
	}
	return r
}

// render fills the entry's templates. It takes the details by value because
// templates make what they see escape: only a pattern that is new pays for that.
func (e *entry) render(d Details) rendered {
	var buf bytes.Buffer
	r := rendered{
		summary:   e.summary.fill(&d, &buf),
		context:   d.Context(),
		causes:    make([]string, 0, len(e.causes)),
		solutions: make([]Solution, 0, len(e.solutions)),
	}
	for _, c := range e.causes {
		if s := c.fill(&d, &buf); s != "" {
			r.causes = append(r.causes, s)
		}
	}
	for _, s := range e.solutions {
		if title := s.title.fill(&d, &buf); title != "" {
			r.solutions = append(r.solutions, Solution{Title: title, Code: s.code.fill(&d, &buf)})
		}
	}
	return r
}

// pattern is the code and every detail, each ended by a byte that text does not
// hold, so that no two patterns have one key.
func pattern(code Code, d *Details) string {
	var b strings.Builder
	b.Grow(512)
	add := func(s string) {
		b.WriteString(s)
		b.WriteByte(0xff)
	}
	add(string(code))
	for _, s := range [...]string{
		d.Workflow, d.Node, d.NodeType, d.Operation, d.Model, d.Table,
		d.Param, d.Field, d.Column, d.Type, d.Got, d.Value, d.Example, d.Rule,
		d.Source, d.Output, d.Target, d.Input,
		d.Suggestion, d.Mended, d.Database, d.Setting, d.Reason,
	} {
		add(s)
	}
	for _, s := range d.Allowed {
		add(s)
	}
	b.WriteByte(0xfe)
	for _, x := range d.Extra {
		add(x.Key)
		add(x.Value)
	}
	return b.String()
}
