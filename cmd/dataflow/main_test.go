package main_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write what the commands print into the archives")

// binary is the command, built once.
var binary string

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(build(m))
}

func build(m *testing.M) int {
	dir, err := os.MkdirTemp("", "dataflow")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "dataflow")
	if err := os.Setenv("DATAFLOW_CACHE", filepath.Join(dir, "cache")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// Each archive in testdata is a module. Its comment holds command lines, "$
// validate ./...", each followed by the exit code that it must have; the files
// 1.stdout, 1.stderr and so on hold what the first one must print. NAME=value in
// front sets the command's environment; "$ cat FILE" prints a file. What differs
// from run to run stands there as $WORK, $ID, $TIME and $MS, and what the catalogue
// says about a code as "…": its own tests look after that. A go.mod that points at
// this repository is there without saying; -update writes the archives anew.
func TestCommands(t *testing.T) {
	t.Parallel()
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives: %v", err)
	}
	for _, file := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			testArchive(t, file)
		})
	}
}

var exitLine = regexp.MustCompile(`^exit (\d)$`)

func testArchive(t *testing.T, file string) {
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	work := unpack(t, archive)
	got := &txtar.Archive{}
	n := 0
	for _, line := range strings.SplitAfter(string(archive.Comment), "\n") {
		args, isCommand := strings.CutPrefix(line, "$ ")
		if exitLine.MatchString(strings.TrimSpace(line)) {
			continue // written below, as it came out
		}
		got.Comment = append(got.Comment, line...)
		if !isCommand {
			continue
		}
		n++
		code, stdout, stderr := command(t, work, strings.Fields(args)...)
		got.Comment = fmt.Appendf(got.Comment, "exit %d\n", code)
		for _, o := range []struct{ name, text string }{{"stdout", stdout}, {"stderr", stderr}} {
			if o.text != "" {
				got.Files = append(got.Files, txtar.File{Name: fmt.Sprintf("%d.%s", n, o.name), Data: []byte(normal(o.text, work))})
			}
		}
	}
	for _, f := range archive.Files {
		if !isOutput(f.Name) {
			got.Files = append(got.Files, f)
		}
	}
	compare(t, file, archive, got)
}

var outputName = regexp.MustCompile(`^\d+\.std(out|err)$`)

func isOutput(name string) bool { return outputName.MatchString(name) }

func compare(t *testing.T, file string, want, got *txtar.Archive) {
	t.Helper()
	if *update {
		// Sources first, then what is printed.
		sorted := &txtar.Archive{Comment: got.Comment}
		for _, output := range []bool{false, true} {
			for _, f := range got.Files {
				if isOutput(f.Name) == output {
					sorted.Files = append(sorted.Files, f)
				}
			}
		}
		if err := os.WriteFile(file, txtar.Format(sorted), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(want.Comment), string(got.Comment)); diff != "" {
		t.Errorf("exit codes (-want +got):\n%s", diff)
	}
	files := func(a *txtar.Archive) map[string]string {
		m := map[string]string{}
		for _, f := range a.Files {
			m[f.Name] = string(f.Data)
		}
		return m
	}
	if diff := cmp.Diff(files(want), files(got)); diff != "" {
		t.Errorf("output (-want +got):\n%s", diff)
	}
}

// unpack writes the archive's module to a folder of its own.
func unpack(t *testing.T, archive *txtar.Archive) string {
	t.Helper()
	work, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	repo, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		data, err := os.ReadFile(filepath.Join(repo, "examples/quickstart/broken", name))
		if err != nil {
			t.Fatal(err)
		}
		data = bytes.ReplaceAll(data, []byte("=> ../../.."), []byte("=> "+repo))
		write(t, filepath.Join(work, name), data)
	}
	for _, f := range archive.Files {
		if !isOutput(f.Name) {
			write(t, filepath.Join(work, f.Name), f.Data)
		}
	}
	return work
}

func write(t *testing.T, file string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func command(t *testing.T, work string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	if args[0] == "cat" {
		data, err := os.ReadFile(filepath.Join(work, args[1]))
		if err != nil {
			t.Fatal(err)
		}
		return 0, string(data), ""
	}
	env := append(os.Environ(), "GITHUB_WORKSPACE=", "NO_COLOR=", "CLICOLOR_FORCE=")
	for strings.Contains(args[0], "=") {
		env = append(env, strings.ReplaceAll(args[0], "$WORK", work))
		args = args[1:]
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), binary, args...)
	cmd.Dir, cmd.Env = work, env
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	var exit *exec.ExitError
	if err := cmd.Run(); err != nil && !errors.As(err, &exit) {
		t.Fatalf("%v: %v", args, err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), errs.String()
}

// varying is what differs from run to run, or is another package's to say.
var varying = []struct {
	pattern *regexp.Regexp
	name    string
}{
	{regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`), "$$ID"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT[0-9:.]+Z`), "$$TIME"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d`), "$$TIME"},
	{regexp.MustCompile(`\d{14}_`), "$${TIME}_"},
	{regexp.MustCompile(`\d+\.\d ms`), "$$MS ms"},
	{regexp.MustCompile(`"duration_ms": [0-9.]+`), `"duration_ms": $$MS`},
	{regexp.MustCompile(`"version": "(devel|v[^"]*)"`), `"version": "$$VERSION"`},
	{regexp.MustCompile(`(?s)"(fullDescription|help)": \{.*?\n {12,16}\}`), `"$1": …`},
	{regexp.MustCompile(`(?s)\n(Context|Causes):\n.*?\nDocumentation: `), "\n…\nDocumentation: "},
	{regexp.MustCompile(`(?s)"(context|causes|solutions)": \[\n.*?\n +\]`), `"$1": …`},
}

func normal(text, work string) string {
	text = strings.ReplaceAll(text, work, "$WORK")
	text = strings.ReplaceAll(text, "\x1b", "␛")
	for _, v := range varying {
		text = v.pattern.ReplaceAllString(text, v.name)
	}
	return text
}
