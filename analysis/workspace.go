package analysis

import (
	"context"
	"errors"
	"go/token"
	"go/types"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"golang.org/x/tools/go/packages"

	"github.com/dataflow-go/dataflow/model"
)

// Options say where a workspace is and how to read it.
type Options struct {
	Dir        string   // a folder of the module; "" is the current one
	Env        []string // environment of the go command, as os.Environ has it; nil is the process's own
	BuildFlags []string // "-tags=integration"
	Logger     *slog.Logger
	Progress   func(message string) // told of each long step; may be nil
	// CacheDir is a folder where results are kept for later runs; "" is nowhere.
	// CacheDir() is the user's.
	CacheDir string
	// LazyFixes leaves the fixes of most diagnostics to FillFixes: an editor asks for
	// few of them.
	LazyFixes bool
	// Frugal gives up the syntax and types of packages while no file of them is set by
	// SetFile: an editor has few files of a large workspace open.
	Frugal bool
}

// A Workspace is the module (or the modules of a go.work) at one folder, as files
// on disk and the editor's buffers have them. It is safe for concurrent use;
// checks run one after the other.
type Workspace struct {
	opts    Options
	buffers *buffers

	busy chan struct{} // holds one token: who takes it may touch what follows
	meta *metadata
	fset *token.FileSet
	im   *importer
	// parsed holds the last syntax of each file, units and results the last state
	// of each package, by import path.
	parsed  map[string]*source
	units   map[string]*unit
	results map[string]*result
	// helpers are packages whose functions others call, roused those among them whose
	// units are at rest; extractions are what the units' workflows came to. All by
	// import path.
	helpers     map[string]*unit
	roused      map[string]*unit
	extractions map[string]*extraction
	foreign     []*declared     // models of packages outside the workspace
	cycle                       // what a check takes up from the one before it
	asked       map[string]bool // imports and files that a reload did not find

	mu     sync.Mutex
	byFile map[string]*Package // guarded by mu
	err    error               // guarded by mu
}

// result is what a unit came to, and the world in which it did.
type result struct {
	made  *extraction
	world hash
	pkg   *Package
}

// Open loads the metadata of the modules at o.Dir. Broken user code is no error:
// Open fails only when nothing can be said, as without a go command (DF-410).
// Without a go.mod the workspace is empty and Err says why.
func Open(ctx context.Context, o Options) (*Workspace, error) {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	w := &Workspace{opts: o, buffers: newBuffers(), busy: make(chan struct{}, 1), byFile: map[string]*Package{}}
	meta, err := recallOrLoad(ctx, o)
	if err != nil {
		return nil, err
	}
	w.use(meta, nil)
	return w, nil
}

// Confirm asks the go command whether what Open took from an earlier run still holds,
// and reports whether it did not: then all is to be checked again. It does nothing
// where Open asked itself.
func (w *Workspace) Confirm(ctx context.Context) (changed bool, err error) {
	if err := w.acquire(ctx); err != nil {
		return false, err
	}
	known := w.meta
	w.release()
	if !known.recalled {
		return false, nil
	}
	meta, err := load(ctx, w.opts, nil) // checks go on meanwhile
	store{w.opts.CacheDir}.tidy(storeLimit)
	if err != nil || meta.err == nil && meta.digest() == known.digest() {
		return false, err
	}
	if err := w.acquire(ctx); err != nil {
		return false, err
	}
	defer w.release()
	if w.meta != known {
		return false, nil // it was loaded again since
	}
	return true, w.reload(ctx)
}

// Err says why the workspace holds nothing to analyse: no go.mod, a go.mod that
// cannot be read. It is nil when there are packages.
func (w *Workspace) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// SetFile makes content stand for the file, as long as an editor has it open.
func (w *Workspace) SetFile(file string, content []byte) {
	w.buffers.set(filepath.Clean(file), content)
}

// ClearFile makes the file on disk count again. It is also how a change on disk
// of a file that no editor has open is made known.
func (w *Workspace) ClearFile(file string) { w.buffers.clear(filepath.Clean(file)) }

// Reload reads the metadata again: after go.mod, go.sum, a new or a deleted file.
// Check does so by itself when imports changed or a file is not known.
// When it fails, what was loaded before stays.
func (w *Workspace) Reload(ctx context.Context) error {
	if err := w.acquire(ctx); err != nil {
		return err
	}
	defer w.release()
	return w.reload(ctx)
}

// Check analyses what an edit may have changed, and returns the packages that hold
// the files (absolute paths) and every other package whose result is new: all of
// them the first time, later those that name an edited model, say. Without files
// it returns all packages that declare models or build workflows. Results of
// unchanged packages are reused. It fails with the context's error, or when a
// reload that it needs fails.
func (w *Workspace) Check(ctx context.Context, files ...string) ([]*Package, error) {
	return w.bringUp(ctx, files, false)
}

