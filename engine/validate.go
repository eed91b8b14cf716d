package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/model"
)

// omitted is the value of a column that a new record does not give; ok is false
// where it must.
func omitted(f *model.Field) (v any, ok bool) {
	t := f.Type
	switch {
	case f.HasDefault:
		return f.Default, true
	case t.Nullable:
		return nil, true
	case t.Array:
		v, err := model.Convert(t, []any{})
		return v, err == nil
	case t.Kind == model.KindBytes:
		return []byte{}, true
	case t.Kind == model.KindJSON:
		switch {
		case strings.HasPrefix(f.GoType, "[]"):
			return json.RawMessage("[]"), true
		case f.GoType == "json.RawMessage":
			return json.RawMessage("null"), true
		}
		return json.RawMessage("{}"), true
	}
	return nil, false
}

// value makes what the user gave for a column ready to bind: converted, checked
// against the field's rules, encoded. at is where its map stands in the parameters.
func (x *operation) value(c *column, given any, at origin) (any, error) {
	v, err := model.Convert(c.f.Type, given)
	if err == nil && c.f.Type.Kind == model.KindJSON && holdsInput(given) {
		err = errors.New("an input has a value only in a workflow's run")
	}
	if err != nil {
		return nil, x.convertError(c, given, at.of(c), err)
	}
	return x.checked(c, v, given, at)
}

// checked applies the rules to a converted value and encodes it.
func (x *operation) checked(c *column, v, given any, at origin) (any, error) {
	if err := model.Validate(c.f, v); err != nil {
		path := at.of(c)
		d := x.columnDetails(c, path)
		d.Value = sourceOf(given)
		var rule *model.RuleError
		if !errors.As(err, &rule) {
			return nil, x.e.fail(errcatalog.Finding{Code: errcatalog.DF601, Message: fmt.Sprintf("the rule validate:%q of %s.%s cannot be applied: %v", c.f.Validate, x.t.m.Name, c.f.Name, err), Details: d}, err)
		}
		d.Rule = rule.Rule
		return nil, x.e.fail(errcatalog.Finding{Code: errcatalog.DF117, Message: fmt.Sprintf("%s breaks the rule %s of %s.%s", path, rule.Rule, x.t.m.Name, c.f.Name), Details: d}, err)
	}
	encoded, err := x.t.d.encode(c.f.Type, v)
	if err != nil {
		path := at.of(c)
		d := x.columnDetails(c, path)
		d.Value, d.Reason = sourceOf(given), err.Error()
		return nil, x.e.fail(errcatalog.Finding{Code: errcatalog.DF103, Message: fmt.Sprintf("%s cannot be stored: %v", path, err), Details: d}, err)
	}
	if c == x.t.autoKey {
		if _, big := v.(uint64); big {
			path := at.of(c)
			d := x.columnDetails(c, path)
			d.Value, d.Rule = sourceOf(given), "at most 9223372036854775807"
			return nil, x.e.fail(errcatalog.Finding{Code: errcatalog.DF103, Message: path + " is above 9223372036854775807, the largest integer key", Details: d}, nil)
		}
	}
	return encoded, nil
}

// convertError says what is wrong with a value that does not fit its column.
func (x *operation) convertError(c *column, given any, path string, err error) error {
	d := x.columnDetails(c, path)
	d.Got, d.Value = fmt.Sprintf("%T", given), sourceOf(given)
	f := errcatalog.Finding{Code: errcatalog.DF102, Details: d}
	f.Message = fmt.Sprintf("%s is %s, but %s.%s is %s: %v", path, d.Got, x.t.m.Name, or(c.f.Name, c.name), c.f.GoType, err)
	var ce *model.ConvertError
	if errors.As(err, &ce) {
		switch {
		case ce.Null:
			f.Code, f.Message = errcatalog.DF109, fmt.Sprintf("%s is null, but %s.%s is not nullable", path, x.t.m.Name, or(c.f.Name, c.name))
		case ce.Range:
			f.Code, f.Message = errcatalog.DF103, fmt.Sprintf("%s: %s", path, ce.Reason)
		}
	}
	return x.e.fail(f, err)
}

func (x *operation) columnDetails(c *column, path string) errcatalog.Details {
	d := x.details()
	d.Param, d.Field, d.Column, d.Type = path, c.f.Name, c.name, c.f.GoType
	d.Example = c.f.Type.Example(c.name)
	return d
}

// sourceOf is a value as Go source, for an error; long ones are cut.
func sourceOf(v any) string {
	value := graph.ValueOf(v)
	s := value.GoSource()
	if len(s) > 200 {
		s = strings.ToValidUTF8(s[:200], "") + "…"
	}
	return s
}

// A row is the encoded values of a new record, in the order of the columns.
type row struct {
	values []any
	given  []bool // the user gave the column
}

// An origin is where a map of columns stands in the parameters.
type origin struct {
	in    string // the parameter; "" for the parameters themselves
	row   int    // in a list of maps
	isRow bool
}

