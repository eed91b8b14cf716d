package golangci_test

import (
	"testing"

	"github.com/golangci/plugin-module-register/register"

	"github.com/dataflow-go/dataflow/analysis"
	_ "github.com/dataflow-go/dataflow/analysis/golangci"
)

// golangci-lint finds the plugin by its name, and hands it what .golangci.yml says.
func TestPlugin(t *testing.T) {
	t.Parallel()
	create, err := register.GetPlugin("dataflow")
	if err != nil {
		t.Fatal(err)
	}
	for _, wrong := range []any{
		map[string]any{"of": []string{"DF-207"}},
		map[string]any{"off": []string{"DF-1011"}},
	} {
		if _, err := create(wrong); err == nil {
			t.Errorf("%v is taken", wrong)
		}
	}
	p, err := create(map[string]any{"off": []string{"DF-207", "DF-115"}, "whole": true})
	if err != nil {
		t.Fatal(err)
	}
	analyzers, err := p.BuildAnalyzers()
	if err != nil || len(analyzers) != 1 || analyzers[0] != analysis.Analyzer || p.GetLoadMode() != register.LoadModeTypesInfo {
		t.Errorf("analyzers %v, mode %q: %v", analyzers, p.GetLoadMode(), err)
	}
	if got := analyzers[0].Flags.Lookup("whole").Value.String(); got != "true" {
		t.Errorf("whole is %s", got)
	}
}
