package analysis

import (
	"cmp"
	"fmt"
	"go/types"
	"maps"
	"slices"

	goanalysis "golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/packages"

	"github.com/dataflow-go/dataflow/model"
)

// A packageFact is what a package tells those that import it, at any depth. It
// speaks for the packages that it imports, too: the drivers hand on only the facts
// of packages whose types can be seen.
type packageFact struct{ Packages []knownPackage }

// A knownPackage is a package that depends on DataFlow.
type knownPackage struct {
	Path    string
	Imports []string // those of its imports that depend on DataFlow
	Takers  []string // its functions that take a workflow
	Models  []knownModel
}

// A knownModel is a model as a fact carries it.
type knownModel struct {
	Model  model.Model // without the values of defaults, which no rule needs
	Unsure bool        // see declared
	Test   bool
}

// AFact marks it as a fact.
func (*packageFact) AFact() {}

// String is what tests compare.
func (f *packageFact) String() string {
	s := "models:"
	for _, p := range f.Packages {
		for _, m := range p.Models {
			s += fmt.Sprintf(" %s.%s", p.Path, m.Model.Name)
		}
	}
	return s
}

// knownPackages gathers the facts of what a package imports, by import path.
func knownPackages(pass *goanalysis.Pass) map[string]knownPackage {
	known := map[string]knownPackage{}
	for _, f := range pass.AllPackageFacts() {
		if fact, ok := f.Fact.(*packageFact); ok && f.Package != pass.Pkg {
			for _, p := range fact.Packages {
				known[p.Path] = p
			}
		}
	}
	return known
}

// factOf is what the unit tells those that import it, beside what it was told.
func factOf(u *unit, known map[string]knownPackage) *packageFact {
	own := knownPackage{Path: u.meta.PkgPath, Imports: slices.Sorted(maps.Keys(u.meta.Imports))}
	for _, f := range u.files {
		own.Takers = append(own.Takers, f.takers...)
	}
	for _, d := range u.models {
		if d.local {
			continue
		}
		m := *d.model
		m.Fields = slices.Clone(m.Fields)
		for i := range m.Fields {
			m.Fields[i].Default = nil
		}
		own.Models = append(own.Models, knownModel{m, d.unsure, d.test})
	}
	all := append(slices.Collect(maps.Values(known)), own)
	slices.SortFunc(all, func(a, b knownPackage) int { return cmp.Compare(a.Path, b.Path) })
	return &packageFact{all}
}

// metadataOf is what a driver's pass knows of the packages around one: those that
// depend on DataFlow.
func metadataOf(pkg *types.Package, known map[string]knownPackage) (*metadata, *unitMeta) {
	root := &packages.Package{ID: rootPath, PkgPath: rootPath}
	m := &metadata{pkgs: map[string]*packages.Package{rootPath: root}, toRoot: map[string]bool{}, modules: map[string]string{}}
	m.byPath = m.pkgs
	for path := range known {
		m.pkgs[path] = &packages.Package{ID: path, PkgPath: path, Imports: map[string]*packages.Package{}}
	}
	for path, k := range known {
		for _, imported := range k.Imports {
			if dep := m.pkgs[imported]; dep != nil {
				m.pkgs[path].Imports[imported] = dep
			}
		}
	}
	own := &packages.Package{ID: pkg.Path(), PkgPath: pkg.Path(), Name: pkg.Name(), Imports: map[string]*packages.Package{}}
	for _, imported := range pkg.Imports() {
		if dep := m.pkgs[imported.Path()]; dep != nil {
			own.Imports[imported.Path()] = dep
		}
	}
	m.pkgs[own.ID] = own
	u := &unitMeta{Package: own, test: isExternalTest(pkg)}
	m.units = []*unitMeta{u}
	return m, u
}
