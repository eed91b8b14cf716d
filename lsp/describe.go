package lsp

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/model"
)

// describe says in Markdown what stands at a place; "" where there is nothing to say.
func describe(t *analysis.Target) string {
	switch t.Kind {
	case analysis.TargetNodeType:
		return describeContract(contractOf(t))
	case analysis.TargetNodeID:
		return describeNode(t)
	case analysis.TargetWorkflowName:
		return describeWorkflow(t.Workflow)
	case analysis.TargetParamKey, analysis.TargetInput, analysis.TargetOutput, analysis.TargetInputName:
		return describeParam(t)
	}
	return ""
}

func contractOf(t *analysis.Target) *model.Contract {
	if t.Node == nil || !t.Node.Type.Known {
		return nil
	}
	var models []*model.Model
	if t.Model != nil {
		models = append(models, t.Model)
	}
	return graph.Resolve(t.Node.Type.S, graph.NewModelSet(models...))
}

// describeContract shows what a node type accepts and yields.
func describeContract(c *model.Contract) string {
	if c == nil {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "**%s**", c.NodeType)
	if c.Model != nil {
		fmt.Fprintf(&b, " — %s of model `%s`, table `%s`", c.Operation, c.Model.Name, c.Model.Table)
	}
	b.WriteString("\n")
	if len(c.Params) > 0 || c.OpenInputs {
		b.WriteString("\n| Parameter | Type | | |\n|---|---|---|---|\n")
		for _, p := range c.Params {
			row(&b, p.Name, p.TypeString(), need(p), about(p))
		}
		if c.OpenInputs {
			row(&b, "…", "any", "optional", "inputs of any name")
		}
	}
	if len(c.Outputs) > 0 || c.OpenOutputs {
		b.WriteString("\n| Output | Type | |\n|---|---|---|\n")
		for _, p := range c.Outputs {
			row(&b, p.Name, p.TypeString(), about(p))
		}
		if c.OpenOutputs {
			row(&b, "…", "any", "outputs of any name")
		}
	}
	return b.String()
}

// row writes one line of a table: a name, a type, and text.
func row(b *strings.Builder, name, typ string, text ...string) {
	fmt.Fprintf(b, "| `%s` | `%s` |", cell(name), cell(typ))
	for _, t := range text {
		b.WriteString(" " + cell(t) + " |")
	}
	b.WriteString("\n")
}

var cells = strings.NewReplacer("|", "\\|", "\n", " ")

func cell(s string) string { return cells.Replace(s) }

func need(p model.Param) string {
	switch {
	case p.Required:
		return "**required**"
	case p.Default != "":
		return "default `" + p.Default + "`"
	}
	return "optional"
}

// about is what more there is to say of a parameter in few words.
func about(p model.Param) string {
	words := []string{}
	if p.Doc != "" {
		words = append(words, p.Doc)
	}
	if f := p.Field; f != nil {
		if f.Primary {
			words = append(words, "primary key")
		}
		if f.HasDefault {
			words = append(words, fmt.Sprintf("default `%v`", f.Default))
		}
		if f.Validate != "" {
			words = append(words, "`"+f.Validate+"`")
		}
	}
	return strings.Join(words, "; ")
}

// describeParam shows a parameter, an output, or the column that a path ends in.
func describeParam(t *analysis.Target) string {
	var b strings.Builder
	what := "parameter"
	if t.Kind == analysis.TargetOutput {
		what = "output"
	}
	if t.Kind == analysis.TargetInputName {
		fmt.Fprintf(&b, "**%s** — input of the workflow, given when it runs\n", t.Text)
		if t.Param == nil && t.Field == nil {
			return b.String()
		}
		b.WriteString("\n")
	}
	switch {
	case t.Param != nil && (t.Field == nil || t.Param.Field == t.Field || t.Path == t.Param.Name):
		fmt.Fprintf(&b, "**%s** `%s` — %s of %s", t.Param.Name, t.Param.TypeString(), what, nodeTypeOf(t))
		if what == "parameter" {
			b.WriteString(", " + need(*t.Param))
		}
		b.WriteString("\n")
		if t.Param.Doc != "" {
			b.WriteString("\n" + t.Param.Doc + "\n")
		}
	case t.Field != nil:
		fmt.Fprintf(&b, "**%s** `%s` — column in `%s` of %s\n", t.Field.Column, t.Field.Type, t.Path, nodeTypeOf(t))
	default:
		return b.String()
	}
	if t.Field != nil && t.Model != nil {
		b.WriteString("\n" + describeField(t.Model, t.Field))
	}
	return b.String()
}

func nodeTypeOf(t *analysis.Target) string {
	if t.Node == nil {
		return "the node"
	}
	return "`" + cmp.Or(t.Node.Type.S, t.Node.ID.S) + "`"
}

// describeField shows the Go field and the column behind it.
func describeField(m *model.Model, f *model.Field) string {
	var b strings.Builder
	line := func(key, format string, args ...any) {
		fmt.Fprintf(&b, "- %s: "+format+"\n", append([]any{key}, args...)...)
	}
	if f.Name != "" {
		line("Field", "`%s.%s %s`", m.Name, f.Name, f.GoType)
	}
	line("Column", "`%s.%s`", m.Table, f.Column)
	for _, k := range m.Keys {
		if len(k.Columns) == 1 && k.Columns[0] == f.Column {
			if k.Primary {
				line("Key", "primary key")
			} else {
				line("Key", "unique")
			}
		}
	}
	if f.Validate != "" {
		line("Rules", "`%s`", f.Validate)
	}
	if f.HasDefault {
		line("Default", "`%v`", f.Default)
	}
	if f.Ref != nil {
		line("Refers to", "`%s.%s`", f.Ref.Model, f.Ref.Column)
	}
	return b.String()
}

// describeNode shows a node's type and what is wired to it.
func describeNode(t *analysis.Target) string {
	if t.Node == nil || t.Workflow == nil {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "**%s** — `%s`", t.Node.ID.S, t.Node.Type.S)
	if t.Node.Tx != "" {
		fmt.Fprintf(&b, " in transaction `%s`", t.Node.Tx)
	}
	b.WriteString("\n\n")
	id := t.Node.ID.S
	if lineage := describeLineage(t); lineage != "" {
		b.WriteString(lineage + "\n\n")
	}
	for _, c := range t.Workflow.Graph.Connections {
		if c.From.S == id || c.To.S == id {
			fmt.Fprintf(&b, "- `%s.%s` → `%s.%s`\n", c.From.S, c.Output.S, c.To.S, c.Input.S)
		}
	}
	for _, d := range t.Workflow.Graph.Dependencies {
		if d.Before.S == id || d.After.S == id {
			fmt.Fprintf(&b, "- `%s` before `%s`\n", d.Before.S, d.After.S)
		}
	}
	return b.String()
}

// describeWorkflow shows what a workflow consists of, and what keeps it from
// being run from the editor.
func describeWorkflow(wf *analysis.Workflow) string {
	if wf == nil {
		return ""
	}
	g := wf.Graph
	var b strings.Builder
	fmt.Fprintf(&b, "**%s** — workflow of %d nodes and %d connections\n", g.Name, len(g.Nodes), len(g.Connections))
	for _, in := range inputsOf(wf) {
		word := "optional"
		if in.Required {
			word = "required"
		}
		fmt.Fprintf(&b, "\n- Input `%s`, %s", in.Name, word)
	}
	if wf.Runnable != nil {
		fmt.Fprintf(&b, "\n\nIt cannot be run from here: %s", reason(wf.Runnable))
	}
	return b.String()
}
