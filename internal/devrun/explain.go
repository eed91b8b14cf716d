package devrun

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/internal/config"
	"github.com/dataflow-go/dataflow/model"
)

// A NodeSQL is the SQL of one node.
type NodeSQL struct {
	ID   string `json:"id"`
	Type string `json:"type"`
	// Statements are in order, with placeholders for values. A node of a control
	// type, or of Go code, has none.
	Statements []string `json:"statements" doc:"In order, with placeholders for values; none of a node without a model."`
	// Reason says why there are none where one would expect some.
	Reason string `json:"reason,omitempty" doc:"Why there are none, where one would expect some."`
}

// ExplainSQL tells the SQL that nodes run: each is run on its own, dry, with made-up
// values for inputs and connections. On SQLite that is in memory; any other database is
// the dev database of that name, and nothing is kept in it. Errors are those of Run.
func ExplainSQL(ctx context.Context, dir, database string, models []*model.Model, g *graph.Graph, nodes ...*graph.Node) (_ []NodeSQL, _ string, err error) {
	cfg, err := config.Load(dir)
	if err != nil {
		return nil, "", err
	}
	db, err := Database(cfg, database)
	if err != nil {
		return nil, "", err
	}
	open := db
	if strings.HasPrefix(db.URL, "sqlite:") {
		open.URL, open.AutoMigrate = config.MemoryURL, true
	}
	e, err := Open(ctx, cfg, open)
	if err != nil {
		return nil, "", err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	if err := e.RegisterModels(models...); err != nil {
		return nil, "", err
	}
	all := make([]NodeSQL, len(nodes))
	for i, n := range nodes {
		if all[i], err = explainNode(ctx, e, g, n); err != nil {
			return nil, "", err
		}
	}
	return all, db.String(), nil
}

// explainNode runs one node alone. That it finds nothing does not matter.
func explainNode(ctx context.Context, e *engine.Engine, g *graph.Graph, n *graph.Node) (NodeSQL, error) {
	out := NodeSQL{ID: n.ID.S, Type: n.Type.S, Statements: []string{}}
	c := graph.Resolve(n.Type.S, e.Models())
	if c == nil || c.Model == nil {
		return out, nil
	}
	params := sampleParams(c, g, n)
	alone := &graph.Graph{Name: g.Name, Nodes: []graph.Node{*graph.NodeOf(n.Type.S, n.ID.S, params)}}
	res, err := e.RunGraph(ctx, alone, engine.WithDryRun())
	if ctx.Err() != nil {
		return out, ctx.Err()
	}
	if res != nil && len(res.Nodes) == 1 {
		for _, s := range res.Nodes[0].Statements {
			out.Statements = append(out.Statements, s.SQL)
		}
	}
	if len(out.Statements) == 0 && err != nil {
		var known *errcatalog.Error
		if out.Reason = err.Error(); errors.As(err, &known) {
			out.Reason = string(known.Code) + ": " + known.Message
		}
	}
	return out, nil
}

// sampleParams are the node's parameters, with made-up values where they come with a run.
func sampleParams(c *model.Contract, g *graph.Graph, n *graph.Node) map[string]any {
	types, inputs := inputTypes{}, map[string]any{}
	types.params(c, &n.Params)
	for name, t := range types {
		inputs[name] = sample(t)
	}
	params, ok := map[string]any{}, false
	if v, _ := n.Params.Resolve(inputs); v != nil {
		params, ok = v.(map[string]any)
	}
	if !ok || params == nil {
		params = map[string]any{}
	}
	for _, path := range inputPaths("", &n.Params) {
		if v := sampleAt(c, path); v != nil { // one that the column's own rules let pass
			setAt(params, strings.Split(path, "."), v)
		}
	}
	for _, conn := range g.Connections {
		if conn.To.S == n.ID.S && conn.Input.Known && conn.Input.S != graph.Trigger {
			setAt(params, strings.Split(conn.Input.S, "."), sampleAt(c, conn.Input.S))
		}
	}
	return params
}

// inputPaths are the paths of the inputs in a map.
func inputPaths(path string, v *graph.Value) []string {
	var all []string
	for i := range v.Entries {
		e := &v.Entries[i]
		at := strings.TrimPrefix(path+"."+e.Key, ".")
		if e.Value.State == graph.StateInput {
			all = append(all, at)
		}
		all = append(all, inputPaths(at, &e.Value)...)
	}
	return all
}

// setAt sets a value at a path, making what is missing on the way.
func setAt(params map[string]any, path []string, v any) {
	for len(path) > 1 {
		next, ok := params[path[0]].(map[string]any)
		if !ok {
			next = map[string]any{}
			params[path[0]] = next
		}
		params, path = next, path[1:]
	}
	params[path[0]] = v
}

// sampleAt is a value for what a path leads to.
func sampleAt(c *model.Contract, path string) any {
	keys := strings.Split(path, ".")
	p := c.Param(keys[0])
	switch {
	case p == nil:
		return nil
	case len(keys) == 1 && p.Shape == model.ShapeRows:
		row := map[string]any{}
		for i := range c.Model.Fields {
			if f := &c.Model.Fields[i]; f.RequiredOnCreate() {
				row[f.Column] = sampleOf(f)
			}
		}
		return []any{row}
	case len(keys) == 1 && p.Shape == model.ShapeKeys:
		return []any{sample(c.Model.FieldByColumn(c.Model.PrimaryKey()[0]).Type)}
	case len(keys) == 1 && (p.Shape == model.ShapeFilter || p.Shape == model.ShapeWhere || p.Shape == model.ShapeFields):
		f := &c.Model.Fields[0]
		return map[string]any{f.Column: sample(f.Type)}
	case len(keys) == 1 && p.Field != nil:
		return sampleOf(p.Field)
	case len(keys) == 1:
		return sample(p.Type)
	}
	for i, key := range slices.Backward(keys) {
		if f := c.Model.FieldByColumn(key); f != nil {
			t := f.Type
			if rest := keys[i+1:]; len(rest) == 1 && slices.Contains([]string{"$in", "$nin", "$between", "$overlap"}, rest[0]) {
				one := sample(t.Elem())
				return []any{one, one}
			}
			return sampleOf(f)
		}
	}
	return nil
}

// sampleOf is a value of a column that its rules let pass, where one is found.
func sampleOf(f *model.Field) any {
	v := sample(f.Type)
	if f.Validate == "" || f.Type.Kind != model.KindString || f.Type.Array || model.Validate(f, v) == nil {
		return v
	}
	candidates := []string{"alice@example.com", "https://example.com", "7d444840-9dc0-11d1-b245-5ffdce74fad2", "1", "a", "aaaaaaaaaaaa", "AAAA", "2026-01-02", "127.0.0.1", "+15551234567"}
	for rule := range strings.SplitSeq(f.Validate, ",") {
		if values, ok := strings.CutPrefix(rule, "oneof="); ok {
			candidates = append(strings.Fields(values), candidates...)
		}
	}
	for _, s := range candidates {
		if model.Validate(f, s) == nil {
			return s
		}
	}
	return v
}

// sample is a value of a type.
func sample(t model.Type) any {
	if t.Array {
		return []any{sample(t.Elem())}
	}
	switch k := t.Kind; {
	case k == model.KindBool:
		return true
	case k.IsInteger():
		return int64(1)
	case k.IsFloat():
		return 1.5
	case k == model.KindBytes:
		return []byte{1}
	case k == model.KindTime:
		return time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)
	case k == model.KindUUID:
		return uuid.UUID{1}
	case k == model.KindDecimal:
		return decimal.NewFromInt(1)
	case k == model.KindJSON, k == model.KindAny, k == model.KindRecord:
		return map[string]any{}
	}
	return "text"
}

