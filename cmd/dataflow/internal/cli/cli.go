// Package cli is the command line of dataflow: flags, formats and exit codes
// around the packages that do the work.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/internal/devrun"
)

// The exit codes.
const (
	exitClean    = 0
	exitFindings = 1 // or the workflow failed
	exitFailed   = 2 // could not do what was asked
)

// errFindings ends a command whose output tells all there is to tell.
var errFindings = errors.New("there are findings")

// A refusal is a failure that one line tells whole: what it is about was printed
// before, or is a few words.
type refusal struct {
	code   errcatalog.Code
	reason string
}

// Error is the line.
func (r refusal) Error() string { return string(r.code) + " " + r.reason }

// Run runs a command line and returns its exit code.
func Run(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(in)
	root.SetOut(out)
	root.SetErr(errs)
	cmd, err := root.ExecuteContextC(ctx)
	switch {
	case err == nil:
		return exitClean
	case errors.Is(err, errFindings):
		return exitFindings
	}
	printError(errs, cmd, err)
	return exitFailed
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "dataflow",
		Short:         "Check, run and explain DataFlow workflows",
		Long:          "Check, run and explain DataFlow workflows.\n\nExit codes: 0 clean, 1 findings or a failed workflow, 2 could not run.",
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.AddCommand(newValidate(), newRun(), newInspect(), newGraph(), newMigrate(), newExplain(), newVersion())
	return root
}

// printError tells why a command could not do what was asked: the pages of the
// catalogue's errors, or one line for a refusal and a slip on the command line.
func printError(w io.Writer, cmd *cobra.Command, err error) {
	var coded *errcatalog.Error
	switch refused := (refusal{}); {
	case errors.As(err, &refused):
		writeln(w, "dataflow: "+refused.Error())
	case errors.As(err, &coded):
		for i, e := range devrun.Errors(err) {
			if i > 0 {
				writeln(w, "")
			}
			writeln(w, e.Page(colored(w)))
		}
	default:
		slip := refusal{errcatalog.DF411, err.Error()}
		writeln(w, fmt.Sprintf("dataflow: %v\nSee '%s --help'.", slip, cmd.CommandPath()))
	}
}
