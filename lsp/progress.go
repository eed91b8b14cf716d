package lsp

import (
	"context"
	"fmt"
	"sync"

	"go.lsp.dev/protocol"
)

// progressTokens are the bars of progress that are shown. It is safe for concurrent use.
type progressTokens struct {
	mu   sync.Mutex
	last int // guarded by mu
	// shown has what cancels the work, or nil where the user cannot; guarded by mu.
	shown map[protocol.ProgressToken]context.CancelFunc
}

func newProgressTokens() *progressTokens {
	return &progressTokens{shown: map[protocol.ProgressToken]context.CancelFunc{}}
}

// A progress is one bar in the client's window. The zero value shows nothing.
type progress struct {
	s     *server
	token protocol.ProgressToken
}

// beginProgress shows a bar under the client's token or, where that is nil, one
// that the client is asked for. A cancel that is not nil lets the user cancel.
// It calls the client, so it must not run on the goroutine that reads.
func (s *server) beginProgress(ctx context.Context, token protocol.ProgressToken, title string, cancel context.CancelFunc) progress {
	if token == nil {
		if token = s.createProgress(ctx); token == nil {
			return progress{}
		}
	}
	p := progress{s: s, token: token}
	s.progress.mu.Lock()
	s.progress.shown[token] = cancel
	s.progress.mu.Unlock()
	p.send(&protocol.WorkDoneProgressBegin{Kind: "begin", Title: title, Cancellable: new(cancel != nil)})
	return p
}

// createProgress asks the client for a bar. It is nil where there is none.
func (s *server) createProgress(ctx context.Context) protocol.ProgressToken {
	if !s.client.Window.WorkDoneProgress {
		return nil
	}
	s.progress.mu.Lock()
	s.progress.last++
	token := protocol.String(fmt.Sprintf("%s-%d", serverName, s.progress.last))
	s.progress.mu.Unlock()
	// Work does not wait for a client that does not answer.
	ctx, cancel := context.WithTimeout(ctx, closeTime)
	defer cancel()
	if _, err := s.conn.Call(ctx, protocol.MethodWindowWorkDoneProgressCreate, &protocol.WorkDoneProgressCreateParams{Token: token}, nil); err != nil {
		s.log.Debug("no progress bar", "error", err)
		return nil
	}
	return token
}

// report tells how far the work has come: done of total steps. It does nothing once
// the bar has ended.
func (p progress) report(message string, done, total int) {
	if p.s == nil {
		return
	}
	p.s.progress.mu.Lock()
	defer p.s.progress.mu.Unlock()
	if _, shown := p.s.progress.shown[p.token]; !shown {
		return
	}
	r := &protocol.WorkDoneProgressReport{Kind: "report", Message: &message}
	if total > 0 {
		r.Percentage = new(uint32(100 * min(done, total) / total))
	}
	p.send(r)
}

func (p progress) end(message string) {
	if p.s == nil {
		return
	}
	p.s.progress.mu.Lock()
	delete(p.s.progress.shown, p.token)
	p.s.progress.mu.Unlock()
	p.send(&protocol.WorkDoneProgressEnd{Kind: "end", Message: &message})
}

func (p progress) send(value any) {
	if p.s == nil {
		return
	}
	raw, err := protocol.Marshal(value)
	if err != nil {
		p.s.log.Error("progress", "error", err)
		return
	}
	p.s.out.send("", protocol.MethodProgress, &protocol.ProgressParams{Token: p.token, Value: raw})
}

// cancelProgress is sent when the user cancels at a progress bar.
func cancelProgress(s *server, p *protocol.WorkDoneProgressCancelParams) error {
	s.progress.mu.Lock()
	defer s.progress.mu.Unlock()
	if cancel := s.progress.shown[p.Token]; cancel != nil {
		cancel()
	}
	return nil
}

// flush returns when what was sent before has gone out, so that an answer comes after
// it: one to a cancelled request, too. It does not wait long for a client that does
// not read.
func (s *server) flush() {
	ctx, cancel := context.WithTimeout(s.ctx, closeTime)
	defer cancel()
	s.out.flush(ctx)
}
