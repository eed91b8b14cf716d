package cli

import (
	"io"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// The JSON form of findings: lines and columns count from 1, columns count bytes
// of UTF-8, ends are exclusive, files are absolute.
type (
	jsonDiagnostic struct {
		Code     errcatalog.Code     `json:"code"`
		Severity errcatalog.Severity `json:"severity"`
		Message  string              `json:"message"`
		jsonRange
		Related []jsonRelated `json:"related"`
		Fixes   []jsonFix     `json:"fixes"`
	}
	jsonRelated struct {
		Message string `json:"message"`
		jsonRange
	}
	jsonFix struct {
		Title     string     `json:"title"`
		Preferred bool       `json:"preferred"`
		Edits     []jsonEdit `json:"edits"`
	}
	jsonEdit struct {
		jsonRange
		NewText string `json:"new_text"`
	}
	jsonRange struct {
		File      string `json:"file"`
		Line      int    `json:"line"`
		Column    int    `json:"column"`
		EndLine   int    `json:"end_line"`
		EndColumn int    `json:"end_column"`
	}
)

// writeJSON prints the findings as one array.
func (r *report) writeJSON(w io.Writer) error {
	list := make([]jsonDiagnostic, 0, len(r.findings))
	for i := range r.findings {
		d := &r.findings[i]
		rangeOf := func(s errcatalog.Span) jsonRange {
			return jsonRange{fileOf(d, s), s.Start.Line, s.Start.Column, s.End.Line, s.End.Column}
		}
		related := make([]jsonRelated, 0, len(d.Related))
		for _, rel := range d.Related {
			related = append(related, jsonRelated{rel.Message, rangeOf(rel.Span)})
		}
		fixes := make([]jsonFix, 0, len(d.Fixes))
		for _, fix := range d.Fixes {
			edits := make([]jsonEdit, 0, len(fix.Edits))
			for _, e := range fix.Edits {
				edits = append(edits, jsonEdit{rangeOf(e.Span), e.New})
			}
			fixes = append(fixes, jsonFix{fix.Title, fix.Preferred, edits})
		}
		list = append(list, jsonDiagnostic{d.Code, d.Severity, d.Message, rangeOf(d.Span), related, fixes})
	}
	return writeJSON(w, list)
}
