package devrun

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/template"
	"time"

	_ "embed" // for program.go.tmpl

	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/internal/config"
	"github.com/dataflow-go/dataflow/model"
)

// RunProgram runs a workflow that is not seen whole in the source by compiling the package
// that builds it: the go command builds a test program with one more file, which is an
// overlay and stands nowhere on disk, and the program is run as a process of its own. It
// and what it starts are killed when ctx ends. overlay holds the texts of files that are
// not saved.
//
// The function that builds the workflow must take nothing (DF-901). What does not compile
// is DF-802, with what the compiler says. The rest is as in Run.
func RunProgram(ctx context.Context, r Request, pkgName string, overlay map[string][]byte) (*Report, error) {
	dir := r.Dir
	if dir == "" {
		dir = filepath.Dir(r.Workflow.File)
	}
	cfg, err := config.Load(dir)
	if err != nil {
		return nil, err
	}
	db, err := Database(cfg, r.Database)
	if err != nil {
		return nil, err
	}
	if err := makeFolderOf(db.URL, cfg.Dir); err != nil {
		return nil, err
	}
	p, err := newProgram(r, pkgName, overlay)
	if err != nil {
		return nil, err
	}
	removeStale()
	work, err := os.MkdirTemp("", workPrefix)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(work) //nolint:errcheck // a temporary folder
	binary, err := p.build(ctx, work)
	if err != nil {
		return nil, err
	}
	report, err := p.run(ctx, work, binary, db)
	if err != nil {
		return nil, err
	}
	report.Database = db.String()
	report.Committed = r.Commit && report.Error == nil
	return report, nil
}

const (
	// workPrefix begins the name of the temporary folder that a program is built in.
	workPrefix = "dataflow-run"
	// staleAfter is how old such a folder is when nobody can still be using it: whoever
	// made it was killed while the program was compiled.
	staleAfter = 24 * time.Hour
)

func removeStale() {
	folders, _ := filepath.Glob(filepath.Join(os.TempDir(), workPrefix+"*")) // a fixed pattern is never malformed
	for _, folder := range folders {
		if info, err := os.Stat(folder); err == nil && info.IsDir() && time.Since(info.ModTime()) > staleAfter {
			_ = os.RemoveAll(folder) // perhaps another user's
		}
	}
}

// A program is a package with one more test in it.
type program struct {
	request Request
	overlay map[string][]byte
	file    string // of the test, in the package's folder; not on disk
	source  []byte
}

// What the test is made of.
type programData struct {
	Package  string
	Function string
	Results  []string // "w" for a workflow, "e" for an error, "_" for another
	Workflow string
	Imports  []programImport
	Models   []string // composite literals
	Prefix   string
	Unix     bool // it can kill the processes that it has started
}

type programImport struct{ Name, Path string }

//go:embed program.go.tmpl
var programSource string

var programTemplate = template.Must(template.New("program").Parse(programSource))

// linePrefix begins the lines by which the program tells how it goes.
const linePrefix = "\x01dataflow:"

func newProgram(r Request, pkgName string, overlay map[string][]byte) (*program, error) {
	wf := r.Workflow
	src := overlay[wf.File]
	if src == nil {
		var err error
		if src, err = os.ReadFile(wf.File); err != nil {
			return nil, err
		}
	}
	results, err := buildsWorkflows(wf.File, src, wf.Func)
	if err != nil {
		return nil, err
	}
	data := programData{Package: pkgName, Function: wf.Func, Results: results, Workflow: wf.Graph.Name, Prefix: linePrefix, Unix: hasGroups}
	here := packagePath(wf.Models, wf.File)
	for _, m := range wf.Models {
		literal, err := data.literalOf(m, here)
		if err != nil {
			return nil, err
		}
		data.Models = append(data.Models, literal)
	}
	var b bytes.Buffer
	if err := programTemplate.Execute(&b, data); err != nil {
		return nil, err
	}
	return &program{
		request: r, overlay: overlay, source: b.Bytes(),
		file: filepath.Join(filepath.Dir(wf.File), "zz_dataflow_run_test.go"),
	}, nil
}

// packagePath is the import path of the models that stand beside a file.
func packagePath(models []*model.Model, file string) string {
	for _, m := range models {
		if filepath.Dir(m.Pos.Filename) == filepath.Dir(file) {
			return m.PkgPath
		}
	}
	return ""
}

