package analysis

import (
	"errors"
	"go/ast"
	"go/scanner"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
)

// A draft is a workflow as the calls in the source build it. Calls that may not
// happen are kept with the branch that they stand in.
type draft struct {
	name graph.Text
	span errcatalog.Span // the call of NewWorkflow
	file *source
	fn   *function
	ops  []op
	// open says that not all that happens to the workflow could be followed; why
	// is the first reason, where is its place.
	open  bool
	why   string
	where errcatalog.Span
	// fragment is a workflow that is made elsewhere: a parameter, another
	// package's variable.
	fragment bool
	// owner is the function that returns the workflow, or the package variable
	// that holds it, by full name: who extends that, extends the draft.
	owner  string
	passes []pass
	ctx    []int  // the branches in which the workflow was made
	via    string // the followed function that made and returned it
	kept   bool   // a followed call made it, and the caller goes on building
}

// An op is one builder call.
type op struct {
	ctx  []int // the branches between the workflow's making and the call
	node *graph.Node
	conn *graph.Connection
	dep  *graph.Dependency
	tx   *graph.Transaction
	file *source
	// misuse is a mistake that leaves no trace in the graph.
	misuse *errcatalog.Finding
	call   *ast.CallExpr
}

// A pass is a workflow given to a function that is not followed.
type pass struct {
	callee string // full name, "" for what is no declared function
	arg    int
	where  errcatalog.Span
}

// extensions say what the functions of a package do to workflows that are not theirs.
type extensions struct {
	params  map[string]map[int]*draft // by full name and parameter: what is added to it
	results map[string]bool           // functions and variables whose workflow someone extends
	passed  map[string][]pass         // functions whose result is passed on
	values  map[string]bool           // functions that are used as values: who calls them is not in sight
	unknown bool                      // there are builder calls on workflows whose making is not in sight
}

// A function is where a workflow is built.
type function struct {
	name string // "Signup", "Shop.Signup"
	full string // with its package's path
	file *source
	head ast.Node // the name
	body ast.Node // the whole declaration
}

// A ref is a handle of a workflow: the workflow itself, or a transaction block in it.
type ref struct {
	d        *draft
	tx       string
	external string // no draft: the full name of the function or variable it comes from
}

func (r ref) bound() bool { return r.d != nil }

// An extractor reads the workflows of one package out of its syntax.
type extractor struct {
	u          *unit
	info       *types.Info
	drafts     []*draft
	extensions *extensions
	decls      map[*types.Func]declaration
	globals    map[*types.Var]ref
	ops, ctxs  int
	returned   []*draft          // by function literals
	broken     map[ast.Node]bool // declarations that cannot be followed
}

type declaration struct {
	decl *ast.FuncDecl
	file *source
}

func newExtractor(u *unit, info *types.Info) *extractor {
	return &extractor{
		u: u, info: info, decls: map[*types.Func]declaration{}, broken: map[ast.Node]bool{}, globals: map[*types.Var]ref{},
		extensions: &extensions{params: map[string]map[int]*draft{}, results: map[string]bool{}, passed: map[string][]pass{}, values: map[string]bool{}},
	}
}

// run follows package variables first, as the program does, then each function.
func (x *extractor) run() {
	for _, f := range x.u.files {
		x.noteBroken(f)
		for _, d := range f.ast.Decls {
			if fd, ok := d.(*ast.FuncDecl); ok {
				if fn, ok := x.info.Defs[fd.Name].(*types.Func); ok {
					x.decls[fn] = declaration{fd, f}
				}
			}
		}
	}
	for _, f := range x.u.files {
		for _, d := range f.ast.Decls {
			if gd, ok := d.(*ast.GenDecl); ok && gd.Tok == token.VAR {
				x.variables(f, gd)
			}
		}
	}
	for _, f := range x.u.files {
		for _, d := range f.ast.Decls {
			if fd, ok := d.(*ast.FuncDecl); ok && fd.Body != nil && f.mentions(fd, x.u.names) {
				x.function(f, fd)
			}
		}
	}
	if x.extensions.unknown {
		for _, d := range x.returned {
			d.openAt("a function literal returns it, and workflows of unknown making are built on", d.span)
		}
	}
	x.drafts = slices.DeleteFunc(x.drafts, func(d *draft) bool { return d.via != "" && !d.kept })
}

// noteBroken finds the declarations that cannot be followed: those with syntax
// errors, which are not all there yet, and those with goto.
func (x *extractor) noteBroken(f *source) {
	for _, d := range f.jumps {
		x.broken[d] = true
	}
	for _, err := range f.errs {
		var list scanner.ErrorList
		if !errors.As(err, &list) {
			continue
		}
		for _, e := range list {
			var at ast.Decl
			for _, d := range f.ast.Decls {
				if f.offset(d.Pos()) <= e.Pos.Offset {
					at = d
				}
			}
			if gd, ok := at.(*ast.GenDecl); ok {
				for _, s := range gd.Specs {
					x.broken[s] = true
				}
			} else if at != nil {
				x.broken[at] = true
			}
		}
	}
}

