package lsp_test

import (
	"fmt"
	"path/filepath"
	"strings"
)

type documentSymbol struct {
	Name, Detail          string
	Kind                  int
	Range, SelectionRange span
	Children              []documentSymbol
	Location              location // of a flat one
	ContainerName         string
}

// symbols compares the outline of the file with a golden: //@symbols("package", "golden").
func (f *markedFile) symbols(m marker) {
	f.t.Helper()
	var found []documentSymbol
	f.c.mustCall("textDocument/documentSymbol", f.document(), &found)
	var b strings.Builder
	for _, s := range found {
		f.outline(&b, s, "")
	}
	f.a.golden(m.where, m.args[0], b.String())
}

// outline writes a symbol, and below it its children.
func (f *markedFile) outline(b *strings.Builder, s documentSymbol, indent string) {
	f.t.Helper()
	if s.Location.URI != "" {
		fmt.Fprintf(b, "%s kind %d in %q at %s\n", s.Name, s.Kind, s.ContainerName, f.a.place(s.Location))
		return
	}
	fmt.Fprintf(b, "%s%s %q kind %d at %v in %v\n", indent, s.Name, s.Detail, s.Kind, s.SelectionRange, s.Range)
	for _, child := range s.Children {
		f.outline(b, child, indent+"  ")
	}
}

// workspaceSymbols compares what a query finds with a golden:
// //@workspacesymbols("package", "query", "golden").
func (f *markedFile) workspaceSymbols(m marker) {
	f.t.Helper()
	var found []documentSymbol
	f.c.mustCall("workspace/symbol", object{"query": m.args[0]}, &found)
	var b strings.Builder
	for _, s := range found {
		f.outline(&b, s, "")
	}
	f.a.golden(m.where, m.args[1], b.String())
}

// place is a location as goldens have it: the file in the archive, and the range.
func (a *markedArchive) place(l location) string {
	name := strings.TrimPrefix(l.URI, fileURI(a.dir)+"/")
	return fmt.Sprintf("%s:%v", filepath.ToSlash(name), l.Range)
}

// String is a span as goldens have it, counted from 1 as people do.
func (s span) String() string {
	return fmt.Sprintf("%d:%d-%d:%d", s.Start.Line+1, s.Start.Character+1, s.End.Line+1, s.End.Character+1)
}
