package analysis

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"os"
	"slices"
	"strings"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/model"
)

// A registration is a model that is given to an engine by its own type.
type registration struct {
	at      errcatalog.Span
	path    string // import path of the package that declares it
	name    string
	generic bool // it is an instance of a generic struct
}

// registered notes the models among the arguments of a call: those of an engine.Open
// all together.
func (c *engineCalls) registered(call *ast.CallExpr) {
	if c.grouped[call] {
		return
	}
	var group []registration
	for _, arg := range call.Args {
		if with, ok := ast.Unparen(arg).(*ast.CallExpr); ok && isFunc(calleeIn(c.info, with), enginePath, "WithModels") {
			c.grouped[with] = true
			group = append(group, c.registrations(with)...)
		}
	}
	if group = append(group, c.registrations(call)...); len(group) > 0 {
		c.use.groups = append(c.use.groups, group)
	}
}

func (c *engineCalls) registrations(call *ast.CallExpr) []registration {
	var all []registration
	for _, arg := range call.Args {
		t := c.info.TypeOf(arg)
		for p, ok := types.Unalias(t).(*types.Pointer); ok; p, ok = types.Unalias(t).(*types.Pointer) {
			t = p.Elem()
		}
		named, ok := types.Unalias(t).(*types.Named)
		if !ok || !model.IsModel(named) || named.Obj().Parent() != named.Obj().Pkg().Scope() {
			continue
		}
		all = append(all, registration{c.file.span(arg), named.Obj().Pkg().Path(), named.Obj().Name(), named.TypeArgs().Len() > 0})
	}
	return all
}

// declared finds the declaration of a registered model.
func (w *world) declared(r registration) *declared {
	i := slices.IndexFunc(w.byName[r.name], func(d *declared) bool { return d.path == r.path && !d.local })
	if i < 0 {
		return nil
	}
	return w.byName[r.name][i]
}

// registered reports whether an engine of the workspace is given the model by its type.
func (w *world) registered(d *declared) bool {
	for _, u := range w.units {
		for _, group := range u.engine.groups {
			if slices.ContainsFunc(group, func(r registration) bool { return r.path == d.path && r.name == d.model.Name }) {
				return true
			}
		}
	}
	return false
}

// registrationDiagnostics are the mistakes of what one engine is given: two models
// with one name or one table, an instance of a generic struct.
func registrationDiagnostics(u *unit, w *world) []Diagnostic {
	var out []Diagnostic
	for _, group := range u.engine.groups {
		var set []*model.Model
		given := map[*model.Model]registration{}
		for _, r := range group {
			d := w.declared(r)
			if d == nil {
				continue
			}
			if r.generic {
				if len(d.problems) > 0 && (d.file == nil || w.isBase(d)) { // else its declaration says so
					f := d.problems[0]
					f.Related = []errcatalog.Related{{Message: "the model", Span: d.place()}}
					out = append(out, diagnosticAt(f, r.at))
				}
				continue
			}
			if _, again := given[d.model]; !again && !d.unsure {
				given[d.model] = r
				set = append(set, d.model)
			}
		}
		for _, p := range model.CheckSet(set) {
			i := slices.IndexFunc(set, func(m *model.Model) bool { return m.Name == p.Details.Model && m.Pos == p.Span.Start })
			j := slices.IndexFunc(set, func(m *model.Model) bool {
				return len(p.Related) > 0 && m.Pos == p.Related[0].Span.Start && m.Pos != p.Span.Start
			})
			if p.Code != errcatalog.DF602 || i < 0 || j < 0 {
				continue
			}
			one, other := w.declared(given[set[j]]), w.declared(given[set[i]])
			if one.path == other.path {
				continue // which the package that declares both says
			}
			p.Related = bothPlaces(one, other)
			out = append(out, diagnosticAt(p, given[set[i]].at))
		}
	}
	return out
}

func diagnosticAt(p errcatalog.Finding, at errcatalog.Span) Diagnostic {
	if e, ok := errcatalog.Lookup(p.Code); ok {
		p.Severity = e.Severity
	}
	p.Span, p.Fixes = at, nil
	return Diagnostic{Finding: p, File: at.Start.Filename}
}

// bothPlaces say where two models of one name or table are declared.
func bothPlaces(one, other *declared) []errcatalog.Related {
	return []errcatalog.Related{
		{Message: "one is declared here", Span: one.place()},
		{Message: "the other is declared here", Span: other.place()},
	}
}

// place is where a model is declared. Of one outside the workspace the compiler tells
// the line alone, so its file is read.
func (d *declared) place() errcatalog.Span {
	if d.file != nil {
		return d.file.span(d.spec.Name)
	}
	name := d.model.Pos.Filename
	if content, err := os.ReadFile(name); err == nil {
		f := parse(token.NewFileSet(), name, content)
		if i := slices.IndexFunc(f.types, func(t *ast.TypeSpec) bool { return t.Name.Name == d.model.Name }); i >= 0 {
			return f.span(f.types[i].Name)
		}
	}
	return errcatalog.Span{Start: d.model.Pos}
}

// ambiguities are the node types of a unit that two models could be meant by, equally
// near and not the same: one finding for each name. An engine that is given one of
// the two by its type says which; then it is not ambiguous where it runs.
func ambiguities(made *extraction, w *world, resolverOf func(*draft) *models) []Diagnostic {
	var out []Diagnostic
	told := map[string]bool{}
	for _, d := range made.drafts {
		resolver := resolverOf(d)
		for _, o := range d.ops {
			if o.node == nil || !o.node.Type.Known || made.unit.file(o.node.Type.Span.Start.Filename) == nil {
				continue
			}
			for _, reading := range model.ParseNodeType(o.node.Type.S) {
				one, other := resolver.clash(reading.Model)
				if one == nil || told[reading.Model] || w.registered(one) || w.registered(other) {
					continue
				}
				told[reading.Model] = true
				out = append(out, diagnosticAt(errcatalog.Finding{
					Code: errcatalog.DF602,
					Message: fmt.Sprintf("%s could mean either of two models with the name %s: %s.%s and %s.%s",
						o.node.Type.S, reading.Model, one.path, reading.Model, other.path, reading.Model),
					Details: errcatalog.Details{Model: reading.Model, NodeType: o.node.Type.S, Reason: one.path + "." + reading.Model + " and " + other.path + "." + reading.Model},
					Related: bothPlaces(one, other),
				}, o.node.Type.Span))
			}
		}
	}
	return out
}

// clash are two models of a name that are imported equally near and differ, when
// everything that could be meant is in sight; else nil.
func (r *models) clash(name string) (one, other *declared) {
	if !r.world.closed || r.Model(name) != nil {
		return nil, nil
	}
	nearest := r.resolve(name).d
	if nearest == nil || r.distance(nearest) >= 1<<20 || len(r.world.meta.hides(name, true)) > 0 {
		return nil, nil
	}
	for _, d := range r.world.byName[name] {
		if r.distance(d) != r.distance(nearest) {
			continue
		}
		if d.local || d.unsure {
			return nil, nil
		}
		if other == nil && !sameModel(nearest.model, d.model) {
			other = d
		}
	}
	if other == nil || strings.TrimSuffix(nearest.path, "_test") == strings.TrimSuffix(other.path, "_test") {
		return nil, nil
	}
	return nearest, other
}
