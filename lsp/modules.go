package lsp

import (
	"bytes"
	"context"
	"maps"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/internal/config"
)

// importPath is what a file that builds workflows or declares models imports.
const importPath = "github.com/dataflow-go/dataflow"

const (
	// confirmAfter is how long nothing must have been typed, or opened, before the go
	// command is asked: it takes the machine from who types.
	confirmAfter = 2 * time.Second
	// confirmPauses bounds how often that is waited for.
	confirmPauses = 15
)

// modules are the Go modules in which files are open, each loaded when it is
// first needed. It is safe for concurrent use.
type modules struct {
	s *server

	mu     sync.Mutex
	byRoot map[string]*module // guarded by mu
}

func newModules(s *server) *modules { return &modules{s: s, byRoot: map[string]*module{}} }

// A module is one Go module and what analysis knows of it.
type module struct {
	root string // folder of its go.mod
	s    *server

	// turn holds one token. Who has it may use the fields below: they bring the
	// workspace to their snapshot and check it undisturbed.
	turn   chan struct{}
	ws     *analysis.Workspace
	err    error                // why there is no workspace
	flags  []string             // of the go command, under which it was opened
	synced map[string]*document // open files as the workspace has them
	seq    uint64               // of the snapshot that was synced last

	latest atomic.Pointer[analysis.Workspace] // ws, for who does not wait for a turn

	whole sync.Once // done once everything was checked

	read atomic.Int64 // when it was opened last, in nanoseconds

	mu      sync.Mutex
	written []string // on disk, to be read by the reload that waits; nil when none does; guarded by mu
}

