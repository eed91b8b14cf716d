package graph

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/model"
)

// checkParam checks a parameter's value by its shape.
func (p *params) checkParam(param *model.Param, e *Entry) {
	v, path := actual(&e.Value), param.Name
	switch param.Shape {
	case model.ShapeFilter:
		p.checkFilter(path, v)
	case model.ShapeFields:
		p.checkColumns(path, v)
	case model.ShapeWhere:
		p.checkWhere(path, v)
	case model.ShapeRows:
		p.checkRows(path, v)
	case model.ShapeColumns:
		p.checkColumnNames(path, v)
	case model.ShapeOrder:
		p.checkOrder(path, v)
	case model.ShapeKeys:
		p.checkKeys(path, v, param.Type)
	default:
		p.checkValue(path, v, param.Type, param.Field)
		p.checkRange(param, v)
	}
}

// actual is the value that counts for an input: its default, if it has one.
func actual(v *Value) *Value {
	for v.State == StateInput && v.Input.Default != nil {
		v = v.Input.Default
	}
	return v
}

// checkValue reports a value that its type does not hold: DF-102, 103, 108, 109,
// or that breaks the field's rule: DF-117. field is nil where there is none.
func (p *params) checkValue(path string, v *Value, t model.Type, field *model.Field) {
	v = actual(v)
	if node, _, _ := p.referenceIn(v); node != "" {
		return // DF-116
	}
	d := errcatalog.Details{Type: t.NotNull().String(), Got: v.GoType, Value: v.GoSource()}
	if field != nil {
		d.Field, d.Column, d.Rule, d.Type = field.Name, field.Column, field.Validate, field.GoType
	}
	d.Example = t.Example(lastName(path))
	switch v.State {
	case StateKnown:
		p.checkKnown(path, v, t, field, d)
	case StateTyped:
		if v.Type.Array != t.Array && t.Kind != model.KindJSON && v.Type.Kind != model.KindJSON && !(v.Type.Kind == model.KindBytes) {
			p.listForSingle(path, v, t, d)
		} else if !mayConvert(v.Type, t) {
			p.mismatch(path, v, d)
		}
	case StateList:
		if t.Kind == model.KindJSON && !t.Array || t.Kind == model.KindAny {
			return
		}
		if !t.Array {
			p.listForSingle(path, v, t, d)
			return
		}
		for i := range v.Items {
			p.checkValue(join(path, strconv.Itoa(i)), &v.Items[i], t.Elem(), nil)
		}
		p.checkListRule(path, v, t, field, d)
	case StateMap:
		if t.Kind != model.KindJSON && t.Kind != model.KindAny {
			p.mismatch(path, v, d)
		}
	}
}

func (p *params) checkKnown(path string, v *Value, t model.Type, field *model.Field, d errcatalog.Details) {
	if v.V == nil && t.Kind != model.KindAny {
		if !t.Nullable {
			d.Mended = NodeSource(without(p.n, path))
			p.report(errcatalog.DF109, path, v.Span, d, "node %s gives nil for %q, which cannot be null (%s)", p.nodeName(), path, d.Type)
		}
		return
	}
	if t.Array && v.Type.Kind != model.KindBytes {
		p.listForSingle(path, v, t, d)
		return
	}
	c, err := model.Convert(t, v.V)
	var ce *model.ConvertError
	if errors.As(err, &ce) {
		if _, isText := v.V.(string); isText || ce.Range {
			d.Reason = ce.Reason // it adds to Expected and Got: why this text is no time
		}
		if ce.Range {
			p.report(errcatalog.DF103, path, v.Span, d, "node %s gives %s for %q: %s", p.nodeName(), v.GoSource(), path, ce.Reason)
			return
		}
		p.mismatch(path, v, d)
		return
	}
	p.checkRule(path, v, c, field, d)
}

func (p *params) checkRule(path string, v *Value, c any, field *model.Field, d errcatalog.Details) {
	if field == nil {
		return
	}
	var re *model.RuleError
	if errors.As(model.Validate(field, c), &re) {
		d.Rule, d.Example = re.Rule, ""
		if d.Suggestion = nearestValid(field, c); d.Suggestion != "" {
			d.Mended = NodeSource(withValue(p.n, path, d.Suggestion))
		}
		p.report(errcatalog.DF117, path, v.Span, d, "node %s gives %s for %q, which breaks the rule %q of %s.%s", p.nodeName(), v.GoSource(), path, re.Rule, p.m.Name, field.Name)
	}
}

// checkListRule checks the rule of an array column once every item is known.
func (p *params) checkListRule(path string, v *Value, t model.Type, field *model.Field, d errcatalog.Details) {
	if field == nil || field.Validate == "" || v.Partial {
		return
	}
	items := make([]any, len(v.Items))
	for i := range v.Items {
		if v.Items[i].State != StateKnown {
			return
		}
		items[i] = v.Items[i].V
	}
	if c, err := model.Convert(t, items); err == nil {
		p.checkRule(path, v, c, field, d)
	}
}

