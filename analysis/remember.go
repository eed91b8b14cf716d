package analysis

import (
	"crypto/sha256"
	"fmt"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/modfile"
	"golang.org/x/tools/go/packages"
)

// A memory is metadata as it is kept between runs, with the state of the files that
// it was read from. It serves the next start in place of the go command, which takes
// most of the time to the first diagnostics.
type memory struct {
	Files    map[string]stamp // Go files outside GOROOT and the module cache
	Folders  map[string]bool  // where they are looked for
	Goroot   string
	Arch     string
	Modules  []packages.Module
	Dirs     map[string]string // of modules, by path
	Packages []remembered
	Units    []string // IDs
}

// clockGrain is how coarse the times of files may be.
const clockGrain = 20 * time.Millisecond

type stamp struct{ Size, Modified int64 }

// remembered is a packages.Package with its links by ID.
type remembered struct {
	ID, Name, Path, Dir, ForTest, Export string
	GoFiles, Ignored                     []string
	Module                               int // from 1
	Imports                              map[string]string
	Errors                               []packages.Error
}

// memoryKey identifies what decides what the go command would say, except for the Go
// files. It is false where that cannot be seen, as with a driver in place of it.
func memoryKey(o Options, dir string) (hash, bool) {
	env := o.Env
	if env == nil {
		env = os.Environ()
	}
	var parts []string
	set := map[string]string{}
	for _, e := range env {
		name, value, _ := strings.Cut(e, "=")
		set[name] = value
		if strings.HasPrefix(name, "GO") || strings.HasPrefix(name, "CGO") || name == "CC" || name == "CXX" || name == "PATH" || name == "HOME" {
			parts = append(parts, e)
		}
	}
	if set["GOPACKAGESDRIVER"] != "" {
		return hash{}, false
	}
	slices.Sort(parts)
	goCommand, err := exec.LookPath("go")
	if err != nil {
		return hash{}, false
	}
	if goCommand, err = filepath.EvalSymlinks(goCommand); err != nil {
		return hash{}, false
	}
	info, err := os.Stat(goCommand)
	if err != nil {
		return hash{}, false
	}
	parts = append(parts, runtime.GOOS, dir, goCommand, strconv.FormatInt(info.Size(), 10), info.ModTime().String())
	parts = append(parts, o.BuildFlags...)
	read := func(file string) {
		content, _ := os.ReadFile(file) // one that is not there is empty
		parts = append(parts, file, string(content))
	}
	if config, err := os.UserConfigDir(); err == nil {
		read(filepath.Join(config, "go", "env"))
	}
	if file := set["GOENV"]; file != "" {
		read(file)
	}
	for at := dir; ; at = filepath.Dir(at) {
		for _, name := range []string{"go.mod", "go.sum", "go.work", "go.work.sum", "vendor/modules.txt"} {
			read(filepath.Join(at, name))
		}
		if content, err := os.ReadFile(filepath.Join(at, "go.work")); err == nil {
			work, err := modfile.ParseWork("go.work", content, nil)
			if err != nil {
				return hash{}, false
			}
			for _, use := range work.Use {
				path := filepath.FromSlash(use.Path)
				if !filepath.IsAbs(path) {
					path = filepath.Join(at, path)
				}
				read(filepath.Join(path, "go.mod"))
				read(filepath.Join(path, "go.sum"))
			}
		}
		if at == filepath.Dir(at) {
			break
		}
	}
	return keyOf("metadata", []byte(strings.Join(parts, "\x00"))), true
}

// remember is m as it is kept. It is nil when a file was written while the go command
// was asked: it may have read what was before.
func (m *metadata) remember(asked time.Time) *memory {
	out := &memory{Files: map[string]stamp{}, Folders: map[string]bool{}, Goroot: m.goroot, Arch: m.arch, Dirs: m.modules}
	cache := moduleCache(m)
	modules := map[string]int{} // by path: go/packages makes each package one of its own
	for _, p := range m.sorted() {
		r := remembered{
			ID: p.ID, Name: p.Name, Path: p.PkgPath, Dir: p.Dir, ForTest: p.ForTest, Export: p.ExportFile,
			GoFiles: p.GoFiles, Ignored: p.IgnoredFiles, Errors: p.Errors, Imports: map[string]string{},
		}
		for path, dep := range p.Imports {
			r.Imports[path] = dep.ID
		}
		if p.Module != nil && modules[p.Module.Path] == 0 {
			flat := *p.Module
			flat.Replace, flat.Error = nil, nil
			out.Modules = append(out.Modules, flat)
			modules[p.Module.Path] = len(out.Modules)
		}
		if p.Module != nil {
			r.Module = modules[p.Module.Path]
		}
		out.Packages = append(out.Packages, r)
		if p.Module != nil && p.Dir != "" && !within(p.Dir, cache) {
			out.Folders[p.Dir] = true
			if p.Module.Main {
				out.Folders[p.Module.Dir] = true
			}
		}
	}
	for _, u := range m.units {
		out.Units = append(out.Units, u.ID)
	}
	if out.stampFiles(out.Files) != nil {
		return nil
	}
	for _, s := range out.Files {
		if s.Modified >= asked.Add(-clockGrain).UnixNano() {
			return nil
		}
	}
	return out
}

