package engine

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// Each pause is of the upper half of one that doubles up to a second, and two are
// seldom the same.
func TestPauses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := &Engine{config: config{retries: 9}, log: defaultConfig().logger}
		lengths := map[time.Duration]bool{}
		for attempt := 1; attempt <= 9; attempt++ {
			longest := min(10*time.Millisecond<<(attempt-1), time.Second)
			for range 20 {
				started := time.Now()
				if !e.retry(t.Context(), started, attempt) {
					t.Fatalf("attempt %d: no retry", attempt)
				}
				pause := time.Since(started)
				if pause < longest/2 || pause > longest {
					t.Errorf("attempt %d: a pause of %v, want %v to %v", attempt, pause, longest/2, longest)
				}
				lengths[pause] = true
			}
		}
		if len(lengths) < 100 {
			t.Errorf("%d different pauses of 180", len(lengths))
		}
		if e.retry(t.Context(), time.Now(), 10) || e.retry(t.Context(), time.Now().Add(-time.Minute), 1) {
			t.Error("it goes on after the last retry, or for ever")
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Millisecond, cancel)
		if started := time.Now(); e.retry(ctx, started, 9) || time.Since(started) > time.Millisecond {
			t.Error("it pauses on for who has gone")
		}
	})
}
