package lsp_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/dataflow-go/dataflow/lsp"
)

// frame is a message as it goes over the wire, whatever it holds.
func frame(body string) string { return fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body) }

// talk gives a server all of its input at once, and returns what it wrote, and its status.
func talk(t *testing.T, calls map[string]func(context.Context) (any, error), bodies ...string) ([]string, int) {
	t.Helper()
	var in strings.Builder
	for _, body := range bodies {
		in.WriteString(frame(body))
	}
	var out bytes.Buffer
	// The last read brings the end along, as one of a file may.
	status := lsp.ServeWith(context.Background(), lsp.Stdio(iotest.DataErrReader(strings.NewReader(in.String())), &out), calls, nil)
	var answers []string
	for r := textproto.NewReader(bufio.NewReader(&out)); ; {
		header, err := r.ReadMIMEHeader()
		if errors.Is(err, io.EOF) {
			return answers, status
		}
		n, lengthErr := strconv.Atoi(header.Get("Content-Length"))
		body := make([]byte, n)
		if _, readErr := io.ReadFull(r.R, body); err != nil || lengthErr != nil || readErr != nil {
			t.Fatalf("frame of %d bytes, header %v: %v, %v", n, header, err, readErr)
		}
		answers = append(answers, string(body))
	}
}

const (
	hello = `{"jsonrpc":"2.0","id":"hello","method":"initialize","params":{"processId":null,"rootUri":null,"capabilities":{}}}`
	over  = `{"jsonrpc":"2.0","id":"over","method":"shutdown"}`
	gone  = `{"jsonrpc":"2.0","method":"exit"}`
)

// A message that cannot be read is answered with why, under its id where it has one; the
// session goes on to its proper end.
func TestUnreadableMessagesAreAnswered(t *testing.T) {
	t.Parallel()
	const parse, invalid, unknown = -32700, -32600, -32601
	for body, want := range map[string]struct {
		id   string // "" for no answer at all
		code int
	}{
		`{`:                                  {"null", parse},
		`not JSON`:                           {"null", parse},
		` `:                                  {"null", parse},
		"\x00\xff":                           {"null", parse},
		`{"jsonrpc":"2.0","id":7,"method":"`: {"null", parse},
		`{"jsonrpc":"2.0","id":7} trailing`:  {"null", parse},
		`[{"jsonrpc":"2.0","id":7`:           {"null", parse},
		`{"jsonrpc":"2.0","id":7,"method":"textDocument/hover","params":{"position":{"line":tru}}}`: {"7", -32602},
		`7`:                             {"null", invalid},
		`"text"`:                        {"null", invalid},
		`null`:                          {"null", invalid},
		`{}`:                            {"null", invalid},
		`[]`:                            {"null", invalid},
		`{"jsonrpc":"2.0","id":7}`:      {"7", invalid},
		`{"id":7,"method":"test/ping"}`: {"7", invalid},
		`{"jsonrpc":"1.0","id":7,"method":"test/ping"}`:                        {"7", invalid},
		`{"jsonrpc":2.0,"id":"seven","method":"test/ping"}`:                    {`"seven"`, invalid},
		`{"jsonrpc":"2.0","id":7,"method":1}`:                                  {"7", invalid},
		`{"jsonrpc":"2.0","id":7,"method":"test/ping","result":1}`:             {"7", invalid},
		`{"jsonrpc":"2.0","id":1.5,"method":"test/ping"}`:                      {"1.5", invalid},
		`{"jsonrpc":"2.0","id":1e300,"method":"test/ping"}`:                    {"1e300", invalid},
		`{"jsonrpc":"2.0","id":123456789012345678901,"method":"test/ping"}`:    {"123456789012345678901", invalid},
		`{"jsonrpc":"2.0","id":[7],"method":"test/ping"}`:                      {"null", invalid},
		`{"jsonrpc":"2.0","id":{},"method":"test/ping"}`:                       {"null", invalid},
		`{"jsonrpc":"2.0","id":true,"method":"test/ping"}`:                     {"null", invalid},
		`{"jsonrpc":"2.0","method":"nobody/knows"}`:                            {},
		`{"jsonrpc":"2.0","id":null,"method":"nobody/knows"}`:                  {},
		`{"jsonrpc":"2.0","id":7,"method":""}`:                                 {"7", unknown},
		`{"jsonrpc":"2.0","id":9223372036854775807,"method":"nobody/knows"}`:   {"9223372036854775807", unknown},
		`{"jsonrpc":"2.0","id":-1,"method":"nobody/knows"}`:                    {"-1", unknown},
		`{"jsonrpc":"2.0","id":"","method":"nobody/knows"}`:                    {`""`, unknown},
		`{"jsonrpc":"2.0","id":"é\n\"😀\"","method":"nobody/knows"}`:            {`"é\n\"😀\""`, unknown},
		`{"jsonrpc":"2.0","id":99,"result":1}`:                                 {},
		`{"jsonrpc":"2.0","id":99,"error":{"code":1.5}}`:                       {},
		`{"jsonrpc":"2.0","id":99,"result":1,"error":{"code":1,"message":""}}`: {},
		`{"id":99,"result":1}`:                                                 {},
		`{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"?"}}`:         {},
	} {
		t.Run(body, func(t *testing.T) {
			t.Parallel()
			got, status := talk(t, nil, hello, body, over, gone)
			if status != 0 {
				t.Errorf("status %d, want 0", status)
			}
			ids := map[string]int{}
			for _, answer := range got {
				var m message
				if err := json.Unmarshal([]byte(answer), &m); err != nil {
					t.Fatalf("answer %s: %v", answer, err)
				}
				ids[string(m.ID)] = 0
				if m.Error != nil {
					ids[string(m.ID)] = m.Error.Code
				}
			}
			wanted := map[string]int{`"hello"`: 0, `"over"`: 0}
			if want.id != "" {
				wanted[want.id] = want.code
			}
			if fmt.Sprint(ids) != fmt.Sprint(wanted) {
				t.Errorf("answers %v, want %v: %s", ids, wanted, got)
			}
		})
	}
}

