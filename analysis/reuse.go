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
	if before == nil || before.unit.resting || x.tied {
		return nil
	}
	since := x.u.since
	if since == nil || since.before != before.unit {
		since = deltaSince(before, x.u.files, x.u.api)
	}
	if since == nil || !sameBodies(before.unit, x.u, since.others) {
		return nil
	}
	stands := map[ast.Decl]bool{}
	for _, f := range since.others {
		for _, d := range f.ast.Decls {
			stands[d] = !since.touched[d]
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
