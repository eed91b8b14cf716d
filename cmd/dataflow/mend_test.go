package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// A file that --fix writes keeps its mode and its line endings, and stays the
// target of the link that names it.
func TestFixKeepsTheFile(t *testing.T) {
	t.Parallel()
	archive, err := txtar.ParseFile("testdata/validate_findings.txtar")
	if err != nil {
		t.Fatal(err)
	}
	work := unpack(t, archive)
	link := filepath.Join(work, "broken.go")
	src, err := os.ReadFile(link)
	if err != nil {
		t.Fatal(err)
	}
	target := filepath.Join(t.TempDir(), "elsewhere.go")
	write(t, target, []byte(strings.ReplaceAll(string(src), "\n", "\r\n")))
	if err := os.Chmod(target, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(link); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	if _, _, stderr := command(t, work, "validate", "--fix"); !strings.Contains(stderr, "applied in 1 file") {
		t.Fatalf("--fix says %q", stderr)
	}
	got, err := os.ReadFile(target)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(got), `"email"`) || strings.Count(string(got), "\n") != strings.Count(string(got), "\r\n") {
		t.Errorf("the file is now\n%q", got)
	}
	info, err := os.Lstat(target)
	if err != nil {
		t.Fatal(err)
	}
	if info.Mode() != 0o640 {
		t.Errorf("its mode is now %v", info.Mode())
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is no link any more: %v %v", info, err)
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(target), ".*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

// What --diff prints is a patch that git applies, and comes to what --fix does.
func TestDiffApplies(t *testing.T) {
	t.Parallel()
	patched, fixed := repository(t, "validate_fix"), repository(t, "validate_fix")
	if code, out := shell(t, patched, "dataflow validate --diff > fix.patch || [ $? -eq 1 ]; git apply fix.patch"); code != 0 {
		t.Fatalf("git apply: %s", out)
	}
	if code, out := shell(t, fixed, "dataflow validate --fix || [ $? -eq 1 ]"); code != 0 {
		t.Fatal(out)
	}
	if code, out := shell(t, fixed, "git diff --exit-code"); code == 0 || !strings.Contains(out, "+++ b/broken/broken.go") {
		t.Errorf("--fix changes nothing: %s", out)
	}
	if _, out := shell(t, patched, "git diff --no-index broken "+filepath.Join(fixed, "broken")); out != "" {
		t.Errorf("they differ:\n%s", out)
	}
}
