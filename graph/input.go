package graph

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/model"
)

// checkInput checks the parameter that a connection feeds: DF-206, DF-205, DF-104,
// and for the parts of a nested one DF-111, DF-112 and DF-113.
func (c *checker) checkInput(conn *Connection, n *Node) spot {
	contract := c.contract(n)
	if !conn.Input.Known || contract == nil {
		return spot{}
	}
	path := conn.Input.S
	if path == "" || strings.HasPrefix(path, ".") || strings.HasSuffix(path, ".") || strings.Contains(path, "..") {
		c.reportConn(errcatalog.DF205, conn, conn.Input.Span, errcatalog.Details{Node: n.ID.S, Value: path}, "%q is no path: it has an empty part", path)
		return spot{}
	}
	if path == Trigger {
		return spot{known: true, typ: model.Type{Kind: model.KindAny}}
	}
	first, rest, nested := strings.Cut(path, ".")
	if contract.OpenInputs {
		return c.controlInput(conn, n, contract, first)
	}
	param := contract.Param(first)
	switch {
	case param == nil:
		c.unknownInput(conn, n, contract, first, rest)
		return spot{}
	case param.NoUse != "":
		c.reportConn(errcatalog.DF115, conn, conn.Input.Span, c.nodeDetails(n, contract, first), "%q of node %q has no effect: %s", first, n.ID.S, param.NoUse)
		return spot{}
	}
	s := spot{known: true, typ: param.Type, shape: param.Shape, field: param.Field}
	if !nested {
		return s
	}
	return c.insideParam(conn, n, contract, param, s, rest)
}

// controlInput checks an input of a control node: any name but its own settings.
func (c *checker) controlInput(conn *Connection, n *Node, contract *model.Contract, first string) spot {
	if p := contract.Param(first); p != nil {
		c.reportConn(errcatalog.DF206, conn, conn.Input.Span, c.nodeDetails(n, contract, first), "%q of node %q is a setting and cannot be fed by a connection", first, n.ID.S)
		return spot{}
	}
	return spot{known: true, typ: model.Type{Kind: model.KindAny}}
}

func (c *checker) nodeDetails(n *Node, contract *model.Contract, param string) errcatalog.Details {
	d := errcatalog.Details{Node: n.ID.S, NodeType: n.Type.S, Operation: string(contract.Operation), Param: param}
	if contract.Model != nil {
		d.Model, d.Table = contract.Model.Name, contract.Model.Table
	}
	return d
}

// unknownInput reports a target that is no parameter: DF-104 for a column that the
// engine keeps, else DF-206.
func (c *checker) unknownInput(conn *Connection, n *Node, contract *model.Contract, first, rest string) {
	d := c.nodeDetails(n, contract, first)
	m := contract.Model
	if f := m.FieldByColumn(first); f != nil && contract.Operation == model.Create && !f.Settable() {
		d.Field, d.Column = f.Name, f.Column
		c.reportConn(errcatalog.DF104, conn, conn.Input.Span, d, "node %q is fed %q, which the engine keeps by itself", n.ID.S, first)
		return
	}
	d.Allowed = errcatalog.SortNearest(first, contract.ParamNames())
	d.Suggestion = c.meantInput(n, contract, first)
	if d.Suggestion != "" {
		d.Suggestion = joinPath(d.Suggestion, rest)
		mended := *conn
		mended.Input.S = d.Suggestion
		d.Mended = ConnectionSource(&mended)
	}
	c.reportConn(errcatalog.DF206, conn, conn.Input.Span, d, "node %q (%s) has no parameter %q%s", n.ID.S, n.Type.S, first, didYouMean(d.Suggestion))
}

// meantInput is the parameter that was probably meant by a name that is none, or "".
func (c *checker) meantInput(n *Node, contract *model.Contract, first string) string {
	names := contract.ParamNames()
	m := contract.Model
	p := params{checker: c, n: n, contract: contract, m: m}
	hasFilter := slices.Contains(names, "filter")
	column, _, suffixed := strings.Cut(first, "__")
	switch {
	case hasFilter && m.FieldByColumn(first) != nil:
		if contract.Operation == model.Update && !m.FieldByColumn(first).Primary {
			return "fields." + first
		}
		return "filter." + first
	case hasFilter && suffixed && m.FieldByColumn(column) != nil:
		return "filter." + column + "." + operatorOf("$"+strings.TrimPrefix(first, column+"__"))
	case p.fieldByGoName(first) != nil && slices.Contains(names, p.fieldByGoName(first).Column):
		return p.fieldByGoName(first).Column
	case p.wrongKey(first) != "" && slices.Contains(names, p.wrongKey(first)):
		return p.wrongKey(first)
	}
	for _, name := range paramSlips[first] {
		if slices.Contains(names, name) {
			return name
		}
	}
	return errcatalog.Nearest(first, names)
}

// misfed reports whether a connection feeds a parameter under a wrong name, which is
// reported for itself (DF-206).
func (p *params) misfed(name string) bool {
	return slices.ContainsFunc(p.feeds[p.n.ID.S], func(input string) bool {
		first, _, _ := strings.Cut(input, ".")
		if first == Trigger || p.contract.OpenInputs || p.contract.Param(first) != nil {
			return false
		}
		meant, _, _ := strings.Cut(p.meantInput(p.n, p.contract, first), ".")
		return meant == name
	})
}