func (w *Workspace) bringUp(ctx context.Context, files []string, filesAlone bool) ([]*Package, error) {
	if err := w.acquire(ctx); err != nil {
		return nil, err
	}
	defer w.release()
	for i := range files {
		files[i] = filepath.Clean(files[i])
	}
	if w.needsReload(files) {
		asked := w.asked
		if err := w.reload(ctx); err != nil {
			return nil, err
		}
		// What this reload did not find either is not asked for at the next edit.
		maps.Copy(w.asked, asked)
	}
	return w.check(ctx, files, filesAlone)
}

// CheckFiles is Check for the packages that hold the files, as soon as it can be said:
// after an edit that other packages can see, those that hold none of the files stay as
// they were until the next Check. It returns the packages of the files alone.
func (w *Workspace) CheckFiles(ctx context.Context, files ...string) ([]*Package, error) {
	return w.bringUp(ctx, files, true)
}

// Package returns the last result for the package that holds file, or nil.
func (w *Workspace) Package(file string) *Package {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.byFile[filepath.Clean(file)]
}

// Packages are the last results of all packages that declare models or build
// workflows, sorted by their paths. Nothing is checked for it.
func (w *Workspace) Packages() []*Package {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := slices.Collect(maps.Values(w.byFile))
	slices.SortFunc(all, func(a, b *Package) int { return strings.Compare(a.Path, b.Path) })
	return slices.Compact(all)
}

// Load analyses the packages that match the patterns ("./..." when there is
// none), once. Models are still those of the whole workspace. It fails with
// DF-410 when there is no module or a pattern matches nothing that can be read.
func Load(ctx context.Context, o Options, patterns ...string) ([]*Package, error) {
	w, err := Open(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := w.Err(); err != nil {
		return nil, err
	}
	all, err := w.Check(ctx)
	if err != nil {
		return nil, err
	}
	matches, err := w.Match(ctx, patterns...)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(p *Package) bool { return !matches(p) }), nil
}

// Match tells which packages the go command means by the patterns ("./..." when
// there is none), their tests included. It fails with DF-410 when a pattern matches
// nothing that can be read.
func (w *Workspace) Match(ctx context.Context, patterns ...string) (func(*Package) bool, error) {
	if len(patterns) == 0 {
		patterns = []string{"./..."}
	}
	if match := w.matchFolders(patterns); match != nil {
		return match, nil
	}
	matched, err := packages.Load(&packages.Config{
		Context: ctx, Mode: packages.NeedName | packages.NeedFiles, Dir: w.opts.Dir, Env: w.opts.Env, BuildFlags: w.opts.BuildFlags,
	}, patterns...)
	if err != nil {
		return nil, setupError("the packages cannot be listed: "+err.Error(), err.Error())
	}
	want := map[string]bool{}
	for _, p := range matched {
		if len(p.GoFiles) == 0 && len(p.Errors) > 0 && len(p.IgnoredFiles) == 0 {
			return nil, setupError(p.Errors[0].Msg, p.Errors[0].Msg)
		}
		want[p.PkgPath], want[p.PkgPath+"_test"] = true, true
	}
	return func(p *Package) bool { return want[p.Path] }, nil
}

// matchFolders is Match for patterns that name folders of the workspace and match
// packages that are listed: it needs no go command. It is nil for all others.
func (w *Workspace) matchFolders(patterns []string) func(*Package) bool {
	dir, err := filepath.Abs(w.opts.Dir)
	if err != nil {
		return nil
	}
	want := map[string]bool{}
	for _, pattern := range patterns {
		rest, below := strings.CutSuffix(pattern, "/...")
		if strings.Contains(rest, "...") || rest != "." && !strings.HasPrefix(rest, "./") && !strings.HasPrefix(rest, "../") {
			return nil
		}
		folder := filepath.Join(dir, filepath.FromSlash(rest))
		found := false
		for _, m := range w.meta.units {
			if m.Dir == folder || below && within(m.Dir, folder) {
				want[m.PkgPath], found = true, true
			}
		}
		if !found {
			return nil
		}
	}
	return func(p *Package) bool { return want[p.Path] }
}

