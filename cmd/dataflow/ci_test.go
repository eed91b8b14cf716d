package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
	"gopkg.in/yaml.v3"
)

// shell runs a command line as continuous integration does, with the command on PATH.
func shell(t *testing.T, dir, line string) (code int, output string) {
	t.Helper()
	cmd := exec.Command("bash", "-e", "-c", line)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(binary)+string(os.PathListSeparator)+os.Getenv("PATH"), "GITHUB_WORKSPACE="+dir)
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		t.Fatal("the steps of the page need bash:", err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// repository is an archive's module in a git repository, with all of it staged.
func repository(t *testing.T, name string) string {
	t.Helper()
	archive, err := txtar.ParseFile("testdata/" + name + ".txtar")
	if err != nil {
		t.Fatal(err)
	}
	dir := unpack(t, archive)
	if code, out := shell(t, dir, "git init -q && git add -A"); code != 0 {
		t.Skipf("no git here: %s", out)
	}
	return dir
}

func unmarshal(t *testing.T, data []byte, v any) {
	t.Helper()
	if err := yaml.Unmarshal(data, v); err != nil {
		t.Fatal(err)
	}
}

// The hooks are triggered by what can change a finding, and their entries stop a
// commit with a mistake, and no other. pre-commit itself would build the command
// by `go install ./...`, put it on PATH and run the entry in the repository.
func TestPreCommitHooks(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../../.pre-commit-hooks.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var hooks []struct {
		ID, Entry, Language, Files string
		PassFilenames              bool `yaml:"pass_filenames"`
	}
	unmarshal(t, data, &hooks)
	if len(hooks) != 2 {
		t.Fatalf("%d hooks", len(hooks))
	}
	for _, h := range hooks {
		files, err := regexp.Compile(h.Files)
		if err != nil {
			t.Fatal(err)
		}
		staged := []string{"a/b.go", "go.mod", "x/dataflow.yaml", "README.md", "cargo.mod"}
		want := []string{"a/b.go", "go.mod", "x/dataflow.yaml"}
		if h.ID == "dataflow-fix" {
			want = want[:1]
		}
		if got := slices.DeleteFunc(staged, func(f string) bool { return !files.MatchString(f) }); !slices.Equal(got, want) {
			t.Errorf("%s is triggered by %q, want %q", h.ID, got, want)
		}
		if h.Language != "golang" || h.PassFilenames {
			t.Errorf("%s: %+v", h.ID, h)
		}
		if code, out := shell(t, repository(t, "validate_clean"), h.Entry); code != 0 {
			t.Errorf("%s stops a commit without a mistake: %s", h.ID, out)
		}
		broken := repository(t, "validate_findings")
		code, out := shell(t, broken, h.Entry)
		_, changed := shell(t, broken, "git diff --name-only")
		if code == 0 && changed == "" || (changed != "") != (h.ID == "dataflow-fix") {
			t.Errorf("%s exits with %d, changes %q and prints %s", h.ID, code, changed, out)
		}
	}
}

// The steps that docs/ci.md has for GitHub Actions do what the page says.
func TestGitHubActionsSteps(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/ci.md")
	if err != nil {
		t.Fatal(err)
	}
	var workflow struct {
		Jobs map[string]struct {
			Steps []struct{ Name, Run string }
		}
	}
	unmarshal(t, block(t, page, "yaml", "name: dataflow"), &workflow)
	for _, c := range []struct {
		module string
		code   int
		prints string
	}{
		{"validate_clean", 0, ""},
		{"validate_findings", 1, "::error file=broken.go,line=7,"},
		{"validate_uncompiled", 1, "::error "},
	} {
		dir := repository(t, c.module)
		ran := 0
		for _, step := range workflow.Jobs["validate"].Steps {
			if step.Run == "" || step.Name == "Install" { // the command is there
				continue
			}
			ran++
			want := 0
			if strings.HasPrefix(step.Name, "Annotate") {
				want = c.code
			}
			code, out := shell(t, dir, step.Run)
			if code != want || want == c.code && !strings.Contains(out, c.prints) {
				t.Errorf("%s: step %q exits with %d, want %d: %s", c.module, step.Name, code, want, out)
			}
		}
		if ran != 2 {
			t.Errorf("%d steps", ran)
		}
		if log, err := os.ReadFile(filepath.Join(dir, "dataflow.sarif")); err != nil || !strings.Contains(string(log), `"version": "2.1.0"`) {
			t.Errorf("%s: no SARIF: %v", c.module, err)
		}
	}
}
