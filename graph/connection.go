package graph

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/model"
)

// Trigger is the input that every node has: it orders and gates, and carries no value.
const Trigger = "trigger"

// checkConnections checks every connection.
func (c *checker) checkConnections() {
	before := map[string][]*Connection{} // by target
	for i := range c.g.Connections {
		conn := &c.g.Connections[i]
		earlier := before[conn.To.S]
		before[conn.To.S] = append(earlier, conn)
		if c.repeated(conn, earlier) {
			c.reportConn(errcatalog.DF207, conn, conn.Call, errcatalog.Details{}, "the connection %s is made twice", arrow(conn))
			continue
		}
		from, okFrom := c.endpoint(conn, conn.From)
		to, okTo := c.endpoint(conn, conn.To)
		if okFrom && okTo && conn.From.S == conn.To.S {
			c.reportConn(errcatalog.DF210, conn, conn.To.Span, errcatalog.Details{}, "node %q is connected to itself", conn.To.S)
			continue
		}
		var source, target spot
		if from != nil {
			source = c.checkOutput(conn, from)
		}
		if to != nil {
			target = c.checkInput(conn, to)
			c.checkLiteral(conn, to)
			c.checkSecondFeed(conn, to, earlier)
		}
		if source.known && target.known && conn.Input.S != Trigger {
			c.checkFit(conn, from, source, target)
		}
	}
}

func arrow(conn *Connection) string {
	return conn.From.S + "." + conn.Output.S + " → " + conn.To.S + "." + conn.Input.S
}

// reportConn records a finding about a connection. The details name the target
// node where the caller names no other.
func (c *checker) reportConn(code errcatalog.Code, conn *Connection, span errcatalog.Span, d errcatalog.Details, format string, args ...any) *Finding {
	d = withArrow(d, conn)
	if n := c.nodes[cmp.Or(d.Node, conn.To.S)]; n != nil && d.Model == "" {
		d.Node, d.NodeType = n.ID.S, n.Type.S
		if contract := c.contract(n); contract != nil && contract.Model != nil {
			d.Model, d.Operation = contract.Model.Name, string(contract.Operation)
		}
	}
	if !span.IsValid() {
		span = conn.Call
	}
	c.emit(Finding{Connection: conn, Finding: errcatalog.Finding{Code: code, Message: fmt.Sprintf(format, args...), Details: d, Span: span}})
	return &c.findings[len(c.findings)-1]
}

// endpoint finds a connection's node. ok says that the id names one; a nil node
// with ok false was reported, or cannot be told.
func (c *checker) endpoint(conn *Connection, id Text) (n *Node, ok bool) {
	if !id.Known {
		return nil, false
	}
	if n = c.nodes[id.S]; n != nil {
		return n, true
	}
	if maybe := c.possible[id.S]; len(maybe) > 0 {
		if c.mayHaveNode() || slices.ContainsFunc(maybe, func(n *Node) bool { return !n.Type.Known || n.Type.S != maybe[0].Type.S || n.Type.S == SwitchType }) {
			return nil, false
		}
		// It is one of these or none at all, and then the connection is wrong anyway.
		return maybe[0], true
	}
	if !c.mayHaveNode() {
		other := conn.From.S
		if id == conn.From {
			other = conn.To.S
		}
		d := c.unknownNode(id.S, other)
		mended := *conn
		if d.Suggestion != "" {
			if id == conn.From {
				mended.From.S = d.Suggestion
			} else {
				mended.To.S = d.Suggestion
			}
			d.Mended = ConnectionSource(&mended)
		}
		d.Node = id.S
		c.reportConn(errcatalog.DF201, conn, id.Span, d, "no node has the id %q%s", id.S, didYouMean(d.Suggestion))
	}
	return nil, false
}

// mayHaveNode reports whether there may be nodes that cannot be seen.
func (c *checker) mayHaveNode() bool {
	unknown := func(n Node) bool { return !n.ID.Known }
	return c.g.Open || slices.ContainsFunc(c.g.Nodes, unknown) || slices.ContainsFunc(c.g.possible().Nodes, unknown)
}

// unknownNode suggests nodes for an id that names none; other is the node at the
// other end, which is not what was meant.
func (c *checker) unknownNode(id, other string) errcatalog.Details {
	ids := make([]string, 0, len(c.g.Nodes))
	for _, n := range slices.Concat(c.g.Nodes, c.g.possible().Nodes) {
		if n.ID.Known && n.ID.S != other && !slices.Contains(ids, n.ID.S) {
			ids = append(ids, n.ID.S)
		}
	}
	return errcatalog.Details{Suggestion: errcatalog.Nearest(id, ids), Allowed: errcatalog.SortNearest(id, ids)}
}

