package lsp_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dataflow-go/dataflow/internal/lspmeta"
	"github.com/dataflow-go/dataflow/lsp"
	"golang.org/x/tools/txtar"
)

// patience is how long a test waits for what must come. It is no measure of
// speed: the go command may compile all dependencies first.
const patience = 90 * time.Second

// metaModel is the protocol's own description of its messages.
var metaModel = sync.OnceValues(lspmeta.Load)

// A client is an editor that speaks raw JSON-RPC, so that what is tested is what
// goes over the wire. All that either end says is held to the protocol's meta model.
type client struct {
	t       testing.TB
	stream  io.ReadWriteCloser
	session *lspmeta.Session
	done    chan struct{} // closed when the server's side has ended
	code    int           // what Serve returned; read after served
	served  chan struct{}

	writing sync.Mutex
	reading chan struct{} // holds one element, which a test takes to keep the client from reading

	mu      sync.Mutex
	nextID  int                     // guarded by mu
	waiting map[string]chan message // by id as JSON; guarded by mu
	seen    []message               // notifications and requests of the server; guarded by mu
	news    chan struct{}           // closed and replaced when seen grows; guarded by mu
	last    map[string]published    // newest diagnostics by URI; guarded by mu

	badly    bool            // the test breaks the protocol on purpose; guarded by mu
	settings json.RawMessage // the answer to workspace/configuration; nil is null; guarded by mu
}

type message struct {
	ID     json.RawMessage `json:"id,omitempty"`
	Method string          `json:"method,omitempty"`
	Params json.RawMessage `json:"params,omitempty"`
	Result json.RawMessage `json:"result,omitempty"`
	Error  *rpcError       `json:"error,omitempty"`
}

type rpcError struct {
	Code    int             `json:"code"`
	Message string          `json:"message"`
	Data    json.RawMessage `json:"data"`
}

func (e *rpcError) Error() string { return fmt.Sprintf("%d: %s", e.Code, e.Message) }

type position struct {
	Line      int `json:"line"`
	Character int `json:"character"`
}

type span struct {
	Start position `json:"start"`
	End   position `json:"end"`
}

type diagnostic struct {
	Range           span   `json:"range"`
	Severity        int    `json:"severity"`
	Code            string `json:"code"`
	Source          string `json:"source"`
	Message         string `json:"message"`
	Tags            []int  `json:"tags,omitempty"`
	CodeDescription struct {
		Href string `json:"href"`
	} `json:"codeDescription,omitzero"`
	RelatedInformation []struct {
		Location struct {
			URI   string `json:"uri"`
			Range span   `json:"range"`
		} `json:"location"`
		Message string `json:"message"`
	} `json:"relatedInformation,omitempty"`
}

type published struct {
	URI         string       `json:"uri"`
	Version     *int         `json:"version"`
	Diagnostics []diagnostic `json:"diagnostics"`
}

// object is a JSON object in the making.
type object = map[string]any

// newClient starts a server in process and connects to it.
func newClient(t testing.TB) *client {
	t.Helper()
	return serve(t, func(stream io.ReadWriteCloser) int {
		return lsp.Serve(context.Background(), stream, lsp.Options{Version: "test"})
	})
}

// serve connects to a server that f runs.
func serve(t testing.TB, f func(io.ReadWriteCloser) int) *client {
	t.Helper()
	near, far := net.Pipe()
	c := connect(t, near)
	go func() {
		defer close(c.served)
		c.code = f(far)
	}()
	t.Cleanup(func() {
		_ = near.Close()
		select {
		case <-c.served:
		case <-time.After(patience):
			t.Error("the server does not end when its client is gone")
		}
		<-c.done
	})
	return c
}

func connect(t testing.TB, stream io.ReadWriteCloser) *client {
	t.Helper()
	model, err := metaModel()
	if err != nil {
		t.Fatal(err)
	}
	c := &client{
		t: t, stream: stream, session: model.Session("test/"), done: make(chan struct{}), served: make(chan struct{}),
		reading: make(chan struct{}, 1),
		waiting: map[string]chan message{}, news: make(chan struct{}), last: map[string]published{},
	}
	c.reading <- struct{}{}
	go c.read()
	return c
}

