package analysis

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"go/ast"
	"go/scanner"
	"go/token"
	"go/types"
	"maps"
	"slices"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/model"
)

// A unit is one package of the workspace as its syntax and types have it, before
// the workspace's models are known.
type unit struct {
	meta    *unitMeta
	key     hash // of all that it was made from
	api     hash // the same without the bodies of functions; zero where it is not asked for
	files   []*source
	pkg     *types.Package
	errs    []error
	names   map[string]bool // that make a function's body matter
	models  []*declared
	engine  *engineUse
	dropped []Diagnostic // DF-803
	blind   bool         // it may declare models that are not seen
	resting bool         // see rest: its files have no syntax, and what follows is not there

	// What follows is for following its functions. Objects of one unit's types are
	// never compared with those of another's: functions are found by full name.
	info       *types.Info
	decls      map[string]*declaration // functions with their bodies, by full name
	broken     map[ast.Node]bool       // declarations that do not parse, or have a goto
	jumps      map[ast.Node]bool       // those with a goto
	reassigned map[string]bool         // package variables that are assigned, or pointed at
	universe   int                     // that its types are of, see importer
	base       *unit                   // that all it declares was checked for last, if not for this one; see recheck
	rechecks   int                     // since then
	words      *wordIndex              // of the files that the last edit left alone
	since      *delta                  // what it was made anew for, until its functions are followed
}

// declared is one model's declaration.
type declared struct {
	model    *model.Model
	problems []model.Problem
	file     *source
	spec     *ast.TypeSpec
	path     string   // import path of the package that declares it
	local    bool     // declared in a function
	test     bool     // declared in a test file
	bases    []string // see basesOf
	// unsure says that a type in it could not be seen, so that it may be any
	// model of its name.
	unsure bool
	summed hash // see sum; zero until it is asked for
}

// builderNames make a function's body matter. So do the functions that take
// workflows, and the package variables that hold one.
var builderNames = map[string]bool{
	"NewWorkflow": true, "AddNode": true, "AddConnection": true, "AddDependency": true, "AddFunc": true,
	"AddTransaction": true, "Workflow": true, "Model": true,
}

// checkUnit type-checks the parts of a package that can hold models or builder
// calls, and reads its models out of it.
//
// Functions that the edits since the extraction before it do not concern are not
// checked again: they stand as the unit has them that checked them last.
func checkUnit(m *unitMeta, files []*source, im *importer, takers []string, key hash, before *extraction) *unit {
	names := matteringNames(files, takers)
	api := stateOf(m, files, im, takers, func(f *source) hash { return f.api })
	keep, since := keptFunctions(files, names), deltaSince(before, files, api)
	u := since.recheck(m, im, files, keep, key)
	if u == nil {
		carried := since.carried(keep)
		u = typeCheck(m, files, im, func(f *source, fd *ast.FuncDecl) bool { return carried[fd] == nil && keep(f, fd) }, key)
		u.read(im.fset)
		u.carry(carried, since)
	}
	u.names, u.api, u.since = names, api, since
	if since != nil {
		u.words = since.index
	}
	u.sortErrors()
	return u
}

// checkHelpers type-checks a package with the bodies of its short functions: for
// what others call.
func checkHelpers(m *unitMeta, files []*source, im *importer, key hash) *unit {
	return typeCheck(m, files, im, func(_ *source, fd *ast.FuncDecl) bool { return short(fd) }, key)
}

// typeCheck checks a package with the bodies of the functions that are kept.
func typeCheck(m *unitMeta, files []*source, im *importer, keep func(*source, *ast.FuncDecl) bool, key hash) *unit {
	u := &unit{meta: m, key: key, files: files, info: newInfo(), universe: im.universe}
	trees := make([]*ast.File, len(files))
	kept := map[*ast.FuncDecl]*source{}
	for i, f := range files {
		u.errs = append(u.errs, f.errs...)
		trees[i] = withoutBodies(f, keep, kept)
	}
	conf := u.config(im)
	u.pkg, _ = conf.Check(m.PkgPath, im.fset, trees, u.info) // Error has them all
	for _, f := range files {
		// A file that cannot be read whole may declare more models than are seen. So
		// may a package that an edit imports and that is not there.
		u.blind = u.blind || len(f.errs) > 0 && mayDeclareModel(f) || im.meta.misses(f)
	}
	u.index(kept)
	return u
}

