package engine_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/graph"
)

// What it takes to check and to plan a chain, whose cost should grow with its length.
func BenchmarkPlan(b *testing.B) {
	nothing := func(context.Context, dataflow.Params) (dataflow.Params, error) { return nil, nil }
	for _, n := range []int{10, 100, 1000, 4000} {
		wf := dataflow.NewWorkflow("chain")
		for i := range n {
			wf.AddFunc(fmt.Sprint("n", i), nothing)
			if i > 0 {
				wf.AddDependency(fmt.Sprint("n", i-1), fmt.Sprint("n", i))
			}
		}
		g := wf.Graph()
		b.Run(fmt.Sprint("check/", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				graph.Check(g, nil)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/node")
		})
		b.Run(fmt.Sprint("compile/", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, problems := graph.Compile(g); len(problems) > 0 {
					b.Fatal(problems)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/node")
		})
	}
}
