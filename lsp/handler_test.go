package lsp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/lsp"
)

// newClientWith starts a server that has methods of the test's own, and shakes hands.
func newClientWith(t *testing.T, calls map[string]func(context.Context) (any, error), notes map[string]func() error) *client {
	t.Helper()
	c := serve(t, func(stream io.ReadWriteCloser) int {
		return lsp.ServeWith(context.Background(), stream, calls, notes)
	})
	c.start("", object{})
	return c
}

// pong asserts that the connection is alive.
func (c *client) pong() {
	c.t.Helper()
	var answer string
	c.mustCall("test/ping", nil, &answer)
	if answer != "pong" {
		c.t.Fatalf("ping answered %q", answer)
	}
}

func ping(context.Context) (any, error) { return "pong", nil }

func TestFaultsOfOneMessageLeaveTheConnectionAlive(t *testing.T) {
	t.Parallel()
	c := newClientWith(t,
		map[string]func(context.Context) (any, error){
			"test/ping":  ping,
			"test/panic": func(context.Context) (any, error) { panic("oh") },
			"test/fails": func(context.Context) (any, error) { return nil, errors.New("it failed") },
			"test/coded": func(context.Context) (any, error) {
				return nil, fmt.Errorf("wrapped: %w", errcatalog.New(errcatalog.Finding{Code: errcatalog.DF101, Message: "no email"}))
			},
		},
		map[string]func() error{
			"test/notePanics": func() error { panic("oh") },
			"test/noteFails":  func() error { return errors.New("it failed") },
		})

	c.misbehave()
	calls := []struct {
		method, message string
		params          any
		code            int
	}{
		{method: "test/panic", code: -32603, message: "oh"},
		{method: "test/fails", code: -32603, message: "it failed"},
		{method: "test/coded", code: -32803, message: "DF-101: no email"},
		{method: "nobody/knows", code: -32601, message: "nobody/knows"},
		{method: "nobody/knows", params: object{"a": 1}, code: -32601, message: "nobody/knows"},
		{method: "$/nobodyKnows", params: []int{1}, code: -32601, message: "$/nobodyKnows"},
		{method: "textDocument/hover", params: "no object", code: -32602},
		{method: "textDocument/hover", params: object{"textDocument": 1, "position": "x"}, code: -32602},
		{method: "workspace/executeCommand", params: object{"command": "dataflow.server.nothing"}, code: -32602, message: "dataflow.server.run"},
		{method: "workspace/executeCommand", params: object{"command": "dataflow.server.run", "arguments": []any{object{"uri": "file:///a.go", "comit": true}}}, code: -32602, message: "comit"},
		{method: "initialize", params: object{}, code: -32600, message: "twice"},
	}
	for _, tt := range calls {
		err := c.call(tt.method, tt.params, nil)
		var rpc *rpcError
		if !errors.As(err, &rpc) || rpc.Code != tt.code || !strings.Contains(rpc.Message, tt.message) {
			t.Errorf("%s %v: %v, want code %d and %q", tt.method, tt.params, err, tt.code, tt.message)
		}
		c.pong()
	}
	for _, note := range []struct {
		method string
		params any
	}{
		{"test/notePanics", nil}, {"test/noteFails", nil},
		{"$/nobodyKnows", object{}}, {"$/nobodyKnows", nil}, {"nobody/knows", nil},
		{"textDocument/didOpen", "no object"}, {"textDocument/didOpen", nil},
		{"textDocument/didChange", object{"textDocument": object{"uri": "file:///not/open.go", "version": 2}, "contentChanges": []any{object{"text": ""}}}},
		{"textDocument/didClose", object{"textDocument": object{"uri": "untitled:Untitled-1"}}},
		{"$/cancelRequest", object{"id": nil}}, {"$/cancelRequest", object{"id": 1.5}}, {"$/cancelRequest", object{"id": 99999}},
		{"$/cancelRequest", object{"id": "none"}}, {"$/cancelRequest", object{}}, {"$/cancelRequest", nil}, {"$/cancelRequest", []int{}},
		{"window/workDoneProgress/cancel", object{"token": "none"}}, {"$/setTrace", object{"value": "loud"}},
		{"workspace/didChangeWatchedFiles", object{"changes": []any{object{"uri": "git:/a.go", "type": 2}}}},
	} {
		c.notify(note.method, note.params)
		c.pong()
	}
	c.until("the panics in the client's log", func() bool {
		logged := 0
		for _, p := range c.of("window/logMessage") {
			if strings.Contains(string(p), "internal error") && strings.Contains(string(p), "handler_test.go") {
				logged++
			}
		}
		return logged == 2
	})
}

func TestCancelledRequestAnswersRequestCancelled(t *testing.T) {
	t.Parallel()
	started := make(chan struct{}, 1)
	c := newClientWith(t, map[string]func(context.Context) (any, error){
		"test/ping": ping,
		"test/wait": func(ctx context.Context) (any, error) {
			started <- struct{}{}
			<-ctx.Done()
			return nil, fmt.Errorf("gave up: %w", ctx.Err())
		},
	}, nil)
	id, answer := c.send("test/wait", nil)
	<-started
	c.pong() // another request is not held up by the one that waits
	c.notify("$/cancelRequest", object{"id": id})
	var rpc *rpcError
	if err := c.await(answer, nil); !errors.As(err, &rpc) || rpc.Code != -32800 {
		t.Errorf("cancelled by number: %v, want -32800", err)
	}

	// Ids may be strings.
	text := make(chan message, 1)
	c.mu.Lock()
	c.waiting[`"id-1"`] = text
	c.mu.Unlock()
	c.write(object{"jsonrpc": "2.0", "id": "id-1", "method": "test/wait"})
	<-started
	c.notify("$/cancelRequest", object{"id": "id-1"})
	if err := c.await(text, nil); !errors.As(err, &rpc) || rpc.Code != -32800 {
		t.Errorf("cancelled by string: %v, want -32800", err)
	}
	c.pong()
}

