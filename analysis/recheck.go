package analysis

import (
	"errors"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
)

// maxRechecks bounds how often bodies are checked in the package of an earlier check: each
// leaves the scopes of its functions behind.
const maxRechecks = 64

// recheck type-checks bodies that were edited in the package as it was checked before:
// what it declares is as it was, so nothing but these bodies can come to something else.
// They are given to the type checker as functions without a name. It is nil where that
// cannot be done: then all that the package declares is checked again.
func (d *delta) recheck(m *unitMeta, im *importer, files []*source, keep func(*source, *ast.FuncDecl) bool, key hash) *unit {
	if d == nil || !d.canRecheck(im, files) {
		return nil
	}
	old := d.before
	u := &unit{meta: m, key: key, files: files, pkg: old.pkg, universe: old.universe, base: old.declaring(), rechecks: old.rechecks + 1, info: newInfo(), models: old.models, engine: old.engine}
	u.decls, u.broken, u.jumps, u.reassigned = map[string]*declaration{}, map[ast.Node]bool{}, map[ast.Node]bool{}, map[string]bool{}
	stands := map[*ast.FuncDecl]*declaration{}
	generations := map[*unit]bool{}
	for _, decl := range old.decls {
		if slices.Contains(d.others, decl.file) {
			stands[decl.decl] = decl
			generations[decl.u] = true
		}
	}
	if len(generations) > maxGenerations {
		return nil
	}
	var trees []*ast.File
	nameless := map[*ast.FuncDecl]*ast.FuncDecl{} // of those to check
	in := map[*ast.FuncDecl]*source{}
	for _, f := range files {
		tree := &ast.File{Package: f.ast.Package, Name: f.ast.Name, FileStart: f.ast.FileStart, FileEnd: f.ast.FileEnd, GoVersion: f.ast.GoVersion, Imports: f.ast.Imports}
		for _, decl := range f.ast.Decls {
			switch decl := decl.(type) {
			case *ast.GenDecl:
				if decl.Tok == token.IMPORT {
					tree.Decls = append(tree.Decls, decl)
				}
			case *ast.FuncDecl:
				if decl.Body == nil || !keep(f, decl) || stands[decl] != nil {
					continue
				}
				if isGeneric(decl) || f.declaresType(decl) {
					return nil
				}
				nameless[decl], in[decl] = withoutName(decl), f
				tree.Decls = append(tree.Decls, nameless[decl])
			}
		}
		if slices.Contains(d.edited, f) || len(tree.Decls) > len(f.ast.Imports) {
			trees = append(trees, tree)
		}
	}
	if !u.checkMore(im, trees) {
		return nil
	}
	for decl, as := range nameless {
		fn, ok := u.info.Defs[as.Name].(*types.Func)
		if !ok {
			return nil
		}
		fn = withItsName(fn, decl)
		u.info.Defs[decl.Name] = fn
		assigns := u.assigned(decl)
		u.reassign(assigns)
		u.decls[fn.FullName()] = &declaration{u: u, file: in[decl], decl: decl, fn: fn, assigns: assigns}
	}
	for _, decl := range stands {
		u.info.Defs[decl.decl.Name] = decl.fn
		u.decls[decl.fn.FullName()] = decl
		u.reassign(decl.assigns)
	}
	for _, f := range files {
		u.noteBroken(f)
		u.blind = u.blind || len(f.errs) > 0 && mayDeclareModel(f) || im.meta.misses(f)
	}
	u.dropped = dropped(u, u.info, u.broken)
	for _, err := range old.errs {
		if f, _ := old.placeOf(err); slices.Contains(d.others, f) {
			u.errs = append(u.errs, err)
		}
	}
	for _, found := range old.dropped {
		if slices.ContainsFunc(d.others, func(f *source) bool { return f.name == found.File }) {
			u.dropped = append(u.dropped, found)
		}
	}
	return u
}

// declaring is the unit that has the types of what the package declares, other than
// functions.
func (u *unit) declaring() *unit {
	if u.base != nil {
		return u.base
	}
	return u
}

