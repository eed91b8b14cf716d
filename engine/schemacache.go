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
	config  SchemaCacheConfig
	mu      sync.Mutex // guards writing of entries
	entries atomic.Pointer[map[*table]*ensured]

	_      [64]byte // every hit writes, which would take the line above from other processors
	hits   atomic.Uint64
	misses atomic.Uint64
}

// ensured is one table that is known to be there.
type ensured struct {
	at      time.Time // when it was seen
	version int64     // the database's schema version then
}

func newSchemaCache(c SchemaCacheConfig) *SchemaCache {
	if c.MaxSize <= 0 {
		c.MaxSize = DefaultSchemaCacheSize
	}
	s := &SchemaCache{config: c}
	s.entries.Store(&map[*table]*ensured{})
	return s
}

// lookup returns the entry of a table, if it can be trusted still.
func (s *SchemaCache) lookup(t *table) *ensured {
	if e := (*s.entries.Load())[t]; e != nil && s.fresh(e) {
		return e
	}
	return nil
}

func (s *SchemaCache) fresh(e *ensured) bool {
	return s.config.TTL <= 0 || time.Since(e.at) < s.config.TTL
}

// add remembers a table. When the cache is full, the oldest entry goes.
func (s *SchemaCache) add(t *table, version int64) {
	if !s.config.Enabled {
		return
	}
	s.change(func(entries map[*table]*ensured) {
		forget(entries, t.m.Name) // as it was before its model changed
		if len(entries) >= s.config.MaxSize {
			var oldest *table
			for t, e := range entries {
				if oldest == nil || e.at.Before(entries[oldest].at) {
					oldest = t
				}
			}
			delete(entries, oldest)
		}
		entries[t] = &ensured{time.Now(), version}
	})
}

func forget(entries map[*table]*ensured, model string) {
	maps.DeleteFunc(entries, func(t *table, _ *ensured) bool { return t.m.Name == model })
}

func (s *SchemaCache) change(f func(map[*table]*ensured)) {
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
	s.change(func(entries map[*table]*ensured) { clear(entries) })
}

// ClearTable forgets a model's table. It does nothing for a model that is not cached.
func (s *SchemaCache) ClearTable(model string) {
	s.change(func(entries map[*table]*ensured) { forget(entries, model) })
}

// IsTableEnsured reports whether a model's table is known to be there.
func (s *SchemaCache) IsTableEnsured(model string) bool {
	for t, e := range *s.entries.Load() {
		if t.m.Name == model {
			return s.fresh(e)
		}
	}
	return false
}
