package engine

import (
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/model"
)

// maxDepth is how deep $and, $or and $not may nest. Databases have limits too;
// this one has an error that says so.
const maxDepth = 50

// A filter compiles conditions into SQL. The only names that get into the text
// are the model's columns, as the table holds them quoted; every value is bound.
//
// Conditions are two-valued: a null is not equal to a value, so $ne, $nin and
// $not match it.
type filter struct {
	x *operation
	b *binder
}

// where is the WHERE clause of a statement: the user's conditions within the
// run's tenant and, unless deleted is true, among the records that are not deleted.
func (x *operation) where(b *binder, conditions map[string]any, path string, deleted bool) (string, error) {
	scope, err := x.within(b, deleted)
	if err != nil {
		return "", err
	}
	f := filter{x, b}
	user, err := f.all(conditions, path, 0)
	if err != nil {
		return "", err
	}
	return whereClause(append(scope, user...)), nil
}

// within are the conditions that every statement on the table has.
func (x *operation) within(b *binder, deleted bool) ([]string, error) {
	var parts []string
	if c := x.t.tenant; c != nil {
		v, err := x.tenantValue()
		if err != nil {
			return nil, err
		}
		parts = append(parts, c.quoted+" = "+b.arg(v))
	}
	if c := x.t.deletedAt; c != nil && !deleted {
		parts = append(parts, c.quoted+" IS NULL")
	}
	return parts, nil
}

func whereClause(parts []string) string {
	if len(parts) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(parts, " AND ")
}

func sortedKeys(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }

