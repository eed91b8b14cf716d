package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/internal/config"
)

// validateFlags are the flags of validate.
type validateFlags struct {
	source
	format    *format
	fix, diff bool
	strict    bool
	severity  severityFlag
}

func newValidate() *cobra.Command {
	flags := validateFlags{severity: severityFlag{errcatalog.SeverityHint}}
	cmd := &cobra.Command{
		Use:   "validate [packages]",
		Short: "Report the mistakes in models and workflows",
		Long: `Report the mistakes in models and workflows.

Packages are named as the go command names them; without any, ./... is meant.
Errors and warnings make the exit code 1; information and hints do not, nor does
what --severity leaves out. dataflow.yaml at the module's root sets the severity
of each code; what is wrong with it is reported too. So is how the models differ
from a dev database that it marks "check_models: true".

--fix applies the fixes that are sure, again and again until none is left, and
reports what remains. Generated files stay as they are. --diff prints what --fix
would change, for git apply or patch -p1, and writes nothing; the exit code is 1
when there is a difference or a finding.

--format sarif prints SARIF 2.1.0 for code scanning, --format github annotations for
GitHub Actions. Both name files from the root of the repository.`,
		Example: "  dataflow validate\n  dataflow validate ./internal/... --format json\n  dataflow validate --fix\n  dataflow validate --strict --severity error",
	}
	flags.format = addFormat(cmd, formatSARIF, formatGitHub)
	addDir(cmd, &flags.dir)
	addTags(cmd, &flags.tags)
	cmd.Flags().BoolVar(&flags.noCache, "no-cache", false, "read everything anew: neither use nor keep results of other runs")
	cmd.Flags().BoolVar(&flags.fix, "fix", false, "apply the fixes that are sure")
	cmd.Flags().BoolVar(&flags.diff, "diff", false, "print what --fix would change, and write nothing")
	cmd.Flags().BoolVar(&flags.strict, "strict", false, "turn strict mode on, whatever dataflow.yaml says")
	cmd.Flags().Var(&flags.severity, "severity", "the least severity that is printed and counts: error, warning, info or hint")
	cmd.RunE = func(cmd *cobra.Command, patterns []string) error {
		if flags.diff && cmd.Flags().Changed("format") {
			return errors.New("--diff prints a diff and takes no --format")
		}
		return validate(cmd, flags, patterns)
	}
	return cmd
}

// severityFlag is the value of --severity.
type severityFlag struct{ least errcatalog.Severity }

// String, Set and Type make it a flag's value.
func (s *severityFlag) String() string { return s.least.String() }

// Set takes a severity that a finding can have.
func (s *severityFlag) Set(name string) error {
	least, err := errcatalog.ParseSeverity(name)
	if err != nil || least == errcatalog.SeverityOff || least == errcatalog.SeverityDefault {
		return errors.New("use error, warning, info or hint")
	}
	s.least = least
	return nil
}

// Type is what help calls the value.
func (s *severityFlag) Type() string { return "level" }

func addDir(cmd *cobra.Command, dir *string) {
	cmd.Flags().StringVarP(dir, "dir", "C", "", "work in this folder instead of the current one")
}

func addTags(cmd *cobra.Command, tags *string) {
	cmd.Flags().StringVar(tags, "tags", "", "build tags, as the go command takes them")
}

func validate(cmd *cobra.Command, flags validateFlags, patterns []string) error {
	cfg, beside := flags.config()
	var packages []*analysis.Package
	var changes []analysis.Change
	var err error
	if flags.fix || flags.diff {
		packages, changes, err = flags.mend(cmd, cfg, patterns)
	} else {
		packages, err = flags.load(cmd.Context(), patterns)
	}
	if err != nil {
		return err
	}
	if config.Err(beside) == nil {
		differences, err := drifted(cmd.Context(), cfg, packages)
		if err != nil {
			return err
		}
		beside = append(beside, differences...)
	}
	findings := flags.collect(cfg, packages, beside...)
	if flags.diff {
		err = writeDiff(cmd.OutOrStdout(), changes)
	} else {
		err = flags.report(cmd.OutOrStdout(), findings)
	}
	if err != nil {
		return err
	}
	unseen := writeLoadErrors(cmd.ErrOrStderr(), packages)
	failing := slices.ContainsFunc(findings, func(d analysis.Diagnostic) bool { return d.Severity <= errcatalog.SeverityWarning })
	if flags.diff && len(findings) > 0 {
		writeln(cmd.ErrOrStderr(), count(len(findings), "finding has", "findings have")+" no fix that is sure: `dataflow validate` shows all")
	}
	switch {
	case failing || flags.diff && len(changes) > 0:
		return errFindings
	case unseen > 0:
		return refusal{errcatalog.DF410, "no findings, but parts of the code could not be read"}
	}
	return nil
}

func (v validateFlags) report(w io.Writer, findings []analysis.Diagnostic) error {
	r, err := newReport(v.dir, findings)
	if err != nil {
		return err
	}
	return r.write(w, *v.format)
}

// config is what dataflow.yaml says, and the flags beside it; and what is wrong with
// the file. What is right in it counts all the same.
func (v validateFlags) config() (*config.Config, []errcatalog.Finding) {
	cfg, mistakes := config.Read(v.dir)
	if v.strict {
		cfg = cfg.InStrictMode()
	}
	return cfg, mistakes
}

// collect gathers the findings that the configuration and the flags let through.
func (v validateFlags) collect(cfg *config.Config, packages []*analysis.Package, beside ...errcatalog.Finding) []analysis.Diagnostic {
	return slices.DeleteFunc(collect(cfg, packages, beside...), func(d analysis.Diagnostic) bool { return d.Severity > v.severity.least })
}

// A source is the code that a command is asked about.
type source struct {
	dir, tags string
	noCache   bool // neither take nor keep what is known from run to run
}

func (s source) options() analysis.Options {
	o := analysis.Options{Dir: s.dir}
	if !s.noCache {
		o.CacheDir = analysis.CacheDir()
	}
	if s.tags != "" {
		o.BuildFlags = []string{"-tags=" + s.tags}
	}
	return o
}

func (s source) load(ctx context.Context, patterns []string) ([]*analysis.Package, error) {
	return analysis.Load(ctx, s.options(), patterns...)
}

// collect gathers the findings of all packages, and those beside them, that the
// configuration lets through, in the order of the files.
func collect(cfg *config.Config, packages []*analysis.Package, beside ...errcatalog.Finding) []analysis.Diagnostic {
	var all []analysis.Diagnostic
	for _, f := range beside {
		if cfg.Apply(&f) {
			all = append(all, analysis.Diagnostic{Finding: f, File: f.Span.Start.Filename})
		}
	}
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
