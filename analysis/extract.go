package analysis

import (
	"crypto/sha256"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
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
	// leaks are the places where the workflow is kept and not followed: it is open if
	// anyone in the workspace builds on what is kept there.
	leaks []leak
	site  errcatalog.Span // as of an op
	// fragment is a workflow that is made elsewhere: a parameter, another
	// package's variable.
	fragment bool
	// owner is the function that returns the workflow, or the package variable
	// that holds it, by full name: who extends that, extends the draft.
	owner  string
	global bool
	ctx    []int // the branches in which the workflow was made
	// vias are the followed functions that made it, innermost first. What they make
	// is reported where they stand, unless the caller builds on it or gives arguments.
	vias     []string
	extended bool
	given    bool
	reviewed *review // the last
}

// A leak is a place where a workflow is kept: the field of a struct by its full
// name, or "" for what has no name.
type leak struct {
	place string
	why   string
	where errcatalog.Span
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
	call   *ast.CallExpr // nil at rest
	// site is the call in the unit's own files that led to one in another package.
	site errcatalog.Span
}

// place is where a builder call stands, without what it is chained to.
func (o *op) place() errcatalog.Span {
	switch {
	case o.node != nil:
		return o.node.Call
	case o.conn != nil:
		return o.conn.Call
	case o.dep != nil:
		return o.dep.Call
	case o.tx != nil:
		return o.tx.ID.Span
	}
	return o.misuse.Span
}

// extensions say what the functions of a package do to workflows that are not theirs.
type extensions struct {
	results map[string]bool // functions, variables and fields whose workflow someone extends
	// kept are the places where a workflow that comes from one of these is kept.
	kept    map[string]map[string]bool
	unknown bool // there are builder calls on workflows whose making is not in sight
	summed  hash // see sum
}

// sum identifies what they say, once a package was extracted whole.
func (x *extensions) sum() hash {
	if x.summed == (hash{}) {
		h := sha256.New()
		fmt.Fprintln(h, slices.Sorted(maps.Keys(x.results)), slices.Sorted(maps.Keys(x.kept)))
		for _, name := range slices.Sorted(maps.Keys(x.kept)) {
			fmt.Fprintln(h, slices.Sorted(maps.Keys(x.kept[name])))
		}
		h.Sum(x.summed[:0])
	}
	return x.summed
}

func (x *extensions) keep(name, place string) {
	if x.kept[name] == nil {
		x.kept[name] = map[string]bool{}
	}
	x.kept[name][place] = true
}

// A function is where a workflow is built.
type function struct {
	name string // "Signup", "Shop.Signup"
	full string // with its package's path
	file *source
	head errcatalog.Span // the name
	body errcatalog.Span // the whole declaration
}

// A ref is a handle of a workflow: the workflow itself, or a transaction block in it.
type ref struct {
	d        *draft
	tx       string
	external string // no draft: the full name of the function or variable it comes from
	when     []int  // conditions under which it is this workflow and not another
	depth    int    // of the branches in which that was left open
}

func (r ref) equal(o ref) bool {
	return r.d == o.d && r.tx == o.tx && r.external == o.external && slices.Equal(r.when, o.when)
}

// An extraction is what the workflows of one unit came to, and all that it was
// made from.
type extraction struct {
	unit       *unit
	drafts     []*draft
	extensions *extensions
	// read are the other packages whose functions were looked at, by import path,
	// with the state that they were in.
	read map[string]hash

	roots []*root // what the above is put together from
	// tied says that package variables hold workflows: each function may add to them.
	tied bool
	ctxs int // branches so far
}

// An extractor reads the workflows of one unit out of its syntax, by following
// each function with what is known of its variables. Calls are followed into other
// functions of the unit, and of other packages of the workspace through lib.
type extractor struct {
	u   *unit
	lib library
	st  *state // where the path that is followed is; nil where none arrives
	extraction
	globals map[*types.Var]*draft
	cells   int // variables so far
	objects int // so far
	steps   int // statements that the current root function took
	exits   int // returns and jumps so far
	left    int // returns among them
	// dry is above zero while a loop's body is followed to find out what it writes.
	dry  int
	late []lateClosure
	// literals are the function literals of the current root.
	literals []*callable
	made     []*draft // in order, those of dry runs too
}

// A library finds functions of the workspace by their full names, with what the
// answer depends on.
type library interface {
	function(path, full string) (*declaration, hash)
	owns(path string) bool // whether the package is one of the workspace
	// current reports whether packages that were looked at are as they were.
	current(read map[string]hash) bool
}

// A declaration is a function with the package that its syntax belongs to.
type declaration struct {
	u    *unit
	file *source
	decl *ast.FuncDecl
	fn   *types.Func
	// assigns are the package variables that it may change.
	assigns []string
}

