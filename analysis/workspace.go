package analysis

import (
	"context"
	"log/slog"
)

// Options say where a workspace is and how to read it.
type Options struct {
	Dir        string   // a folder of the module; "" is the current one
	Env        []string // environment of the go command, as os.Environ has it; nil is the process's own
	BuildFlags []string // "-tags=integration"
	Logger     *slog.Logger
	Progress   func(message string) // told of each long step; may be nil
}

// A Workspace is the modules at one folder, as files on disk and the editor's
// buffers have them. It is safe for concurrent use.
type Workspace struct {
}

// Open loads the metadata of the modules at o.Dir. Broken user code is no error:
// only when nothing can be said, as without a go command, Open fails (DF-401).
// Without a go.mod the workspace is empty and Err says why.
func Open(ctx context.Context, o Options) (*Workspace, error) {
	return &Workspace{}, ctx.Err()
}

// Err says why the workspace holds nothing to analyse: no go.mod, a go.mod that
// cannot be read. It is nil when there are packages.
func (w *Workspace) Err() error { return nil }

// SetFile makes content stand for the file, as long as an editor has it open.
func (w *Workspace) SetFile(file string, content []byte) {}

// ClearFile makes the file on disk count again. It is also how a change on disk
// of a file that no editor has open is made known.
func (w *Workspace) ClearFile(file string) {}

// Reload reads the metadata again: after go.mod, go.sum, a new or a deleted file.
// Check does so by itself when imports changed or a file is not known.
// When it fails, what was loaded before stays.
func (w *Workspace) Reload(ctx context.Context) error { return ctx.Err() }

// Check analyses the packages that hold the files (absolute paths), and those
// whose workflows depend on models that edits have changed. Without files it
// analyses all packages. Results of unchanged packages are reused.
func (w *Workspace) Check(ctx context.Context, files ...string) ([]*Package, error) {
	return nil, ctx.Err()
}

// Package returns the last result for the package that holds file, or nil.
func (w *Workspace) Package(file string) *Package { return nil }

// Load analyses the packages that match the patterns ("./..." when there is
// none), once. Models are still those of the whole workspace.
func Load(ctx context.Context, o Options, patterns ...string) ([]*Package, error) {
	return nil, ctx.Err()
}
