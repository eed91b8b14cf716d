// Command demo shows the whole way on real input. It copies the broken quickstart,
// starts the real language server, shows the mistakes that it finds, mends them
// with the server's own quick fixes and runs the mended workflows on a fresh SQLite
// file. It fails when any of that does not happen. `make demo` builds the binaries
// first.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/aymanbagabas/go-udiff"
)

// patience is how long the whole story may take; the first time, the go command
// compiles the dependencies.
const patience = 5 * time.Minute

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := run(ctx, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "\ndemo:", err)
		os.Exit(1)
	}
}

// files are the files with mistakes, in the order of the story.
var files = []string{"signup.go", "launch.go"}

// A story is the state of the demo as it goes on.
type story struct {
	out    io.Writer
	repo   string
	dir    string
	client *client
	texts  map[string]string // what the editor shows, by file
	counts map[string]int    // version of each document
}

func run(ctx context.Context, out io.Writer) error {
	repo, err := os.Getwd()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "dataflow-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a leftover in the temporary folder harms no one
	if dir, err = filepath.EvalSymlinks(dir); err != nil {
		return err
	}
	if err := copyModule(repo, dir); err != nil {
		return err
	}
	s := &story{out: out, repo: repo, dir: dir, texts: map[string]string{}, counts: map[string]int{}}
	s.title("A module with mistakes in its workflows, opened with bin/dataflow-lsp")
	if s.client, err = start(ctx, filepath.Join(repo, "bin", "dataflow-lsp"), dir); err != nil {
		return err
	}
	defer s.client.kill()
	for _, chapter := range []func(context.Context) error{s.open, s.mend, s.runWorkflows, s.end} {
		if err := chapter(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (s *story) title(text string) {
	s.printf("\n── %s ", text)
	s.printf("%s\n\n", strings.Repeat("─", max(3, 76-len(text))))
}

func (s *story) printf(format string, args ...any) { _, _ = fmt.Fprintf(s.out, format, args...) }

// copyModule copies the broken quickstart and points it at this repository.
func copyModule(repo, dir string) error {
	from := filepath.Join(repo, "examples", "quickstart", "broken")
	if err := os.CopyFS(dir, sourceOnly{os.DirFS(from)}); err != nil {
		return err
	}
	mod := filepath.Join(dir, "go.mod")
	data, err := os.ReadFile(mod)
	if err != nil {
		return err
	}
	text := strings.Replace(string(data), "=> ../../..", "=> "+repo, 1)
	if text == string(data) {
		return fmt.Errorf("no replace directive for this repository in %s", filepath.Join(from, "go.mod"))
	}
	return os.WriteFile(mod, []byte(text), 0o644)
}

// open opens the files and shows what the server finds in them, and the page of
// the first finding.
func (s *story) open(ctx context.Context) error {
	for _, name := range files {
		text, err := os.ReadFile(filepath.Join(s.dir, name))
		if err != nil {
			return err
		}
		s.texts[name], s.counts[name] = string(text), 1
		if err := s.client.notify("textDocument/didOpen", object{"textDocument": object{
			"uri": s.uri(name), "languageId": "go", "version": 1, "text": string(text),
		}}); err != nil {
			return err
		}
	}
	for _, name := range files {
		found, err := s.client.diagnostics(ctx, s.uri(name), 1, func(d []diagnostic) bool { return len(d) > 0 })
		if err != nil {
			return fmt.Errorf("%s: no mistake was found: %w", name, err)
		}
		for _, d := range found {
			s.printf("%s:%d:%d: %s %s\n", name, d.Range.Start.Line+1, d.Range.Start.Character+1, d.Code, d.Message)
		}
	}
	found, err := s.client.diagnostics(ctx, s.uri(files[0]), 1, func(d []diagnostic) bool { return len(d) > 0 })
	if err != nil {
		return err
	}
	return s.page(ctx, files[0], found[0])
}

// page shows the beginning of what the editor shows when the pointer rests on a
// finding.
func (s *story) page(ctx context.Context, name string, d diagnostic) error {
	var hover struct {
		Contents struct {
			Value string `json:"value"`
		} `json:"contents"`
	}
	err := s.client.call(ctx, "textDocument/hover", object{
		"textDocument": object{"uri": s.uri(name)}, "position": d.Range.Start,
	}, &hover)
	if err != nil {
		return err
	}
	if !strings.Contains(hover.Contents.Value, d.Code) {
		return fmt.Errorf("the hover on %s does not explain it: %q", d.Code, hover.Contents.Value)
	}
	const shown = 34 // lines; the rest is further solutions and the node's contract
	page := strings.Split(hover.Contents.Value, "\n")
	if len(page) > shown {
		page = append(page[:shown], "…")
	}
	s.printf("\nThe hover on %s:\n\n%s\n", d.Code, indent(strings.Join(page, "\n"), "   │ "))
	return nil
}

// mend applies the preferred quick fix of each finding and shows the difference.
func (s *story) mend(ctx context.Context) error {
	s.title("Mended by the server's own quick fixes")
	for _, name := range files {
		before := s.texts[name]
		found, err := s.client.diagnostics(ctx, s.uri(name), 1, func(d []diagnostic) bool { return len(d) > 0 })
		for fixes := 0; err == nil && len(found) > 0; fixes++ {
			if fixes == 10 {
				return fmt.Errorf("%s: still not mended after %d fixes", name, fixes)
			}
			found, err = s.fix(ctx, name, found[0])
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		s.printf("\n%s\n", indent(udiff.Unified(name, name+" (mended)", before, s.texts[name]), "   "))
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(s.texts[name]), 0o644); err != nil {
			return err
		}
		if err := s.client.notify("textDocument/didSave", object{"textDocument": object{"uri": s.uri(name)}}); err != nil {
			return err
		}
		s.printf("\n%s: the diagnostics are cleared\n\n", name)
	}
	cmd := exec.CommandContext(ctx, filepath.Join(s.repo, "bin", "dataflow"), "validate")
	cmd.Dir = s.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("dataflow validate still finds something: %w\n%s", err, out)
	}
	s.printf("bin/dataflow validate agrees: nothing is left to report\n")
	return nil
}

// fix applies the preferred fix of one finding, and returns what is found then.
func (s *story) fix(ctx context.Context, name string, d diagnostic) ([]diagnostic, error) {
	var actions []codeAction
	if err := s.client.call(ctx, "textDocument/codeAction", object{
		"textDocument": object{"uri": s.uri(name)}, "range": d.Range,
		"context": object{"diagnostics": []diagnostic{d}, "only": []string{"quickfix"}},
	}, &actions); err != nil {
		return nil, err
	}
	i := slices.IndexFunc(actions, func(a codeAction) bool { return a.IsPreferred })
	if i < 0 {
		return nil, fmt.Errorf("%s has no preferred quick fix", d.Code)
	}
	edits := actions[i].Edit.Changes[s.uri(name)]
	s.texts[name] = apply(s.texts[name], edits)
	s.counts[name]++
	s.printf("%s: %s ⟶ quick fix “%s”\n", name, d.Code, actions[i].Title)
	// One event for each edit, from the last to the first, as editors send them.
	var events []object
	for _, e := range lastFirst(edits) {
		events = append(events, object{"range": e.Range, "text": e.NewText})
	}
	if err := s.client.notify("textDocument/didChange", object{
		"textDocument": object{"uri": s.uri(name), "version": s.counts[name]}, "contentChanges": events,
	}); err != nil {
		return nil, err
	}
	return s.client.diagnostics(ctx, s.uri(name), s.counts[name], func(now []diagnostic) bool {
		return !slices.ContainsFunc(now, func(n diagnostic) bool { return n.Code == d.Code && n.Message == d.Message })
	})
}

// A report is the answer of dataflow.server.run.
type report struct {
	Workflow  string `json:"workflow"`
	Database  string `json:"database"`
	Committed bool   `json:"committed"`
	Nodes     []struct {
		ID         string         `json:"id"`
		Type       string         `json:"type"`
		Status     string         `json:"status"`
		DurationMS float64        `json:"duration_ms"`
		Output     map[string]any `json:"output"`
	} `json:"nodes"`
	Error json.RawMessage `json:"error"`
}

// runWorkflows runs both workflows in the server and shows each node's output.
func (s *story) runWorkflows(ctx context.Context) error {
	s.title("Run by the server on a fresh SQLite file")
	for _, w := range []struct {
		file, name string
		inputs     object
	}{
		{"signup.go", "Signup", object{}},
		{"launch.go", "Launch", object{"sku": "tea-001", "price": "4.20"}},
	} {
		var r report
		if err := s.client.call(ctx, "workspace/executeCommand", object{
			"command":   "dataflow.server.run",
			"arguments": []any{object{"uri": s.uri(w.file), "workflow": w.name, "inputs": w.inputs, "commit": true}},
		}, &r); err != nil {
			return fmt.Errorf("running %s: %w", w.name, err)
		}
		if r.Error != nil || !r.Committed || len(r.Nodes) == 0 {
			return fmt.Errorf("%s was not run to its end: %s", w.name, r.Error)
		}
		s.printf("%s on %s\n", r.Workflow, r.Database)
		for _, n := range r.Nodes {
			s.printf("  ✓ %s  %s  %.1f ms\n", n.ID, n.Type, n.DurationMS)
			for _, key := range slices.Sorted(maps.Keys(n.Output)) {
				value, err := json.Marshal(n.Output[key])
				if err != nil {
					return err
				}
				s.printf("      %-11s %s\n", key, value)
			}
		}
		s.printf("\n")
	}
	info, err := os.Stat(filepath.Join(s.dir, ".dataflow", "dev.db"))
	if err != nil {
		return fmt.Errorf("the database is not there: %w", err)
	}
	s.printf("committed: %s holds %d bytes\n", filepath.Join(".dataflow", info.Name()), info.Size())
	return nil
}

// end shuts the server down as the protocol asks.
func (s *story) end(ctx context.Context) error {
	if err := s.client.stop(ctx); err != nil {
		return fmt.Errorf("the server does not end cleanly: %w", err)
	}
	s.title("The server has shut down cleanly. That is the whole way")
	return nil
}

func (s *story) uri(name string) string { return fileURI(filepath.Join(s.dir, name)) }

// indent puts prefix before every line.
func indent(text, prefix string) string {
	return prefix + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n"+prefix)
}
