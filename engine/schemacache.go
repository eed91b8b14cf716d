package engine

import (
	"maps"
	"sync"
	"sync/atomic"
	"time"
)

// DefaultSchemaCacheSize is how many tables the schema cache keeps unless told
// otherwise.
const DefaultSchemaCacheSize = 10_000

// SchemaCacheConfig sets up the schema cache.
type SchemaCacheConfig struct {
	Enabled bool
	TTL     time.Duration // how long a table is trusted to be there; zero means until Close
	MaxSize int           // tables that are kept; DefaultSchemaCacheSize when zero or less
	// Validation asks the database on every use whether its schema was changed
	// since: one cheap query, for databases that others change too.
	Validation bool
}

// SchemaCacheMetrics tells how the schema cache did.
type SchemaCacheMetrics struct {
	Hits, Misses uint64
	HitRate      float64 // Hits / (Hits + Misses); 0 before the first use
	CachedTables int
}

// A SchemaCache remembers which models' tables are known to be there and to fit,
// so that only the first operation on a model looks. It is safe for concurrent
// use; a hit is one lock-free look-up.
type SchemaCache struct {
	config SchemaCacheConfig
	hits   atomic.Uint64
	misses atomic.Uint64

	mu      sync.Mutex // guards writing of entries
	entries atomic.Pointer[map[string]ensured]
}

// ensured is one table that is known to be there.
type ensured struct {
	table   *table    // the model as it was then
	at      time.Time // when it was seen
	version int64     // the database's schema version then
}

func newSchemaCache(c SchemaCacheConfig) *SchemaCache {
	if c.MaxSize <= 0 {
		c.MaxSize = DefaultSchemaCacheSize
	}
	s := &SchemaCache{config: c}
	s.entries.Store(&map[string]ensured{})
	return s
}

// lookup returns the entry of a table, if it can be trusted still.
func (s *SchemaCache) lookup(t *table) (ensured, bool) {
	if s.config.Enabled {
		if e, ok := (*s.entries.Load())[t.m.Name]; ok && e.table == t && s.fresh(e) {
			return e, true
		}
	}
	return ensured{}, false
}

func (s *SchemaCache) fresh(e ensured) bool {
	return s.config.TTL <= 0 || time.Since(e.at) < s.config.TTL
}

// add remembers a table. When the cache is full, the oldest entry goes.
func (s *SchemaCache) add(t *table, version int64) {
	if !s.config.Enabled {
		return
	}
	s.change(func(entries map[string]ensured) {
		if _, ok := entries[t.m.Name]; !ok && len(entries) >= s.config.MaxSize {
			oldest := ""
			for name, e := range entries {
				if oldest == "" || e.at.Before(entries[oldest].at) {
					oldest = name
				}
			}
			delete(entries, oldest)
		}
		entries[t.m.Name] = ensured{t, time.Now(), version}
	})
}

func (s *SchemaCache) change(f func(map[string]ensured)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	entries := maps.Clone(*s.entries.Load())
	f(entries)
	s.entries.Store(&entries)
}

// Metrics tells how often the cache answered.
func (s *SchemaCache) Metrics() SchemaCacheMetrics {
	m := SchemaCacheMetrics{Hits: s.hits.Load(), Misses: s.misses.Load(), CachedTables: len(*s.entries.Load())}
	if n := m.Hits + m.Misses; n > 0 {
		m.HitRate = float64(m.Hits) / float64(n)
	}
	return m
}

// Clear forgets every table: the next operation on each looks again.
func (s *SchemaCache) Clear() {
	s.change(func(entries map[string]ensured) { clear(entries) })
}

// ClearTable forgets a model's table. It does nothing for a model that is not cached.
func (s *SchemaCache) ClearTable(model string) {
	s.change(func(entries map[string]ensured) { delete(entries, model) })
}

// IsTableEnsured reports whether a model's table is known to be there.
func (s *SchemaCache) IsTableEnsured(model string) bool {
	e, ok := (*s.entries.Load())[model]
	return ok && s.config.Enabled && s.fresh(e)
}
