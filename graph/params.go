package graph

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/model"
)

// A params checks the parameters of one node against its contract.
type params struct {
	*checker
	n        *Node
	contract *model.Contract
	m        *model.Model // nil for control nodes
}

// checkNode runs the rules of one node.
func (c *checker) checkNode(n *Node) {
	c.checkNodeID(n)
	c.checkNodeType(n)
	contract := c.contract(n)
	c.checkReferences(n, "", &n.Params)
	if contract == nil || n.Params.State != StateMap {
		return
	}
	p := &params{checker: c, n: n, contract: contract, m: contract.Model}
	if contract.Model == nil {
		p.checkControl()
		return
	}
	if p.mixedPatterns() {
		return
	}
	p.checkNames()
	for i := range contract.Params {
		param := &contract.Params[i]
		e := n.Params.Get(param.Name)
		if e == nil {
			continue
		}
		if param.NoUse != "" {
			p.noUse(param, e)
			continue
		}
		p.checkParam(param, e)
	}
	p.checkOperation()
}

// details are the names that every finding about the node's parameters has.
func (p *params) details() errcatalog.Details {
	d := errcatalog.Details{Node: p.n.ID.S, NodeType: p.n.Type.S, Operation: string(p.contract.Operation)}
	if p.m != nil {
		d.Model, d.Table = p.m.Name, p.m.Table
	}
	return d
}

// report records a finding about the parameter at path.
func (p *params) report(code errcatalog.Code, path string, span errcatalog.Span, d errcatalog.Details, format string, args ...any) *Finding {
	base := p.details()
	d.Node, d.NodeType, d.Operation, d.Model, d.Table = base.Node, base.NodeType, base.Operation, base.Model, base.Table
	if d.Param == "" {
		d.Param = path
	}
	p.emitAt(Finding{Node: p.n, Path: path, Finding: errcatalog.Finding{Code: code, Message: fmt.Sprintf(format, args...), Details: d, Span: span}}, p.n.Call)
	return &p.findings[len(p.findings)-1]
}

// emitAt records a finding; one without a place of its own is at fallback.
func (c *checker) emitAt(f Finding, fallback errcatalog.Span) {
	if !f.Span.IsValid() {
		f.Span = fallback
	}
	c.emit(f)
}

// nodeName is how messages name the node: `"create" (UserCreateNode)`.
func (p *params) nodeName() string { return fmt.Sprintf("%q (%s)", p.n.ID.S, p.n.Type.S) }

// given reports whether the parameter is there, or may be.
func (p *params) given(name string) bool {
	return p.n.Params.Get(name) != nil || p.n.Params.Partial || p.fed(p.n, name) || p.mayBeFed(p.n) || p.misfed(name)
}

// mixedPatterns reports DF-107: flat columns on Update, filter and fields on Create.
func (p *params) mixedPatterns() bool {
	var strays []string
	switch p.contract.Operation {
	case model.Update:
		for _, e := range p.n.Params.Entries {
			if p.contract.Param(e.Key) == nil && p.m.FieldByColumn(e.Key) != nil {
				strays = append(strays, e.Key)
			}
		}
	case model.Create:
		for _, e := range p.n.Params.Entries {
			if slices.Contains([]string{"filter", "fields", "where"}, e.Key) && p.m.FieldByColumn(e.Key) == nil && e.Value.State == StateMap {
				strays = append(strays, e.Key)
			}
		}
	}
	if len(strays) == 0 {
		return false
	}
	first := p.n.Params.Get(strays[0])
	d := errcatalog.Details{}
	what := "Update takes filter (which record) and fields (what to change), not flat columns"
	if p.contract.Operation == model.Update {
		d.Mended = p.restructuredUpdate()
	} else {
		what = "Create takes the columns flat, not in filter and fields"
		d.Mended = p.flattenedCreate()
	}
	p.report(errcatalog.DF107, strays[0], first.KeySpan, d, "node %s mixes the patterns of Create and Update: %s; here: %s", p.nodeName(), what, strings.Join(quoted(strays), ", "))
	return true
}