func mayDeclareModel(f *source) bool { return bytes.Contains(f.src, []byte("Model")) }

func newInfo() *types.Info {
	return &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{}, Implicits: map[ast.Node]types.Object{},
	}
}

// config is for the type checker; what it finds wrong is noted.
func (u *unit) config(im *importer) types.Config {
	return types.Config{
		Importer: im.importFor(u.meta.Package), FakeImportC: true, Sizes: u.meta.TypesSizes, GoVersion: goVersion(u.meta.Package),
		Error: func(err error) {
			var te types.Error
			if errors.As(err, &te) && !te.Soft {
				u.errs = append(u.errs, err)
			}
		},
	}
}

// index gets the functions ready to be followed: those whose bodies were checked.
func (u *unit) index(kept map[*ast.FuncDecl]*source) {
	u.decls, u.broken, u.jumps, u.reassigned = map[string]*declaration{}, map[ast.Node]bool{}, map[ast.Node]bool{}, map[string]bool{}
	for fd, f := range kept {
		assigns := u.assigned(fd)
		u.reassign(assigns)
		if fn, ok := u.info.Defs[fd.Name].(*types.Func); ok {
			u.decls[fn.FullName()] = &declaration{u: u, file: f, decl: fd, fn: fn, assigns: assigns}
		}
	}
	for _, f := range u.files {
		u.noteBroken(f)
	}
}

func (u *unit) reassign(names []string) {
	for _, name := range names {
		u.reassigned[name] = true
	}
}

// read reads models, and what stands beside the builder calls, out of a package that
// is type-checked.
func (u *unit) read(fset *token.FileSet) {
	u.models = declaredModels(u, u.info, fset)
	u.engine, u.dropped = usesOfEngine(u, u.info), dropped(u, u.info, u.broken)
}

// forget frees the types of a package that has nothing to follow: they take most of
// the memory of a large workspace. If another package calls one of its functions
// after all, that is checked again.
func (u *unit) forget(made *extraction) {
	if len(made.drafts) > 0 || len(made.read) > 0 {
		return
	}
	for _, d := range u.decls {
		if handles(d.fn.Signature()) {
			return
		}
	}
	u.info, u.decls, u.broken, u.jumps, u.reassigned = nil, nil, nil, nil, nil
}

// assigned are the package variables whose value a function may change.
func (u *unit) assigned(fd *ast.FuncDecl) []string {
	var names []string
	note := func(e ast.Expr) {
		if id, ok := ast.Unparen(e).(*ast.Ident); ok {
			if v, ok := u.info.Uses[id].(*types.Var); ok && v.Parent() == u.pkg.Scope() {
				names = append(names, v.Name())
			}
		}
	}
	ast.Inspect(fd, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, l := range n.Lhs {
				note(l)
			}
		case *ast.UnaryExpr:
			if n.Op == token.AND {
				note(n.X)
			}
		}
		return true
	})
	return names
}

// keptFunctions are those whose bodies matter: they mention a name of names, or they
// are short and one that matters calls them.
func keptFunctions(files []*source, names map[string]bool) func(*source, *ast.FuncDecl) bool {
	kept := map[*ast.FuncDecl]bool{}
	var rest []*ast.FuncDecl
	called := map[string]bool{}
	keep := func(fd *ast.FuncDecl) {
		kept[fd] = true
		ast.Inspect(fd.Body, func(n ast.Node) bool {
			if c, ok := n.(*ast.CallExpr); ok {
				switch fun := ast.Unparen(c.Fun).(type) {
				case *ast.Ident:
					called[fun.Name] = true
				case *ast.SelectorExpr:
					called[fun.Sel.Name] = true
				}
			}
			return true
		})
	}
	for _, f := range files {
		engine := slices.Contains(f.imports, enginePath)
		for _, d := range f.ast.Decls {
			fd, ok := d.(*ast.FuncDecl)
			switch {
			case !ok || fd.Body == nil:
			case fd.Name.Name == "init" || fd.Name.Name == "main" || f.mentions(fd, names) || engine && f.mentions(fd, engineNames), f.declaresType(fd):
				keep(fd)
			case short(fd):
				rest = append(rest, fd)
			}
		}
	}
	for changed := true; changed; {
		changed = false
		rest = slices.DeleteFunc(rest, func(fd *ast.FuncDecl) bool {
			if called[fd.Name.Name] {
				keep(fd)
				changed = true
				return true
			}
			return false
		})
	}
	return func(_ *source, fd *ast.FuncDecl) bool { return kept[fd] }
}

