package lsp

import (
	"bytes"
	"context"
	"log/slog"
	"regexp"
	"sync"
	"sync/atomic"
	"time"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
)

// A clientLog is a slog.Handler that writes to the client's log
// (window/logMessage), and to a further handler where one is given.
type clientLog struct {
	out  *outbox
	also slog.Handler // nil: the client's log alone
	text *textLine
}

// A textLine renders records as one line of text.
type textLine struct {
	mu      *sync.Mutex
	buf     *bytes.Buffer // guarded by mu
	handler slog.Handler  // writes to buf
}

func newClientLog(out *outbox, also slog.Handler) *clientLog {
	buf := new(bytes.Buffer)
	noPrefix := func(_ []string, a slog.Attr) slog.Attr {
		switch a.Key {
		case slog.TimeKey, slog.LevelKey, slog.MessageKey:
			return slog.Attr{}
		}
		return a
	}
	handler := slog.NewTextHandler(buf, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: noPrefix})
	return &clientLog{out: out, also: also, text: &textLine{mu: new(sync.Mutex), buf: buf, handler: handler}}
}

// Enabled reports whether a record of the level goes anywhere: to the client
// from Info on.
func (l *clientLog) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelInfo || l.also != nil && l.also.Enabled(ctx, level)
}

// Handle writes the record.
func (l *clientLog) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= slog.LevelInfo {
		line, err := l.text.render(ctx, r)
		if err != nil {
			return err
		}
		l.out.sendLog(protocol.MethodWindowLogMessage, &protocol.LogMessageParams{Type: messageType(r.Level), Message: line})
	}
	if l.also != nil && l.also.Enabled(ctx, r.Level) {
		return l.also.Handle(ctx, r)
	}
	return nil
}

// WithAttrs returns a handler that adds attributes to each record.
func (l *clientLog) WithAttrs(attrs []slog.Attr) slog.Handler {
	return l.with(func(h slog.Handler) slog.Handler { return h.WithAttrs(attrs) })
}

// WithGroup returns a handler that puts further attributes into a group.
func (l *clientLog) WithGroup(name string) slog.Handler {
	return l.with(func(h slog.Handler) slog.Handler { return h.WithGroup(name) })
}

func (l *clientLog) with(f func(slog.Handler) slog.Handler) slog.Handler {
	next := &clientLog{out: l.out, text: &textLine{mu: l.text.mu, buf: l.text.buf, handler: f(l.text.handler)}}
	if l.also != nil {
		next.also = f(l.also)
	}
	return next
}

func (t *textLine) render(ctx context.Context, r slog.Record) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf.Reset()
	if err := t.handler.Handle(ctx, r); err != nil {
		return "", err
	}
	line := r.Message
	if attrs := bytes.TrimSpace(t.buf.Bytes()); len(attrs) > 0 {
		line += " " + string(attrs)
	}
	return withoutSecrets(line), nil
}

var password = regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*://[^\s:/@"]*):[^\s@"]+@`)

// withoutSecrets hides the password of every URL in a text. Errors name
// databases without it already; this is for what others put into theirs.
func withoutSecrets(s string) string { return password.ReplaceAllString(s, "$1:***@") }

func messageType(level slog.Level) protocol.MessageType {
	switch {
	case level >= slog.LevelError:
		return protocol.MessageTypeError
	case level >= slog.LevelWarn:
		return protocol.MessageTypeWarning
	case level >= slog.LevelInfo:
		return protocol.MessageTypeInfo
	}
	return protocol.MessageTypeLog
}

// A tracer tells the client what the server receives and answers
// ($/logTrace), as far as the client asked for it ($/setTrace).
type tracer struct {
	out   *outbox
	value atomic.Value // protocol.TraceValue
}

func (t *tracer) set(v protocol.TraceValue) { t.value.Store(v) }

func (t *tracer) level() protocol.TraceValue {
	v, _ := t.value.Load().(protocol.TraceValue)
	return v
}

// A traced message is one that was received. The zero value traces nothing.
type traced struct {
	tracer *tracer
	method string
	start  time.Time
	isCall bool
}

func (t *tracer) received(method string, req *jsonrpc2.Request) traced {
	level := t.level()
	if level != protocol.TraceValueMessages && level != protocol.TraceValueVerbose {
		return traced{}
	}
	m := traced{tracer: t, method: method, start: time.Now(), isCall: req.IsCall()}
	kind := "notification"
	if m.isCall {
		kind = "request"
	}
	params := &protocol.LogTraceParams{Message: "Received " + kind + " '" + method + "'"}
	if level == protocol.TraceValueVerbose {
		params.Verbose = new(withoutSecrets(string(req.Params())))
	}
	t.out.sendLog(protocol.MethodLogTrace, params)
	return m
}

func (m traced) answered(err error) {
	if m.tracer == nil || !m.isCall {
		return
	}
	message := "Sent response '" + m.method + "' after " + time.Since(m.start).Round(time.Microsecond).String()
	if err != nil {
		message += ": " + withoutSecrets(err.Error())
	}
	m.tracer.out.sendLog(protocol.MethodLogTrace, &protocol.LogTraceParams{Message: message})
}

// setTrace is sent when the user changes how much is traced.
func setTrace(s *server, p *protocol.SetTraceParams) error {
	s.trace.set(p.Value)
	return nil
}
