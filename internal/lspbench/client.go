package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

// patience is the longest wait for one thing.
const patience = 2 * time.Minute

type position struct {
	Line      int `json:"line"`
	Character int `json:"character"`
}

type span struct {
	Start position `json:"start"`
	End   position `json:"end"`
}

// A change is one entry of contentChanges.
type change struct {
	Range span   `json:"range"`
	Text  string `json:"text"`
}

// A publish is a textDocument/publishDiagnostics, and when its last byte was read.
type publish struct {
	URI         string `json:"uri"`
	Version     *int   `json:"version"`
	Diagnostics []struct {
		Message string `json:"message"`
	} `json:"diagnostics"`
	at time.Time
}

type message struct {
	ID     json.RawMessage `json:"id,omitempty"`
	Method string          `json:"method,omitempty"`
	Params json.RawMessage `json:"params,omitempty"`
	Result json.RawMessage `json:"result,omitempty"`
	Error  json.RawMessage `json:"error,omitempty"`
}

// A client is an editor as a language server over stdio sees it.
type client struct {
	cmd     *exec.Cmd
	started time.Time
	ended   chan struct{} // closed when the server's output has ended
	pubs    chan publish

	writing sync.Mutex
	in      io.Writer // guarded by writing

	mu      sync.Mutex
	nextID  int                     // guarded by mu
	waiting map[string]chan message // by id; guarded by mu
}

// start runs a server and initializes it for one folder.
func start(command []string, env []string, root string) (*client, error) {
	c := &client{
		cmd:   exec.Command(command[0], command[1:]...),
		ended: make(chan struct{}), pubs: make(chan publish, 100_000), waiting: map[string]chan message{},
	}
	c.cmd.Dir, c.cmd.Env = root, append(os.Environ(), env...)
	in, err := c.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.in = in
	c.started = time.Now()
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	go c.read(bufio.NewReaderSize(out, 1<<20))
	err = c.call("initialize", map[string]any{
		"processId":        os.Getpid(),
		"rootUri":          fileURI(root),
		"workspaceFolders": []any{map[string]any{"uri": fileURI(root), "name": filepath.Base(root)}},
		"capabilities": map[string]any{
			"general":   map[string]any{"positionEncodings": []string{"utf-16"}},
			"window":    map[string]any{"workDoneProgress": true},
			"workspace": map[string]any{"configuration": true, "workspaceFolders": true, "didChangeWatchedFiles": map[string]any{"dynamicRegistration": true}},
			"textDocument": map[string]any{"publishDiagnostics": map[string]any{
				"versionSupport": true, "relatedInformation": true, "dataSupport": true, "codeDescriptionSupport": true,
			}},
		},
	})
	if err != nil {
		c.kill()
		return nil, err
	}
	c.notify("initialized", map[string]any{})
	return c, nil
}

// stop ends the session as an editor does.
func (c *client) stop() {
	if err := c.call("shutdown", nil); err == nil {
		c.notify("exit", nil)
	}
	select {
	case <-c.ended:
	case <-time.After(10 * time.Second):
	}
	c.kill()
}

func (c *client) kill() {
	_ = c.cmd.Process.Kill() // it may have ended
	_ = c.cmd.Wait()
}

func (c *client) write(v map[string]any) {
	v["jsonrpc"] = "2.0"
	body, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	fmt.Fprintf(c.in, "Content-Length: %d\r\n\r\n%s", len(body), body)
}

func (c *client) notify(method string, params any) {
	c.write(map[string]any{"method": method, "params": params})
}

func (c *client) call(method string, params any) error {
	c.mu.Lock()
	c.nextID++
	id := c.nextID
	answer := make(chan message, 1)
	c.waiting[strconv.Itoa(id)] = answer
	c.mu.Unlock()
	c.write(map[string]any{"id": id, "method": method, "params": params})
	select {
	case m := <-answer:
		if len(m.Error) > 0 {
			return fmt.Errorf("%s: %s", method, m.Error)
		}
		return nil
	case <-c.ended:
		return errors.New(method + ": the server ended")
	case <-time.After(patience):
		return errors.New(method + ": no answer")
	}
}

func (c *client) read(r *bufio.Reader) {
	defer close(c.ended)
	headers := textproto.NewReader(r)
	for {
		header, err := headers.ReadMIMEHeader()
		if err != nil {
			return
		}
		n, err := strconv.Atoi(header.Get("Content-Length"))
		if err != nil {
			return
		}
		body := make([]byte, n)
		if _, err := io.ReadFull(r, body); err != nil {
			return
		}
		at := time.Now()
		var m message
		if json.Unmarshal(body, &m) != nil {
			return
		}
		switch {
		case m.Method == "":
			c.mu.Lock()
			answer := c.waiting[string(m.ID)]
			c.mu.Unlock()
			if answer != nil {
				answer <- m
			}
		case len(m.ID) > 0:
			c.write(map[string]any{"id": m.ID, "result": answerTo(m)})
		case m.Method == "textDocument/publishDiagnostics":
			p := publish{at: at}
			if json.Unmarshal(m.Params, &p) == nil {
				c.pubs <- p
			}
		}
	}
}

// answerTo answers what a server asks: no settings, and yes to all else.
func answerTo(m message) any {
	if m.Method != "workspace/configuration" {
		return nil
	}
	var p struct{ Items []any }
	if json.Unmarshal(m.Params, &p) != nil {
		return nil
	}
	settings := make([]any, len(p.Items))
	for i := range settings {
		settings[i] = map[string]any{}
	}
	return settings
}

func fileURI(path string) string { return (&url.URL{Scheme: "file", Path: path}).String() }