func (w *Workspace) acquire(ctx context.Context) error {
	select {
	case w.busy <- struct{}{}:
		if err := ctx.Err(); err != nil {
			w.release()
			return err
		}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *Workspace) release() { <-w.busy }

// reload is called by who holds the token.
func (w *Workspace) reload(ctx context.Context) error {
	more := w.unsavedImports()
	meta, err := load(ctx, w.opts, more)
	if err != nil {
		return err
	}
	if meta.err != nil && w.meta != nil && len(w.meta.units) > 0 {
		w.opts.Logger.Warn("reload failed; the packages loaded before stay", "error", meta.err)
		w.setErr(meta.err)
		return nil
	}
	w.use(meta, more)
	return nil
}

// use makes meta what the workspace is.
func (w *Workspace) use(meta *metadata, more []string) {
	w.buffers.forgetDisk()
	w.meta, w.fset = meta, token.NewFileSet()
	w.parsed, w.units, w.results = map[string]*source{}, map[string]*unit{}, map[string]*result{}
	w.helpers, w.roused, w.extractions = map[string]*unit{}, map[string]*unit{}, map[string]*extraction{}
	w.im = newImporter(meta, w.fset, w.parse, w.survey)
	w.foreign = nil
	w.cycle = newCycle()
	for _, file := range w.buffers.opened() {
		w.edited[file] = true
	}
	w.mu.Lock()
	w.byFile = map[string]*Package{}
	w.mu.Unlock()
	w.asked = map[string]bool{}
	for _, path := range more {
		w.asked[path] = true
	}
	w.setErr(meta.err)
	w.opts.Logger.Debug("loaded", "packages", len(meta.units), "with dependencies", len(meta.pkgs), "from an earlier run", meta.recalled)
}

func (w *Workspace) setErr(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.err = err
}

// parse returns the syntax of a file as it stands now, or nil when it is gone.
func (w *Workspace) parse(file string) *source {
	content, ok := w.buffers.read(file)
	old := w.parsed[file]
	if !ok {
		if old != nil {
			w.forget(old)
			w.newEra()
		}
		return nil
	}
	if old != nil && !old.resting() && string(old.src) == string(content) {
		return old
	}
	if w.buffers.isOpen(file) {
		w.noteBase(file)
	}
	w.forget(old)
	s := parse(w.fset, file, content)
	w.take(s, old)
	return s
}

// take makes s what is known of a file.
func (w *Workspace) take(s, old *source) {
	w.parsed[s.name] = s
	if _, known := w.im.base[s.name]; !known {
		w.im.base[s.name] = s.api
	}
	if old != nil && old.api != s.api || old == nil && w.im.edited(s) {
		w.newEra()
	}
}

// noteBase notes the API that a file had when it was compiled.
func (w *Workspace) noteBase(file string) {
	if _, known := w.im.base[file]; known {
		return
	}
	if disk, ok := w.buffers.onDisk(file); ok {
		s := parse(w.fset, file, disk)
		w.im.base[file] = s.api
		w.fset.RemoveFile(s.tok)
	}
}

func (w *Workspace) forget(s *source) {
	if s == nil {
		return
	}
	if !s.resting() {
		w.fset.RemoveFile(s.tok)
	}
	delete(w.parsed, s.name)
}

// unsavedImports are the packages that open files import and the go command,
// which sees the disk alone, may not have listed.
func (w *Workspace) unsavedImports() []string {
	if w.meta == nil {
		return nil
	}
	var more []string
	for _, file := range w.buffers.opened() {
		if s := w.parse(file); s != nil {
			for _, path := range s.imports {
				if w.meta.byPath[path] == nil && w.meta.mayFind(path) && !slices.Contains(more, path) {
					more = append(more, path)
				}
			}
		}
	}
	return more
}

// needsReload reports whether the metadata misses a file or an import.
func (w *Workspace) needsReload(files []string) bool {
	need := false
	ask := func(what string) {
		if !w.asked[what] {
			w.asked[what] = true
			need = true
		}
	}
	for _, file := range slices.Concat(files, w.buffers.opened()) {
		if filepath.Ext(file) != ".go" {
			continue
		}
		if w.unitOf(file) == nil {
			ask(file)
		}
	}
	for _, path := range w.unsavedImports() {
		ask(path)
	}
	return need
}

// foreignModels are those of packages outside the workspace, from export data.
func (w *Workspace) foreignModels() []*declared {
	all := []*declared{}
	own := map[string]bool{}
	for _, m := range w.meta.units {
		own[m.PkgPath] = true
	}
	for _, p := range w.meta.sorted() {
		if own[p.PkgPath] || p.ForTest != "" || p.PkgPath == rootPath || !w.meta.dependsOnRoot(p) || strings.HasPrefix(p.PkgPath, rootPath+"/") {
			continue
		}
		pkg, err := w.im.types(p)
		if err != nil || pkg == nil {
			continue // newWorld sees that the package is not whole
		}
		for _, name := range pkg.Scope().Names() {
			obj, ok := pkg.Scope().Lookup(name).(*types.TypeName)
			if !ok || obj.IsAlias() || !model.IsModel(obj.Type()) {
				continue
			}
			d := &declared{path: p.PkgPath, unsure: hasInvalid(obj.Type().Underlying(), 0)}
			if d.model, d.problems = model.FromTypes(obj, w.fset); d.model != nil {
				d.unsure = d.unsure || len(d.problems) > 0
				all = append(all, d)
			}
		}
	}
	return all
}

// metaErrors are what the go command says is wrong with a package.
func metaErrors(m *unitMeta) []error {
	var errs []error
	for _, e := range m.Errors {
		errs = append(errs, errors.New(e.Error()))
	}
	return errs
}
