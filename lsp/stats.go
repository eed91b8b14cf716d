package lsp

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"go.lsp.dev/protocol"
)

// counters count what the client asks. It is safe for concurrent use.
type counters struct {
	mu       sync.Mutex
	since    time.Time
	byMethod map[string]*counter // guarded by mu
}

type counter struct {
	n            int
	total, worst time.Duration
}

func newCounters() *counters {
	return &counters{since: time.Now(), byMethod: map[string]*counter{}}
}

// note counts one message and how long it took.
func (c *counters) note(method string, took time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	one := c.byMethod[method]
	if one == nil {
		one = &counter{}
		c.byMethod[method] = one
	}
	one.n++
	one.total += took
	one.worst = max(one.worst, took)
}

// serverStats is the answer of dataflow.server.stats.
type serverStats struct {
	Version   string        `json:"version"`
	UptimeMS  int64         `json:"uptime_ms"`
	Modules   []moduleStats `json:"modules"`
	OpenFiles int           `json:"open_files"`
	HeapMB    float64       `json:"heap_mb" doc:"In use by what the server keeps."`
	SystemMB  float64       `json:"system_mb" doc:"Taken from the system."`
	Routines  int           `json:"goroutines"`
	Runs      int           `json:"runs" doc:"In the history."`
	Requests  []methodStats `json:"requests" doc:"Requests and notifications, the most frequent first."`
}

type moduleStats struct {
	Root        string `json:"root"`
	Error       string `json:"error,omitempty" doc:"Why it is not analysed."`
	Packages    int    `json:"packages" doc:"Those that declare models or build workflows."`
	Files       int    `json:"files" doc:"Of these packages."`
	Models      int    `json:"models"`
	Workflows   int    `json:"workflows"`
	Diagnostics int    `json:"diagnostics"`
}

type methodStats struct {
	Method  string  `json:"method"`
	N       int     `json:"n"`
	MeanMS  float64 `json:"mean_ms"`
	WorstMS float64 `json:"worst_ms"`
}

// stats tells what the server has and does: what to send along with a report of a bug.
func stats(_ context.Context, s *server, snap *snapshot, _ *noParams, _ protocol.ProgressToken) (*serverStats, error) {
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	const mb = 1 << 20
	out := &serverStats{
		Version: s.options.Version, UptimeMS: time.Since(s.counters.since).Milliseconds(), Modules: []moduleStats{},
		OpenFiles: len(snap.byURI), HeapMB: float64(memory.HeapInuse) / mb, SystemMB: float64(memory.Sys-memory.HeapReleased) / mb,
		Routines: runtime.NumGoroutine(), Requests: []methodStats{},
	}
	for _, mod := range s.modules.all() {
		out.Modules = append(out.Modules, mod.stats())
	}
	slices.SortFunc(out.Modules, func(a, b moduleStats) int { return strings.Compare(a.Root, b.Root) })
	s.runs.mu.Lock()
	out.Runs = len(s.runs.last)
	s.runs.mu.Unlock()
	s.counters.mu.Lock()
	defer s.counters.mu.Unlock()
	for method, c := range s.counters.byMethod {
		out.Requests = append(out.Requests, methodStats{
			Method: method, N: c.n, MeanMS: milliseconds(c.total) / float64(c.n), WorstMS: milliseconds(c.worst),
		})
	}
	slices.SortFunc(out.Requests, func(a, b methodStats) int {
		if a.N != b.N {
			return b.N - a.N
		}
		return strings.Compare(a.Method, b.Method)
	})
	return out, nil
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// stats counts what the last check found.
func (mod *module) stats() moduleStats {
	out := moduleStats{Root: mod.root}
	ws := mod.latest.Load()
	if ws == nil {
		out.Error = "not loaded"
		return out
	}
	if err := ws.Err(); err != nil {
		out.Error = reason(err)
	}
	for _, pkg := range ws.Packages() {
		out.Packages++
		out.Files += len(pkg.Files)
		out.Models += len(pkg.Models)
		out.Workflows += len(pkg.Workflows)
		out.Diagnostics += len(pkg.Diagnostics)
	}
	return out
}

// restarted is the answer of dataflow.server.restartAnalysis.
type restarted struct {
	Modules []string `json:"modules" doc:"The folders of those that were read again."`
}

// restartAnalysis forgets what is known of the modules and reads them again.
func restartAnalysis(ctx context.Context, s *server, _ *snapshot, _ *noParams, _ protocol.ProgressToken) (*restarted, error) {
	out := &restarted{Modules: []string{}}
	for _, mod := range s.modules.all() {
		if err := mod.restart(ctx); err != nil {
			return nil, err
		}
		out.Modules = append(out.Modules, mod.root)
	}
	slices.Sort(out.Modules)
	s.diagnose.now()
	s.spawn("refresh", s.refresh)
	return out, nil
}
