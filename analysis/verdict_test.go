package analysis_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/internal/graphtext"
)

const corpusPath = "github.com/dataflow-go/dataflow/examples/corpus"

// TestVerdicts makes mistakes in copies of the corpus, and asks the analyser and the
// run. What the analyser calls an error, the run refuses; and what the run refuses
// of a graph that is read whole, the analyser reports: the same code at the same
// node, parameter, connection and builder call.
//
// DATAFLOW_TORTURE=1 makes many more, other ones each time.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	rounds, seed := 3, uint64(1)
	if os.Getenv("DATAFLOW_TORTURE") != "" {
		rounds, seed = 16, rand.Uint64()
	}
	if s, err := strconv.ParseUint(os.Getenv("DATAFLOW_SEED"), 10, 64); err == nil {
		seed = s
	}
	t.Logf("DATAFLOW_SEED=%d", seed)
	dir := mutantModule(t, rounds, seed)
	verdicts := runMutants(t, dir)
	pkgs, err := analysis.Load(context.Background(), analysis.Options{Dir: dir, Env: offline()})
	if err != nil {
		t.Fatal(err)
	}
	compareVerdicts(t, pkgs, verdicts)
	for _, p := range pkgs {
		for _, d := range p.Diagnostics {
			src := readFile(t, d.File)
			checkSpansIn(t, d, len(src))
			for _, fix := range d.Fixes {
				checkEdits(t, d, fix, len(src))
				if fixed := apply(src, fix.Edits); !parse(fixed) {
					t.Errorf("%q of %s: %s leaves what does not parse:\n%s", fix.Title, d.Code, d.Message, fixed)
				} else if isFormatted(src) && !isFormatted(fixed) {
					t.Errorf("%q of %s: %s leaves what gofmt would change:\n%s", fix.Title, d.Code, d.Message, fixed)
				}
			}
		}
	}
}

// mutantModule writes copies of the corpus with mistakes, m0 to mN, and a program
// that prints what the run says to them.
func mutantModule(t *testing.T, rounds int, seed uint64) string {
	t.Helper()
	dir := corpusModule(t)
	for round := range rounds {
		r := rand.New(rand.NewPCG(seed, uint64(round)))
		copyCorpus(t, dir, round, func(name, src string) string {
			if strings.HasSuffix(name, "models.go") || strings.HasSuffix(name, "schema.go") || strings.HasPrefix(name, "runs") {
				return src
			}
			return mutate(t, r, src)
		})
	}
	writeProgram(t, dir, rounds)
	return dir
}

// corpusModule makes a module of the corpus's name, without its packages.
func corpusModule(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if keep := os.Getenv("DATAFLOW_KEEP"); keep != "" { // to look at what fails
		dir = filepath.Join(keep, t.Name())
	}
	mod := strings.Replace(readFile(t, filepath.Join(corpus(), "go.mod")), "=> ../..", "=> "+repo(), 1)
	writeFile(t, filepath.Join(dir, "go.mod"), mod)
	writeFile(t, filepath.Join(dir, "go.sum"), readFile(t, filepath.Join(corpus(), "go.sum")))
	return dir
}

// writeProgram writes the program that prints the verdicts of all rounds.
func writeProgram(t *testing.T, dir string, rounds int) {
	t.Helper()
	var imports, calls strings.Builder
	for round := range rounds {
		fmt.Fprintf(&imports, "\tm%d %q\n", round, fmt.Sprintf("%s/m%d/runs", corpusPath, round))
		fmt.Fprintf(&calls, "\tprint(m%d.Verdicts(ctx))\n", round)
	}
	writeFile(t, filepath.Join(dir, "main.go"), `package main

import (
	"context"
	"encoding/json"
	"log"
	"os"

`+imports.String()+`)

func main() {
	ctx := context.Background()
`+calls.String()+`}

func print(verdicts any, err error) {
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(verdicts)
	}
	if err != nil {
		log.Fatal(err)
	}
}
`)
}

