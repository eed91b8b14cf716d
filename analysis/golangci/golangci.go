// Package golangci makes the analyzer a module plugin of golangci-lint, under the name
// dataflow. docs/ci.md says how to build and configure it.
package golangci

import (
	"fmt"
	"strings"

	"github.com/golangci/plugin-module-register/register"
	goanalysis "golang.org/x/tools/go/analysis"

	"github.com/dataflow-go/dataflow/analysis"
)

func init() { register.Plugin("dataflow", New) }

// Settings are what .golangci.yml may say: the analyzer's flags.
type Settings struct {
	Off    []string `json:"off"`
	Strict bool     `json:"strict"`
	Whole  bool     `json:"whole"`
}

// New makes the plugin. An unknown setting, or a code that there is not, is an error.
func New(settings any) (register.LinterPlugin, error) {
	s, err := register.DecodeSettings[Settings](settings)
	if err != nil {
		return nil, err
	}
	flags := &analysis.Analyzer.Flags
	for name, value := range map[string]string{
		"off": strings.Join(s.Off, ","), "strict": fmt.Sprint(s.Strict), "whole": fmt.Sprint(s.Whole),
	} {
		if err := flags.Set(name, value); err != nil {
			return nil, err
		}
	}
	return plugin{}, nil
}

type plugin struct{}

// BuildAnalyzers returns the analyzer.
func (plugin) BuildAnalyzers() ([]*goanalysis.Analyzer, error) {
	return []*goanalysis.Analyzer{analysis.Analyzer}, nil
}

// GetLoadMode asks for types.
func (plugin) GetLoadMode() string { return register.LoadModeTypesInfo }
