package analysis

import (
	"bytes"
	"context"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
)

// A cycle is what one check takes up from the one before it, so that an edit costs
// what it changes and not what the workspace holds.
type cycle struct {
	edited map[string]bool      // files that were edited and not checked since
	seen   map[string]*gathered // by import path
	era    int                  // counts edits that other packages can see
	takers []string             // functions that take workflows, sorted
	world  *world               // nil once a unit is made anew
	byDir  map[string][]*unitMeta
	// whole says that every package that matters was checked once.
	whole bool
	// worldBefore is the last world that there was.
	worldBefore *world
	// awaited are the packages that a check is still to make.
	awaited         map[string]*unitMeta
	rested          bool // a package was put to rest since the last check of everything
	checked, bodies int  // packages and bodies of functions that the last check type-checked
}

func newCycle() cycle {
	return cycle{edited: map[string]bool{}, seen: map[string]*gathered{}, worldBefore: new(world)}
}

// gathered is what the files of a package say before they are type-checked.
type gathered struct {
	files  []*source
	takers []string
	root   bool // it imports this module's root, or the engine
	// matters says whether it is checked, with the takers of the workspace.
	matters bool
	judged  bool
	key     hash
	era     int // of key; 0 for none
}

// unitOf finds the package that lists file.
func (w *Workspace) unitOf(file string) *unitMeta {
	for _, m := range w.unitsIn(filepath.Dir(file)) {
		if slices.Contains(m.GoFiles, file) {
			return m
		}
	}
	return nil
}

// unitsIn are the packages of a folder: one, and its external tests.
func (w *Workspace) unitsIn(dir string) []*unitMeta {
	if w.byDir == nil {
		w.byDir = map[string][]*unitMeta{}
		for _, m := range w.meta.units {
			w.byDir[m.Dir] = append(w.byDir[m.Dir], m)
			if len(m.GoFiles) > 0 && filepath.Dir(m.GoFiles[0]) != m.Dir { // cgo, generated
				w.byDir[filepath.Dir(m.GoFiles[0])] = append(w.byDir[filepath.Dir(m.GoFiles[0])], m)
			}
		}
	}
	return w.byDir[dir]
}

// filesOf are the files of a package as they stand now: those that the go command
// lists and are still there, and those that an editor is about to add. read is parse, or
// survey.
func (w *Workspace) filesOf(m *unitMeta, read func(file string) *source) []*source {
	var files []*source
	for _, name := range m.GoFiles {
		if s := read(name); s != nil {
			files = append(files, s)
		}
	}
	for _, name := range w.buffers.opened() {
		if filepath.Dir(name) != m.Dir || filepath.Ext(name) != ".go" || slices.Contains(m.GoFiles, name) || slices.Contains(m.IgnoredFiles, name) {
			continue
		}
		if s := w.parse(name); s != nil && s.ast.Name.Name == m.Name {
			files = append(files, s)
		}
	}
	return files
}

// noteEdits finds out whom the edits since the last check concern: the packages of
// the files alone, or those that import them too.
func (w *Workspace) noteEdits() {
	w.buffers.takeEdited(w.edited)
	for file := range w.edited {
		if filepath.Ext(file) != ".go" {
			continue
		}
		if _, known := w.im.base[file]; !known && !w.buffers.isOpen(file) {
			w.im.base[file] = hash{} // it was written since it was compiled
		}
		w.parse(file)
		for _, m := range w.unitsIn(filepath.Dir(file)) {
			delete(w.seen, m.PkgPath)
		}
	}
	clear(w.edited)
}

// newEra is called when what other packages can see has changed.
func (w *Workspace) newEra() {
	w.era++
	clear(w.im.stale)
}

// gather reads what is not known of a package.
func (w *Workspace) gather(m *unitMeta) *gathered {
	g := w.seen[m.PkgPath]
	if g == nil {
		g = &gathered{root: w.importsRoot(m)}
		if g.root {
			g.files = w.filesOf(m, w.survey)
			for _, s := range g.files {
				g.takers = append(g.takers, s.takers...)
			}
		}
		w.seen[m.PkgPath] = g
	}
	return g
}