func (c *client) read() {
	defer close(c.done)
	in := textproto.NewReader(bufio.NewReader(c.stream))
	for {
		c.reading <- <-c.reading
		header, err := in.ReadMIMEHeader()
		if err != nil {
			return
		}
		n, err := strconv.Atoi(header.Get("Content-Length"))
		if err != nil {
			c.t.Errorf("header %v: %v", header, err)
			return
		}
		body := make([]byte, n)
		if _, err := io.ReadFull(in.R, body); err != nil {
			return
		}
		if err := c.session.Received(body); err != nil {
			c.t.Errorf("the server broke the protocol:\n%v", err)
		}
		var m message
		if err := json.Unmarshal(body, &m); err != nil {
			c.t.Errorf("the server sent %s: %v", body, err)
			return
		}
		c.receive(m)
	}
}

func (c *client) receive(m message) {
	c.mu.Lock()
	if m.Method == "" {
		if answer := c.waiting[string(m.ID)]; answer != nil {
			answer <- m
		}
		c.mu.Unlock()
		return
	}
	c.seen = append(c.seen, m)
	if m.Method == "textDocument/publishDiagnostics" {
		var p published
		if err := json.Unmarshal(m.Params, &p); err != nil {
			c.t.Errorf("diagnostics %s: %v", m.Params, err)
		}
		c.last[p.URI] = p
	}
	close(c.news)
	c.news = make(chan struct{})
	c.mu.Unlock()
	if m.ID != nil {
		var result any
		switch m.Method {
		case "window/showDocument":
			result = object{"success": true}
		case "workspace/configuration":
			result = c.configuration(m.Params)
		}
		go c.writeRaw(c.frame(object{"jsonrpc": "2.0", "id": m.ID, "result": result}))
	}
}

// set makes the client answer workspace/configuration so from now on, and tells the
// server that its settings have changed.
func (c *client) set(settings string) {
	c.mu.Lock()
	c.settings = json.RawMessage(settings)
	c.mu.Unlock()
	c.notify("workspace/didChangeConfiguration", object{"settings": nil})
}

// configuration answers workspace/configuration with the settings, for each of the
// sections that are asked for.
func (c *client) configuration(raw json.RawMessage) []json.RawMessage {
	var p struct {
		Items []struct {
			Section string `json:"section"`
		} `json:"items"`
	}
	if err := json.Unmarshal(raw, &p); err != nil {
		c.t.Errorf("workspace/configuration %s: %v", raw, err)
	}
	answers := make([]json.RawMessage, len(p.Items))
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range answers {
		if answers[i] = c.settings; answers[i] == nil {
			answers[i] = json.RawMessage("null")
		}
	}
	return answers
}

func (c *client) write(v any) { c.writeRaw(c.frame(v)) }

// misbehave lets the test send what the protocol forbids from now on.
func (c *client) misbehave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.badly = true
}

// frame is a message as it goes over the wire.
func (c *client) frame(v any) string {
	c.t.Helper()
	body, err := json.Marshal(v)
	if err != nil {
		c.t.Error(err)
		return ""
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.session.Sent(body); err != nil && !c.badly {
		c.t.Errorf("the test breaks the protocol:\n%v", err)
	}
	return fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body)
}

// request is a request or, without an id, a notification.
func request(id any, method string, params any) object {
	m := object{"jsonrpc": "2.0", "method": method}
	if id != nil {
		m["id"] = id
	}
	if params != nil {
		m["params"] = params
	}
	return m
}

func (c *client) writeRaw(frame string) {
	c.writing.Lock()
	defer c.writing.Unlock()
	// The server may be gone: a test that minds waits for an answer.
	_, _ = io.WriteString(c.stream, frame)
}

