package analysis

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"slices"

	"github.com/dataflow-go/dataflow/model"
)

// A unit is one package of the workspace as its syntax and types have it, before
// the workspace's models are known.
type unit struct {
	meta    *unitMeta
	key     hash // of all that it was made from
	files   []*source
	pkg     *types.Package
	errs    []error
	names   map[string]bool // that make a function's body matter
	models  []*declared
	drafts  []*draft
	extends *extensions
	engine  *engineUse
	dropped []Diagnostic // DF-803
	blind   bool         // it may declare models that are not seen
}

// declared is one model's declaration.
type declared struct {
	model    *model.Model
	problems []model.Problem
	file     *source
	spec     *ast.TypeSpec
	path     string // import path of the package that declares it
	local    bool   // declared in a function
	test     bool   // declared in a test file
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
// calls, and reads both out of it.
func checkUnit(m *unitMeta, files []*source, im *importer, takers []string, key hash) *unit {
	u := &unit{meta: m, key: key, files: files}
	info := &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{}, Implicits: map[ast.Node]types.Object{},
	}
	u.names = matteringNames(files, takers)
	trees := make([]*ast.File, len(files))
	for i, f := range files {
		u.errs = append(u.errs, f.errs...)
		names := u.names
		if slices.Contains(f.imports, enginePath) {
			names = maps.Clone(names)
			maps.Copy(names, engineNames)
		}
		trees[i] = withoutBodies(f, names)
	}
	conf := types.Config{
		Importer: im.importFor(m.Package), FakeImportC: true, Sizes: m.TypesSizes, GoVersion: goVersion(m.Package),
		Error: func(err error) {
			var te types.Error
			if errors.As(err, &te) && !te.Soft {
				u.errs = append(u.errs, err)
			}
		},
	}
	u.pkg, _ = conf.Check(m.PkgPath, im.fset, trees, info) // Error has them all
	for _, f := range files {
		// A file that cannot be read whole may declare more models than are seen. So
		// may a package that an edit imports and that is not there.
		if len(f.errs) > 0 && bytes.Contains(f.src, []byte("Model")) || im.meta.misses(f) {
			u.blind = true
		}
	}
	u.read(info, im.fset)
	return u
}

// read reads models and builder calls out of a package that is type-checked.
func (u *unit) read(info *types.Info, fset *token.FileSet) {
	u.models = declaredModels(u, info, fset)
	x := newExtractor(u, info)
	x.run()
	u.drafts, u.extends = x.drafts, x.extensions
	u.engine, u.dropped = usesOfEngine(u, info), dropped(u, info, x.broken)
}

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

// withoutBodies is f without the bodies of functions that mention none of names.
func withoutBodies(f *source, names map[string]bool) *ast.File {
	out := *f.ast
	out.Decls = slices.Clone(f.ast.Decls)
	for i, d := range out.Decls {
		fd, ok := d.(*ast.FuncDecl)
		if !ok || fd.Body == nil || fd.Name.Name == "init" || fd.Name.Name == "main" || fd.Type.TypeParams != nil || f.mentions(fd, names) {
			continue
		}
		c := *fd
		c.Body = nil
		out.Decls[i] = &c
	}
	return &out
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
	h := sha256.New()
	for _, name := range takers {
		h.Write([]byte(name))
	}
	for _, f := range files {
		h.Write([]byte(f.name))
		h.Write(f.sum[:])
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

// declaredModels finds the models that a package declares, at any level.
func declaredModels(u *unit, info *types.Info, fset *token.FileSet) []*declared {
	var all []*declared
	for _, f := range u.files {
		for _, spec := range f.types {
			obj, _ := info.Defs[spec.Name].(*types.TypeName)
			if obj == nil || obj.Type() == nil || obj.IsAlias() || !model.IsModel(obj.Type()) {
				continue
			}
			d := &declared{file: f, spec: spec, path: u.meta.PkgPath, local: obj.Parent() != u.pkg.Scope(), test: f.isTest()}
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
