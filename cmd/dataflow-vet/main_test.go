package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// tool is the command, built once.
var tool string

func TestMain(m *testing.M) { os.Exit(build(m)) }

func build(m *testing.M) int {
	dir, err := os.MkdirTemp("", "dataflow-vet")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	tool = filepath.Join(dir, "dataflow-vet")
	if out, err := exec.Command("go", "build", "-o", tool, ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "go build: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// vet runs the real go vet, and returns what it reports as "file:line code".
func vet(t *testing.T, dir string, args ...string) (findings []string, output string, failed bool) {
	t.Helper()
	cmd := exec.Command("go", append([]string{"vet", "-vettool=" + tool}, args...)...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	for _, m := range regexp.MustCompile(`(?m)^(?:\./)?([\w/.]+:\d+):\d+: (DF-\d+) `).FindAllStringSubmatch(string(out), -1) {
		findings = append(findings, m[1]+" "+m[2])
	}
	return findings, string(out), err != nil
}

// module is the broken quickstart in a folder of its own, or, given other workflows,
// its models with those. Workflows name models only in strings; go vet shows those of
// packages that are imported, so one file imports them.
func module(t *testing.T, workflows string) string {
	t.Helper()
	const example = "../../examples/quickstart/broken"
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(example)); err != nil {
		t.Fatal(err)
	}
	put := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	repo, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	put("go.mod", strings.Replace(read(t, example+"/go.mod"), "=> ../../..", "=> "+repo, 1))
	name := "quickstart"
	if workflows != "" {
		name = "workflows"
		put("signup.go", read(t, workflows))
		put("launch.go", "package workflows\n")
	}
	put("models.go", "package "+name+"\n\nimport _ \"example.com/quickstart/shop\"\n")
	return dir
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestVetReportsTheBrokenExample(t *testing.T) {
	t.Parallel()
	dir := module(t, "")
	for _, c := range []struct {
		args []string
		want []string
	}{
		// Another package might give Signup's node the e-mail address that it misses.
		{nil, []string{"launch.go:15 DF-111", "launch.go:23 DF-202"}},
		{[]string{"-dataflow.whole", "-dataflow.off=DF-111"}, []string{"launch.go:23 DF-202", "signup.go:13 DF-101"}},
	} {
		got, output, failed := vet(t, dir, append(c.args, "./...")...)
		if !slices.Equal(got, c.want) || !failed {
			t.Errorf("%v: got %q, want %q\n%s", c.args, got, c.want, output)
		}
	}
}

// Code that is right is vetted without a word, whoever else builds on it.
func TestVetIsQuietWhereAllIsWell(t *testing.T) {
	t.Parallel()
	dir := module(t, "../../examples/quickstart/workflows/workflows.go")
	_, output, failed := vet(t, dir, "-dataflow.whole", "./...")
	if failed || output != "" {
		t.Error(output)
	}
}

// A flag's slip is told.
func TestVetRefusesAnUnknownCode(t *testing.T) {
	t.Parallel()
	_, output, failed := vet(t, "../../examples/quickstart/broken", "-dataflow.off=DF-1011", "./...")
	if !failed || !strings.Contains(output, `there is no code "DF-1011"`) {
		t.Errorf("%s", output)
	}
}