func (p *params) restructuredUpdate() string {
	var filter, fields, rest []Entry
	for _, e := range p.n.Params.Entries {
		switch f := p.m.FieldByColumn(e.Key); {
		case p.contract.Param(e.Key) != nil:
			switch e.Key {
			case "filter":
				filter = append(filter, e.Value.Entries...)
			case "fields":
				fields = append(fields, e.Value.Entries...)
			default:
				rest = append(rest, e)
			}
		case f != nil && f.Primary:
			filter = append(filter, e)
		case f != nil && f.Settable():
			fields = append(fields, e)
		}
	}
	if len(filter) == 0 {
		key := p.m.PrimaryKey()
		for _, column := range key {
			filter = append(filter, Entry{Key: column, Value: Value{Source: p.m.FieldByColumn(column).Type.Example(column)}})
		}
	}
	if len(fields) == 0 {
		return ""
	}
	out := *p.n
	out.Params = Value{State: StateMap, Entries: append([]Entry{
		{Key: "filter", Value: Value{State: StateMap, Entries: filter}},
		{Key: "fields", Value: Value{State: StateMap, Entries: fields}},
	}, rest...)}
	return NodeSource(&out)
}

func (p *params) flattenedCreate() string {
	var flat []Entry
	for _, e := range p.n.Params.Entries {
		switch {
		case p.contract.Param(e.Key) != nil:
			flat = append(flat, e)
		case e.Value.State == StateMap:
			for _, inner := range e.Value.Entries {
				if p.contract.Param(inner.Key) != nil {
					flat = append(flat, inner)
				}
			}
		}
	}
	out := *p.n
	out.Params = Value{State: StateMap, Entries: flat}
	return NodeSource(&out)
}

// checkNames reports parameters that the operation does not have.
func (p *params) checkNames() {
	for i := range p.n.Params.Entries {
		e := &p.n.Params.Entries[i]
		if p.contract.Param(e.Key) != nil || e.Key == "trigger" {
			continue
		}
		if p.contract.Operation == model.Create {
			p.unknownColumn(e, e.Key, errcatalog.DF111)
			continue
		}
		p.unknownParam(e)
	}
}

// unknownColumn reports a key that is no column to write: DF-104, DF-106, DF-114 or DF-111.
func (p *params) unknownColumn(e *Entry, path string, code errcatalog.Code) {
	if f := p.m.FieldByColumn(e.Key); f != nil && !f.Settable() {
		p.report(errcatalog.DF104, path, e.KeySpan, errcatalog.Details{Field: f.Name, Column: f.Column, Value: e.Value.GoSource(), Mended: NodeSource(without(p.n, path))},
			"node %s sets %q, which the engine keeps by itself", p.nodeName(), e.Key)
		return
	}
	if f := p.fieldByGoName(e.Key); f != nil {
		p.goName(e, path, f)
		return
	}
	if key := p.wrongKey(e.Key); key != "" && (code == errcatalog.DF111) {
		if parent, _ := splitLast(path); !p.hasKey(parent, key) {
			p.wrongKeyName(e, path, key)
			return
		}
	}
	columns := p.settableColumns()
	if code == errcatalog.DF112 {
		columns = p.m.Columns()
	}
	d := errcatalog.Details{Value: e.Value.GoSource(), Allowed: errcatalog.SortNearest(e.Key, columns), Suggestion: errcatalog.Nearest(e.Key, columns)}
	p.unknown(code, e, path, d, fmt.Sprintf("%s has no column %q", p.m.Name, e.Key))
}

// unknown reports a key with a did-you-mean.
func (p *params) unknown(code errcatalog.Code, e *Entry, path string, d errcatalog.Details, message string) {
	if d.Suggestion != "" {
		message += fmt.Sprintf("; did you mean %q?", d.Suggestion)
		if d.Mended == "" {
			d.Mended = NodeSource(renamed(p.n, path, d.Suggestion))
		}
	}
	p.report(code, path, e.KeySpan, d, "node %s: %s", p.nodeName(), message)
}

func (p *params) hasKey(path, key string) bool {
	v := at(&p.n.Params, path)
	return v != nil && v.State == StateMap && v.Get(key) != nil || p.fed(p.n, join(path, key))
}

// at is the value at a dotted path, or nil.
func at(v *Value, path string) *Value {
	for path != "" && v != nil {
		var key string
		key, path, _ = strings.Cut(path, ".")
		switch v.State {
		case StateMap:
			e := v.Get(key)
			if e == nil {
				return nil
			}
			v = &e.Value
		case StateList:
			i, err := strconv.Atoi(key)
			if err != nil || i < 0 || i >= len(v.Items) {
				return nil
			}
			v = &v.Items[i]
		default:
			return nil
		}
	}
	return v
}

