package lsp

import (
	"path/filepath"

	"go.lsp.dev/uri"
)

// filePath returns the path of a file URI, and "" for any other: "untitled:",
// "git:", a notebook's cell. Editors escape one path in several ways, so files
// are compared by path and never by URI.
func filePath(s string) string {
	u, err := uri.ParseStrict(s)
	if err != nil || !u.IsFile() {
		return ""
	}
	path := u.FsPath()
	if !filepath.IsAbs(path) {
		return ""
	}
	return filepath.Clean(path)
}
