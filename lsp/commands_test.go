package lsp_test

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

const commandShop = `
-- shop.go --
package shop

import "github.com/dataflow-go/dataflow"

type User struct {
	dataflow.Model
	ID   string
	Name string
}

func Flow() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("flow")
	wf.AddNode("UserCreateNode", "create", dataflow.Params{"id": dataflow.Input("id"), "name": "A"})
	wf.AddNode("UserReadNode", "read", nil)
	wf.AddConnection("create", "id", "read", "id")
	return wf
}

func Missing() *dataflow.Workflow {
	return dataflow.NewWorkflow("missing").AddNode("UserReadNode", "gone", dataflow.Params{"id": "nobody"})
}
`

// shopClient opens commandShop.
func shopClient(t *testing.T) (c *client, dir, file string) {
	t.Helper()
	dir = workspace(t, txtar.Parse([]byte(commandShop)))
	file = filepath.Join(dir, "shop.go")
	c = newClient(t)
	c.start(dir, fullCapabilities)
	c.open(file, readFile(t, file))
	return c, dir, file
}

func (c *client) must(command string, argument, result any) {
	c.t.Helper()
	if err := c.execute(command, argument, result); err != nil {
		c.t.Fatalf("%s: %v", command, err)
	}
}

// Each command has an answer with no code of the client's own; what there is to see is
// opened.
func TestCommandsAnswer(t *testing.T) {
	t.Parallel()
	c, dir, file := shopClient(t)
	flow := object{"uri": fileURI(file), "workflow": "Flow"}
	with := func(more object) object { return overlay(flow, more) }
	for _, test := range []struct {
		command  string
		argument any
		parts    []string // of the answer
		shown    string   // a file that is opened
	}{
		{"dataflow.server.workflows", object{"uri": fileURI(file)}, []string{`"func":"Flow"`, `{"name":"id","type":"string","required":true}`}, ""},
		{"dataflow.server.dryRun", with(object{"inputs": object{"id": "u"}}), []string{`"committed":false`, `"status":"succeeded"`, `"id":"create"`}, ""},
		{"dataflow.server.explainSQL", flow, []string{`"id":"create"`, `INSERT INTO \"users\"`, `SELECT`}, "explain.sql"},
		{"dataflow.server.graph", with(object{"format": "mermaid"}), []string{`flowchart TD`}, "graph.mmd"},
		{"dataflow.server.graph", flow, []string{`"format":"svg"`, `\u003csvg`}, "graph.svg"},
		{"dataflow.server.inspect", with(object{"question": "executionOrder"}), []string{`["create","read"]`}, ""},
		{"dataflow.server.inspect", with(object{"question": "upstream", "args": object{"node": "read"}}), []string{`["create"]`}, ""},
		{"dataflow.server.trace", with(object{"node": "read", "parameter": "id"}), []string{`"source":"connection"`, `"value":"id"`}, ""},
		{"dataflow.server.uses", object{"uri": fileURI(file), "model": "User"}, []string{`flow: create (UserCreateNode)`, `missing: gone (UserReadNode)`}, "shop.go"},
		{"dataflow.server.findings", flow, []string{`[]`}, ""},
		{"dataflow.server.table", object{"uri": fileURI(file), "model": "User"}, []string{`CREATE TABLE`, `"table":"users"`}, "table.sql"},
		{"dataflow.server.migratePlan", object{"uri": fileURI(file)}, []string{`CREATE TABLE`, `"up_to_date":false`}, "migration.sql"},
		{"dataflow.server.migrateApply", object{"uri": fileURI(file)}, []string{`"done":true`}, ""},
		{"dataflow.server.explain", object{"code": "101"}, []string{`"code":"DF-101"`}, ""},
		{"dataflow.server.stats", object{}, []string{`"models":1`, `"workflows":2`, `"method":"workspace/executeCommand"`, `"open_files":1`}, ""},
		{"dataflow.server.restartAnalysis", object{}, []string{dir}, ""},
		{"dataflow.server.dryRun", with(object{"inputs": object{"idd": "u"}}), []string{`"code":"DF-8`, `idd`}, ""},
		{"dataflow.server.history", object{}, []string{`"workflow":"flow"`, `"committed":false`}, ""},
	} {
		var result json.RawMessage
		c.must(test.command, test.argument, &result)
		for _, part := range test.parts {
			if !strings.Contains(string(result), part) {
				t.Errorf("%s: no %s in %s", test.command, part, result)
			}
		}
		c.mu.Lock()
		shown := c.of("window/showDocument")
		c.seen = slices.DeleteFunc(c.seen, func(m message) bool { return m.Method == "window/showDocument" })
		c.mu.Unlock()
		if got := len(shown) > 0 && strings.Contains(string(shown[0]), "/"+test.shown+`"`); got != (test.shown != "") {
			t.Errorf("%s: shown %s, want %q", test.command, shown, test.shown)
		}
	}
	for _, test := range []struct {
		command  string
		argument any
		want     string
	}{
		{"dataflow.server.inspect", with(object{"question": "nods"}), `did you mean "nodes"?`},
		{"dataflow.server.trace", with(object{"node": "raed", "parameter": "id"}), `did you mean "read"?`},
		{"dataflow.server.graph", with(object{"format": "png"}), "use mermaid, dot, svg, text"},
		{"dataflow.server.table", object{"uri": fileURI(file), "model": "Usr"}, `did you mean "User"?`},
		{"dataflow.server.dryRun", with(object{"commit": true}), "commit"},
	} {
		if err := c.execute(test.command, test.argument, nil); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s %v: %v, want %q", test.command, test.argument, err, test.want)
		}
	}
}

