package analysis

import (
	"go/ast"
	"maps"
)

// A root is a declaration that was followed on its own, with what came of it.
type root struct {
	decl       ast.Decl
	drafts     []*draft
	extensions *extensions
	read       map[string]hash
}

// follow notes what comes of a declaration.
func (x *extractor) follow(d ast.Decl, by func()) {
	x.drafts, x.read = nil, map[string]hash{}
	x.extensions = &extensions{results: map[string]bool{}, kept: map[string]map[string]bool{}}
	by()
	x.roots = append(x.roots, &root{d, x.drafts, x.extensions, x.read})
}

// merge puts together what came of the roots.
func (x *extractor) merge() {
	x.drafts, x.read = nil, map[string]hash{}
	x.extensions = &extensions{results: map[string]bool{}, kept: map[string]map[string]bool{}}
	for _, r := range x.roots {
		x.drafts = append(x.drafts, r.drafts...)
		maps.Copy(x.read, r.read)
		maps.Copy(x.extensions.results, r.extensions.results)
		for name, places := range r.extensions.kept {
			for place := range places {
				x.extensions.keep(name, place)
			}
		}
		x.extensions.unknown = x.extensions.unknown || r.extensions.unknown
	}
}

// reusable are the roots of the last extraction that would come to the same now: of
// functions in files that were not edited, which have nothing to do with a name that
// is declared in one that was. What the files declare, and what they import, must be
// as it was: then the edit was one of bodies and comments.
func (x *extractor) reusable(before *extraction) map[ast.Decl]*root {
	if before == nil || before.tied || x.tied || before.unit.api != x.u.api || x.u.api == (hash{}) {
		return nil
	}
	same := map[*source]bool{}
	for _, f := range before.unit.files {
		same[f] = true
	}
	var edited, others []*source
	for _, f := range x.u.files {
		if same[f] {
			others = append(others, f)
		} else {
			edited = append(edited, f)
		}
	}
	if !sameBodies(before.unit, x.u, others) {
		return nil
	}
	stands, touched := map[ast.Decl]bool{}, touched(edited, others)
	for _, f := range others {
		for _, d := range f.ast.Decls {
			stands[d] = !touched[d]
		}
	}
	kept := map[ast.Decl]*root{}
	for _, r := range before.roots {
		if _, ok := r.decl.(*ast.FuncDecl); ok && stands[r.decl] && x.lib.current(r.read) {
			kept[r.decl] = r
		}
	}
	x.ctxs = before.ctxs
	return kept
}

// sameBodies reports whether the same functions of the files can be followed: a call
// in another file can be why a short one is.
func sameBodies(before, now *unit, files []*source) bool {
	in := map[*source]bool{}
	for _, f := range files {
		in[f] = true
	}
	n := 0
	for _, d := range before.decls {
		if in[d.file] {
			n++
		}
	}
	for full, d := range now.decls {
		if in[d.file] {
			n--
			if old := before.decls[full]; old == nil || old.decl != d.decl {
				return false
			}
		}
	}
	return n == 0
}

// touched are the declarations of other files that name something of the edited ones,
// themselves or by what they name. A method is its type's, too.
func touched(edited, others []*source) map[ast.Decl]bool {
	all, seen := map[ast.Decl]bool{}, map[string]bool{}
	var queue []string
	add := func(d ast.Decl) {
		for _, name := range declares(d) {
			if name != "_" && !seen[name] {
				seen[name] = true
				queue = append(queue, name)
			}
		}
	}
	for _, f := range edited {
		for _, d := range f.ast.Decls {
			add(d)
		}
	}
	for len(queue) > 0 {
		name := queue[0]
		queue = queue[1:]
		for _, f := range others {
			for _, d := range f.namedIn(name) {
				if !all[d] {
					all[d] = true
					add(d)
				}
			}
		}
	}
	return all
}

// declares are the names that a declaration gives a meaning.
func declares(d ast.Decl) []string {
	var names []string
	switch d := d.(type) {
	case *ast.FuncDecl:
		names = append(names, d.Name.Name)
		if t := receiverName(d); t != "" {
			names = append(names, t)
		}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				names = append(names, s.Name.Name)
			case *ast.ValueSpec:
				for _, n := range s.Names {
					names = append(names, n.Name)
				}
			}
		}
	}
	return names
}
