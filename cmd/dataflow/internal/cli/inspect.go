package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/inspector"
)

func newInspect() *cobra.Command {
	var src source
	var pkg string
	cmd := &cobra.Command{
		Use:   "inspect WORKFLOW QUESTION [NAME=VALUE ...]",
		Short: "Answer a question about a workflow, without running it",
		Long: `Answer a question about a workflow, without running it. The answer is JSON.

WORKFLOW is the name of the function that builds it, or the workflow's own name.

Questions:
` + questionList(),
		Example: "  dataflow inspect PlaceOrder executionOrder\n  dataflow inspect PlaceOrder traceParameter node=list parameter=filter.user_id",
		Args:    cobra.MinimumNArgs(2),
	}
	addDir(cmd, &src.dir)
	addTags(cmd, &src.tags)
	cmd.Flags().StringVar(&pkg, "package", "", "look for the workflow in these packages only (default ./...)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		named := map[string]string{}
		for _, pair := range args[2:] {
			name, value, ok := strings.Cut(pair, "=")
			if !ok {
				return fmt.Errorf("%q: write it as name=value", pair)
			}
			named[name] = value
		}
		i, err := src.inspector(cmd, pkg, args[0])
		if err != nil {
			return err
		}
		answer, err := i.Ask(args[1], named)
		if err != nil {
			return err
		}
		return writeJSON(cmd.OutOrStdout(), answer)
	}
	return cmd
}

func newGraph() *cobra.Command {
	var src source
	var pkg, as string
	cmd := &cobra.Command{
		Use:     "graph WORKFLOW",
		Short:   "Draw a workflow",
		Long:    "Draw a workflow as text, or for a tool that renders it: Mermaid, Graphviz, a browser.",
		Example: "  dataflow graph PlaceOrder\n  dataflow graph PlaceOrder --as svg > order.svg",
		Args:    cobra.ExactArgs(1),
	}
	addDir(cmd, &src.dir)
	addTags(cmd, &src.tags)
	cmd.Flags().StringVar(&pkg, "package", "", "look for the workflow in these packages only (default ./...)")
	cmd.Flags().StringVar(&as, "as", "text", strings.Join(inspector.Formats, ", "))
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		i, err := src.inspector(cmd, pkg, args[0])
		if err != nil {
			return err
		}
		drawing, err := i.Ask("draw", map[string]string{"format": as})
		if err != nil {
			return err
		}
		_, err = io.WriteString(cmd.OutOrStdout(), drawing.(string))
		return err
	}
	return cmd
}

// questionList lists the questions with their arguments.
func questionList() string {
	var b strings.Builder
	for _, q := range inspector.Questions {
		fmt.Fprintf(&b, "  %-20s %s\n", strings.TrimSpace(q.Name), q.Says)
		if len(q.Args) > 0 {
			fmt.Fprintf(&b, "  %-20s takes %s\n", "", strings.Join(q.Args, ", "))
		}
	}
	return b.String()
}

// inspector is that of a workflow of the source.
func (s source) inspector(cmd *cobra.Command, pkg, name string) (*inspector.Inspector, error) {
	var patterns []string
	if pkg != "" {
		patterns = []string{pkg}
	}
	packages, err := s.load(cmd.Context(), patterns)
	if err != nil {
		return nil, err
	}
	wf, err := findWorkflow(packages, name)
	if err != nil {
		writeLoadErrors(cmd.ErrOrStderr(), packages)
		return nil, err
	}
	return inspectorOf(wf), nil
}

func inspectorOf(wf *analysis.Workflow) *inspector.Inspector {
	return inspector.New(wf.Graph, graph.NewModelSet(wf.Models...))
}
