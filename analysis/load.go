package analysis

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
	"golang.org/x/tools/go/packages"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// rootPath is the package that user code imports to describe workflows.
const rootPath = "github.com/dataflow-go/dataflow"

// cgoPath is what packages with cgo import, but not as the go command lists them once
// they are compiled.
const cgoPath = "runtime/cgo"

// metadata is what the go command says about the workspace.
type metadata struct {
	pkgs   map[string]*packages.Package // by ID, dependencies too
	byPath map[string]*packages.Package // by import path, without test variants
	units  []*unitMeta                  // the workspace's own packages, by import path
	// err says why there is nothing to analyse.
	err error
	// toRoot remembers, by ID, which packages depend on this module's root. It is
	// touched only by who holds the workspace's token.
	toRoot map[string]bool
	// goroot and modules, by path, tell where an import that is not listed yet may
	// be found; a module's folder is "" when it is not known.
	goroot  string
	arch    string
	modules map[string]string
	// recalled says that this was kept from an earlier run.
	recalled bool
	hidden   map[string][]*declared // see hides; as toRoot
	stray    map[string][]*declared // as hidden, in packages that are not listed
	// unknown says that models may hide in packages that are not there; nil is not
	// known yet; as toRoot.
	unknown *bool
	own     map[string]*unitMeta // units by import path; as toRoot
}

// unitMeta is one package of the workspace, with its in-package tests.
type unitMeta struct {
	*packages.Package
	test bool // an external test package
}

// Types and syntax are made here, from the editor's buffers: go/packages would
// check every dependency from source as soon as it is told of one buffer. Tests are
// listed, but not compiled: nothing imports them, so their export data is not needed.
const (
	listMode = packages.NeedName | packages.NeedFiles | packages.NeedImports | packages.NeedDeps |
		packages.NeedModule | packages.NeedTypesSizes | packages.NeedForTest
	exportMode = packages.NeedName | packages.NeedImports | packages.NeedDeps | packages.NeedExportFile
)

// recallOrLoad is load where the metadata was not kept from an earlier run.
func recallOrLoad(ctx context.Context, o Options) (*metadata, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, err
	}
	if key, ok := memoryKey(o, dir); ok {
		if m := recall(store{o.CacheDir}, key); m != nil {
			return m, nil
		}
	}
	return load(ctx, o, nil)
}

// load asks the go command about the modules at o.Dir, and about more packages
// that unsaved files import. It keeps the answer for the next run.
func load(ctx context.Context, o Options, more []string) (*metadata, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, err
	}
	key, keep := memoryKey(o, dir)
	started := time.Now()
	m, err := ask(ctx, o, dir, more)
	if err == nil && m.err == nil && keep && len(more) == 0 && o.CacheDir != "" {
		if r := m.remember(started); r != nil {
			store{o.CacheDir}.put(key, r)
		}
	}
	return m, err
}

func ask(ctx context.Context, o Options, dir string, more []string) (*metadata, error) {
	env, err := goEnv(ctx, o, dir)
	if err != nil {
		return nil, err
	}
	if env.GOWORK == "" || env.GOWORK == "off" {
		if env.GOMOD == "" || env.GOMOD == os.DevNull {
			return &metadata{err: noModule(dir)}, nil
		}
		dir = filepath.Dir(env.GOMOD)
	} else {
		dir = filepath.Dir(env.GOWORK)
	}
	patterns := []string{"./..."}
	if env.GOWORK != "" && env.GOWORK != "off" {
		if patterns, err = workPatterns(ctx, o, dir); err != nil {
			return nil, err
		}
	}
	if o.Progress != nil {
		o.Progress("Loading packages of " + dir)
	}
	conf := packages.Config{Context: ctx, Mode: listMode, Dir: dir, Env: o.Env, BuildFlags: o.BuildFlags, Tests: true}
	roots, err := packages.Load(&conf, append(patterns, more...)...)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		return &metadata{err: unreadable(dir, err)}, nil
	}
	m := newMetadata(dir, env, roots)
	if m.err != nil {
		return m, nil
	}
	if o.Progress != nil {
		o.Progress("Compiling what they import")
	}
	conf.Mode, conf.Tests = exportMode, false
	compiled, err := packages.Load(&conf, m.compiled()...)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		o.Logger.Warn("no export data: all is read from source", "error", err)
	}
	packages.Visit(compiled, nil, func(p *packages.Package) {
		if known := m.byPath[p.PkgPath]; known != nil {
			known.ExportFile = p.ExportFile
		}
	})
	return m, nil
}