func didYouMean(s string) string {
	if s == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", s)
}

// repeated reports whether the connection is made before, word for word.
func (c *checker) repeated(conn *Connection, before []*Connection) bool {
	if !conn.known() {
		return false
	}
	return slices.ContainsFunc(before, func(o *Connection) bool {
		return o.known() && o.From.S == conn.From.S && o.Output.S == conn.Output.S && o.Input.S == conn.Input.S
	})
}

// known reports whether all four parts of the connection are.
func (c *Connection) known() bool {
	return c.From.Known && c.Output.Known && c.To.Known && c.Input.Known
}

// outputs are a node's outputs, as far as they can be told.
func (c *checker) outputs(n *Node) (outputs []model.Param, open bool) {
	contract := c.contract(n)
	if contract == nil {
		return nil, true
	}
	if n.Type.S == SwitchType {
		return switchOutputs(n)
	}
	return contract.Outputs, contract.OpenOutputs
}

// Outputs lists the names of a node's outputs; open says that there may be more.
func Outputs(n *Node, models Models) (outputs []model.Param, open bool) {
	return newChecker(&Graph{}, models).outputs(n)
}

// outputSlips are names of other systems for an output.
var outputSlips = map[string][]string{
	"results": {"records"}, "result": {"record", "result", "records"}, "data": {"records", "record"}, "items": {"records"}, "rows": {"records"},
	"output": {"record", "id"}, "keys": {"ids"}, "total_count": {"total", "count"}, "total": {"count"}, "length": {"count"},
}

// checkOutput checks the output of a connection: DF-202 and DF-205.
func (c *checker) checkOutput(conn *Connection, n *Node) spot {
	if !conn.Output.Known {
		return spot{}
	}
	outputs, open := c.outputs(n)
	first, rest, nested := strings.Cut(conn.Output.S, ".")
	if first == "" || nested && rest == "" || strings.Contains(conn.Output.S, "..") {
		c.reportConn(errcatalog.DF205, conn, conn.Output.Span, errcatalog.Details{Value: conn.Output.S}, "%q is no path: it has an empty part", conn.Output.S)
		return spot{}
	}
	i := slices.IndexFunc(outputs, func(p model.Param) bool { return p.Name == first })
	if i < 0 {
		if !open {
			c.reportUnknownOutput(conn, n, first, rest, outputs)
		}
		return spot{}
	}
	out := outputs[i]
	s := spot{known: true, typ: out.Type, shape: out.Shape, field: out.Field}
	if nested {
		s = c.walk(conn, conn.Output, first, s, rest)
	}
	return s
}

func (c *checker) reportUnknownOutput(conn *Connection, n *Node, first, rest string, outputs []model.Param) {
	var all []string
	for _, o := range outputs {
		all = append(all, o.Name)
	}
	d := errcatalog.Details{Node: n.ID.S, NodeType: n.Type.S, Param: first, Allowed: errcatalog.SortNearest(first, all)}
	if contract := c.contract(n); contract != nil && contract.Model != nil {
		d.Model, d.Operation = contract.Model.Name, string(contract.Operation)
	}
	d.Suggestion = c.nearestOutput(n, first, outputs)
	if d.Suggestion != "" {
		if rest != "" {
			d.Suggestion += "." + rest
		}
		mended := *conn
		mended.Output.S = d.Suggestion
		d.Mended = ConnectionSource(&mended)
	}
	c.reportConn(errcatalog.DF202, conn, conn.Output.Span, d, "node %q (%s) has no output %q%s", n.ID.S, n.Type.S, first, didYouMean(d.Suggestion))
}

// nearestOutput is the output that was probably meant by a name, or "": one of
// another system's names, a near name, or a column of the record or of the first
// record of a list.
func (c *checker) nearestOutput(n *Node, name string, outputs []model.Param) string {
	all := make([]string, len(outputs))
	for i, o := range outputs {
		all[i] = o.Name
	}
	for _, slip := range outputSlips[name] {
		if slices.Contains(all, slip) {
			return slip
		}
	}
	if contract := c.contract(n); contract != nil && contract.Model != nil && contract.Model.FieldByColumn(name) != nil {
		switch {
		case slices.Contains(all, "record"):
			return "record." + name
		case slices.Contains(all, "records"):
			return "records.0." + name
		}
	}
	return errcatalog.Nearest(name, all)
}

// A spot is where a path leads: an output, or a parameter, or a place inside one.
type spot struct {
	known bool
	typ   model.Type
	shape model.Shape
	field *model.Field
	model *model.Model // whose columns a map at this spot has
}