func (p *params) fieldByGoName(key string) *model.Field {
	for i := range p.m.Fields {
		f := &p.m.Fields[i]
		if _, name := splitLast(f.Name); name == key && f.Column != key {
			return f
		}
	}
	return nil
}

// goName reports DF-114.
func (p *params) goName(e *Entry, path string, f *model.Field) {
	p.report(errcatalog.DF114, path, e.KeySpan, errcatalog.Details{Field: f.Name, Column: f.Column, Value: e.Value.GoSource(), Suggestion: f.Column, Mended: NodeSource(renamed(p.n, path, f.Column))},
		"node %s: %q is the Go field; parameters have the column's name, %q", p.nodeName(), e.Key, f.Column)
}

// wrongKey returns the primary key column that was meant by a usual slip:
// "user_id" for "id" of User, "id" for "sku", "pk", "_id".
func (p *params) wrongKey(key string) string {
	pk := p.m.PrimaryKey()
	if len(pk) != 1 || p.m.FieldByColumn(key) != nil {
		return ""
	}
	own := model.ColumnName(p.m.Name)
	for _, slip := range []string{own + "_" + pk[0], own + pk[0], "id", "_id", "pk", "primary_key", own + "_id"} {
		if strings.EqualFold(key, slip) {
			return pk[0]
		}
	}
	return ""
}

func (p *params) wrongKeyName(e *Entry, path, key string) {
	p.report(errcatalog.DF106, path, e.KeySpan, errcatalog.Details{Column: key, Value: e.Value.GoSource(), Suggestion: key, Mended: NodeSource(renamed(p.n, path, key))},
		"node %s gives %q, but the primary key of %s is %q", p.nodeName(), e.Key, p.m.Name, key)
}

func (p *params) settableColumns() []string {
	var columns []string
	for i := range p.m.Fields {
		if p.m.Fields[i].Settable() {
			columns = append(columns, p.m.Fields[i].Column)
		}
	}
	return columns
}

// paramSlips are names of other systems, and of earlier ones, for a parameter.
var paramSlips = map[string][]string{
	"filters": {"filter"}, "conditions": {"filter"}, "condition": {"filter"}, "query": {"filter"}, "where": {"filter"},
	"updates": {"fields", "update"}, "set": {"fields", "update"}, "values": {"fields", "data"}, "update": {"fields"},
	"records": {"data"}, "documents": {"data"}, "rows": {"data"}, "items": {"data"}, "sort": {"order_by"}, "order": {"order_by"}, "orderBy": {"order_by"},
	"select": {"fields"}, "columns": {"fields"}, "take": {"limit"}, "page_size": {"limit"}, "per_page": {"limit"}, "skip": {"offset"},
	"after": {"cursor"}, "conflict_fields": {"conflict_on"}, "conflict_columns": {"conflict_on"}, "unique_on": {"conflict_on"},
	"defaults": {"create"}, "insert": {"create"}, "data": {"fields", "create"}, "filter": {"where"}, "fields": {"update", "create"},
}

// unknownParam reports a parameter that the operation never has.
func (p *params) unknownParam(e *Entry) {
	names := p.contract.ParamNames()
	d := errcatalog.Details{Value: e.Value.GoSource(), Allowed: errcatalog.SortNearest(e.Key, names)}
	for _, name := range paramSlips[e.Key] {
		if d.Suggestion == "" && slices.Contains(names, name) && p.n.Params.Get(name) == nil {
			d.Suggestion = name
		}
	}
	hasFilter := slices.Contains(names, "filter")
	column, _, suffix := strings.Cut(e.Key, "__")
	keyed := p.contract.Operation == model.Read || p.contract.Operation == model.Delete
	switch {
	case d.Suggestion != "":
	case keyed && p.fieldByGoName(e.Key) != nil && p.fieldByGoName(e.Key).Primary:
		p.goName(e, e.Key, p.fieldByGoName(e.Key))
		return
	case keyed && p.wrongKey(e.Key) != "" && !p.hasKey("", p.wrongKey(e.Key)):
		p.wrongKeyName(e, e.Key, p.wrongKey(e.Key))
		return
	case hasFilter && p.m.FieldByColumn(e.Key) != nil:
		d.Suggestion = "filter." + e.Key
		d.Mended = NodeSource(intoFilter(p.n, e, e.Key, e.Value.GoSource()))
	case hasFilter && suffix && p.m.FieldByColumn(column) != nil:
		op := "$" + strings.TrimPrefix(e.Key, column+"__")
		d.Suggestion = "filter." + column
		d.Mended = NodeSource(intoFilter(p.n, e, column, "dataflow.Params{"+strconv.Quote(operatorOf(op))+": "+e.Value.GoSource()+"}"))
	default:
		d.Suggestion = errcatalog.Nearest(e.Key, names)
	}
	p.unknown(errcatalog.DF111, e, e.Key, d, fmt.Sprintf("%s has no parameter %q", p.contract.Operation, e.Key))
}

