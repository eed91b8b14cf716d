package analysis

import (
	"cmp"
	"errors"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// A delta is what edits of bodies and comments have changed in a package: what its
// files declare, and what they import, is as it was.
type delta struct {
	before         *unit
	edited, others []*source
	// touched are the declarations of the other files that an edit may concern.
	touched map[ast.Decl]bool
	index   *wordIndex // of the other files
}

// A wordIndex finds the declarations of files with an identifier in them.
type wordIndex struct {
	files  []*source
	byWord map[string][]ast.Decl
}

// of is the index of files: this one, where it is theirs, as it is while one file of a
// package is edited.
func (x *wordIndex) of(files []*source) *wordIndex {
	if x != nil && slices.Equal(x.files, files) {
		return x
	}
	x = &wordIndex{files: files, byWord: map[string][]ast.Decl{}}
	for _, f := range files {
		for _, d := range f.ast.Decls {
			for _, w := range f.words[d] {
				x.byWord[w] = append(x.byWord[w], d)
			}
		}
	}
	return x
}

// deltaSince tells the files of a package from those that it had at an extraction. It
// is nil where an edit may concern all of it.
func deltaSince(before *extraction, files []*source, api hash) *delta {
	if before == nil || before.unit.resting || before.tied || before.unit.api != api || api == (hash{}) {
		return nil
	}
	same := map[*source]bool{}
	for _, f := range before.unit.files {
		same[f] = true
	}
	d := &delta{before: before.unit}
	for _, f := range files {
		if same[f] {
			d.others = append(d.others, f)
		} else {
			d.edited = append(d.edited, f)
		}
	}
	d.index = before.unit.words.of(d.others)
	d.touched = touched(d.edited, d.index)
	return d
}

// maxGenerations bounds the units whose types a package holds on to.
const maxGenerations = 8

// carried are the functions to keep that need not be type-checked again, as they stood.
// Those that declare types may declare models, calls of package engine are gone over
// again, errors in what does not parse may have no place, and what is generic cannot be
// declared without its body.
func (d *delta) carried(keep func(*source, *ast.FuncDecl) bool) map[*ast.FuncDecl]*declaration {
	if d == nil {
		return nil
	}
	all, generations := map[*ast.FuncDecl]*declaration{}, map[*unit]bool{}
	others := map[*source]bool{}
	for _, f := range d.others {
		others[f] = !slices.Contains(f.imports, enginePath)
	}
	for _, old := range d.before.decls {
		stands := others[old.file] && !d.touched[old.decl] && !d.before.broken[old.decl]
		if stands && !old.file.declaresType(old.decl) && old.decl.Type.TypeParams == nil && keep(old.file, old.decl) {
			all[old.decl] = old
			generations[old.u] = true
		}
	}
	if len(generations) > maxGenerations {
		return nil
	}
	return all
}

// carry takes over functions, and what was found in them.
func (u *unit) carry(carried map[*ast.FuncDecl]*declaration, since *delta) {
	if len(carried) == 0 {
		return
	}
	for _, d := range carried {
		u.decls[d.fn.FullName()] = d
		u.reassign(d.assigns)
	}
	in := func(file string, offset int) bool {
		for _, d := range carried {
			if d.file.name == file && d.file.offset(d.decl.Body.Pos()) <= offset && offset < d.file.offset(d.decl.End()) {
				return true
			}
		}
		return false
	}
	for _, err := range since.before.errs {
		var te types.Error
		if errors.As(err, &te) {
			if at := te.Fset.PositionFor(te.Pos, false); in(at.Filename, at.Offset) {
				u.errs = append(u.errs, err)
			}
		}
	}
	for _, found := range since.before.dropped {
		if in(found.File, found.Span.Start.Offset) {
			u.dropped = append(u.dropped, found)
		}
	}
}

// checkedBodies counts the functions whose bodies were type-checked for this unit.
func (u *unit) checkedBodies() int {
	n := 0
	for _, d := range u.decls {
		if d.u == u {
			n++
		}
	}
	return n
}

// sortErrors puts the type checker's errors, which follow those of the syntax, in the
// order of the source, however much of it was checked anew.
func (u *unit) sortErrors() {
	at := func(err error) (p token.Position) {
		if te := (types.Error{}); errors.As(err, &te) {
			p = te.Fset.PositionFor(te.Pos, false)
		}
		return p
	}
	slices.SortStableFunc(u.errs, func(a, b error) int {
		pa, pb := at(a), at(b)
		return cmp.Or(strings.Compare(pa.Filename, pb.Filename), cmp.Compare(pa.Offset, pb.Offset))
	})
}

// typing is the unit that has the types of a function's body: this one, or the one
// that it was carried over from.
func (u *unit) typing(fd *ast.FuncDecl) *unit {
	if fn, ok := u.info.Defs[fd.Name].(*types.Func); ok {
		if d := u.decls[fn.FullName()]; d != nil && d.decl == fd {
			return d.u
		}
	}
	return u
}

// typingAt is typing for what stands at a place.
func (u *unit) typingAt(n ast.Node) *unit {
	for _, d := range u.decls {
		if d.decl.Pos() <= n.Pos() && n.End() <= d.decl.End() {
			return d.u
		}
	}
	return u
}

// touched are the declarations of other files that name something of the edited ones,
// themselves or by what they name. A method is its type's, too.
func touched(edited []*source, others *wordIndex) map[ast.Decl]bool {
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
		for _, d := range others.byWord[name] {
			if !all[d] {
				all[d] = true
				add(d)
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