// canRecheck reports whether what the edited files say beside the bodies of functions
// need not be looked at again.
func (d *delta) canRecheck(im *importer, files []*source) bool {
	old := d.before
	if old.info == nil || old.pkg == nil || old.universe != im.universe || old.rechecks >= maxRechecks || len(d.edited) == 0 {
		return false
	}
	for _, f := range files {
		if slices.Contains(f.imports, enginePath) || slices.Contains(f.imports, "C") {
			return false // calls of package engine are all gone over again
		}
	}
	for _, f := range d.edited {
		if len(f.errs) > 0 || slices.ContainsFunc(old.models, func(m *declared) bool { return m.file.name == f.name }) {
			return false
		}
		for _, decl := range f.ast.Decls {
			if gd, ok := decl.(*ast.GenDecl); ok && gd.Tok == token.VAR {
				return false
			}
		}
	}
	for _, err := range old.errs {
		f, at := old.placeOf(err)
		if f == nil || !slices.Contains(d.others, f) && !f.inBody(at) {
			return false
		}
	}
	return true
}

// inBody reports whether a place lies in the body of a function.
func (s *source) inBody(at token.Pos) bool {
	return slices.ContainsFunc(s.ast.Decls, func(d ast.Decl) bool {
		fd, ok := d.(*ast.FuncDecl)
		return ok && fd.Body != nil && fd.Body.Pos() <= at && at < fd.End()
	})
}

// placeOf is where an error of the type checker stands, in a file of the unit; the file
// is nil for another error.
func (u *unit) placeOf(err error) (*source, token.Pos) {
	var te types.Error
	if errors.As(err, &te) {
		for _, f := range u.files {
			if base := token.Pos(f.tok.Base()); base <= te.Pos && te.Pos <= base+token.Pos(f.tok.Size()) {
				return f, te.Pos
			}
		}
	}
	return nil, token.NoPos
}

// checkMore type-checks files that declare nothing in the unit's package. It reports
// false where the type checker gives up.
func (u *unit) checkMore(im *importer, trees []*ast.File) (ok bool) {
	defer func() {
		if recover() != nil {
			ok = false // all is checked again, from the start
		}
	}()
	conf := u.config(im)
	_ = types.NewChecker(&conf, im.fset, u.pkg, u.info).Files(trees) // conf.Error has them all
	return true
}

func isGeneric(fd *ast.FuncDecl) bool {
	if fd.Type.TypeParams != nil {
		return true
	}
	generic := false
	if fd.Recv != nil {
		ast.Inspect(fd.Recv, func(n ast.Node) bool {
			switch n.(type) {
			case *ast.IndexExpr, *ast.IndexListExpr:
				generic = true
			}
			return true
		})
	}
	return generic
}

// withoutName is a function that declares nothing: a receiver is its first parameter.
func withoutName(fd *ast.FuncDecl) *ast.FuncDecl {
	typ := *fd.Type
	if fd.Recv != nil {
		params := &ast.FieldList{Opening: typ.Params.Opening, Closing: typ.Params.Closing}
		named := false
		for _, field := range slices.Concat(fd.Recv.List, typ.Params.List) {
			params.List = append(params.List, field)
			named = named || len(field.Names) > 0
		}
		for i, field := range params.List {
			if named && len(field.Names) == 0 { // some would have names, and others not
				with := *field
				with.Names = []*ast.Ident{{NamePos: field.Pos(), Name: "_"}}
				params.List[i] = &with
			}
		}
		typ.Params = params
	}
	return &ast.FuncDecl{Name: &ast.Ident{NamePos: fd.Name.NamePos, Name: "_"}, Type: &typ, Body: fd.Body}
}

// withItsName is the function that a declaration declares, given what it came to without
// its name.
func withItsName(fn *types.Func, fd *ast.FuncDecl) *types.Func {
	sig := fn.Signature()
	var recv *types.Var
	params := slices.Collect(sig.Params().Variables())
	if fd.Recv != nil {
		recv, params = params[0], params[1:]
	}
	return types.NewFunc(fd.Name.Pos(), fn.Pkg(), fd.Name.Name,
		types.NewSignatureType(recv, nil, nil, types.NewTuple(params...), sig.Results(), sig.Variadic()))
}