// walk follows a path into an output: list indexes, columns of records, JSON.
func (c *checker) walk(conn *Connection, text Text, base string, s spot, path string) spot {
	here := base
	for path != "" {
		var key string
		key, path, _ = strings.Cut(path, ".")
		broken := func(suggestion, format string, args ...any) spot {
			output := text == conn.Output
			d := errcatalog.Details{Node: conn.To.S, Value: text.S, Suggestion: suggestion, Model: s.typ.Model}
			if output {
				d.Node = conn.From.S
			}
			if suggestion != "" {
				mended := *conn
				if output {
					mended.Output.S = suggestion
				} else {
					mended.Input.S = suggestion
				}
				d.Mended = ConnectionSource(&mended)
			}
			c.reportConn(errcatalog.DF205, conn, text.Span, d, "the path %q does not resolve: %s%s", text.S, fmt.Sprintf(format, args...), didYouMean(suggestion))
			return spot{}
		}
		switch {
		case s.typ.Kind == model.KindAny, s.typ.Kind == model.KindJSON && !s.typ.Array:
			return spot{known: true, typ: model.Type{Kind: model.KindAny}}
		case s.typ.Array:
			if n, err := strconv.Atoi(key); err != nil || n < 0 || key != strconv.Itoa(n) {
				return broken(join(join(here, "0"), joinPath(key, path)), "%q is a list, and %q is no index", here, key)
			}
			s.typ = s.typ.Elem()
			s.shape = model.ShapeValue
		case s.typ.Kind == model.KindRecord:
			m := c.modelOf(s.typ.Model)
			if m == nil {
				return spot{}
			}
			f := m.FieldByColumn(key)
			if f == nil {
				near := errcatalog.Nearest(key, m.Columns())
				if near != "" {
					near = join(here, joinPath(near, path))
				}
				return broken(near, "%s has no column %q", m.Name, key)
			}
			s = spot{known: true, typ: f.Type, field: f}
		default:
			return broken(here, "%q is a single value (%s) and has nothing inside", here, s.typ)
		}
		here = join(here, key)
	}
	return s
}

func joinPath(key, rest string) string {
	if rest == "" {
		return key
	}
	return key + "." + rest
}

func (c *checker) modelOf(name string) *model.Model {
	if c.models == nil {
		return nil
	}
	return c.models.Model(name)
}

// checkFit reports an output that does not fit its parameter: DF-203, DF-208.
func (c *checker) checkFit(conn *Connection, from *Node, source, target spot) {
	if target.shape == model.ShapeValue && target.model == nil {
		if !model.Fits(source.typ, target.typ) {
			c.misfit(conn, from, source, target, target.typ.String())
			return
		}
		if source.typ.Nullable && !target.typ.Nullable && target.field != nil && source.typ.Kind != model.KindAny {
			c.reportConn(errcatalog.DF208, conn, conn.Output.Span, errcatalog.Details{Node: conn.To.S, Type: target.typ.String(), Got: source.typ.String(), Column: target.field.Column, Field: target.field.Name},
				"%s may be null, and %q of node %q cannot", arrow(conn), conn.Input.S, conn.To.S)
		}
		return
	}
	single := !source.typ.Array && source.typ.Kind != model.KindJSON && source.typ.Kind != model.KindAny && source.typ.Kind != model.KindRecord
	switch target.shape {
	case model.ShapeRows:
		if single || source.typ.Array && source.typ.Kind != model.KindRecord && source.typ.Kind != model.KindJSON {
			c.misfit(conn, from, source, target, "[]dataflow.Params")
		} else if source.typ.Kind == model.KindRecord && !source.typ.Array {
			c.misfit(conn, from, source, target, "[]dataflow.Params")
		}
	case model.ShapeColumns, model.ShapeOrder:
		if !model.Fits(source.typ, model.Type{Kind: model.KindString, Array: true}) {
			c.misfit(conn, from, source, target, "[]string")
		}
	case model.ShapeKeys:
		if single || source.typ.Array && !model.Fits(source.typ, target.typ) && target.typ.Kind != model.KindRecord {
			c.misfit(conn, from, source, target, target.typ.String())
		}
	default: // maps: filter, fields, where
		if single || source.typ.Array {
			c.misfit(conn, from, source, target, "dataflow.Params")
		}
	}
}

