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

// Operators are those of filters on a column, in the order of the docs.
var Operators = []string{"$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$like", "$ilike", "$regex", "$contains", "$overlap", "$any", "$between", "$null", "$exists"}

// Combinators join filters.
var Combinators = []string{"$and", "$or", "$not"}

// operatorSlips are operators of other systems.
var operatorSlips = map[string]string{
	"$equals": "$eq", "=": "$eq", "==": "$eq", "!=": "$ne", "<>": "$ne", "$neq": "$ne", "$not_in": "$nin", "$notin": "$nin", "$nin": "$nin",
	">": "$gt", ">=": "$gte", "<": "$lt", "<=": "$lte", "$ge": "$gte", "$le": "$lte", "$isnull": "$null", "$is_null": "$null",
	"$startswith": "$like", "$endswith": "$like", "$match": "$regex", "$range": "$between", "$icontains": "$ilike", "$iexact": "$ilike",
}

// operatorOf is the operator that was meant by op, or op itself.
func operatorOf(op string) string {
	if slices.Contains(Operators, op) {
		return op
	}
	if known, ok := operatorSlips[op]; ok {
		return known
	}
	if near := errcatalog.Nearest(op, Operators); near != "" {
		return near
	}
	return op
}

// checkFilter checks a filter: DF-112 for columns, DF-113 for operators, and
// operands against the columns' types.
func (p *params) checkFilter(path string, v *Value) {
	v = actual(v)
	if !p.isMap(path, v) {
		return
	}
	for i := range v.Entries {
		e := &v.Entries[i]
		at := join(path, e.Key)
		switch e.Key {
		case "$and", "$or":
			p.checkFilterList(at, actual(&e.Value))
		case "$not":
			p.checkFilter(at, &e.Value)
		default:
			if strings.HasPrefix(e.Key, "$") {
				p.unknownOperator(e, at, Combinators, "a filter combines conditions with $and, $or and $not, and names a column before any other operator")
				continue
			}
			p.checkCondition(at, e)
		}
	}
}

func (p *params) checkFilterList(path string, v *Value) {
	if !p.isList(path, v, "[]dataflow.Params") {
		return
	}
	if len(v.Items) == 0 && !v.Partial {
		p.report(errcatalog.DF110, path, v.Span, errcatalog.Details{Value: v.GoSource()}, "node %s: %s needs at least one filter", p.nodeName(), path)
	}
	for i := range v.Items {
		p.checkFilter(join(path, strconv.Itoa(i)), &v.Items[i])
	}
}

// column finds the column that a filter key names; json is whether the key goes
// into a JSON column, whose values have no static type.
func (p *params) column(key string) (f *model.Field, json bool) {
	if f = p.m.FieldByColumn(key); f != nil {
		return f, false
	}
	if first, _, dotted := strings.Cut(key, "."); dotted {
		if f = p.m.FieldByColumn(first); f != nil && f.Type.Kind == model.KindJSON {
			return f, true
		}
	}
	return nil, false
}

// checkCondition checks one column's condition.
func (p *params) checkCondition(path string, e *Entry) {
	f, inJSON := p.column(e.Key)
	if f == nil {
		p.unknownFilterColumn(path, e)
		return
	}
	t := f.Type
	if inJSON {
		t = model.Type{Kind: model.KindAny}
	}
	v := actual(&e.Value)
	if v.State != StateMap {
		p.checkOperand(path, "$eq", v, t)
		return
	}
	operators := 0
	for i := range v.Entries {
		if strings.HasPrefix(v.Entries[i].Key, "$") {
			operators++
		}
	}
	if operators == 0 && (t.Kind == model.KindJSON || t.Kind == model.KindAny) {
		return // equality with a JSON object
	}
	if len(v.Entries) == 0 && !v.Partial {
		p.report(errcatalog.DF110, path, v.Span, errcatalog.Details{Column: f.Column, Value: v.GoSource(), Allowed: Operators}, "node %s: the condition on %q is empty", p.nodeName(), path)
	}
	for i := range v.Entries {
		op := &v.Entries[i]
		at := join(path, op.Key)
		if !slices.Contains(Operators, op.Key) {
			p.unknownOperator(op, at, Operators, "")
			continue
		}
		p.checkOperand(at, op.Key, actual(&op.Value), t)
	}
}

