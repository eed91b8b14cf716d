package lsp

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/inspector"
	"github.com/dataflow-go/dataflow/internal/devrun"
)

// maxLines bounds the lists of a hover.
const maxLines = 12

// describeChain shows where the value of a connection comes from, what it becomes, and
// where it goes on to.
func describeChain(t *analysis.Target) string {
	c := t.Connection
	if c == nil || t.Workflow == nil || t.Kind != analysis.TargetOutput && t.Kind != analysis.TargetInput {
		return ""
	}
	i := inspectorOf(t.Workflow)
	trace, err := i.TraceParameter(c.To.S, c.Input.S)
	if err != nil || trace.Via == nil {
		return ""
	}
	lines := []string{"- " + connectionLine(trace.Via)}
	lines = append(lines, sourceLines(trace.From, "  ")...)
	onward, err := i.ParameterConsumers(c.To.S, "")
	if err == nil && len(onward) > 0 {
		lines = append(lines, "", "goes on to", "")
		for k := range onward {
			lines = append(lines, "- "+connectionLine(&onward[k]))
		}
	}
	return "The value\n\n" + strings.Join(atMost(lines, maxLines), "\n") + "\n"
}

// connectionLine is a connection with the types at its ends.
func connectionLine(c *inspector.Connection) string {
	line := fmt.Sprintf("`%s.%s` → `%s.%s`", c.From, c.Output, c.To, c.Input)
	if c.OutputType != "" && c.InputType != "" {
		line += fmt.Sprintf(", `%s` → `%s`", c.OutputType, c.InputType)
	}
	return line
}

// sourceLines tell what the node in front of a connection was given.
func sourceLines(traces []inspector.Trace, indent string) []string {
	var lines []string
	for k := range traces {
		t := &traces[k]
		lines = append(lines, fmt.Sprintf("%s- `%s.%s` %s", indent, t.Node, t.Parameter, sourceOf(t)))
		lines = append(lines, sourceLines(t.From, indent+"  ")...)
	}
	return lines
}

// sourceOf says what gives a parameter its value.
func sourceOf(t *inspector.Trace) string {
	switch t.Source {
	case "connection":
		return fmt.Sprintf("from `%s.%s`", t.Via.From, t.Via.Output)
	case "input":
		return fmt.Sprintf("is the input `%s`", t.Value)
	case "literal":
		return fmt.Sprintf("is `%s`", strings.ReplaceAll(t.Value, "`", "'"))
	case "default":
		return fmt.Sprintf("is `%s` by default", t.Value)
	case "unknown":
		return "is computed when the program runs"
	}
	return "is given by nothing"
}

func atMost(lines []string, most int) []string {
	if len(lines) > most {
		return append(lines[:most:most], "- …")
	}
	return lines
}

// describeLineage shows where each parameter of a node comes from, and who takes its
// outputs.
func describeLineage(t *analysis.Target) string {
	if t.Node == nil || t.Workflow == nil {
		return ""
	}
	i := inspectorOf(t.Workflow)
	traces, err := i.ParameterLineage(t.Node.ID.S)
	if err != nil {
		return ""
	}
	var lines []string
	for k := range traces {
		lines = append(lines, fmt.Sprintf("- `%s` %s", traces[k].Parameter, sourceOf(&traces[k])))
	}
	return strings.Join(atMost(lines, maxLines), "\n")
}

// sqlWait is how long a hover waits for a database.
const sqlWait = 300 * time.Millisecond

// describeSQL shows the SQL that a node runs on the configured database; "" where that
// cannot be told at once.
func (v *view) describeSQL(ctx context.Context, t *analysis.Target) string {
	if t.Kind != analysis.TargetNodeType || t.Node == nil || t.Model == nil || t.Workflow == nil {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, sqlWait)
	defer cancel()
	nodes, database, err := devrun.ExplainSQL(ctx, v.module.root, "", t.Workflow.Models, t.Workflow.Graph, t.Node)
	if err != nil || len(nodes) == 0 || len(nodes[0].Statements) == 0 {
		return ""
	}
	return fmt.Sprintf("On %s:\n\n```sql\n%s;\n```\n", database, strings.Join(nodes[0].Statements, ";\n"))
}
