package lsp_test

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"go.lsp.dev/protocol"

	"github.com/dataflow-go/dataflow/lsp"
)

type textEdit struct {
	Range   span   `json:"range"`
	NewText string `json:"newText"`
}

type codeAction struct {
	Title       string       `json:"title"`
	Kind        string       `json:"kind"`
	IsPreferred bool         `json:"isPreferred"`
	Diagnostics []diagnostic `json:"diagnostics"`
	Command     struct {
		Command   string            `json:"command"`
		Arguments []json.RawMessage `json:"arguments"`
	} `json:"command"`
	Edit workspaceEdit `json:"edit"`
	Data any           `json:"data"`
}

type workspaceEdit struct {
	Changes         map[string][]textEdit `json:"changes"`
	DocumentChanges []struct {
		TextDocument struct {
			URI     string `json:"uri"`
			Version *int   `json:"version"`
		} `json:"textDocument"`
		Edits []textEdit `json:"edits"`
	} `json:"documentChanges"`
}

type report struct {
	ID        string `json:"id"`
	Workflow  string `json:"workflow"`
	Database  string `json:"database"`
	Committed bool   `json:"committed"`
	Nodes     []struct {
		ID     string         `json:"id"`
		Type   string         `json:"type"`
		Status string         `json:"status"`
		Output map[string]any `json:"output"`
	} `json:"nodes"`
	Error json.RawMessage `json:"error"`
}

// applyEdits changes a text as an editor does.
func applyEdits(t *testing.T, text string, edits []textEdit) string {
	t.Helper()
	edits = slices.Clone(edits)
	slices.SortStableFunc(edits, func(a, b textEdit) int {
		return cmp.Or(b.Range.Start.Line-a.Range.Start.Line, b.Range.Start.Character-a.Range.Start.Character)
	})
	end := len(text)
	for _, e := range edits {
		from, to := offsets(text, e.Range)
		if to > end {
			t.Errorf("the edits overlap: %+v", edits)
		}
		text, end = text[:from]+e.NewText+text[to:], from
	}
	return text
}

// offsets are the bytes of a range, whose characters are counted in UTF-16.
func offsets(text string, r span) (from, to int) {
	at := func(p position) protocol.Position {
		return protocol.Position{Line: uint32(p.Line), Character: uint32(p.Character)}
	}
	return lsp.NewMapper(text, protocol.PositionEncodingKindUTF16).Offsets(protocol.Range{Start: at(r.Start), End: at(r.End)})
}

// The main job: a mistake is found as the file is opened, its quick fix mends
// it, the diagnostic goes, the unsaved text runs, and nothing is kept.
func TestMistakeIsFoundMendedAndTheWorkflowRuns(t *testing.T) {
	t.Parallel()
	dir, file := shop(t)
	c := newClient(t)
	c.start(dir, fullCapabilities)
	text := readFile(t, file)
	c.open(file, text)

	found := c.diagnostics(file, 1, "DF-101", has("DF-101"))
	if len(found) != 1 {
		t.Fatalf("diagnostics %+v, want DF-101 alone", found)
	}
	d := found[0]
	if d.Severity != 1 || d.Source != "dataflow" || !strings.Contains(d.Message, "email") {
		t.Errorf("diagnostic %+v: want an error of dataflow that names email", d)
	}
	if !strings.HasSuffix(d.CodeDescription.Href, "/DF-101") {
		t.Errorf("code description %q, want the page of DF-101", d.CodeDescription.Href)
	}

	var refused map[string]any
	err := c.execute("dataflow.server.run", object{"uri": fileURI(file)}, &refused)
	if err == nil || !strings.Contains(err.Error(), "DF-101") {
		t.Errorf("run with a mistake: %v, want it refused with DF-101", err)
	}

	var actions []codeAction
	c.mustCall("textDocument/codeAction", object{
		"textDocument": object{"uri": fileURI(file)}, "range": d.Range, "context": object{"diagnostics": found},
	}, &actions)
	if len(actions) == 0 {
		t.Fatal("no quick fix for DF-101")
	}
	fix := actions[0]
	if fix.Kind != "quickfix" || len(fix.Diagnostics) != 1 || len(fix.Edit.DocumentChanges) != 1 {
		t.Fatalf("action %+v: want a quickfix with its diagnostic that edits one document", fix)
	}
	change := fix.Edit.DocumentChanges[0]
	if change.TextDocument.URI != fileURI(file) || change.TextDocument.Version == nil || *change.TextDocument.Version != 1 {
		t.Errorf("the edit is for %+v, want version 1 of %s", change.TextDocument, file)
	}
	mended := applyEdits(t, text, change.Edits)
	if !strings.Contains(mended, `"email":`) {
		t.Fatalf("the fix %q gives no email:\n%s", fix.Title, mended)
	}
	// An editor leaves the user at the value; the user types a good one.
	if i := strings.Index(mended, `"email":`); i >= 0 {
		line, _, _ := strings.Cut(mended[i:], "\n")
		mended = strings.Replace(mended, line, `"email": "alice@example.com",`, 1)
	}
	c.replace(file, 2, mended)
	c.diagnostics(file, 2, "no diagnostics once mended", nothing)

	var ran report
	if err := c.execute("dataflow.server.run", object{"uri": fileURI(file), "workflow": "Signup"}, &ran); err != nil {
		t.Fatalf("run: %v", err)
	}
	if ran.Workflow != "signup" || ran.Committed || ran.Error != nil || len(ran.Nodes) != 2 {
		t.Fatalf("report %+v: want signup, 2 nodes, nothing kept", ran)
	}
	create := ran.Nodes[0]
	if create.ID != "create" || create.Status != "succeeded" || create.Output["email"] != "alice@example.com" || create.Output["active"] != true {
		t.Errorf("node %+v: want the record of create", create)
	}
	if readFile(t, file) != text {
		t.Error("the file on disk was changed")
	}

	// A dry run keeps nothing: what is created a second time is not there yet.
	for _, commit := range []bool{true, false} {
		var again report
		if err := c.execute("dataflow.server.run", object{"uri": fileURI(file), "commit": commit}, &again); err != nil {
			t.Fatalf("run: %v", err)
		}
		if failed := again.Error != nil; failed == commit || again.Committed != commit {
			t.Errorf("commit %v: report %+v; only after the one that is kept must the next fail", commit, again)
		}
	}
}