// noteTakers finds the functions of the workspace that take a workflow, and so may
// build on one: whoever names them matters.
func (w *Workspace) noteTakers() {
	names := map[string]bool{}
	for _, m := range w.meta.units {
		for _, name := range w.gather(m).takers {
			names[name] = true
		}
	}
	takers := slices.Sorted(maps.Keys(names))
	if slices.Equal(takers, w.takers) {
		return
	}
	w.takers = takers
	for _, g := range w.seen {
		g.judged, g.era = false, 0
	}
}

// matters reports whether a package can hold models or builder calls, or builds on
// the workflows of others: it imports this module's root; or depends on it, and
// embeds a struct of another package or names a function that takes workflows.
func (w *Workspace) matters(m *unitMeta, g *gathered) bool {
	if !g.judged {
		g.judged = true
		g.matters = g.root || w.meta.dependsOnRoot(m.Package) && slices.ContainsFunc(m.GoFiles, w.mayMatter)
		if g.matters && !g.root {
			g.files = w.filesOf(m, w.survey)
		}
	}
	return g.matters
}

// mayMatter reports whether a file makes its package matter. Nearly all need no more
// than a quick look, and what the others are parsed for is not kept: a large workspace
// has thousands of them.
func (w *Workspace) mayMatter(file string) bool {
	src, ok := w.buffers.peek(file)
	return ok && (w.namesTaker(src) || mayEmbed(src) && parse(token.NewFileSet(), file, src).embeds)
}

func (w *Workspace) namesTaker(src []byte) bool {
	return slices.ContainsFunc(w.takers, func(name string) bool { return bytes.Contains(src, []byte(name)) })
}

// keyOf is the key of a unit as it should be.
func (w *Workspace) keyOf(m *unitMeta, g *gathered) hash {
	if g.era != w.era+1 {
		g.key, g.era = unitKey(m, g.files, w.im, w.takers), w.era+1
	}
	return g.key
}

// importsRoot reports whether a package, or an unsaved file of it, imports this
// module's root, or the engine.
func (w *Workspace) importsRoot(m *unitMeta) bool {
	if m.PkgPath == rootPath || m.Imports[rootPath] != nil || m.Imports[enginePath] != nil {
		return true
	}
	for _, name := range w.buffers.opened() {
		if filepath.Dir(name) == m.Dir {
			if s := w.parse(name); s != nil && (slices.Contains(s.imports, rootPath) || slices.Contains(s.imports, enginePath)) {
				return true
			}
		}
	}
	return false
}

// check brings the units and results up to date, and returns those of the files and
// those that are new. When the files alone are asked for, units that have not been
// edited themselves stay as they were, except where they hold one of the files; and
// before all were checked once, no others are than those that may declare models. It is
// called by who holds the token.
func (w *Workspace) check(ctx context.Context, files []string, filesAlone bool) ([]*Package, error) {
	w.noteEdits()
	w.noteTakers()
	wanted := map[string]bool{}
	for _, file := range files {
		for _, m := range w.unitsIn(filepath.Dir(file)) {
			wanted[m.PkgPath] = true
		}
	}
	partial := filesAlone && !w.whole
	followed, sources := 0, w.im.checked
	w.checked, w.bodies = 0, 0
	if w.world != nil && w.world.partial != partial {
		w.world = nil
	}
	var added []*unitMeta
	w.awaited = map[string]*unitMeta{}
	for _, m := range w.meta.units {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		g, old := w.gather(m), w.units[m.PkgPath]
		switch {
		case !w.matters(m, g):
			if old != nil {
				delete(w.units, m.PkgPath)
				delete(w.extractions, m.PkgPath)
				w.dropResult(m.PkgPath)
			}
		case filesAlone && old != nil && g.era != 0 && !wanted[m.PkgPath]:
			// Only what it imports has changed.
		case partial && !wanted[m.PkgPath] && !slices.ContainsFunc(g.files, func(s *source) bool { return s.embeds }):
			// It declares no models, so it can wait.
		case old == nil && !partial:
			added = append(added, m)
			w.awaited[m.PkgPath] = m
		case old == nil || old.resting && w.isOpen(old) || old.key != w.keyOf(m, g):
			w.make(m, g)
		}
	}
	if w.foreign == nil {
		w.foreign = w.foreignModels()
	}
	// Only now are all units as they stand, or awaited: functions of one are followed
	// into others.
	for _, m := range w.meta.units {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		u, made := w.units[m.PkgPath], w.extractions[m.PkgPath]
		final := w.whole || made == nil || len(made.read) == 0
		if u == nil || slices.Contains(added, m) || made != nil && final && made.unit == u && (filesAlone && !wanted[m.PkgPath] || (shelf{w}).current(made.read)) {
			continue
		}
		followed++
		w.follow(m)
	}
	followed += len(added)
	if err := w.followNew(ctx, added); err != nil {
		return nil, err
	}
	if w.world == nil {
		w.world = newWorld(w.meta, w.units, w.extractions, w.foreign)
		w.world.limit(partial)
		if w.world.key == w.worldBefore.key {
			w.world.contracts = w.worldBefore.contracts
		}
		w.worldBefore = w.world
	}
	w.whole = w.whole || !partial
	w.opts.Logger.Debug("checked", "packages", w.checked, "bodies", w.bodies, "followed", followed, "imports", w.im.checked-sources)
	var out []*Package
	for _, m := range w.meta.units {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if filesAlone && !wanted[m.PkgPath] {
			continue
		}
		if p := w.resultOf(m, files); p != nil {
			out = append(out, p)
		}
	}
	if !filesAlone {
		w.rest()
		for i, p := range out {
			if r := w.results[p.Path]; r != nil {
				out[i] = r.pkg
			}
		}
	}
	return out, nil
}

