package analysis

import (
	"bytes"
	"fmt"
	"go/ast"
	"slices"
	"strconv"
	"strings"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/model"
)

// removeConnection takes out the connection or dependency at fault, or the other
// one that it clashes with.
func (s *site) removeConnection() []errcatalog.Fix {
	var call errcatalog.Span
	what := "connection"
	switch {
	case s.f.Connection != nil:
		call = s.f.Connection.Call
	case s.f.Dependency != nil:
		call, what = s.f.Dependency.Call, "dependency"
	}
	var fixes []errcatalog.Fix
	remove := func(call errcatalog.Span, title string, preferred bool) {
		if o := s.opAt(call); o != nil {
			if sp, ok := callRemoval(o.file, o.call); ok {
				fixes = append(fixes, s.fix(o.file, title, preferred, sp))
			}
		}
	}
	switch s.f.Code {
	case errcatalog.DF207, errcatalog.DF210:
		remove(call, "Remove this "+what, true)
	case errcatalog.DF104, errcatalog.DF115:
		if s.f.Connection != nil {
			remove(call, "Remove this "+what, true)
		}
	case errcatalog.DF204, errcatalog.DF211:
		remove(call, "Remove this "+what, false)
	case errcatalog.DF212:
		remove(call, "Remove this "+what, false)
		for _, other := range s.f.Related {
			remove(other.Span, "Remove the other "+what, false)
		}
	}
	return fixes
}

// opAt is the builder call at a place, or nil.
func (s *site) opAt(call errcatalog.Span) *op {
	for i := range s.draft.ops {
		o := &s.draft.ops[i]
		if o.call == nil {
			continue
		}
		var at errcatalog.Span
		switch {
		case o.conn != nil:
			at = o.conn.Call
		case o.dep != nil:
			at = o.dep.Call
		case o.node != nil:
			at = o.node.Call
		}
		if at == call {
			return o
		}
	}
	return nil
}

// callRemoval takes a builder call out: its statement where it is all of it, else
// its link of the chain.
func callRemoval(file *source, call *ast.CallExpr) (splice, bool) {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return splice{}, false
	}
	up := parents(file, call)
	if _, chained := ast.Unparen(sel.X).(*ast.CallExpr); !chained && len(up) > 1 {
		switch p := up[0].(type) {
		case *ast.ExprStmt:
			return statementRemoval(file, p, up[1])
		case *ast.AssignStmt: // wf = wf.AddConnection(…)
			if len(p.Lhs) == 1 && file.text(p.Lhs[0]) == file.text(sel.X) {
				return statementRemoval(file, p, up[1])
			}
		}
	}
	return splice{file.offset(sel.X.End()), file.offset(call.End()), ""}, true
}

// statementRemoval is a statement with its line, where it has one of its own.
func statementRemoval(file *source, stmt ast.Stmt, parent ast.Node) (splice, bool) {
	switch parent.(type) {
	case *ast.BlockStmt, *ast.CaseClause, *ast.CommClause:
	default:
		return splice{}, false // the init of an if, a label: the statement is needed
	}
	src := file.src
	start, end := file.offset(stmt.Pos()), file.offset(stmt.End())
	first, last := lineStart(src, start), lineEnd(src, end)
	after := bytes.TrimSpace(src[end:last])
	if len(bytes.TrimSpace(src[first:start])) == 0 && (len(after) == 0 || bytes.HasPrefix(after, []byte("//"))) && last < len(src) {
		return splice{first, last + 1, ""}, true
	}
	if bytes.HasPrefix(after, []byte(";")) {
		end += bytes.IndexByte(src[end:], ';') + 1
	}
	return splice{start, end, ""}, true
}

// parents are the nodes around n, the nearest first.
func parents(file *source, n ast.Node) []ast.Node {
	var up, stack []ast.Node
	ast.Inspect(file.ast, func(c ast.Node) bool {
		if c == nil {
			stack = stack[:len(stack)-1]
			return true
		}
		if c == n {
			up = slices.Clone(stack)
		}
		stack = append(stack, c)
		return up == nil
	})
	slices.Reverse(up)
	return slices.DeleteFunc(up, func(c ast.Node) bool { _, paren := c.(*ast.ParenExpr); return paren })
}

