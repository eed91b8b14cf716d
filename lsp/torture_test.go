package lsp_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"
)

// operations is how many the fuzzing client makes.
const operations = 10_000

// pieces are what the fuzzing client types.
var pieces = []string{
	"\"", "(", ")", "{", "}", ",", "\n", " ", "😀", "\r\n", "wf.AddNode(\"UserCreateNode\", \"x\", dataflow.Params{\"id\": \"u\"})\n", "UserReadNode", "create", "dataflow.Params{",
	"wf.AddConnection(\"create\", \"id\", \"read\", \"id\")\n", "//dataflow:ignore DF-101\n", "func f() {\n", "nick", "\"filter\": dataflow.Params{\"id\": 1}", "const c = \"create\"\n",
}

// A question is a request about a place, with what it takes.
type question struct {
	method string
	params func(file string, at position) object
}

// asked are the requests that the fuzzing client makes.
var asked = []question{
	{"textDocument/hover", aboutPlace},
	{"textDocument/completion", aboutPlace},
	{"textDocument/definition", aboutPlace},
	{"textDocument/typeDefinition", aboutPlace},
	{"textDocument/documentHighlight", aboutPlace},
	{"textDocument/prepareRename", aboutPlace},
	{"textDocument/signatureHelp", aboutPlace},
	{"textDocument/prepareCallHierarchy", aboutPlace},
	{"textDocument/documentSymbol", aboutFile},
	{"textDocument/codeLens", aboutFile},
	{"textDocument/foldingRange", aboutFile},
	{"textDocument/documentLink", aboutFile},
	{"textDocument/semanticTokens/full", aboutFile},
	{"workspace/symbol", func(string, position) object { return object{"query": "f"} }},
	{"textDocument/codeAction", func(file string, at position) object {
		return overlay(aboutFile(file, at), object{"range": span{at, at}, "context": object{"diagnostics": []any{}}})
	}},
	{"textDocument/inlayHint", func(file string, at position) object {
		return overlay(aboutFile(file, at), object{"range": span{at, at}})
	}},
	{"textDocument/references", func(file string, at position) object {
		return overlay(aboutPlace(file, at), object{"context": object{"includeDeclaration": true}})
	}},
	{"textDocument/rename", func(file string, at position) object {
		return overlay(aboutPlace(file, at), object{"newName": "renamed"})
	}},
	{"textDocument/selectionRange", func(file string, at position) object {
		return overlay(aboutFile(file, at), object{"positions": []position{at}})
	}},
}

func aboutFile(file string, _ position) object {
	return object{"textDocument": object{"uri": fileURI(file)}}
}

func aboutPlace(file string, at position) object {
	return object{"textDocument": object{"uri": fileURI(file)}, "position": at}
}

// A fuzzing client edits, asks and cancels without waiting; at the end the diagnostics,
// told or asked for, are those of a server that has seen the last texts alone.
func TestManyOperations(t *testing.T) {
	t.Parallel()
	t.Run("told", func(t *testing.T) {
		t.Parallel()
		manyOperations(t, fullCapabilities, told)
	})
	t.Run("asked", func(t *testing.T) {
		t.Parallel()
		manyOperations(t, pulling, func(c *client, file string) string { return inOrder(c.pull(file, "").Items) })
	})
}

