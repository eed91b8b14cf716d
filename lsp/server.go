package lsp

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"os"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
)

const serverName = "dataflow-lsp"

// Options set up a server. The zero value serves.
type Options struct {
	Version string // told to the client
	// Log is given what the client's log is given, and debug records, which the
	// client's is not. It may be nil.
	Log slog.Handler
	// CacheDir is where analysis keeps results for the next session; "" is nowhere.
	CacheDir string
}

// How long the end of a session may take: what is being answered when the
// client's last message has come, and what is still at work after that.
const (
	drainTime = 500 * time.Millisecond
	closeTime = time.Second
)

// Serve speaks the protocol over a stream until the client sends exit, the
// stream ends, the client's process dies, or ctx is done. It closes the stream
// and returns the status that the process should exit with: 0 when the client
// sent shutdown before, else 1.
func Serve(ctx context.Context, stream io.ReadWriteCloser, o Options) int {
	work, cancelWork := context.WithCancel(ctx)
	defer cancelWork()
	return newServer(work, cancelWork, o).serve(ctx, stream)
}

func (s *server) serve(ctx context.Context, stream io.ReadWriteCloser) int {
	framed := newFramedStream(stream)
	s.conn = jsonrpc2.NewConn(framed, jsonrpc2.WithCodec(codec{}))
	s.work.Go(func() { s.out.run(s.ctx, s.conn) })
	s.work.Go(func() { s.diagnose.loop(s.ctx) })
	// The connection outlives the work, so that what is cut short is answered so.
	s.conn.Go(context.WithValue(context.WithoutCancel(ctx), answering{}, true), s.handler())

	select {
	case <-ctx.Done():
	case <-s.life.exit:
	case <-s.parentGone:
	case <-s.conn.Done(): // nothing can be written
	case <-framed.ended: // or a frame cannot be read
		within(drainTime, framed.drain)
	}
	s.cancelWork()
	within(drainTime, framed.drain)
	framed.letEnd()
	if !within(closeTime, func() { _ = s.conn.Close() }) {
		// A handler that does not come to its end, or a client that does not
		// read: nothing is left to be said to it.
		_ = stream.Close()
	}
	within(closeTime, s.work.Wait)
	return s.life.code()
}

// within runs f and reports whether it came to its end in time.
func within(limit time.Duration, f func()) bool {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}

// A server is one session with one client.
type server struct {
	options Options
	conn    jsonrpc2.Conn
	calls   map[string]call
	notes   map[string]note

	life       life
	inFlight   inFlight
	documents  *documents
	modules    *modules
	diagnose   *diagnoser
	drift      *drifts
	set        *settings
	runs       *runs
	counters   *counters
	tokens     lastTokens
	progress   *progressTokens
	out        *outbox
	trace      *tracer
	log        *slog.Logger
	parentGone chan struct{} // closed when the client's process has died

	// Set by initialize, before any other message is read.
	client  clientCapabilities
	folders []string // of the goroutine that reads

	ctx        context.Context // done when the session's work is to end
	cancelWork context.CancelFunc
	work       sync.WaitGroup // goroutines that are not requests
}

func newServer(ctx context.Context, cancel context.CancelFunc, o Options) *server {
	out := newOutbox()
	s := &server{
		options:    o,
		calls:      calls(),
		notes:      notes(),
		life:       life{exit: make(chan struct{})},
		documents:  newDocuments(),
		progress:   newProgressTokens(),
		out:        out,
		trace:      &tracer{out: out},
		log:        slog.New(newClientLog(out, o.Log)),
		set:        newSettings(),
		runs:       newRuns(),
		counters:   newCounters(),
		parentGone: make(chan struct{}),
		ctx:        ctx,
		cancelWork: cancel,
	}
	s.modules = newModules(s)
	s.diagnose = newDiagnoser(s)
	s.drift = newDrifts(s)
	return s
}

// calls are the requests that the server answers.
func calls() map[string]call {
	all := map[string]call{
		protocol.MethodInitialize: initialize,
		protocol.MethodShutdown:   shutdown,
	}
	for _, f := range features() {
		maps.Copy(all, f.calls)
	}
	return all
}

// notes are the notifications that the server takes. All others are let pass,
// as the protocol asks.
func notes() map[string]note {
	all := map[string]note{
		protocol.MethodInitialized:                        take(initialized),
		protocol.MethodExit:                               exit,
		protocol.MethodSetTrace:                           take(setTrace),
		protocol.MethodTextDocumentDidOpen:                take(didOpen),
		protocol.MethodTextDocumentDidChange:              take(didChange),
		protocol.MethodTextDocumentDidSave:                take(didSave),
		protocol.MethodTextDocumentDidClose:               take(didClose),
		protocol.MethodWorkspaceDidChangeWatchedFiles:     take(didChangeWatchedFiles),
		protocol.MethodWorkspaceDidChangeWorkspaceFolders: take(didChangeFolders),
		protocol.MethodWindowWorkDoneProgressCancel:       take(cancelProgress),
	}
	for _, f := range features() {
		maps.Copy(all, f.notes)
	}
	return all
}

// spawn runs work that is no answer to a request. It ends with the session; a
// panic in it is logged and ends it alone.
func (s *server) spawn(what string, f func(ctx context.Context) error) {
	s.work.Go(func() {
		err := s.safely(what, func() error { return f(s.ctx) })
		if err != nil && !errors.Is(err, context.Canceled) {
			s.log.Error("cannot "+what, "error", err)
		}
	})
}

// safely runs f; a panic in it is logged and comes back as an error.
func (s *server) safely(what string, f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			s.log.Error("internal error: "+what, "panic", r, "stack", string(debug.Stack()))
			err = jsonrpc2.Errorf(jsonrpc2.InternalError, "internal error: %s: %v", what, r)
		}
	}()
	return f()
}

// watchParent ends the session when the client's process dies without closing
// the stream, as some do that start the server through a shell.
func (s *server) watchParent(pid int) {
	if pid <= 0 || !alive(pid) {
		// Seen from a container, or from another machine, the number means nothing.
		return
	}
	s.work.Go(func() {
		tick := time.NewTicker(drainTime)
		defer tick.Stop()
		for alive(pid) {
			select {
			case <-s.ctx.Done():
				return
			case <-tick.C:
			}
		}
		close(s.parentGone)
	})
}

// alive reports whether a process exists.
func alive(pid int) bool {
	p, err := os.FindProcess(pid)
	if err != nil {
		return false
	}
	defer func() { _ = p.Release() }()
	// Where a signal cannot be sent for another reason (it is another user's
	// process, it is Windows) the process is there.
	return !errors.Is(p.Signal(syscall.Signal(0)), os.ErrProcessDone)
}
