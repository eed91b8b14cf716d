package lsp_test

import (
	"path/filepath"
	"strings"
	"testing"
)

// insert sends one incremental change that puts text at a position.
func (c *client) insert(file string, version int, at position, text string) {
	c.notify("textDocument/didChange", object{
		"textDocument":   object{"uri": fileURI(file), "version": version},
		"contentChanges": []object{{"range": span{at, at}, "text": text}},
	})
}

type workflow struct {
	Name     string `json:"name"`
	Func     string `json:"func"`
	Line     int    `json:"line"`
	Runnable bool   `json:"runnable"`
	Reason   string `json:"reason"`
	Inputs   []struct {
		Name     string `json:"name"`
		Required bool   `json:"required"`
	} `json:"inputs"`
}

// Ten thousand keystrokes, each at the place that the one before it left, make
// the text that was typed.
func TestTenThousandEditsAreAppliedInOrder(t *testing.T) {
	t.Parallel()
	dir, file := shop(t)
	c := newClient(t)
	c.start(dir, fullCapabilities)
	text := readFile(t, file)
	c.open(file, text)

	before, _, _ := strings.Cut(text, `signup")`)
	at := position{strings.Count(before, "\n"), len(before) - strings.LastIndex(before, "\n") - 1}
	var typed strings.Builder
	const n = 10_000
	for i := range n {
		key := string(rune('a' + i*7%26))
		c.insert(file, 2+i, position{at.Line, at.Character + i}, key)
		typed.WriteString(key)
	}
	var all []workflow
	if err := c.execute("dataflow.server.workflows", object{"uri": fileURI(file)}, &all); err != nil {
		t.Fatal(err)
	}
	if want := typed.String() + "signup"; len(all) != 1 || all[0].Name != want {
		t.Fatalf("after %d edits the workflows are %.200v…", n, all)
	}
	c.diagnostics(file, n+1, "diagnostics of the last version", has("DF-101"))
}

func TestClosingClearsAndTheFileOnDiskCountsAgain(t *testing.T) {
	t.Parallel()
	dir, file := shop(t)
	models := filepath.Join(dir, "models", "models.go")
	c := newClient(t)
	c.start(dir, fullCapabilities)
	c.open(file, readFile(t, file))
	c.diagnostics(file, 1, "DF-101", has("DF-101"))

	// While the models are edited and not saved, they are what the editor has.
	c.open(models, strings.Replace(readFile(t, models), "Email          string", "Email          *string", 1))
	c.diagnostics(file, 1, "no diagnostics once email is optional", nothing)
	c.notify("textDocument/didClose", object{"textDocument": object{"uri": fileURI(models)}})
	c.diagnostics(file, 1, "DF-101 again once the edit is dropped", has("DF-101"))

	c.notify("textDocument/didClose", object{"textDocument": object{"uri": fileURI(file)}})
	c.until("the diagnostics cleared on close", func() bool {
		p := c.last[fileURI(file)]
		return p.Version == nil && len(p.Diagnostics) == 0
	})
	var hover any
	c.mustCall("textDocument/hover", object{"textDocument": object{"uri": fileURI(file)}, "position": position{}}, &hover)
	if hover != nil {
		t.Errorf("hover in a closed document: %v", hover)
	}
}

// While a call is typed the file does not parse. The server stays, says what it
// can, and is right again once the file is.
func TestBrokenSyntaxIsSurvivedAndClearsAfterwards(t *testing.T) {
	t.Parallel()
	dir, file := shop(t)
	c := newClient(t)
	c.start(dir, fullCapabilities)
	text := readFile(t, file)
	c.open(file, text)
	c.diagnostics(file, 1, "DF-101", has("DF-101"))

	version := 1
	_, calls, _ := strings.Cut(text, "func Signup")
	start := len(text) - len(calls)
	ask := func() {
		c.mustCall("textDocument/hover", aboutPlace(file, position{10, 20}), nil)
		c.mustCall("textDocument/codeLens", aboutFile(file, position{}), nil)
		c.mustCall("textDocument/codeAction", object{
			"textDocument": object{"uri": fileURI(file)},
			"range":        span{position{0, 0}, position{99, 0}}, "context": object{"diagnostics": []any{}},
		}, nil)
	}
	for cut := start; cut < len(text); cut += 17 { // cut off in the middle of every kind of token
		version++
		c.replace(file, version, text[:cut])
		ask()
	}
	for _, broken := range []string{"", "package", "package flows", "\x00", "\ufeffpackage flows\n", "package flows\nfunc", strings.Repeat("(", 2000), strings.ReplaceAll(text, "\n", "\r\n"), strings.ReplaceAll(text, ")", "")} {
		version++
		c.replace(file, version, broken)
		ask()
	}
	version++
	c.replace(file, version, text)
	c.diagnostics(file, version, "DF-101 again", func(found []diagnostic) bool { return len(found) == 1 && found[0].Code == "DF-101" })
}