func (p *params) mismatch(path string, v *Value, d errcatalog.Details) {
	if lossless := losslessLiteral(v, d.Type); lossless != "" {
		d.Suggestion = lossless
		d.Mended = NodeSource(withValue(p.n, path, lossless))
	} else if d.Example != "" {
		d.Mended = NodeSource(withValue(p.n, path, d.Example))
	}
	message := fmt.Sprintf("node %s gives %s (%s) for %q, which is %s", p.nodeName(), v.GoSource(), v.GoType, path, d.Type)
	if v.State == StateTyped {
		message = fmt.Sprintf("node %s gives a value of type %s for %q, which is %s", p.nodeName(), v.GoType, path, d.Type)
	}
	p.report(errcatalog.DF102, path, v.Span, d, "%s", message)
}

// losslessLiteral is the literal that was meant, as Go source: "42" for a number
// is 42, 1 for a bool is true, 19.5 for a decimal is "19.5".
func losslessLiteral(v *Value, want string) string {
	want = strings.TrimPrefix(want, "*")
	switch x := v.V.(type) {
	case string:
		switch {
		case want == "bool" && (x == "true" || x == "false"):
			return x
		case strings.HasPrefix(want, "int") || strings.HasPrefix(want, "uint"):
			if _, err := strconv.ParseInt(x, 10, 64); err == nil {
				return x
			}
		case strings.HasPrefix(want, "float"):
			if f, err := strconv.ParseFloat(x, 64); err == nil && !math.IsInf(f, 0) && !math.IsNaN(f) {
				return goLiteral(f)
			}
		}
	case int64:
		switch {
		case want == "bool" && (x == 0 || x == 1):
			return strconv.FormatBool(x == 1)
		case want == "string":
			return strconv.Quote(strconv.FormatInt(x, 10))
		}
	case float64:
		switch {
		case want == "decimal.Decimal":
			return strconv.Quote(strconv.FormatFloat(x, 'f', -1, 64))
		case (strings.HasPrefix(want, "int") || strings.HasPrefix(want, "uint")) && x == math.Trunc(x) && math.Abs(x) < 1<<53:
			return strconv.FormatInt(int64(x), 10)
		}
	}
	return ""
}

func (p *params) listForSingle(path string, v *Value, t model.Type, d errcatalog.Details) {
	if t.Array {
		if wrapped := t.GoSource(); v.State == StateKnown {
			d.Suggestion = wrapped + "{" + v.GoSource() + "}"
		}
		if d.Suggestion != "" {
			d.Mended = NodeSource(withValue(p.n, path, d.Suggestion))
		}
		p.report(errcatalog.DF108, path, v.Span, d, "node %s gives a single value for %q, which is a list (%s)", p.nodeName(), path, d.Type)
		return
	}
	if len(v.Items) == 1 {
		d.Suggestion = v.Items[0].GoSource()
		d.Mended = NodeSource(withValue(p.n, path, d.Suggestion))
	}
	p.report(errcatalog.DF108, path, v.Span, d, "node %s gives a list for %q, which is a single value (%s)", p.nodeName(), path, d.Type)
}

// mayConvert reports whether some value of Go type from could become one of to:
// what is certain to fail is DF-102 even when the value is not known.
func mayConvert(from, to model.Type) bool {
	if from.Kind == model.KindInvalid || from.Kind == model.KindAny || to.Kind == model.KindAny || to.Kind == model.KindJSON {
		return true
	}
	if from.Kind == model.KindJSON {
		return false
	}
	f, t := from.Kind, to.Kind
	switch {
	case f == t:
		return true
	case f.IsInteger():
		return t.IsInteger() || t.IsFloat() || t == model.KindDecimal
	case f.IsFloat():
		return t.IsFloat()
	case f == model.KindString:
		return t == model.KindTime || t == model.KindUUID || t == model.KindDecimal
	case f == model.KindUUID:
		return t == model.KindString
	}
	return false
}

// maxLimit is the limit above which a List is DF-508.
const maxLimit = 100_000

// checkRange checks the numbers and enums that are not columns.
func (p *params) checkRange(param *model.Param, v *Value) {
	if param.Field != nil || v.State != StateKnown {
		return
	}
	d := errcatalog.Details{Value: v.GoSource(), Type: param.TypeString()}
	if s, ok := v.V.(string); ok && len(param.Enum) > 0 && !slices.Contains(param.Enum, s) {
		d.Allowed, d.Suggestion = param.Enum, errcatalog.Nearest(s, param.Enum)
		d.Example = strconv.Quote(param.Enum[0])
		p.report(errcatalog.DF103, param.Name, v.Span, d, "node %s gives %q for %q; it is one of %s", p.nodeName(), s, param.Name, strings.Join(param.Enum, ", "))
	}
	n, ok := v.V.(int64)
	if !ok {
		return
	}
	least := map[string]int64{"limit": 1, "offset": 0, "batch_size": 1, "version": 1}
	low, bounded := least[param.Name]
	switch {
	case bounded && n < low:
		d.Rule = fmt.Sprintf("%s is at least %d", param.Name, low)
		d.Example = strconv.FormatInt(low, 10)
		d.Mended = NodeSource(withValue(p.n, param.Name, d.Example))
		p.report(errcatalog.DF103, param.Name, v.Span, d, "node %s gives %d for %q, which is at least %d", p.nodeName(), n, param.Name, low)
	case param.Name == "limit" && n > maxLimit:
		d.Rule = fmt.Sprintf("limit is at most %d", maxLimit)
		p.report(errcatalog.DF508, param.Name, v.Span, d, "node %s asks for up to %d records at once; read pages with a cursor, or count with %s", p.nodeName(), n, model.NodeType(p.m.Name, model.Count))
	}
}