// maxShort bounds the functions that are followed for the values they return: in bytes.
const maxShort = 1500

func short(fd *ast.FuncDecl) bool { return fd.Body != nil && fd.Body.End()-fd.Body.Pos() < maxShort }

// matteringNames are the builder's, those of functions that take workflows, and
// those of package variables that hold one.
func matteringNames(files []*source, takers []string) map[string]bool {
	names := maps.Clone(builderNames)
	for _, name := range takers {
		names[name] = true
	}
	for _, f := range files {
		for _, d := range f.ast.Decls {
			gd, ok := d.(*ast.GenDecl)
			if !ok || gd.Tok != token.VAR {
				continue
			}
			for _, s := range gd.Specs {
				if vs, ok := s.(*ast.ValueSpec); ok && mentions(vs, builderNames) {
					for _, n := range vs.Names {
						names[n.Name] = true
					}
				}
			}
		}
	}
	return names
}

// withoutBodies is f without the bodies of functions that are not to be kept. Those
// that are get noted.
func withoutBodies(f *source, keep func(*source, *ast.FuncDecl) bool, kept map[*ast.FuncDecl]*source) *ast.File {
	out := *f.ast
	out.Decls = slices.Clone(f.ast.Decls)
	for i, d := range out.Decls {
		fd, ok := d.(*ast.FuncDecl)
		if !ok || fd.Body == nil {
			continue
		}
		if keep(f, fd) {
			kept[fd] = f
			continue
		}
		if fd.Type.TypeParams != nil { // a generic function needs one to be declared
			continue
		}
		c := *fd
		c.Body = nil
		out.Decls[i] = &c
	}
	return &out
}

// builds reports whether a declaration has to do with workflows: with variables or
// functions whose type has one in it.
func (u *unit) builds(n ast.Node) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && !found {
			obj := u.info.Uses[id]
			if obj == nil {
				obj = u.info.Defs[id]
			}
			found = obj != nil && handles(obj.Type())
		}
		return !found
	})
	return found
}

// handles reports whether a type is that of workflows, of structs that hold one, or
// of functions that take or return these.
func handles(t types.Type) bool {
	if sig, ok := t.(*types.Signature); ok {
		if sig.Recv() != nil && handles(sig.Recv().Type()) {
			return true
		}
		for p := range sig.Params().Variables() {
			if handles(p.Type()) {
				return true
			}
		}
		for r := range sig.Results().Variables() {
			if handles(r.Type()) {
				return true
			}
		}
		return false
	}
	return t != nil && (isWorkflow(t) || structOf(t) != nil && holdsWorkflow(structOf(t)))
}

// mentions reports whether an identifier of names stands in n.
func mentions(n ast.Node, names map[string]bool) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && names[id.Name] {
			found = true
		}
		return !found
	})
	return found
}

// unitKey identifies all that a unit is made from.
func unitKey(m *unitMeta, files []*source, im *importer, takers []string) hash {
	return stateOf(m, files, im, takers, func(f *source) hash { return f.sum })
}

