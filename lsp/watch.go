package lsp

import (
	"context"
	"path/filepath"

	"go.lsp.dev/protocol"
)

// watched are the files whose changes on disk the client is asked to tell.
var watched = []protocol.Pattern{"**/*.go", "**/go.mod", "**/go.work", "**/go.sum", "**/dataflow.yaml"}

// registerWatchers asks the client to tell of changes on disk.
func (s *server) registerWatchers(ctx context.Context) error {
	watchers := make([]protocol.FileSystemWatcher, len(watched))
	for i, pattern := range watched {
		watchers[i].GlobPattern = pattern
	}
	return s.register(ctx, "dataflow.watch", protocol.MethodWorkspaceDidChangeWatchedFiles,
		&protocol.DidChangeWatchedFilesRegistrationOptions{Watchers: watchers})
}

// register asks the client to send what it sends to none that does not ask.
func (s *server) register(ctx context.Context, id, method string, options any) error {
	raw, err := protocol.Marshal(options)
	if err != nil {
		return err
	}
	_, err = s.conn.Call(ctx, protocol.MethodClientRegisterCapability, &protocol.RegistrationParams{
		Registrations: []protocol.Registration{{ID: id, Method: method, RegisterOptions: raw}},
	}, nil)
	return err
}

// didChangeWatchedFiles is sent when files change on disk, by whatever program: one, or
// the 500 of a checkout.
func didChangeWatchedFiles(s *server, p *protocol.DidChangeWatchedFilesParams) error {
	var changes []fileChange
	for _, change := range p.Changes {
		if file := filePath(string(change.URI)); file != "" {
			changes = append(changes, fileChange{file, change.Type != protocol.FileChangeTypeChanged})
		}
	}
	s.modules.changedOnDisk(changes)
	s.drift.refreshAll()
	return nil
}

// A fileChange is a file that was written, or that is new or gone.
type fileChange struct {
	file      string
	newOrGone bool
}

// changedOnDisk brings the loaded modules in step with the disk.
func (m *modules) changedOnDisk(changes []fileChange) {
	if len(changes) == 0 {
		return
	}
	snap := m.s.documents.snapshot()
	var written []string
	reload := false
	for _, c := range changes {
		if filepath.Ext(c.file) != ".go" || c.newOrGone {
			reload = true
		}
		if filepath.Ext(c.file) == ".go" && snap.ofFile(c.file) == nil {
			written = append(written, c.file)
		}
	}
	for _, mod := range m.all() {
		if reload {
			mod.reload(written)
		} else if len(written) > 0 {
			mod.clearFiles(written)
		}
	}
	if len(m.all()) == 0 {
		m.s.diagnose.now() // a new go.mod may make a module of open files
	}
}
