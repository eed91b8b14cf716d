package analysis

import (
	"errors"
	"fmt"
	"go/ast"
	"go/constant"
	"go/types"
	"slices"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// dropped reports DF-803: a workflow that is put together and neither returned,
// stored, passed on, built into something used, nor run. It is certain where every
// place that the workflow reaches only builds on it.
func dropped(u *unit, info *types.Info, broken map[ast.Node]bool) []Diagnostic {
	var out []Diagnostic
	for _, f := range u.files {
		for _, d := range f.ast.Decls {
			fd, ok := d.(*ast.FuncDecl)
			if !ok || fd.Body == nil || broken[fd] || !f.mentions(fd, newWorkflow) || u.typing(fd) != u || u.hasError(fd) {
				continue // what is not finished may still be about to use it
			}
			w := newWays(info, fd)
			ast.Inspect(fd.Body, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok || !isFunc(calleeIn(info, call), rootPath, "NewWorkflow") || w.leads(call) {
					return true
				}
				e, _ := errcatalog.Lookup(errcatalog.DF803)
				finding := errcatalog.Finding{Code: errcatalog.DF803, Severity: e.Severity, Span: f.span(call)}
				what := "the workflow"
				if len(call.Args) == 1 {
					if v := info.Types[call.Args[0]].Value; v != nil && v.Kind() == constant.String {
						finding.Details.Workflow = constant.StringVal(v)
						what = fmt.Sprintf("workflow %q", finding.Details.Workflow)
					}
				}
				finding.Message = what + " is put together and then dropped: it is not returned, stored, passed on or run"
				out = append(out, Diagnostic{Finding: finding, File: f.name})
				return true
			})
		}
	}
	return out
}

// newWorkflow is what makes a function's body matter here.
var newWorkflow = map[string]bool{"NewWorkflow": true}

// hasError reports whether the compiler refuses something in n.
func (u *unit) hasError(n ast.Node) bool {
	return slices.ContainsFunc(u.errs, func(err error) bool {
		var te types.Error
		return errors.As(err, &te) && n.Pos() <= te.Pos && te.Pos < n.End()
	})
}

// ways follows where a workflow goes in one function.
type ways struct {
	info *types.Info
	fd   *ast.FuncDecl
	up   map[ast.Node]ast.Node
	uses map[types.Object][]*ast.Ident
	// unresolved are names that the type checker could not tell: any of them may be
	// a variable of that name.
	unresolved map[string]bool
}

func newWays(info *types.Info, fd *ast.FuncDecl) *ways {
	w := &ways{info: info, fd: fd, up: map[ast.Node]ast.Node{}, uses: map[types.Object][]*ast.Ident{}, unresolved: map[string]bool{}}
	var stack []ast.Node
	ast.Inspect(fd, func(n ast.Node) bool {
		if n == nil {
			stack = stack[:len(stack)-1]
			return true
		}
		if len(stack) > 0 {
			w.up[n] = stack[len(stack)-1]
		}
		stack = append(stack, n)
		if id, ok := n.(*ast.Ident); ok {
			if obj := info.Uses[id]; obj != nil {
				w.uses[obj] = append(w.uses[obj], id)
			} else if info.Defs[id] == nil {
				w.unresolved[id.Name] = true
			}
		}
		return true
	})
	return w
}

// leads reports whether a workflow that e is goes anywhere but into builder calls.
func (w *ways) leads(e ast.Expr) bool {
	var n ast.Node = e
	for {
		parent := w.up[n]
		switch p := parent.(type) {
		case *ast.ParenExpr:
			n = p
		case *ast.SelectorExpr:
			call, ok := w.up[p].(*ast.CallExpr)
			if !ok || ast.Unparen(call.Fun) != ast.Expr(p) {
				return true // a method value
			}
			_, method := builderMethodIn(w.info, call)
			if _, thrown := w.up[call].(*ast.ExprStmt); method == "Build" && thrown {
				return false // its result is thrown away
			}
			if !returnsWorkflow[method] {
				return true
			}
			n = call
		case *ast.ExprStmt:
			return false
		case *ast.AssignStmt:
			for i, r := range p.Rhs {
				if ast.Node(r) == n {
					return len(p.Lhs) != len(p.Rhs) || w.variableLeads(p.Lhs[i])
				}
			}
			return !slices.ContainsFunc(p.Lhs, func(l ast.Expr) bool { return ast.Node(l) == n }) // written, not read
		case *ast.ValueSpec:
			for i, v := range p.Values {
				if ast.Node(v) == n {
					return len(p.Names) != len(p.Values) || w.variableLeads(p.Names[i])
				}
			}
			return true
		default:
			return true
		}
	}
}

// variableLeads reports whether the workflow in a variable is used.
func (w *ways) variableLeads(l ast.Expr) bool {
	id, ok := ast.Unparen(l).(*ast.Ident)
	if !ok {
		return true // a field, an element
	}
	if id.Name == "_" {
		return false
	}
	obj, ok := w.object(id).(*types.Var)
	if !ok || obj.Pos() < w.fd.Body.Pos() || obj.Pos() >= w.fd.Body.End() || w.unresolved[id.Name] {
		return true // a result, a parameter, a package variable
	}
	uses := w.uses[obj]
	delete(w.uses, obj) // wf = wf.AddNode(…) comes back here
	defer func() { w.uses[obj] = uses }()
	return slices.ContainsFunc(uses, func(id *ast.Ident) bool { return w.leads(id) })
}

func (w *ways) object(id *ast.Ident) types.Object {
	if obj := w.info.Defs[id]; obj != nil {
		return obj
	}
	return w.info.Uses[id]
}

// withoutDropped drops the DF-803 of a workflow that has no nodes, which DF-805 says.
func withoutDropped(all []Diagnostic) []Diagnostic {
	return slices.DeleteFunc(slices.Clone(all), func(d Diagnostic) bool {
		return d.Code == errcatalog.DF803 && slices.ContainsFunc(all, func(o Diagnostic) bool {
			return o.Code == errcatalog.DF805 && o.File == d.File && o.Span == d.Span
		})
	})
}