func TestNotificationsKeepTheirOrder(t *testing.T) {
	t.Parallel()
	const n = 10_000
	var last, outOfOrder atomic.Int64
	notes := map[string]func() error{}
	for i := range n {
		notes["test/note"+strconv.Itoa(i)] = func() error {
			if last.Swap(int64(i)+1) != int64(i) {
				outOfOrder.Add(1)
			}
			return nil
		}
	}
	c := newClientWith(t, map[string]func(context.Context) (any, error){"test/ping": ping}, notes)
	for i := range n {
		c.notify("test/note"+strconv.Itoa(i), nil)
	}
	c.pong()
	if last.Load() != n || outOfOrder.Load() != 0 {
		t.Errorf("%d of %d notifications came, %d out of order", last.Load(), n, outOfOrder.Load())
	}
}

func TestLifeCycle(t *testing.T) {
	t.Parallel()
	wantCode := func(t *testing.T, c *client, want int) {
		t.Helper()
		select {
		case <-c.served:
		case <-time.After(patience):
			t.Fatal("the server does not end")
		}
		if c.code != want {
			t.Errorf("exit status %d, want %d", c.code, want)
		}
	}
	t.Run("exit after shutdown is 0", func(t *testing.T) {
		t.Parallel()
		c := newClient(t)
		c.start("", object{})
		c.mustCall("shutdown", nil, nil)
		c.misbehave()
		var rpc *rpcError
		if err := c.call("textDocument/hover", object{}, nil); !errors.As(err, &rpc) || rpc.Code != -32600 {
			t.Errorf("a request after shutdown: %v, want -32600", err)
		}
		c.notify("exit", nil)
		wantCode(t, c, 0)
	})
	t.Run("exit without shutdown is 1", func(t *testing.T) {
		t.Parallel()
		c := newClient(t)
		c.start("", object{})
		c.notify("exit", nil)
		wantCode(t, c, 1)
	})
	t.Run("exit before initialize is 1", func(t *testing.T) {
		t.Parallel()
		c := newClient(t)
		c.notify("exit", nil)
		wantCode(t, c, 1)
	})
	t.Run("end of input is 1", func(t *testing.T) {
		t.Parallel()
		c := newClient(t)
		c.start("", object{})
		_ = c.stream.Close()
		wantCode(t, c, 1)
	})
	t.Run("a frame that cannot be read ends the session", func(t *testing.T) {
		t.Parallel()
		c := newClient(t)
		c.start("", object{})
		c.writeRaw("Content-Length: many\r\n\r\n{}")
		wantCode(t, c, 1)
	})
	t.Run("requests before initialize are refused", func(t *testing.T) {
		t.Parallel()
		c := newClient(t)
		c.misbehave()
		var rpc *rpcError
		for _, method := range []string{"textDocument/hover", "shutdown", "nobody/knows"} {
			if err := c.call(method, object{}, nil); !errors.As(err, &rpc) || rpc.Code != -32002 {
				t.Errorf("%s before initialize: %v, want -32002", method, err)
			}
		}
		c.start("", object{})
	})
	t.Run("a failed initialize may be tried again", func(t *testing.T) {
		t.Parallel()
		c := newClient(t)
		c.misbehave()
		var rpc *rpcError
		if err := c.call("initialize", []int{1}, nil); !errors.As(err, &rpc) || rpc.Code != -32602 {
			t.Errorf("initialize with a list: %v, want -32602", err)
		}
		c.start("", object{})
	})
}

func TestInitializeToleratesPoorClients(t *testing.T) {
	t.Parallel()
	for name, params := range map[string]any{
		"nothing":           object{},
		"nulls":             object{"processId": nil, "rootUri": nil, "capabilities": nil, "workspaceFolders": nil, "trace": nil},
		"null capabilities": object{"capabilities": object{"textDocument": nil, "workspace": nil, "window": nil, "general": nil}},
		"untitled root":     object{"rootUri": "untitled:x", "capabilities": object{}},
		"process by name":   object{"processId": "editor", "capabilities": object{}},
		"half a process":    object{"processId": 1.5, "capabilities": object{}},
		"negative process":  object{"processId": -7, "capabilities": object{}},
		"huge process":      object{"processId": 1e300, "capabilities": object{}},
		"process in a list": object{"processId": []int{1}, "capabilities": object{}},
		"dead process":      object{"processId": 1 << 30, "capabilities": object{}},
		"unknown fields":    object{"capabilities": object{"textDocument": object{"hover": object{"nobody": 1}}}, "x": 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t)
			c.misbehave()
			var result struct {
				ServerInfo   struct{ Name, Version string }
				Capabilities struct {
					PositionEncoding string
					TextDocumentSync struct{ Change int }
				}
			}
			c.mustCall("initialize", params, &result)
			if result.ServerInfo.Name != "dataflow-lsp" || result.ServerInfo.Version != "test" {
				t.Errorf("server %+v, want dataflow-lsp test", result.ServerInfo)
			}
			if result.Capabilities.PositionEncoding != "utf-16" || result.Capabilities.TextDocumentSync.Change != 2 {
				t.Errorf("capabilities %+v, want UTF-16 and incremental changes", result.Capabilities)
			}
			c.mustCall("shutdown", nil, nil)
		})
	}
}