// digest identifies what m says, except for export data.
func (m *metadata) digest() hash {
	h := sha256.New()
	for _, p := range m.sorted() {
		fmt.Fprintln(h, p.ID, p.Name, p.PkgPath, p.ForTest, p.Dir, p.GoFiles, p.IgnoredFiles, p.Errors)
		for _, path := range slices.Sorted(maps.Keys(p.Imports)) {
			fmt.Fprintln(h, path, p.Imports[path].ID)
		}
	}
	for _, u := range m.units {
		fmt.Fprintln(h, u.ID)
	}
	var k hash
	h.Sum(k[:0])
	return k
}

// moduleCache is the folder whose content never changes.
func moduleCache(m *metadata) string {
	for _, p := range m.pkgs {
		if p.Module != nil && p.Module.Version != "" && p.Module.Replace == nil {
			suffix := filepath.FromSlash(p.Module.Path + "@" + p.Module.Version)
			if root, ok := strings.CutSuffix(p.Module.Dir, suffix); ok {
				return filepath.Clean(root)
			}
		}
	}
	return ""
}

func within(dir, root string) bool {
	return root != "" && (dir == root || strings.HasPrefix(dir, root+string(filepath.Separator)))
}

// stampFiles notes all Go files in the folders. Those of main modules are looked
// through to the bottom: a new package there is a new unit.
func (r *memory) stampFiles(into map[string]stamp) error {
	seen := map[string]bool{}
	folder := func(dir string) error {
		if seen[dir] {
			return nil
		}
		seen[dir] = true
		entries, err := os.ReadDir(dir)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if filepath.Ext(e.Name()) == ".go" {
				info, err := os.Stat(filepath.Join(dir, e.Name()))
				if err != nil {
					return err
				}
				into[filepath.Join(dir, e.Name())] = stamp{info.Size(), info.ModTime().UnixNano()}
			}
		}
		return nil
	}
	for _, mod := range r.Modules {
		if !mod.Main {
			continue
		}
		err := filepath.WalkDir(mod.Dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.IsDir() {
				return err
			}
			name := d.Name()
			if path != mod.Dir && (name == "vendor" || name == "testdata" || name == "node_modules" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")) {
				return filepath.SkipDir
			}
			return folder(path)
		})
		if err != nil {
			return err
		}
	}
	for dir := range r.Folders {
		if err := folder(dir); err != nil {
			return err
		}
	}
	return nil
}

// maxEdited bounds the files that may differ from what was kept: what their packages
// would be read from source for costs more than to ask the go command.
const maxEdited = 32

// recall is the metadata that was kept for the workspace, or nil when there is none
// or it may not be so any more. Files that were edited since are no obstacle as long
// as they import the same: the export data of their packages is then not used.
func recall(kept store, key hash) *metadata {
	var r memory
	if !kept.get(key, &r) {
		return nil
	}
	now := map[string]stamp{}
	if r.stampFiles(now) != nil || len(now) != len(r.Files) {
		return nil
	}
	edited := map[string]bool{}
	for file, s := range now {
		if old, known := r.Files[file]; !known {
			return nil
		} else if old != s {
			edited[file] = true
		}
	}
	if len(edited) > maxEdited {
		return nil
	}
	m := &metadata{
		pkgs: map[string]*packages.Package{}, byPath: map[string]*packages.Package{}, toRoot: map[string]bool{},
		goroot: r.Goroot, arch: r.Arch, modules: r.Dirs, recalled: true,
	}
	sizes := types.SizesFor("gc", r.Arch)
	for i := range r.Packages {
		k := &r.Packages[i]
		p := &packages.Package{
			ID: k.ID, Name: k.Name, PkgPath: k.Path, Dir: k.Dir, ForTest: k.ForTest, ExportFile: k.Export,
			GoFiles: k.GoFiles, IgnoredFiles: k.Ignored, Errors: k.Errors, TypesSizes: sizes, Imports: map[string]*packages.Package{},
		}
		if k.Module > 0 {
			p.Module = &r.Modules[k.Module-1]
		}
		if p.ExportFile != "" {
			if _, err := os.Stat(p.ExportFile); err != nil {
				return nil // the build cache was cleaned
			}
		}
		m.pkgs[p.ID] = p
		if p.ForTest == "" {
			m.byPath[p.PkgPath] = p
		}
	}
	for i := range r.Packages {
		k := &r.Packages[i]
		p := m.pkgs[k.ID]
		for path, id := range k.Imports {
			if p.Imports[path] = m.pkgs[id]; p.Imports[path] == nil {
				return nil
			}
		}
		for _, file := range slices.Concat(p.GoFiles, p.IgnoredFiles) {
			if edited[file] {
				if !sameHeader(p, file) {
					return nil
				}
				p.ExportFile = ""
			}
		}
	}
	for _, id := range r.Units {
		p := m.pkgs[id]
		if p == nil {
			return nil
		}
		m.addUnit(p)
	}
	return m
}

// sameHeader reports whether a file that was edited is still what the go command
// took it for: of the same package, with the same imports or fewer, and without
// build constraints.
func sameHeader(p *packages.Package, file string) bool {
	src, err := os.ReadFile(file)
	if err != nil {
		return false
	}
	f, err := parser.ParseFile(token.NewFileSet(), file, src, parser.ImportsOnly)
	if err != nil || f.Name.Name != p.Name || !slices.Contains(p.GoFiles, file) {
		return false
	}
	for _, imp := range f.Imports {
		if path, err := strconv.Unquote(imp.Path.Value); err != nil || path == "C" || path != "unsafe" && p.Imports[path] == nil {
			return false
		}
	}
	text := string(src)
	return !strings.Contains(text, "//go:build") && !strings.Contains(text, "// +build") && !strings.Contains(text, "//go:embed")
}
