package lsp

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"time"

	"github.com/dataflow-go/dataflow/internal/config"
)

// pollEvery is how often files are looked at for a client that does not watch them.
const pollEvery = 2 * time.Second

// A stamp tells whether a file, or what a folder lists, is as it was.
type stamp struct {
	modified time.Time
	size     int64
	read     time.Time // when the module was, for what was not looked at before
}

// pollFiles stands in for a client that does not watch files: it looks at those that
// matter, and at their folders, now and then.
func (s *server) pollFiles(ctx context.Context) error {
	before := s.stamps()
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		now := s.stamps()
		if changes := changesBetween(before, now); len(changes) > 0 {
			s.modules.changedOnDisk(changes)
			s.drift.refreshAll()
		}
		before = now
	}
}

// changesBetween are the files that differ. What was not looked at before, because its
// module has been loaded since, is a change if it was written since.
func changesBetween(before, now map[string]stamp) []fileChange {
	var changes []fileChange
	for file, is := range now {
		was, known := before[file]
		switch {
		case !known && !is.modified.After(is.read):
		case known && was.modified.Equal(is.modified) && was.size == is.size:
		case was.modified.IsZero() || is.modified.IsZero():
			changes = append(changes, fileChange{file, true})
		default:
			changes = append(changes, fileChange{file, filepath.Ext(file) != ".go"})
		}
	}
	return changes
}

// stamps looks at the files of all modules, whether they are there or not, and at the
// folders of their packages, which change with what they list.
func (s *server) stamps() map[string]stamp {
	all := map[string]stamp{}
	for _, mod := range s.modules.all() {
		read := time.Unix(0, mod.read.Load())
		look := func(path string) {
			if _, done := all[path]; done {
				return
			}
			all[path] = stamp{read: read}
			if info, err := os.Stat(path); err == nil {
				all[path] = stamp{info.ModTime(), info.Size(), read}
			}
		}
		for _, name := range []string{"go.mod", "go.sum", "go.work", config.FileName, config.WrongName} {
			look(filepath.Join(mod.root, name))
		}
		ws := mod.latest.Load()
		if ws == nil {
			continue
		}
		folders := map[string]bool{mod.root: true}
		for _, pkg := range ws.Packages() {
			folders[pkg.Dir] = true
			for _, file := range pkg.Files {
				look(file)
			}
		}
		for folder := range maps.Keys(folders) {
			look(folder)
		}
	}
	return all
}
