package engine

import (
	"context"
	"fmt"
	"sync"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// A session is an open transaction. Its operations run one after the other, on
// the one connection that writes; they may come from several goroutines.
type session struct {
	e *Engine

	mu         sync.Mutex // guards all below, and the use of the connection
	c          conn       // nil once the session has ended
	dead       error      // why nothing more can be done but to roll back
	savepoints int        // how many were made, for their names
}

// begin opens a transaction. It waits for the one that is open, until ctx ends.
func (e *Engine) begin(ctx context.Context) (*session, error) {
	for again := true; ; again = false {
		c, err := e.writers.get(ctx)
		if err != nil {
			return nil, e.txError("begin the transaction", err)
		}
		if _, err = c.exec(ctx, e.dialect.begin()); err == nil {
			return &session{e: e, c: c}, nil
		}
		e.writers.put(c)
		// The connection may have broken while nobody used it.
		if !again || e.classify(err) != errcatalog.DF511 {
			return nil, e.txError("begin the transaction", err)
		}
	}
}

// txError is the error of a statement that steers a transaction.
func (e *Engine) txError(what string, err error) error {
	code := e.classify(err)
	if code == errcatalog.DF502 {
		code = errcatalog.DF504
	}
	return e.fail(errcatalog.Finding{Code: code, Message: "could not " + what + ": " + e.plain(err)}, err)
}

// errEnded is the cause of using a session after its end.
var errEnded = fmt.Errorf("the transaction has ended")

// usable returns why no statement can run in the session. The caller holds mu.
func (s *session) usable() error {
	if s.c == nil {
		return errEnded
	}
	return s.dead
}

// commit makes the session's work lasting and ends it. When that fails the work
// is rolled back.
func (s *session) commit() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.usable()
	if err == nil {
		// Not with the run's context: a commit is not left half way.
		_, err = s.c.exec(context.Background(), s.e.dialect.commit())
	}
	if err != nil {
		s.end()
		if s.e.classify(err) == errcatalog.DF511 {
			return s.e.txError("learn whether the transaction was committed", err)
		}
		return s.e.txError("commit the transaction", err)
	}
	s.release()
	return nil
}

// rollback undoes the session's work and ends it. A session that has ended is
// left alone, so that it can be deferred.
func (s *session) rollback() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.end()
	return nil
}

// end rolls back. What a failing ROLLBACK says is no news: either SQLite has
// rolled back by itself, or the connection is lost and the work with it.
func (s *session) end() {
	if s.c == nil {
		return
	}
	s.e.rollback(s.c)
	s.release()
}

// rollback ends whatever transaction is open on c. A connection on which that
// cannot be done is closed, so that nobody goes on in an old transaction.
func (e *Engine) rollback(c conn) {
	if _, err := c.exec(context.Background(), e.dialect.rollback()); err != nil && c.inTransaction() {
		e.log.Warn("rollback failed, the connection is closed", "error", err)
		_ = c.close()
	}
}

func (s *session) release() {
	s.e.writers.put(s.c)
	s.c = nil
}

// savepoint opens a block that can be undone by itself.
func (s *session) savepoint(ctx context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.savepoints++
	name := fmt.Sprintf("df_%d", s.savepoints)
	return name, s.control(ctx, "set a savepoint", "SAVEPOINT "+name)
}

// releaseSavepoint keeps the work of a block.
func (s *session) releaseSavepoint(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.control(context.Background(), "release the savepoint", "RELEASE SAVEPOINT "+name)
}

// rollbackTo undoes the work of a block and ends it.
func (s *session) rollbackTo(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.c == nil {
		return s.e.txError("roll back to the savepoint", errEnded)
	}
	if _, err := s.c.exec(context.Background(), "ROLLBACK TO SAVEPOINT "+name); err != nil {
		if s.dead != nil {
			err = s.dead // SQLite has rolled back everything before; this is why
		}
		return s.e.txError("roll back to the savepoint", err)
	}
	s.dead = nil // what failed, failed after the savepoint
	return s.control(context.Background(), "release the savepoint", "RELEASE SAVEPOINT "+name)
}

func (s *session) control(ctx context.Context, what, text string) error {
	err := s.usable()
	if err == nil {
		_, err = s.c.exec(ctx, text)
	}
	if err != nil {
		return s.e.txError(what, err)
	}
	return nil
}