// extract follows the unit's functions. What those came to that an edit does not
// concern is taken from the extraction before it, if there is one.
func extract(u *unit, lib library, before *extraction) *extraction {
	x := &extractor{u: u, lib: lib, st: &state{}, globals: map[*types.Var]*draft{}, extraction: extraction{unit: u}}
	x.run(before)
	return &x.extraction
}

// run follows package variables first, as the program does, then each function.
func (x *extractor) run(before *extraction) {
	for _, f := range x.u.files {
		for _, d := range f.ast.Decls {
			if gd, ok := d.(*ast.GenDecl); ok && gd.Tok == token.VAR {
				x.follow(gd, func() { x.variables(f, gd) })
			}
		}
	}
	x.tied = len(x.globals) > 0
	kept := x.reusable(before)
	for _, f := range x.u.files {
		for _, d := range f.ast.Decls {
			if r := kept[d]; r != nil {
				x.roots = append(x.roots, r)
			} else if fd, ok := d.(*ast.FuncDecl); ok && fd.Body != nil && f.mentions(fd, x.u.names) {
				if u := x.u.typing(fd); u.builds(fd) {
					x.follow(fd, func() { x.function(u, f, fd) })
				}
			}
		}
	}
	x.merge()
	x.drafts = slices.DeleteFunc(x.drafts, func(d *draft) bool { return len(d.vias) > 0 && !d.extended && !d.given })
}

// frame is that of a function that is followed on its own.
func (x *extractor) frame(u *unit, file *source, fn *function, body ast.Node) *frame {
	x.st, x.steps, x.exits, x.late, x.literals, x.made = &state{}, 0, 0, nil, nil, nil
	x.cells, x.objects = 0, 0
	x.ctxs++
	return &frame{x: x, u: u, file: file, fn: fn, body: body, env: map[types.Object]*cell{}, broken: u.broken[body], own: x.ctxs}
}

// variables follows the workflows that package variables hold.
func (x *extractor) variables(file *source, gd *ast.GenDecl) {
	for _, s := range gd.Specs {
		vs, ok := s.(*ast.ValueSpec)
		u := x.u.declaring()
		if !ok || len(vs.Values) == 0 || !u.builds(vs) {
			continue
		}
		name := vs.Names[0].Name
		f := x.frame(u, file, &function{name: name, full: x.u.meta.PkgPath + "." + name, file: file, head: file.span(vs.Names[0]), body: file.span(vs)}, vs)
		for i, e := range vs.Values {
			v := f.eval(e)
			if len(vs.Names) != len(vs.Values) {
				f.escape(v, "stored in a package variable", e)
				continue
			}
			obj, _ := u.info.Defs[vs.Names[i]].(*types.Var)
			if obj == nil || len(v.wfs) != 1 || v.wfs[0].d == nil || x.u.reassigned[obj.Name()] {
				f.escape(v, "stored in the package variable "+vs.Names[i].Name, e)
				continue
			}
			d := v.wfs[0].d
			d.owner, d.global = x.u.meta.PkgPath+"."+obj.Name(), true
			if len(d.vias) > 0 {
				d.given = true
			}
			x.globals[obj] = d
		}
		f.finish()
	}
}

// function follows one function on its own: its workflow parameters are fragments.
func (x *extractor) function(u *unit, file *source, fd *ast.FuncDecl) {
	fn, _ := u.info.Defs[fd.Name].(*types.Func)
	if fn == nil {
		return
	}
	name := fd.Name.Name
	if t := receiverName(fd); t != "" {
		name = t + "." + name
	}
	full := fn.FullName()
	f := x.frame(u, file, &function{name: name, full: full, file: file, head: file.span(fd.Name), body: file.span(fd)}, fd)
	for p := range fn.Signature().Params().Variables() {
		c := f.declare(p)
		if isWorkflow(p.Type()) {
			d := f.fragment("parameter "+p.Name(), file.span(fd.Name))
			f.x.st.setCell(c, held{value: value{wfs: []ref{{d: d}}}})
		}
	}
	f.results = f.namedResults(fd.Type)
	f.run(fd.Body)
	for _, values := range f.returns {
		for _, v := range values {
			for _, r := range v.wfs {
				if r.d != nil && r.d.owner == "" {
					r.d.owner = full
				}
			}
			if len(v.wfs) == 0 {
				f.escape(v, "part of what the function returns", fd.Name)
			}
		}
	}
	f.finish()
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

// builderMethodIn names the method when call is one of *dataflow.Workflow.
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

// calleeIn is the declared function that call calls, or nil.
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

// openAt notes that a workflow cannot be followed whole.
func (d *draft) openAt(why string, where errcatalog.Span) {
	if !d.open {
		d.open, d.why, d.where = true, why, where
	}
}
