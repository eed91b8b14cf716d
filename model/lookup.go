package model

import (
	"go/token"
	"reflect"
	"slices"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// FieldByColumn returns the field of a column, or nil.
func (m *Model) FieldByColumn(column string) *Field {
	for i := range m.Fields {
		if m.Fields[i].Column == column {
			return &m.Fields[i]
		}
	}
	return nil
}

// FieldByName returns the field of a Go name ("UserID"), or nil.
func (m *Model) FieldByName(name string) *Field {
	for i := range m.Fields {
		if m.Fields[i].Name == name && name != "" {
			return &m.Fields[i]
		}
	}
	return nil
}

// Columns lists the model's columns in order.
func (m *Model) Columns() []string {
	columns := make([]string, len(m.Fields))
	for i, f := range m.Fields {
		columns[i] = f.Column
	}
	return columns
}

// PrimaryKey lists the columns of the primary key; nil for a model without one (DF-606).
func (m *Model) PrimaryKey() []string {
	if len(m.Keys) > 0 && m.Keys[0].Primary {
		return m.Keys[0].Columns
	}
	return nil
}

// KeyOf returns the primary or unique key that has exactly these columns, in any
// order, or nil.
func (m *Model) KeyOf(columns []string) *Key {
	for i, k := range m.Keys {
		if len(k.Columns) == len(columns) && !slices.ContainsFunc(k.Columns, func(c string) bool { return !slices.Contains(columns, c) }) {
			return &m.Keys[i]
		}
	}
	return nil
}

// PinnedKey returns a primary or unique key all of whose columns are among
// columns, or nil: equalities on them match at most one row.
func (m *Model) PinnedKey(columns []string) *Key {
	for i, k := range m.Keys {
		if !slices.ContainsFunc(k.Columns, func(c string) bool { return !slices.Contains(columns, c) }) {
			return &m.Keys[i]
		}
	}
	return nil
}

// Settable reports whether the user gives the column's value: the engine neither
// keeps it nor takes it from the run.
func (f *Field) Settable() bool { return f.Auto == AutoNone || f.Auto == AutoKey }

// RequiredOnCreate reports whether a new row must give the column (DF-101).
func (f *Field) RequiredOnCreate() bool {
	if f.Auto != AutoNone {
		return false
	}
	if hasRule(f.Validate, "required") {
		return true
	}
	t := f.Type
	return !t.Nullable && !t.Array && t.Kind != KindBytes && t.Kind != KindJSON && !f.HasDefault
}

// CheckSet finds what is wrong between models: two with one name or one table
// (DF-602), references to a model or column that is not there (DF-601).
func CheckSet(models []*Model) []Problem {
	var problems []Problem
	byName, byTable := map[string]*Model{}, map[string]*Model{}
	for _, m := range models {
		for _, clash := range []struct {
			other *Model
			what  string
		}{{byName[m.Name], "the name " + m.Name}, {byTable[m.Table], "the table " + m.Table}} {
			if clash.other != nil {
				problems = append(problems, Problem{
					Code:    errcatalog.DF602,
					Message: "two models have " + clash.what + ": " + clash.other.qualified() + " and " + m.qualified(),
					Details: errcatalog.Details{Model: m.Name, Table: m.Table, Reason: clash.other.qualified()},
					Span:    errcatalog.Span{Start: m.Pos},
					Related: []errcatalog.Related{{Message: "the other model", Span: errcatalog.Span{Start: clash.other.Pos}}},
				})
				break
			}
		}
		byName[m.Name], byTable[m.Table] = m, m
	}
	for _, m := range models {
		for _, f := range m.Fields {
			if p := checkReference(m, f, byName); p != nil {
				problems = append(problems, *p)
			}
		}
	}
	return problems
}

func checkReference(m *Model, f Field, byName map[string]*Model) *Problem {
	if f.Ref == nil {
		return nil
	}
	d := errcatalog.Details{Model: m.Name, Table: m.Table, Field: f.Name, Column: f.Column, Value: f.Ref.Model + "." + f.Ref.Column}
	target, what := byName[f.Ref.Model], ""
	if target == nil {
		names := make([]string, 0, len(byName))
		for name := range byName {
			names = append(names, name)
		}
		slices.Sort(names)
		d.Suggestion, d.Allowed = errcatalog.Nearest(f.Ref.Model, names), names
		what = "the model " + f.Ref.Model + " is not there"
	} else if target.FieldByColumn(f.Ref.Column) == nil {
		d.Suggestion, d.Allowed = errcatalog.Nearest(f.Ref.Column, target.Columns()), target.Columns()
		what = f.Ref.Model + " has no column " + f.Ref.Column
	} else if target.KeyOf([]string{f.Ref.Column}) == nil {
		what = f.Ref.Model + "." + f.Ref.Column + " is no primary or unique key"
	}
	if what == "" {
		return nil
	}
	return &Problem{Code: errcatalog.DF601, Message: m.Name + "." + f.Name + " refers to " + d.Value + ": " + what, Details: d, Span: errcatalog.Span{Start: f.Pos}}
}

func (m *Model) qualified() string { return m.PkgPath + "." + m.Name }

// Same reports whether two descriptions of a model say the same, wherever they were
// read from.
func Same(a, b *Model) bool {
	if a == b {
		return true
	}
	bare := func(m *Model) Model {
		c := *m
		c.Pos = token.Position{}
		c.Fields = slices.Clone(m.Fields)
		for i := range c.Fields {
			c.Fields[i].Pos = token.Position{}
		}
		return c
	}
	return reflect.DeepEqual(bare(a), bare(b))
}