// literalOf is a model's zero value as the test writes it.
func (d *programData) literalOf(m *model.Model, here string) (string, error) {
	if m.PkgPath == here {
		return m.Name + "{}", nil
	}
	if !ast.IsExported(m.Name) {
		return "", computed("model %s of package %s is not exported: a program that runs the workflow cannot register it", m.Name, m.PkgPath)
	}
	i := slices.IndexFunc(d.Imports, func(i programImport) bool { return i.Path == m.PkgPath })
	if i < 0 {
		i = len(d.Imports)
		d.Imports = append(d.Imports, programImport{fmt.Sprintf("models%d", i), m.PkgPath})
	}
	return d.Imports[i].Name + "." + m.Name + "{}", nil
}

func computed(format string, args ...any) error {
	return errcatalog.New(errcatalog.Finding{Code: errcatalog.DF901, Message: fmt.Sprintf(format, args...)})
}

// buildsWorkflows finds a function and tells what its results are.
func buildsWorkflows(file string, src []byte, name string) ([]string, error) {
	f, err := parser.ParseFile(token.NewFileSet(), file, src, parser.SkipObjectResolution)
	if err != nil {
		return nil, computed("%s does not parse: %v", filepath.Base(file), err)
	}
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Name.Name != name || fn.Recv != nil {
			continue
		}
		if fn.Type.Params.NumFields() > 0 || fn.Type.TypeParams.NumFields() > 0 {
			return nil, computed("%s takes arguments: give a function without any that calls it to run it from here", name)
		}
		var results []string
		if fn.Type.Results != nil {
			for _, field := range fn.Type.Results.List {
				for range max(len(field.Names), 1) {
					results = append(results, resultOf(field.Type))
				}
			}
		}
		if !slices.Contains(results, "w") {
			return nil, computed("%s does not return the workflow that it builds: return it to run it from here", name)
		}
		return results, nil
	}
	return nil, computed("%s is no function of the package: only functions can be run from here", name)
}

// resultOf tells what a result is by its type.
func resultOf(t ast.Expr) string {
	id, named := t.(*ast.Ident)
	switch {
	case isWorkflow(t):
		return "w"
	case named && id.Name == "error":
		return "e"
	}
	return "_"
}

func isWorkflow(t ast.Expr) bool {
	star, ok := t.(*ast.StarExpr)
	if !ok {
		return false
	}
	switch x := star.X.(type) {
	case *ast.SelectorExpr:
		return x.Sel.Name == "Workflow"
	case *ast.Ident:
		return x.Name == "Workflow"
	}
	return false
}

// build compiles the test program.
func (p *program) build(ctx context.Context, work string) (string, error) {
	replace := map[string]string{}
	put := func(file string, content []byte) error {
		at := filepath.Join(work, fmt.Sprintf("%d_%s", len(replace), filepath.Base(file)))
		replace[file] = at
		return os.WriteFile(at, content, 0o600)
	}
	for file, content := range p.overlay {
		if err := put(file, content); err != nil {
			return "", err
		}
	}
	for _, file := range p.testFiles() {
		replace[file] = "" // as if it were not there
	}
	if err := put(p.file, p.source); err != nil {
		return "", err
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	overlayFile, binary := filepath.Join(work, "overlay.json"), filepath.Join(work, "run.test.exe")
	if err := os.WriteFile(overlayFile, overlay, 0o600); err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, "go", "test", "-c", "-vet=off", "-overlay", overlayFile, "-o", binary, ".")
	cmd.Dir = filepath.Dir(p.file)
	ownGroup(cmd)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		reason := strings.TrimSpace(out.String())
		return "", errcatalog.New(errcatalog.Finding{
			Code: errcatalog.DF802, Message: fmt.Sprintf("the package of %s does not compile: %s", p.request.Workflow.Func, firstLines(reason, 5)),
			Details: errcatalog.Details{Reason: reason},
		})
	}
	return binary, nil
}

// testFiles are the tests of the package, which have no part in a run: they may not even
// compile, and their TestMain would come first. Where one of them builds the workflow,
// there are none to leave out.
func (p *program) testFiles() []string {
	dir := filepath.Dir(p.file)
	if strings.HasSuffix(p.request.Workflow.File, "_test.go") {
		return nil
	}
	files, _ := filepath.Glob(filepath.Join(quoteMeta(dir), "*_test.go")) // it is well formed
	for file := range p.overlay {
		if filepath.Dir(file) == dir && strings.HasSuffix(file, "_test.go") && !slices.Contains(files, file) {
			files = append(files, file)
		}
	}
	return files
}