func (c *checker) misfit(conn *Connection, from *Node, source, target spot, want string) {
	d := errcatalog.Details{Node: conn.To.S, Param: conn.Input.S, Type: want, Got: source.typ.String()}
	outputs, _ := c.outputs(from)
	for _, o := range outputs {
		if target.shape == model.ShapeValue && target.model == nil && o.Name != conn.Output.S && o.Shape == model.ShapeValue && model.Fits(o.Type, target.typ) {
			d.Allowed = append(d.Allowed, o.Name)
		}
	}
	d.Allowed = append(d.Allowed, c.firstRecord(conn, source, target)...)
	if d.Allowed = errcatalog.SortNearest(lastName(conn.Input.S), d.Allowed); len(d.Allowed) > 0 {
		if near := errcatalog.Nearest(lastName(conn.Input.S), d.Allowed); near != "" {
			d.Suggestion = near
			mended := *conn
			mended.Output.S = near
			d.Mended = ConnectionSource(&mended)
		}
	}
	f := c.reportConn(errcatalog.DF203, conn, conn.Output.Span, d, "%s: the output is %s, and %q of node %q takes %s", arrow(conn), source.typ, conn.Input.S, conn.To.S, want)
	if target.field != nil && target.field.Pos.IsValid() {
		f.Related = []errcatalog.Related{{Message: "the field that is fed", Span: errcatalog.Span{Start: target.field.Pos}}}
	}
}

// firstRecord is the column of a list's first record that was meant where the list
// as a whole feeds a single value.
func (c *checker) firstRecord(conn *Connection, source, target spot) []string {
	if !source.typ.Array || source.typ.Kind != model.KindRecord || target.shape != model.ShapeValue || target.model != nil || target.typ.Array {
		return nil
	}
	m := c.modelOf(source.typ.Model)
	if m == nil {
		return nil
	}
	name := lastName(conn.Input.S)
	if target.field != nil && target.field.Ref != nil && target.field.Ref.Model == m.Name {
		name = target.field.Ref.Column
	}
	if f := m.FieldByColumn(name); f != nil && model.Fits(f.Type, target.typ) {
		return []string{join(conn.Output.S, joinPath("0", name))}
	}
	return nil
}

// checkLiteral reports DF-211: a literal for what a connection feeds.
func (c *checker) checkLiteral(conn *Connection, n *Node) {
	if !conn.Input.Known || conn.Input.S == Trigger || IsControl(n.Type.S) || c.nodes[n.ID.S] == nil && len(c.possible[n.ID.S]) > 1 {
		return
	}
	v := &n.Params
	var e *Entry
	for rest := conn.Input.S; rest != ""; {
		var key string
		key, rest, _ = strings.Cut(rest, ".")
		switch v.State {
		case StateMap:
			if e = v.Get(key); e == nil {
				return
			}
			v = &e.Value
		case StateList:
			i, err := strconv.Atoi(key)
			if err != nil || i < 0 || i >= len(v.Items) {
				return
			}
			v = &v.Items[i]
		case StateKnown:
			rest = ""
		default:
			return // not known: it may be a map that lacks the leaf
		}
	}
	if node, _, _ := c.referenceIn(v); node != "" {
		return // DF-116
	}
	span := v.Span
	if e != nil {
		span = e.KeySpan
	}
	d := errcatalog.Details{Node: n.ID.S, NodeType: n.Type.S, Param: conn.Input.S, Value: v.GoSource(), Mended: NodeSource(without(n, conn.Input.S))}
	if !span.IsValid() {
		span = n.Call
	}
	c.emit(Finding{Node: n, Connection: conn, Path: conn.Input.S, Finding: errcatalog.Finding{
		Code: errcatalog.DF211, Span: span, Details: withArrow(d, conn),
		Message: fmt.Sprintf("node %q gives %s for %q, which the connection %s feeds too; keep one of them", n.ID.S, v.GoSource(), conn.Input.S, arrow(conn)),
		Related: []errcatalog.Related{{Message: "the connection", Span: conn.Call}},
	}})
}

func withArrow(d errcatalog.Details, conn *Connection) errcatalog.Details {
	d.Source, d.Output, d.Target, d.Input = conn.From.S, conn.Output.S, conn.To.S, conn.Input.S
	return d
}

// checkSecondFeed reports DF-212: a parameter that an earlier connection feeds.
func (c *checker) checkSecondFeed(conn *Connection, n *Node, earlier []*Connection) {
	if !conn.known() || conn.Input.S == Trigger {
		return
	}
	for _, o := range earlier {
		if !o.known() || o.Input.S == Trigger {
			continue
		}
		if o.Input.S == conn.Input.S || strings.HasPrefix(o.Input.S, conn.Input.S+".") || strings.HasPrefix(conn.Input.S, o.Input.S+".") {
			f := c.reportConn(errcatalog.DF212, conn, conn.Input.Span, errcatalog.Details{Node: n.ID.S, NodeType: n.Type.S, Param: conn.Input.S, Value: arrow(o)},
				"%q of node %q is fed twice: by %s and by %s", conn.Input.S, n.ID.S, arrow(o), arrow(conn))
			f.Related = []errcatalog.Related{{Message: "the first connection", Span: o.Call}}
			return
		}
	}
}
