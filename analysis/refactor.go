package analysis

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/model"
)

// A Refactoring changes the source and not what it means, or adds to it what is asked
// for. Its code compiles.
type Refactoring struct {
	Title string
	Kind  string // as the LSP names it: "refactor.extract.constant"
	Edits []errcatalog.Edit
}

// Refactorings lists what can be done with what stands at a byte offset of a file;
// packages are all of the workspace.
func (p *Package) Refactorings(file string, offset int, packages []*Package) []Refactoring {
	t := p.At(file, offset)
	_, src := sourceOf([]*Package{p}, file)
	if t == nil || src == nil || isGenerated(src.src) {
		return nil
	}
	r := &refactorer{p: p, src: src, t: t, packages: packages}
	switch t.Kind {
	case TargetNodeID:
		r.extract()
		r.inline()
		r.addNode()
	case TargetParamValue:
		r.input()
	}
	return r.found
}

type refactorer struct {
	p        *Package
	src      *source
	t        *Target
	packages []*Package
	found    []Refactoring
}

func (r *refactorer) add(title, kind string, edits []errcatalog.Edit) {
	r.found = append(r.found, Refactoring{title, kind, edits})
}

// extract gives the node's id a constant, for all its literals in the package.
func (r *refactorer) extract() {
	name := r.p.NameAt(r.src.name, r.t.Span.Start.Offset)
	if name == nil || name.Kind != NameNode {
		return
	}
	if _, ok := r.quoted(r.src, r.t); !ok {
		return
	}
	constant := r.freeName(constantName(r.t.Text))
	var edits []errcatalog.Edit
	for _, o := range name.Occurrences(r.packages) {
		in, src := sourceOf([]*Package{r.p}, o.Span.Start.Filename)
		if in == nil || src.ast.Name.Name != r.src.ast.Name.Name || isGenerated(src.src) || o.target == nil || o.target.user != nil {
			continue
		}
		if s, ok := r.quoted(src, o.target); ok {
			edits = append(edits, errcatalog.Edit{Span: s, New: constant})
		}
	}
	at := r.beforeDecl()
	if len(edits) == 0 || at < 0 {
		return
	}
	edits = append(edits, errcatalog.Edit{Span: r.src.between(at, at), New: fmt.Sprintf("const %s = %q\n\n", constant, r.t.Text)})
	r.add(fmt.Sprintf("Extract %q to the constant %s", r.t.Text, constant), "refactor.extract.constant", edits)
}

// quoted is the literal that writes a target, with its quotes.
func (r *refactorer) quoted(src *source, t *Target) (errcatalog.Span, bool) {
	start, end := t.Span.Start.Offset-1, t.Span.End.Offset+1
	if start < 0 || end > len(src.src) || t.Text == "" {
		return errcatalog.Span{}, false
	}
	text, err := strconv.Unquote(string(src.src[start:end]))
	return src.between(start, end), err == nil && text == t.Text
}

// constantName is a Go name for an id: "create-user" gives createUserID.
func constantName(id string) string {
	var b strings.Builder
	up := false
	for _, r := range id {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			up = b.Len() > 0
		case b.Len() == 0 && unicode.IsDigit(r):
			b.WriteString("node" + string(r))
		case b.Len() == 0:
			b.WriteRune(unicode.ToLower(r))
		case up:
			b.WriteRune(unicode.ToUpper(r))
			up = false
		default:
			b.WriteRune(r)
		}
	}
	name := cmp.Or(b.String(), "node")
	if strings.HasSuffix(name, "ID") || strings.HasSuffix(name, "Id") {
		return name
	}
	return name + "ID"
}

// freeName is a name that nothing in the package has.
func (r *refactorer) freeName(name string) string {
	taken := map[string]bool{}
	for _, src := range r.p.syntax() {
		for _, words := range src.words {
			for _, w := range words {
				taken[w] = true
			}
		}
	}
	free := name
	for i := 2; taken[free] || !token.IsIdentifier(free); i++ {
		free = name + strconv.Itoa(i)
	}
	return free
}