// moduleRoot returns the nearest folder with a go.mod, from that of the file
// upwards, or "".
func moduleRoot(file string) string {
	for dir := filepath.Dir(file); ; dir = filepath.Dir(dir) {
		if info, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil && !info.IsDir() {
			return dir
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
	}
}

// of returns the module of a document, loading it in the background when it is
// not loaded. It is nil for a document that is no Go file, that is in no module,
// or whose module has nothing to do with DataFlow.
func (m *modules) of(doc *document) *module {
	if !doc.isGo() {
		return nil
	}
	root := moduleRoot(doc.file)
	if root == "" {
		return nil
	}
	if mod := m.loaded(root); mod != nil {
		return mod
	}
	if !imports(doc) && !mentions(root) {
		return nil
	}
	return m.load(root)
}

// imports reports whether a document may import DataFlow.
func imports(doc *document) bool { return strings.Contains(doc.Text(), `"`+importPath) }

// mentions reports whether the go.mod in root names DataFlow, as every module
// that uses it does. The go command is not started for any other.
func mentions(root string) bool {
	gomod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	return err == nil && bytes.Contains(gomod, []byte(importPath))
}

// prepare loads the module in a folder that the client has opened, so that the
// first file finds it loaded.
func (m *modules) prepare(folder string) {
	if mentions(folder) {
		m.load(folder)
	}
}

// dropFolder forgets the modules in a folder that the client no longer has open, but for
// those in which files are open.
func (m *modules) dropFolder(folder string, left []string) {
	snap := m.s.documents.snapshot()
	for _, mod := range m.all() {
		inUse := slices.ContainsFunc(left, func(f string) bool { return isWithin(mod.root, f) })
		for _, doc := range snap.byURI {
			inUse = inUse || doc.isGo() && moduleRoot(doc.file) == mod.root
		}
		if inUse || !isWithin(mod.root, folder) {
			continue
		}
		m.mu.Lock()
		delete(m.byRoot, mod.root)
		m.mu.Unlock()
		for _, name := range []string{config.FileName, config.WrongName} {
			m.s.diagnose.publishClosed(uri.File(filepath.Join(mod.root, name)), nil)
		}
	}
}

// isWithin reports whether a path is a folder, or lies in it.
func isWithin(path, folder string) bool {
	return path == folder || strings.HasPrefix(path, strings.TrimSuffix(folder, string(filepath.Separator))+string(filepath.Separator))
}

func (m *modules) loaded(root string) *module {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.byRoot[root]
}

func (m *modules) all() []*module {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Collect(maps.Values(m.byRoot))
}

func (m *modules) load(root string) *module {
	m.mu.Lock()
	defer m.mu.Unlock()
	if mod := m.byRoot[root]; mod != nil {
		return mod
	}
	mod := &module{root: root, s: m.s, turn: make(chan struct{}, 1), synced: map[string]*document{}}
	m.byRoot[root] = mod
	m.s.spawn("load "+root, func(ctx context.Context) error {
		defer mod.release()
		mod.open(ctx)
		return nil
	})
	return mod
}

// open loads the workspace. The caller has the turn.
func (mod *module) open(ctx context.Context) {
	mod.flags = mod.s.settings().BuildFlags
	mod.read.Store(time.Now().UnixNano())
	bar := mod.s.beginProgress(ctx, nil, "DataFlow: loading "+filepath.Base(mod.root), nil)
	defer bar.end("")
	err := mod.s.safely("load "+mod.root, func() (err error) {
		mod.ws, err = analysis.Open(ctx, analysis.Options{
			Dir:       mod.root,
			CacheDir:  mod.s.options.CacheDir,
			Logger:    mod.s.log,
			Progress:  func(message string) { bar.report(message, 0, 0) },
			LazyFixes: true,
			Frugal:    true,

			BuildFlags: mod.flags,
		})
		return err
	})
	if mod.err = err; err != nil {
		mod.ws = nil
		mod.latest.Store(nil)
		if ctx.Err() == nil {
			mod.s.log.Warn("module not analysed", "module", mod.root, "reason", err)
		}
		return
	}
	mod.synced = map[string]*document{}
	mod.latest.Store(mod.ws)
	mod.confirm(mod.ws)
}

// confirm asks the go command, at the first pause in typing, whether what was
// kept from an earlier session is still so.
func (mod *module) confirm(ws *analysis.Workspace) {
	mod.s.spawn("confirm "+mod.root, func(ctx context.Context) error {
		if err := mod.s.documents.quiet(ctx, confirmAfter, confirmPauses); err != nil {
			return err
		}
		changed, err := ws.Confirm(ctx)
		debug.FreeOSMemory() // what the go command lists is large, and mostly given up again
		if changed {
			mod.s.diagnose.now()
		}
		return err
	})
}

func (mod *module) acquire(ctx context.Context) error {
	select {
	case <-mod.turn:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (mod *module) release() { mod.turn <- struct{}{} }

// check analyses the packages of files as they are in the snapshot, and all others
// that an edit may have changed: what it says is final.
func (mod *module) check(ctx context.Context, snap *snapshot, files ...string) ([]*analysis.Package, error) {
	return mod.bringUp(ctx, snap, (*analysis.Workspace).Check, files)
}

// checkFiles is check for the packages of the files alone, as soon as they can be
// told: what others come to is taken from the last check.
func (mod *module) checkFiles(ctx context.Context, snap *snapshot, files ...string) ([]*analysis.Package, error) {
	return mod.bringUp(ctx, snap, (*analysis.Workspace).CheckFiles, files)
}

type checker = func(w *analysis.Workspace, ctx context.Context, files ...string) ([]*analysis.Package, error)

// bringUp checks the files as they are in the snapshot. When one of
// them has been changed since by another's check, the answer would speak of
// another text: the error is then protocol.ErrContentModified.
func (mod *module) bringUp(ctx context.Context, snap *snapshot, check checker, files []string) ([]*analysis.Package, error) {
	if err := mod.acquire(ctx); err != nil {
		return nil, err
	}
	defer mod.release()
	if mod.ws == nil {
		return nil, mod.err
	}
	mod.sync(snap)
	for _, file := range files {
		if mod.synced[file] != snap.ofFile(file) {
			return nil, protocol.ErrContentModified
		}
	}
	packages, err := check(mod.ws, ctx, files...)
	if err == nil && len(packages) == 0 {
		err = mod.ws.Err()
	}
	return packages, err
}

// fillFixes makes the fixes of diagnostics that a check has found. When the workspace
// has gone on since, the error is protocol.ErrContentModified.
func (mod *module) fillFixes(ctx context.Context, found []analysis.Diagnostic) error {
	if err := mod.acquire(ctx); err != nil {
		return err
	}
	defer mod.release()
	if mod.ws == nil {
		return protocol.ErrContentModified
	}
	ok, err := mod.ws.FillFixes(ctx, found)
	if err == nil && !ok {
		err = protocol.ErrContentModified
	}
	return err
}

// packages are those of the last check; none where the module could not be loaded.
func (mod *module) packages(ctx context.Context) ([]*analysis.Package, error) {
	if err := mod.acquire(ctx); err != nil {
		return nil, err
	}
	defer mod.release()
	if mod.ws == nil {
		return nil, nil
	}
	return mod.ws.Packages(), nil
}

// sync brings the workspace to a snapshot, unless it is already further.
func (mod *module) sync(snap *snapshot) {
	if snap.seq <= mod.seq {
		return
	}
	mod.seq = snap.seq
	open := map[string]bool{}
	for _, doc := range snap.byURI {
		if !doc.isGo() || moduleRoot(doc.file) != mod.root {
			continue
		}
		open[doc.file] = true
		if mod.synced[doc.file] != doc {
			mod.ws.SetFile(doc.file, []byte(doc.Text()))
			mod.synced[doc.file] = doc
		}
	}
	for file := range mod.synced {
		if !open[file] {
			mod.ws.ClearFile(file)
			delete(mod.synced, file)
		}
	}
}

// reopen loads again the modules that were loaded under other build flags.
func (m *modules) reopen() {
	for _, mod := range m.all() {
		m.s.spawn("reopen "+mod.root, func(ctx context.Context) error {
			if err := mod.acquire(ctx); err != nil {
				return err
			}
			defer mod.s.diagnose.now()
			defer mod.release()
			if !slices.Equal(mod.flags, mod.s.settings().BuildFlags) {
				mod.ws, mod.seq = nil, 0
				mod.open(ctx)
			}
			return nil
		})
	}
}

// restart forgets what is known and reads all of it again.
func (mod *module) restart(ctx context.Context) error {
	if err := mod.acquire(ctx); err != nil {
		return err
	}
	defer mod.release()
	mod.ws, mod.seq = nil, 0
	mod.open(ctx)
	return mod.err
}

// reload reads the metadata of the module again, in the background, and what was written
// meanwhile. While one waits for its turn, another only adds to it.
func (mod *module) reload(written []string) {
	mod.mu.Lock()
	waiting := mod.written != nil
	if !waiting {
		mod.written = []string{}
	}
	mod.written = append(mod.written, written...)
	mod.mu.Unlock()
	if waiting {
		return
	}
	mod.s.spawn("reload "+mod.root, func(ctx context.Context) error {
		if err := mod.acquire(ctx); err != nil {
			return err
		}
		defer func() { _ = mod.s.refresh(ctx) }()
		defer mod.s.diagnose.now()
		defer mod.release()
		mod.mu.Lock()
		written := mod.written
		mod.written = nil
		mod.mu.Unlock()
		if mod.ws == nil {
			mod.seq = 0
			mod.open(ctx)
			return nil
		}
		mod.clear(written)
		return mod.ws.Reload(ctx)
	})
}

// clearFiles makes changes on disk known to the module's workspace.
func (mod *module) clearFiles(files []string) {
	mod.s.spawn("read changed files", func(ctx context.Context) error {
		if err := mod.acquire(ctx); err != nil {
			return err
		}
		defer mod.s.diagnose.now()
		defer mod.release()
		if mod.ws != nil {
			mod.clear(files)
		}
		return nil
	})
}

// clear makes the files that nobody has open count as they are on disk. The caller has
// the turn.
func (mod *module) clear(files []string) {
	for _, file := range files {
		if mod.synced[file] == nil {
			mod.ws.ClearFile(file)
		}
	}
}
