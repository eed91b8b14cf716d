package lsp

import (
	"context"
	"sync"

	"go.lsp.dev/jsonrpc2"
)

// maxQueuedLogs bounds the log messages that wait for a client that does not read.
const maxQueuedLogs = 1000

// An outbox sends notifications to the client, one after another, from one
// goroutine. A client that does not read blocks that goroutine and no other.
// It is safe for concurrent use.
type outbox struct {
	wake chan struct{}

	mu    sync.Mutex
	queue []outgoing // guarded by mu
}

type outgoing struct {
	key    string // of equal keys only the newest waits; "" is no key
	method string
	params any
	sent   chan struct{} // closed in place of sending; nil for a notification
}

func newOutbox() *outbox { return &outbox{wake: make(chan struct{}, 1)} }

// send queues a notification. One that still waits under the same key is
// replaced, for its content is out of date.
func (o *outbox) send(key, method string, params any) {
	o.push(outgoing{key: key, method: method, params: params})
}

// sendLog queues a log message, or drops it when too many wait.
func (o *outbox) sendLog(method string, params any) {
	o.mu.Lock()
	full := len(o.queue) > maxQueuedLogs
	o.mu.Unlock()
	if !full {
		o.push(outgoing{method: method, params: params})
	}
}

// flush returns when all that was queued before is sent, or ctx is done.
func (o *outbox) flush(ctx context.Context) {
	sent := make(chan struct{})
	o.push(outgoing{sent: sent})
	select {
	case <-sent:
	case <-ctx.Done():
	}
}

func (o *outbox) push(m outgoing) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if m.key != "" {
		for i := range o.queue {
			if o.queue[i].key == m.key {
				o.queue[i] = m
				return
			}
		}
	}
	o.queue = append(o.queue, m)
	select {
	case o.wake <- struct{}{}:
	default:
	}
}

// run sends until ctx is done.
func (o *outbox) run(ctx context.Context, conn jsonrpc2.Conn) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-o.wake:
		}
		for m, ok := o.pop(); ok; m, ok = o.pop() {
			if m.sent != nil {
				close(m.sent)
				continue
			}
			if err := conn.Notify(ctx, m.method, m.params); err != nil {
				return // the connection is gone, and with it whom to tell
			}
		}
	}
}

func (o *outbox) pop() (outgoing, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.queue) == 0 {
		return outgoing{}, false
	}
	m := o.queue[0]
	o.queue[0] = outgoing{}
	o.queue = o.queue[1:]
	return m, true
}
