package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
)

// inTransaction runs f in a transaction of its own, and keeps what f wrote if f
// went well and keep is set. It is rolled back on an error, a cancellation and a
// panic alike. t is the block, without an id where the whole run is one.
//
// A transaction that the database rolled back because it collided with others, or
// because the connection was lost, is done again, unless a function node is in it:
// nobody knows what that did.
func (r *run) inTransaction(ctx context.Context, t *graph.Transaction, f func(context.Context, *session) bool, keep bool) bool {
	started := time.Now()
	for attempt := 1; ; attempt++ {
		if r.attempt(ctx, t, f, keep) {
			return true
		}
		if !r.undone(t) || !r.e.retry(ctx, started, attempt) {
			return false
		}
		r.forget(t)
	}
}

// undone reports whether a transaction failed only for what can be tried again.
func (r *run) undone(t *graph.Transaction) bool {
	for i := range r.g.Nodes {
		if r.within(i, t) && r.g.Nodes[i].Type.S == graph.FuncType {
			return false
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	failed := false
	for _, f := range r.failures {
		if !r.of(f, t) {
			continue
		}
		failed = true
		// When a node fails, the transaction is not committed.
		if !undone(f.err, f.node >= 0) {
			return false
		}
	}
	return failed
}

// forget makes as if a transaction that was rolled back had not been tried.
func (r *run) forget(t *graph.Transaction) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = slices.DeleteFunc(r.failures, func(f failure) bool { return r.of(f, t) })
	r.res.Nodes = slices.DeleteFunc(r.res.Nodes, func(n NodeResult) bool { return r.within(r.index[n.ID], t) })
	for i := range r.g.Nodes {
		if r.within(i, t) {
			r.states[i] = state{attempts: r.states[i].attempts}
			delete(r.res.Outputs, r.g.Nodes[i].ID.S)
		}
	}
}

// of reports whether a failure is of a transaction, or of a node in it.
func (r *run) of(f failure, t *graph.Transaction) bool {
	if f.node < 0 {
		return t.ID.S == "" || r.inside(f.tx, t)
	}
	return r.within(f.node, t)
}

// within reports whether a node is in a transaction, at any depth.
func (r *run) within(i int, t *graph.Transaction) bool {
	return t.ID.S == "" || r.inside(r.g.Nodes[i].Tx, t)
}

func (r *run) inside(id string, t *graph.Transaction) bool {
	for id != "" && id != t.ID.S {
		at := slices.IndexFunc(r.g.Transactions, func(x graph.Transaction) bool { return x.ID.S == id })
		if at < 0 {
			return false
		}
		id = r.g.Transactions[at].Parent
	}
	return id != ""
}

func (r *run) attempt(ctx context.Context, t *graph.Transaction, f func(context.Context, *session) bool, keep bool) bool {
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
	r.failures = append(r.failures, failure{named(e, r.g.Name, t.ID.S, t.Call), -1, t.ID.S})
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
