package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/internal/config"
)

func newValidate() *cobra.Command {
	var dir, tags string
	cmd := &cobra.Command{
		Use:   "validate [packages]",
		Short: "Report the mistakes in models and workflows",
		Long: `Report the mistakes in models and workflows.

Packages are named as the go command names them; without any, ./... is meant.
Errors and warnings make the exit code 1; information and hints do not.
dataflow.yaml at the module's root sets the severity of each code.`,
		Example: "  dataflow validate\n  dataflow validate ./internal/... --format json",
	}
	f := addFormat(cmd)
	addDir(cmd, &dir)
	addTags(cmd, &tags)
	cmd.RunE = func(cmd *cobra.Command, patterns []string) error {
		return validate(cmd, source{dir, tags}, patterns, *f)
	}
	return cmd
}

func addDir(cmd *cobra.Command, dir *string) {
	cmd.Flags().StringVarP(dir, "dir", "C", "", "work in this folder instead of the current one")
}

func addTags(cmd *cobra.Command, tags *string) {
	cmd.Flags().StringVar(tags, "tags", "", "build tags, as the go command takes them")
}

func validate(cmd *cobra.Command, src source, patterns []string, f format) error {
	cfg, err := config.Load(src.dir)
	if err != nil {
		return err
	}
	packages, err := src.load(cmd.Context(), patterns)
	if err != nil {
		return err
	}
	diagnostics := collect(cfg, packages)
	if f == formatJSON {
		err = writeJSON(cmd.OutOrStdout(), jsonDiagnostics(diagnostics))
	} else {
		err = writeDiagnostics(cmd.OutOrStdout(), diagnostics)
	}
	if err != nil {
		return err
	}
	unseen := writeLoadErrors(cmd.ErrOrStderr(), packages)
	switch {
	case slices.ContainsFunc(diagnostics, func(d analysis.Diagnostic) bool { return d.Severity <= errcatalog.SeverityWarning }):
		return errFindings
	case unseen > 0:
		return fmt.Errorf("no findings, but parts of the code could not be read")
	}
	return nil
}

// A source is the code that a command is asked about.
type source struct{ dir, tags string }

func (s source) load(ctx context.Context, patterns []string) ([]*analysis.Package, error) {
	o := analysis.Options{Dir: s.dir}
	if s.tags != "" {
		o.BuildFlags = []string{"-tags=" + s.tags}
	}
	return analysis.Load(ctx, o, patterns...)
}

// collect gathers the findings of all packages that the configuration lets
// through, in the order of the files.
func collect(cfg *config.Config, packages []*analysis.Package) []analysis.Diagnostic {
	var all []analysis.Diagnostic
	for _, p := range packages {
		for _, d := range slices.Concat(p.Diagnostics, p.Strict) {
			if cfg.Apply(&d.Finding) {
				all = append(all, d)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b analysis.Diagnostic) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Span.Start.Line, b.Span.Start.Line),
			cmp.Compare(a.Span.Start.Column, b.Span.Start.Column), cmp.Compare(a.Code, b.Code))
	})
	return all
}

// writeDiagnostics prints one line for each finding, as go vet does.
func writeDiagnostics(w io.Writer, diagnostics []analysis.Diagnostic) error {
	paint := painter(colored(w))
	cwd, err := os.Getwd()
	if err != nil {
		return err
	}
	for _, d := range diagnostics {
		severity := ""
		style := styleRed
		if d.Severity != errcatalog.SeverityError {
			severity, style = " ("+d.Severity.String()+")", styleYellow
		}
		if _, err := fmt.Fprintf(w, "%s:%d:%d: %s%s %s\n", shortPath(cwd, d.File), d.Span.Start.Line, d.Span.Start.Column,
			paint.paint(style, string(d.Code)), severity, d.Message); err != nil {
			return err
		}
	}
	return nil
}

// writeLoadErrors says what could not be seen, and returns how much that is. It
// belongs to the compiler's report and is here to explain silence.
func writeLoadErrors(w io.Writer, packages []*analysis.Package) int {
	n := 0
	for _, p := range packages {
		for _, err := range p.LoadErrors {
			writeln(w, fmt.Sprintf("%s: %v", p.Path, err))
			n++
		}
	}
	return n
}

// The JSON form of findings: lines and columns count from 1, columns count bytes
// of UTF-8, ends are exclusive, files are absolute.
type (
	jsonDiagnostic struct {
		Code     errcatalog.Code     `json:"code"`
		Severity errcatalog.Severity `json:"severity"`
		Message  string              `json:"message"`
		jsonRange
		Fixes []jsonFix `json:"fixes"`
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

func jsonDiagnostics(diagnostics []analysis.Diagnostic) []jsonDiagnostic {
	list := make([]jsonDiagnostic, 0, len(diagnostics))
	for _, d := range diagnostics {
		fixes := make([]jsonFix, 0, len(d.Fixes))
		for _, fix := range d.Fixes {
			edits := make([]jsonEdit, 0, len(fix.Edits))
			for _, e := range fix.Edits {
				edits = append(edits, jsonEdit{rangeOf(d.File, e.Span), e.New})
			}
			fixes = append(fixes, jsonFix{fix.Title, fix.Preferred, edits})
		}
		list = append(list, jsonDiagnostic{d.Code, d.Severity, d.Message, rangeOf(d.File, d.Span), fixes})
	}
	return list
}

func rangeOf(file string, s errcatalog.Span) jsonRange {
	if s.Start.Filename != "" {
		file = s.Start.Filename
	}
	return jsonRange{file, s.Start.Line, s.Start.Column, s.End.Line, s.End.Column}
}