func TestFilesWrittenByOthersAreNoticed(t *testing.T) {
	t.Parallel()
	dir, file := shop(t)
	c := newClient(t)
	c.start(dir, fullCapabilities)
	text := strings.Replace(readFile(t, file), "OrderListNode", "InvoiceListNode", 1)
	c.open(file, text)
	c.diagnostics(file, 1, "DF-701 for a model that is not there", has("DF-701"))

	c.until("a request to watch files", func() bool {
		for _, p := range c.of("client/registerCapability") {
			if strings.Contains(string(p), "workspace/didChangeWatchedFiles") && strings.Contains(string(p), "**/go.mod") {
				return true
			}
		}
		return false
	})
	invoice := filepath.Join(dir, "models", "invoice.go")
	writeFile(t, invoice, []byte("package models\n\nimport \"github.com/dataflow-go/dataflow\"\n\n// Invoice is a bill.\ntype Invoice struct {\n\tdataflow.Model\n\tID     int64\n\tUserID string\n}\n"))
	c.notify("workspace/didChangeWatchedFiles", object{"changes": []object{{"uri": fileURI(invoice), "type": 1}}})
	c.until("lenses asked for again", func() bool { return len(c.of("workspace/codeLens/refresh")) > 0 })
	c.diagnostics(file, 1, "the model is found", func(found []diagnostic) bool { return !has("DF-701")(found) })

	models := filepath.Join(dir, "models", "models.go")
	writeFile(t, models, []byte(strings.Replace(readFile(t, models), "Email          string", "Email          *string", 1)))
	c.notify("workspace/didChangeWatchedFiles", object{"changes": []object{{"uri": fileURI(models), "type": 2}}})
	c.diagnostics(file, 1, "email is optional now", nothing)
}

// A client that offers UTF-8 alone gets UTF-8 positions.
func TestPositionsAreInTheAgreedUnits(t *testing.T) {
	t.Parallel()
	dir, file := shop(t)
	text := strings.Replace(readFile(t, file), `	wf.AddNode("OrderListNode"`, `	/* 😀é */ wf.AddNode("OrdrListNode"`, 1)
	for encoding, want := range map[string]int{"utf-8": len("\t/* 😀é */ wf.AddNode(\""), "utf-16": len("\t/* xxx */ wf.AddNode(\"")} {
		t.Run(encoding, func(t *testing.T) {
			t.Parallel()
			c := newClient(t)
			c.start(dir, object{"general": object{"positionEncodings": []string{encoding}}})
			c.open(file, text)
			for _, d := range c.diagnostics(file, 1, "DF-701", has("DF-701")) {
				if d.Code == "DF-701" && d.Range.Start.Character != want {
					t.Errorf("DF-701 at %v, want character %d", d.Range, want)
				}
				if d.Code == "DF-701" && d.CodeDescription.Href != "" {
					t.Error("a client that does not know code descriptions gets one")
				}
			}
		})
	}
}

// A module is found by the file, whatever folder is open; each has its own models.
func TestFilesOutsideTheOpenFolderAreAnalysed(t *testing.T) {
	t.Parallel()
	one, oneFile := shop(t)
	_, other := shop(t)
	c := newClient(t)
	c.start(one, object{}) // no progress, no watching
	c.open(other, readFile(t, other))
	c.diagnostics(other, 1, "DF-101 outside the folder", has("DF-101"))
	c.open(oneFile, readFile(t, oneFile))
	c.diagnostics(oneFile, 1, "DF-101 inside the folder", has("DF-101"))
	c.notify("workspace/didChangeWorkspaceFolders", object{"event": object{"added": []object{{"uri": fileURI(one), "name": "one"}}, "removed": []any{}}})

	var actions []codeAction
	c.mustCall("textDocument/codeAction", object{
		"textDocument": object{"uri": fileURI(other)}, "range": span{position{0, 0}, position{99, 0}}, "context": object{"diagnostics": []any{}},
	}, &actions)
	if len(actions) == 0 || len(actions[0].Edit.Changes[fileURI(other)]) == 0 || actions[0].Edit.DocumentChanges != nil {
		t.Errorf("a client without documentChanges gets %+v", actions)
	}
	c.until("nothing asked of a client that cannot", func() bool {
		return len(c.of("client/registerCapability")) == 0 && len(c.of("window/workDoneProgress/create")) == 0
	})
}