// Script is the SQL of nodes as a file.
func Script(workflow, database string, nodes []NodeSQL) string {
	var b strings.Builder
	b.WriteString("-- What the nodes of " + strconv.Quote(workflow) + " run on " + database + ".\n")
	for _, n := range nodes {
		b.WriteString("\n-- " + n.ID + " (" + n.Type + ")\n")
		switch {
		case len(n.Statements) == 0 && n.Reason != "":
			b.WriteString("-- " + strings.ReplaceAll(n.Reason, "\n", "\n-- ") + "\n")
		case len(n.Statements) == 0:
			b.WriteString("-- no SQL\n")
		}
		for _, s := range n.Statements {
			b.WriteString(s + ";\n")
		}
	}
	return b.String()
}

// WorkflowSQL is ExplainSQL of all nodes of a workflow.
func WorkflowSQL(ctx context.Context, dir, database string, wf *analysis.Workflow) ([]NodeSQL, string, error) {
	nodes := make([]*graph.Node, len(wf.Graph.Nodes))
	for i := range nodes {
		nodes[i] = &wf.Graph.Nodes[i]
	}
	return ExplainSQL(ctx, dir, database, wf.Models, wf.Graph, nodes...)
}

// TableSQL is the SQL that makes a model's table in an empty database of the kind that is
// configured: on SQLite one in memory; on any other, the dev database as it is looked at,
// where a table that is there already has none.
func TableSQL(ctx context.Context, dir, name string, models []*model.Model) (_ []string, _ string, err error) {
	cfg, err := config.Load(dir)
	if err != nil {
		return nil, "", err
	}
	db, err := Database(cfg, "")
	if err != nil {
		return nil, "", err
	}
	open := db
	if strings.HasPrefix(db.URL, "sqlite:") {
		open.URL = config.MemoryURL
	}
	e, err := OpenToRead(ctx, open)
	if err != nil {
		return nil, "", err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	if err := e.RegisterModels(models...); err != nil {
		return nil, "", err
	}
	plan, err := e.MigrationPlan(ctx)
	if err != nil {
		return nil, "", err
	}
	statements := []string{}
	for _, t := range plan.Tables {
		if t.Model == name {
			statements = append(statements, t.Statements...)
		}
	}
	return statements, db.String(), nil
}
