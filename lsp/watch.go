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

// didChangeWatchedFiles is sent when files change on disk, by whatever program.
func didChangeWatchedFiles(s *server, p *protocol.DidChangeWatchedFilesParams) error {
	for _, change := range p.Changes {
		if file := filePath(string(change.URI)); file != "" {
			s.modules.changedOnDisk(file, change.Type != protocol.FileChangeTypeChanged)
		}
	}
	s.drift.refreshAll()
	return nil
}

// changedOnDisk brings the loaded modules in step with a file that was written,
// or that is new or gone.
func (m *modules) changedOnDisk(file string, newOrGone bool) {
	open := m.s.documents.snapshot().ofFile(file) != nil
	for _, mod := range m.all() {
		switch {
		case filepath.Ext(file) != ".go", newOrGone:
			mod.reload()
		case !open:
			mod.clearFile(file)
		}
	}
	if len(m.all()) == 0 {
		m.s.diagnose.now() // a new go.mod may make a module of open files
	}
}
