package analysis

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// hides are the types of a name that files declare which build constraints leave out:
// they may be models in another build. Listed are only those of packages that have
// other files; where no model of the name is known, all folders are looked through.
func (m *metadata) hides(name string, known bool) []*declared {
	if m.hidden == nil {
		m.hidden = m.typesIn(m.ignored())
	}
	if known || len(m.hidden[name]) > 0 {
		return m.hidden[name]
	}
	if m.stray == nil {
		m.stray = m.typesIn(m.unlisted())
	}
	return m.stray[name]
}

// ignored are the files that the build leaves out, by import path: of the workspace,
// and of the packages of other modules that depend on DataFlow.
func (m *metadata) ignored() map[string][]string {
	all := map[string][]string{}
	for _, u := range m.units {
		all[u.PkgPath] = u.IgnoredFiles
	}
	for _, p := range m.pkgs {
		if m.unit(p.PkgPath) == nil && p.ForTest == "" && m.dependsOnRoot(p) {
			all[p.PkgPath] = p.IgnoredFiles
		}
	}
	return all
}

// unlisted are the files of the workspace's packages whose files are all left out: the
// go command does not list them.
func (m *metadata) unlisted() map[string][]string {
	all, listed, roots := map[string][]string{}, map[string]bool{}, map[string]string{}
	for _, u := range m.units {
		listed[u.Dir] = true
		if u.Module != nil && u.Module.Dir != "" {
			roots[u.Module.Dir] = u.Module.Path
		}
	}
	for root, mod := range roots {
		_ = filepath.WalkDir(root, func(name string, e fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return nil //nolint:nilerr // what cannot be read is not built either
			case e.IsDir() && name != root && isOutside(name, e.Name()):
				return filepath.SkipDir
			case e.IsDir() || listed[filepath.Dir(name)]:
				return nil
			}
			if rel, err := filepath.Rel(root, filepath.Dir(name)); err == nil {
				pkg := path.Join(mod, filepath.ToSlash(rel))
				all[pkg] = append(all[pkg], name)
			}
			return nil
		})
	}
	return all
}

// typesIn are the types that files declare. A file of another package's name, as a
// program to be run by itself has it, is none of the package in its folder.
func (m *metadata) typesIn(files map[string][]string) map[string][]*declared {
	types := map[string][]*declared{}
	for pkg, names := range files {
		for _, file := range names {
			if filepath.Ext(file) != ".go" {
				continue
			}
			d := &declared{path: pkg, test: strings.HasSuffix(file, "_test.go")}
			in, names := typesOf(file)
			if p := m.byPath[pkg]; p != nil && p.Name != in && p.Name+"_test" != in {
				d.path = ""
			}
			for _, name := range names {
				types[name] = append(types[name], d)
			}
		}
	}
	return types
}

// isOutside reports whether a folder of a module holds none of its packages, as the
// go command has it.
func isOutside(dir, name string) bool {
	if name == "vendor" || name == "testdata" || name == "node_modules" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") {
		return true
	}
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}

// typesOf are the names of the types that a file declares, at any level, and its
// package's.
func typesOf(file string) (pkg string, names []string) {
	f, _ := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if f == nil {
		return "", nil
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if spec, ok := n.(*ast.TypeSpec); ok {
			names = append(names, spec.Name.Name)
		}
		return true
	})
	return f.Name.Name, names
}
