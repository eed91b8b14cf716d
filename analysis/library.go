package analysis

import "go/types"

// A shelf finds the functions of the workspace's packages: those whose units are
// checked, and the short ones of all others, which are checked when first asked for.
type shelf struct{ w *Workspace }

func (l shelf) owns(path string) bool { return l.w.meta.unit(path) != nil }

func (l shelf) function(path, full string) (*declaration, hash) {
	m := l.w.meta.unit(path)
	if m == nil {
		return nil, hash{}
	}
	u := l.w.units[path]
	if u == nil && l.w.awaited[path] != nil {
		u = l.w.make(m, l.w.gather(m))
	}
	if u != nil {
		from := u
		if u.resting {
			from = l.w.rouse(m, u)
		}
		if d := from.decls[full]; d != nil {
			return d, u.key
		}
	}
	helpers := l.w.helpersOf(m)
	if u != nil {
		return helpers.decls[full], u.key
	}
	return helpers.decls[full], helpers.key
}

// stateOf is the state of a package whose functions were asked for.
func (l shelf) stateOf(path string) hash {
	if u := l.w.units[path]; u != nil {
		return u.key
	}
	if m := l.w.meta.unit(path); m != nil {
		return unitKey(m, l.w.filesOf(m, l.w.survey), l.w.im, nil)
	}
	return hash{}
}

func (l shelf) current(read map[string]hash) bool {
	for path, key := range read {
		if l.stateOf(path) != key {
			return false
		}
	}
	return true
}

// helpersOf are the short functions of a package.
func (w *Workspace) helpersOf(m *unitMeta) *unit {
	key := unitKey(m, w.filesOf(m, w.survey), w.im, nil)
	if old := w.helpers[m.PkgPath]; old != nil && old.key == key {
		return old
	}
	u := checkHelpers(m, w.filesOf(m, w.parse), w.im, key)
	w.helpers[m.PkgPath] = u
	return u
}

// useful reports whether following a function can tell anything by its type: it
// handles workflows, or returns parameters or the parts of them.
func useful(sig *types.Signature) bool {
	if handles(sig) {
		return true
	}
	for r := range sig.Results().Variables() {
		switch u := r.Type().Underlying().(type) {
		case *types.Basic:
			if u.Info()&types.IsString != 0 {
				return true
			}
		case *types.Slice, *types.Signature:
			return true
		}
		if stringMap(r.Type()) || isNamed(r.Type(), rootPath+"/graph", "InputValue") {
			return true
		}
	}
	return false
}

// holdsWorkflow reports whether a struct has a workflow in it.
func holdsWorkflow(st *types.Struct) bool {
	for field := range st.Fields() {
		if isWorkflow(field.Type()) {
			return true
		}
	}
	return false
}

// alone is for a package that is checked on its own: only its own functions are
// followed, and what those of packages that depend on DataFlow do is not known.
type alone struct{ meta *metadata }

func (a alone) owns(path string) bool                      { return a.meta.byPath[path] != nil }
func (alone) function(string, string) (*declaration, hash) { return nil, hash{} }
func (alone) current(map[string]hash) bool                 { return true }
