package lsp_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// pulling are the capabilities of a client that asks for diagnostics.
var pulling = overlay(fullCapabilities, object{
	"workspace":    object{"diagnostics": object{"refreshSupport": true}},
	"textDocument": object{"diagnostic": object{"dynamicRegistration": true}},
})

type pulled struct {
	URI      string       `json:"uri"`
	Version  *int         `json:"version"`
	Kind     string       `json:"kind"`
	ResultID string       `json:"resultId"`
	Items    []diagnostic `json:"items"`
}

// pull asks for the diagnostics of a document.
func (c *client) pull(file, previous string) pulled {
	c.t.Helper()
	params := object{"textDocument": object{"uri": fileURI(file)}}
	if previous != "" {
		params["previousResultId"] = previous
	}
	var report pulled
	c.mustCall("textDocument/diagnostic", params, &report)
	return report
}

const twoFiles = `
-- dataflow.yaml --
ruls: {}
-- model.go --
package shop

import "github.com/dataflow-go/dataflow"

type User struct {
	dataflow.Model
	ID       string
	Nickname *string
}
-- shop.go --
package shop

import "github.com/dataflow-go/dataflow"

func Loud() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("loud")
	wf.AddNode("UserCreateNode", "create", dataflow.Params{"id": "u", "nickname": "A"})
	return wf
}
`

// A client that asks is never told; what another file has changed makes it ask again.
func TestPullDiagnostics(t *testing.T) {
	t.Parallel()
	dir := workspace(t, txtar.Parse([]byte(twoFiles)))
	shop, model := filepath.Join(dir, "shop.go"), filepath.Join(dir, "model.go")
	c := newClient(t)
	var initialized struct {
		Capabilities struct {
			DiagnosticProvider struct {
				InterFileDependencies, WorkspaceDiagnostics bool
			} `json:"diagnosticProvider"`
		} `json:"capabilities"`
	}
	c.mustCall("initialize", object{"processId": nil, "rootUri": fileURI(dir), "capabilities": pulling}, &initialized)
	c.notify("initialized", object{})
	if offered := initialized.Capabilities.DiagnosticProvider; !offered.InterFileDependencies || !offered.WorkspaceDiagnostics {
		t.Fatalf("offered %+v", offered)
	}
	c.open(shop, readFile(t, shop))
	c.open(model, readFile(t, model))
	clean := c.pull(shop, "")
	if clean.Kind != "full" || len(clean.Items) != 0 || clean.ResultID == "" {
		t.Fatalf("of a clean file: %+v", clean)
	}
	if again := c.pull(shop, clean.ResultID); again.Kind != "unchanged" || again.ResultID != clean.ResultID {
		t.Errorf("of the same again: %+v", again)
	}

	c.replace(shop, 2, strings.Replace(readFile(t, shop), `"nickname"`, `"nick"`, 1))
	wrong := c.pull(shop, clean.ResultID)
	if wrong.Kind != "full" || len(wrong.Items) != 1 || wrong.Items[0].Code != "DF-111" || wrong.Items[0].CodeDescription.Href == "" {
		t.Fatalf("of a mistake: %+v", wrong)
	}

	c.replace(model, 2, strings.Replace(readFile(t, model), "Nickname", "Nick", 1))
	c.until("that the client is asked to ask again", func() bool { return len(c.of("workspace/diagnostic/refresh")) > 0 })
	if mended := c.pull(shop, wrong.ResultID); mended.Kind != "full" || len(mended.Items) != 0 {
		t.Errorf("once another file has mended it: %+v", mended)
	}

	c.notify("textDocument/didClose", object{"textDocument": object{"uri": fileURI(shop)}})
	if closed := c.pull(shop, wrong.ResultID); closed.Kind != "full" || len(closed.Items) != 0 {
		t.Errorf("of a closed file: %+v", closed)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if told := c.of("textDocument/publishDiagnostics"); len(told) > 0 {
		t.Errorf("told too: %s", told)
	}
}

// The diagnostics of the workspace are those of all its files, and are sent again when
// there is something new.
func TestPullWorkspaceDiagnostics(t *testing.T) {
	t.Parallel()
	dir := workspace(t, txtar.Parse([]byte(strings.Replace(twoFiles, `"nickname"`, `"nick"`, 1))))
	shop, model, config := filepath.Join(dir, "shop.go"), filepath.Join(dir, "model.go"), filepath.Join(dir, "dataflow.yaml")
	c := newClient(t)
	c.start(dir, pulling)
	c.open(model, readFile(t, model))
	var report struct{ Items []pulled }
	c.mustCall("workspace/diagnostic", object{"previousResultIds": []object{}}, &report)
	var known []object
	for _, item := range report.Items {
		known = append(known, object{"uri": item.URI, "value": item.ResultID})
	}
	if len(report.Items) != 2 || report.Items[0].URI != fileURI(config) || report.Items[0].Items[0].Code != "DF-401" ||
		report.Items[1].URI != fileURI(shop) || report.Items[1].Items[0].Code != "DF-111" || report.Items[1].Version != nil {
		t.Fatalf("of the workspace: %+v", report.Items)
	}

	_, answer := c.send("workspace/diagnostic", object{"previousResultIds": known, "partialResultToken": "part"})
	c.replace(model, 2, strings.Replace(readFile(t, model), "Nickname", "Nick", 1))
	report.Items = nil
	if err := c.await(answer, &report); err != nil {
		t.Fatal(err)
	}
	if len(report.Items) != 0 {
		t.Errorf("not in parts: %+v", report.Items)
	}
	c.mu.Lock()
	var parts []pulled
	for _, raw := range c.of("$/progress") {
		var p struct {
			Token any
			Value struct{ Items []pulled }
		}
		if err := json.Unmarshal(raw, &p); err == nil && p.Token == "part" {
			parts = append(parts, p.Value.Items...)
		}
	}
	c.mu.Unlock()
	if len(parts) != 2 || parts[0].Kind != "unchanged" || parts[1].Kind != "full" || len(parts[1].Items) != 0 {
		t.Errorf("in parts: %+v", parts)
	}

	id, answer := c.send("workspace/diagnostic", object{"previousResultIds": []object{known[0]}})
	c.notify("$/cancelRequest", object{"id": id})
	if err := c.await(answer, nil); err == nil || !strings.Contains(err.Error(), "-32800") {
		t.Errorf("cancelled: %v", err)
	}
}

// A client that asks but cannot be asked to ask again is told.
func TestPullNeedsRefresh(t *testing.T) {
	t.Parallel()
	dir := workspace(t, txtar.Parse([]byte(strings.Replace(twoFiles, `"nickname"`, `"nick"`, 1))))
	shop := filepath.Join(dir, "shop.go")
	c := newClient(t)
	c.start(dir, overlay(fullCapabilities, object{"textDocument": object{"diagnostic": object{}}}))
	c.open(shop, readFile(t, shop))
	c.diagnostics(shop, 1, "the mistake", has("DF-111"))
}
