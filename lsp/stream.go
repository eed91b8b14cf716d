package lsp

import (
	"context"
	"encoding/json"
	"io"
	"sync"

	"go.lsp.dev/jsonrpc2"
)

// maxUnsent bounds the messages that are ready for a client that does not read. Nothing
// more is read of what it sends until it does.
const maxUnsent = 1000

// A framedStream is the stream of one connection. It does what jsonrpc2 does not: a
// message that cannot be read is answered and does not end the session, for the frames
// after it are whole; the end of the input waits until the requests before it are
// answered, for jsonrpc2 answers nothing after it; and a client that only sends is held
// up.
type framedStream struct {
	jsonrpc2.Stream
	frames frames
	unsent chan struct{} // has an element for each message that is being written

	ended    chan struct{} // closed when the input has ended
	released chan struct{} // closed when the connection may learn that
	endOnce  sync.Once
	release  sync.Once

	mu      sync.Mutex
	waiting int           // frames that are not answered yet; guarded by mu
	drained chan struct{} // closed when none is; guarded by mu
}

// frames is what jsonrpc2 looks for in a stream that may carry batches.
type frames interface {
	ReadFrame(ctx context.Context) ([]byte, int64, error)
	WriteFrame(ctx context.Context, data []byte) (int64, error)
}

func newFramedStream(stream io.ReadWriteCloser) *framedStream {
	s := &framedStream{
		Stream:   jsonrpc2.NewHeaderStream(stream),
		ended:    make(chan struct{}),
		released: make(chan struct{}),
		drained:  make(chan struct{}),
		unsent:   make(chan struct{}, maxUnsent),
	}
	s.frames = s.Stream.(frames)
	close(s.drained)
	return s
}

// answering marks the context that the connection handles requests under, and so
// what it writes in answer to them.
type answering struct{}

// ReadFrame implements frames.
func (s *framedStream) ReadFrame(ctx context.Context) ([]byte, int64, error) {
	for {
		s.beginWrite() // waits for room
		s.endWrite()
		frame, n, err := s.frames.ReadFrame(ctx)
		if err != nil {
			s.endOnce.Do(func() { close(s.ended) })
			<-s.released
			return nil, 0, err
		}
		readable, answered := examine(frame)
		if answered {
			s.expect()
		}
		if readable {
			return frame, n, nil
		}
		if answer := refuse(frame); answer != nil {
			if _, err := s.frames.WriteFrame(ctx, answer); err != nil {
				return nil, 0, err
			}
		}
	}
}

// WriteFrame implements frames: jsonrpc2 answers a batch with it.
func (s *framedStream) WriteFrame(ctx context.Context, data []byte) (int64, error) {
	s.beginWrite()
	defer s.endWrite()
	defer s.wrote(ctx)
	return s.frames.WriteFrame(ctx, data)
}

// Write implements jsonrpc2.Stream.
func (s *framedStream) Write(ctx context.Context, m jsonrpc2.Message) (int64, error) {
	s.beginWrite()
	defer s.endWrite()
	defer s.wrote(ctx)
	return s.Stream.Write(ctx, m)
}

func (s *framedStream) beginWrite() { s.unsent <- struct{}{} }
func (s *framedStream) endWrite()   { <-s.unsent }

// Close ends the wait for answers, too.
func (s *framedStream) Close() error {
	s.letEnd()
	return s.Stream.Close()
}

func (s *framedStream) letEnd() { s.release.Do(func() { close(s.released) }) }

func (s *framedStream) expect() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting == 0 {
		s.drained = make(chan struct{})
	}
	s.waiting++
}

func (s *framedStream) wrote(ctx context.Context) {
	if ctx.Value(answering{}) == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.waiting == 0 {
		return
	}
	if s.waiting--; s.waiting == 0 {
		close(s.drained)
	}
}

// drain returns when what has been read is answered, or nothing more will be.
func (s *framedStream) drain() {
	s.mu.Lock()
	drained := s.drained
	s.mu.Unlock()
	select {
	case <-drained:
	case <-s.released:
	}
}

// examine says whether the connection can read a message, and whether it answers it.
func examine(frame []byte) (readable, answered bool) {
	if m, err := jsonrpc2.DecodeMessage(frame); err == nil {
		_, answered = m.(*jsonrpc2.Call)
		return true, answered
	}
	batch, err := jsonrpc2.ParseRequests(frame)
	if err != nil || len(batch) == 1 && !batch[0].Batch {
		return false, false
	}
	answered = len(batch) == 0 // with one error
	for _, m := range batch {
		_, isCall := m.Msg.(*jsonrpc2.Call)
		answered = answered || isCall || m.Err != nil
	}
	return true, answered
}

// refuse answers a message that cannot be read, under its id where it has one. It is
// nil for an answer of the client's, which nobody answers.
func refuse(frame []byte) []byte {
	var m struct{ ID, Method, Result, Error json.RawMessage }
	id := json.RawMessage("null")
	if err := json.Unmarshal(frame, &m); err == nil {
		if m.Method == nil && (m.Result != nil || m.Error != nil) {
			return nil
		}
		if len(m.ID) > 0 && (m.ID[0] == '"' || m.ID[0] == '-' || '0' <= m.ID[0] && m.ID[0] <= '9') {
			id = m.ID
		}
	}
	wire := &jsonrpc2.Error{Code: jsonrpc2.ParseError, Message: "the message is no JSON"}
	if json.Valid(frame) {
		wire = &jsonrpc2.Error{Code: jsonrpc2.InvalidRequest, Message: `the message is no request of JSON-RPC 2.0 with a "method" and, for an "id", a whole number or a string`}
	}
	answer, err := json.Marshal(struct {
		Version string          `json:"jsonrpc"`
		ID      json.RawMessage `json:"id"`
		Error   *jsonrpc2.Error `json:"error"`
	}{"2.0", id, wire})
	if err != nil {
		return nil
	}
	return answer
}
