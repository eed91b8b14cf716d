package analysis

import (
	"crypto/sha256"
	"fmt"
	"go/ast"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/dataflow-go/dataflow/model"
)

// A world is every model of the workspace, and what its functions do to workflows
// that are not theirs.
type world struct {
	meta       *metadata
	units      map[string]*unit // by import path
	made       map[string]*extraction
	byName     map[string][]*declared
	closed     bool
	extensions []*extensions
	engine     worldUse
	unknown    bool // some unit builds on workflows whose making is not in sight
	importers  bool // packages that import those in sight are not in sight
	partial    bool // so far, packages are left out that declare no models: see limit
	key        hash // of all that findings depend on
	contracts  map[contractKey]*model.Contract
	bases      map[string]bool // see basesOf
}

// contractKey is a model and what is done to it.
type contractKey struct {
	model *model.Model
	op    model.Operation
}

func newWorld(meta *metadata, units map[string]*unit, made map[string]*extraction, foreign []*declared) *world {
	w := &world{meta: meta, units: units, made: made, byName: map[string][]*declared{}, bases: map[string]bool{}, contracts: map[contractKey]*model.Contract{}, closed: len(meta.units) > 0}
	add := func(d *declared) { w.byName[d.model.Name] = append(w.byName[d.model.Name], d) }
	for _, path := range slices.Sorted(maps.Keys(units)) {
		u := units[path]
		for _, d := range u.models {
			add(d)
			for _, name := range d.bases {
				w.bases[name] = true
			}
		}
		x := made[path].extensions
		w.extensions = append(w.extensions, x)
		w.unknown = w.unknown || x.unknown
		w.closed = w.closed && !u.blind
	}
	for _, d := range foreign {
		add(d)
	}
	w.closed = w.closed && !meta.hasUnknown()
	w.engine = engineUses(units, made)
	w.key = w.fingerprint()
	return w
}

// limit notes whether packages were left out that declare no models: they may build on
// any workflow, and read any result.
func (w *world) limit(partial bool) {
	if !partial {
		return
	}
	w.partial, w.closed, w.unknown, w.importers, w.engine.anyResult = true, false, true, true, true
	w.key = w.fingerprint()
}

// file is a file of the workspace that was read, or nil.
func (w *world) file(name string) *source {
	for _, u := range w.units {
		if f := u.file(name); f != nil {
			return f
		}
	}
	return nil
}

// isBase reports whether others are made of a struct that makes no model by itself, or
// may be where nobody sees it.
func (w *world) isBase(d *declared) bool {
	return d.isAbstract() && (w.bases[d.path+"."+d.model.Name] || w.importers && ast.IsExported(d.model.Name))
}

// hasUnknown reports whether models may hide in packages that are not there or in
// files that build constraints leave out.
func (m *metadata) hasUnknown() bool {
	if m.unknown == nil {
		m.unknown = new(bool)
		for _, p := range m.pkgs {
			*m.unknown = *m.unknown || len(p.GoFiles) == 0 && len(p.IgnoredFiles) == 0 && len(p.Errors) > 0
		}
	}
	return *m.unknown
}

// misses reports whether the file imports a package that nothing is known of.
func (m *metadata) misses(f *source) bool {
	return f.ast != nil && slices.ContainsFunc(f.ast.Imports, func(imp *ast.ImportSpec) bool {
		path, err := strconv.Unquote(imp.Path.Value)
		return err == nil && path != "C" && path != "unsafe" && m.byPath[path] == nil
	})
}

// sum identifies a model's declaration.
func (d *declared) sum() hash {
	if d.summed == (hash{}) {
		h := sha256.New()
		m := *d.model
		fmt.Fprintln(h, m.Name, d.path, d.local, d.unsure, d.test, d.bases, m.Pos)
		for _, f := range m.Fields {
			ref := ""
			if f.Ref != nil {
				ref = fmt.Sprint(*f.Ref)
			}
			f.Ref = nil
			fmt.Fprintf(h, "%+v %s\n", f, ref)
		}
		fmt.Fprintln(h, m.Table, m.Keys, m.Indexes, m.SoftDelete, m.Versioned, m.Tenant)
		h.Sum(d.summed[:0])
	}
	return d.summed
}

// fingerprint identifies what results depend on: the models and the extensions.
func (w *world) fingerprint() hash {
	h := sha256.New()
	fmt.Fprintln(h, w.partial, w.closed, w.unknown, w.engine.anyResult, slices.Sorted(maps.Keys(w.engine.results)), w.engine.inputs)
	for _, name := range slices.Sorted(maps.Keys(w.byName)) {
		for _, d := range w.byName[name] {
			sum := d.sum()
			h.Write(sum[:])
		}
	}
	for _, path := range slices.Sorted(maps.Keys(w.units)) {
		for _, group := range w.units[path].engine.groups {
			for _, r := range group {
				fmt.Fprintln(h, r.path, r.name)
			}
		}
	}
	for _, x := range w.extensions {
		sum := x.sum()
		h.Write(sum[:])
	}
	var k hash
	h.Sum(k[:0])
	return k
}

// extended reports whether someone builds on the workflow that a function returns
// or a package variable or a field holds.
func (w *world) extended(name string) bool { return name != "" && w.extends(name, map[string]bool{}) }

