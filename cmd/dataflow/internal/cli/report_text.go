package cli

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// writeText prints each finding as go vet does, file:line:column: message, and
// below it the line that it is about with the range underlined.
func (r *report) writeText(w io.Writer) error {
	paint := painter(colored(w))
	var b strings.Builder
	for i := range r.findings {
		d := &r.findings[i]
		severity, style := "", styleRed
		switch d.Severity {
		case errcatalog.SeverityError:
		case errcatalog.SeverityWarning:
			severity, style = " (warning)", styleYellow
		default:
			severity, style = " ("+d.Severity.String()+")", styleCyan
		}
		fmt.Fprintf(&b, "%s: %s%s %s\n", r.place(d.File, d.Span), paint.paint(style, string(d.Code)), severity, d.Message)
		r.excerpt(&b, paint, style, d.File, d.Span)
		for _, rel := range d.Related {
			file := fileOf(d, rel.Span)
			fmt.Fprintf(&b, "  %s: %s\n", r.place(file, rel.Span), rel.Message)
			r.excerpt(&b, paint, styleFaint, file, rel.Span)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *report) place(file string, s errcatalog.Span) string {
	return fmt.Sprintf("%s:%d:%d", shortPath(r.cwd, file), s.Start.Line, s.Start.Column)
}

// excerpt prints the first line of a span, and the underline of what is in it.
func (r *report) excerpt(b *strings.Builder, paint painter, style, file string, s errcatalog.Span) {
	line := r.lines.line(file, s.Start.Line)
	end := len(line)
	if s.End.Line == s.Start.Line {
		end = s.End.Column - 1
	}
	text, pad, width := underlined(line, s.Start.Column-1, end)
	if text == "" {
		return
	}
	fmt.Fprintf(b, "    %s\n    %s%s\n", text, strings.Repeat(" ", pad), paint.paint(style, strings.Repeat("^", width)))
}

const (
	tabWidth    = 4
	excerptMax  = 120 // cells of a long line that are shown
	excerptLead = 40  // of them, before what is underlined
)

// A cell is what a reader takes for one character.
type cell struct {
	text  string
	width int // on a terminal
	mark  bool
}

// underlined is a line as a terminal shows it, without its indentation, and where
// the bytes from start to end stand in it.
func underlined(line string, start, end int) (text string, pad, width int) {
	indent := len(line) - len(strings.TrimLeft(line, " \t"))
	line = strings.TrimRightFunc(line, unicode.IsSpace)
	if indent >= len(line) {
		return "", 0, 0
	}
	cells, first := cellsOf(line[indent:], start-indent, max(end, start+1)-indent)
	from := 0
	if len(cells) > excerptMax {
		from = max(0, min(first-excerptLead, len(cells)-excerptMax))
	}
	var b strings.Builder
	if from > 0 {
		b.WriteString("…")
		pad = 1
	}
	for i, c := range cells[from:] {
		if i == excerptMax {
			b.WriteString("…")
			break
		}
		b.WriteString(c.text)
		switch {
		case c.mark:
			width += c.width
		case width == 0 && from+i < first:
			pad += c.width
		}
	}
	return b.String(), pad, max(width, 1)
}

// cellsOf takes a line apart and marks the bytes from start to end; first is the
// first that is marked. What a terminal would take for an order is replaced.
func cellsOf(line string, start, end int) (cells []cell, first int) {
	at, column := 0, 0
	first = -1
	for g := displaywidth.StringGraphemes(line); g.Next(); {
		c := cell{text: g.Value(), width: g.Width(), mark: at >= start && at < end}
		at += len(c.text)
		switch r, _ := utf8.DecodeRuneInString(c.text); {
		case r == '\t':
			c.width = tabWidth - column%tabWidth
			c.text = strings.Repeat(" ", c.width)
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == utf8.RuneError:
			c.text, c.width = "\ufffd", 1
		}
		column += c.width
		if c.mark && first < 0 {
			first = len(cells)
		}
		cells = append(cells, c)
	}
	if first < 0 { // behind the end of the line
		first = len(cells)
	}
	return cells, first
}