// The answers to a batch come as one.
func TestBatchIsAnsweredAsOne(t *testing.T) {
	t.Parallel()
	got, status := talk(t, map[string]func(context.Context) (any, error){"test/ping": ping}, hello,
		`[{"jsonrpc":"2.0","id":1,"method":"test/ping"},{"jsonrpc":"2.0","method":"nobody/knows"},7,{"jsonrpc":"2.0","id":"2","method":"test/ping"}]`,
		`[{"jsonrpc":"2.0","method":"nobody/knows"}]`, over, gone)
	if status != 0 || len(got) != 3 {
		t.Fatalf("status %d, answers %s", status, got)
	}
	i := slices.IndexFunc(got, func(answer string) bool { return strings.HasPrefix(answer, "[") })
	if i < 0 {
		t.Fatalf("no batch in %s", got)
	}
	var batch []message
	if err := json.Unmarshal([]byte(got[i]), &batch); err != nil || len(batch) != 3 {
		t.Fatalf("batch %s: %v", got[i], err)
	}
	answers := map[string]string{}
	for _, m := range batch {
		answers[string(m.ID)] = string(m.Result)
	}
	if fmt.Sprint(answers) != `map["2":"pong" 1:"pong" null:]` {
		t.Errorf("batch %s", got[i])
	}
}

// What was asked before the input ends is answered: the work that takes too long, as
// cancelled.
func TestRequestsBeforeTheEndAreAnswered(t *testing.T) {
	t.Parallel()
	calls := map[string]func(context.Context) (any, error){
		"test/brief": func(ctx context.Context) (any, error) {
			select {
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(time.Millisecond):
				return "pong", nil
			}
		},
		"test/wait": func(ctx context.Context) (any, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		},
	}
	const asked = 50
	for name, test := range map[string]struct {
		method, want string
		end          []string
		status       int
	}{
		"answered":                 {"test/brief", `"result":"pong"`, nil, 1},
		"cancelled":                {"test/wait", `-32800`, nil, 1},
		"cancelled by shutdown":    {"test/wait", `-32800`, []string{over}, 0},
		"cancelled before an exit": {"test/wait", `-32800`, []string{gone}, 1},
		"cancelled before both":    {"test/wait", `-32800`, []string{over, gone}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bodies := []string{hello}
			for i := range asked {
				bodies = append(bodies, fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":%q}`, i, test.method))
			}
			got, status := talk(t, calls, append(bodies, test.end...)...)
			n := 0
			for _, answer := range got {
				if strings.Contains(answer, test.want) {
					n++
				}
			}
			if n != asked || status != test.status {
				t.Errorf("status %d, want %d; %d of %d answers have %s: %s", status, test.status, n, asked, test.want, got)
			}
		})
	}
}

// A request after shutdown is refused, however soon it comes.
func TestNothingIsServedAfterShutdown(t *testing.T) {
	t.Parallel()
	got, status := talk(t, map[string]func(context.Context) (any, error){"test/ping": ping},
		hello, over, `{"jsonrpc":"2.0","id":1,"method":"test/ping"}`, strings.Replace(over, "over", "again", 1), gone)
	refused := 0
	for _, answer := range got {
		if strings.Contains(answer, "-32600") {
			refused++
		}
	}
	if refused != 2 || len(got) != 4 || status != 0 {
		t.Errorf("status %d, answers %s", status, got)
	}
}

// Shutdown takes no parameters; some clients send them.
func TestShutdownTakesWhateverComes(t *testing.T) {
	t.Parallel()
	for _, params := range []string{"null", "{}", "[]", `{"force":true}`} {
		got, status := talk(t, nil, hello, `{"jsonrpc":"2.0","id":1,"method":"shutdown","params":`+params+`}`, gone)
		if status != 0 || len(got) != 2 || !slices.Contains(got, `{"jsonrpc":"2.0","id":1,"result":null}`) {
			t.Errorf("shutdown of %s: status %d, answers %s", params, status, got)
		}
	}
}
