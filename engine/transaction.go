package engine

import (
	"context"
	"errors"
	"fmt"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
)

// inTransaction runs f in a transaction of its own, and keeps what f wrote if f
// went well and keep is set. It is rolled back on an error, a cancellation and a
// panic alike. t is the block, without an id where the whole run is one.
func (r *run) inTransaction(ctx context.Context, t *graph.Transaction, f func(context.Context, *session) bool, keep bool) bool {
	s, err := r.e.begin(ctx)
	if err != nil {
		return r.blockFailed(ctx, t, err)
	}
	kept := false
	defer func() {
		if kept {
			return
		}
		if err := s.rollback(); err != nil {
			r.blockFailed(ctx, t, err)
		}
	}()
	switch {
	case !f(r.e.withSession(ctx, s), s):
		return false
	case !keep:
		return true
	case ctx.Err() != nil:
		return false
	}
	if err := s.commit(); err != nil {
		return r.blockFailed(ctx, t, err)
	}
	kept = true
	return true
}

// inSavepoint is inTransaction for a block inside the session's transaction.
func (r *run) inSavepoint(ctx context.Context, t *graph.Transaction, s *session, f func(context.Context, *session) bool, keep bool) bool {
	name, err := s.savepoint(ctx)
	if err != nil {
		return r.blockFailed(ctx, t, err)
	}
	kept := false
	defer func() {
		if kept {
			return
		}
		if err := s.rollbackTo(name); err != nil {
			r.blockFailed(ctx, t, err)
		}
	}()
	switch {
	case !f(ctx, s):
		return false
	case !keep:
		return true
	}
	if err := s.releaseSavepoint(name); err != nil {
		return r.blockFailed(ctx, t, err)
	}
	kept = true
	return true
}

// blockFailed notes that a transaction could not be begun, kept or undone. One
// that the end of the run kept from going on is no failure of its own.
func (r *run) blockFailed(ctx context.Context, t *graph.Transaction, err error) bool {
	if ctx.Err() != nil && isContextError(err) {
		return false
	}
	var e *errcatalog.Error
	if !errors.As(err, &e) {
		e = r.error(errcatalog.Finding{Code: errcatalog.DF504, Message: fmt.Sprintf("the transaction failed: %v", err)}, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = append(r.failures, named(e, r.g.Name, t.ID.S, t.Call))
	return false
}

// sessionKey is the context's key for the open session of an engine.
type sessionKey struct{ e *Engine }

// withSession puts the session into the context of what runs inside it, so that
// what a function node does with the same engine is part of the transaction.
func (e *Engine) withSession(ctx context.Context, s *session) context.Context {
	return context.WithValue(ctx, sessionKey{e}, s)
}

// sessionOf returns the session that ctx carries, or nil.
func (e *Engine) sessionOf(ctx context.Context) *session {
	s, _ := ctx.Value(sessionKey{e}).(*session)
	return s
}
