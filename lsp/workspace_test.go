package lsp_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

const twoPackages = `
-- models/models.go --
package models

import "github.com/dataflow-go/dataflow"

type User struct {
	dataflow.Model
	ID   string
	Nick string
}
-- flows/flows.go --
package flows

import (
	_ "example.com/app/models"
	"github.com/dataflow-go/dataflow"
)

func Flow() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("flow")
	wf.AddNode("UserCreateNode", "create", dataflow.Params{"id": "u", "name": "A"})
	return wf
}
`

// A checkout changes hundreds of files at once, among them the model behind an open file.
func TestCheckout(t *testing.T) {
	t.Parallel()
	dir := workspace(t, txtar.Parse([]byte(twoPackages)))
	models, flows := filepath.Join(dir, "models", "models.go"), filepath.Join(dir, "flows", "flows.go")
	c := newClient(t)
	c.start(dir, fullCapabilities)
	c.open(flows, readFile(t, flows))
	c.diagnostics(flows, 1, "the mistake", has("DF-111"))

	writeFile(t, models, []byte(strings.Replace(readFile(t, models), "Nick", "Name", 1)))
	changes := []object{{"uri": fileURI(models), "type": 2}}
	for i := range 500 {
		file := filepath.Join(dir, "flows", fmt.Sprintf("more%d.go", i))
		writeFile(t, file, fmt.Appendf(nil, "package flows\n\nfunc more%d() {}\n", i))
		changes = append(changes, object{"uri": fileURI(file), "type": 1})
	}
	for _, change := range changes { // as some clients send them, one by one
		c.notify("workspace/didChangeWatchedFiles", object{"changes": []object{change}})
	}
	c.diagnostics(flows, 1, "none once the model is there", nothing)
	eventually(t, "all files are seen", func() bool {
		var stats struct {
			Modules []struct {
				Files int `json:"files"`
			} `json:"modules"`
		}
		c.must("dataflow.server.stats", object{}, &stats)
		return len(stats.Modules) == 1 && stats.Modules[0].Files > 500
	})
}

// For a client that does not watch files the server does.
func TestFilesAreWatched(t *testing.T) {
	t.Parallel()
	dir := workspace(t, txtar.Parse([]byte(twoPackages)))
	models, flows := filepath.Join(dir, "models", "models.go"), filepath.Join(dir, "flows", "flows.go")
	c := newClient(t)
	c.start(dir, overlay(fullCapabilities, object{"workspace": object{"didChangeWatchedFiles": nil}}))
	c.open(flows, readFile(t, flows))
	c.diagnostics(flows, 1, "the mistake", has("DF-111"))
	writeFile(t, models, []byte(strings.Replace(readFile(t, models), "Nick", "Name", 1)+"// more\n"))
	c.diagnostics(flows, 1, "none once the model is there", nothing)
	writeFile(t, filepath.Join(dir, "models", "other.go"), []byte("package models\n\nfunc init() { undefined() }\n"))
	writeFile(t, filepath.Join(dir, "dataflow.yaml"), []byte("ruls: {}\n"))
	c.diagnostics(filepath.Join(dir, "dataflow.yaml"), 0, "the mistake of a new file", has("DF-401"))
}

// A folder that is removed takes its diagnostics with it; one that is added brings them.
func TestFoldersComeAndGo(t *testing.T) {
	t.Parallel()
	dir := workspace(t, txtar.Parse([]byte(twoPackages)))
	other := workspace(t, txtar.Parse([]byte(twoPackages+"-- dataflow.yaml --\nruls: {}\n")))
	flows := filepath.Join(dir, "flows", "flows.go")
	c := newClient(t)
	c.start(dir, fullCapabilities)
	c.open(flows, readFile(t, flows))
	c.diagnostics(flows, 1, "the mistake", has("DF-111"))
	folder := []object{{"uri": fileURI(other), "name": "other"}}
	c.notify("workspace/didChangeWorkspaceFolders", object{"event": object{"added": folder, "removed": []object{}}})
	config := filepath.Join(other, "dataflow.yaml")
	eventually(t, "the new folder is loaded", func() bool {
		c.replace(flows, 2, readFile(t, flows))
		c.mu.Lock()
		defer c.mu.Unlock()
		return len(c.last[fileURI(config)].Diagnostics) == 1
	})
	c.notify("workspace/didChangeWorkspaceFolders", object{"event": object{"added": []object{}, "removed": folder}})
	c.diagnostics(config, 0, "none of a folder that is gone", nothing)
}
