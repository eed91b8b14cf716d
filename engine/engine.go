package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/model"
)

// An Engine runs workflows and single operations on one database. It is safe for
// concurrent use. Close it when it is no longer needed.
type Engine struct {
	dsn      source
	config   config
	log      *slog.Logger
	enhancer *errcatalog.Enhancer
	metrics  *metrics
	dialect  dialect
	cache    *SchemaCache

	readers pool
	writers pool // one connection; the same pool as readers in memory

	registering sync.Mutex // guards changes of models
	models      atomic.Pointer[registry]
	migrations  singleflight.Group
	programs    *lru.Cache[*graph.Graph, *program]

	mu      sync.Mutex // guards closed and running
	idle    *sync.Cond // signalled when running falls to zero
	closed  bool
	running int
}

// Open connects to a database: "sqlite:app.db", "sqlite:///absolute/app.db" or
// "sqlite::memory:", which is private to the engine and gone after Close; or
// "postgres://user:password@host:5432/name?sslmode=verify-full", with the
// parameters that libpq takes. Models live in the first schema of its search_path.
//
// It fails with DF-403 for a URL that it does not take, DF-402 when the database
// cannot be reached, DF-406 when it cannot be reached as securely as the URL wants,
// DF-408 when it does not let the user in, DF-308 for a server that is too old,
// DF-405 and DF-407 for options out of range, and with 6XX codes for what is wrong
// with the models.
func Open(ctx context.Context, dsn string, opts ...Option) (*Engine, error) {
	c := defaultConfig()
	for _, o := range opts {
		if o != nil {
			o(&c)
		}
	}
	c.autoMigrate = c.autoMigrate && !c.readOnly
	enhancer := errcatalog.NewEnhancer(errcatalog.EnhancerConfig{Mode: c.errorMode})
	src, finding := parseDSN(dsn)
	if finding != nil {
		return nil, enhancer.Error(*finding)
	}
	e := &Engine{
		dsn: src, config: c, log: c.logger, dialect: src.dialect(), cache: newSchemaCache(c.cache),
		enhancer: enhancer,
	}
	e.idle = sync.NewCond(&e.mu)
	var err error
	if e.programs, err = lru.New[*graph.Graph, *program](programCacheSize); err != nil {
		return nil, err
	}
	e.models.Store(&registry{byName: map[string]*table{}})
	if err := e.checkOptions(); err != nil {
		return nil, err
	}
	if err := e.Register(c.models...); err != nil {
		return nil, err
	}
	if e.readers, e.writers, err = e.dialect.open(ctx, src, c); err != nil {
		return nil, e.openError(err)
	}
	e.metrics = newMetrics(c.meter, src.system(), e.cache)
	return e, nil
}

func (e *Engine) openError(err error) error {
	if old := oldServer(""); errors.As(err, &old) {
		rule := fmt.Sprintf("PostgreSQL %d or later", oldestPostgres)
		return e.fail(errcatalog.Finding{
			Code: errcatalog.DF308, Message: fmt.Sprintf("%s runs %s; DataFlow needs %s", e.dsn, string(old), rule),
			Details: errcatalog.Details{Got: string(old), Rule: rule},
		}, err)
	}
	code, ok := contextError(err)
	if !ok {
		code = errcatalog.DF402
	}
	if of, _ := e.dialect.classify(err, nil); of == errcatalog.DF408 || of == errcatalog.DF406 {
		code = of
	}
	return e.fail(errcatalog.Finding{Code: code, Message: fmt.Sprintf("cannot open %s: %s", e.dsn, e.plain(err))}, err)
}

func (e *Engine) checkOptions() error {
	var findings []errcatalog.Finding
	if e.config.poolSet && e.config.poolSize < 1 {
		findings = append(findings, errcatalog.Finding{
			Code:    errcatalog.DF405,
			Message: fmt.Sprintf("the pool size is %d; it must be at least 1", e.config.poolSize),
			Details: errcatalog.Details{Setting: "WithPoolSize", Value: fmt.Sprint(e.config.poolSize), Example: "4", Rule: "at least 1"},
		})
	}
	if e.config.timeoutSet && e.config.timeout <= 0 {
		findings = append(findings, errcatalog.Finding{
			Code:    errcatalog.DF407,
			Message: fmt.Sprintf("the statement timeout is %s; it must be above zero", e.config.timeout),
			Details: errcatalog.Details{Setting: "WithStatementTimeout", Value: e.config.timeout.String(), Example: "5 * time.Second", Rule: "above zero"},
		})
	}
	return e.failures(findings)
}

