package analysis

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/model"
)

// CanRename says why a name cannot be renamed, whatever the new one is; nil when it can.
func (n *Name) CanRename(packages []*Package) error {
	_, err := n.renaming(packages)
	return err
}

// Rename plans to write another name wherever the name is written in the packages, which
// must be all of the workspace. It refuses, with an error that says why, when it cannot
// be sure to find every place (DF-901), and when the new name does not serve: an id that
// is invalid (DF-807) or taken (DF-806), a column that is invalid (DF-605) or taken
// (DF-607). A column keeps its Go field: the field's df tag names it.
func (n *Name) Rename(to string, packages []*Package) ([]errcatalog.Edit, error) {
	r, err := n.renaming(packages)
	if err != nil {
		return nil, err
	}
	if to == n.Text {
		return nil, nil
	}
	if err := r.serves(to); err != nil {
		return nil, err
	}
	var edits []errcatalog.Edit
	for _, w := range r.written {
		edits = append(edits, errcatalog.Edit{Span: w.span, New: w.quoted(to)})
	}
	for _, tag := range r.tags {
		edits = append(edits, tag.naming(to))
	}
	for _, s := range r.options {
		edits = append(edits, errcatalog.Edit{Span: s, New: to})
	}
	slices.SortFunc(edits, func(a, b errcatalog.Edit) int {
		return cmp.Or(cmp.Compare(a.Span.Start.Filename, b.Span.Start.Filename), cmp.Compare(a.Span.Start.Offset, b.Span.Start.Offset))
	})
	return slices.Compact(edits), nil
}

// A renaming is all places that a name is written at, each of them safe to change.
type renaming struct {
	name     *Name
	packages []*Package
	found    []Occurrence
	written  []written
	tags     []fieldTag
	options  []errcatalog.Span // where other tags name the column: unique=a+b, ref=User.id
}

// A written is a literal of a string, without its quotes.
type written struct {
	span errcatalog.Span
	raw  bool // in backquotes
}

func (w written) quoted(s string) string {
	if w.raw {
		return s
	}
	q := strconv.Quote(s)
	return q[1 : len(q)-1]
}

func (n *Name) renaming(packages []*Package) (*renaming, error) {
	r := &renaming{name: n, packages: packages, found: n.Occurrences(packages)}
	switch {
	case n.Kind == NameModel:
		return nil, refuse(errcatalog.DF901, "a node type follows the name of its model: rename the Go type %s", n.Text)
	case n.Go:
		return nil, refuse(errcatalog.DF901, "%s is a Go name here; its column is renamed where it is written as a string", n.Text)
	}
	check := r.sight
	if n.Kind == NameColumn {
		check = r.columnSight
	}
	if err := check(); err != nil {
		return nil, err
	}
	for _, o := range r.found {
		if o.Go {
			if err := r.addTag(o.Span); err != nil {
				return nil, err
			}
			continue
		}
		if err := r.add(o.Span); err != nil {
			return nil, err
		}
	}
	if n.Kind == NameColumn {
		r.addOptions()
	}
	return r, nil
}

func refuse(code errcatalog.Code, format string, args ...any) error {
	return errcatalog.New(errcatalog.Finding{Code: code, Message: fmt.Sprintf(format, args...)})
}

// at is a place as people read it.
func at(s errcatalog.Span) string {
	return fmt.Sprintf("%s:%d", filepath.Base(s.Start.Filename), s.Start.Line)
}

// sight refuses where a workflow has calls that may write the name and cannot be read.
func (r *renaming) sight() error {
	if r.name.Kind == NameWorkflow {
		return nil // written once
	}
	whole := false
	for _, wf := range r.workflows() {
		if wf.fragment {
			continue
		}
		whole = true
		if wf.Unseen != "" {
			return refuse(errcatalog.DF901, "workflow %q cannot be followed whole (%s): another call may name %q", wf.Graph.Name, wf.Unseen, r.name.Text)
		}
		if r.name.Kind == NameNode {
			if s, ok := unknownID(wf.Graph); ok {
				return refuse(errcatalog.DF901, "an id at %s is computed when the program runs: it may be %q", at(s), r.name.Text)
			}
		}
	}
	if !whole {
		return refuse(errcatalog.DF901, "the workflow that %q belongs to is not in sight: it is made elsewhere", r.name.Text)
	}
	if r.name.Kind == NameNode {
		return r.resultSight()
	}
	return nil
}

