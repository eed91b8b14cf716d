package analysis

import (
	"crypto/sha256"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"maps"
	"os"
	"slices"

	"golang.org/x/tools/go/gcexportdata"
	"golang.org/x/tools/go/packages"
)

// An importer gives the types of packages that are imported: from the compiler's
// export data, or from source where that is missing or an edit has made it stale.
// A stale package's importers are stale too, so that one universe of types never
// mixes with another.
type importer struct {
	meta    *metadata
	fset    *token.FileSet
	parse   func(file string) *source
	survey  func(file string) *source // parse, where what a source at rest has is enough
	exports map[string]*types.Package // from export data, by import path
	sources map[string]checked        // from source, by ID
	stale   map[string]*hash          // during one check, by ID; nil is fresh
	active  map[string]bool           // IDs that are being checked from source
	base    map[string]hash           // the API of each file when the export data was made
	checked int                       // counts packages that were checked from source
	// universe counts how often all types were given up: those of one are never mixed
	// with those of another.
	universe int
}

// checked is a package from source, and the state of the source it was made of.
type checked struct {
	key hash
	pkg *types.Package
}

func newImporter(meta *metadata, fset *token.FileSet, parse, survey func(string) *source) *importer {
	return &importer{
		meta: meta, fset: fset, parse: parse, survey: survey,
		exports: map[string]*types.Package{}, sources: map[string]checked{},
		stale: map[string]*hash{}, base: map[string]hash{}, active: map[string]bool{},
	}
}

// held counts the packages whose types there are.
func (im *importer) held() int {
	n := len(im.sources)
	for _, t := range im.exports {
		if t.Complete() {
			n++
		}
	}
	return n
}

// edited notes the API that a file had when it was loaded, and reports whether it
// has changed since. Only files that were ever read differ from the disk's.
func (im *importer) edited(s *source) bool {
	b, ok := im.base[s.name]
	return ok && b != s.api
}

// staleKey is nil when p's export data is good, else the state of its source.
func (im *importer) staleKey(p *packages.Package) *hash {
	if k, ok := im.stale[p.ID]; ok {
		return k
	}
	im.stale[p.ID] = nil // import cycles end here
	h := sha256.New()
	stale := p.ExportFile == "" && p.PkgPath != "unsafe" || p.ForTest != ""
	for _, path := range slices.Sorted(maps.Keys(p.Imports)) {
		if k := im.staleKey(p.Imports[path]); k != nil {
			stale = true
			h.Write(k[:])
		}
	}
	if !stale && p.Module != nil && p.Module.Main {
		for _, f := range p.GoFiles {
			if _, known := im.base[f]; known {
				if s := im.survey(f); s == nil || im.edited(s) {
					stale = true
					break
				}
			}
		}
	}
	if !stale {
		return nil
	}
	for _, f := range p.GoFiles {
		if s := im.survey(f); s != nil {
			h.Write(s.api[:])
		}
	}
	k := new(hash)
	h.Sum(k[:0])
	im.stale[p.ID] = k
	return k
}

// importFor returns the importer that resolves what package p imports.
func (im *importer) importFor(p *packages.Package) types.Importer {
	return importerFunc(func(path string) (*types.Package, error) {
		if path == "unsafe" {
			return types.Unsafe, nil
		}
		dep := p.Imports[path]
		if dep == nil {
			dep = im.meta.byPath[path] // an import that is not saved yet
		}
		if dep == nil || dep.Name == "" && len(dep.GoFiles) == 0 {
			return nil, fmt.Errorf("package %s is not there", path)
		}
		return im.types(dep)
	})
}

func (im *importer) types(p *packages.Package) (*types.Package, error) {
	if key := im.staleKey(p); key != nil {
		return im.fromSource(p, *key)
	}
	return im.fromExport(p)
}

func (im *importer) fromExport(p *packages.Package) (*types.Package, error) {
	if t := im.exports[p.PkgPath]; t != nil && t.Complete() {
		return t, nil
	}
	f, err := os.Open(p.ExportFile)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	r, err := gcexportdata.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("read export data of %s: %w", p.PkgPath, err)
	}
	return gcexportdata.Read(r, im.fset, im.exports, p.PkgPath)
}

func (im *importer) fromSource(p *packages.Package, key hash) (*types.Package, error) {
	if c, ok := im.sources[p.ID]; ok && c.key == key {
		return c.pkg, nil
	}
	if im.active[p.ID] {
		return nil, fmt.Errorf("import cycle through %s", p.PkgPath)
	}
	im.active[p.ID] = true
	defer delete(im.active, p.ID)
	var files []*ast.File
	for _, name := range p.GoFiles {
		if s := im.parse(name); s != nil {
			files = append(files, s.ast)
		}
	}
	conf := types.Config{
		Importer: im.importFor(p), IgnoreFuncBodies: true, FakeImportC: true,
		Error: func(error) {}, Sizes: p.TypesSizes, GoVersion: goVersion(p),
	}
	pkg, _ := conf.Check(p.PkgPath, im.fset, files, nil) // what is wrong in it is its own to report
	im.checked++
	im.sources[p.ID] = checked{key, pkg}
	return pkg, nil
}

// goVersion is the language version of p's module: "go1.26.0".
func goVersion(p *packages.Package) string {
	if p.Module != nil && p.Module.GoVersion != "" {
		return "go" + p.Module.GoVersion
	}
	return ""
}

type importerFunc func(path string) (*types.Package, error)

func (f importerFunc) Import(path string) (*types.Package, error) { return f(path) }