// variables follows the workflows that package variables hold.
func (x *extractor) variables(file *source, gd *ast.GenDecl) {
	for _, s := range gd.Specs {
		vs, ok := s.(*ast.ValueSpec)
		if !ok || len(vs.Values) == 0 || !mentions(vs, builderNames) {
			continue
		}
		name := vs.Names[0].Name
		f := x.frame(file, &function{name: name, full: x.u.meta.PkgPath + "." + name, file: file, head: vs.Names[0], body: vs}, vs)
		for i, v := range vs.Values {
			r := f.expr(v)
			if !r.bound() || i >= len(vs.Names) || len(vs.Names) != len(vs.Values) {
				continue
			}
			if obj, ok := x.info.Defs[vs.Names[i]].(*types.Var); ok {
				r.d.owner = x.u.meta.PkgPath + "." + obj.Name()
				x.globals[obj] = r
			}
		}
	}
}

// function follows one function on its own.
func (x *extractor) function(file *source, fd *ast.FuncDecl) {
	fn, _ := x.info.Defs[fd.Name].(*types.Func)
	if fn == nil {
		return
	}
	name := fd.Name.Name
	if t := receiverName(fd); t != "" {
		name = t + "." + name
	}
	full := fn.FullName()
	f := x.frame(file, &function{name: name, full: full, file: file, head: fd.Name, body: fd}, fd)
	params := fn.Signature().Params()
	for i := range params.Len() {
		if p := params.At(i); isWorkflow(p.Type()) {
			d := f.fragment("parameter "+p.Name(), file.span(fd.Name))
			if x.extensions.params[full] == nil {
				x.extensions.params[full] = map[int]*draft{}
			}
			x.extensions.params[full][i] = d
			f.env[p] = binding{wf: ref{d: d}}
		}
	}
	f.block(fd.Body.List)
	for _, r := range f.results {
		for _, r := range r {
			if r.bound() && r.d.owner == "" {
				r.d.owner = full
			}
		}
	}
}

func receiverName(fd *ast.FuncDecl) string {
	if fd.Recv == nil || len(fd.Recv.List) == 0 {
		return ""
	}
	t := ast.Unparen(fd.Recv.List[0].Type)
	if s, ok := t.(*ast.StarExpr); ok {
		t = ast.Unparen(s.X)
	}
	switch e := t.(type) {
	case *ast.IndexExpr:
		t = e.X
	case *ast.IndexListExpr:
		t = e.X
	}
	if id, ok := t.(*ast.Ident); ok {
		return id.Name
	}
	return ""
}

// isWorkflow reports whether t is *dataflow.Workflow.
func isWorkflow(t types.Type) bool {
	if t == nil {
		return false
	}
	p, ok := types.Unalias(t).(*types.Pointer)
	return ok && isNamed(p.Elem(), rootPath, "Workflow")
}

func isNamed(t types.Type, path, name string) bool {
	n, ok := types.Unalias(t).(*types.Named)
	return ok && n.Obj().Name() == name && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == path
}

// builderMethod names the method when call is one of *dataflow.Workflow.
func (x *extractor) builderMethod(call *ast.CallExpr) (*ast.SelectorExpr, string) {
	return builderMethodIn(x.info, call)
}

func builderMethodIn(info *types.Info, call *ast.CallExpr) (*ast.SelectorExpr, string) {
	sel, ok := ast.Unparen(call.Fun).(*ast.SelectorExpr)
	if !ok {
		return nil, ""
	}
	s := info.Selections[sel]
	if s == nil || s.Kind() != types.MethodVal {
		return nil, ""
	}
	fn, ok := s.Obj().(*types.Func)
	if !ok || fn.Signature().Recv() == nil || !isWorkflow(fn.Signature().Recv().Type()) {
		return nil, ""
	}
	return sel, fn.Name()
}

// callee is the declared function that call calls, or nil.
func (x *extractor) callee(call *ast.CallExpr) *types.Func { return calleeIn(x.info, call) }

func calleeIn(info *types.Info, call *ast.CallExpr) *types.Func {
	fun := ast.Unparen(call.Fun)
	switch e := fun.(type) {
	case *ast.IndexExpr:
		fun = ast.Unparen(e.X)
	case *ast.IndexListExpr:
		fun = ast.Unparen(e.X)
	}
	var id *ast.Ident
	switch e := fun.(type) {
	case *ast.Ident:
		id = e
	case *ast.SelectorExpr:
		id = e.Sel
	default:
		return nil
	}
	fn, _ := info.Uses[id].(*types.Func)
	return fn
}

func isFunc(fn *types.Func, path, name string) bool {
	return fn != nil && fn.Pkg() != nil && fn.Pkg().Path() == path && fn.Name() == name && fn.Signature().Recv() == nil
}

// trusted reports whether functions of the package read workflows and never
// extend them.
func trusted(path string) bool {
	rest, ok := strings.CutPrefix(path, rootPath)
	return ok && (rest == "" || rest == "/engine" || rest == "/inspector" || rest == "/graph")
}

// text reads a string argument.
func (f *frame) text(e ast.Expr) graph.Text {
	t := graph.Text{Span: f.file.inner(e)}
	v := f.value(e)
	if s, ok := v.V.(string); ok && v.State == graph.StateKnown {
		t.S, t.Known = s, true
	}
	return t
}

// openDraft notes that a workflow cannot be followed from here on.
func (d *draft) openAt(why string, where errcatalog.Span) {
	if !d.open {
		d.open, d.why, d.where = true, why, where
	}
}

func (d *draft) openIfBound(why string, where errcatalog.Span) {
	if d != nil {
		d.openAt(why, where)
	}
}