// afterCall adds a builder call behind another: a statement of its own where that
// is one, else a link of the chain.
func afterCall(file *source, call *ast.CallExpr, added string) (splice, bool) {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return splice{}, false
	}
	src := file.src
	up := parents(file, call)
	end := file.offset(call.End())
	_, chained := ast.Unparen(sel.X).(*ast.CallExpr)
	if len(up) > 1 && !chained {
		_, isStmt := up[0].(*ast.ExprStmt)
		_, inBlock := up[1].(*ast.BlockStmt)
		if rest := bytes.TrimSpace(src[end:lineEnd(src, end)]); isStmt && inBlock && (len(rest) == 0 || bytes.HasPrefix(rest, []byte("//"))) {
			at := lineEnd(src, end)
			if at > 0 && src[at-1] == '\r' {
				at--
			}
			return splice{at, at, "\n" + indentation(src, file.offset(call.Pos())) + file.text(sel.X) + "." + added}, true
		}
	}
	// A chain over several lines has each link on one.
	if at := file.offset(sel.Sel.Pos()); bytes.ContainsRune(src[file.offset(sel.X.End()):at], '\n') {
		return splice{end, end, ".\n" + indentation(src, at) + added}, true
	}
	return splice{end, end, "." + added}, true
}

// connectReference writes the connection that a text like "${create.id}" stands for.
func (s *site) connectReference() []errcatalog.Fix {
	if s.f.Code != errcatalog.DF116 || s.call == nil {
		return nil
	}
	parent, key := cutLast(s.f.Path)
	lit, _ := s.literal(parent)
	if lit == nil {
		return nil
	}
	el := element(lit, key)
	if el == nil {
		return nil
	}
	if _, keyed := el.whole.(*ast.KeyValueExpr); !keyed {
		return nil // an item of a list: those behind it would move up
	}
	d := s.f.Details
	added := "AddConnection(" + strings.Join([]string{strconv.Quote(d.Source), strconv.Quote(d.Output), strconv.Quote(d.Target), strconv.Quote(d.Input)}, ", ") + ")"
	after, ok := afterCall(s.args, s.call, added)
	if !ok {
		return nil
	}
	return []errcatalog.Fix{s.fix(s.args, fmt.Sprintf("Connect %s.%s to it", d.Source, d.Output), true, s.removal(lit, el), after)}
}

// otherOutputs offers the outputs of the source that do fit.
func (s *site) otherOutputs() []errcatalog.Fix {
	if s.f.Code != errcatalog.DF203 {
		return nil
	}
	start, end, ok := s.quoted()
	if !ok {
		return nil
	}
	var fixes []errcatalog.Fix
	for _, output := range s.f.Details.Allowed[:min(len(s.f.Details.Allowed), 6)] {
		fixes = append(fixes, s.fix(s.file, fmt.Sprintf("Change to %q", output), output == s.f.Details.Suggestion, splice{start, end, escaped(output)}))
	}
	return fixes
}

// escaped is s as it stands inside quotes.
func escaped(s string) string {
	q := strconv.Quote(s)
	return q[1 : len(q)-1]
}

// addNode adds the node that a connection names, where its id says which it is:
// "create_order", "order_create", "readUser".
func (s *site) addNode() []errcatalog.Fix {
	id := s.f.Details.Node
	if s.f.Code != errcatalog.DF201 || id == "" || strings.Contains(id, ".") || s.models == nil {
		return nil
	}
	call := errcatalog.Span{}
	switch {
	case s.f.Connection != nil:
		call = s.f.Connection.Call
	case s.f.Dependency != nil:
		call = s.f.Dependency.Call
	}
	o := s.opAt(call)
	m, op := namedNode(id, s.models)
	if o == nil || m == nil {
		return nil
	}
	s.call, s.args, s.model = o.call, o.file, m // values are written as for a call here
	v := &valuer{s: s, mapType: s.mapType(nil)}
	nodeType := model.NodeType(m.Name, op)
	params := "nil"
	if entries := v.needed(m, op, s.fedBy(id)); len(entries) > 0 {
		params = v.mapType + "{" + strings.Join(entries, ", ") + "}"
	}
	added := fmt.Sprintf("AddNode(%q, %q, %s)", nodeType, id, params)
	after, ok := afterCall(o.file, o.call, added)
	if !ok {
		return nil
	}
	return []errcatalog.Fix{s.fix(o.file, fmt.Sprintf("Add %s %q", nodeType, id), false, append([]splice{after}, v.imports...)...)}
}

// fedBy lists the inputs of a node that connections feed.
func (s *site) fedBy(id string) []string {
	var inputs []string
	for _, o := range s.draft.ops {
		if o.conn != nil && o.conn.To.S == id {
			inputs = append(inputs, o.conn.Input.S)
		}
	}
	return inputs
}

// readFrom lists the outputs of a node that connections read. ok is false where
// they cannot all be told.
func (s *site) readFrom(n *graph.Node) (outputs []string, ok bool) {
	for _, o := range s.draft.ops {
		switch {
		case o.conn == nil:
		case !o.conn.From.Known || !o.conn.Output.Known:
			return nil, false
		case o.conn.From.S == n.ID.S:
			outputs = append(outputs, o.conn.Output.S)
		}
	}
	return outputs, true
}
