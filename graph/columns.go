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

// checkColumnNames checks a projection or conflict_on.
func (p *params) checkColumnNames(path string, v *Value) {
	if !p.isList(path, v, "[]string") {
		return
	}
	if len(v.Items) == 0 && !v.Partial {
		code, message := errcatalog.DF110, "node %s gives no columns in %q; leave it out for all of them"
		if path == "conflict_on" {
			code, message = errcatalog.DF706, "node %s gives no columns in %q; leave it out to match on the columns of where"
		}
		p.report(code, path, v.Span, errcatalog.Details{Value: v.GoSource(), Allowed: p.keyNames(), Mended: NodeSource(without(p.n, path))}, message, p.nodeName(), path)
		return
	}
	for i := range v.Items {
		item, at := &v.Items[i], join(path, strconv.Itoa(i))
		if s, ok := p.textItem(at, item); ok {
			p.checkColumnName(at, item, s, "")
		}
	}
}

// textItem reports an item of a list of names that is no text.
func (p *params) textItem(path string, v *Value) (string, bool) {
	p.checkValue(path, v, model.Type{Kind: model.KindString}, nil)
	s, ok := actual(v).V.(string)
	return s, ok && actual(v).State == StateKnown
}

// checkColumnName reports a name that is no column: DF-114 or DF-112. prefix is
// "-" where the order is descending.
func (p *params) checkColumnName(path string, v *Value, name, prefix string) {
	if f, _ := p.column(name); f != nil {
		return
	}
	d := errcatalog.Details{Value: v.GoSource(), Column: name}
	code := errcatalog.DF112
	if f := p.fieldByGoName(name); f != nil {
		code, d.Field, d.Column, d.Suggestion = errcatalog.DF114, f.Name, f.Column, prefix+f.Column
		d.Mended = NodeSource(withItem(p.n, path, strconv.Quote(d.Suggestion)))
		p.report(code, path, v.Span, d, "node %s: %q is the Go field; parameters have the column's name, %q", p.nodeName(), name, f.Column)
		return
	}
	columns := p.m.Columns()
	d.Allowed = errcatalog.SortNearest(name, columns)
	message := fmt.Sprintf("%s has no column %q", p.m.Name, name)
	if near := errcatalog.Nearest(name, columns); near != "" {
		d.Suggestion = prefix + near
		d.Mended = NodeSource(withItem(p.n, path, strconv.Quote(d.Suggestion)))
		message += fmt.Sprintf("; did you mean %q?", d.Suggestion)
	}
	p.report(code, path, v.Span, d, "node %s: %s", p.nodeName(), message)
}

// withItem is the node with another item in the list that path ends in.
func withItem(n *Node, path, source string) *Node {
	list, index := splitLast(path)
	i, err := strconv.Atoi(index)
	v := at(&n.Params, list)
	if err != nil || v == nil || i >= len(v.Items) {
		return n
	}
	parts := make([]string, len(v.Items))
	for j := range v.Items {
		parts[j] = v.Items[j].GoSource()
	}
	parts[i] = source
	return withValue(n, list, "[]string{"+strings.Join(parts, ", ")+"}")
}

// sqlOrder matches orders as SQL and other systems write them.
var sqlOrder = regexp.MustCompile(`(?i)^\s*([A-Za-z_]\w*)[\s:]+(asc|desc)\s*$`)

// checkOrder checks order_by.
func (p *params) checkOrder(path string, v *Value) {
	if !p.isList(path, v, "[]string") {
		return
	}
	for i := range v.Items {
		item, at := &v.Items[i], join(path, strconv.Itoa(i))
		s, ok := p.textItem(at, item)
		if !ok {
			continue
		}
		name, descending := strings.CutPrefix(s, "-")
		m := sqlOrder.FindStringSubmatch(s)
		if m == nil && name != "" && !strings.ContainsAny(name, " \t:+-") {
			prefix := ""
			if descending {
				prefix = "-"
			}
			p.checkColumnName(at, item, name, prefix)
			if f := p.m.FieldByColumn(name); f != nil && (f.Type.Array || f.Type.Kind == model.KindJSON) {
				d := errcatalog.Details{Column: f.Column, Field: f.Name, Type: f.GoType, Value: item.GoSource(), Rule: "a column of single values: lists and JSON have no order that all databases share"}
				p.report(errcatalog.DF103, at, item.Span, d, "node %s: %q is %s, which has no order", p.nodeName(), name, f.GoType)
			}
			continue
		}
		d := errcatalog.Details{Value: item.GoSource(), Rule: `a column, or "-" and a column for descending`, Example: `"-` + p.m.Fields[0].Column + `"`}
		if m != nil {
			d.Suggestion = m[1]
			if strings.EqualFold(m[2], "desc") {
				d.Suggestion = "-" + m[1]
			}
		} else if strings.HasPrefix(s, "+") {
			d.Suggestion = s[1:]
		}
		if d.Suggestion != "" {
			d.Mended = NodeSource(withItem(p.n, at, strconv.Quote(d.Suggestion)))
		}
		p.report(errcatalog.DF103, at, item.Span, d, "node %s: %q is no order; write a column, with \"-\" before it for descending", p.nodeName(), s)
	}
}

// checkWhere checks the equalities of Upsert.
func (p *params) checkWhere(path string, v *Value) {
	if !p.isMap(path, v) {
		return
	}
	for i := range v.Entries {
		e := &v.Entries[i]
		at := join(path, e.Key)
		f := p.m.FieldByColumn(e.Key)
		if f == nil {
			p.unknownColumn(e, at, errcatalog.DF112)
			continue
		}
		x := actual(&e.Value)
		if x.State != StateMap || f.Type.Kind == model.KindJSON {
			p.checkValue(at, x, f.Type, f)
			continue
		}
		for j := range x.Entries {
			op := &x.Entries[j]
			switch {
			case op.Key == "$eq":
				p.checkValue(join(at, "$eq"), &op.Value, f.Type, f)
			case slices.Contains(Operators, op.Key):
				p.report(errcatalog.DF103, join(at, op.Key), op.KeySpan, errcatalog.Details{Value: e.Value.GoSource(), Rule: "where holds equalities"},
					"node %s: %q of where is matched by equality; %s is for filters", p.nodeName(), e.Key, op.Key)
			default:
				p.unknownOperator(op, join(at, op.Key), Operators, "")
			}
		}
	}
}

// keyNames lists the model's keys for messages: "id", "order_id+product_id".
func (p *params) keyNames() []string {
	var names []string
	for _, k := range p.m.Keys {
		names = append(names, strings.Join(k.Columns, "+"))
	}
	return names
}
