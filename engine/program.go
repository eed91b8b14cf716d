package engine

import (
	"slices"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/model"
)

// A program is a graph made ready to run: what is the same in each of its runs. It
// is never changed once it is made.
type program struct {
	models    *registry
	findings  []graph.Finding // of the rules, before the inputs have values
	inputs    []graph.Input
	places    []inputPlace // of the inputs
	plan      *graph.Plan
	index     map[string]int    // node id → place in g.Nodes
	contracts []*model.Contract // by node
	byID      map[string]*model.Contract
	edges     []edges        // by node
	fusible   []fusible      // by node
	used      []*model.Model // whose tables must be there
	calls     bool           // a function is called inside a transaction block, or could be
}

// edges are what one node hangs on.
type edges struct {
	connections []*graph.Connection
	before      []int // nodes of dependencies
	fed         bool  // a connection carries a value
}

// An inputPlace is where the value of an input goes.
type inputPlace struct {
	in   *graph.Input
	f    *model.Field // nil where more than the column's type decides what may stand there
	rows *model.Model // the value is a list of new records of this model
	page string       // the value is this parameter of a List: limit, offset or cursor
}

// programCacheSize is how many workflows an engine keeps ready.
const programCacheSize = 128

// program returns the graph's program, which is made once for a graph and a set of
// models.
func (e *Engine) program(g *graph.Graph) *program {
	models := e.models.Load()
	if p, ok := e.programs.Get(g); ok && p.models == models {
		return p
	}
	p := newProgram(g, models)
	p.findings = e.findings(g, models)
	if !slices.ContainsFunc(p.findings, isError) {
		p.plan, _ = graph.Compile(g)
	}
	e.programs.Add(g, p)
	return p
}

// findings are what the rules find in a graph, and what cannot be run.
func (e *Engine) findings(g *graph.Graph, models *registry) []graph.Finding {
	all := append(graph.Check(g, models), unseen(g)...)
	for i := range all {
		all[i].Finding = e.judged(all[i].Finding)
	}
	if e.config.strict.Rules {
		all = append(all, graph.CheckStrict(g, models)...)
	}
	return all
}

// judged gives a warning the severity that it has in strict mode.
func (e *Engine) judged(f errcatalog.Finding) errcatalog.Finding {
	if e.config.strict.Warnings && severity(f) == errcatalog.SeverityWarning {
		f.Severity = errcatalog.SeverityError
	}
	return f
}

func isError(f graph.Finding) bool { return severity(f.Finding) == errcatalog.SeverityError }

// newProgram makes all of a program but its findings and its plan.
func newProgram(g *graph.Graph, models *registry) *program {
	n := len(g.Nodes)
	p := &program{
		models: models, inputs: g.Inputs(),
		index: make(map[string]int, n), byID: make(map[string]*model.Contract, n),
		contracts: make([]*model.Contract, n), edges: make([]edges, n), fusible: make([]fusible, n),
	}
	for i := range g.Nodes {
		node := &g.Nodes[i]
		c := graph.Resolve(node.Type.S, models)
		p.index[node.ID.S] = i
		p.contracts[i], p.byID[node.ID.S] = c, c
		if c == nil {
			continue // a finding
		}
		if c.Model != nil && !slices.Contains(p.used, c.Model) {
			p.used = append(p.used, c.Model)
		}
		p.calls = p.calls || node.Type.S == graph.FuncType
		p.findPlaces(c, node, &node.Params, nil)
	}
	for i := range g.Connections {
		c := &g.Connections[i]
		if at, ok := p.index[c.To.S]; ok {
			to := &p.edges[at]
			to.connections = append(to.connections, c)
			to.fed = to.fed || c.Input.S != graph.Trigger
		}
	}
	for _, d := range g.Dependencies {
		before, ok := p.index[d.Before.S]
		after, also := p.index[d.After.S]
		if ok && also {
			p.edges[after].before = append(p.edges[after].before, before)
		}
	}
	for i := range g.Nodes {
		p.fusible[i] = fusibleNode(p.contracts[i], &g.Nodes[i], p.edges[i].connections)
	}
	return p
}

// findPlaces finds the places of inputs in a node's parameters.
func (p *program) findPlaces(c *model.Contract, n *graph.Node, v *graph.Value, path []string) {
	if v.State == graph.StateInput {
		at := inputPlace{in: v.Input, f: plainField(c, n, path)}
		if c.Operation == model.BulkCreate && len(path) == 1 && path[0] == "data" {
			at.rows = c.Model
		}
		if c.Operation == model.List && len(path) == 1 {
			at.page = path[0]
		}
		p.places = append(p.places, at)
	}
	for i := range v.Entries {
		p.findPlaces(c, n, &v.Entries[i].Value, append(path, v.Entries[i].Key))
	}
	for i := range v.Items {
		p.findPlaces(c, n, &v.Items[i], append(path, "0"))
	}
}

