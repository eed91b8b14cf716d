package cli

import (
	"context"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/internal/config"
	"github.com/dataflow-go/dataflow/internal/drift"
)

// drifted tells how the dev databases that the configuration names for it differ from
// the models of the packages.
func drifted(ctx context.Context, cfg *config.Config, packages []*analysis.Package) ([]errcatalog.Finding, error) {
	if !drift.Wanted(cfg) {
		return nil, nil
	}
	r, err := drift.Compare(ctx, cfg, drift.Models(packages))
	if err != nil {
		return nil, err
	}
	findings := r.Problems
	for _, p := range packages {
		for _, f := range r.In(p) {
			findings = append(findings, f.Finding)
		}
	}
	return findings, nil
}
