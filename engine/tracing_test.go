package engine_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/engine"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/embedded"
	"go.opentelemetry.io/otel/trace/noop"
)

// A spanRecorder keeps the spans that are made: "parent > name: status".
type spanRecorder struct {
	embedded.TracerProvider
	mu    sync.Mutex
	spans []string
	all   strings.Builder // every name and attribute
}

func (r *spanRecorder) Tracer(string, ...trace.TracerOption) trace.Tracer {
	return spanTracer{r: r}
}

type spanTracer struct {
	embedded.Tracer
	r *spanRecorder
}

type recordedSpan struct {
	noop.Span
	r            *spanRecorder
	name, parent string
	status       string
}

func (t spanTracer) Start(ctx context.Context, name string, opts ...trace.SpanStartOption) (context.Context, trace.Span) {
	r := t.r
	s := &recordedSpan{r: r, name: name}
	if parent, ok := trace.SpanFromContext(ctx).(*recordedSpan); ok {
		s.parent = parent.name
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	c := trace.NewSpanStartConfig(opts...)
	fmt.Fprintln(&r.all, name, c.Attributes())
	return trace.ContextWithSpan(ctx, s), s
}

func (s *recordedSpan) SetStatus(_ codes.Code, description string) { s.status = description }

func (s *recordedSpan) End(...trace.SpanEndOption) {
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	s.r.spans = append(s.r.spans, strings.TrimSpace(s.parent+" > "+s.name+" "+s.status))
}

// everything is all that the spans tell.
func (r *spanRecorder) everything() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.all.String() + strings.Join(r.spans, "\n")
}

// TestTracing: a span for the workflow, each node and each statement, inside one
// another, with the code of a failure and none of the values.
func TestTracing(t *testing.T) {
	t.Parallel()
	type Secret struct {
		dataflow.Model
		ID   string
		Text string
	}
	r := &spanRecorder{}
	db := open(t, "sqlite::memory:", engine.WithModels(Secret{}), engine.WithTracerProvider(r))
	wf := dataflow.NewWorkflow("keep").
		AddNode("SecretCreateNode", "create", dataflow.Params{"id": "s1", "text": "the-password"}).
		AddNode("SecretReadNode", "read", dataflow.Params{"id": "nobody"}).
		AddDependency("create", "read")
	if _, err := db.Run(t.Context(), wf); err == nil {
		t.Fatal("nobody was read")
	}
	for _, want := range []string{"> workflow keep DF-703", "workflow keep > node create", "node create > statement", "workflow keep > node read DF-703"} {
		if !slices.Contains(r.spans, want) {
			t.Errorf("no span %q in %q", want, r.spans)
		}
	}
	if all := r.all.String(); strings.Contains(all, "the-password") || !strings.Contains(all, "INSERT INTO") {
		t.Errorf("spans:\n%s", all)
	}
}