// path is what stands before the column's name: "", "create.", "data.3.".
func (o origin) path() string {
	switch {
	case o.isRow:
		return rowPath(o.row) + "."
	case o.in != "":
		return o.in + "."
	}
	return ""
}

// of is the whole path of a column. It is only asked for in errors.
func (o origin) of(c *column) string { return o.path() + c.name }

// newRow completes a new record: what the user gave, what the engine keeps, and
// defaults for the rest.
func (x *operation) newRow(given map[string]any, at origin) (row, error) {
	n := len(x.t.cols)
	r := row{make([]any, n), make([]bool, n)}
	return r, x.complete(r, given, at)
}

// complete fills in a row.
func (x *operation) complete(r row, given map[string]any, at origin) error {
	left := len(given)
	var now any
	if x.t.createdAt != nil || x.t.updatedAt != nil {
		now = x.t.d.now()
	}
	for i, c := range x.t.cols {
		v, ok := given[c.name]
		if ok {
			left--
		}
		var err error
		switch {
		case ok && !c.f.Settable():
			return x.kept(c, at)
		case ok:
			r.given[i] = true
			r.values[i], err = x.value(c, v, at)
		default:
			r.values[i], err = x.missing(c, now, at)
		}
		if err != nil {
			return err
		}
	}
	if left > 0 {
		return x.unknownColumn(given, at)
	}
	return nil
}

// missing is the value of a column that a new record does not give.
func (x *operation) missing(c *column, now any, at origin) (any, error) {
	switch c.f.Auto {
	case model.AutoKey:
		if c == x.t.autoKey {
			return nil, nil // the database makes it
		}
		id, err := uuid.NewV7()
		if err != nil {
			return nil, x.fail(errcatalog.DF506, "could not make a UUID: "+err.Error(), err)
		}
		return x.t.d.encode(c.f.Type, id)
	case model.AutoCreatedAt, model.AutoUpdatedAt:
		return now, nil
	case model.AutoDeletedAt:
		return nil, nil
	case model.AutoVersion:
		return int64(1), nil
	case model.AutoTenant:
		return x.tenantValue()
	}
	v, ok := omitted(c.f)
	if !ok {
		path := at.path()
		d := x.columnDetails(c, path+c.name)
		code, what := errcatalog.DF101, "missing required parameter "
		if c.f.Primary && path != "" {
			code, what = errcatalog.DF105, "missing primary key "
		}
		return nil, x.e.fail(errcatalog.Finding{Code: code, Message: what + path + c.name, Details: d}, nil)
	}
	if v == nil || c.f.HasDefault {
		return x.t.d.encode(c.f.Type, v)
	}
	return x.checked(c, v, v, at)
}

// kept is the error of giving a column that the engine keeps.
func (x *operation) kept(c *column, at origin) error {
	return x.e.fail(errcatalog.Finding{
		Code: errcatalog.DF104, Message: at.of(c) + " is kept by the engine: leave it out", Details: x.columnDetails(c, at.of(c)),
	}, nil)
}

// unknownColumn is the error of giving columns that the model does not have.
func (x *operation) unknownColumn(given map[string]any, at origin) error {
	for _, name := range sortedKeys(given) {
		if x.t.byName[name] == nil {
			return x.unknown(errcatalog.DF111, name, at.path()+name)
		}
	}
	return nil
}

// unknown is the error of a name that is no column.
func (x *operation) unknown(code errcatalog.Code, name, path string) error {
	d := x.details()
	d.Param, d.Column = path, name
	columns := x.t.m.Columns()
	d.Suggestion, d.Allowed = errcatalog.Nearest(name, columns), errcatalog.SortNearest(name, columns)
	message := fmt.Sprintf("%s: %s has no column %q", path, x.t.m.Name, name)
	if d.Suggestion != "" {
		message += fmt.Sprintf("; did you mean %q?", d.Suggestion)
	}
	return x.e.fail(errcatalog.Finding{Code: code, Message: message, Details: d}, nil)
}

// tenantValue is the run's tenant, encoded. A tenant model without one is DF-515.
func (x *operation) tenantValue() (any, error) {
	c := x.t.tenant
	if x.tenant == "" {
		return nil, x.fail(errcatalog.DF515, fmt.Sprintf("%s belongs to tenants, and the run has none: give it engine.WithTenant(…)", x.t.m.Name), nil)
	}
	v, err := model.ParseText(c.f.Type, x.tenant)
	if err != nil {
		d := x.columnDetails(c, c.name)
		return nil, x.e.fail(errcatalog.Finding{Code: errcatalog.DF515, Message: fmt.Sprintf("the tenant %q is no %s, which %s.%s is: %v", x.tenant, c.f.GoType, x.t.m.Name, c.name, err), Details: d}, err)
	}
	return x.t.d.encode(c.f.Type, v)
}