// resultSight refuses where a node's result is read by a name that other workflows have,
// too.
func (r *renaming) resultSight() error {
	for _, p := range r.packages {
		for _, t := range p.targetsNaming(r.name.Text) {
			if t.Kind == TargetResult && t.Text == r.name.Text && !slices.ContainsFunc(r.found, func(o Occurrence) bool { return o.Span == t.Span }) {
				return refuse(errcatalog.DF901, "the result of %q is read at %s, and more than one workflow has a node of that name", r.name.Text, at(t.Span))
			}
		}
	}
	return nil
}

// workflows are those in which the name was found, each once.
func (r *renaming) workflows() []*Workflow {
	var all []*Workflow
	for _, o := range r.found {
		if o.target != nil && o.target.Workflow != nil && !slices.Contains(all, o.target.Workflow) {
			all = append(all, o.target.Workflow)
		}
	}
	return all
}

// unknownID finds an id that is no constant.
func unknownID(g *graph.Graph) (errcatalog.Span, bool) {
	var ids []graph.Text
	for i := range g.Nodes {
		ids = append(ids, g.Nodes[i].ID)
	}
	for i := range g.Connections {
		ids = append(ids, g.Connections[i].From, g.Connections[i].To)
	}
	for i := range g.Dependencies {
		ids = append(ids, g.Dependencies[i].Before, g.Dependencies[i].After)
	}
	for _, id := range ids {
		if !id.Known {
			return id.Span, true
		}
	}
	return errcatalog.Span{}, false
}

// plainColumn is what a df tag takes for a name.
var plainColumn = regexp.MustCompile(`^[\pL_][\pL\pN_]*$`)

// serves says why a new name does not do.
func (r *renaming) serves(to string) error {
	switch r.name.Kind {
	case NameColumn:
		if !plainColumn.MatchString(to) {
			return refuse(errcatalog.DF605, "%q is no column name: use letters, digits and _", to)
		}
		for _, p := range r.packages {
			for _, m := range p.Models {
				if m.FieldByColumn(r.name.Text) != nil && m.FieldByColumn(to) != nil && r.isOf(m) {
					return refuse(errcatalog.DF607, "%s has a column %q already", m.Name, to)
				}
			}
		}
	case NameNode, NameTransaction:
		if to == "" || r.name.Kind == NameNode && strings.Contains(to, ".") {
			return refuse(errcatalog.DF807, "%q is no id: it must not be empty, or have a dot in it", to)
		}
		for _, o := range r.found {
			if t := o.target; t != nil && t.bare && !token.IsIdentifier(to) {
				return refuse(errcatalog.DF807, "an expression at %s names %q, and %q is no name there", at(o.Span), r.name.Text, to)
			} else if t != nil && t.user != nil && hides(t.Workflow.Graph, t.user, to) {
				return refuse(errcatalog.DF806, "node %q has an input %q, which would hide the node in its expression at %s", t.user.ID.S, to, at(o.Span))
			}
		}
		for _, wf := range r.workflows() {
			if wf.Graph.Node(to) != nil && r.name.Kind == NameNode ||
				r.name.Kind == NameTransaction && slices.ContainsFunc(wf.Graph.Transactions, func(t graph.Transaction) bool { return t.ID.S == to }) {
				return refuse(errcatalog.DF806, "workflow %q has %q already", wf.Graph.Name, to)
			}
		}
	case NameInput:
		if to == "" {
			return refuse(errcatalog.DF808, "an input has a name")
		}
		for _, wf := range r.workflows() {
			if slices.ContainsFunc(wf.Graph.Inputs(), func(in graph.Input) bool { return in.Name == to }) {
				return refuse(errcatalog.DF806, "workflow %q has an input %q already: the two would become one", wf.Graph.Name, to)
			}
		}
	}
	return nil
}

func (r *renaming) isOf(m *model.Model) bool {
	_, ok := r.name.shared(r.packages)[columnOf(m, r.name.Text)]
	return ok
}