// all compiles the entries of a map, each of which must hold.
func (f filter) all(conditions map[string]any, path string, depth int) ([]string, error) {
	if depth > maxDepth {
		return nil, f.invalid(path, fmt.Sprintf("the filter nests deeper than %d", maxDepth), nil)
	}
	var parts []string
	for _, key := range sortedKeys(conditions) {
		at := join(path, key)
		var part string
		var err error
		if strings.HasPrefix(key, "$") {
			part, err = f.combine(key, conditions[key], at, depth)
		} else {
			part, err = f.entry(key, conditions[key], at)
		}
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	return parts, nil
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// combine compiles $and, $or and $not.
func (f filter) combine(op string, v any, path string, depth int) (string, error) {
	switch op {
	case "$and", "$or":
		list, ok := asList(v)
		if !ok {
			return "", f.invalid(path, op+" takes a list of conditions", v)
		}
		parts := make([]string, len(list))
		for i, item := range list {
			m, ok := asMap(item)
			if !ok {
				return "", f.invalid(join(path, strconv.Itoa(i)), op+" takes a list of conditions", item)
			}
			all, err := f.all(m, join(path, strconv.Itoa(i)), depth+1)
			if err != nil {
				return "", err
			}
			parts[i] = conjunction(all)
		}
		if op == "$and" {
			return conjunction(parts), nil
		}
		if len(parts) == 0 {
			return "FALSE", nil
		}
		return "(" + strings.Join(parts, " OR ") + ")", nil
	case "$not":
		m, ok := asMap(v)
		if !ok {
			return "", f.invalid(path, "$not takes conditions", v)
		}
		all, err := f.all(m, path, depth+1)
		if err != nil {
			return "", err
		}
		return negation(conjunction(all)), nil
	}
	return "", f.unknownOperator(op, path)
}

func conjunction(parts []string) string {
	if len(parts) == 0 {
		return "TRUE"
	}
	return "(" + strings.Join(parts, " AND ") + ")"
}

func negation(condition string) string { return "(" + condition + ") IS NOT TRUE" }

// A place is what one condition is on: a column, or a place inside a JSON column.
type place struct {
	c    *column
	typ  model.Type
	expr string
	path []string // inside a JSON column; nil for other columns
}

// entry compiles the condition on one column.
func (f filter) entry(key string, v any, path string) (string, error) {
	p, err := f.place(key, path)
	if err != nil {
		return "", err
	}
	return f.condition(p, v, path)
}

// condition is a value to be equal to, or a map of operators.
func (f filter) condition(p place, v any, path string) (string, error) {
	ops, ok := asMap(v)
	if !ok || p.path != nil && !anyOperator(ops) {
		return f.apply(p, "$eq", v, path)
	}
	if len(ops) == 0 {
		d := f.x.columnDetails(p.c, path)
		d.Allowed = graph.Operators
		return "", f.x.e.fail(errcatalog.Finding{Code: errcatalog.DF110, Message: path + ": the condition is empty", Details: d}, nil)
	}
	var parts []string
	for _, op := range sortedKeys(ops) {
		at := join(path, op)
		part, err := f.apply(p, op, ops[op], at)
		if err != nil {
			return "", err
		}
		parts = append(parts, part)
	}
	return conjunction(parts), nil
}

func anyOperator(m map[string]any) bool {
	for k := range m {
		if strings.HasPrefix(k, "$") {
			return true
		}
	}
	return false
}

func (f filter) place(key, path string) (place, error) {
	if c := f.x.t.byName[key]; c != nil {
		p := place{c: c, typ: c.f.Type, expr: c.quoted}
		if p.typ.Kind == model.KindJSON {
			p.path = []string{} // its root
		}
		return p, nil
	}
	if name, rest, ok := strings.Cut(key, "."); ok {
		if c := f.x.t.byName[name]; c != nil && c.f.Type.Kind == model.KindJSON {
			keys := strings.Split(rest, ".")
			for _, k := range keys {
				if k == "" || strings.ContainsAny(k, "\"\x00") || !utf8.ValidString(k) || len(k) > 9 && isIndex(k) {
					return place{}, f.x.unknown(errcatalog.DF112, key, path)
				}
			}
			return place{c: c, typ: c.f.Type, path: keys}, nil
		}
	}
	return place{}, f.x.unknown(errcatalog.DF112, key, path)
}

// apply compiles one operator.
func (f filter) apply(p place, op string, v any, path string) (string, error) {
	if p.path != nil {
		return f.applyJSON(p, op, v, path)
	}
	switch op {
	case "$null", "$exists":
		on, ok := v.(bool)
		if !ok {
			return "", f.invalid(path, op+" takes true or false", v)
		}
		return p.expr + nullTest[on == (op == "$null")], nil
	case "$eq", "$ne":
		if v == nil {
			return p.expr + nullTest[op == "$eq"], nil
		}
		arg, err := f.operand(p.c, p.typ, v, path)
		if err != nil {
			return "", err
		}
		if op == "$eq" {
			return p.expr + " = " + f.b.arg(arg), nil
		}
		return p.expr + " IS DISTINCT FROM " + f.b.arg(arg), nil
	case "$gt", "$gte", "$lt", "$lte":
		if !hasOrder(p.typ) {
			return "", f.unsuited(p, op, path)
		}
		arg, err := f.operand(p.c, p.typ, v, path)
		if err != nil {
			return "", err
		}
		return f.x.t.d.ordered(p.typ, p.expr) + comparison[op] + f.b.arg(arg), nil
	case "$between":
		return f.between(p, v, path)
	case "$in", "$nin":
		return f.in(p, op, v, path)
	case "$like", "$ilike", "$regex":
		if p.typ.Array || p.typ.Kind != model.KindString {
			return "", f.unsuited(p, op, path)
		}
		return f.match(p.expr, op, v, path)
	case "$contains":
		return f.contains(p, v, path)
	case "$overlap":
		return f.overlap(p, v, path)
	case "$any":
		return f.any(p, v, path)
	}
	return "", f.unknownOperator(op, path)
}

// overlap is whether an array has one of several elements.
func (f filter) overlap(p place, v any, path string) (string, error) {
	list, ok := asList(v)
	switch {
	case !p.typ.Array:
		return "", f.unsuited(p, "$overlap", path)
	case !ok:
		return "", f.invalid(path, "$overlap takes a list of elements", v)
	case len(list) == 0:
		return "FALSE", nil
	}
	parts := make([]string, len(list))
	for i, item := range list {
		arg, err := f.operand(p.c, p.typ.Elem(), item, join(path, strconv.Itoa(i)))
		if err != nil {
			return "", err
		}
		parts[i] = f.x.t.d.member(f.b, p.expr, arg)
	}
	return "(" + strings.Join(parts, " OR ") + ")", nil
}

// any is whether an element of an array satisfies a condition.
func (f filter) any(p place, v any, path string) (string, error) {
	if !p.typ.Array {
		return "", f.unsuited(p, "$any", path)
	}
	ops, ok := asMap(v)
	if !ok {
		ops = map[string]any{"$eq": v}
	}
	if len(ops) == 0 {
		return "", f.invalid(path, "$any takes a value, or operators", v)
	}
	elem := p.typ.Elem()
	return f.x.t.d.anyElement(p.expr, elem, func(element string) (string, error) {
		var parts []string
		for _, op := range sortedKeys(ops) {
			at := join(path, op)
			if !slices.Contains(graph.ElementOperators, op) {
				return "", f.unknownOperator(op, at)
			}
			part, err := f.apply(place{c: p.c, typ: elem, expr: element}, op, ops[op], at)
			if err != nil {
				return "", err
			}
			parts = append(parts, part)
		}
		return conjunction(parts), nil
	})
}

var (
	nullTest   = map[bool]string{true: " IS NULL", false: " IS NOT NULL"}
	comparison = map[string]string{"$gt": " > ", "$gte": " >= ", "$lt": " < ", "$lte": " <= "}
)

// hasOrder reports whether values of a type have an order.
func hasOrder(t model.Type) bool {
	return !t.Array && t.Kind != model.KindJSON && t.Kind != model.KindBool
}

// operand converts and encodes what a column is compared with.
func (f filter) operand(c *column, t model.Type, v any, path string) (any, error) {
	converted, err := model.Convert(t.NotNull(), v)
	if err != nil {
		return nil, f.x.convertError(c, v, path, err)
	}
	encoded, err := f.x.t.d.encode(t, converted)
	if err != nil {
		return nil, f.invalid(path, err.Error(), v)
	}
	return encoded, nil
}

func (f filter) between(p place, v any, path string) (string, error) {
	if !hasOrder(p.typ) {
		return "", f.unsuited(p, "$between", path)
	}
	bounds, ok := asList(v)
	if !ok || len(bounds) != 2 {
		return "", f.invalid(path, "$between takes a list of two values, the lowest and the highest", v)
	}
	low, err := f.operand(p.c, p.typ, bounds[0], join(path, "0"))
	if err != nil {
		return "", err
	}
	high, err := f.operand(p.c, p.typ, bounds[1], join(path, "1"))
	if err != nil {
		return "", err
	}
	return f.x.t.d.ordered(p.typ, p.expr) + " BETWEEN " + f.b.arg(low) + " AND " + f.b.arg(high), nil
}

// in compiles $in and $nin. A nil in the list matches null.
func (f filter) in(p place, op string, v any, path string) (string, error) {
	list, ok := asList(v)
	if !ok {
		return "", f.invalid(path, op+" takes a list of values", v)
	}
	var values []any
	null := false
	for i, item := range list {
		if item == nil {
			null = true
			continue
		}
		arg, err := f.operand(p.c, p.typ, item, join(path, strconv.Itoa(i)))
		if err != nil {
			return "", err
		}
		values = append(values, arg)
	}
	return f.inValues(p.expr, op, values, null, path)
}

func (f filter) inValues(expr, op string, values []any, null bool, path string) (string, error) {
	condition := "FALSE"
	if len(values) > 0 {
		condition = f.x.t.d.in(f.b, expr, values)
	}
	if limit := f.x.t.d.maxParams(); len(f.b.args) > limit {
		return "", f.invalid(path, fmt.Sprintf("the filter has more than the %d values that a statement takes", limit), nil)
	}
	if null {
		condition = "(" + condition + " OR " + expr + " IS NULL)"
	}
	if op == "$nin" {
		return negation(condition), nil
	}
	return condition, nil
}

// match compiles the operators that take a pattern.
func (f filter) match(expr, op string, v any, path string) (string, error) {
	converted, err := model.Convert(model.Type{Kind: model.KindString}, v)
	pattern, ok := converted.(string)
	if err != nil || !ok {
		return "", f.invalid(path, op+" takes text", v)
	}
	if !utf8.ValidString(pattern) {
		return "", f.invalid(path, op+" takes valid UTF-8", v)
	}
	if op == "$regex" {
		if _, err := regexp.Compile(pattern); err != nil {
			return "", f.invalid(path, "it is no regular expression: "+err.Error(), v)
		}
		return f.x.t.d.regex(f.b, expr, pattern), nil
	}
	return f.x.t.d.like(f.b, expr, pattern, op == "$ilike"), nil
}

// contains is a member of an array, or a part of text or bytes.
func (f filter) contains(p place, v any, path string) (string, error) {
	switch {
	case p.typ.Array:
		arg, err := f.operand(p.c, p.typ.Elem(), v, path)
		if err != nil {
			return "", err
		}
		return f.x.t.d.member(f.b, p.expr, arg), nil
	case p.typ.Kind == model.KindString, p.typ.Kind == model.KindBytes:
		arg, err := f.operand(p.c, p.typ, v, path)
		if err != nil {
			return "", err
		}
		return f.x.t.d.contains(f.b, p.expr, arg), nil
	}
	return "", f.unsuited(p, "$contains", path)
}

func (f filter) invalid(path, message string, v any) error {
	d := f.x.details()
	d.Param, d.Reason = path, message
	if v != nil {
		d.Value = sourceOf(v)
	}
	return f.x.e.fail(errcatalog.Finding{Code: errcatalog.DF103, Message: path + ": " + message, Details: d}, nil)
}

func (f filter) unknownOperator(op, path string) error {
	d := f.x.details()
	d.Param, d.Allowed = path, slices.Concat(graph.Operators, graph.Combinators)
	d.Suggestion = errcatalog.Nearest(op, d.Allowed)
	message := fmt.Sprintf("%s: %q is no filter operator", path, op)
	if d.Suggestion != "" {
		message += fmt.Sprintf("; did you mean %q?", d.Suggestion)
	}
	return f.x.e.fail(errcatalog.Finding{Code: errcatalog.DF113, Message: message, Details: d}, nil)
}

// unsuited is the error of an operator on a column that it has no meaning for.
func (f filter) unsuited(p place, op, path string) error {
	d := f.x.columnDetails(p.c, path)
	return f.x.e.fail(errcatalog.Finding{
		Code: errcatalog.DF102, Message: fmt.Sprintf("%s: %s has no meaning for %s.%s, which is %s", path, op, f.x.t.m.Name, or(p.c.f.Name, p.c.name), p.c.f.GoType), Details: d,
	}, nil)
}

// asMap is v as a map with string keys.
func asMap(v any) (map[string]any, bool) {
	if m, ok := v.(map[string]any); ok {
		return m, true
	}
	rv := reflect.ValueOf(v)
	if rv.Kind() != reflect.Map || rv.Type().Key().Kind() != reflect.String {
		return nil, false
	}
	m := make(map[string]any, rv.Len())
	for _, k := range rv.MapKeys() {
		m[k.String()] = rv.MapIndex(k).Interface()
	}
	return m, true
}

// asList is v as a list; bytes, UUIDs and JSON are values, not lists.
func asList(v any) ([]any, bool) {
	if l, ok := v.([]any); ok {
		return l, true
	}
	rv := reflect.ValueOf(v)
	if rv.Kind() != reflect.Slice && rv.Kind() != reflect.Array || rv.Type().Elem().Kind() == reflect.Uint8 {
		return nil, false
	}
	l := make([]any, rv.Len())
	for i := range l {
		l[i] = rv.Index(i).Interface()
	}
	return l, true
}