// What a run says of a node stands at the node until the workflow is edited.
func TestRunIsDiagnosed(t *testing.T) {
	t.Parallel()
	c, _, file := shopClient(t)
	text := readFile(t, file)
	var result report
	c.must("dataflow.server.dryRun", object{"uri": fileURI(file), "workflow": "Missing"}, &result)
	found := c.diagnostics(file, 1, "the error of the run", has("DF-703"))
	if d := found[0]; d.Source != "dataflow run" || d.Range.Start.Line != 19 || !strings.Contains(d.Message, "nobody") {
		t.Errorf("diagnostic %+v", d)
	}
	moved := strings.Replace(text, "func Flow", "// Flow flows.\nfunc Flow", 1)
	c.replace(file, 2, moved)
	found = c.diagnostics(file, 2, "the error, where its workflow is now", has("DF-703"))
	if found[0].Range.Start.Line != 20 {
		t.Errorf("diagnostic %+v", found[0])
	}
	c.replace(file, 3, strings.Replace(moved, `"nobody"`, `"someone"`, 1))
	c.diagnostics(file, 3, "none once the workflow is another", nothing)
}

// The history keeps the last 20 runs, the newest first.
func TestHistoryIsBounded(t *testing.T) {
	t.Parallel()
	c, _, file := shopClient(t)
	for range 21 {
		c.must("dataflow.server.dryRun", object{"uri": fileURI(file), "workflow": "Missing"}, nil)
	}
	c.must("dataflow.server.dryRun", object{"uri": fileURI(file), "workflow": "Flow", "inputs": object{"id": "u"}}, nil)
	var history []struct {
		Workflow string         `json:"workflow"`
		Inputs   map[string]any `json:"inputs"`
		Report   *report        `json:"report"`
	}
	c.must("dataflow.server.history", object{}, &history)
	if len(history) != 20 || history[0].Workflow != "flow" || history[0].Inputs["id"] != "u" || history[19].Workflow != "missing" || history[1].Report.Error == nil {
		t.Errorf("history of %d: %+v", len(history), history)
	}
}
