package analysis_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/internal/graphtext"
)

func corpus() string { return filepath.Join(repo(), "examples", "corpus") }

// TestCorpusIsClean checks that nothing is reported about programs that are right:
// every workflow of the corpus runs (TestCorpusGraphs), and so does the quick start.
// What a hint is right about says so at its line: // want DF-715.
func TestCorpusIsClean(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ dir, pattern string }{
		{corpus(), "./..."},
		{repo(), "./examples/..."},
	} {
		pkgs, err := analysis.Load(context.Background(), analysis.Options{Dir: test.dir, Env: offline()}, test.pattern)
		if err != nil {
			t.Fatal(err)
		}
		workflows := 0
		for _, p := range pkgs {
			workflows += len(p.Workflows)
			for _, err := range p.LoadErrors {
				t.Errorf("%s: %v", p.Path, err)
			}
			wanted := wantedCodes(t, p.Files)
			for _, d := range p.Diagnostics {
				at := fmt.Sprintf("%s:%d: %s", d.File, d.Span.Start.Line, d.Code)
				if !wanted[at] {
					t.Errorf("%s: %s", at, d.Message)
				}
				delete(wanted, at)
			}
			for at := range wanted {
				t.Errorf("%s is not reported", at)
			}
		}
		if workflows == 0 {
			t.Errorf("%s: no workflow in %s: the test sees nothing", test.pattern, test.dir)
		}
	}
}

var wantCode = regexp.MustCompile(`// want (DF-\d+)$`)

func wantedCodes(t *testing.T, files []string) map[string]bool {
	t.Helper()
	wanted := map[string]bool{}
	for _, name := range files {
		for i, line := range strings.Split(readFile(t, name), "\n") {
			if m := wantCode.FindStringSubmatch(line); m != nil {
				wanted[fmt.Sprintf("%s:%d: %s", name, i+1, m[1])] = true
			}
		}
	}
	return wanted
}

func offline() []string { return append(os.Environ(), "GOWORK=off", "GOPROXY=off", "GOFLAGS=") }

// seenWhole is how many of the corpus's graphs are read whole. It may only grow.
const seenWhole = 121

// TestCorpusGraphs runs every workflow of the corpus, and checks that each graph
// that is read whole from the source is the one that the program built.
func TestCorpusGraphs(t *testing.T) {
	t.Parallel()
	built := builtGraphs(t)
	pkgs, err := analysis.Load(context.Background(), analysis.Options{Dir: corpus(), Env: offline()})
	if err != nil {
		t.Fatal(err)
	}
	read := map[string][]*analysis.Workflow{}
	for _, p := range pkgs {
		for _, wf := range p.Workflows {
			at := fmt.Sprintf("%s:%d", wf.Graph.Span.Start.Filename, wf.Graph.Span.Start.Line)
			read[at] = append(read[at], wf)
		}
	}
	whole, missed := 0, 0
	for _, b := range built {
		candidates := read[b.At]
		if len(candidates) == 0 {
			missed++
			t.Logf("%s: not seen", b.At)
			continue
		}
		diffs := []string{}
		open := slices.ContainsFunc(candidates, func(wf *analysis.Workflow) bool { return wf.Graph.Open })
		same := slices.ContainsFunc(candidates, func(wf *analysis.Workflow) bool {
			if wf.Graph.Open {
				return false
			}
			d := graphtext.Diff(graphtext.Of(wf.Graph), b)
			diffs = append(diffs, d...)
			return len(d) == 0
		})
		switch {
		case same:
			whole++
		case open:
			for _, wf := range candidates {
				var why *errcatalog.Error
				if errors.As(wf.Runnable, &why) {
					t.Logf("%s: open in %s: %s", b.At, wf.Func, why.Message)
				}
			}
		default:
			t.Errorf("%s: the graph that is read is not the one that is built:\n%s", b.At, strings.Join(diffs, "\n"))
		}
	}
	t.Logf("%d graphs built, %d read whole, %d not seen", len(built), whole, missed)
	if whole < seenWhole {
		t.Errorf("%d graphs are read whole, once there were %d", whole, seenWhole)
	}
}

// builtGraphs are the graphs that the corpus's tests ran.
func builtGraphs(t *testing.T) []*graphtext.Graph {
	t.Helper()
	dir := t.TempDir()
	cmd := exec.Command("go", "test", "./...")
	cmd.Dir = corpus()
	cmd.Env = append(offline(), "CORPUS_GRAPHS="+dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("the corpus fails: %v\n%s", err, out)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no graphs: %v", err)
	}
	var all []*graphtext.Graph
	for _, name := range files {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var graphs []*graphtext.Graph
		if err := json.Unmarshal(content, &graphs); err != nil {
			t.Fatal(err)
		}
		all = append(all, graphs...)
	}
	return all
}
