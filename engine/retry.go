package engine

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// DefaultRetries is how often work that collided with other work is done again.
const DefaultRetries = 5

// WithRetries sets how often an operation, or a transaction without function
// nodes, is done again when the database rolled it back because it collided with
// others: a serialization failure, a deadlock, a database that another program
// keeps busy. Nothing else is ever done twice. 0 turns it off; the default is
// DefaultRetries. When all are used up the error is DF-510.
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

// retry reports whether what failed with err is to be done again, and waits before
// it is. All that was done must have been rolled back.
func (e *Engine) retry(ctx context.Context, started time.Time, attempt int, err error) bool {
	if attempt > e.config.retries || time.Since(started) > retryWindow || !errors.Is(err, errcatalog.DF510) || ctx.Err() != nil {
		return false
	}
	pause := min(firstPause<<min(attempt-1, 10), longestPause)
	pause = pause/2 + rand.N(pause/2+1)
	e.log.DebugContext(ctx, "retry", "attempt", attempt+1, "pause", pause, "code", string(errcatalog.DF510))
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
