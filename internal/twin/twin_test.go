package twin_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dataflow-go/dataflow/internal/twin"
)

func TestTwinsCompileAndHaveTheirMarks(t *testing.T) {
	t.Parallel()
	repo, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	for name, write := range map[string]func(dir, repo string) (*twin.Workspace, error){
		"small": twin.Small, "large": twin.Large, "medium": twin.Medium,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, err := write(t.TempDir(), repo)
			if err != nil {
				t.Fatal(err)
			}
			for file, mark := range map[string]string{w.Flow: twin.ParamMark, w.ModelFile: twin.FieldMark} {
				text, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if n := strings.Count(string(text), mark); n != 1 {
					t.Errorf("%s stands %d times in %s", mark, n, file)
				}
			}
			cmd := exec.Command("go", "vet", "./...")
			cmd.Dir = w.Dir
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("go vet: %v\n%s", err, out)
			}
			t.Logf("%d packages, %d lines", w.Packages, w.Lines)
		})
	}
}