func manyOperations(t *testing.T, capabilities object, diagnostics func(*client, string) string) {
	asked := asked
	if capabilities["textDocument"].(object)["diagnostic"] != nil {
		asked = append(slices.Clip(asked), question{"textDocument/diagnostic", aboutFile})
	}
	dir := workspace(t, txtar.Parse([]byte(commandShop+strings.ReplaceAll(twoPackages, "User", "Person"))))
	seed := rand.Uint64()
	if n, err := strconv.ParseUint(os.Getenv("DATAFLOW_SEED"), 10, 64); err == nil {
		seed = n
	}
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1)) //nolint:gosec // no secret
	c := newClient(t)
	c.start(dir, capabilities)
	files := []string{filepath.Join(dir, "shop.go"), filepath.Join(dir, "models", "models.go"), filepath.Join(dir, "flows", "flows.go")}
	texts, first, versions := map[string]string{}, map[string]string{}, map[string]int{}
	for _, file := range files {
		texts[file], versions[file] = readFile(t, file), 1
		first[file] = texts[file]
		c.open(file, texts[file])
	}
	var answers []<-chan message
	for range operations {
		file := files[random.IntN(len(files))]
		text := texts[file]
		from := random.IntN(len(text) + 1)
		for from < len(text) && text[from]&0xc0 == 0x80 {
			from++ // the middle of a character is no place
		}
		switch random.IntN(10) {
		case 0, 1, 2, 3: // an edit
			to := min(from+random.IntN(4), len(text))
			for to < len(text) && text[to]&0xc0 == 0x80 {
				to++
			}
			piece := pieces[random.IntN(len(pieces))]
			versions[file]++
			c.notify("textDocument/didChange", object{
				"textDocument":   object{"uri": fileURI(file), "version": versions[file]},
				"contentChanges": []object{{"range": span{placeOf(text, from), placeOf(text, to)}, "text": piece}},
			})
			texts[file] = text[:from] + piece + text[to:]
		case 4: // back to what it was
			versions[file]++
			texts[file] = first[file]
			c.replace(file, versions[file], texts[file])
		case 5:
			if len(answers) > 0 {
				c.notify("$/cancelRequest", object{"id": random.IntN(len(answers)*2) + 1})
			}
		default:
			ask := asked[random.IntN(len(asked))]
			_, answer := c.send(ask.method, ask.params(file, placeOf(text, from)))
			answers = append(answers, answer)
		}
	}
	failures := map[string]int{}
	for _, answer := range answers {
		if err := c.await(answer, nil); err != nil {
			code, _, _ := strings.Cut(err.Error(), ":")
			failures[code]++
		}
	}
	for code, n := range failures {
		// Cancelled, content modified, refused; anything else is a bug.
		if code != "-32800" && code != "-32801" && code != "-32802" && code != "-32803" {
			t.Errorf("%d answers are the error %s", n, code)
		}
	}
	t.Logf("%d answers, of them %v", len(answers), failures)

	fresh := newClient(t)
	fresh.start(dir, capabilities)
	for _, file := range files {
		fresh.open(file, texts[file])
	}
	for _, file := range files {
		same := func() bool { return diagnostics(c, file) == diagnostics(fresh, file) }
		for deadline := time.Now().Add(patience / 3); !same() && time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		}
		if !same() {
			t.Errorf("%s: told\n%s\nby a fresh server\n%s\nof the text\n%s", file, diagnostics(c, file), diagnostics(fresh, file), texts[file])
		}
	}
	for _, client := range []*client{c, fresh} {
		client.mu.Lock()
		for _, raw := range client.of("window/logMessage") {
			if strings.Contains(string(raw), `"type":1`) {
				t.Errorf("the server logs %s", raw)
			}
		}
		client.mu.Unlock()
	}
}

// placeOf is the position of a byte, with characters in UTF-16.
func placeOf(text string, offset int) position {
	before := text[:offset]
	line := strings.Count(before, "\n")
	return position{line, utf16Len(before[strings.LastIndexByte(before, '\n')+1:])}
}

// told is what a client was told last of a file, in an order of its own.
func told(c *client, file string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return inOrder(slices.Clone(c.last[fileURI(file)].Diagnostics))
}

func inOrder(found []diagnostic) string {
	slices.SortFunc(found, func(a, b diagnostic) int {
		return cmp.Or(a.Range.Start.Line-b.Range.Start.Line, a.Range.Start.Character-b.Range.Start.Character, strings.Compare(a.Code+a.Message, b.Code+b.Message))
	})
	text, err := json.Marshal(found)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// An edit takes no memory for good: what is in use after the first rounds is in use after
// all of them. DATAFLOW_TORTURE edits for half an hour.
func TestEditsKeepNothing(t *testing.T) {
	dir := workspace(t, txtar.Parse([]byte(commandShop)))
	file := filepath.Join(dir, "shop.go")
	c := newClient(t)
	c.start(dir, fullCapabilities)
	text := readFile(t, file)
	c.open(file, text)
	version := 1
	edit := func(n int) {
		for range n {
			version += 2
			c.replace(file, version-1, strings.Replace(text, `"name"`, fmt.Sprintf(`"nam%d"`, version), 1))
			c.diagnostics(file, version-1, "the mistake", has("DF-111"))
			c.replace(file, version, text)
			c.diagnostics(file, version, "none", nothing)
			c.mu.Lock()
			c.seen = nil // the client's own memory
			c.mu.Unlock()
		}
	}
	edit(100)
	before := measure()
	edit(300)
	if os.Getenv("DATAFLOW_TORTURE") != "" {
		for end := time.Now().Add(30 * time.Minute); time.Now().Before(end); {
			edit(100)
		}
	}
	if after := measure(); after.heap > before.heap+before.heap/2 || after.goroutines > before.goroutines+5 {
		t.Errorf("before %+v, after %d edits %+v", before, version, after)
	}
}

// Fifty sessions leave neither goroutines nor memory behind.
func TestSessionsLeaveNothing(t *testing.T) {
	dir := workspace(t, txtar.Parse([]byte(commandShop)))
	file := filepath.Join(dir, "shop.go")
	session := func() {
		t.Run("session", func(t *testing.T) {
			c := newClient(t)
			c.start(dir, fullCapabilities)
			c.open(file, readFile(t, file))
			c.mustCall("textDocument/hover", object{"textDocument": object{"uri": fileURI(file)}, "position": position{12, 20}}, nil)
			c.mustCall("shutdown", nil, nil)
			c.notify("exit", nil)
			<-c.served
		})
	}
	session()
	before := measure()
	for range 50 {
		session()
	}
	after := measure()
	if after.goroutines > before.goroutines+5 || after.heap > before.heap+(8<<20) {
		t.Errorf("before %+v, after 50 sessions %+v", before, after)
	}
}

type measured struct {
	goroutines int
	heap       uint64
}

func measure() measured {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return measured{runtime.NumGoroutine(), m.HeapAlloc}
}
