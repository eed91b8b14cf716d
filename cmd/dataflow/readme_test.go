package main_test

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What the README has a new user type does what the README says.
func TestReadme(t *testing.T) {
	t.Parallel()
	repo, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile(filepath.Join(repo, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	work := t.TempDir()
	write(t, filepath.Join(work, "shop", "shop.go"), block(t, readme, "go", "// Package shop"))
	program := block(t, readme, "go", "package main")
	write(t, filepath.Join(work, "main.go"), program)
	newModule(t, work, repo)

	code, stdout, stderr := command(t, work, "validate")
	if want := string(block(t, readme, "", "main.go:")); code != 1 || stdout != want {
		t.Errorf("validate exits with %d and prints\n%s%s\nwant 1 and\n%s", code, stdout, stderr, want)
	}

	mended := bytes.Replace(program, []byte(`"user-1",`), []byte(`"user-1", "email": "alice@example.com",`), 1)
	write(t, filepath.Join(work, "main.go"), mended)
	if code, stdout, stderr := command(t, work, "validate"); code != 0 {
		t.Errorf("mended, validate exits with %d: %s%s", code, stdout, stderr)
	}
	if code, stdout, stderr := command(t, work, "run", "Signup", "--input", "name=Alice"); code != 0 || !strings.Contains(stdout, "rolled back") {
		t.Errorf("run exits with %d: %s%s", code, stdout, stderr)
	}

	write(t, filepath.Join(work, "dataflow.yaml"), block(t, readme, "yaml", "database:"))
	if code, stdout, stderr := command(t, work, "validate"); code != 0 {
		t.Errorf("with the README's dataflow.yaml, validate exits with %d: %s%s", code, stdout, stderr)
	}
}

// block returns the first fenced block of a language that starts like this.
func block(t *testing.T, readme []byte, language, start string) []byte {
	t.Helper()
	fence := regexp.MustCompile("(?ms)^```" + language + "\n(" + regexp.QuoteMeta(start) + ".*?)^```$")
	m := fence.FindSubmatch(readme)
	if m == nil {
		t.Fatalf("the README has no block that starts with %q", start)
	}
	return m[1]
}

// newModule does what go mod init, edit and tidy do, from this module's own list
// of dependencies.
func newModule(t *testing.T, work, repo string) {
	t.Helper()
	const path = "github.com/dataflow-go/dataflow"
	mod, err := os.ReadFile(filepath.Join(repo, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	mod = bytes.Replace(mod, []byte("module "+path), []byte("module example.com/shop"), 1)
	mod = append(mod, "\nrequire "+path+" v0.0.0\n\nreplace "+path+" => "+repo+"\n"...)
	write(t, filepath.Join(work, "go.mod"), mod)
	sum, err := os.ReadFile(filepath.Join(repo, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(work, "go.sum"), sum)
}
