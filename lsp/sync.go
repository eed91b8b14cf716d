package lsp

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"sync"
	"time"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"
)

// A document is one version of a text that the client has open. It is immutable.
type document struct {
	uri     uri.URI // as the client wrote it: answers name the document so
	file    string  // absolute path; "" for a text that is no file
	version int32
	*Mapper
}

// isGo reports whether the document is a Go file on disk (or will be one).
func (d *document) isGo() bool { return d.file != "" && filepath.Ext(d.file) == ".go" }

// A snapshot is all open documents at one moment. It is immutable.
type snapshot struct {
	seq      uint64 // counts up with each edit
	encoding protocol.PositionEncodingKind
	byURI    map[uri.URI]*document
}

// at returns the document of a URI, or nil.
func (s *snapshot) at(u uri.URI) *document { return s.byURI[u] }

// ofFile returns the open document of a file, or nil.
func (s *snapshot) ofFile(file string) *document {
	for _, d := range s.byURI {
		if d.file == file {
			return d
		}
	}
	return nil
}

// documents holds the newest snapshot. Edits come from the goroutine that reads
// messages alone; snapshots may be taken by any.
type documents struct {
	encoding protocol.PositionEncodingKind // set by initialize, before any document

	mu  sync.Mutex
	now *snapshot // guarded by mu
}

func newDocuments() *documents {
	return &documents{encoding: protocol.PositionEncodingKindUTF16, now: &snapshot{}}
}

func (d *documents) snapshot() *snapshot {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now
}

// quiet waits until a pause has gone by without an edit, or so many of them.
func (d *documents) quiet(ctx context.Context, pause time.Duration, pauses int) error {
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	for range pauses {
		seq := d.snapshot().seq
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
		if d.snapshot().seq == seq {
			return nil
		}
	}
	return nil
}

// put makes doc the newest version of its text; a nil doc closes it.
func (d *documents) put(u uri.URI, doc *document) {
	d.mu.Lock()
	defer d.mu.Unlock()
	next := maps.Clone(d.now.byURI)
	if next == nil {
		next = map[uri.URI]*document{}
	}
	if doc == nil {
		delete(next, u)
	} else {
		next[u] = doc
	}
	d.now = &snapshot{seq: d.now.seq + 1, encoding: d.encoding, byURI: next}
}

func (d *documents) set(u uri.URI, version int32, text string) *document {
	doc := &document{uri: u, file: filePath(string(u)), version: version, Mapper: NewMapper(text, d.encoding)}
	d.put(u, doc)
	return doc
}

// didOpen is sent when the user opens a document: from now on its text is what
// the client says, not what is on disk.
func didOpen(s *server, p *protocol.DidOpenTextDocumentParams) error {
	s.documents.set(p.TextDocument.URI, p.TextDocument.Version, p.TextDocument.Text)
	s.diagnose.now()
	return nil
}

// didChange is sent for each edit.
func didChange(s *server, p *protocol.DidChangeTextDocumentParams) error {
	old := s.documents.snapshot().at(p.TextDocument.URI)
	if old == nil {
		return fmt.Errorf("a change of %s, which is not open", p.TextDocument.URI)
	}
	text, err := applyChanges(old.Mapper, p.ContentChanges)
	if err != nil {
		return err
	}
	s.documents.set(old.uri, p.TextDocument.Version, text)
	s.diagnose.now()
	return nil
}

// applyChanges returns the text after the changes, each of which speaks of the
// text that the one before it left.
func applyChanges(m *Mapper, changes []protocol.TextDocumentContentChangeEvent) (string, error) {
	for _, change := range changes {
		text := m.Text()
		switch c := change.(type) {
		case *protocol.TextDocumentContentChangePartial:
			start, end := m.Offsets(c.Range)
			text = text[:start] + c.Text + text[end:]
		case *protocol.TextDocumentContentChangeWholeDocument:
			text = c.Text
		default:
			return "", fmt.Errorf("a change of the unknown kind %T", change)
		}
		m = NewMapper(text, m.encoding)
	}
	return m.Text(), nil
}

// didSave is sent when the document is written to disk.
func didSave(s *server, p *protocol.DidSaveTextDocumentParams) error {
	if file := filePath(string(p.TextDocument.URI)); file != "" {
		// Clients that do not watch files still tell of a go.mod that they save.
		s.modules.changedOnDisk([]fileChange{{file, false}})
	}
	s.drift.refreshAll()
	s.diagnose.now()
	return nil
}

// didClose is sent when the user closes a document: the file on disk counts again.
func didClose(s *server, p *protocol.DidCloseTextDocumentParams) error {
	s.documents.put(p.TextDocument.URI, nil)
	s.diagnose.clear(p.TextDocument.URI)
	s.tokens.drop(p.TextDocument.URI)
	s.diagnose.now()
	return nil
}
