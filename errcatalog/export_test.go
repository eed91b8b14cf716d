package errcatalog

import "bytes"

// LoadError is what reading the embedded catalogue fails with.
func LoadError() error {
	_, err := load(source)
	return err
}

// FillBothWays fills every template of an entry in its compiled form and by
// text/template. Compiled counts those that have such a form.
func FillBothWays(code Code, d *Details) (fast, slow []string, compiled int) {
	var buf bytes.Buffer
	e := find(code)
	texts := append([]text{e.summary}, e.causes...)
	for _, s := range e.solutions {
		texts = append(texts, s.title, s.code)
	}
	for _, t := range texts {
		if t.tmpl == nil {
			continue
		}
		if t.run(d, &buf) {
			compiled++
		}
		fast = append(fast, t.fill(d, &buf))
		slow = append(slow, t.execute(d, &buf))
	}
	return fast, slow, compiled
}
