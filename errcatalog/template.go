package errcatalog

import (
	"bytes"
	"strings"
	"text/template"
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
	if c, err := compileList(t.Root); err == nil {
		x.compiled = c
	}
	return x, nil
}

// fill executes the template. What fails yields the source of the template: an
// odd page is better than a lost error.
func (t text) fill(d *Details, buf *bytes.Buffer) string {
	if t.tmpl == nil {
		return t.raw
	}
	if t.run(d, buf) {
		return strings.TrimSpace(buf.String())
	}
	return t.execute(d, buf)
}

// run executes the compiled form, and reports whether there is one and it went
// through.
func (t text) run(d *Details, buf *bytes.Buffer) (ok bool) {
	if t.compiled == nil {
		return false
	}
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	buf.Reset()
	t.compiled(buf, scope{d, d})
	return true
}

// execute lets text/template do it.
func (t text) execute(d *Details, buf *bytes.Buffer) string {
	buf.Reset()
	if err := t.tmpl.Execute(buf, d); err != nil {
		return t.raw
	}
	return strings.TrimSpace(buf.String())
}

// parseEntry parses the templates of an entry.
func parseEntry(e Entry) (*entry, error) {
	p := &entry{Entry: e, docsURL: e.Code.DocsURL()}
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
