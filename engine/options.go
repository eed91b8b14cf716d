package engine

import (
	"log/slog"
	"time"

	"go.opentelemetry.io/otel/metric"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// An Option sets up an Engine.
type Option func(*config)

// config is what the options set.
type config struct {
	models      []any
	autoMigrate bool
	readOnly    bool
	cache       SchemaCacheConfig
	errorMode   errcatalog.Mode
	poolSize    int // 0: the dialect's default
	poolSet     bool
	timeout     time.Duration
	timeoutSet  bool
	retries     int
	logger      *slog.Logger
	tracer      tracer
	meter       metric.Meter
	strict      StrictMode
	unfused     bool // for tests: reads share no statements
}

func defaultConfig() config {
	return config{
		autoMigrate: true,
		retries:     DefaultRetries,
		cache:       SchemaCacheConfig{Enabled: true, MaxSize: DefaultSchemaCacheSize},
		logger:      slog.New(slog.DiscardHandler),
	}
}

// WithModels registers models, each a struct that embeds dataflow.Model, as
// (*Engine).Register does.
func WithModels(models ...any) Option {
	return func(c *config) { c.models = append(c.models, models...) }
}

// WithAutoMigrate says whether the engine makes tables, columns and indexes that
// the models need and the database lacks. The default is true. When false, the
// engine only looks: a missing table is DF-309, a table that does not fit its
// model DF-302.
func WithAutoMigrate(on bool) Option {
	return func(c *config) { c.autoMigrate = on }
}

// WithReadOnly opens a database that is there, to look only: nothing is made, no
// SQLite file either (DF-402 when there is none), and whatever would write fails.
// It brings WithAutoMigrate(false).
func WithReadOnly() Option {
	return func(c *config) { c.readOnly = true }
}

// WithSchemaCache sets up the cache of what tables are known to be there. By
// default it is on, without expiry, for DefaultSchemaCacheSize tables.
func WithSchemaCache(cache SchemaCacheConfig) Option {
	return func(c *config) { c.cache = cache }
}

// WithErrorMode says how much errors tell. The default is errcatalog.Full.
func WithErrorMode(mode errcatalog.Mode) Option {
	return func(c *config) { c.errorMode = mode }
}

// A StrictMode says what strict mode asks for beyond the usual, as `strict:` in
// dataflow.yaml does for the editor and for dataflow validate.
type StrictMode struct {
	// Rules reports what may be right and what a team asks never to see: DF-901 to
	// DF-905 and DF-907 of a workflow when it is run, DF-906 of a model when it is
	// registered. What the catalogue calls an error fails.
	Rules bool
	// Warnings makes errors of all other warnings (DF-207, DF-208, DF-810, …).
	Warnings bool
}

// WithStrictMode refuses more. By default strict mode is off.
func WithStrictMode(s StrictMode) Option {
	return func(c *config) { c.strict = s }
}

// WithPoolSize sets how many connections the engine uses at the same time; at
// least 1, else Open fails with DF-405. On SQLite these are the ones that read,
// as many as there are processors unless set, at most 4; writes have a connection
// of their own, and a database in memory has one for all. On PostgreSQL they are
// all there are: the default is pool_max_conns of the URL, else the number of
// processors, at least 4.
func WithPoolSize(n int) Option {
	return func(c *config) { c.poolSize, c.poolSet = n, true }
}

// WithStatementTimeout ends an operation that takes longer with DF-505. It must be
// above zero, else Open fails with DF-407. There is no limit by default.
func WithStatementTimeout(d time.Duration) Option {
	return func(c *config) { c.timeout, c.timeoutSet = d, true }
}

// WithLogger sets where the engine logs to. Values are never logged. The default
// is nowhere.
func WithLogger(l *slog.Logger) Option {
	return func(c *config) {
		if l != nil {
			c.logger = l
		}
	}
}