// plainField is the field of the column at a path, where the column's type alone
// decides which values are right.
func plainField(c *model.Contract, n *graph.Node, path []string) *model.Field {
	if c.Model == nil || len(path) == 0 {
		return nil
	}
	t, ok := typeAt(c, path)
	if !ok || t.Array || t.Kind == model.KindJSON {
		return nil
	}
	name := path[0]
	switch c.Operation {
	case model.Create, model.Read, model.Delete:
		if len(path) != 1 {
			return nil
		}
	case model.Update, model.List, model.Count:
		// In a filter typeAt lets an operator follow that compares with one value.
		if len(path) < 2 || path[0] != "filter" && path[0] != "fields" {
			return nil
		}
		name = path[1]
	case model.Upsert:
		if len(path) != 2 || gives(n, "where", path[1]) && gives(n, "create", path[1]) {
			return nil // which must agree
		}
		name = path[1]
	default:
		return nil
	}
	if f := c.Model.FieldByColumn(name); f != nil && simple(f) {
		return f
	}
	return nil
}

// simple reports whether users give the column, and its type is all there is to it.
func simple(f *model.Field) bool {
	return f.Validate == "" && (f.Auto == model.AutoNone || f.Auto == model.AutoKey)
}

// gives reports whether a map among the node's parameters has a key.
func gives(n *graph.Node, param, key string) bool {
	m := n.Params.Get(param)
	return m != nil && m.Value.Get(key) != nil
}

// fits reports whether the program can run as it is with these inputs: each of them
// has a value that is certain to be right. Else the rules go over all of it again,
// with the values in their places.
func (p *program) fits(inputs map[string]any) bool {
	if p.plan == nil {
		return false
	}
	for name := range inputs {
		if !slices.ContainsFunc(p.inputs, func(in graph.Input) bool { return in.Name == name }) {
			return false
		}
	}
	for _, at := range p.places {
		v, ok := inputs[at.in.Name]
		if d := at.in.Default; !ok && d != nil && d.State == graph.StateKnown {
			v, ok = d.V, true
		}
		switch {
		case !ok:
			return false
		case at.rows != nil:
			ok = plainRows(at.rows, v)
		case at.page != "":
			ok = plainPage(at.page, v)
		default:
			ok = at.f != nil && plain(at.f.Type, v)
		}
		if !ok {
			return false
		}
	}
	return true
}

// plainPage reports whether a value is without doubt right for a parameter of List.
func plainPage(param string, v any) bool {
	switch v := v.(type) {
	case int:
		return param == "limit" && 1 <= v && v <= maxLimit || param == "offset" && v >= 0
	case int64:
		return param == "limit" && 1 <= v && v <= maxLimit || param == "offset" && v >= 0
	case string:
		return param == "cursor"
	}
	return false
}

// plainRows reports whether a value is without doubt a list of new records: each
// gives every column of the model that is not the engine's, and no other.
func plainRows(m *model.Model, v any) bool {
	rows, ok := v.([]map[string]any)
	if !ok || len(rows) == 0 {
		return false
	}
	var given []*model.Field
	for i := range m.Fields {
		f := &m.Fields[i]
		switch {
		case f.Auto != model.AutoNone:
		case f.Type.Array || f.Type.Kind == model.KindJSON || !simple(f):
			return false
		default:
			given = append(given, f)
		}
	}
	for _, row := range rows {
		if len(row) != len(given) {
			return false
		}
		for _, f := range given {
			v, ok := row[f.Column]
			if key := f.Primary || f.Ref != nil; !ok || !plain(f.Type, v) && (key || !isZero(f.Type, v)) {
				return false
			}
		}
	}
	return true
}

// isZero reports whether v is the type's zero, which no rule minds outside a key.
func isZero(t model.Type, v any) bool {
	switch v := v.(type) {
	case string:
		return v == "" && t.Kind == model.KindString
	case int:
		return v == 0 && (t.Kind == model.KindInt || t.Kind == model.KindInt64)
	case int64:
		return v == 0 && (t.Kind == model.KindInt || t.Kind == model.KindInt64)
	}
	return false
}

// plain reports whether a value is without doubt one of the type.
func plain(t model.Type, v any) bool {
	switch v := v.(type) {
	case string:
		return t.Kind == model.KindString && v != "" && utf8.ValidString(v)
	case int:
		return v != 0 && (t.Kind == model.KindInt || t.Kind == model.KindInt64)
	case int64:
		return v != 0 && (t.Kind == model.KindInt || t.Kind == model.KindInt64)
	case bool:
		return t.Kind == model.KindBool
	case float64:
		return t.Kind == model.KindFloat64 && v-v == 0 // finite
	case time.Time:
		return t.Kind == model.KindTime && v.Year() > 0 && v.Year() < 9999
	case uuid.UUID:
		return t.Kind == model.KindUUID
	}
	return false
}
