package drift

import (
	"go/token"
	"slices"
	"strings"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/model"
)

// A Finding is a difference at the field, or the struct, that it is about.
type Finding struct {
	analysis.Diagnostic
	Database string // name in dataflow.yaml
	Kind     engine.DifferenceKind
}

// In lists how databases differ from the models of a package, unless a comment there
// ignores it.
func (r *Report) In(p *analysis.Package) []Finding {
	var all []Finding
	for _, m := range Models([]*analysis.Package{p}) {
		for _, f := range r.Of(m) {
			if !p.Ignores(f.Diagnostic) {
				all = append(all, f)
			}
		}
	}
	return all
}

// Of lists how databases differ from a model, at its place now. It is nil for a
// model that is not as it was when it was compared.
func (r *Report) Of(m *model.Model) []Finding {
	c := r.models[key(m)]
	if c == nil || !model.Same(c.model, m) {
		return nil
	}
	var all []Finding
	for _, t := range c.tables {
		for _, d := range merged(t.differences) {
			all = append(all, t.finding(m, d))
		}
	}
	return all
}

// merged makes one difference of a column that is missing and its index: it is one
// slip, and one migration mends both.
func merged(differences []engine.Difference) []engine.Difference {
	var all []engine.Difference
	for _, d := range differences {
		about := func(other engine.Difference) bool {
			return other.Kind != engine.DifferenceHarmless &&
				slices.ContainsFunc(d.Columns, func(c string) bool { return slices.Contains(other.Columns, c) })
		}
		i := slices.IndexFunc(all, about)
		switch {
		case d.Kind != engine.DifferenceMade || i < 0:
			all = append(all, d)
		case all[i].Kind == engine.DifferenceMade:
			all[i].SQL = slices.Concat(all[i].SQL, d.SQL)
		}
	}
	return all
}

func (t *table) finding(m *model.Model, d engine.Difference) Finding {
	f := Finding{Database: t.database.Name, Kind: d.Kind}
	f.File = m.Pos.Filename
	f.Finding = errcatalog.Finding{
		Code: d.Code, Message: "database " + t.database.Name + ": " + d.Message,
		Details: errcatalog.Details{Model: m.Name, Table: m.Table, Database: t.database.String(), Reason: d.Message},
		Span:    name(m.Pos, m.Name),
	}
	if field := fieldOf(m, d.Columns); field != nil {
		f.Details.Field, f.Details.Column, f.Details.Type = field.Name, field.Column, field.GoType
		f.Span = name(field.Pos, field.Name)
	}
	if d.Kind == engine.DifferenceHarmless {
		f.Severity = errcatalog.SeverityInfo
	}
	if len(d.SQL) == 0 {
		return f
	}
	sql := strings.Join(d.SQL, ";\n")
	f.Details.Extra = []errcatalog.ContextItem{{Key: "SQL", Value: sql}}
	does := "this SQL does it"
	if d.Kind == engine.DifferenceMade {
		does = "the migration makes it"
	}
	f.Message += "; " + does
	told := ": " + oneLine.Replace(sql)
	if len(told) <= longSQL {
		f.Message += told
	} else {
		f.Related = []errcatalog.Related{{Message: does + told, Span: f.Span}}
	}
	return f
}

// longSQL is how many bytes of SQL a message holds; more stands beside it.
const longSQL = 200

// oneLine is for SQL that the engine wrote: it breaks lines between parts alone.
var oneLine = strings.NewReplacer("\n\t", " ", "\n", " ")

// fieldOf is the field that a difference is shown at: the first that stands in the
// struct itself, the tenant's last; nil for the struct as a whole.
func fieldOf(m *model.Model, columns []string) *model.Field {
	var tenant *model.Field
	for _, c := range columns {
		f := m.FieldByColumn(c)
		switch {
		case f == nil || f.Name == "" || strings.Contains(f.Name, ".") || f.Pos.Filename != m.Pos.Filename:
		case f.Auto == model.AutoTenant:
			tenant = f
		default:
			return f
		}
	}
	return tenant
}

// name is the span of a name that stands at a position.
func name(at token.Position, text string) errcatalog.Span {
	end := at
	end.Offset += len(text)
	end.Column += len(text)
	return errcatalog.Span{Start: at, End: end}
}
