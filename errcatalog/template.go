package errcatalog

import (
	"bytes"
	"strings"
	"sync"
	"text/template"
	"unicode"
)

// A text is one template of the catalogue. Sources without an action are kept
// as they are.
type text struct {
	raw      string
	tmpl     *template.Template // nil: raw is the text
	compiled statement          // tmpl as closures; nil where it is left to text/template
}

type solutionText struct{ title, code text }

func parseText(src string) (text, error) {
	src = strings.TrimSpace(src)
	if !strings.Contains(src, "{{") {
		return text{raw: src}, nil
	}
	t, err := template.New("").Funcs(functions).Parse(src)
	if err != nil {
		return text{raw: src}, err
	}
	x := text{raw: src, tmpl: t}
	if c, err := compileList(t.Root, kindDetails); err == nil {
		x.compiled = c
	}
	return x, nil
}

// A filler fills templates, one after the other, into one buffer.
type filler struct {
	out     []byte
	scope   scope
	details Details
}

var fillers = sync.Pool{New: func() any { return &filler{out: make([]byte, 0, 4096)} }}

// newFiller takes a filler for these details from the pool. They are copied,
// because what templates see escapes: so only who fills pays for that.
func newFiller(d *Details) *filler {
	f := fillers.Get().(*filler)
	f.details = *d
	return f
}

// release gives the filler back, without the user's values.
func (f *filler) release() {
	f.out, f.scope, f.details = f.out[:0], scope{}, Details{}
	if cap(f.out) <= 64<<10 {
		fillers.Put(f)
	}
}

// A stretch is where in a filler's buffer a text stands, without the space around it.
type stretch struct{ from, to int }

func (s stretch) in(all string) string { return all[s.from:s.to] }

// fill executes the template at the end of the buffer. What fails yields the
// source of the template: an odd page is better than a lost error.
func (f *filler) fill(t *text) stretch {
	from := len(f.out)
	switch {
	case t.tmpl == nil:
		f.out = append(f.out, t.raw...)
	case f.run(t), f.execute(t):
	default:
		f.out = append(f.out[:from], t.raw...)
	}
	to := from + len(bytes.TrimRightFunc(f.out[from:], unicode.IsSpace))
	return stretch{to - len(bytes.TrimLeftFunc(f.out[from:to], unicode.IsSpace)), to}
}

// run executes the compiled form, and reports whether there is one and it went
// through.
func (f *filler) run(t *text) (ok bool) {
	if t.compiled == nil {
		return false
	}
	defer func() {
		if !ok {
			_ = recover() // text/template has its say then
		}
	}()
	f.scope = scope{details: &f.details}
	f.out = t.compiled(f.out, &f.scope)
	return true
}

// execute lets text/template do it.
func (f *filler) execute(t *text) bool {
	var buf bytes.Buffer
	if t.tmpl.Execute(&buf, &f.details) != nil {
		return false
	}
	f.out = append(f.out, buf.Bytes()...)
	return true
}

// parseTexts parses the templates of an entry.
func parseTexts(e *Entry) (*texts, error) {
	p := &texts{}
	var firstErr error
	parse := func(src string) text {
		t, err := parseText(src)
		if err != nil && firstErr == nil {
			firstErr = err
		}
		return t
	}
	p.summary = parse(e.Summary)
	for _, c := range e.Causes {
		p.causes = append(p.causes, parse(c))
	}
	for _, s := range e.Solutions {
		p.solutions = append(p.solutions, solutionText{parse(s.Title), parse(s.Code)})
	}
	return p, firstErr
}