// intoFilter is the node with a stray parameter moved into its filter.
func intoFilter(n *Node, e *Entry, column, source string) *Node {
	n = without(n, e.Key)
	if n.Params.Get("filter") == nil {
		n = withEntry(n, "", "filter", "dataflow.Params{"+strconv.Quote(column)+": "+source+"}")
		return n
	}
	return withEntry(n, "filter", column, source)
}

func (p *params) noUse(param *model.Param, e *Entry) {
	p.report(errcatalog.DF115, param.Name, e.Span, errcatalog.Details{Reason: param.NoUse, Value: e.Value.GoSource(), Mended: NodeSource(without(p.n, param.Name))},
		"node %s gives %q, which has no effect: %s", p.nodeName(), param.Name, param.NoUse)
}

// reference matches text that other systems take for a reference to an output.
var reference = regexp.MustCompile(`^(?:\$\{([A-Za-z_][\w-]*)\.([\w.-]+)\}|\$([A-Za-z_][\w-]*)\.([\w.-]+)|\{\{\s*([A-Za-z_][\w-]*)\.([\w.-]+)\s*\}\})$`)

// checkReferences reports DF-116, where the text names a node that is there.
func (c *checker) checkReferences(n *Node, path string, v *Value) {
	for i := range v.Entries {
		c.checkReferences(n, join(path, v.Entries[i].Key), &v.Entries[i].Value)
	}
	for i := range v.Items {
		c.checkReferences(n, join(path, strconv.Itoa(i)), &v.Items[i])
	}
	if node, output, source := c.referenceIn(v); node != "" {
		conn := Connection{From: Text{S: node}, Output: Text{S: output}, To: n.ID, Input: Text{S: path}}
		d := errcatalog.Details{
			Node: n.ID.S, NodeType: n.Type.S, Param: path, Value: v.GoSource(),
			Source: node, Output: output, Target: n.ID.S, Input: path, Mended: ConnectionSource(&conn),
		}
		c.emitAt(Finding{Node: n, Path: path, Finding: errcatalog.Finding{Code: errcatalog.DF116, Span: v.Span, Details: d,
			Message: fmt.Sprintf("node %q: %s is plain text, not the output %q of node %q (%s); connect them", n.ID.S, v.GoSource(), output, node, source.Type.S)}}, n.Call)
	}
}

// referenceIn returns the node and output that a text value refers to. The output
// is one that the node has, where the text names another and it can be told which
// was meant.
func (c *checker) referenceIn(v *Value) (id, output string, n *Node) {
	s, ok := v.V.(string)
	if v.State != StateKnown || !ok || len(s) > 200 {
		return "", "", nil
	}
	m := reference.FindStringSubmatch(s)
	if m == nil {
		return "", "", nil
	}
	id, output = m[1]+m[3]+m[5], m[2]+m[4]+m[6]
	if n = c.nodes[id]; n == nil {
		return "", "", nil
	}
	first, rest, _ := strings.Cut(output, ".")
	outputs, open := c.outputs(n)
	if open || slices.ContainsFunc(outputs, func(o model.Param) bool { return o.Name == first }) {
		return id, output, n
	}
	if near := c.nearestOutput(n, first, outputs); near != "" {
		output = joinPath(near, rest)
	}
	return id, output, n
}

func quoted(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = strconv.Quote(s)
	}
	return out
}
