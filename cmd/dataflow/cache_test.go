package main_test

import (
	"path/filepath"
	"testing"

	"golang.org/x/tools/txtar"
)

// Nothing is read from, or left in, the folder that --no-cache turns away from.
func TestNoCache(t *testing.T) {
	t.Parallel()
	archive, err := txtar.ParseFile("testdata/validate_clean.txtar")
	if err != nil {
		t.Fatal(err)
	}
	work := unpack(t, archive)
	entries := func() int {
		found, err := filepath.Glob(filepath.Join(work, "kept", "??", "*"))
		if err != nil {
			t.Fatal(err)
		}
		return len(found)
	}
	cache := "DATAFLOW_CACHE=" + filepath.Join(work, "kept")
	for _, args := range [][]string{{"--no-cache"}, {"--no-cache", "--diff"}} {
		if code, stdout, stderr := command(t, work, append([]string{cache, "validate"}, args...)...); code != 0 {
			t.Fatalf("validate %v: exit %d\n%s%s", args, code, stdout, stderr)
		}
		if n := entries(); n != 0 {
			t.Errorf("validate %v left %d entries", args, n)
		}
	}
	if code, stdout, stderr := command(t, work, cache, "validate"); code != 0 {
		t.Fatalf("exit %d\n%s%s", code, stdout, stderr)
	}
	if entries() == 0 {
		t.Fatal("validate keeps nothing without --no-cache, so nothing was shown above")
	}
}