func (c *client) notify(method string, params any) {
	c.write(request(nil, method, params))
}

// send sends a request and returns its id and where the answer comes.
func (c *client) send(method string, params any) (int, <-chan message) {
	c.mu.Lock()
	c.nextID++
	id := c.nextID
	answer := make(chan message, 1)
	c.waiting[strconv.Itoa(id)] = answer
	c.mu.Unlock()
	c.write(request(id, method, params))
	return id, answer
}

func (c *client) await(answer <-chan message, result any) error {
	c.t.Helper()
	select {
	case m := <-answer:
		if m.Error != nil {
			return m.Error
		}
		if result != nil {
			if err := json.Unmarshal(m.Result, result); err != nil {
				c.t.Fatalf("result %s: %v", m.Result, err)
			}
		}
		return nil
	case <-c.done:
		return io.ErrUnexpectedEOF
	case <-time.After(patience):
		c.t.Fatal("no answer")
		return nil
	}
}

// call sends a request and waits for its answer.
func (c *client) call(method string, params, result any) error {
	c.t.Helper()
	_, answer := c.send(method, params)
	return c.await(answer, result)
}

func (c *client) mustCall(method string, params, result any) {
	c.t.Helper()
	if err := c.call(method, params, result); err != nil {
		c.t.Fatalf("%s: %v", method, err)
	}
}

// until waits until ok holds of what the server has sent, checked at each message.
func (c *client) until(what string, ok func() bool) {
	c.t.Helper()
	timeout := time.After(patience)
	for {
		c.mu.Lock()
		good, news := ok(), c.news
		c.mu.Unlock()
		if good {
			return
		}
		select {
		case <-news:
		case <-c.done:
			c.t.Fatalf("the server is gone while waiting for %s; it sent %s", what, c.transcript())
		case <-timeout:
			c.t.Fatalf("%s did not come; the server sent %s", what, c.transcript())
		}
	}
}

func (c *client) transcript() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var b strings.Builder
	for _, m := range c.seen {
		fmt.Fprintf(&b, "\n%s %s", m.Method, m.Params)
	}
	return b.String()
}

// of lists the parameters of all messages of a method. The caller holds c.mu, or
// is inside until.
func (c *client) of(method string) []json.RawMessage {
	var found []json.RawMessage
	for _, m := range c.seen {
		if m.Method == method {
			found = append(found, m.Params)
		}
	}
	return found
}

// fullCapabilities are those of a current editor.
var fullCapabilities = object{
	"general": object{"positionEncodings": []string{"utf-16"}},
	"window":  object{"workDoneProgress": true, "showDocument": object{"support": true}},
	"workspace": object{
		"workspaceEdit":         object{"documentChanges": true},
		"didChangeWatchedFiles": object{"dynamicRegistration": true},
		"workspaceFolders":      true,
		"codeLens":              object{"refreshSupport": true},
		"inlayHint":             object{"refreshSupport": true},
		"semanticTokens":        object{"refreshSupport": true},
		"configuration":         true,

		"didChangeConfiguration": object{"dynamicRegistration": true},
	},
	"textDocument": object{
		"completion": object{"completionItem": object{
			"snippetSupport": true, "documentationFormat": []string{"markdown"}, "insertTextModeSupport": object{"valueSet": []int{1, 2}},
		}},
		"codeAction": object{"resolveSupport": object{"properties": []string{"edit"}}},
		"signatureHelp": object{"signatureInformation": object{
			"documentationFormat": []string{"markdown"}, "parameterInformation": object{"labelOffsetSupport": true},
		}},
		"definition":         object{"linkSupport": true},
		"typeDefinition":     object{"linkSupport": true},
		"rename":             object{"prepareSupport": true},
		"foldingRange":       object{"foldingRange": object{"collapsedText": true}},
		"documentSymbol":     object{"hierarchicalDocumentSymbolSupport": true},
		"hover":              object{"contentFormat": []string{"markdown", "plaintext"}},
		"publishDiagnostics": object{"relatedInformation": true, "versionSupport": true, "codeDescriptionSupport": true, "tagSupport": object{"valueSet": []int{1, 2}}},
	},
}

