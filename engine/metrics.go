package engine

import (
	"context"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// WithMeterProvider records OpenTelemetry metrics. There are none by default, and
// then they cost nothing. Times are in seconds; error.type is the DF code of a
// failure and is left out otherwise.
//
//	db.client.operation.duration  operations; db.system.name, db.operation.name, db.collection.name, error.type
//	dataflow.workflow.duration    runs; dataflow.workflow, error.type
//	dataflow.node.duration        nodes; dataflow.workflow, dataflow.node, dataflow.node.type, error.type
//	dataflow.retries              operations and transactions that were done again
//	dataflow.schema_cache.hits, .misses, .tables
//
// The first is named by the semantic conventions for database clients:
// https://opentelemetry.io/docs/specs/semconv/database/database-metrics/.
func WithMeterProvider(mp metric.MeterProvider) Option {
	return func(c *config) {
		c.meter = nil
		if mp != nil {
			c.meter = mp.Meter("github.com/dataflow-go/dataflow/engine")
		}
	}
}

// metrics are an engine's instruments; nil records nothing.
type metrics struct {
	system                       attribute.KeyValue
	operations, workflows, nodes metric.Float64Histogram
	retries                      metric.Int64Counter
	cache                        metric.Registration
}

// secondsUpTo are the buckets that the semantic conventions advise.
var secondsUpTo = metric.WithExplicitBucketBoundaries(0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10)

// newMetrics makes the instruments. What OpenTelemetry finds wrong goes where the
// program has it send its errors: an engine works without metrics.
func newMetrics(m metric.Meter, system string, cache *SchemaCache) *metrics {
	if m == nil {
		return nil
	}
	duration := func(name, description string) metric.Float64Histogram {
		h, err := m.Float64Histogram(name, metric.WithUnit("s"), metric.WithDescription(description), secondsUpTo)
		handle(err)
		return h
	}
	x := &metrics{
		system:     attribute.String("db.system.name", system),
		operations: duration("db.client.operation.duration", "Duration of operations on a model."),
		workflows:  duration("dataflow.workflow.duration", "Duration of workflow runs."),
		nodes:      duration("dataflow.node.duration", "Duration of nodes."),
	}
	var err error
	x.retries, err = m.Int64Counter("dataflow.retries", metric.WithUnit("{retry}"), metric.WithDescription("Operations and transactions that were done again."))
	handle(err)
	hits, err := m.Int64ObservableCounter("dataflow.schema_cache.hits", metric.WithUnit("{lookup}"), metric.WithDescription("Operations that knew their table."))
	handle(err)
	misses, err := m.Int64ObservableCounter("dataflow.schema_cache.misses", metric.WithUnit("{lookup}"), metric.WithDescription("Operations that looked for their table."))
	handle(err)
	tables, err := m.Int64ObservableGauge("dataflow.schema_cache.tables", metric.WithUnit("{table}"), metric.WithDescription("Tables that are known."))
	handle(err)
	x.cache, err = m.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		is := cache.Metrics()
		o.ObserveInt64(hits, int64(is.Hits))     //nolint:gosec // no counter gets there
		o.ObserveInt64(misses, int64(is.Misses)) //nolint:gosec // no counter gets there
		o.ObserveInt64(tables, int64(is.CachedTables))
		return nil
	}, hits, misses, tables)
	handle(err)
	return x
}

func handle(err error) {
	if err != nil {
		otel.Handle(err)
	}
}

// close ends the callback.
func (x *metrics) close() {
	if x != nil && x.cache != nil {
		handle(x.cache.Unregister())
	}
}

// since records how long something took.
func (x *metrics) since(ctx context.Context, h metric.Float64Histogram, started time.Time, err error, attrs ...attribute.KeyValue) {
	if code := failureCode(err); code != "" {
		attrs = append(attrs, attribute.String("error.type", code))
	}
	h.Record(ctx, time.Since(started).Seconds(), metric.WithAttributes(attrs...))
}

func (x *metrics) operation(ctx context.Context, op *operation, started time.Time, err error) {
	if x == nil {
		return
	}
	x.since(ctx, x.operations, started, err, x.system,
		attribute.String("db.operation.name", string(op.op)), attribute.String("db.collection.name", op.t.m.Table))
}

func (x *metrics) workflow(ctx context.Context, name string, started time.Time, err error) {
	if x == nil {
		return
	}
	x.since(ctx, x.workflows, started, err, attribute.String("dataflow.workflow", name))
}

func (x *metrics) node(ctx context.Context, workflow string, n *NodeResult) {
	if x == nil {
		return
	}
	x.since(ctx, x.nodes, n.Started, n.Err, attribute.String("dataflow.workflow", workflow),
		attribute.String("dataflow.node", n.ID), attribute.String("dataflow.node.type", n.Type))
}

func (x *metrics) retried(ctx context.Context) {
	if x == nil {
		return
	}
	x.retries.Add(ctx, 1, metric.WithAttributes(x.system))
}
