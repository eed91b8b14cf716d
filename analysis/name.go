package analysis

import (
	"cmp"
	"go/ast"
	"go/token"
	"slices"
	"strings"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/model"
)

// A NameKind says what a name is of.
type NameKind uint8

// What workflows name by strings.
const (
	NameNode        NameKind = iota + 1
	NameInput                // given to dataflow.Input
	NameTransaction          // a block
	NameWorkflow             // given to NewWorkflow
	NameColumn               // a column of a model: a parameter, a part of a path
	NameModel                // the model of a node type
)

// A Name is what workflows call something by in their strings: what an editor finds the
// declaration and the uses of, and writes another for.
type Name struct {
	Kind NameKind
	Text string          // "create"; of a column its name, of a model "User"
	Span errcatalog.Span // where it was asked for
	Go   bool            // it stands there as a Go identifier, which is gopls's to rename

	target *Target
	model  *model.Model // of NameColumn and NameModel
}

// Model is the model of a node type, or of the column; nil for other names.
func (n *Name) Model() *model.Model { return n.model }

// An Occurrence is one place where a name is written.
type Occurrence struct {
	Span     errcatalog.Span // what stands inside the quotes; the expression where it is no literal
	Declares bool
	Go       bool // the name of a struct, or of its field
	target   *Target
}

// NameAt returns the name at a byte offset of a file of the package, or nil.
func (p *Package) NameAt(file string, offset int) *Name {
	if n := p.declaredAt(file, offset); n != nil {
		return n
	}
	t := p.At(file, offset)
	if t == nil {
		return nil
	}
	switch n := (&Name{Text: t.Text, Span: t.Span, target: t}); t.Kind {
	case TargetNodeID, TargetResult:
		n.Kind = NameNode
		return known(n)
	case TargetInputName:
		n.Kind = NameInput
		return known(n)
	case TargetTransaction:
		n.Kind = NameTransaction
		return known(n)
	case TargetWorkflowName:
		n.Kind = NameWorkflow
		return known(n)
	case TargetNodeType:
		if t.Model != nil {
			n.Kind, n.Text, n.model = NameModel, t.Model.Name, t.Model
			return n
		}
	case TargetParamKey, TargetOutput, TargetInput, TargetColumn:
		for _, s := range t.columnSpans() {
			if t.Model != nil && s.Start.Offset <= offset && offset <= s.End.Offset {
				n.Kind, n.Text, n.Span, n.model = NameColumn, t.Field.Column, s, t.Model
				return n
			}
		}
	}
	return nil
}

func known(n *Name) *Name {
	if n.Text == "" {
		return nil
	}
	return n
}

// columnSpans are where a target writes the column that it means: a segment of its path.
func (t *Target) columnSpans() []errcatalog.Span {
	if t.Field == nil || t.Field.Column == "" {
		return nil
	}
	if t.Span.End.Offset-t.Span.Start.Offset != len(t.Text) { // no plain literal
		if last := t.Text[strings.LastIndexByte(t.Text, '.')+1:]; strings.TrimPrefix(last, "-") == t.Field.Column {
			return []errcatalog.Span{t.Span}
		}
		return nil
	}
	var spans []errcatalog.Span
	at := 0
	for segment := range strings.SplitSeq(t.Text, ".") {
		name := segment
		if t.Kind == TargetColumn {
			name = strings.TrimPrefix(segment, "-")
		}
		if name == t.Field.Column {
			start := at + len(segment) - len(name)
			spans = append(spans, part(t.Span, start, start+len(name)))
		}
		at += len(segment) + 1
	}
	return spans
}

// part is a part of a span on one line, by bytes from its start.
func part(s errcatalog.Span, from, to int) errcatalog.Span {
	start, end := s.Start, s.Start
	start.Offset, start.Column = start.Offset+from, start.Column+from
	end.Offset, end.Column = end.Offset+to, end.Column+to
	return errcatalog.Span{Start: start, End: end}
}