// beforeDecl is where the declaration around the target begins, with its comment.
func (r *refactorer) beforeDecl() int {
	for _, d := range r.src.ast.Decls {
		start, end := r.src.offset(d.Pos()), r.src.offset(d.End())
		if start > r.t.Span.Start.Offset || end < r.t.Span.End.Offset {
			continue
		}
		var doc *ast.CommentGroup
		switch d := d.(type) {
		case *ast.FuncDecl:
			doc = d.Doc
		case *ast.GenDecl:
			doc = d.Doc
		}
		if doc != nil {
			start = r.src.offset(doc.Pos())
		}
		return lineStart(r.src.src, start)
	}
	return -1
}

// inline writes out the constant by which the node's id is given, and removes the
// constant, which serves nothing else.
func (r *refactorer) inline() {
	name := r.p.NameAt(r.src.name, r.t.Span.Start.Offset)
	written := string(r.src.src[r.t.Span.Start.Offset:r.t.Span.End.Offset])
	if name == nil || name.Kind != NameNode || !token.IsIdentifier(written) {
		return
	}
	if _, literal := r.quoted(r.src, r.t); literal {
		return
	}
	found := &renaming{name: name, packages: r.packages, found: name.Occurrences(r.packages)}
	_, in, err := found.constant(r.p, written, r.t.Span)
	if err != nil {
		return
	}
	var edits []errcatalog.Edit
	for _, o := range found.found {
		_, src := sourceOf(r.packages, o.Span.Start.Filename)
		if src != nil && string(src.src[o.Span.Start.Offset:o.Span.End.Offset]) == written {
			edits = append(edits, errcatalog.Edit{Span: o.Span, New: strconv.Quote(r.t.Text)})
		}
	}
	removal, ok := removalOf(in, written)
	if !ok {
		return
	}
	r.add(fmt.Sprintf("Inline the constant %s", written), "refactor.inline.constant", append(edits, removal))
}

// removalOf removes the declaration of a constant with the line that it stands on.
func removalOf(src *source, name string) (errcatalog.Edit, bool) {
	for _, d := range src.ast.Decls {
		decl, ok := d.(*ast.GenDecl)
		if !ok || decl.Tok != token.CONST {
			continue
		}
		for _, spec := range decl.Specs {
			value := spec.(*ast.ValueSpec)
			if len(value.Names) != 1 || value.Names[0].Name != name || len(value.Values) != 1 {
				continue
			}
			var n ast.Node = value
			doc := value.Doc
			if len(decl.Specs) == 1 {
				n, doc = decl, decl.Doc
			}
			start, end := src.offset(n.Pos()), min(lineEnd(src.src, src.offset(n.End()))+1, len(src.src))
			if doc != nil {
				start = src.offset(doc.Pos())
			}
			start = lineStart(src.src, start)
			if n == ast.Node(decl) { // the blank line below goes with it
				for end < len(src.src) && (src.src[end] == '\n' || src.src[end] == '\r') {
					end++
				}
			}
			return errcatalog.Edit{Span: src.between(start, end)}, true
		}
	}
	return errcatalog.Edit{}, false
}

