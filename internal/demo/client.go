package main

import (
	"bufio"
	"context"
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
)

// object is a JSON object in the making.
type object = map[string]any

// A client is a small editor: it speaks JSON-RPC over the standard input and
// output of a language server.
type client struct {
	cmd *exec.Cmd
	in  io.WriteCloser

	writing sync.Mutex

	mu      sync.Mutex
	calls   int                     // guarded by mu
	waiting map[string]chan message // by id; guarded by mu
	last    map[string]published    // newest diagnostics by URI; guarded by mu
	news    chan struct{}           // closed and replaced when last changes; guarded by mu

	ended chan struct{} // closed when the server's output has ended
}

type message struct {
	JSONRPC string          `json:"jsonrpc"`
	ID      json.RawMessage `json:"id,omitempty"`
	Method  string          `json:"method,omitempty"`
	Params  json.RawMessage `json:"params,omitempty"`
	Result  json.RawMessage `json:"result,omitempty"`
	Error   *rpcError       `json:"error,omitempty"`
}

type rpcError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

type published struct {
	URI         string       `json:"uri"`
	Version     int          `json:"version"`
	Diagnostics []diagnostic `json:"diagnostics"`
}

type diagnostic struct {
	Range    span            `json:"range"`
	Severity int             `json:"severity"`
	Code     string          `json:"code"`
	Source   string          `json:"source"`
	Message  string          `json:"message"`
	Data     json.RawMessage `json:"data,omitempty"`
}

type codeAction struct {
	Title       string `json:"title"`
	IsPreferred bool   `json:"isPreferred"`
	Edit        struct {
		Changes map[string][]textEdit `json:"changes"`
	} `json:"edit"`
}

// start starts the server in dir and introduces the client.
func start(ctx context.Context, server, dir string) (*client, error) {
	c := &client{
		cmd:     exec.CommandContext(ctx, server),
		waiting: map[string]chan message{}, last: map[string]published{},
		news: make(chan struct{}), ended: make(chan struct{}),
	}
	c.cmd.Dir, c.cmd.Stderr = dir, os.Stderr
	in, err := c.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	c.in = in
	go c.read(out)
	root := object{"uri": fileURI(dir), "name": filepath.Base(dir)}
	if err := c.call(ctx, "initialize", object{
		"processId": os.Getpid(), "rootUri": root["uri"], "workspaceFolders": []object{root},
		"clientInfo": object{"name": "dataflow demo"},
		"capabilities": object{
			"textDocument": object{
				"publishDiagnostics": object{"versionSupport": true},
				"codeAction": object{"isPreferredSupport": true, "codeActionLiteralSupport": object{
					"codeActionKind": object{"valueSet": []string{"quickfix"}},
				}},
				"hover": object{"contentFormat": []string{"markdown"}},
			},
		},
	}, nil); err != nil {
		c.kill()
		return nil, err
	}
	return c, c.notify("initialized", object{})
}

// read takes in what the server sends until it ends.
func (c *client) read(out io.Reader) {
	defer close(c.ended)
	in := textproto.NewReader(bufio.NewReader(out))
	for {
		header, err := in.ReadMIMEHeader()
		if err != nil {
			return
		}
		n, err := strconv.Atoi(header.Get("Content-Length"))
		if err != nil {
			return
		}
		body := make([]byte, n)
		if _, err := io.ReadFull(in.R, body); err != nil {
			return
		}
		var m message
		if json.Unmarshal(body, &m) != nil {
			return
		}
		c.receive(m)
	}
}

func (c *client) receive(m message) {
	switch {
	case m.Method == "textDocument/publishDiagnostics":
		var p published
		if json.Unmarshal(m.Params, &p) == nil {
			c.mu.Lock()
			c.last[p.URI] = p
			close(c.news)
			c.news = make(chan struct{})
			c.mu.Unlock()
		}
	case m.Method != "" && m.ID != nil:
		// What servers ask an editor for, such as its settings, has a null here.
		_ = c.send(message{ID: m.ID, Result: json.RawMessage("null")})
	case m.Method == "" && m.ID != nil:
		c.mu.Lock()
		answer := c.waiting[string(m.ID)]
		delete(c.waiting, string(m.ID))
		c.mu.Unlock()
		if answer != nil {
			answer <- m
		}
	}
}

func (c *client) send(m message) error {
	m.JSONRPC = "2.0"
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	c.writing.Lock()
	defer c.writing.Unlock()
	_, err = fmt.Fprintf(c.in, "Content-Length: %d\r\n\r\n%s", len(body), body)
	return err
}

func (c *client) notify(method string, params any) error {
	raw, err := json.Marshal(params)
	if err != nil {
		return err
	}
	return c.send(message{Method: method, Params: raw})
}

// call asks the server and reads its answer into result, which may be nil.
func (c *client) call(ctx context.Context, method string, params, result any) error {
	var raw json.RawMessage
	if params != nil {
		var err error
		if raw, err = json.Marshal(params); err != nil {
			return err
		}
	}
	answer := make(chan message, 1)
	c.mu.Lock()
	c.calls++
	id := strconv.Itoa(c.calls)
	c.waiting[id] = answer
	c.mu.Unlock()
	if err := c.send(message{ID: json.RawMessage(id), Method: method, Params: raw}); err != nil {
		return err
	}
	select {
	case m := <-answer:
		if m.Error != nil {
			return fmt.Errorf("%s: %s", method, m.Error.Message)
		}
		if result == nil || m.Result == nil {
			return nil
		}
		return json.Unmarshal(m.Result, result)
	case <-c.ended:
		return fmt.Errorf("%s: the server has ended", method)
	case <-ctx.Done():
		return fmt.Errorf("%s: %w", method, ctx.Err())
	}
}

// diagnostics waits for the diagnostics of a version of a document that are as
// expected.
func (c *client) diagnostics(ctx context.Context, uri string, version int, expected func([]diagnostic) bool) ([]diagnostic, error) {
	for {
		c.mu.Lock()
		p, ok := c.last[uri]
		news := c.news
		c.mu.Unlock()
		if ok && p.Version >= version && expected(p.Diagnostics) {
			return p.Diagnostics, nil
		}
		select {
		case <-news:
		case <-c.ended:
			return nil, errors.New("the server has ended")
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// stop ends the server as the protocol asks.
func (c *client) stop(ctx context.Context) error {
	if err := c.call(ctx, "shutdown", nil, nil); err != nil {
		return err
	}
	if err := c.notify("exit", nil); err != nil {
		return err
	}
	<-c.ended
	return c.cmd.Wait()
}

// kill ends the server where the story broke off. After stop it does nothing.
func (c *client) kill() {
	if c.cmd.ProcessState == nil {
		_ = c.cmd.Process.Kill()
		_ = c.cmd.Wait()
	}
}

func fileURI(file string) string {
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(file)}).String()
}