// checkColumns checks a map of columns to write.
func (p *params) checkColumns(path string, v *Value) {
	if !p.isMap(path, v) {
		return
	}
	for i := range v.Entries {
		e := &v.Entries[i]
		at := join(path, e.Key)
		f := p.m.FieldByColumn(e.Key)
		if f == nil || !f.Settable() {
			p.unknownColumn(e, at, errcatalog.DF111)
			continue
		}
		p.checkValue(at, &e.Value, f.Type, f)
	}
}

// isMap reports a value that cannot be a map, and whether v is one that is known.
func (p *params) isMap(path string, v *Value) bool {
	switch v.State {
	case StateMap:
		return true
	case StateKnown, StateList:
	case StateTyped:
		if k := v.Type.Kind; k == model.KindInvalid || k == model.KindJSON && !v.Type.Array || k == model.KindAny {
			return false
		}
	default:
		return false
	}
	d := errcatalog.Details{Type: "dataflow.Params", Got: v.GoType, Value: v.GoSource(), Example: `dataflow.Params{}`}
	code := errcatalog.DF102
	if v.State == StateList {
		code = errcatalog.DF108
	} else if v.State == StateKnown && v.V == nil {
		code = errcatalog.DF109
	}
	p.report(code, path, v.Span, d, "node %s gives %s for %q, which is a map of columns to values", p.nodeName(), v.GoSource(), path)
	return false
}

// isList reports a value that cannot be a list, and whether v is one that is known.
func (p *params) isList(path string, v *Value, of string) bool {
	switch v.State {
	case StateList:
		return true
	case StateKnown, StateMap:
	case StateTyped:
		if v.Type.Array || v.Type.Kind == model.KindJSON || v.Type.Kind == model.KindInvalid || v.Type.Kind == model.KindAny {
			return false
		}
	default:
		return false
	}
	d := errcatalog.Details{Type: of, Got: v.GoType, Value: v.GoSource()}
	if v.State != StateTyped {
		d.Suggestion = of + "{" + v.GoSource() + "}"
		d.Mended = NodeSource(withValue(p.n, path, d.Suggestion))
	}
	code := errcatalog.DF108
	if v.State == StateKnown && v.V == nil {
		code, d.Suggestion, d.Mended = errcatalog.DF109, "", NodeSource(without(p.n, path))
	}
	p.report(code, path, v.Span, d, "node %s gives a single value for %q, which is a list (%s)", p.nodeName(), path, of)
	return false
}

// checkRows checks the rows of a bulk operation.
func (p *params) checkRows(path string, v *Value) {
	if !p.isList(path, v, "[]dataflow.Params") {
		return
	}
	if len(v.Items) == 0 && !v.Partial {
		p.report(errcatalog.DF110, path, v.Span, errcatalog.Details{Type: "[]dataflow.Params", Value: v.GoSource()}, "node %s gives no rows in %q; it needs at least one", p.nodeName(), path)
		return
	}
	for i := range v.Items {
		row, at := actual(&v.Items[i]), join(path, strconv.Itoa(i))
		p.checkColumns(at, row)
		if row.State != StateMap {
			continue
		}
		if p.contract.Operation == model.BulkUpdate {
			p.checkRowKey(at, row)
			continue
		}
		p.missingColumns(at, row, nil)
	}
}

// checkRowKey reports DF-105: a row of BulkUpdate without its primary key.
func (p *params) checkRowKey(path string, row *Value) {
	for _, column := range p.m.PrimaryKey() {
		if row.Get(column) != nil || row.Partial || p.fed(p.n, join(path, column)) || p.mayBeFed(p.n) || p.slipped(row, column) {
			continue
		}
		f := p.m.FieldByColumn(column)
		p.report(errcatalog.DF105, path, row.Span, errcatalog.Details{Param: join(path, column), Field: f.Name, Column: column, Type: f.GoType, Example: f.Type.Example(column),
			Mended: NodeSource(withEntry(p.n, path, column, f.Type.Example(column)))},
			"node %s: the row %s has no %q, the primary key that says which record to change", p.nodeName(), path, column)
	}
}

// checkKeys checks the keys of BulkDelete.
func (p *params) checkKeys(path string, v *Value, t model.Type) {
	if t.Kind == model.KindRecord {
		if p.isList(path, v, "[]dataflow.Params") {
			for i := range v.Items {
				p.checkColumns(join(path, strconv.Itoa(i)), actual(&v.Items[i]))
			}
		}
		return
	}
	p.checkValue(path, v, t, nil)
}

func lastName(path string) string {
	_, name := splitLast(path)
	return name
}
