package model_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/model"
	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write docs/nodes.md")

// Member is the model that docs/nodes.md shows the contracts of.
type Member struct {
	dataflow.Model `df:"softdelete,versioned"`
	ID             string
	Email          string `df:",unique" validate:"email"`
	Nickname       *string
	Active         bool `df:",default=true"`
	CreatedAt      time.Time
}

var summaries = map[model.Operation]string{
	model.Create: "inserts one record.", model.Read: "reads one record, by its key or by a filter that pins a unique key.",
	model.Update: "changes one record.", model.Delete: "deletes one record.",
	model.List: "reads a page of records.", model.Count: "counts records, without reading them.",
	model.Upsert:     "updates the record that `where` finds, or inserts a new one, in one step.",
	model.BulkCreate: "inserts many records, all or none.", model.BulkUpdate: "changes many records, alike or each in its own way.",
	model.BulkDelete: "deletes many records.", model.BulkUpsert: "updates or inserts many records, all or none.",
}

// TestNodesDoc keeps docs/nodes.md in step with the contracts. Run it with -update
// to write the page.
func TestNodesDoc(t *testing.T) {
	t.Parallel()
	m, problems := model.FromStruct(Member{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	var b strings.Builder
	b.WriteString(`# Node types

Every model yields eleven node types, named Model + operation + ` + "`Node`" + `. Here they are for

` + "```go" + `
type Member struct {
	dataflow.Model ` + "`df:\"softdelete,versioned\"`" + `
	ID        string
	Email     string ` + "`df:\",unique\" validate:\"email\"`" + `
	Nickname  *string
	Active    bool ` + "`df:\",default=true\"`" + `
	CreatedAt time.Time
}
` + "```" + `

Parameters and outputs are column names. **R** marks what is required. The page is made from the code
(` + "`go test ./model -update`" + `); [models.md](models.md) says what a struct may hold.

Every node also takes the input ` + "`trigger`" + `, which orders it and carries no value. Filters, connections and
expressions are explained at the end.
`)
	for _, op := range model.Operations {
		c := model.ContractOf(m, op)
		fmt.Fprintf(&b, "\n## %s\n\n`%s` %s\n\n| parameter | type | | |\n| --- | --- | --- | --- |\n", op, c.NodeType, summaries[op])
		for _, p := range c.Params {
			writeParam(&b, p)
		}
		b.WriteString("\n| output | type | |\n| --- | --- | --- |\n")
		for _, p := range c.Outputs {
			fmt.Fprintf(&b, "| `%s` | `%s` | %s |\n", p.Name, p.TypeString(), p.Doc)
		}
	}
	b.WriteString(nodesTail)
	file := filepath.Join("..", "docs", "nodes.md")
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(have), b.String()); diff != "" {
		t.Errorf("docs/nodes.md is stale; run go test ./model -update (-have +want):\n%s", diff)
	}
}

func writeParam(b *strings.Builder, p model.Param) {
	required, doc := "", p.Doc
	if p.Required {
		required = "**R**"
	}
	if p.Field != nil && p.Field.HasDefault {
		doc = fmt.Sprintf("%v by default", p.Field.Default)
	}
	if p.Default != "" {
		doc += fmt.Sprintf(" Default: `%s`.", p.Default)
	}
	fmt.Fprintf(b, "| `%s` | `%s` | %s | %s |\n", p.Name, strings.ReplaceAll(p.TypeString(), "|", "\\|"), required, strings.TrimSpace(doc))
}

const nodesTail = `
## Filters

A filter is a map of columns to values, or to operators:

` + "```go" + `
dataflow.Params{"filter": dataflow.Params{
	"active": true,
	"email":  dataflow.Params{"$like": "%@example.com"},
	"$or":    []dataflow.Params{{"age": dataflow.Params{"$gte": 18}}, {"guardian_id": dataflow.Params{"$null": false}}},
}}
` + "```" + `

| operator | holds when the column |
| --- | --- |
| ` + "`$eq` `$ne`" + ` | is, is not the value |
| ` + "`$gt` `$gte` `$lt` `$lte`" + ` | is greater, at least, less, at most |
| ` + "`$between`" + ` | lies between the two values of a list, both included |
| ` + "`$in` `$nin`" + ` | is, is not one of a list; an empty ` + "`$in`" + ` matches nothing |
| ` + "`$like` `$ilike`" + ` | matches a pattern with ` + "`%` and `_`" + `; ` + "`$ilike`" + ` whatever the case |
| ` + "`$regex`" + ` | matches a regular expression of Go |
| ` + "`$contains`" + ` | holds the text, or for a list the member |
| ` + "`$overlap`" + ` | is a list with at least one of the members |
| ` + "`$any`" + ` | is a list with a member that is the value, or satisfies the operators: ` + "`{\"$any\": {\"$like\": \"go%\"}}`" + ` |
| ` + "`$null` `$exists`" + ` | is null (` + "`true`" + `) or not (` + "`false`" + `); is there in JSON |

` + "`$and`, `$or` (lists of filters) and `$not` (a filter)" + ` combine them. A dotted key goes into a JSON column:
` + "`\"settings.theme\": \"dark\"`" + `.

## Control nodes

| node type | parameters | outputs |
| --- | --- | --- |
| ` + "`SwitchNode`" + ` | ` + "`condition`" + `, or ` + "`cases`" + ` (name → condition) | ` + "`true_output` and `false_output`" + `; or the names of the cases and ` + "`default`" + ` |
| ` + "`MergeNode`" + ` | ` + "`mode`: `first` or `all`" + ` | ` + "`value`" + ` of the first branch that ran; ` + "`values`" + ` by input name |
| ` + "`TransformNode`" + ` | ` + "`expression`" + ` **R** | ` + "`result`" + ` |
| made by ` + "`AddFunc`" + ` | what is connected to it | what the function returns |

They take inputs of any name. Expressions are those of [expr](https://expr-lang.org): they see the inputs by name,
and the outputs of each connected node under its id: ` + "`len(check.records) > 0`" + `. Cases are tried in the order of
their names. A branch that is not taken skips what hangs on it.
`