// stateOf identifies a package by its files, each by what of counts, and what they import.
func stateOf(m *unitMeta, files []*source, im *importer, takers []string, of func(*source) hash) hash {
	h := sha256.New()
	for _, name := range takers {
		h.Write([]byte(name))
	}
	for _, f := range files {
		h.Write([]byte(f.name))
		sum := of(f)
		h.Write(sum[:])
	}
	seen := map[string]bool{}
	for _, f := range files {
		for _, path := range f.imports {
			dep := m.Imports[path]
			if dep == nil {
				dep = im.meta.byPath[path]
			}
			if dep == nil || seen[dep.ID] {
				continue
			}
			seen[dep.ID] = true
			if k := im.staleKey(dep); k != nil {
				h.Write(k[:])
			}
		}
	}
	var k hash
	h.Sum(k[:0])
	return k
}

// noteBroken finds the declarations that cannot be followed: those with syntax
// errors, which are not all there yet, and those with goto.
func (u *unit) noteBroken(f *source) {
	for _, d := range f.jumps {
		u.broken[d], u.jumps[d] = true, true
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
					u.broken[s] = true
				}
			} else if at != nil {
				u.broken[at] = true
			}
		}
	}
}

// declaredModels finds the models that a package declares, at any level.
func declaredModels(u *unit, info *types.Info, fset *token.FileSet) []*declared {
	var all []*declared
	for _, f := range u.files {
		for _, spec := range f.types {
			obj, _ := info.Defs[spec.Name].(*types.TypeName)
			if obj == nil || obj.Type() == nil || obj.IsAlias() || !model.IsModel(obj.Type()) {
				continue
			}
			d := &declared{
				file: f, spec: spec, path: u.meta.PkgPath, local: obj.Parent() != u.pkg.Scope(), test: f.isTest(),
				bases: basesOf(obj.Type().Underlying(), info.TypeOf(spec.Type)),
			}
			if d.unsure = hasInvalid(obj.Type().Underlying(), 0); d.unsure {
				d.model = &model.Model{Name: obj.Name(), PkgPath: u.meta.PkgPath}
			} else {
				d.model, d.problems = model.FromTypes(obj, fset)
				d.unsure = len(d.problems) > 0
			}
			if d.model != nil {
				all = append(all, d)
			}
		}
	}
	return all
}

// basesOf are the structs, by qualified name, that a model is made of and that would be
// models too: those that it embeds, and the one that it is defined as.
func basesOf(st, definition types.Type) []string {
	var bases []string
	add := func(t types.Type) {
		if named, ok := types.Unalias(t).(*types.Named); ok && model.IsModel(t) && named.Obj().Pkg() != nil {
			bases = append(bases, named.Obj().Pkg().Path()+"."+named.Obj().Name())
		}
	}
	add(definition)
	if st, ok := st.(*types.Struct); ok {
		for f := range st.Fields() {
			if f.Embedded() {
				add(f.Type())
			}
		}
	}
	return bases
}

// isAbstract reports whether what is wrong with a model keeps nobody from making
// others of it: that it has type parameters, or no columns or no key of its own.
func (d *declared) isAbstract() bool {
	return len(d.problems) > 0 && !slices.ContainsFunc(d.problems, func(p model.Problem) bool {
		return p.Code != errcatalog.DF606 && (p.Code != errcatalog.DF601 || p.Details.Field != "")
	})
}

// hasInvalid reports whether a type in t could not be resolved.
func hasInvalid(t types.Type, depth int) bool {
	if t == nil || depth > 6 {
		return t == nil
	}
	switch t := types.Unalias(t).(type) {
	case *types.Basic:
		return t.Kind() == types.Invalid
	case *types.Named:
		return t.Underlying() == nil || hasInvalid(t.Underlying(), depth+1)
	case *types.Pointer:
		return hasInvalid(t.Elem(), depth+1)
	case *types.Slice:
		return hasInvalid(t.Elem(), depth+1)
	case *types.Array:
		return hasInvalid(t.Elem(), depth+1)
	case *types.Map:
		return hasInvalid(t.Key(), depth+1) || hasInvalid(t.Elem(), depth+1)
	case *types.Struct:
		for f := range t.Fields() {
			if hasInvalid(f.Type(), depth+1) {
				return true
			}
		}
	}
	return false
}
