package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// writeGitHub prints the commands that GitHub Actions turns into annotations of
// the changed lines.
func (r *report) writeGitHub(w io.Writer) error {
	var b strings.Builder
	for i := range r.findings {
		d := &r.findings[i]
		level := "notice"
		switch d.Severity {
		case errcatalog.SeverityError:
			level = "error"
		case errcatalog.SeverityWarning:
			level = "warning"
		}
		file, _ := r.inRepository(d.File)
		span := proper(d.Span)
		start, end := span.Start, span.End
		fmt.Fprintf(&b, "::%s file=%s,line=%d,endLine=%d", level, githubProperty.Replace(file), start.Line, end.Line)
		if start.Line == end.Line { // columns of several lines are refused
			fmt.Fprintf(&b, ",col=%d,endColumn=%d",
				r.lines.column(d.File, start.Line, start.Column), r.lines.column(d.File, end.Line, end.Column))
		}
		fmt.Fprintf(&b, ",title=%s::%s\n", d.Code, githubData.Replace(d.Message))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// What a workflow command would read as its own syntax.
var (
	githubData     = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	githubProperty = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)
