package engine

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// DefaultRetries is how often work that collided with other work is done again.
const DefaultRetries = 5

// WithRetries sets how often an operation, or a transaction without function
// nodes, is done again: when the database rolled it back because it collided with
// others (a serialization failure, a deadlock, a database that another program
// keeps busy), and when the connection was lost before anything could be kept. A
// write whose outcome is not known is never done twice. 0 turns it off; the default
// is DefaultRetries. When all are used up the error is DF-510 or DF-511.
func WithRetries(n int) Option {
	return func(c *config) { c.retries = max(n, 0) }
}

// The pause before the first retry, which doubles with each, and the longest. Each
// is drawn from the upper half, so that two that collided do not meet again.
const (
	firstPause   = 10 * time.Millisecond
	longestPause = time.Second
)

// retryWindow is how long after its start something is begun anew: SQLite has
// waited for the database by itself before it says that it is busy.
const retryWindow = 10 * time.Second

// undone reports whether nothing of what failed with err was kept, so that it can
// be done again. harmless says that it kept nothing before the connection was lost.
func undone(err error, harmless bool) bool {
	var unconnected neverConnected
	switch {
	case errors.Is(err, errcatalog.DF510):
		return true
	case errors.Is(err, errcatalog.DF511), errors.Is(err, errcatalog.DF402):
		return harmless || errors.As(err, &unconnected) || unsent(err)
	}
	return false
}

// unsent reports whether a statement was never sent. What pgx says of that is true
// of what could not be written; a connection that was found closed may have been
// closed because the answer to the statement could not be read.
func unsent(err error) bool {
	var ne net.Error
	return errors.Is(err, errConnectionClosed) || pgconn.SafeToRetry(err) && errors.As(err, &ne)
}

// retry reports whether what failed and was undone is to be done again, and waits
// before it is.
func (e *Engine) retry(ctx context.Context, started time.Time, attempt int) bool {
	if attempt > e.config.retries || time.Since(started) > retryWindow || ctx.Err() != nil {
		return false
	}
	pause := min(firstPause<<min(attempt-1, 10), longestPause)
	pause = pause/2 + rand.N(pause/2+1)
	e.log.DebugContext(ctx, "retry", "attempt", attempt+1, "pause", pause)
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		e.metrics.retried(ctx)
		return true
	case <-ctx.Done():
		return false
	}
}