// quoteMeta makes a pattern of a path that matches it alone.
func quoteMeta(path string) string {
	if filepath.Separator == '\\' {
		return path // there is no way to
	}
	return strings.NewReplacer(`*`, `\*`, `?`, `\?`, `[`, `\[`, `\`, `\\`).Replace(path)
}

func firstLines(text string, n int) string {
	lines := strings.Split(text, "\n")
	return strings.Join(lines[:min(len(lines), n)], "\n")
}

// A programLine is what the program tells in one line.
type programLine struct {
	Event  string         `json:"event"` // "started", "ended", "done", "failed"
	ID     string         `json:"id"`    // of the run
	Nodes  []programNode  `json:"nodes"`
	Node   *programNode   `json:"node"`
	Errors []programError `json:"errors"`
}

type programNode struct {
	ID         string         `json:"id"`
	Type       string         `json:"type"`
	Status     engine.Status  `json:"status"`
	DurationMS float64        `json:"duration_ms"`
	Rows       int            `json:"rows"`
	Output     map[string]any `json:"output"`
	Error      *programError  `json:"error"`
}

type programError struct {
	Code    errcatalog.Code `json:"code"`
	Message string          `json:"message"`
	File    string          `json:"file"`
	Line    int             `json:"line"`
}

// error is the error with its page again.
func (e *programError) error() *errcatalog.Error {
	if e == nil {
		return nil
	}
	at := token.Position{Filename: e.File, Line: e.Line, Column: 1}
	return errcatalog.New(errcatalog.Finding{Code: e.Code, Message: e.Message, Span: errcatalog.Span{Start: at}})
}

// run runs the program and listens to what it tells.
func (p *program) run(ctx context.Context, work, binary string, db config.Database) (*Report, error) {
	request, err := json.Marshal(map[string]any{
		"work": work, "url": db.URL, "auto_migrate": db.AutoMigrate, "pool_size": db.PoolSize, "statement_timeout": db.StatementTimeout, "commit": p.request.Commit, "inputs": convertInputs(p.request.Workflow.Graph, graph.NewModelSet(p.request.Workflow.Models...), p.request.Inputs),
	})
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, binary, "-test.run", "^TestDataFlowRun$", "-test.count", "1")
	cmd.Dir = filepath.Dir(p.file)
	// On standard input, where what the program starts does not find the database's
	// secrets. It stays open as long as the program runs: when it ends, the one who wants
	// the result is gone, however that came.
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	ownGroup(cmd)
	cmd.WaitDelay = time.Second // for what it started and keeps its output open
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	go func() { _, _ = stdin.Write(request) }() // a program that does not read it says why it ends
	report, said := p.listen(bufio.NewReader(stdout))
	err = cmd.Wait()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case report == nil:
		reason := strings.TrimSpace(said + stderr.String())
		return nil, errcatalog.New(errcatalog.Finding{
			Code: errcatalog.DF503, Message: fmt.Sprintf("the program of %s ended without a result: %v: %s", p.request.Workflow.Func, err, firstLines(reason, 5)),
			Details: errcatalog.Details{Reason: reason},
		})
	}
	return report, nil
}

// listen reads the program's output: the report, and what else it printed.
func (p *program) listen(out *bufio.Reader) (report *Report, said string) {
	var printed strings.Builder
	for {
		text, err := out.ReadString('\n')
		raw, ours := strings.CutPrefix(text, linePrefix)
		var line programLine
		if ours && json.Unmarshal([]byte(raw), &line) == nil {
			if r := p.take(&line); r != nil {
				report = r
			}
		} else if printed.Len() < 1<<16 {
			printed.WriteString(text)
		}
		if err != nil { // the end of its output
			return report, printed.String()
		}
	}
}

// take tells the observer of a line, or makes the report of the last.
func (p *program) take(line *programLine) *Report {
	if n := line.Node; n != nil && p.request.Observer != nil {
		event := engine.NodeEvent{Run: line.ID, Workflow: p.request.Workflow.Graph.Name, Node: n.ID, Type: n.Type, Time: time.Now(), Status: n.Status, Rows: n.Rows}
		if line.Event == "started" {
			p.request.Observer.NodeStarted(event)
		} else {
			p.request.Observer.NodeEnded(event)
		}
	}
	if line.Event != "done" {
		return nil
	}
	report := &Report{ID: line.ID, Workflow: p.request.Workflow.Graph.Name, Nodes: []Node{}, Warnings: []*errcatalog.Error{}}
	for _, n := range line.Nodes {
		report.Nodes = append(report.Nodes, Node{
			ID: n.ID, Type: n.Type, Status: n.Status, DurationMS: n.DurationMS, Rows: n.Rows, Output: n.Output, Error: n.Error.error(),
		})
	}
	for i := range line.Errors {
		report.Errors = append(report.Errors, line.Errors[i].error())
	}
	if len(report.Errors) > 0 {
		report.Error = report.Errors[0]
	}
	if len(report.Errors) < 2 {
		report.Errors = nil
	}
	return report
}
