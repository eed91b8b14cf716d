package lsp

import (
	"context"
	"fmt"
	"sync"

	"go.lsp.dev/protocol"
)

// progressTokens are the bars of progress that the user can cancel. It is safe
// for concurrent use.
type progressTokens struct {
	mu     sync.Mutex
	last   int                                           // guarded by mu
	cancel map[protocol.ProgressToken]context.CancelFunc // guarded by mu
}

func newProgressTokens() *progressTokens {
	return &progressTokens{cancel: map[protocol.ProgressToken]context.CancelFunc{}}
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
	if cancel != nil {
		s.progress.mu.Lock()
		s.progress.cancel[token] = cancel
		s.progress.mu.Unlock()
	}
	p := progress{s: s, token: token}
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

// report tells how far the work has come: done of total steps.
func (p progress) report(message string, done, total int) {
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
	delete(p.s.progress.cancel, p.token)
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
	if cancel := s.progress.cancel[p.Token]; cancel != nil {
		cancel()
	}
	return nil
}
