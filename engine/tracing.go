package engine

import (
	"context"
	"errors"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// WithTracerProvider makes OpenTelemetry spans of workflows, nodes and statements.
// Statements are recorded with their text and never with their values. There are
// none by default, and then they cost nothing.
func WithTracerProvider(tp trace.TracerProvider) Option {
	return func(c *config) {
		c.tracer = tracer{}
		if tp != nil {
			c.tracer.t = tp.Tracer("github.com/dataflow-go/dataflow/engine")
		}
	}
}

// A tracer makes spans; the zero one makes none.
type tracer struct{ t trace.Tracer }

// A span is what is being traced; the zero one is nothing.
type span struct{ s trace.Span }

// start begins a span; keyvals are attributes, name and value in turn.
func (t tracer) start(ctx context.Context, name string, keyvals ...string) (context.Context, span) {
	attrs := make([]attribute.KeyValue, 0, len(keyvals)/2)
	for i := 0; i+1 < len(keyvals); i += 2 {
		attrs = append(attrs, attribute.String(keyvals[i], keyvals[i+1]))
	}
	ctx, s := t.t.Start(ctx, name, trace.WithAttributes(attrs...))
	return ctx, span{s}
}

// end ends the span; a failure is told by its code alone, since messages may hold
// values.
func (s span) end(err error) {
	if s.s == nil {
		return
	}
	if err != nil {
		s.s.SetStatus(codes.Error, failureCode(err))
	}
	s.s.End()
}

// workflow is a span for a run.
func (t tracer) workflow(ctx context.Context, name, run string) (context.Context, span) {
	if t.t == nil {
		return ctx, span{}
	}
	return t.start(ctx, "workflow "+name, "dataflow.workflow", name, "dataflow.run.id", run)
}

// node is a span for a node of a run.
func (t tracer) node(ctx context.Context, id, nodeType string) (context.Context, span) {
	if t.t == nil {
		return ctx, span{}
	}
	return t.start(ctx, "node "+id, "dataflow.node", id, "dataflow.node.type", nodeType)
}

// statement is a span for a statement, with its text but not its values.
func (t tracer) statement(ctx context.Context, text string) (context.Context, span) {
	if t.t == nil {
		return ctx, span{}
	}
	return t.start(ctx, "statement", "db.query.text", text)
}

// failureCode is the DF code of an error, or "" for one that has none yet.
func failureCode(err error) string {
	var e *errcatalog.Error
	if errors.As(err, &e) {
		return string(e.Code)
	}
	return ""
}