// add takes up one place: a literal, or the constant that stands for one.
func (r *renaming) add(s errcatalog.Span) error {
	p, src := sourceOf(r.packages, s.Start.Filename)
	if src == nil {
		return refuse(errcatalog.DF901, "%q is written at %s, outside the workspace", r.name.Text, at(s))
	}
	if isGenerated(src.src) {
		return refuse(errcatalog.DF901, "%q is written at %s, in a generated file", r.name.Text, at(s))
	}
	if w, ok := literal(src, s, r.name.Text); ok {
		r.written = append(r.written, w)
		return nil
	}
	lit, in, err := r.constant(p, string(src.src[s.Start.Offset:s.End.Offset]), s)
	if err != nil {
		return err
	}
	w, ok := literal(in, in.inner(lit), r.name.Text)
	if !ok {
		return refuse(errcatalog.DF901, "%q at %s is not written out", r.name.Text, at(s))
	}
	r.written = append(r.written, w)
	return nil
}

// hides reports whether an input of a node has a name.
func hides(g *graph.Graph, n *graph.Node, name string) bool {
	return n.Params.Get(name) != nil || slices.ContainsFunc(g.Connections, func(c graph.Connection) bool {
		first, _, _ := strings.Cut(c.Input.S, ".")
		return c.To.S == n.ID.S && first == name
	})
}

// literal is the literal that a span lies in, if the span reads as the text.
func literal(src *source, s errcatalog.Span, text string) (written, bool) {
	start, end := s.Start.Offset, s.End.Offset
	if start < 1 || end >= len(src.src) || start > end || string(src.src[start:end]) != text {
		return written{}, false
	}
	var found *ast.BasicLit
	ast.Inspect(src.ast, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING && src.offset(lit.Pos()) < start && end < src.offset(lit.End()) {
			found = lit
		}
		return found == nil && n != nil && src.offset(n.Pos()) <= start && end <= src.offset(n.End())
	})
	if found == nil {
		return written{}, false
	}
	return written{s, strings.HasPrefix(found.Value, "`")}, true
}

func sourceOf(packages []*Package, file string) (*Package, *source) {
	for _, p := range packages {
		if src := p.source(file); src != nil {
			return p, src
		}
	}
	return nil, nil
}

// constant is the literal of the constant by which a name is written. The constant must
// be the only thing of its name in the package, and serve nothing but this name.
func (r *renaming) constant(p *Package, name string, use errcatalog.Span) (*ast.BasicLit, *source, error) {
	if !token.IsIdentifier(name) {
		return nil, nil, refuse(errcatalog.DF901, "%q is computed at %s (%s)", r.name.Text, at(use), name)
	}
	var lit *ast.BasicLit
	var in *source
	names, specs := 0, 0
	for _, src := range p.syntax() {
		ast.Inspect(src.ast, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ValueSpec:
				if i := slices.IndexFunc(n.Names, func(id *ast.Ident) bool { return id.Name == name }); i >= 0 && len(n.Values) == len(n.Names) {
					if l, ok := n.Values[i].(*ast.BasicLit); ok && l.Kind == token.STRING && isConstant(src, n) {
						lit, in = l, src
						specs, names = specs+1, names-1
					}
				}
			case *ast.Ident:
				if n.Name == name && !r.writes(src.span(n)) {
					names++
				}
			}
			return true
		})
	}
	if lit == nil {
		return nil, nil, refuse(errcatalog.DF901, "%q is given as %s at %s, which is no constant of this package", r.name.Text, name, at(use))
	}
	if names > 0 || specs > 1 {
		return nil, nil, refuse(errcatalog.DF901, "%q is given as %s at %s, and the constant %s serves for something else, too", r.name.Text, name, at(use), name)
	}
	return lit, in, nil
}

// writes reports whether an expression is one of the places that write the name.
func (r *renaming) writes(s errcatalog.Span) bool {
	return slices.ContainsFunc(r.found, func(o Occurrence) bool { return o.Span == s })
}

// isConstant reports whether a spec is one of a const declaration.
func isConstant(src *source, spec *ast.ValueSpec) bool {
	found := false
	ast.Inspect(src.ast, func(n ast.Node) bool {
		if d, ok := n.(*ast.GenDecl); ok && d.Tok == token.CONST {
			found = found || slices.ContainsFunc(d.Specs, func(s ast.Spec) bool { return s == spec })
		}
		return !found
	})
	return found
}
