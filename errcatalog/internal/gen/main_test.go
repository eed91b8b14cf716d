package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// What is generated must be what the catalogue says. go generate ./errcatalog
// brings it up to date.
func TestGeneratedFilesAreCurrent(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..", "..")
	files, err := generate()
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range files {
		got, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Error(err)
		} else if !bytes.Equal(got, want) {
			t.Errorf("%s is stale: run go generate ./errcatalog", name)
		}
	}
	stale, err := leftOver(root, files)
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range stale {
		t.Errorf("%s has no code any more: run go generate ./errcatalog", path)
	}
}
