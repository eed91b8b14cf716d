package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/internal/devrun"
)

// runFlags are the flags of run.
type runFlags struct {
	source
	pkg       string
	database  string
	inputs    []string
	inputFile string
	commit    bool
}

func newRun() *cobra.Command {
	var flags runFlags
	cmd := &cobra.Command{
		Use:   "run WORKFLOW",
		Short: "Run a workflow on a dev database",
		Long: `Run a workflow on a dev database, without compiling the program.

WORKFLOW is the name of the function that builds it, or the workflow's own name.
What it writes is rolled back unless --commit is given. Only databases that
dataflow.yaml marks "dev: true" are touched; without that file the database is
SQLite in .dataflow/dev.db beside go.mod.`,
		Example: "  dataflow run Signup --input email=alice@example.com\n  dataflow run place_order --inputs order.json --commit --format json",
		Args:    cobra.ExactArgs(1),
	}
	f := addFormat(cmd)
	addDir(cmd, &flags.dir)
	addTags(cmd, &flags.tags)
	cmd.Flags().StringVar(&flags.pkg, "package", "", "look for the workflow in these packages only (default ./...)")
	cmd.Flags().StringArrayVar(&flags.inputs, "input", nil, "give an input a value, `name=value`; may be repeated")
	cmd.Flags().StringVar(&flags.inputFile, "inputs", "", "read inputs from a JSON `file`, - for standard input")
	cmd.Flags().BoolVar(&flags.commit, "commit", false, "keep what the workflow writes")
	cmd.Flags().StringVar(&flags.database, "database", "", "run on this database of dataflow.yaml")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return runWorkflow(cmd, args[0], flags, *f)
	}
	return cmd
}

func runWorkflow(cmd *cobra.Command, name string, flags runFlags, f format) error {
	inputs, err := flags.readInputs(cmd.InOrStdin())
	if err != nil {
		return err
	}
	var patterns []string
	if flags.pkg != "" {
		patterns = []string{flags.pkg}
	}
	packages, err := flags.load(cmd.Context(), patterns)
	if err != nil {
		return err
	}
	workflow, err := findWorkflow(packages, name)
	if err != nil {
		writeLoadErrors(cmd.ErrOrStderr(), packages)
		return err
	}
	report, err := devrun.Run(cmd.Context(), devrun.Request{
		Workflow: workflow, Database: flags.database, Inputs: inputs, Commit: flags.commit,
	})
	if err != nil {
		return err
	}
	if f == formatJSON {
		err = writeJSON(cmd.OutOrStdout(), report)
	} else {
		err = writeReport(cmd.OutOrStdout(), report, flags.commit)
	}
	if err == nil && report.Error != nil {
		return errFindings
	}
	return err
}

// readInputs reads --inputs, then --input over it.
func (r runFlags) readInputs(in io.Reader) (map[string]any, error) {
	inputs := map[string]any{}
	if r.inputFile != "" {
		if r.inputFile != "-" {
			file, err := os.Open(r.inputFile)
			if err != nil {
				return nil, fmt.Errorf("--inputs: %w", err)
			}
			defer file.Close() //nolint:errcheck // only read
			in = file
		}
		dec := json.NewDecoder(in)
		dec.UseNumber()
		if err := dec.Decode(&inputs); err != nil {
			return nil, fmt.Errorf("--inputs: %s must hold one JSON object: %w", r.inputFile, err)
		}
	}
	for _, pair := range r.inputs {
		name, value, ok := strings.Cut(pair, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("--input %q: write it as name=value", pair)
		}
		if inputs == nil { // the file held null
			inputs = map[string]any{}
		}
		inputs[name] = value
	}
	return inputs, nil
}

// findWorkflow finds the one workflow that a name means: a function's first, then
// the name that the workflow was given.
func findWorkflow(packages []*analysis.Package, name string) (*analysis.Workflow, error) {
	var byFunc, byName []*analysis.Workflow
	places := map[*analysis.Workflow]string{}
	names := map[string]bool{}
	for _, p := range packages {
		for _, w := range p.Workflows {
			places[w] = p.Path + "." + w.Func
			names[w.Func] = true
			if w.Graph.Name != "" {
				names[w.Graph.Name] = true
			}
			if w.Func == name {
				byFunc = append(byFunc, w)
			} else if w.Graph.Name == name {
				byName = append(byName, w)
			}
		}
	}
	found := byFunc
	if len(found) == 0 {
		found = byName
	}
	if len(found) == 1 {
		return found[0], nil
	}
	if len(found) > 1 {
		var at []string
		for _, w := range found {
			at = append(at, places[w])
		}
		return nil, fmt.Errorf("%d workflows are called %q: %s. Give the function's name, or narrow it down by --package", len(found), name, strings.Join(at, ", "))
	}
	known := slices.Sorted(maps.Keys(names))
	if near := errcatalog.Nearest(name, known); near != "" {
		return nil, fmt.Errorf("there is no workflow %q: did you mean %q?", name, near)
	}
	if len(known) == 0 {
		return nil, fmt.Errorf("there is no workflow %q: these packages have none", name)
	}
	return nil, fmt.Errorf("there is no workflow %q: there are %s", name, strings.Join(known, ", "))
}

// marks stand before a node in the report.
var marks = map[engine.Status]string{
	engine.Succeeded: "✓",
	engine.Failed:    "✗",
	engine.Skipped:   "○",
	engine.Cancelled: "–",
}

// writeReport prints what each node did.
func writeReport(w io.Writer, r *devrun.Report, commit bool) error {
	var b strings.Builder
	color := colored(w)
	paint := painter(color)
	fmt.Fprintf(&b, "%s on %s\n", r.Workflow, r.Database)
	width := 0
	for _, n := range r.Nodes {
		width = max(width, utf8.RuneCountInString(n.ID))
	}
	for _, n := range r.Nodes {
		style := styleGreen
		switch n.Status {
		case engine.Failed:
			style = styleRed
		case engine.Skipped, engine.Cancelled:
			style = styleFaint
		}
		fmt.Fprintf(&b, "\n%s %-*s  %s  %s", paint.paint(style, marks[n.Status]), width, n.ID, n.Type, n.Status)
		if n.Status == engine.Succeeded {
			fmt.Fprintf(&b, "  %s  %.1f ms", rows(n.Rows), n.DurationMS)
		}
		b.WriteByte('\n')
		if n.Output != nil {
			out, err := json.MarshalIndent(n.Output, "", "  ")
			if err != nil {
				return err
			}
			b.WriteString(indent(string(out), "    ") + "\n")
		}
	}
	for _, warning := range r.Warnings {
		fmt.Fprintf(&b, "\n%s %s\n", paint.paint(styleYellow, string(warning.Code)+" (warning)"), warning.Message)
	}
	errs := r.Errors
	if len(errs) == 0 && r.Error != nil {
		errs = []*errcatalog.Error{r.Error}
	}
	for _, e := range errs {
		fmt.Fprintf(&b, "\n%s\n", e.Page(color))
	}
	fmt.Fprintf(&b, "\n%s\n", outcome(r, commit))
	_, err := io.WriteString(w, b.String())
	return err
}

// outcome says what became of the writes.
func outcome(r *devrun.Report, commit bool) string {
	switch {
	case r.Committed:
		return "Committed."
	case r.Error != nil:
		return "The workflow failed; nothing was kept."
	case !commit:
		return "Dry run: everything was rolled back. Keep it with --commit."
	}
	return "Nothing was kept."
}

func rows(n int) string {
	if n == 1 {
		return "1 row"
	}
	return fmt.Sprintf("%d rows", n)
}
