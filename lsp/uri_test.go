package lsp_test

import (
	"path/filepath"
	"testing"

	"github.com/dataflow-go/dataflow/lsp"
)

func TestURIsOfOneFileAreOnePath(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"file:///a/b.go":           "/a/b.go",
		"file:///a/./c/../b.go":    "/a/b.go",
		"file:///a%20b/%C3%A9.go":  "/a b/é.go",
		"file:///a@b/c%2Bd+e.go":   "/a@b/c+d+e.go",
		"file:///a%40b/c+d%2Be.go": "/a@b/c+d+e.go",
		"untitled:Untitled-1":      "",
		"git:/a/b.go?ref":          "",
		"vscode-notebook-cell:/a":  "",
		"":                         "",
		"%zz":                      "",
	} {
		if got := lsp.FilePath(in); got != filepath.FromSlash(want) {
			t.Errorf("FilePath(%q) = %q, want %q", in, got, want)
		}
	}
}
