package lsp_test

import "slices"

type lens struct {
	Range   span `json:"range"`
	Command struct {
		Title     string `json:"title"`
		Command   string `json:"command"`
		Arguments []struct {
			URI      string `json:"uri"`
			Workflow string `json:"workflow"`
		} `json:"arguments"`
	} `json:"command"`
}

// lens claims a code lens on the line: //@lens("title").
func (f *markedFile) lens(m marker) {
	f.t.Helper()
	i := slices.IndexFunc(f.lenses, func(l lens) bool { return l.Command.Title == m.text && l.Range.Start.Line == m.line })
	if i < 0 {
		f.t.Errorf("%s: no such lens; unclaimed are %+v", m.where, f.lenses)
		return
	}
	if l := f.lenses[i]; l.Command.Command != "dataflow.server.run" || len(l.Command.Arguments) != 1 || l.Command.Arguments[0].URI != fileURI(f.path) {
		f.t.Errorf("%s: the lens runs %+v", m.where, l.Command)
	}
	f.lenses = slices.Delete(f.lenses, i, i+1)
}
