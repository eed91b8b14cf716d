// Package runs runs every workflow of the corpus, so that what tools are asked to
// read is known to be right.
package runs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/internal/graphtext"
)

// A Domain is a package of the corpus: its models, and its workflows in the order
// in which they run on one database.
type Domain struct {
	Name   string
	Models []any
	Runs   []Run
}

// A Run is one run of a workflow, and what comes of it.
type Run struct {
	Workflow *dataflow.Workflow
	Inputs   dataflow.Params
	Tenant   string
	Want     map[string]any    // outputs by dot path, "create.id"; nil for a node that is skipped
	Fails    errcatalog.Code   // the code that the run fails with
	Keep     map[string]string // outputs that later runs take as Kept inputs
}

// A Kept input is an output of a run before.
type Kept string

// Domains are all of the corpus. Each function builds the workflows of one.
var Domains = []func() Domain{
	tourDomain, patternsDomain, shopDomain, marketDomain, saasDomain, blogDomain, billingDomain, crmDomain,
	iotDomain, inventoryDomain, libraryDomain, inspectDomain, chatDomain, opsDomain,
}

// Check runs a domain's workflows on a new database and returns what is not as it
// should be.
func (d *Domain) Check(ctx context.Context) error {
	db, err := engine.Open(ctx, "sqlite::memory:", engine.WithModels(d.Models...))
	if err != nil {
		return err
	}
	var errs []error
	store := map[string]any{}
	for i := range d.Runs {
		if err := d.Runs[i].check(ctx, db, store); err != nil {
			errs = append(errs, fmt.Errorf("run %d, %s: %w", i, d.Runs[i].Workflow.Graph().Name, err))
		}
	}
	return errors.Join(append(errs, db.Close())...)
}

func (r *Run) check(ctx context.Context, db *engine.Engine, store map[string]any) error {
	if _, err := r.Workflow.Build(); err != nil {
		return err
	}
	res, err := db.Run(ctx, r.Workflow, r.options(store)...)
	if r.Fails != "" {
		if !errors.Is(err, r.Fails) {
			return fmt.Errorf("%w, want %s", err, string(r.Fails))
		}
		return nil
	}
	if err != nil {
		return err
	}
	var errs []error
	for path, want := range r.Want {
		if got := at(res.Outputs, path); fmt.Sprint(got) != fmt.Sprint(want) {
			errs = append(errs, fmt.Errorf("%s is %v, want %v", path, got, want))
		}
	}
	for name, path := range r.Keep {
		store[name] = at(res.Outputs, path)
	}
	return errors.Join(errs...)
}

func (r *Run) options(store map[string]any) []engine.RunOption {
	inputs := dataflow.Params{}
	for name, v := range r.Inputs {
		if k, ok := v.(Kept); ok {
			v = store[string(k)]
		}
		inputs[name] = v
	}
	opts := []engine.RunOption{engine.WithInputs(inputs)}
	if r.Tenant != "" {
		opts = append(opts, engine.WithTenant(r.Tenant))
	}
	return opts
}

// at follows a dot path into the outputs of a run.
func at(outputs map[string]dataflow.Params, path string) any {
	node, rest, _ := strings.Cut(path, ".")
	params, ok := outputs[node]
	if !ok {
		return nil
	}
	var v any = params
	for _, key := range strings.Split(rest, ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[key]
		case []map[string]any:
			i, err := strconv.Atoi(key)
			if err != nil || i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}

// A Verdict is what the builder and the engine say to a workflow.
type Verdict struct {
	Domain  string
	Graph   *graphtext.Graph
	Refused []graphtext.Refusal // by the rules, before anything runs
}

// Verdicts are those of the whole corpus. They are for copies of it with mistakes
// made on purpose: a domain that cannot even be built is left out.
func Verdicts(ctx context.Context) ([]Verdict, error) {
	var all []Verdict
	for _, build := range Domains {
		d, ok := try(build)
		if !ok {
			continue
		}
		db, err := engine.Open(ctx, "sqlite::memory:", engine.WithModels(d.Models...))
		if err != nil {
			return nil, err
		}
		for i := range d.Runs {
			v := Verdict{Domain: d.Name, Graph: graphtext.Of(d.Runs[i].Workflow.Graph())}
			if v.Refused, err = refused(ctx, db, &d.Runs[i]); err != nil {
				return nil, err
			}
			all = append(all, v)
		}
		if err := db.Close(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func try(build func() Domain) (d Domain, ok bool) {
	defer func() { ok = recover() == nil }()
	return build(), true
}

// refused runs a workflow without its inputs, whose values no source tells, and says
// what the run was refused for. It fails when Build refuses what Run does not.
func refused(ctx context.Context, db *engine.Engine, r *Run) ([]graphtext.Refusal, error) {
	_, buildErr := r.Workflow.Build()
	res, err := db.Run(ctx, r.Workflow, engine.WithTenant(r.Tenant), engine.WithDryRun())
	if len(res.Nodes) > 0 {
		err = nil // it began
	}
	all := graphtext.Refusals(err)
	for _, b := range graphtext.Refusals(buildErr) {
		known := b // Run knows the models, so it may know more of what a node type misspells
		known.Code = errcatalog.DF711
		if !slices.ContainsFunc(all, b.Same) && (b.Code != errcatalog.DF701 || !slices.ContainsFunc(all, known.Same)) {
			return nil, fmt.Errorf("what Build refuses, Run does not: %v", b)
		}
	}
	return all, nil
}
