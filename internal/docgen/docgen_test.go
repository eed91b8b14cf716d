package docgen_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/dataflow-go/dataflow/internal/docgen"
)

func TestRegion(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "page.md")
	const stale = "# Page\n<!-- keys -->\nold\n<!-- /keys -->\nend\n"
	if err := os.WriteFile(file, []byte(stale), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := docgen.Region(file, "keys", "new\n", false); err == nil {
		t.Error("what is stale is no error")
	}
	if err := docgen.Region(file, "other", "new\n", true); err == nil {
		t.Error("a part that is not there is no error")
	}
	for _, update := range []bool{true, false} {
		if err := docgen.Region(file, "keys", "new\n", update); err != nil {
			t.Error(err)
		}
	}
	got, err := os.ReadFile(file)
	if want := "# Page\n<!-- keys -->\nnew\n<!-- /keys -->\nend\n"; err != nil || string(got) != want {
		t.Errorf("the file is %q, %v; want %q", got, err, want)
	}
}
