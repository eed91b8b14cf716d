package engine_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/engine"
)

// collect reads all metrics: "name{key=value,…} count".
func collect(t *testing.T, r *metric.ManualReader) []string {
	t.Helper()
	var all metricdata.ResourceMetrics
	if err := r.Collect(context.Background(), &all); err != nil {
		t.Fatal(err)
	}
	var lines []string
	add := func(name string, attrs attribute.Set, n any) {
		var keys []string
		for _, kv := range attrs.ToSlice() {
			keys = append(keys, string(kv.Key)+"="+kv.Value.String())
		}
		lines = append(lines, fmt.Sprintf("%s{%s} %v", name, strings.Join(keys, ","), n))
	}
	for _, scope := range all.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch d := m.Data.(type) {
			case metricdata.Histogram[float64]:
				for _, p := range d.DataPoints {
					add(m.Name, p.Attributes, p.Count)
				}
			case metricdata.Sum[int64]:
				for _, p := range d.DataPoints {
					add(m.Name, p.Attributes, p.Value)
				}
			case metricdata.Gauge[int64]:
				for _, p := range d.DataPoints {
					add(m.Name, p.Attributes, p.Value)
				}
			default:
				t.Errorf("%s is a %T", m.Name, d)
			}
		}
	}
	slices.Sort(lines)
	return lines
}

// TestMetrics: what is counted, by which names, and that nothing is left behind.
func TestMetrics(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, dsn string) {
		type Thing struct {
			dataflow.Model
			ID   string
			Text string
		}
		system := "sqlite"
		if strings.HasPrefix(dsn, "postgres") {
			system = "postgresql"
		}
		r := metric.NewManualReader()
		db := open(t, dsn, engine.WithModels(Thing{}), engine.WithMeterProvider(metric.NewMeterProvider(metric.WithReader(r))))
		wf := dataflow.NewWorkflow("keep").AddNode("ThingCreateNode", "create", P{"id": dataflow.Input("id"), "text": "the-password"})
		for _, id := range []string{"a", "b"} {
			run(t, db, wf, nil, engine.WithInputs(P{"id": id}))
		}
		if _, err := db.Run(t.Context(), wf, engine.WithInputs(P{"id": "b"})); err == nil {
			t.Fatal("b was created twice")
		}
		must(t)(db.Model("Thing").Count(t.Context(), nil))
		want := []string{
			"dataflow.node.duration{dataflow.node=create,dataflow.node.type=ThingCreateNode,dataflow.workflow=keep,error.type=DF-310} 1",
			"dataflow.node.duration{dataflow.node=create,dataflow.node.type=ThingCreateNode,dataflow.workflow=keep} 2",
			"dataflow.schema_cache.hits{} 6", // each run looks before it starts, and its node again
			"dataflow.schema_cache.misses{} 1",
			"dataflow.schema_cache.tables{} 1",
			"dataflow.workflow.duration{dataflow.workflow=keep,error.type=DF-310} 1",
			"dataflow.workflow.duration{dataflow.workflow=keep} 2",
			"db.client.operation.duration{db.collection.name=things,db.operation.name=Count,db.system.name=" + system + "} 1",
			"db.client.operation.duration{db.collection.name=things,db.operation.name=Create,db.system.name=" + system + ",error.type=DF-310} 1",
			"db.client.operation.duration{db.collection.name=things,db.operation.name=Create,db.system.name=" + system + "} 2",
		}
		if got := collect(t, r); !slices.Equal(got, want) {
			t.Errorf("metrics:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(collect(t, r), "\n"); strings.Contains(got, "schema_cache") {
			t.Errorf("after Close:\n%s", got)
		}
	})
}

// steps is an observer that keeps the progress it is told.
type steps struct{ done, totals []int }

func (*steps) NodeStarted(engine.NodeEvent) {}
func (*steps) NodeEnded(engine.NodeEvent)   {}
func (s *steps) NodeProgress(e engine.NodeEvent) {
	s.done, s.totals = append(s.done, e.Rows), append(s.totals, e.Total)
}

// TestProgress: each operation on many rows tells, in steps that rise to the end.
func TestProgress(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, dsn string) {
		type Row struct {
			dataflow.Model
			ID string
			N  int
		}
		db := open(t, dsn, engine.WithModels(Row{}))
		const n = 2500
		var data, changes []P
		var ids []string
		for i := range n {
			id := fmt.Sprintf("%04d", i)
			data, changes, ids = append(data, P{"id": id, "n": i}), append(changes, P{"id": id, "n": -i}), append(ids, id)
		}
		for _, step := range []struct {
			nodeType string
			params   P
		}{
			{"RowBulkCreateNode", P{"data": data}},
			{"RowBulkUpsertNode", P{"data": data}},
			{"RowBulkUpdateNode", P{"data": changes}},
			{"RowBulkDeleteNode", P{"ids": ids}},
		} {
			s := &steps{}
			wf := dataflow.NewWorkflow("bulk").AddNode(step.nodeType, "it", step.params)
			res, err := db.Run(t.Context(), wf, engine.WithObserver(s))
			if err != nil {
				t.Fatal(err)
			}
			if got := res.Outputs["it"]["count"]; got != int64(n) {
				t.Errorf("%s: count %v", step.nodeType, got)
			}
			if len(s.done) < 2 || !slices.IsSorted(s.done) || s.done[len(s.done)-1] != n || slices.Min(s.totals) != n || slices.Max(s.totals) != n {
				t.Errorf("%s: progress %v of %v", step.nodeType, s.done, s.totals)
			}
		}
	})
}