// declaredAt finds a model, or a column, where it is declared: the name of the struct or
// field, or the column in the field's tag.
func (p *Package) declaredAt(file string, offset int) *Name {
	for _, m := range p.Models {
		if m.Pos.Filename != file {
			continue
		}
		if s := named(m.Pos, m.Name); covers(s, offset) {
			return &Name{Kind: NameModel, Text: m.Name, Span: s, Go: true, model: m}
		}
		for i := range m.Fields {
			f := &m.Fields[i]
			if f.Pos.Filename != file {
				continue
			}
			if s := named(f.Pos, goName(f)); covers(s, offset) {
				return &Name{Kind: NameColumn, Text: f.Column, Span: s, Go: true, model: m}
			}
			if f.Pos.Offset > offset {
				continue
			}
			if decl, src := p.fieldDecl(f); decl != nil && decl.Tag != nil {
				if s, ok := tagColumn(src, decl.Tag); ok && covers(s, offset) && s.Start.Offset < s.End.Offset {
					return &Name{Kind: NameColumn, Text: f.Column, Span: s, model: m}
				}
			}
		}
	}
	return nil
}

func covers(s errcatalog.Span, offset int) bool {
	return s.IsValid() && s.Start.Offset <= offset && offset <= s.End.Offset
}

// named is the span of an identifier that starts at a place.
func named(at token.Position, name string) errcatalog.Span {
	if !at.IsValid() {
		return errcatalog.Span{}
	}
	return part(errcatalog.Span{Start: at, End: at}, 0, len(name))
}

// goName is the name of a field in the struct that declares it.
func goName(f *model.Field) string { return f.Name[strings.LastIndexByte(f.Name, '.')+1:] }

// fieldDecl finds the declaration of a field in the syntax of the package.
func (p *Package) fieldDecl(f *model.Field) (decl *ast.Field, in *source) {
	src := p.source(f.Pos.Filename)
	if src == nil {
		return nil, nil
	}
	for _, spec := range src.types {
		st, ok := spec.Type.(*ast.StructType)
		if !ok || st.Fields == nil {
			continue
		}
		for _, field := range st.Fields.List {
			if src.offset(field.Pos()) <= f.Pos.Offset && f.Pos.Offset < src.offset(field.Type.Pos()) {
				return field, src
			}
		}
	}
	return nil, nil
}

// tagColumn is where the df tag of a field names the column; it may be empty, as in
// `df:",unique"`. It is false where there is no df tag, or its literal has escapes.
func tagColumn(src *source, tag *ast.BasicLit) (errcatalog.Span, bool) {
	text := tag.Value
	key := `df:"`
	if strings.HasPrefix(text, `"`) {
		key = `df:\"`
	}
	i := strings.Index(text, key)
	if i < 0 || i > 1 && text[i-1] != ' ' {
		return errcatalog.Span{}, false
	}
	start := i + len(key)
	n := strings.IndexAny(text[start:], ",\\\"")
	if n < 0 {
		return errcatalog.Span{}, false
	}
	at := src.offset(tag.Pos())
	return src.between(at+start, at+start+n), true
}

// Occurrences lists where a name is written in packages, sorted by file and place, each
// place once. A node's name reaches as far as the workflows that share a call: one that
// is added by a helper is the same in all of them.
func (n *Name) Occurrences(packages []*Package) []Occurrence {
	switch n.Kind {
	case NameColumn:
		return sortOccurrences(n.columns(packages))
	case NameModel:
		return sortOccurrences(n.models(packages))
	default:
		return sortOccurrences(n.texts(packages))
	}
}

