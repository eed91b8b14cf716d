package analysis_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/internal/graphtext"
)

// TestGeneratedGraphs generates functions that build workflows, with all that people
// write around the calls, runs them in one program, and checks that each graph that
// is read whole is the one that was built, and that the verdicts agree.
//
// DATAFLOW_TORTURE=1 generates many more, other ones each time.
func TestGeneratedGraphs(t *testing.T) {
	t.Parallel()
	functions, seed := 200, 1
	if os.Getenv("DATAFLOW_TORTURE") != "" {
		functions, seed = 1000, rand.IntN(1<<40)
	}
	if s, err := strconv.Atoi(os.Getenv("DATAFLOW_SEED")); err == nil {
		seed = s
	}
	t.Logf("DATAFLOW_SEED=%d", seed)
	dir, sources := generatedModule(t, functions, seed)
	verdicts := runMutants(t, dir)
	pkgs, err := analysis.Load(context.Background(), analysis.Options{Dir: dir, Env: offline()}, "./gen/...")
	if err != nil {
		t.Fatal(err)
	}
	read := map[string][]*analysis.Workflow{}
	for _, p := range pkgs {
		for _, wf := range p.Workflows {
			read[wf.Graph.Name] = append(read[wf.Graph.Name], wf)
		}
	}
	whole := 0
	for _, v := range verdicts {
		candidates := read[v.Graph.Name]
		if len(candidates) != 1 {
			if !slices.ContainsFunc(read[""], func(wf *analysis.Workflow) bool { return wf.Graph.Open }) {
				t.Errorf("%s is read %d times", v.Graph.Name, len(candidates))
			}
			continue
		}
		if candidates[0].Graph.Open {
			continue
		}
		whole++
		if diff := graphtext.Diff(graphtext.Of(candidates[0].Graph), v.Graph); len(diff) > 0 {
			t.Errorf("the graph that is read is not the one that is built:\n%s\n\n%s", strings.Join(diff, "\n"), sources[v.Graph.Name])
		}
	}
	t.Logf("%d functions, %d graphs read whole", len(verdicts), whole)
	if whole < len(verdicts)/10 {
		t.Error("hardly any graph is read whole: the test sees nothing")
	}
	compareVerdicts(t, pkgs, verdicts)
}

// generatedModule writes a module with a package of generated functions, and a
// program that prints what they build and what the run says to it.
func generatedModule(t *testing.T, functions, seed int) (dir string, sources map[string]string) {
	t.Helper()
	dir = corpusModule(t)
	sources = map[string]string{}
	var all, list strings.Builder
	all.WriteString(generatedImports)
	for i := range functions {
		name := fmt.Sprintf("Generated%d", i)
		src := generatedFunction(name).Example(seed + i)
		sources[name] = src
		all.WriteString(src + "\n")
		fmt.Fprintf(&list, "\t\t{Workflow: gen.%s()},\n", name)
	}
	copyCorpus(t, dir, 0, func(name, src string) string {
		if name != filepath.Join("runs", "domains.go") {
			return src
		}
		return `package runs

import (
	"` + corpusPath + `/gen"
	"` + corpusPath + `/m0/tour"
)

// Domains are the generated functions.
var Domains = []func() Domain{func() Domain {
	return Domain{"gen", []any{tour.User{}, tour.Order{}, tour.OrderItem{}}, []Run{
` + list.String() + `	}}
}}
`
	})
	runs := filepath.Join(dir, "m0", "runs", "runs.go")
	src := readFile(t, runs)
	i := strings.Index(src, "// Domains are all")
	j := strings.Index(src, "// Check runs")
	writeFile(t, runs, src[:i]+src[j:])
	writeFile(t, filepath.Join(dir, "gen", "gen.go"), all.String())
	writeFile(t, filepath.Join(dir, "gen", "helpers.go"), generatedHelpers)
	writeFile(t, filepath.Join(dir, "gen", "other", "other.go"), generatedOther)
	writeProgram(t, dir, 1)
	return dir, sources
}