func (p *params) unknownFilterColumn(path string, e *Entry) {
	if column, op, ok := strings.Cut(e.Key, "__"); ok && p.m.FieldByColumn(column) != nil {
		source := "dataflow.Params{" + strconv.Quote(operatorOf("$"+op)) + ": " + e.Value.GoSource() + "}"
		d := errcatalog.Details{Value: e.Value.GoSource(), Suggestion: column, Allowed: p.m.Columns()}
		parent, _ := splitLast(path)
		d.Mended = NodeSource(withEntry(without(p.n, path), parent, column, source))
		p.report(errcatalog.DF112, path, e.KeySpan, d, "node %s: %s has no column %q; an operator stands below its column: %s: %s", p.nodeName(), p.m.Name, e.Key, strconv.Quote(column), source)
		return
	}
	p.unknownColumn(e, path, errcatalog.DF112)
}

func (p *params) unknownOperator(e *Entry, path string, allowed []string, hint string) {
	d := errcatalog.Details{Value: e.Value.GoSource(), Allowed: allowed}
	d.Suggestion = operatorSlips[e.Key]
	if d.Suggestion == "" {
		d.Suggestion = operatorSlips["$"+e.Key]
	}
	if d.Suggestion == "" || !slices.Contains(allowed, d.Suggestion) {
		d.Suggestion = errcatalog.Nearest(e.Key, allowed)
	}
	if d.Suggestion == "" {
		d.Suggestion = errcatalog.Nearest("$"+e.Key, allowed)
	}
	message := fmt.Sprintf("%q is no operator", e.Key)
	if hint != "" {
		message += ": " + hint
	}
	p.unknown(errcatalog.DF113, e, path, d, message)
}

// checkOperand checks what an operator is given for a column of type t.
func (p *params) checkOperand(path, op string, v *Value, t model.Type) {
	elem := t.NotNull()
	nullable := t
	nullable.Nullable = true
	switch op {
	case "$eq", "$ne":
		p.checkValue(path, v, nullable, nil)
	case "$gt", "$gte", "$lt", "$lte":
		p.checkValue(path, v, elem, nil)
	case "$in", "$nin":
		if p.isList(path, v, "[]"+elem.GoSource()) {
			for i := range v.Items {
				p.checkValue(join(path, strconv.Itoa(i)), &v.Items[i], nullable, nil)
			}
		}
	case "$between":
		p.checkBetween(path, v, elem)
	case "$like", "$ilike", "$regex":
		if textual := elem.Kind == model.KindString || elem.Kind == model.KindAny || elem.Kind == model.KindJSON; !textual || elem.Array {
			p.report(errcatalog.DF102, path, v.Span, errcatalog.Details{Type: "a text column", Got: t.String(), Value: v.GoSource()},
				"node %s: %s compares text, and the column is %s", p.nodeName(), op, t)
			return
		}
		p.checkValue(path, v, model.Type{Kind: model.KindString}, nil)
		if s, ok := v.V.(string); ok && op == "$regex" {
			if _, err := regexp.Compile(s); err != nil {
				p.report(errcatalog.DF103, path, v.Span, errcatalog.Details{Value: v.GoSource(), Reason: err.Error()}, "node %s: %s is no regular expression: %v", p.nodeName(), v.GoSource(), err)
			}
		}
	case "$contains":
		switch {
		case elem.Array:
			p.checkValue(path, v, elem.Elem(), nil)
		case elem.Kind == model.KindString:
			p.checkValue(path, v, elem, nil)
		case elem.Kind != model.KindJSON && elem.Kind != model.KindAny:
			p.report(errcatalog.DF102, path, v.Span, errcatalog.Details{Type: "a text or list column", Got: t.String(), Value: v.GoSource()},
				"node %s: $contains looks into text and lists, and the column is %s", p.nodeName(), t)
		}
	case "$overlap":
		if !p.isArrayColumn(path, op, v, t) {
			return
		}
		if p.isList(path, v, "[]"+elem.Elem().GoSource()) {
			for i := range v.Items {
				p.checkValue(join(path, strconv.Itoa(i)), &v.Items[i], elem.Elem(), nil)
			}
		}
	case "$any":
		if p.isArrayColumn(path, op, v, t) {
			p.checkAny(path, v, elem.Elem())
		}
	case "$null", "$exists":
		p.checkValue(path, v, model.Type{Kind: model.KindBool}, nil)
	}
}