// Declarations are those of the occurrences that make the name. For columns and models
// they are found without a look at the workflows.
func (n *Name) Declarations(packages []*Package) []Occurrence {
	switch n.Kind {
	case NameColumn:
		return sortOccurrences(n.fields(n.shared(packages)))
	case NameModel:
		return sortOccurrences(n.structs(packages))
	default:
		return slices.DeleteFunc(n.Occurrences(packages), func(o Occurrence) bool { return !o.Declares })
	}
}

func sortOccurrences(found []Occurrence) []Occurrence {
	slices.SortFunc(found, func(a, b Occurrence) int {
		return cmp.Or(cmp.Compare(a.Span.Start.Filename, b.Span.Start.Filename), cmp.Compare(a.Span.Start.Offset, b.Span.Start.Offset),
			compareBool(b.Declares, a.Declares))
	})
	return slices.CompactFunc(found, func(a, b Occurrence) bool { return a.Span == b.Span })
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}

// wrote reports whether a target writes a name of this kind.
func (n *Name) wrote(t *Target) bool {
	switch n.Kind {
	case NameNode:
		return t.Kind == TargetNodeID
	case NameInput:
		return t.Kind == TargetInputName
	case NameTransaction:
		return t.Kind == TargetTransaction
	default:
		return t.Kind == TargetWorkflowName
	}
}

// texts finds the places of a name that belongs to a workflow.
func (n *Name) texts(packages []*Package) []Occurrence {
	bySpan, byWorkflow := map[errcatalog.Span][]*Target{}, map[*Workflow][]*Target{}
	var results []Occurrence
	for _, p := range packages {
		for _, t := range p.targetsNaming(n.Text) {
			if t.Text != n.Text {
				continue
			}
			if t.Kind == TargetResult && n.Kind == NameNode {
				results = append(results, Occurrence{Span: t.Span, target: t})
			}
			if n.wrote(t) {
				bySpan[t.Span] = append(bySpan[t.Span], t)
				byWorkflow[t.Workflow] = append(byWorkflow[t.Workflow], t)
			}
		}
	}
	reached := map[*Workflow]bool{}
	var next []*Workflow
	reach := func(wf *Workflow) {
		if wf != nil && !reached[wf] {
			reached[wf] = true
			next = append(next, wf)
		}
	}
	if n.target.Kind == TargetResult {
		for wf := range byWorkflow {
			reach(wf)
		}
	}
	// The target may be of an earlier check than the packages: its place is the same.
	for _, t := range append(bySpan[n.target.Span], n.target) {
		if len(byWorkflow[t.Workflow]) > 0 {
			reach(t.Workflow)
		}
	}
	var found []Occurrence
	for len(next) > 0 {
		wf := next[0]
		next = next[1:]
		for _, t := range byWorkflow[wf] {
			found = append(found, Occurrence{Span: t.Span, Declares: t.declares(), target: t})
			for _, same := range bySpan[t.Span] {
				reach(same.Workflow)
			}
		}
	}
	// A result is read by name alone: it is this node's where no other has the name.
	if len(reached) == len(byWorkflow) {
		found = append(found, results...)
	}
	return found
}

// declares reports whether a target is where its name is made.
func (t *Target) declares() bool {
	switch t.Kind {
	case TargetNodeID:
		return t.Connection == nil && t.Node != nil && t.Node.ID.Span == t.Span
	case TargetWorkflowName, TargetTransaction, TargetInputName:
		return true
	}
	return false
}

// A columnKey is a column of a model, whichever check it was seen in.
type columnKey struct{ pkg, model, column string }

func columnOf(m *model.Model, column string) columnKey { return columnKey{m.PkgPath, m.Name, column} }

