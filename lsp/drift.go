package lsp

import (
	"context"
	"reflect"
	"slices"
	"sync"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/internal/config"
	"github.com/dataflow-go/dataflow/internal/drift"
	"github.com/dataflow-go/dataflow/model"
)

// drifts compares the models of each module with the dev databases that its
// dataflow.yaml asks for. Databases are slow beside typing, so that happens in the
// background, when models have changed or the database may have. A report knows the
// models that it is about: shown is what it says of models as they are now. It is
// safe for concurrent use.
type drifts struct {
	s *server

	mu       sync.Mutex
	byModule map[*module]*moduleDrift // guarded by mu
}

// moduleDrift is what is known of one module.
type moduleDrift struct {
	report *drift.Report // nil when nothing was compared

	busy  bool // a comparison is under way
	again bool // look once more after it
	stale bool // whatever was compared, the database is to be looked at anew

	// What was compared; of the comparison under way alone.
	models []*model.Model
	config *config.Config
}

func newDrifts(s *server) *drifts { return &drifts{s: s, byModule: map[*module]*moduleDrift{}} }

// in lists the drift of the models that a file declares.
func (d *drifts) in(mod *module, packages []*analysis.Package, file string, c *config.Config) []drift.Finding {
	report, pkg := d.report(mod), findPackage(packages, file)
	if report == nil || pkg == nil {
		return nil
	}
	var found []drift.Finding
	for _, f := range report.In(pkg) {
		if f.File == file && c.Apply(&f.Finding) {
			found = append(found, f)
		}
	}
	return found
}

// report is what the last comparison found; nil when there was none.
func (d *drifts) report(mod *module) *drift.Report {
	d.mu.Lock()
	defer d.mu.Unlock()
	if state := d.byModule[mod]; state != nil {
		return state.report
	}
	return nil
}

// follow compares again when the models of a module, or its configuration, are not
// those that were compared.
func (d *drifts) follow(mod *module, c *config.Config) {
	if drift.Wanted(c) || d.report(mod) != nil {
		d.start(mod, false)
	}
}

// refresh compares again: the database may have changed.
func (d *drifts) refresh(mod *module) { d.start(mod, true) }

// refreshAll is refresh for every module that is loaded.
func (d *drifts) refreshAll() {
	for _, mod := range d.s.modules.all() {
		d.refresh(mod)
	}
}

func (d *drifts) start(mod *module, stale bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	state := d.byModule[mod]
	if state == nil {
		state = &moduleDrift{}
		d.byModule[mod] = state
	}
	state.stale = state.stale || stale
	if state.busy {
		state.again = true
		return
	}
	state.busy = true
	d.s.spawn("compare the models of "+mod.root, func(ctx context.Context) error { return d.run(ctx, mod, state) })
}

// run compares until nothing new was asked for meanwhile.
func (d *drifts) run(ctx context.Context, mod *module, state *moduleDrift) error {
	done := false
	defer func() {
		if !done { // an error, or a panic
			d.mu.Lock()
			state.busy = false
			d.mu.Unlock()
		}
	}()
	for {
		d.mu.Lock()
		stale := state.stale
		state.stale, state.again = false, false
		d.mu.Unlock()
		if err := d.compare(ctx, mod, state, stale); err != nil {
			return err
		}
		d.mu.Lock()
		done = !state.again
		state.busy = !done
		d.mu.Unlock()
		if done {
			return nil
		}
	}
}

func (d *drifts) compare(ctx context.Context, mod *module, state *moduleDrift, stale bool) error {
	c, mistakes := config.Read(mod.root)
	if usable := config.Err(mistakes) == nil; !usable || !drift.Wanted(c) {
		state.models, state.config = nil, nil
		d.settle(state, nil)
		return nil
	}
	packages, err := mod.packages(ctx)
	if err != nil {
		return err
	}
	models := drift.Models(packages)
	if !stale && slices.EqualFunc(models, state.models, model.Same) && reflect.DeepEqual(c, state.config) {
		return nil
	}
	report, err := drift.Compare(ctx, c, models)
	if err != nil {
		return err
	}
	state.models, state.config = models, c
	d.settle(state, report)
	return nil
}

// settle keeps a report, and has shown what is new in it.
func (d *drifts) settle(state *moduleDrift, report *drift.Report) {
	d.mu.Lock()
	same := reflect.DeepEqual(state.report, report)
	state.report = report
	d.mu.Unlock()
	if !same {
		d.s.diagnose.again()
	}
}