// start performs the handshake for a folder.
func (c *client) start(dir string, capabilities object) {
	c.t.Helper()
	params := object{"processId": os.Getpid(), "rootUri": nil, "capabilities": capabilities}
	if dir != "" {
		params["rootUri"] = fileURI(dir)
		params["workspaceFolders"] = []object{{"uri": fileURI(dir), "name": filepath.Base(dir)}}
	}
	c.mustCall("initialize", params, nil)
	c.notify("initialized", object{})
}

func fileURI(path string) string { return "file://" + filepath.ToSlash(path) }

func (c *client) open(file, text string) {
	c.notify("textDocument/didOpen", object{"textDocument": object{
		"uri": fileURI(file), "languageId": "go", "version": 1, "text": text,
	}})
}

// replace sends a whole new text.
func (c *client) replace(file string, version int, text string) {
	c.notify("textDocument/didChange", object{
		"textDocument":   object{"uri": fileURI(file), "version": version},
		"contentChanges": []object{{"text": text}},
	})
}

// diagnostics waits for diagnostics of a version of a file, and of a kind.
func (c *client) diagnostics(file string, version int, what string, ok func([]diagnostic) bool) []diagnostic {
	c.t.Helper()
	var found []diagnostic
	c.until(what, func() bool {
		p, told := c.last[fileURI(file)]
		if !told || p.Version != nil && *p.Version < version || !ok(p.Diagnostics) {
			return false
		}
		found = p.Diagnostics
		return true
	})
	return found
}

func nothing(found []diagnostic) bool { return len(found) == 0 }
func has(code string) func([]diagnostic) bool {
	return func(found []diagnostic) bool {
		for _, d := range found {
			if d.Code == code {
				return true
			}
		}
		return false
	}
}

func (c *client) execute(command string, argument, result any) error {
	c.t.Helper()
	return c.call("workspace/executeCommand", object{"command": command, "arguments": []any{argument}}, result)
}

// repoRoot is the folder of this module.
func repoRoot() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Dir(filepath.Dir(file))
}

// workspace writes an archive into a folder of its own. One without a go.mod
// becomes a module that uses this one; a file go.mod of the one line "none"
// leaves it without.
func workspace(t testing.TB, archive *txtar.Archive) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	hasModule := false
	for _, f := range archive.Files {
		if f.Name == "go.mod" {
			hasModule = true
			if strings.TrimSpace(string(f.Data)) == "none" {
				continue
			}
		}
		writeFile(t, filepath.Join(dir, f.Name), f.Data)
	}
	if !hasModule {
		writeModule(t, dir)
	}
	return dir
}

// writeModule makes dir a module that depends on this one, with what this one
// depends on in the versions that it depends on.
func writeModule(t testing.TB, dir string) {
	t.Helper()
	mod, err := os.ReadFile(filepath.Join(repoRoot(), "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	sum, err := os.ReadFile(filepath.Join(repoRoot(), "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	_, requirements, _ := strings.Cut(string(mod), "\n")
	writeFile(t, filepath.Join(dir, "go.mod"), []byte("module example.com/app\n"+requirements+
		"\nrequire github.com/dataflow-go/dataflow v0.0.0\nreplace github.com/dataflow-go/dataflow => "+repoRoot()+"\n"))
	writeFile(t, filepath.Join(dir, "go.sum"), sum)
}

func writeFile(t testing.TB, name string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func readFile(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// shop is a workspace with models in one package and a workflow in another,
// which misses a required parameter.
func shop(t testing.TB) (dir, file string) {
	t.Helper()
	archive, err := txtar.ParseFile(filepath.Join("testdata", "shop.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	dir = workspace(t, archive)
	return dir, filepath.Join(dir, "flows", "signup.go")
}
