package lsp_test

import (
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// hover wants a hover on the text that has the parts: //@hover("text", "part", …).
// //@nohover("text") wants none.
func (f *markedFile) hover(m marker) {
	f.t.Helper()
	var result *struct {
		Contents struct{ Kind, Value string } `json:"contents"`
		Range    *span                        `json:"range"`
	}
	f.c.mustCall("textDocument/hover", f.positionIn(m), &result)
	if result == nil {
		if len(m.args) > 0 {
			f.t.Errorf("%s: no hover", m.where)
		}
		return
	}
	if m.name == "nohover" {
		f.t.Errorf("%s: hover %q", m.where, result.Contents.Value)
	}
	for _, part := range m.args {
		if !strings.Contains(result.Contents.Value, part) {
			f.t.Errorf("%s: the hover has no %q:\n%s", m.where, part, result.Contents.Value)
		}
	}
	if result.Contents.Kind != "markdown" || result.Range == nil || result.Range.Start.Line != m.line {
		f.t.Errorf("%s: hover of kind %s at %v", m.where, result.Contents.Kind, result.Range)
	}
}

// BenchmarkHover is a hover on a node type, with the SQL that it runs.
func BenchmarkHover(b *testing.B) {
	dir := workspace(b, txtar.Parse([]byte(commandShop)))
	file := filepath.Join(dir, "shop.go")
	c := newClient(b)
	c.start(dir, fullCapabilities)
	c.open(file, readFile(b, file))
	c.diagnostics(file, 1, "none", nothing)
	for b.Loop() {
		c.mustCall("textDocument/hover", object{"textDocument": object{"uri": fileURI(file)}, "position": position{12, 20}}, nil)
	}
}
