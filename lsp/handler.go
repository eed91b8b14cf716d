package lsp

import (
	"context"
	"encoding/json"
	"errors"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/internal/devrun"
)

// A call answers a request. It runs on a goroutine of its own; what it must see
// of the open documents is in the snapshot, taken when the request was read.
type call func(ctx context.Context, s *server, snap *snapshot, params json.RawMessage) (any, error)

// A note takes a notification. It runs on the goroutine that reads, so it must
// be quick and must not wait for the client.
type note func(s *server, params json.RawMessage) error

// answer makes a call of a method with typed parameters and result.
func answer[P, R any](f func(*server, context.Context, *snapshot, *P) (R, error)) call {
	return func(ctx context.Context, s *server, snap *snapshot, raw json.RawMessage) (any, error) {
		p, err := decode[P](raw)
		if err != nil {
			return nil, err
		}
		return f(s, ctx, snap, p)
	}
}

// take makes a note of a method with typed parameters.
func take[P any](f func(*server, *P) error) note {
	return func(s *server, raw json.RawMessage) error {
		p, err := decode[P](raw)
		if err != nil {
			return err
		}
		return f(s, p)
	}
}

func decode[P any](raw json.RawMessage) (*P, error) {
	p := new(P)
	if len(raw) == 0 {
		return p, nil
	}
	if err := protocol.Unmarshal(raw, p); err != nil {
		return nil, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "the parameters cannot be read: %v", err)
	}
	return p, nil
}

// handler is the chain that every message passes, outermost first: cancellation
// by id, recovery from panics, the life cycle, the method itself.
//
// It replaces the stock chain of package protocol, in which notifications
// overtake each other and in which a panic, an unknown notification or an
// undecodable parameter ends the connection.
func (s *server) handler() jsonrpc2.Handler {
	return func(ctx context.Context, req *jsonrpc2.Request) (any, error) {
		if req.Method() == protocol.MethodCancelRequest {
			if id, ok := cancelledID(req.Params()); ok {
				s.inFlight.cancel(id)
			}
			return nil, nil
		}
		return s.handle(ctx, req)
	}
}

// inFlight are the requests that are being answered. It is safe for concurrent use.
type inFlight struct {
	mu   sync.Mutex
	byID map[jsonrpc2.ID]context.CancelFunc // guarded by mu
}

// begin returns a context for a request that $/cancelRequest ends, and what to
// call when it is answered.
//
// The context comes from the session's. One made from the request's own would
// be wrong: the connection reuses that once the handler has returned, while
// package context may still look at it. For the same reason jsonrpc2's
// CancelHandler is not used.
func (f *inFlight) begin(session context.Context, id jsonrpc2.ID) (context.Context, func()) {
	if text, ok := id.StringValue(); ok {
		id = jsonrpc2.NewStringID(strings.Clone(text))
	}
	ctx, cancel := context.WithCancel(session)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.byID == nil {
		f.byID = map[jsonrpc2.ID]context.CancelFunc{}
	}
	f.byID[id] = cancel
	return ctx, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.byID, id)
		cancel()
	}
}

func (f *inFlight) cancel(id jsonrpc2.ID) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if cancel := f.byID[id]; cancel != nil {
		cancel()
	}
}

func (s *server) handle(ctx context.Context, req *jsonrpc2.Request) (result any, err error) {
	// The request's own strings are only lent until the read loop goes on.
	method := strings.Clone(req.Method())
	isCall := req.IsCall()
	trace := s.trace.received(method, req)
	began := time.Now()
	defer func() {
		s.counters.note(s.counted(method), time.Since(began))
		if r := recover(); r != nil {
			s.log.Error("internal error in "+method, "panic", r, "stack", string(debug.Stack()))
			result, err = nil, jsonrpc2.Errorf(jsonrpc2.InternalError, "internal error in %s: %v", method, r)
		}
		if !isCall {
			// An error here would end the connection.
			if err != nil {
				s.log.Error("notification not handled", "method", method, "error", err)
			}
			result, err = nil, nil
		}
		err = wireError(err)
		trace.answered(err)
	}()

	admitted := s.life.admit(method, isCall)
	if !isCall {
		if admitted != nil {
			return nil, admitted
		}
		if f, ok := s.notes[method]; ok {
			return nil, f(s, json.RawMessage(req.Params()))
		}
		return nil, nil
	}
	snap := s.documents.snapshot()
	work, done := s.inFlight.begin(s.ctx, req.ID())
	defer done()
	if method != protocol.MethodInitialize {
		// From here on the next message is read, though the client may not read the
		// answer yet. Initialize alone holds it up, so that whatever follows finds a
		// server that knows its client.
		jsonrpc2.Async(ctx)
	}
	if admitted != nil {
		return nil, admitted
	}
	f, ok := s.calls[method]
	if !ok {
		return nil, jsonrpc2.Errorf(jsonrpc2.MethodNotFound, "the method %q is not supported", method)
	}
	return f(work, s, snap, json.RawMessage(req.Params()))
}

// counted is a method as it is counted: a client may send any.
func (s *server) counted(method string) string {
	if s.calls[method] == nil && s.notes[method] == nil {
		return "others"
	}
	return method
}

// wireError gives an error the code that a client can act on.
func wireError(err error) error {
	if err == nil {
		return nil
	}
	var wire *jsonrpc2.Error
	if errors.As(err, &wire) {
		return wire
	}
	if errors.Is(err, context.Canceled) {
		return protocol.ErrRequestCancelled
	}
	var known *errcatalog.Error
	if errors.As(err, &known) {
		return failed(string(known.Code)+": "+known.Message, devrun.Errors(err))
	}
	return jsonrpc2.NewError(jsonrpc2.InternalError, err.Error())
}

// failed is the answer to a request that could not be carried out for reasons of
// the catalogue. A client shows the message; the pages go along as data.errors.
func failed(message string, errs []*errcatalog.Error) error {
	data, err := json.Marshal(map[string]any{"errors": errs})
	if err != nil {
		data = nil
	}
	return &jsonrpc2.Error{Code: jsonrpc2.Code(protocol.LSPErrorCodesRequestFailed), Message: message, Data: data}
}

// cancelledID reads the id in the parameters of $/cancelRequest. Clients send
// numbers, strings, and, by mistake, null or nothing.
func cancelledID(params []byte) (jsonrpc2.ID, bool) {
	var p struct {
		ID json.RawMessage `json:"id"`
	}
	if json.Unmarshal(params, &p) != nil {
		return jsonrpc2.ID{}, false
	}
	var text string
	if json.Unmarshal(p.ID, &text) == nil && len(p.ID) > 0 && p.ID[0] == '"' {
		return jsonrpc2.NewStringID(text), true
	}
	n, err := strconv.ParseInt(string(p.ID), 10, 64)
	return jsonrpc2.NewNumberID(n), err == nil
}
