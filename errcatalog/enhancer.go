package errcatalog

import (
	"hash/maphash"
	"sync/atomic"

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
	bare  [64]atomic.Pointer[Error]    // errors of mode Disabled, by the hash of their message
}

var seed = maphash.MakeSeed()

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
	f := newFiller(&e.Sample)
	defer f.release()
	t, _ := e.texts()
	message := f.fill(&t.summary).in(string(f.out))
	return New(Finding{Code: code, Message: message, Details: e.Sample}), true
}

// Error turns a finding into an error.
func (n *Enhancer) Error(f Finding) *Error {
	if n.mode == Disabled {
		return n.disabled(f.Code, f.Message)
	}
	return n.wrap(&f, nil)
}

// Wrap turns a finding into an error that wraps cause. The cause's text is the
// finding's reason unless it has one.
func (n *Enhancer) Wrap(f Finding, cause error) *Error {
	switch {
	case n.mode != Disabled:
		return n.wrap(&f, cause)
	case cause != nil:
		return &Error{Code: f.Code, Message: f.Message, cause: cause}
	}
	return n.disabled(f.Code, f.Message)
}

// disabled makes an error of code and message alone. To allocate one costs more
// than all else here, and errors are immutable, so one of the last is given again
// where it says the same.
func (n *Enhancer) disabled(code Code, message string) *Error {
	slot := &n.bare[maphash.String(seed, message)%uint64(len(n.bare))]
	if e := slot.Load(); e != nil && e.Code == code && e.Message == message {
		return e
	}
	e := &Error{Code: code, Message: message}
	slot.Store(e)
	return e
}

// wrap is Wrap in the other modes. The finding is the caller's copy.
func (n *Enhancer) wrap(f *Finding, cause error) *Error {
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
		return entry.render(d)
	}
	key := pattern(entry.Code, d)
	r, ok := n.cache.Get(key)
	if !ok {
		r = entry.render(d)
		n.cache.Add(key, r)
	}
	return r
}

// render fills the entry's templates. All texts are parts of one string.
func (e *entry) render(d *Details) rendered {
	f := newFiller(d)
	defer f.release()
	var room [16]stretch
	t, _ := e.texts()
	at := append(room[:0], f.fill(&t.summary))
	for i := range t.causes {
		at = append(at, f.fill(&t.causes[i]))
	}
	for i := range t.solutions {
		s := &t.solutions[i]
		at = append(at, f.fill(&s.title), f.fill(&s.code))
	}
	all := string(f.out)
	r := rendered{
		summary:   at[0].in(all),
		context:   d.Context(),
		causes:    make([]string, 0, len(t.causes)),
		solutions: make([]Solution, 0, len(t.solutions)),
	}
	causes, solutions := at[1:1+len(t.causes)], at[1+len(t.causes):]
	for _, c := range causes {
		if s := c.in(all); s != "" {
			r.causes = append(r.causes, s)
		}
	}
	for i := 0; i < len(solutions); i += 2 {
		if title := solutions[i].in(all); title != "" {
			r.solutions = append(r.solutions, Solution{Title: title, Code: solutions[i+1].in(all)})
		}
	}
	return r
}

// pattern is the code and every detail, each ended by a byte that text does not
// hold, so that no two patterns have one key.
func pattern(code Code, d *Details) string {
	var room [1024]byte
	b := append(append(room[:0], code...), 0xff)
	for _, s := range [...]string{
		d.Workflow, d.Node, d.NodeType, d.Operation, d.Model, d.Table,
		d.Param, d.Field, d.Column, d.Type, d.Got, d.Value, d.Example, d.Rule,
		d.Source, d.Output, d.Target, d.Input,
		d.Suggestion, d.Mended, d.Database, d.Setting, d.Reason,
	} {
		b = append(append(b, s...), 0xff)
	}
	for _, s := range d.Allowed {
		b = append(append(b, s...), 0xff)
	}
	b = append(b, 0xfe)
	for _, x := range d.Extra {
		b = append(append(append(append(b, x.Key...), 0xff), x.Value...), 0xff)
	}
	return string(b)
}