// shared are the model's column and those of other models that come with the same
// embedded struct, with their fields as they are declared now.
func (n *Name) shared(packages []*Package) map[columnKey]*model.Field {
	all := map[columnKey]*model.Field{columnOf(n.model, n.Text): nil}
	var at token.Position
	each := func(f func(*model.Model, *model.Field)) {
		for _, p := range packages {
			for _, m := range p.Models {
				for i := range m.Fields {
					if m.Fields[i].Column == n.Text {
						f(m, &m.Fields[i])
					}
				}
			}
		}
	}
	each(func(m *model.Model, f *model.Field) {
		if columnOf(m, n.Text) == columnOf(n.model, n.Text) {
			all[columnOf(m, n.Text)], at = f, f.Pos
		}
	})
	if at.IsValid() {
		each(func(m *model.Model, f *model.Field) {
			if f.Pos.Filename == at.Filename && f.Pos.Offset == at.Offset {
				all[columnOf(m, n.Text)] = f
			}
		})
	}
	return all
}

func (n *Name) columns(packages []*Package) []Occurrence {
	shared := n.shared(packages)
	found := n.fields(shared)
	var models []string
	for key := range shared {
		models = append(models, key.model)
	}
	for _, p := range packages {
		for _, t := range p.targetsNaming(models...) {
			if t.Field == nil || t.Model == nil || t.Field.Column != n.Text || !t.namesColumn() {
				continue
			}
			if _, ok := shared[columnOf(t.Model, n.Text)]; ok {
				for _, s := range t.columnSpans() {
					found = append(found, Occurrence{Span: s, target: t})
				}
			}
		}
	}
	return found
}

// fields are where the structs declare a column that they share.
func (n *Name) fields(shared map[columnKey]*model.Field) []Occurrence {
	var found []Occurrence
	for key, f := range shared {
		if f == nil && key == columnOf(n.model, n.Text) {
			f = n.model.FieldByColumn(n.Text) // of a module that is not loaded
		}
		if f != nil && f.Pos.IsValid() {
			found = append(found, Occurrence{Span: named(f.Pos, goName(f)), Declares: true, Go: true})
		}
	}
	return found
}

// namesColumn reports whether a target of its kind can name a column.
func (t *Target) namesColumn() bool {
	switch t.Kind {
	case TargetParamKey, TargetOutput, TargetInput, TargetColumn:
		return true
	}
	return false
}

func (n *Name) models(packages []*Package) []Occurrence {
	found := n.structs(packages)
	for _, p := range packages {
		for _, t := range p.targetsNaming(n.model.Name) {
			if t.Kind == TargetNodeType && t.Model != nil && t.Model.PkgPath == n.model.PkgPath && t.Model.Name == n.model.Name {
				found = append(found, Occurrence{Span: t.Span, target: t})
			}
		}
	}
	return found
}

// structs is where a model is declared now, if that is in sight.
func (n *Name) structs(packages []*Package) []Occurrence {
	current := n.model
	for _, p := range packages {
		for _, m := range p.Models {
			if m.PkgPath == n.model.PkgPath && m.Name == n.model.Name {
				current = m
			}
		}
	}
	if s := named(current.Pos, current.Name); s.IsValid() {
		return []Occurrence{{Span: s, Declares: true, Go: true}}
	}
	return nil
}

// Type is where the type behind a name is declared: the model of a node, a column or a
// node type. It is invalid where there is none.
func (n *Name) Type(packages []*Package) errcatalog.Span {
	m := n.model
	if t := n.target; m == nil && t != nil && t.Node != nil {
		m = t.Model
		if m == nil && t.Workflow != nil && t.Node.Type.Known {
			if c := graph.Resolve(t.Node.Type.S, graph.NewModelSet(t.Workflow.Models...)); c != nil {
				m = c.Model
			}
		}
	}
	if m == nil {
		return errcatalog.Span{}
	}
	for _, o := range (&Name{Kind: NameModel, model: m}).structs(packages) {
		return o.Span
	}
	return errcatalog.Span{}
}

// Name is the name in the package clause of one of its files; "" for another file.
func (p *Package) Name(file string) string {
	if _, src := sourceOf([]*Package{p}, file); src != nil && src.ast != nil {
		return src.ast.Name.Name
	}
	return ""
}
