package errcatalog

// LoadError is what reading the embedded catalogue fails with.
func LoadError() error {
	_, err := load(source)
	return err
}

// FillBothWays fills every template of an entry in its compiled form and by
// text/template. Compiled counts those that have such a form.
func FillBothWays(code Code, d *Details) (fast, slow []string, compiled int) {
	e := find(code)
	texts := []text{e.summary}
	texts = append(texts, e.causes...)
	for _, s := range e.solutions {
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