// addNode adds a node that reads the record that this one yields, and connects the two.
func (r *refactorer) addNode() {
	n, wf := r.t.Node, r.t.Workflow
	if n == nil || wf == nil || r.t.Connection != nil || !r.t.declares() || r.t.Model == nil {
		return
	}
	for i := range wf.Graph.Nodes {
		if o := &wf.Graph.Nodes[i]; o != n && o.Call == n.Call {
			return // a loop adds several
		}
	}
	stmt := r.statement(n)
	c := graph.Resolve(n.Type.S, graph.NewModelSet(r.t.Model))
	if stmt == "" || c == nil || len(r.t.Model.PrimaryKey()) != 1 {
		return
	}
	key := r.t.Model.PrimaryKey()[0]
	output := key
	switch {
	case c.Output(key) != nil:
	case c.Output("record") != nil:
		output = "record." + key
	default:
		return
	}
	id := "read" + r.t.Model.Name
	for i := 2; wf.Graph.Node(id) != nil; i++ {
		id = "read" + r.t.Model.Name + strconv.Itoa(i)
	}
	line := lineEnd(r.src.src, n.Call.End.Offset)
	indent := indentation(r.src.src, n.Call.Start.Offset)
	text := fmt.Sprintf("\n%s%sAddNode(%q, %q, nil)\n", indent, stmt, model.NodeType(r.t.Model.Name, model.Read), id) +
		fmt.Sprintf("%s%sAddConnection(%q, %q, %q, %q)", indent, stmt, n.ID.S, output, id, key)
	r.add(fmt.Sprintf("Add a node after %q", n.ID.S), "refactor.rewrite.addNode", []errcatalog.Edit{{Span: r.src.between(line, line), New: text}})
}

// statement is what stands before the call of a node that is a statement of its own:
// "wf."; "" where it is part of something larger.
func (r *refactorer) statement(n *graph.Node) string {
	start, end := n.Call.Start.Offset, n.Call.End.Offset
	if n.Call.Start.Filename != r.src.name || end > len(r.src.src) {
		return ""
	}
	found := ""
	ast.Inspect(r.src.ast, func(node ast.Node) bool {
		stmt, ok := node.(*ast.ExprStmt)
		if !ok || r.src.offset(stmt.End()) != end {
			return node == nil || r.src.offset(node.Pos()) <= start
		}
		call, ok := stmt.X.(*ast.CallExpr)
		if !ok {
			return true
		}
		if sel, ok := call.Fun.(*ast.SelectorExpr); ok {
			if id, ok := sel.X.(*ast.Ident); ok && r.src.offset(sel.Sel.Pos()) == start {
				found = id.Name + "."
			}
		}
		return true
	})
	return found
}

// input makes a literal an input, with the literal as its default.
func (r *refactorer) input() {
	n, wf := r.t.Node, r.t.Workflow
	if n == nil || wf == nil || r.t.Param == nil {
		return
	}
	v := valueOf(&n.Params, r.t.Path)
	if v == nil || v.State != graph.StateKnown || v.Span != r.t.Span || v.V == nil {
		return
	}
	text := string(r.src.src[v.Span.Start.Offset:v.Span.End.Offset])
	if !isLiteralText(text) {
		return
	}
	pkg := importName(r.src, rootPath, "dataflow")
	if pkg == "" {
		return
	}
	name := r.t.Path[strings.LastIndexByte(r.t.Path, '.')+1:]
	if strings.HasPrefix(name, "$") {
		if parts := strings.Split(r.t.Path, "."); len(parts) > 1 {
			name = parts[len(parts)-2]
		}
	}
	if slices.ContainsFunc(wf.Graph.Inputs(), func(in graph.Input) bool { return in.Name == name }) {
		name = n.ID.S + "_" + name
	}
	if slices.ContainsFunc(wf.Graph.Inputs(), func(in graph.Input) bool { return in.Name == name }) {
		return
	}
	r.add(fmt.Sprintf("Turn it into the input %q", name), "refactor.rewrite.input", []errcatalog.Edit{
		{Span: v.Span, New: fmt.Sprintf("%s.Input(%q).Default(%s)", pkg, name, text)},
	})
}

// valueOf is the value at a path into parameters.
func valueOf(v *graph.Value, path string) *graph.Value {
	for key := range strings.SplitSeq(path, ".") {
		e := v.Get(key)
		if e == nil {
			return nil
		}
		v = &e.Value
	}
	return v
}

// isLiteralText reports whether a text is a literal: a string, a number, true or false.
func isLiteralText(text string) bool {
	if text == "true" || text == "false" {
		return true
	}
	if _, err := strconv.Unquote(text); err == nil {
		return true
	}
	_, err := strconv.ParseFloat(strings.ReplaceAll(text, "_", ""), 64)
	return err == nil
}
