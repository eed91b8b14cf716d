package analysis

import (
	"bytes"
	"context"
	"crypto/sha256"
	"go/token"
	"maps"
	"os"
	"slices"

	"golang.org/x/tools/go/packages"

	"github.com/dataflow-go/dataflow/graph"
)

// An editor has few files of a large workspace open. A package rests while none of its
// files is: what was found in it stands, and the syntax and types that it was found in,
// which take most of the memory, are given up. An edit makes them anew, and so does
// whoever follows a function of it.

// resting reports whether a source is at rest: it has no text and no syntax.
func (s *source) resting() bool { return s.ast == nil }

// atRest is what a source is told by, and what others can see of it.
func (s *source) atRest() *source {
	return &source{name: s.name, sum: s.sum, imports: s.imports, api: s.api, takers: s.takers, embeds: s.embeds}
}

// survey is parse for who needs no more than what a source at rest has.
func (w *Workspace) survey(file string) *source {
	s := w.parsed[file]
	if s != nil && s.resting() {
		return s
	}
	if s != nil || !w.opts.Frugal || w.buffers.isOpen(file) {
		return w.parse(file)
	}
	content, ok := w.buffers.peek(file)
	if !ok {
		return nil
	}
	s = parse(token.NewFileSet(), file, content)
	if len(s.errs) > 0 {
		return w.parse(file)
	}
	s = s.atRest()
	w.take(s, nil)
	return s
}

// rest puts the packages to rest that have nothing to do with an open file. Those that
// declare models stay as they are, since others point at the declarations. It is called
// when all results are new.
func (w *Workspace) rest() {
	if !w.opts.Frugal || !w.whole {
		return
	}
	needed := w.needed()
	atRest := sourcesAtRest()
	for path, u := range w.units {
		switch {
		case needed[path]:
		case u.resting:
			w.dropSyntax(u)
		case w.mayRest(path, u):
			w.putToRest(path, atRest)
		}
	}
	if w.rested {
		w.rested = false
		clear(w.roused)
		maps.DeleteFunc(w.helpers, func(path string, _ *unit) bool { return !needed[path] })
		w.keepImports()
	}
}

// needed are the packages that the functions in open files were followed into.
func (w *Workspace) needed() map[string]bool {
	needed := map[string]bool{}
	for path, u := range w.units {
		if made := w.extractions[path]; made != nil && w.isOpen(u) {
			for read := range made.read {
				needed[read] = true
			}
		}
	}
	return needed
}

// sourcesAtRest makes one source at rest of each.
func sourcesAtRest() func(*source) *source {
	sources := map[*source]*source{}
	return func(s *source) *source {
		if s.resting() {
			return s
		}
		if sources[s] == nil {
			sources[s] = s.atRest()
		}
		return sources[s]
	}
}

// followNew makes packages that are new to the workspace and follows their functions,
// importers first: then nobody is left who follows those of one that is done, and it can
// rest at once. So the memory that it takes is that of one, and not of all.
func (w *Workspace) followNew(ctx context.Context, added []*unitMeta) error {
	needed, atRest := w.needed(), sourcesAtRest()
	for _, m := range importersFirst(added) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if w.units[m.PkgPath] == nil {
			w.make(m, w.gather(m))
		}
		w.follow(m)
		if u := w.units[m.PkgPath]; w.opts.Frugal && !needed[m.PkgPath] && w.isDispensable(u) {
			w.putToRest(m.PkgPath, atRest)
		}
		if w.opts.Frugal && w.im.held() > maxImports {
			w.dropImports()
		}
	}
	return nil
}

// importersFirst sorts packages so that each comes before those that it imports.
func importersFirst(units []*unitMeta) []*unitMeta {
	wanted, seen := map[string]*unitMeta{}, map[string]bool{}
	for _, m := range units {
		wanted[m.PkgPath] = m
	}
	var sorted []*unitMeta
	var visit func(p *packages.Package)
	visit = func(p *packages.Package) {
		if seen[p.ID] {
			return
		}
		seen[p.ID] = true
		for _, path := range slices.Sorted(maps.Keys(p.Imports)) {
			visit(p.Imports[path])
		}
		if m := wanted[p.PkgPath]; m != nil && m.Package == p {
			sorted = append(sorted, m)
		}
	}
	for _, m := range units {
		visit(m.Package)
	}
	slices.Reverse(sorted)
	return sorted
}

func (w *Workspace) isOpen(u *unit) bool {
	return slices.ContainsFunc(u.files, func(f *source) bool { return w.buffers.isOpen(f.name) })
}

// mayRest reports whether nothing but what was found in a unit is of use.
func (w *Workspace) mayRest(path string, u *unit) bool {
	made, r := w.extractions[path], w.results[path]
	if made == nil || made.unit != u || r == nil || r.made != made || w.world == nil || r.world != w.world.key {
		return false // it is not finished
	}
	return w.isDispensable(u)
}

// isDispensable reports whether nobody needs the syntax and types of a unit that is
// followed, and not of an open file.
func (w *Workspace) isDispensable(u *unit) bool {
	return len(u.errs)+len(u.models)+len(u.engine.runs) == 0 && !w.isOpen(u) &&
		!slices.ContainsFunc(u.files, func(f *source) bool { return bytes.Contains(f.src, []byte(ignorePrefix)) })
}

// dropSyntax gives up what was read again of a unit at rest.
func (w *Workspace) dropSyntax(u *unit) {
	for _, f := range u.files {
		if again := w.parsed[f.name]; again != nil && again != f && again.sum == f.sum && !w.buffers.isOpen(f.name) {
			w.forget(again)
			w.buffers.drop(f.name)
			w.parsed[f.name] = f
			w.rested = true
			if g := w.seen[u.meta.PkgPath]; g != nil {
				g.files = u.files
			}
		}
	}
}

