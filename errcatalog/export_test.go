package errcatalog

import (
	"errors"
	"fmt"
)

// LoadError is what reading the embedded catalogue, or a template of it, fails with.
func LoadError() error {
	c, err := load(source)
	for _, e := range c.sorted {
		if _, bad := e.texts(); bad != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w", string(e.Code), bad))
		}
	}
	return err
}

// FillBothWays fills every template of an entry in its compiled form and by
// text/template. Compiled counts those that have such a form.
func FillBothWays(code Code, d *Details) (fast, slow []string, compiled int) {
	t, _ := find(code).texts()
	texts := append([]text{t.summary}, t.causes...)
	for _, s := range t.solutions {
		texts = append(texts, s.title, s.code)
	}
	for _, t := range texts {
		if t.tmpl == nil {
			continue
		}
		if f := newFiller(d); f.run(&t) {
			compiled++
		}
		fast = append(fast, fillOne(t, d))
		t.compiled = nil
		slow = append(slow, fillOne(t, d))
	}
	return fast, slow, compiled
}

func fillOne(t text, d *Details) string {
	f := newFiller(d)
	defer f.release()
	return f.fill(&t).in(string(f.out))
}