// insideParam follows a path into a parameter.
func (c *checker) insideParam(conn *Connection, n *Node, contract *model.Contract, param *model.Param, s spot, rest string) spot {
	m := contract.Model
	switch param.Shape {
	case model.ShapeFilter:
		return c.insideFilter(conn, n, contract, param.Name, rest)
	case model.ShapeWhere, model.ShapeFields:
		return c.insideColumns(conn, n, contract, param, param.Name, rest)
	case model.ShapeRows:
		index, column, nested := strings.Cut(rest, ".")
		if _, err := strconv.ParseUint(index, 10, 31); err != nil {
			return c.badPath(conn, n, join(join(param.Name, "0"), rest), "%q is a list, and %q is no index", param.Name, index)
		}
		if !nested {
			return spot{known: true, shape: model.ShapeFields, model: m}
		}
		return c.insideColumns(conn, n, contract, param, join(param.Name, index), column)
	case model.ShapeColumns, model.ShapeOrder, model.ShapeKeys:
		if _, err := strconv.ParseUint(rest, 10, 31); err != nil {
			return c.badPath(conn, n, param.Name+".0", "%q is a list, and %q is no index", param.Name, rest)
		}
		if param.Shape == model.ShapeKeys {
			return spot{known: true, typ: param.Type.Elem()}
		}
		return spot{known: true, typ: model.Type{Kind: model.KindString}}
	}
	return c.walk(conn, conn.Input, param.Name, s, rest)
}

func (c *checker) badPath(conn *Connection, n *Node, suggestion, format string, args ...any) spot {
	mended := *conn
	mended.Input.S = suggestion
	c.reportConn(errcatalog.DF205, conn, conn.Input.Span, errcatalog.Details{Node: n.ID.S, Value: conn.Input.S, Suggestion: suggestion, Mended: ConnectionSource(&mended)},
		"the path %q does not resolve: %s%s", conn.Input.S, fmt.Sprintf(format, args...), didYouMean(suggestion))
	return spot{}
}

// insideColumns follows a path into a map of columns to write, or where.
func (c *checker) insideColumns(conn *Connection, n *Node, contract *model.Contract, param *model.Param, base, rest string) spot {
	m := contract.Model
	column, below, nested := strings.Cut(rest, ".")
	f := m.FieldByColumn(column)
	if f == nil || param.Shape != model.ShapeWhere && !f.Settable() {
		d := c.nodeDetails(n, contract, join(base, column))
		code := errcatalog.DF111
		switch {
		case f != nil:
			d.Field, d.Column = f.Name, f.Column
			c.reportConn(errcatalog.DF104, conn, conn.Input.Span, d, "node %q is fed %q, which the engine keeps by itself", n.ID.S, conn.Input.S)
			return spot{}
		case param.Shape == model.ShapeWhere:
			code = errcatalog.DF112
		}
		c.unknownColumnOfPath(code, conn, n, m, d, base, column, below)
		return spot{}
	}
	s := spot{known: true, typ: f.Type, field: f}
	if nested {
		return c.walk(conn, conn.Input, join(base, column), s, below)
	}
	return s
}

func (c *checker) unknownColumnOfPath(code errcatalog.Code, conn *Connection, n *Node, m *model.Model, d errcatalog.Details, base, column, below string) {
	d.Allowed = errcatalog.SortNearest(column, m.Columns())
	near := errcatalog.Nearest(column, m.Columns())
	if p := (&params{checker: c, m: m}); p.fieldByGoName(column) != nil {
		code, near = errcatalog.DF114, p.fieldByGoName(column).Column
	}
	if near != "" {
		d.Suggestion = join(base, joinPath(near, below))
		mended := *conn
		mended.Input.S = d.Suggestion
		d.Mended = ConnectionSource(&mended)
	}
	c.reportConn(code, conn, conn.Input.Span, d, "node %q is fed %q, but %s has no column %q%s", n.ID.S, conn.Input.S, m.Name, column, didYouMean(d.Suggestion))
}

// insideFilter follows a path into a filter: a column, then perhaps an operator.
func (c *checker) insideFilter(conn *Connection, n *Node, contract *model.Contract, base, rest string) spot {
	m := contract.Model
	column, below, nested := strings.Cut(rest, ".")
	if strings.HasPrefix(column, "$") {
		if !slices.Contains(Combinators, column) {
			c.reportConn(errcatalog.DF113, conn, conn.Input.Span, c.nodeDetails(n, contract, conn.Input.S), "%q is no operator", column)
		}
		return spot{}
	}
	f := m.FieldByColumn(column)
	if f == nil {
		c.unknownColumnOfPath(errcatalog.DF112, conn, n, m, c.nodeDetails(n, contract, join(base, column)), base, column, below)
		return spot{}
	}
	equals := spot{known: true, typ: f.Type}
	equals.typ.Nullable = true
	if !nested {
		return equals
	}
	op, tail, deeper := strings.Cut(below, ".")
	if f.Type.Kind == model.KindJSON {
		return spot{known: true, typ: model.Type{Kind: model.KindAny}}
	}
	if !slices.Contains(Operators, op) {
		d := c.nodeDetails(n, contract, conn.Input.S)
		d.Allowed = Operators
		if known := operatorOf("$" + strings.TrimPrefix(op, "$")); slices.Contains(Operators, known) {
			d.Suggestion = join(join(base, column), joinPath(known, tail))
		}
		c.reportConn(errcatalog.DF113, conn, conn.Input.Span, d, "node %q is fed %q: %q is no operator%s", n.ID.S, conn.Input.S, op, didYouMean(d.Suggestion))
		return spot{}
	}
	switch op {
	case "$in", "$nin", "$between", "$overlap":
		if deeper {
			return spot{known: true, typ: f.Type}
		}
		return spot{known: true, typ: model.Type{Kind: f.Type.Kind, Array: true}}
	case "$null", "$exists":
		return spot{known: true, typ: model.Type{Kind: model.KindBool}}
	case "$contains", "$any":
		if f.Type.Array && !deeper {
			return spot{known: true, typ: f.Type.Elem()}
		}
		if deeper {
			return spot{} // an operator of $any
		}
	}
	return equals
}
