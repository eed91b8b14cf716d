package lsp_test

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

const unknownParam = `
-- shop.go --
package shop

import "github.com/dataflow-go/dataflow"

type User struct {
	dataflow.Model
	ID string
}

func Loud() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("loud")
	wf.AddNode("UserCreateNode", "create", dataflow.Params{"id": "u", "nickname": "A"})
	return wf
}
`

// Settings come in four ways, and count at once, without an edit.
func TestSettingsTakeEffect(t *testing.T) {
	t.Parallel()
	dir := workspace(t, txtar.Parse([]byte(unknownParam)))
	file := filepath.Join(dir, "shop.go")
	for _, test := range []struct {
		name    string
		asked   bool // the client answers workspace/configuration
		initial any
		change  func(c *client, settings string)
	}{
		{name: "asked", asked: true, change: (*client).set},
		{name: "asked, over initial ones", asked: true, initial: object{"rules": object{"DF-111": "info"}}, change: (*client).set},
		{name: "pushed", change: func(c *client, settings string) {
			c.notify("workspace/didChangeConfiguration", object{"settings": object{"dataflow": json.RawMessage(settings)}})
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t)
			capabilities := maps.Clone(fullCapabilities)
			if !test.asked {
				capabilities["workspace"] = object{}
			}
			c.mustCall("initialize", object{"processId": nil, "rootUri": fileURI(dir), "capabilities": capabilities, "initializationOptions": test.initial}, nil)
			c.notify("initialized", object{})
			c.open(file, readFile(t, file))
			c.diagnostics(file, 1, "the mistake", has("DF-111"))
			test.change(c, `{"rules": {"DF-111": "off"}}`)
			c.diagnostics(file, 1, "none where the code is off", nothing)
			test.change(c, `{"rules": {"DF-111": "hint"}}`)
			c.diagnostics(file, 1, "a hint", func(found []diagnostic) bool { return len(found) == 1 && found[0].Severity == 4 })
			test.change(c, `null`)
			severity := 1 // the catalogue's
			if test.initial != nil {
				severity = 3
			}
			c.diagnostics(file, 1, "what held at the start", func(found []diagnostic) bool { return len(found) == 1 && found[0].Severity == severity })
		})
	}
}

// Initialization options hold from the first diagnosis on.
func TestInitializationOptions(t *testing.T) {
	t.Parallel()
	dir := workspace(t, txtar.Parse([]byte(unknownParam)))
	file := filepath.Join(dir, "shop.go")
	c := newClient(t)
	c.mustCall("initialize", object{
		"processId": nil, "rootUri": fileURI(dir), "capabilities": fullCapabilities,
		"initializationOptions": object{"rules": object{"DF-111": "info"}},
	}, nil)
	c.notify("initialized", object{})
	c.open(file, readFile(t, file))
	found := c.diagnostics(file, 1, "diagnostics", has("DF-111"))
	if found[0].Severity != 3 {
		t.Errorf("severity %d, not information", found[0].Severity)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, raw := range c.of("textDocument/publishDiagnostics") {
		if strings.Contains(string(raw), `"severity":1`) {
			t.Errorf("told before the options counted: %s", raw)
		}
	}
}

// What is wrong with settings is told, once; what is right counts.
func TestWrongSettingsAreToldOnce(t *testing.T) {
	t.Parallel()
	dir := workspace(t, txtar.Parse([]byte(unknownParam)))
	file := filepath.Join(dir, "shop.go")
	c := newClient(t)
	c.settings = json.RawMessage(`{"rule": {}, "rules": {"DF-111": "info"}}`)
	c.start(dir, fullCapabilities)
	c.open(file, readFile(t, file))
	c.diagnostics(file, 1, "what is right counts", func(found []diagnostic) bool { return len(found) == 1 && found[0].Severity == 3 })
	c.set(`{"rule": {}, "rules": {"DF-111": "hint"}}`)
	c.diagnostics(file, 1, "what is right counts", func(found []diagnostic) bool { return len(found) == 1 && found[0].Severity == 4 })
	c.mu.Lock()
	defer c.mu.Unlock()
	told := c.of("window/showMessage")
	if len(told) != 1 || !strings.Contains(string(told[0]), `DF-401: there is no setting \"dataflow.rule\": did you mean \"dataflow.rules\"?`) {
		t.Errorf("told %s", told)
	}
}

// A file that build flags bring in is analysed once they are set, and as long.
func TestBuildFlagsTakeEffect(t *testing.T) {
	t.Parallel()
	dir := workspace(t, txtar.Parse([]byte(strings.ReplaceAll(unknownParam, "package shop", "//go:build integration\n\npackage shop")+
		"-- other.go --\npackage shop\n")))
	file := filepath.Join(dir, "shop.go")
	c := newClient(t)
	c.start(dir, fullCapabilities)
	c.open(file, readFile(t, file))
	excluded := func(found []diagnostic) bool {
		return len(found) == 1 && strings.Contains(found[0].Message, "build constraint")
	}
	c.diagnostics(file, 1, "that the file is excluded", excluded)
	c.set(`{"buildFlags": ["-tags=integration"]}`)
	c.diagnostics(file, 1, "the mistake", has("DF-111"))
	c.set(`{}`)
	c.diagnostics(file, 1, "that the file is excluded again", excluded)
}
