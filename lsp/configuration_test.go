package lsp_test

import (
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// What is wrong with a dataflow.yaml is told though it is not open; once it is, its
// unsaved text counts; all of it goes when it is mended on disk.
func TestConfigurationIsDiagnosedOpenOrNot(t *testing.T) {
	t.Parallel()
	dir := workspace(t, txtar.Parse([]byte(`
-- dataflow.yaml --
ruls: {}
-- shop.go --
package shop

import "github.com/dataflow-go/dataflow"

type User struct {
	dataflow.Model
	ID string
}
`)))
	file, config := filepath.Join(dir, "shop.go"), filepath.Join(dir, "dataflow.yaml")
	c := newClient(t)
	c.start(dir, fullCapabilities)
	c.open(file, readFile(t, file))
	found := c.diagnostics(config, 0, "the mistake of a file that is not open", has("DF-401"))
	if d := found[0]; len(found) != 1 || d.Severity != 1 || d.Range != (span{position{0, 0}, position{0, 4}}) || !strings.HasSuffix(d.CodeDescription.Href, "DF-401") {
		t.Errorf("diagnostics %+v", found)
	}

	c.open(config, "rules: {}\n")
	c.diagnostics(config, 1, "none in the text that is open", nothing)
	c.replace(config, 2, "rules: [\n")
	c.diagnostics(config, 2, "another one", has("DF-401"))
	c.notify("textDocument/didClose", object{"textDocument": object{"uri": fileURI(config)}})
	c.diagnostics(config, 0, "the mistake of the file on disk", func(d []diagnostic) bool {
		return len(d) == 1 && strings.Contains(d[0].Message, `did you mean "rules"?`)
	})

	writeFile(t, config, []byte("rules: {}\n"))
	c.notify("workspace/didChangeWatchedFiles", object{"changes": []object{{"uri": fileURI(config), "type": 2}}})
	c.diagnostics(config, 0, "none once mended", nothing)
}

// Another program's dataflow.yaml is none of ours.
func TestForeignConfigurationIsLeftAlone(t *testing.T) {
	t.Parallel()
	dir := workspace(t, txtar.Parse([]byte(`
-- other/dataflow.yaml --
pipelines: []
-- shop.go --
package shop
`)))
	other, file := filepath.Join(dir, "other", "dataflow.yaml"), filepath.Join(dir, "shop.go")
	c := newClient(t)
	c.start(dir, fullCapabilities)
	c.open(other, readFile(t, other))
	c.open(file, readFile(t, file))
	c.diagnostics(file, 1, "the Go file's", nothing)
	c.replace(file, 2, readFile(t, file)+"\n")
	c.replace(other, 2, "pipelines: {}\n")
	var hover any
	c.mustCall("textDocument/hover", object{"textDocument": object{"uri": fileURI(other)}, "position": position{0, 2}}, &hover)
	c.mu.Lock()
	defer c.mu.Unlock()
	if p, told := c.last[fileURI(other)]; told && len(p.Diagnostics) > 0 || hover != nil {
		t.Errorf("diagnostics %+v, hover %v", p, hover)
	}
}
