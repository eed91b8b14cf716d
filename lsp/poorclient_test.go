package lsp_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/tools/txtar"
)

// A client that does not read for a while loses nothing that still matters: answers wait
// for it, and of the diagnostics of a file the newest.
func TestClientThatReadsLate(t *testing.T) {
	t.Parallel()
	dir := workspace(t, txtar.Parse([]byte(commandShop)))
	file := filepath.Join(dir, "shop.go")
	c := newClient(t)
	c.start(dir, fullCapabilities)
	text := readFile(t, file)
	c.open(file, text)
	c.mustCall("textDocument/hover", aboutPlace(file, position{12, 20}), nil)

	<-c.reading
	c.mu.Lock()
	c.seen = nil
	c.mu.Unlock()
	const edits = 50
	var answers []<-chan message
	for i := range edits {
		c.replace(file, 2+i, strings.Replace(text, `"name"`, fmt.Sprintf(`"nam%d"`, i), 1))
		_, answer := c.send("textDocument/hover", aboutPlace(file, position{12, 20}))
		_, refused := c.send("test/nothing", nil)
		answers = append(answers, answer, refused)
		time.Sleep(20 * time.Millisecond) // for diagnostics of each
	}
	c.reading <- struct{}{}
	for i, answer := range answers {
		err := c.await(answer, nil)
		var rpc *rpcError
		if known := i%2 == 0; known && err != nil || !known && (!errors.As(err, &rpc) || rpc.Code != -32601) {
			t.Errorf("request %d: %v", i, err)
		}
	}
	c.diagnostics(file, 1+edits, "the newest mistake", has("DF-111"))
	c.mu.Lock()
	defer c.mu.Unlock()
	if told := c.of("textDocument/publishDiagnostics"); len(told) > 5 {
		t.Errorf("told %d times of %d edits", len(told), edits)
	}
}

// One that never reads is held up, before what it asked for fills the memory.
func TestClientThatOnlySends(t *testing.T) {
	t.Parallel()
	var handled atomic.Int64
	c := newClientWith(t, map[string]func(context.Context) (any, error){
		"test/ping": func(context.Context) (any, error) { handled.Add(1); return "pong", nil },
	}, nil)
	<-c.reading
	const asked = 5000
	answers := make(chan (<-chan message), asked)
	go func() {
		for range asked {
			_, answer := c.send("test/ping", nil)
			answers <- answer
		}
		close(answers)
	}()
	// Wait until the server has come to rest.
	for last := int64(-1); handled.Load() < asked && (last < 500 || handled.Load() > last); time.Sleep(100 * time.Millisecond) {
		last = handled.Load()
	}
	if n := handled.Load(); n > asked/2 {
		t.Errorf("%d of %d requests were handled, and none of the answers read", n, asked)
	}
	c.reading <- struct{}{}
	for answer := range answers {
		if err := c.await(answer, nil); err != nil {
			t.Fatal(err)
		}
	}
}

// The session ends when its client goes, read or not.
func TestClientThatLeavesWithoutReading(t *testing.T) {
	t.Parallel()
	c := newClientWith(t, map[string]func(context.Context) (any, error){"test/ping": ping}, nil)
	<-c.reading
	for range 100 {
		c.send("test/ping", nil)
	}
	_ = c.stream.Close()
	select {
	case <-c.served:
	case <-time.After(patience):
		t.Error("the server does not end")
	}
	c.reading <- struct{}{}
}

// One that says exit and does not read is not waited for.
func TestClientThatExitsWithoutReading(t *testing.T) {
	t.Parallel()
	c := newClientWith(t, map[string]func(context.Context) (any, error){"test/ping": ping}, nil)
	<-c.reading
	for range 100 {
		c.send("test/ping", nil)
	}
	c.notify("exit", nil)
	select {
	case <-c.served:
	case <-time.After(patience):
		t.Error("the server does not end")
	}
	if _, err := io.WriteString(c.stream, "Content-"); err == nil {
		t.Error("the stream is still open")
	}
	c.reading <- struct{}{}
	c.ends()
}

// A place that is not in the text is one at its end; one that is no place is refused.
func TestPlacesOutsideTheText(t *testing.T) {
	t.Parallel()
	c, _, file := shopClient(t)
	c.misbehave()
	for _, test := range []struct {
		line, character string
		code            int // 0 for none
	}{
		{"2147483647", "2147483647", 0}, {"0", "2147483647", 0}, {"2147483647", "0", 0}, {"4294967295", "4294967295", 0},
		{"-1", "0", -32602}, {"0", "-1", -32602}, {"4294967296", "0", -32602}, {"1e300", "0", -32602},
		{"1.5", "0", -32602}, {`"1"`, "0", -32602}, {"[]", "0", -32602},
	} {
		at := json.RawMessage(`{"line":` + test.line + `,"character":` + test.character + `}`)
		for _, ask := range asked {
			params := ask.params(file, position{})
			switch {
			case params["position"] != nil:
				params["position"] = at
			case params["range"] != nil:
				params["range"] = object{"start": at, "end": position{0, 0}} // reversed, too
			case params["positions"] != nil:
				params["positions"] = []any{at}
			default:
				continue
			}
			err := c.call(ask.method, params, nil)
			var rpc *rpcError
			// What is asked of a place may be refused there.
			if errors.As(err, &rpc) && rpc.Code == -32803 && test.code == 0 {
				continue
			}
			if (err == nil) != (test.code == 0) || err != nil && (!errors.As(err, &rpc) || rpc.Code != test.code) {
				t.Errorf("%s at %s: %v, want code %d", ask.method, at, err, test.code)
			}
		}
	}
}

