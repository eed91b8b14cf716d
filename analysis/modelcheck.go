package analysis

import (
	"go/ast"
	"slices"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/model"
)

// diagnostics are the problems of one model's declaration.
func (d *declared) diagnostics() []Diagnostic {
	var out []Diagnostic
	for _, p := range d.problems {
		out = append(out, d.diagnostic(p))
	}
	return out
}

func (d *declared) diagnostic(p model.Problem) Diagnostic {
	if p.Severity == errcatalog.SeverityDefault {
		p.Severity = errcatalog.SeverityError
		if e, ok := errcatalog.Lookup(p.Code); ok {
			p.Severity = e.Severity
		}
	}
	p.Span = d.narrow(p.Code, p.Span)
	p.Fixes = d.fixes(p)
	return Diagnostic{Finding: p, File: d.file.name}
}

// narrow finds the part of the declaration that a problem is about: the type's
// name, or the name, the type or the tag of a field.
func (d *declared) narrow(code errcatalog.Code, at errcatalog.Span) errcatalog.Span {
	name := d.file.span(d.spec.Name)
	if at.Start.Filename != d.file.name {
		return name // a field of an embedded struct that stands elsewhere
	}
	found := name
	ast.Inspect(d.file.ast, func(n ast.Node) bool {
		field, ok := n.(*ast.Field)
		if !ok || !holds(d, field, at.Start.Offset) {
			return true
		}
		switch code {
		case errcatalog.DF604, errcatalog.DF608:
			found = d.file.span(field.Type)
		case errcatalog.DF605, errcatalog.DF609:
			if field.Tag != nil {
				found = d.file.inner(field.Tag)
			} else {
				found = d.file.span(field.Type)
			}
		default:
			if found = d.file.span(field.Type); len(field.Names) > 0 {
				i := slices.IndexFunc(field.Names, func(id *ast.Ident) bool { return d.file.offset(id.Pos()) == at.Start.Offset })
				found = d.file.span(field.Names[max(i, 0)])
			}
		}
		return false
	})
	return found
}

// holds reports whether a field is declared at the offset.
func holds(d *declared, field *ast.Field, offset int) bool {
	for _, id := range field.Names {
		if d.file.offset(id.Pos()) == offset {
			return true
		}
	}
	if len(field.Names) > 0 {
		return false
	}
	start, end := d.file.offset(field.Type.Pos()), d.file.offset(field.Type.End())
	return start <= offset && offset < end
}

// setDiagnostics are the mistakes between the models of one package: two with one
// table, a reference to what is not there. A reference to a model that cannot be
// told is not judged.
func setDiagnostics(u *unit, resolver *models) []Diagnostic {
	var set []*model.Model
	own := map[string]*declared{}
	for _, d := range u.models {
		if d.local || d.test || d.unsure {
			continue
		}
		m := *d.model
		m.Fields = slices.Clone(m.Fields)
		for i := range m.Fields {
			if r := m.Fields[i].Ref; r != nil && (resolver.Ambiguous(r.Model) || resolver.Model(r.Model) == nil && !resolver.Closed()) {
				m.Fields[i].Ref = nil
			}
		}
		own[m.Name] = d
		set = append(set, &m)
	}
	mine := len(set)
	for _, m := range set[:mine] {
		for _, f := range m.Fields {
			if f.Ref == nil || own[f.Ref.Model] != nil {
				continue
			}
			if target := resolver.Model(f.Ref.Model); target != nil && !slices.Contains(set, target) {
				bare := *target // its own references are its own package's to judge
				bare.Fields = slices.Clone(target.Fields)
				for i := range bare.Fields {
					bare.Fields[i].Ref = nil
				}
				if !slices.ContainsFunc(set, func(m *model.Model) bool { return m.Name == bare.Name }) {
					set = append(set, &bare)
				}
			}
		}
	}
	var out []Diagnostic
	for _, p := range model.CheckSet(set) {
		d := own[p.Details.Model]
		if d == nil || p.Code == errcatalog.DF602 && !allOwn(p, own) {
			continue
		}
		diag := d.diagnostic(p)
		for i := range diag.Related {
			for _, other := range own {
				if other.model.Pos == diag.Related[i].Span.Start {
					diag.Related[i].Span = other.file.span(other.spec.Name)
				}
			}
		}
		out = append(out, diag)
	}
	return out
}

// allOwn reports whether a clash is between two models of the package.
func allOwn(p model.Problem, own map[string]*declared) bool {
	for _, r := range p.Related {
		if !slices.ContainsFunc(slicesOf(own), func(d *declared) bool { return d.model.Pos == r.Span.Start }) {
			return false
		}
	}
	return true
}

func slicesOf(own map[string]*declared) []*declared {
	all := make([]*declared, 0, len(own))
	for _, d := range own {
		all = append(all, d)
	}
	return all
}