// isArrayColumn reports whether an operator on the elements of a list is on one.
func (p *params) isArrayColumn(path, op string, v *Value, t model.Type) bool {
	if t.Array {
		return true
	}
	p.report(errcatalog.DF102, path, v.Span, errcatalog.Details{Type: "a list column", Got: t.String(), Value: v.GoSource()},
		"node %s: %s looks at the elements of a list, and the column is %s", p.nodeName(), op, t)
	return false
}

// ElementOperators are those that a condition of $any has on an element.
var ElementOperators = []string{"$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$in", "$nin", "$like", "$ilike", "$regex", "$contains", "$between"}

// checkAny checks a condition on the elements of a list: a value, or operators.
func (p *params) checkAny(path string, v *Value, elem model.Type) {
	if v.State != StateMap {
		p.checkOperand(path, "$eq", v, elem)
		return
	}
	if len(v.Entries) == 0 && !v.Partial {
		p.report(errcatalog.DF110, path, v.Span, errcatalog.Details{Value: v.GoSource(), Allowed: ElementOperators}, "node %s: the condition of $any is empty", p.nodeName())
	}
	for i := range v.Entries {
		op := &v.Entries[i]
		at := join(path, op.Key)
		if !slices.Contains(ElementOperators, op.Key) {
			p.unknownOperator(op, at, ElementOperators, "")
			continue
		}
		p.checkOperand(at, op.Key, actual(&op.Value), elem)
	}
}

func (p *params) checkBetween(path string, v *Value, t model.Type) {
	if !p.isList(path, v, "[]"+t.GoSource()) {
		return
	}
	if len(v.Items) != 2 && !v.Partial {
		p.report(errcatalog.DF103, path, v.Span, errcatalog.Details{Value: v.GoSource(), Rule: "$between has two values: the lowest and the highest"},
			"node %s: $between has two values, the lowest and the highest; here are %d", p.nodeName(), len(v.Items))
		return
	}
	for i := range v.Items {
		p.checkValue(join(path, strconv.Itoa(i)), &v.Items[i], t, nil)
	}
}

// equalities lists the columns that a filter, or where, pins to one value, and
// whether more may be pinned than can be seen.
func equalities(v *Value) (columns []string, open bool) {
	v = actual(v)
	if v.State != StateMap {
		return nil, v.State == StateOpaque || v.State == StateTyped || v.State == StateInput
	}
	open = v.Partial
	for i := range v.Entries {
		e := &v.Entries[i]
		x := actual(&e.Value)
		switch {
		case e.Key == "$and" && x.State == StateList:
			for j := range x.Items {
				inner, innerOpen := equalities(&x.Items[j])
				columns, open = append(columns, inner...), open || innerOpen
			}
		case e.Key == "$and":
			open = open || x.State != StateKnown
		case strings.HasPrefix(e.Key, "$"):
		case x.State == StateMap:
			if x.Get("$eq") != nil || x.Partial {
				columns = append(columns, e.Key)
			}
		case x.State == StateKnown && x.V == nil: // null pins nothing
		default:
			columns = append(columns, e.Key)
		}
	}
	return columns, open
}