func (w *world) extends(name string, seen map[string]bool) bool {
	if name == "" {
		return w.unknown // kept in what has no name
	}
	if seen[name] {
		return false
	}
	if w.importers && ast.IsExported(name[strings.LastIndexByte(name, '.')+1:]) {
		return true
	}
	seen[name] = true
	names := []string{name}
	if _, method, ok := strings.Cut(name, ")."); ok {
		names = append(names, "."+method) // called through an interface
	}
	return slices.ContainsFunc(w.extensions, func(x *extensions) bool {
		return slices.ContainsFunc(names, func(name string) bool {
			for place := range x.kept[name] {
				if w.extends(place, seen) {
					return true
				}
			}
			return x.results[name]
		})
	})
}

// models are what a package's node types can mean: one in the same package, else
// the nearest that it imports, else one of the workspace.
type models struct {
	world *world
	level map[string]int // import path → how far away it is imported
	depth int            // all that is imported up to here is in level; see levelOf
	far   []*packages.Package
	path  string
	test  bool // the node stands in a test file
	known map[string]resolved
}

type resolved struct {
	d         *declared
	ambiguous bool
}

func (w *world) modelsFor(m *unitMeta, test bool) *models {
	return &models{world: w, level: map[string]int{m.PkgPath: 0}, far: []*packages.Package{m.Package}, path: m.PkgPath, test: test, known: map[string]resolved{}}
}

// levelOf is how far away a package is imported, if it is. Imports are followed only as
// far as it takes: most models stand near the nodes that name them.
func (r *models) levelOf(path string) (level int, imported bool) {
	for {
		if level, imported = r.level[path]; imported || len(r.far) == 0 {
			return level, imported
		}
		var next []*packages.Package
		r.depth++
		for _, p := range r.far {
			for _, dep := range r.world.importsOf(p, r.depth == 1 && r.test) {
				if _, seen := r.level[dep.PkgPath]; !seen && (r.world.units[dep.PkgPath] != nil || r.world.meta.dependsOnRoot(dep)) {
					r.level[dep.PkgPath] = r.depth
					next = append(next, dep)
				}
			}
		}
		r.far = next
	}
}

// importsOf are the packages that a package imports as its files stand now, with those
// of its tests or without.
func (w *world) importsOf(p *packages.Package, tests bool) []*packages.Package {
	u := w.units[p.PkgPath]
	if u == nil {
		return slices.Collect(maps.Values(p.Imports))
	}
	var all []*packages.Package
	for _, f := range u.files {
		if f.isTest() && !tests {
			continue
		}
		for _, path := range f.imports {
			dep := u.meta.Imports[path]
			if dep == nil {
				dep = w.meta.byPath[path]
			}
			if dep != nil {
				all = append(all, dep)
			}
		}
	}
	return all
}

// distance orders candidates: same package, imports from near to far, the
// workspace, and last what only a function or a test of another package declares.
func (r *models) distance(d *declared) int {
	const workspace, hidden = 1 << 20, 1 << 21
	level, imported := r.levelOf(d.path)
	elsewhere := strings.TrimSuffix(d.path, "_test") != strings.TrimSuffix(r.path, "_test")
	switch {
	case d.local && elsewhere, d.test && (elsewhere || !r.test):
		return hidden
	case imported:
		return level
	}
	return workspace
}

func (r *models) resolve(name string) resolved {
	if res, ok := r.known[name]; ok {
		return res
	}
	var res resolved
	best := -1
	for _, d := range r.world.byName[name] {
		switch dist := r.distance(d); {
		case best < 0 || dist < best:
			best, res = dist, resolved{d: d, ambiguous: dist >= 1<<21}
		case dist == best && !sameModel(res.d.model, d.model):
			res.ambiguous = true
		}
		if r.distance(d) == best && d.unsure {
			res.ambiguous = true
		}
	}
	if best != 0 { // there may be a nearer one in another build
		for _, d := range r.world.meta.hides(name, best >= 0) {
			res.ambiguous = res.ambiguous || best < 0 || r.distance(d) < best
		}
	}
	r.known[name] = res
	return res
}

// Model returns the model of a name, or nil when there is none or it cannot be
// said which one is meant.
func (r *models) Model(name string) *model.Model {
	if res := r.resolve(name); res.d != nil && !res.ambiguous {
		return res.d.model
	}
	return nil
}

// Contract is the contract of an operation on a model. It is kept: package graph asks
// for it at each mention of a node.
func (r *models) Contract(m *model.Model, op model.Operation) *model.Contract {
	key := contractKey{m, op}
	c, ok := r.world.contracts[key]
	if !ok {
		c = model.ContractOf(m, op)
		r.world.contracts[key] = c
	}
	return c
}

// Names lists the models that can be meant, sorted.
func (r *models) Names() []string {
	names := slices.Sorted(maps.Keys(r.world.byName))
	return slices.DeleteFunc(names, func(name string) bool {
		return !slices.ContainsFunc(r.world.byName[name], func(d *declared) bool { return r.distance(d) < 1<<21 })
	})
}

// Closed reports whether every model that can be meant is known.
func (r *models) Closed() bool { return r.world.closed }

// Ambiguous reports whether there is a model of the name and it cannot be said
// which, or what it is.
func (r *models) Ambiguous(name string) bool { return r.resolve(name).ambiguous }

// sameModel reports whether two models have equal contracts.
func sameModel(a, b *model.Model) bool {
	plain := func(m *model.Model) model.Model {
		c := *m
		c.PkgPath, c.Pos.Filename, c.Pos.Line, c.Pos.Column, c.Pos.Offset = "", "", 0, 0, 0
		c.Fields = slices.Clone(m.Fields)
		for i := range c.Fields {
			f := &c.Fields[i]
			f.Index, f.Pos.Filename, f.Pos.Line, f.Pos.Column, f.Pos.Offset = nil, "", 0, 0, 0
		}
		return c
	}
	return a == b || reflect.DeepEqual(plain(a), plain(b))
}