// copyCorpus copies the packages of the corpus to the folder of a round.
func copyCorpus(t *testing.T, dir string, round int, change func(name, src string) string) {
	t.Helper()
	err := filepath.WalkDir(corpus(), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(corpus(), path)
		if d.IsDir() || filepath.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		src := strings.ReplaceAll(readFile(t, path), corpusPath+"/", fmt.Sprintf("%s/m%d/", corpusPath, round))
		writeFile(t, filepath.Join(dir, fmt.Sprintf("m%d", round), name), change(name, src))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func readFile(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func writeFile(t *testing.T, name, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

type verdict struct {
	Domain  string
	Graph   *graphtext.Graph
	Refused []graphtext.Refusal
}

// runMutants builds the program and runs it. Files that do not compile get their
// text of the corpus back.
func runMutants(t *testing.T, dir string) []verdict {
	t.Helper()
	program := filepath.Join(dir, "program.exe")
	for try := 0; ; try++ {
		cmd := exec.Command("go", "build", "-gcflags="+corpusPath+"/...=-e", "-o", program, ".")
		cmd.Dir, cmd.Env = dir, offline()
		out, err := cmd.CombinedOutput()
		if err == nil {
			break
		}
		if try > 5 || !restore(t, dir, string(out)) {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	cmd := exec.Command(program)
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, stderr.String())
	}
	var all []verdict
	for dec := json.NewDecoder(&out); dec.More(); {
		var round []verdict
		if err := dec.Decode(&round); err != nil {
			t.Fatal(err)
		}
		all = append(all, round...)
	}
	return all
}

var compileError = regexp.MustCompile(`(?m)^m(\d+)/(\S+\.go):\d+`)

func restore(t *testing.T, dir, out string) bool {
	t.Helper()
	seen := map[string]bool{}
	for _, m := range compileError.FindAllStringSubmatch(out, -1) {
		if seen[m[0]] {
			continue
		}
		seen[m[0]] = true
		src := strings.ReplaceAll(readFile(t, filepath.Join(corpus(), m[2])), corpusPath+"/", corpusPath+"/m"+m[1]+"/")
		writeFile(t, filepath.Join(dir, "m"+m[1], m[2]), src)
	}
	return len(seen) > 0
}

// atRunTime are the codes that no source tells.
var atRunTime = []errcatalog.Code{errcatalog.DF808, errcatalog.DF802}

// A trial is a run of a workflow, to be compared with what was read.
type trial struct {
	verdict
	whole bool            // the source tells all of it
	ran   map[string]bool // the places of its builder calls
	files map[string]bool
	nodes map[string]bool // "create (UserCreateNode)"
}

func trialsOf(pkgs []*analysis.Package, verdicts []verdict) []*trial {
	whole := map[string]bool{} // by name and place of NewWorkflow: a helper may make many
	for _, p := range pkgs {
		for _, wf := range p.Workflows {
			if isWhole(wf.Graph) {
				whole[wf.Graph.Name+graphtext.Of(wf.Graph).At] = true
			}
		}
	}
	var trials []*trial
	for _, v := range verdicts {
		tr := &trial{verdict: v, whole: whole[v.Graph.Name+v.Graph.At], ran: map[string]bool{"": true, v.Graph.At: true}, files: map[string]bool{}, nodes: map[string]bool{}}
		for _, c := range v.Graph.Calls {
			if c.Kind == "node" {
				tr.nodes[fmt.Sprintf("%s (%s)", strings.Trim(c.Args[0], `"`), strings.Trim(c.Args[1], `"`))] = true
			}
			tr.ran[c.At] = true
			tr.files[c.At[:strings.LastIndexByte(c.At, ':')]] = true
		}
		trials = append(trials, tr)
	}
	return trials
}

// A reported error is a diagnostic with the builder calls that it speaks of: "" where
// it lies in none.
type reported struct {
	graphtext.Refusal
	file  string
	calls []string
}

// about reports whether the trial made the calls that an error speaks of. Others
// stand in branches that it did not take.
func (tr *trial) about(r *reported) bool {
	return (r.Workflow == "" || r.Workflow == tr.Graph.Name) && tr.files[r.file] && (r.At != "" || tr.nodes[r.Node]) &&
		!slices.ContainsFunc(r.calls, func(at string) bool { return !tr.ran[at] })
}

// refuses reports whether the run refuses what was reported. Where the source does
// not tell all, the run may know better why: it is enough that it refuses the call, or
// two nodes of one id, for then it depends on what is seen which of them is meant.
func (tr *trial) refuses(r *reported) bool {
	return slices.ContainsFunc(tr.Refused, func(o graphtext.Refusal) bool {
		return sameMistake(r.Refusal, o) || !tr.whole && (r.At == o.At || r.At == "" && r.Node == o.Node || o.Code == errcatalog.DF806)
	})
}

func compareVerdicts(t *testing.T, pkgs []*analysis.Package, verdicts []verdict) {
	t.Helper()
	trials, errs := trialsOf(pkgs, verdicts), reportedErrors(t, pkgs)
	branches, wholes, refused := 0, 0, 0
	for i := range errs {
		r := &errs[i]
		if !slices.ContainsFunc(trials, func(tr *trial) bool { return tr.about(r) }) {
			branches++
		} else if !slices.ContainsFunc(trials, func(tr *trial) bool { return tr.about(r) && tr.refuses(r) }) {
			t.Errorf("%s: reported, and the run does not refuse it: %s: %s (%s %s %s)", r.At, r.Code, r.Text, r.Node, r.Param, r.Connection)
		}
	}
	for _, tr := range trials {
		if !tr.whole {
			continue
		}
		wholes++
		for _, r := range tr.Refused {
			if slices.Contains(atRunTime, r.Code) {
				continue
			}
			refused++
			if !slices.ContainsFunc(errs, func(e reported) bool {
				e.Workflow = "" // a mistake in a helper is told once, whoever calls it
				return sameMistake(e.Refusal, r) || e.Code == r.Code && (e.At == r.At || e.At == "") && e.Text == r.Text
			}) {
				t.Errorf("%s: the run refuses, and nothing is reported: %s: %s (%s %s %s)", r.At, r.Code, r.Text, r.Node, r.Param, r.Connection)
			}
		}
	}
	t.Logf("%d errors reported, %d of them in code that did not run; %d workflows run, %d of them read whole with %d refusals",
		len(errs), branches, len(trials), wholes, refused)
	if len(errs) == 0 || refused == 0 {
		t.Error("no mistake was made: the test sees nothing")
	}
}

// reportedErrors are the diagnostics that are errors.
func reportedErrors(t *testing.T, pkgs []*analysis.Package) []reported {
	t.Helper()
	lines := callLines{}
	var all []reported
	for _, p := range pkgs {
		for _, err := range p.LoadErrors {
			t.Errorf("%s: %v", p.Path, err)
		}
		for _, d := range p.Diagnostics {
			if d.Severity != errcatalog.SeverityError {
				continue
			}
			r := reported{Refusal: graphtext.RefusalOf(errcatalog.New(d.Finding)), file: d.File}
			r.At = lines.at(t, d.File, d.Span)
			r.calls = append(r.calls, r.At)
			for _, o := range d.Related {
				if o.Message == "it is built here" { // by a helper of another package
					r.At = lines.at(t, o.Span.Start.Filename, o.Span)
				}
				r.calls = append(r.calls, lines.at(t, o.Span.Start.Filename, o.Span))
			}
			all = append(all, r)
		}
	}
	return all
}

// sameMistake compares what was read with what was run. Names that are computed are
// missing in what was read.
func sameMistake(s, r graphtext.Refusal) bool {
	if s.Code != r.Code || s.Param != r.Param || s.At != r.At && s.At != "" || s.Workflow != r.Workflow && s.Workflow != "" {
		return false
	}
	if s.Node != r.Node && !strings.HasSuffix(r.Node, " ("+s.Node+")") && s.Node != "" {
		return false
	}
	sFrom, sTo, _ := strings.Cut(s.Connection, " → ")
	rFrom, rTo, _ := strings.Cut(r.Connection, " → ")
	return sameEnd(sFrom, rFrom) && sameEnd(sTo, rTo)
}

func sameEnd(s, r string) bool {
	return s == r || s == "" || strings.HasPrefix(r, s+".") || strings.HasPrefix(s, ".") && strings.HasSuffix(r, s)
}

// isWhole reports whether the source tells all of a graph but what its functions do.
func isWhole(g *graph.Graph) bool {
	if g.Open {
		return false
	}
	text, _ := json.Marshal(graphtext.Of(g))
	return !bytes.Contains(text, []byte(`"`+graphtext.Unknown+`"`)) && !bytes.Contains(text, []byte(`"typed"`)) && !bytes.Contains(text, []byte(`"Partial"`))
}

// callLines finds the builder call that a diagnostic lies in, as a running program
// names it: by the line of the method's name.
type callLines map[string][]builderCall

// A builderCall is where a call stands in its file.
type builderCall struct{ start, end, line int }

func (c callLines) at(t *testing.T, file string, span errcatalog.Span) string {
	t.Helper()
	calls, ok := c[file]
	if !ok {
		calls = builderCalls(t, file)
		c[file] = calls
	}
	line := 0
	for _, call := range calls { // the innermost comes last
		if call.start <= span.Start.Offset && span.Start.Offset < call.end {
			line = call.line
		}
	}
	if line == 0 {
		return ""
	}
	return file + ":" + strconv.Itoa(line)
}

func builderCalls(t *testing.T, file string) []builderCall {
	t.Helper()
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var calls []builderCall
	ast.Inspect(f, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		sel, ok := call.Fun.(*ast.SelectorExpr)
		if !ok || !strings.HasPrefix(sel.Sel.Name, "Add") && sel.Sel.Name != "NewWorkflow" {
			return true
		}
		start, end := fset.Position(sel.Sel.Pos()), fset.Position(call.End())
		if sel.Sel.Name == "AddTransaction" && len(call.Args) == 2 {
			end = fset.Position(call.Args[1].Pos()) // what follows has calls of its own
		}
		calls = append(calls, builderCall{start.Offset, end.Offset, start.Line})
		return true
	})
	return calls
}