// make type-checks a package anew.
func (w *Workspace) make(m *unitMeta, g *gathered) *unit {
	g.files = w.filesOf(m, w.parse) // some may be at rest
	u := checkUnit(m, g.files, w.im, w.takers, w.keyOf(m, g), w.extractions[m.PkgPath])
	w.units[m.PkgPath], w.world = u, nil
	delete(w.awaited, m.PkgPath)
	w.checked, w.bodies = w.checked+1, w.bodies+u.checkedBodies()
	return u
}

// follow reads the workflows of a package out of its unit.
func (w *Workspace) follow(m *unitMeta) {
	u := w.units[m.PkgPath]
	if u.resting {
		u = w.make(m, w.gather(m))
	}
	made := w.extractions[m.PkgPath]
	if made != nil && !w.whole && len(made.read) > 0 {
		made = nil // into what was not checked yet, only short functions were followed
	}
	made = extract(u, shelf{w}, made)
	w.extractions[m.PkgPath], w.world = made, nil
	u.since = nil
	u.forget(made)
}

// again makes a package anew that has not changed. The world comes out the same.
func (w *Workspace) again(m *unitMeta) *Package {
	world := w.world
	w.make(m, w.gather(m))
	w.follow(m)
	w.world = world
	return w.resultOf(m, nil)
}

// resultOf is the result of a unit when it is new or holds one of the files, or when
// no files are asked for; else nil.
func (w *Workspace) resultOf(m *unitMeta, files []string) *Package {
	u := w.units[m.PkgPath]
	if u == nil {
		if slices.ContainsFunc(files, func(f string) bool { return slices.Contains(m.GoFiles, f) }) {
			return &Package{Path: m.PkgPath, Dir: m.Dir, Files: m.GoFiles, LoadErrors: metaErrors(m)}
		}
		return nil
	}
	if r := w.results[m.PkgPath]; r == nil || r.made != w.extractions[m.PkgPath] || r.world != w.world.key {
		w.dropResult(m.PkgPath)
		made := w.extractions[m.PkgPath]
		r = &result{made: made, world: w.world.key, pkg: finish(made, w.world, w.opts.LazyFixes)}
		w.results[m.PkgPath] = r
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, f := range u.files {
			w.byFile[f.name] = r.pkg
		}
		return r.pkg
	}
	if len(files) == 0 || slices.ContainsFunc(u.files, func(f *source) bool { return slices.Contains(files, f.name) }) {
		return w.results[m.PkgPath].pkg
	}
	return nil
}

// dropResult forgets what was found in a package.
func (w *Workspace) dropResult(path string) {
	r := w.results[path]
	if r == nil {
		return
	}
	delete(w.results, path)
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, file := range r.pkg.Files {
		if w.byFile[file] == r.pkg {
			delete(w.byFile, file)
		}
	}
}
