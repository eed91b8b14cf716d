package lsp

import (
	"context"
	"runtime"
	"runtime/metrics"
	"time"
)

// idleAfter is how long nothing was to be diagnosed when memory is collected: a
// collection in the middle of a check makes the next keystroke wait.
const idleAfter = 100 * time.Millisecond

// idle collects memory when half as much has been taken as was in use after the last
// collection. It is called at each pause, and keeps the peaks low, too.
func (s *server) idle() {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	if live, now := sample[0].Value.Uint64(), sample[1].Value.Uint64(); now < live+live/2 {
		return
	}
	s.spawn("collect memory", func(context.Context) error {
		runtime.GC()
		return nil
	})
}