// compiled are the packages that those which reach this module's root import: the
// ones whose export data is of use.
func (m *metadata) compiled() []string {
	paths := map[string]bool{}
	seen := map[*packages.Package]bool{}
	var visit func(p *packages.Package)
	visit = func(p *packages.Package) {
		if seen[p] {
			return
		}
		seen[p] = true
		for _, dep := range p.Imports {
			if dep.ForTest == "" && len(dep.GoFiles) > 0 && dep.PkgPath != "unsafe" && !strings.HasPrefix(dep.PkgPath, "vendor/") {
				paths[dep.PkgPath] = true
			}
			visit(dep)
		}
	}
	for _, u := range m.units {
		if m.dependsOnRoot(u.Package) {
			visit(u.Package)
		}
	}
	for p := range seen { // what comes with its importer need not be named
		if paths[p.PkgPath] {
			for _, dep := range p.Imports {
				// Without its export data, all that imports net would be read from source.
				if dep.PkgPath != cgoPath {
					delete(paths, dep.PkgPath)
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(paths))
}

func newMetadata(dir string, env goSettings, roots []*packages.Package) *metadata {
	m := &metadata{
		pkgs: map[string]*packages.Package{}, byPath: map[string]*packages.Package{}, toRoot: map[string]bool{},
		goroot: env.GOROOT, arch: env.GOARCH, modules: map[string]string{},
	}
	packages.Visit(roots, nil, func(p *packages.Package) {
		m.pkgs[p.ID] = p
		m.addModule(p.Module)
		if p.ForTest == "" {
			m.byPath[p.PkgPath] = p
		}
	})
	best := map[string]*packages.Package{}
	for _, p := range roots {
		switch {
		case p.Module == nil || !p.Module.Main, // a package that an unsaved file imports
			p.ForTest != "" && p.ForTest != strings.TrimSuffix(p.PkgPath, "_test"), // rebuilt for another's test
			isTestMain(p):
			continue
		}
		if old := best[p.PkgPath]; old == nil || len(p.GoFiles) > len(old.GoFiles) {
			best[p.PkgPath] = p
		}
	}
	for _, p := range best {
		m.addUnit(p)
	}
	slices.SortFunc(m.units, func(a, b *unitMeta) int { return strings.Compare(a.PkgPath, b.PkgPath) })
	if len(m.units) == 0 {
		m.err = emptyModule(dir, roots)
	}
	return m
}

func (m *metadata) addUnit(p *packages.Package) {
	m.units = append(m.units, &unitMeta{Package: p, test: p.ForTest != "" && p.PkgPath != p.ForTest})
}

// addModule notes where a module is, and what the workspace's own modules require.
func (m *metadata) addModule(mod *packages.Module) {
	if mod == nil || m.modules[mod.Path] != "" {
		return
	}
	m.modules[mod.Path] = mod.Dir
	if !mod.Main {
		return
	}
	src, err := os.ReadFile(mod.GoMod)
	if err != nil {
		return
	}
	file, err := modfile.ParseLax(mod.GoMod, src, nil)
	if err != nil {
		return
	}
	for _, r := range file.Require {
		if _, known := m.modules[r.Mod.Path]; !known {
			m.modules[r.Mod.Path] = ""
		}
	}
}

// mayFind reports whether the go command is likely to find a package that is not
// listed: one of the standard library, or of a module that is required.
func (m *metadata) mayFind(path string) bool {
	isDir := func(elem ...string) bool {
		info, err := os.Stat(filepath.Join(elem...))
		return err == nil && info.IsDir()
	}
	if path == "" || path == "C" || path == "unsafe" || module.CheckImportPath(path) != nil {
		return false
	}
	for mod, dir := range m.modules {
		rest, ok := strings.CutPrefix(path, mod)
		if ok && (rest == "" || rest[0] == '/') && (dir == "" || isDir(dir, filepath.FromSlash(rest))) {
			return true
		}
	}
	return m.goroot != "" && isDir(m.goroot, "src", filepath.FromSlash(path))
}

// isTestMain reports whether p is the program that go test makes.
func isTestMain(p *packages.Package) bool {
	return p.Name == "main" && strings.HasSuffix(p.ID, ".test")
}

type goSettings struct{ GOMOD, GOWORK, GOROOT, GOARCH string }

func goEnv(ctx context.Context, o Options, dir string) (goSettings, error) {
	var s goSettings
	out, err := runGo(ctx, o, dir, "env", "-json", "GOMOD", "GOWORK", "GOROOT", "GOARCH")
	if err == nil {
		err = json.Unmarshal(out, &s)
	}
	return s, err
}

// workPatterns lists every package of every module that go.work uses.
func workPatterns(ctx context.Context, o Options, dir string) ([]string, error) {
	out, err := runGo(ctx, o, dir, "list", "-m", "-f", "{{.Dir}}")
	if err != nil {
		return nil, err
	}
	var patterns []string
	for line := range strings.Lines(string(out)) {
		if line = strings.TrimSpace(line); line != "" {
			patterns = append(patterns, filepath.Join(line, "..."))
		}
	}
	if len(patterns) == 0 {
		patterns = []string{"./..."}
	}
	return patterns, nil
}

// runGo runs the go command. It fails with DF-410 when there is none.
func runGo(ctx context.Context, o Options, dir string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	if o.Env != nil {
		cmd.Env = append(slices.Clip(o.Env), "PWD="+dir) // the folder as it was named, a link perhaps
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err == nil {
		return out, nil
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	reason := strings.TrimSpace(stderr.String())
	if reason == "" {
		reason = err.Error()
	}
	message := fmt.Sprintf("go %s failed in %s: %s", strings.Join(args, " "), dir, reason)
	if errors.Is(err, exec.ErrNotFound) {
		message = "the go command is not on PATH, so the workspace cannot be read"
	}
	return nil, setupError(message, reason)
}

// setupError is a DF-410: the workspace itself is not in order.
func setupError(message, reason string) error {
	return errcatalog.New(errcatalog.Finding{
		Code:    errcatalog.DF410,
		Message: message,
		Details: errcatalog.Details{Reason: reason},
	})
}

func noModule(dir string) error {
	return setupError(fmt.Sprintf("%s is in no Go module: run `go mod init` there, or open the folder that holds go.mod", dir), "go.mod not found")
}

func unreadable(dir string, err error) error {
	return setupError(fmt.Sprintf("the packages of %s cannot be listed: %v", dir, err), err.Error())
}

func emptyModule(dir string, roots []*packages.Package) error {
	for _, p := range roots {
		for _, e := range p.Errors {
			return setupError(fmt.Sprintf("the packages of %s cannot be listed: %s", dir, e.Msg), e.Msg)
		}
	}
	return setupError(dir+" holds no Go packages", "no Go files")
}

// sorted lists all packages by ID.
func (m *metadata) sorted() []*packages.Package {
	return slices.SortedFunc(maps.Values(m.pkgs), func(a, b *packages.Package) int { return strings.Compare(a.ID, b.ID) })
}

// dependsOnRoot reports whether p imports this module's root package, at any depth.
func (m *metadata) dependsOnRoot(p *packages.Package) bool {
	if p.PkgPath == rootPath {
		return true
	}
	if known, ok := m.toRoot[p.ID]; ok {
		return known
	}
	m.toRoot[p.ID] = false
	for _, dep := range p.Imports {
		if m.dependsOnRoot(dep) {
			m.toRoot[p.ID] = true
			break
		}
	}
	return m.toRoot[p.ID]
}

// embedsForeign reports whether a struct embeds one of another package.
func embedsForeign(st *ast.StructType) bool {
	return st.Fields != nil && slices.ContainsFunc(st.Fields.List, func(field *ast.Field) bool {
		return len(field.Names) == 0 && isForeign(field.Type)
	})
}

// isForeign reports whether a type is one of another package, by its qualified name.
func isForeign(t ast.Expr) bool {
	switch t := ast.Unparen(t).(type) {
	case *ast.SelectorExpr:
		return true
	case *ast.IndexExpr:
		return isForeign(t.X)
	case *ast.IndexListExpr:
		return isForeign(t.X)
	}
	return false
}

// mayEmbed reports whether a file can declare a model by a struct of another package,
// as source.embeds says for certain: it has a line, or what follows a brace or a
// semicolon, that is no more than a qualified name or that gives one a name; or a dot
// import.
func mayEmbed(src []byte) bool {
	for len(src) > 0 {
		end := bytes.IndexAny(src, "\n;{")
		if end < 0 {
			end = len(src) - 1
		}
		if line := src[:end+1]; isQualified(line) || mayName(line) {
			return true
		}
		src = src[end+1:]
	}
	return false
}

// mayName reports whether a line can start a group of types, or give a name to a type
// of another package, or all of its names to the file.
func mayName(line []byte) bool {
	line = bytes.TrimLeft(line, " \t")
	if rest, ok := bytes.CutPrefix(line, []byte("type")); ok {
		return bytes.ContainsAny(rest, ".(/")
	}
	if rest, ok := bytes.CutPrefix(line, []byte("import")); ok {
		line = bytes.TrimLeft(rest, " \t(")
	}
	return len(line) > 0 && line[0] == '.'
}

// isQualified reports whether a line starts with a.B or *a.B, and goes on as an
// embedded field may: with its type arguments, its tag, a comment, or not at all.
func isQualified(line []byte) bool {
	line = bytes.TrimLeft(line, " \t")
	if rest, ok := bytes.CutPrefix(line, []byte("/*")); ok {
		_, line, _ = bytes.Cut(rest, []byte("*/"))
	}
	line = bytes.TrimLeft(line, " \t(*")
	name := func() bool {
		n := bytes.IndexFunc(line, func(r rune) bool { return r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		if n <= 0 {
			return false
		}
		line = bytes.TrimLeft(line[n:], " \t")
		return true
	}
	if !name() || len(line) == 0 || line[0] != '.' {
		return false
	}
	line = bytes.TrimLeft(line[1:], " \t")
	if !name() {
		return false
	}
	if len(line) > 0 && line[0] == '[' { // type arguments, or the index of an element
		depth := 0
		end := bytes.IndexFunc(line, func(r rune) bool {
			switch r {
			case '[':
				depth++
			case ']':
				depth--
			}
			return depth == 0
		})
		if end < 0 {
			return true // they go on in the next line
		}
		line = bytes.TrimLeft(line[end+1:], " \t")
	}
	return len(line) == 0 || bytes.IndexByte([]byte("\n\r;}`\"/)"), line[0]) >= 0
}

// unit is the workspace's own package of an import path, or nil.
func (m *metadata) unit(path string) *unitMeta {
	if m.own == nil {
		m.own = map[string]*unitMeta{}
		for _, u := range m.units {
			m.own[u.PkgPath] = u
		}
	}
	return m.own[path]
}