// A range whose ends are the wrong way round is the same range.
func TestReversedRanges(t *testing.T) {
	t.Parallel()
	c, _, file := shopClient(t)
	c.misbehave()
	text := strings.Replace(readFile(t, file), `"A"`, `"A", "more": 1`, 1)
	c.replace(file, 2, text)
	start, end := placeOf(text, strings.Index(text, `"name"`)), placeOf(text, strings.Index(text, `: "A"`))
	c.notify("textDocument/didChange", object{
		"textDocument":   object{"uri": fileURI(file), "version": 3},
		"contentChanges": []object{{"range": span{end, start}, "text": `"nam"`}},
	})
	text = strings.Replace(text, `"name"`, `"nam"`, 1)
	nam, more := placeOf(text, strings.Index(text, `nam"`)), placeOf(text, strings.Index(text, `more"`))
	found := c.diagnostics(file, 3, "both mistakes, in their places", func(found []diagnostic) bool {
		return slices.ContainsFunc(found, func(d diagnostic) bool { return d.Range.Start == nam }) &&
			slices.ContainsFunc(found, func(d diagnostic) bool { return d.Range.Start == more })
	})
	end = placeOf(text, strings.Index(text, `: "A"`))
	var actions [2][]struct{ Title string }
	for i, at := range []span{{start, end}, {end, start}} {
		c.mustCall("textDocument/codeAction", object{
			"textDocument": object{"uri": fileURI(file)}, "range": at, "context": object{"diagnostics": found},
		}, &actions[i])
	}
	if len(actions[0]) == 0 || fmt.Sprint(actions[0]) != fmt.Sprint(actions[1]) {
		t.Errorf("actions %v, of the reversed range %v", actions[0], actions[1])
	}
	var hints [2]json.RawMessage
	whole := span{position{0, 0}, position{99, 0}}
	for i, at := range []span{whole, {whole.End, whole.Start}} {
		c.mustCall("textDocument/inlayHint", object{"textDocument": object{"uri": fileURI(file)}, "range": at}, &hints[i])
	}
	if string(hints[0]) != string(hints[1]) {
		t.Errorf("hints %s, of the reversed range %s", hints[0], hints[1])
	}
}

// The diagnostics that come with a question are other servers', too, in whatever form.
func TestCodeActionsBesideForeignDiagnostics(t *testing.T) {
	t.Parallel()
	c, _, file := shopClient(t)
	text := strings.Replace(readFile(t, file), `"name"`, `"nam"`, 1)
	c.replace(file, 2, text)
	at := c.diagnostics(file, 2, "the mistake", has("DF-111"))[0].Range
	c.misbehave()
	for _, foreign := range []string{
		`{}`, `null`, `[]`, `"text"`, `[null]`,
		`[{"range":null,"message":null}]`,
		`[{"code":"E1","message":"m","range":{"start":{"line":0,"character":0},"end":{"line":0,"character":0}}}]`,
		`[{"code":1,"message":"m"}]`, `[{"code":1.5}]`, `[{"code":null}]`, `[{"code":{"value":"E1","target":"https://example.com"}}]`,
		`[{"message":{"kind":"markdown","value":"m"},"severity":"high","tags":null,"data":{"a":[1]}}]`,
	} {
		var actions []struct{ Title string }
		c.mustCall("textDocument/codeAction", object{
			"textDocument": object{"uri": fileURI(file)}, "range": at, "context": object{"diagnostics": json.RawMessage(foreign)},
		}, &actions)
		if len(actions) == 0 {
			t.Errorf("no actions beside the diagnostics %s", foreign)
		}
	}
	var actions []struct{ Title string }
	c.mustCall("textDocument/codeAction", object{"textDocument": object{"uri": fileURI(file)}, "range": at}, &actions)
	if len(actions) == 0 {
		t.Error("no actions without a context")
	}
}

// A client without a folder is served, file by file.
func TestFileWithoutAFolder(t *testing.T) {
	t.Parallel()
	dir := workspace(t, txtar.Parse([]byte(unknownParam)))
	file := filepath.Join(dir, "shop.go")
	for name, more := range map[string]object{
		"no folders":    {},
		"null folders":  {"workspaceFolders": nil},
		"an empty list": {"workspaceFolders": []object{}},
		"a null path":   {"rootPath": nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t)
			c.mustCall("initialize", merged(object{"processId": os.Getpid(), "rootUri": nil, "capabilities": fullCapabilities}, more), nil)
			c.notify("initialized", object{})
			c.open(file, readFile(t, file))
			c.diagnostics(file, 1, "the mistake", has("DF-111"))
		})
	}
}

func merged(base, more object) object {
	all := maps.Clone(base)
	maps.Copy(all, more)
	return all
}
