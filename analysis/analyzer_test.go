package analysis_test

import (
	"os"
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/dataflow-go/dataflow/analysis"
)

// The analyzer sees models across packages by facts, offers the fixes that are sure,
// and says nothing that another package could make right.
func TestAnalyzer(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("testdata/analyzer")); err != nil {
		t.Fatal(err)
	}
	if err := writeModule(dir); err != nil {
		t.Fatal(err)
	}
	analysistest.RunWithSuggestedFixes(t, dir, analysis.Analyzer, "./...")
}
