package analysis

import (
	"go/ast"
	"regexp"
	"slices"
	"strings"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/model"
)

// columnSight refuses where parameters of the model's nodes cannot be read: they may name
// the column.
func (r *renaming) columnSight() error {
	shared := r.name.shared(r.packages)
	for key, f := range shared {
		if f == nil {
			return refuse(errcatalog.DF901, "model %s is declared outside the workspace", key.model)
		}
		if f.Name == "" {
			return refuse(errcatalog.DF901, "the column %q is the engine's own", r.name.Text)
		}
	}
	texts := map[errcatalog.Span]bool{} // of the targets that name the column
	var words []string                  // of targets that matter here
	for key := range shared {
		words = append(words, key.model)
	}
	for _, o := range r.found {
		if o.target != nil {
			texts[o.target.Span] = true
			words = append(words, o.target.Text)
		}
	}
	for _, p := range r.packages {
		for _, t := range p.targetsNaming(words...) {
			if texts[t.Span] && t.namesColumn() && !slices.ContainsFunc(r.found, func(o Occurrence) bool {
				return o.target == t || o.target != nil && o.target.Span == t.Span && o.target.sameColumn(t)
			}) {
				return refuse(errcatalog.DF901, "%q at %s serves nodes of more than one model", r.name.Text, at(t.Span))
			}
			if t.Kind != TargetNodeType || t.Model == nil || t.Node == nil {
				continue
			}
			if _, ok := shared[columnOf(t.Model, r.name.Text)]; !ok {
				continue
			}
			if err := r.inExpressions(t.Workflow); err != nil {
				return err
			}
			if !seenWhole(&t.Node.Params) {
				return refuse(errcatalog.DF901, "parameters of node %q (%s) at %s cannot be followed: they may name %q", t.Node.ID.S, t.Text, at(t.Node.Call), r.name.Text)
			}
		}
	}
	return nil
}

// sameColumn reports whether two targets mean the same column of the same model.
func (t *Target) sameColumn(o *Target) bool {
	return o.Field != nil && t.Field != nil && o.Field.Column == t.Field.Column && o.Model != nil && t.Model != nil &&
		o.Model.PkgPath == t.Model.PkgPath && o.Model.Name == t.Model.Name
}

// inExpressions refuses where an expression of a workflow has the column's name in it.
func (r *renaming) inExpressions(wf *Workflow) error {
	word := regexp.MustCompile(`(^|[^\pL\pN_])` + regexp.QuoteMeta(r.name.Text) + `($|[^\pL\pN_])`)
	for i := range wf.Graph.Nodes {
		n := &wf.Graph.Nodes[i]
		for _, x := range n.Expressions() {
			if word.MatchString(x) {
				return refuse(errcatalog.DF901, "the expression %q of node %q in workflow %q may mean the column %q", x, n.ID.S, wf.Graph.Name, r.name.Text)
			}
		}
	}
	return nil
}

// A fieldTag is the tag of a field, where it has one.
type fieldTag struct {
	src    *source
	field  *ast.Field
	column errcatalog.Span // in the tag; invalid where there is no df key
}

// addTag takes up the tag of the field whose name stands at a span.
func (r *renaming) addTag(s errcatalog.Span) error {
	p, src := sourceOf(r.packages, s.Start.Filename)
	if src == nil {
		return refuse(errcatalog.DF901, "the field of column %q is declared at %s, outside the workspace", r.name.Text, at(s))
	}
	if isGenerated(src.src) {
		return refuse(errcatalog.DF901, "the field of column %q is declared at %s, in a generated file", r.name.Text, at(s))
	}
	decl, src := p.fieldDecl(&model.Field{Pos: s.Start})
	if decl == nil {
		return refuse(errcatalog.DF901, "the field of column %q is not found at %s", r.name.Text, at(s))
	}
	if len(decl.Names) > 1 {
		return refuse(errcatalog.DF901, "the field of column %q shares its declaration with others at %s: give it a line of its own first", r.name.Text, at(s))
	}
	tag := fieldTag{src: src, field: decl}
	if decl.Tag != nil {
		if column, ok := tagColumn(src, decl.Tag); ok {
			tag.column = column
		} else if strings.Contains(decl.Tag.Value, "df:") || !strings.HasPrefix(decl.Tag.Value, "`") {
			return refuse(errcatalog.DF901, "the tag at %s cannot be changed: write it in backquotes", at(s))
		}
	}
	r.tags = append(r.tags, tag)
	return nil
}

// namingOption is an option of a df tag that names columns, in a tag's source.
var namingOption = regexp.MustCompile(`(unique|index|tenant|ref)='?([\pL\pN_.+ ]+)`)

// addOptions takes up the columns that other tags name: in the tag of the embedded
// dataflow.Model, and in references to the model.
func (r *renaming) addOptions() {
	shared := r.name.shared(r.packages)
	seen := map[errcatalog.Span]bool{}
	for _, p := range r.packages {
		for _, src := range p.syntax() {
			for _, spec := range src.types {
				st, ok := spec.Type.(*ast.StructType)
				if !ok || st.Fields == nil {
					continue
				}
				_, own := shared[columnKey{p.Path, spec.Name.Name, r.name.Text}]
				for _, field := range st.Fields.List {
					if field.Tag == nil {
						continue
					}
					for _, s := range r.optionsIn(src, field, own, shared) {
						if !seen[s] {
							seen[s] = true
							r.options = append(r.options, s)
						}
					}
				}
			}
		}
	}
}

func (r *renaming) optionsIn(src *source, field *ast.Field, own bool, shared map[columnKey]*model.Field) []errcatalog.Span {
	var found []errcatalog.Span
	start := src.offset(field.Tag.Pos())
	for _, m := range namingOption.FindAllStringSubmatchIndex(field.Tag.Value, -1) {
		option, value, from := field.Tag.Value[m[2]:m[3]], field.Tag.Value[m[4]:m[5]], start+m[4]
		if option == "ref" {
			target, column, _ := strings.Cut(value, ".")
			for key := range shared {
				if key.model == target && column == r.name.Text {
					found = append(found, src.between(from+len(target)+1, from+len(value)))
				}
			}
			continue
		}
		if !own || len(field.Names) > 0 { // a field's unique= names a group
			continue
		}
		for column := range strings.SplitSeq(value, "+") {
			if lead := len(column) - len(strings.TrimLeft(column, " ")); strings.TrimSpace(column) == r.name.Text {
				found = append(found, src.between(from+lead, from+lead+len(r.name.Text)))
			}
			from += len(column) + 1
		}
	}
	return found
}

// naming is the edit by which a tag names the column.
func (t fieldTag) naming(column string) errcatalog.Edit {
	switch {
	case t.column.IsValid():
		return errcatalog.Edit{Span: t.column, New: column}
	case t.field.Tag != nil:
		start := t.src.offset(t.field.Tag.Pos()) + 1
		return errcatalog.Edit{Span: t.src.between(start, start), New: `df:"` + column + `" `}
	default:
		end := t.src.offset(t.field.Type.End())
		return errcatalog.Edit{Span: t.src.between(end, end), New: " `df:\"" + column + "\"`"}
	}
}