func (w *Workspace) putToRest(path string, source func(*source) *source) {
	w.rested = true
	old, made, r := w.units[path], w.extractions[path], w.results[path]
	u := &unit{meta: old.meta, key: old.key, api: old.api, engine: old.engine, dropped: old.dropped, blind: old.blind, resting: true}
	for _, f := range old.files {
		w.fset.RemoveFile(f.tok)
		w.buffers.drop(f.name)
		s := source(f)
		w.parsed[f.name] = s
		u.files = append(u.files, s)
	}
	if g := w.seen[path]; g != nil {
		g.files = u.files
	}
	calm := &extraction{unit: u, extensions: made.extensions, read: made.read, tied: made.tied}
	for _, d := range made.drafts {
		calm.drafts = append(calm.drafts, d.atRest(source))
	}
	w.units[path], w.extractions[path] = u, calm
	if r == nil || r.made != made {
		return // finish makes the result
	}
	pkg := *r.pkg
	pkg.sources, pkg.Diagnostics, pkg.Strict = u.files, atRest(u, pkg.Diagnostics), atRest(u, pkg.Strict)
	var targets []func() []*Target
	for _, d := range made.drafts {
		if d.reviewed != nil {
			targets = append(targets, d.reviewed.targets)
		}
	}
	reads := u.engine.reads
	pkg.targets, pkg.words = targetsFrom(append(targets, func() []*Target { return reads }), true)
	w.results[path] = &result{made: calm, world: r.world, pkg: &pkg}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, f := range u.files {
		w.byFile[f.name] = &pkg
	}
}

// atRest is a draft without its syntax.
func (d *draft) atRest(source func(*source) *source) *draft {
	out := *d
	fn := *d.fn
	fn.file = source(fn.file)
	out.file, out.fn = source(d.file), &fn
	out.ops = slices.Clone(d.ops)
	for i := range out.ops {
		out.ops[i].file, out.ops[i].call = source(out.ops[i].file), nil
	}
	out.reviewed = nil
	return &out
}

// share makes the calls of a draft those of its graph, so that there is one of each.
func (d *draft) share(g *graph.Graph) {
	var nodes, conns, deps, txs int
	for i := range d.ops {
		switch o := &d.ops[i]; {
		case o.node != nil:
			o.node = &g.Nodes[nodes]
			nodes++
		case o.conn != nil:
			o.conn = &g.Connections[conns]
			conns++
		case o.dep != nil:
			o.dep = &g.Dependencies[deps]
			deps++
		case o.tx != nil:
			o.tx = &g.Transactions[txs]
			txs++
		}
	}
}

// atRest are diagnostics of a unit at rest: FillFixes makes the unit anew for those
// whose fixes are wanted.
func atRest(u *unit, found []Diagnostic) []Diagnostic {
	out := slices.Clone(found)
	for i := range out {
		if out[i].pending != nil {
			out[i].pending = &pending{u: u}
		}
	}
	return out
}

// rouse makes the types of a unit at rest, for who follows its functions.
func (w *Workspace) rouse(m *unitMeta, u *unit) *unit {
	if old := w.roused[m.PkgPath]; old != nil && old.key == u.key {
		return old
	}
	full := checkUnit(m, w.filesOf(m, w.parse), w.im, w.takers, u.key, nil)
	w.roused[m.PkgPath] = full
	return full
}

// maxImports is how many packages' types are held on to, beyond three times those that
// the packages which are not at rest import.
const maxImports = 50

// keepImports gives up the types of imported packages where most of them are no longer
// imported by a package that is not at rest. What is not at rest is made again with no
// more than it needs.
func (w *Workspace) keepImports() {
	used := map[string]bool{}
	for _, u := range w.units {
		if u.info == nil {
			continue
		}
		for _, f := range u.files {
			for _, path := range f.imports {
				used[path] = true
			}
		}
	}
	if w.im.held() <= 3*len(used)+maxImports {
		return
	}
	w.dropImports()
	for _, m := range w.meta.units {
		if u := w.units[m.PkgPath]; u != nil && u.info != nil {
			w.again(m)
		}
	}
}

// dropImports gives up the types of all imported packages, since each holds on to those
// that it imports. What is type-checked from then on has others; no unit's are ever
// compared with another's.
func (w *Workspace) dropImports() {
	w.im.universe++
	clear(w.im.exports)
	clear(w.im.sources)
	own := map[*token.File]bool{}
	for _, s := range w.parsed {
		own[s.tok] = true
	}
	var theirs []*token.File // whose names are parts of the export data
	for f := range w.fset.Iterate {
		if !own[f] {
			theirs = append(theirs, f)
		}
	}
	for _, f := range theirs {
		w.fset.RemoveFile(f)
	}
}

// syntax are the files of the package. Those of one at rest are read again, as they are
// on disk: nobody has them open.
func (p *Package) syntax() []*source {
	all := make([]*source, 0, len(p.sources))
	for _, s := range p.sources {
		if s.resting() {
			s = s.reread()
		}
		if s != nil {
			all = append(all, s)
		}
	}
	return all
}

// source is one of the files of the package, or nil.
func (p *Package) source(name string) *source {
	i := slices.IndexFunc(p.sources, func(s *source) bool { return s.name == name })
	if i < 0 {
		return nil
	}
	if s := p.sources[i]; !s.resting() {
		return s
	}
	return p.sources[i].reread()
}

// reread is a source at rest with its text and syntax, or nil when the file has changed
// meanwhile.
func (s *source) reread() *source {
	content, err := os.ReadFile(s.name)
	if err != nil || sha256.Sum256(content) != s.sum {
		return nil
	}
	return parse(token.NewFileSet(), s.name, content)
}