// Register adds models, each a struct that embeds dataflow.Model, or a pointer to
// one. Registering a model again changes nothing. All that is wrong comes at once,
// with codes 6XX; then none of the models is registered.
func (e *Engine) Register(models ...any) error {
	read := make([]*model.Model, 0, len(models))
	var findings []errcatalog.Finding
	for _, v := range models {
		m, problems := model.FromStruct(v)
		findings = append(findings, problems...)
		if m != nil {
			read = append(read, m)
		}
	}
	if err := e.failures(findings); err != nil {
		return err
	}
	return e.RegisterModels(read...)
}

// RegisterModels adds models that were read from source. It is what tools use;
// programs register structs with Register.
func (e *Engine) RegisterModels(models ...*model.Model) error {
	e.registering.Lock()
	defer e.registering.Unlock()
	old := e.models.Load()
	r := &registry{byName: maps.Clone(old.byName)}
	set := slices.Clone(old.list())
	for _, m := range models {
		if known := r.byName[m.Name]; known != nil && known.m.PkgPath == m.PkgPath && model.Same(known.m, m) {
			continue
		}
		set = append(set, m)
		r.byName[m.Name] = newTable(m, e.dialect)
	}
	problems := model.CheckSet(set)
	if e.config.strict.Rules {
		for _, m := range models {
			problems = append(problems, model.CheckNames(m)...)
		}
	}
	if err := e.failures(problems); err != nil {
		return err
	}
	e.models.Store(r)
	return nil
}

// Models are the registered models. Every model that a workflow run here can mean
// is among them.
func (e *Engine) Models() graph.Models { return e.models.Load() }

// SchemaCache is the cache of what tables are known to be there.
func (e *Engine) SchemaCache() *SchemaCache { return e.cache }

// enter counts something in that Close must wait for. After Close it fails with
// DF-513. leave is called once.
func (e *Engine) enter() (leave func(), err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, e.fail(errcatalog.Finding{Code: errcatalog.DF513, Message: "the engine is closed"}, nil)
	}
	e.running++
	return e.leave, nil
}

func (e *Engine) leave() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.running--; e.running == 0 {
		e.idle.Broadcast()
	}
}

// Close waits for all that runs, then ends every connection. Nothing can be
// started any more: DF-513. Closing again waits too and does no harm.
func (e *Engine) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	first := !e.closed
	e.closed = true
	for e.running > 0 {
		e.idle.Wait()
	}
	if !first {
		return nil
	}
	e.metrics.close()
	err := e.writers.close()
	if e.readers != e.writers {
		if rErr := e.readers.close(); err == nil {
			err = rErr
		}
	}
	if err != nil {
		return e.fail(errcatalog.Finding{Code: errcatalog.DF502, Message: "could not close the database: " + e.plain(err)}, err)
	}
	return nil
}

// withTimeout lays the statement timeout over ctx.
func (e *Engine) withTimeout(ctx context.Context) (context.Context, context.CancelFunc) {
	if e.config.timeout <= 0 {
		return ctx, func() {}
	}
	return context.WithTimeoutCause(ctx, e.config.timeout, fmt.Errorf("the statement timeout of %s ran out: %w", e.config.timeout.Round(time.Millisecond), context.DeadlineExceeded))
}

// A registry is the set of registered models. It is immutable.
type registry struct {
	byName map[string]*table
}

// Model returns the model of a name, or nil.
func (r *registry) Model(name string) *model.Model {
	if t := r.byName[name]; t != nil {
		return t.m
	}
	return nil
}

// Names lists the models' names, sorted.
func (r *registry) Names() []string { return slices.Sorted(maps.Keys(r.byName)) }

// Closed is true: what is not registered does not exist.
func (r *registry) Closed() bool { return true }

func (r *registry) list() []*model.Model {
	models := make([]*model.Model, 0, len(r.byName))
	for _, name := range r.Names() {
		models = append(models, r.byName[name].m)
	}
	return models
}
