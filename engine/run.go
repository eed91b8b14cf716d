package engine

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/model"
)

// A RunOption says how one run is to be done.
type RunOption func(*runOptions)

type runOptions struct {
	inputs      map[string]any
	transaction bool
	dryRun      bool
	tenant      string
	concurrency int
	observer    Observer
	timeout     *time.Duration
	nodeTimeout *time.Duration
	arguments   bool
}

// WithInputs gives values for the workflow's inputs. One without a value and
// without a default is DF-808; a value for an input that the workflow does not
// have is the warning DF-810. Given several times, the values add up.
func WithInputs(inputs dataflow.Params) RunOption {
	return func(o *runOptions) {
		if o.inputs == nil {
			o.inputs = map[string]any{}
		}
		maps.Copy(o.inputs, inputs)
	}
}

// WithTransaction runs the whole workflow in one transaction: all of its writes
// are kept, or none. Its nodes then run one after the other; transaction blocks
// become savepoints.
func WithTransaction() RunOption {
	return func(o *runOptions) { o.transaction = true }
}

// WithDryRun runs the workflow in one transaction and rolls it back: outputs are
// real, nothing stays, not even a table that was missing; only the next keys that
// PostgreSQL makes are further on. What function nodes do outside the database cannot
// be undone.
func WithDryRun() RunOption {
	return func(o *runOptions) { o.dryRun = true }
}

// WithTenant says for which tenant the run works: it sees and writes only that
// tenant's rows of tenant models. Without it a node of such a model is DF-515.
func WithTenant(id string) RunOption {
	return func(o *runOptions) { o.tenant = id }
}

// WithConcurrency bounds how many nodes run side by side; at least 1, else the
// run is refused with DF-401. The default is the number of processors, at least 4.
// Within a transaction nodes run one after the other.
func WithConcurrency(n int) RunOption {
	return func(o *runOptions) { o.concurrency = n }
}

// WithObserver has o told of each node as it starts and ends.
func WithObserver(o Observer) RunOption {
	return func(ro *runOptions) { ro.observer = o }
}

// WithTimeout ends a run that takes longer with DF-505. It must be above zero,
// else the run is refused with DF-407.
func WithTimeout(d time.Duration) RunOption {
	return func(o *runOptions) { o.timeout = &d }
}

// WithNodeTimeout ends a node that takes longer with DF-505, and with it the run.
// It must be above zero, else the run is refused with DF-407. A function node must
// mind its context to be ended.
func WithNodeTimeout(d time.Duration) RunOption {
	return func(o *runOptions) { o.nodeTimeout = &d }
}

// WithSQLArguments has the result show the values that statements were given,
// which it does not by default: they may be secrets.
func WithSQLArguments() RunOption {
	return func(o *runOptions) { o.arguments = true }
}

// Run checks a workflow, runs it and returns what its nodes yielded.
//
// Everything that the rules find wrong comes at once, as one error, before
// anything is executed. Then nodes run as soon as those they hang on are done,
// side by side where nothing orders them. The first node that fails cancels those
// at work and keeps others from starting; the error reaches the failures of all
// nodes, each with its own code and the node's name. An end of ctx is DF-509, a
// deadline DF-505; a closed engine DF-513. When Run returns, nothing of the run is
// still at work.
//
// Called by a function node inside a transaction, with the context that the
// function was given, Run becomes part of that transaction.
//
// The Result is never nil: a failed run has the outputs of what ran.
func (e *Engine) Run(ctx context.Context, wf *dataflow.Workflow, opts ...RunOption) (*Result, error) {
	return e.RunGraph(ctx, wf.Graph(), opts...)
}

// RunGraph is Run for a graph that was made otherwise, as by package analysis
// from source. One with parts that could not be seen there is refused with DF-802.
func (e *Engine) RunGraph(ctx context.Context, g *graph.Graph, opts ...RunOption) (*Result, error) {
	if g == nil {
		g = (*dataflow.Workflow)(nil).Graph()
	}
	r := &run{e: e, g: g, o: runOptions{concurrency: max(4, runtime.GOMAXPROCS(0))}}
	for _, opt := range opts {
		if opt != nil {
			opt(&r.o)
		}
	}
	r.res = &Result{
		ID: uuid.NewString(), Workflow: g.Name, Outputs: map[string]dataflow.Params{}, Started: time.Now(),
		enhancer: e.enhancer,
	}
	defer func() { r.res.Ended = time.Now() }()
	leave, err := e.enter()
	if err != nil {
		return r.res, err
	}
	defer leave()
	if err := r.prepare(); err != nil {
		return r.res, err
	}
	if r.o.timeout != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, *r.o.timeout)
		defer cancel()
	}
	ctx, s := e.config.tracer.workflow(ctx, g.Name, r.res.ID)
	err = r.run(ctx)
	s.end(err)
	e.metrics.workflow(ctx, g.Name, r.res.Started, err)
	return r.res, err
}

// RunPlan is Run for a plan, as graph.Compile makes it or graph.DecodePlan reads
// it. The rules are applied again: the models here may be others.
func (e *Engine) RunPlan(ctx context.Context, p *graph.Plan, opts ...RunOption) (*Result, error) {
	if p == nil {
		return e.RunGraph(ctx, nil, opts...)
	}
	return e.RunGraph(ctx, p.Graph(), opts...)
}

// A run is one execution of a graph.
type run struct {
	*program
	e *Engine
	g *graph.Graph
	o runOptions
	// states are what is known of each node that has ended. One is written by the
	// goroutine that runs the node, and read by those that run after it.
	states []state
	lacks  []lacking // what a dry run makes for itself

	mu       sync.Mutex // guards all below, and calls of the observer
	res      *Result
	failures []failure
	stopped  *graph.Node // the first node that was at work when the run was stopped
}

type state struct {
	status   Status
	outputs  map[string]any
	attempts int // how often the node was begun
	fused    *fused
}

// prepare checks the options, the inputs and the graph, and plans the run. It
// returns everything that is wrong at once.
func (r *run) prepare() error {
	errs := r.checkOptions()
	r.program = r.e.program(r.g)
	if len(errs) > 0 || !r.fits(r.o.inputs) {
		errs = append(errs, r.bindInputs()...)
		r.program = newProgram(r.g, r.models)
		r.findings = r.e.findings(r.g, r.models)
	}
	for _, f := range r.findings {
		if f.Code == errcatalog.DF907 && (r.o.transaction || r.o.dryRun) {
			continue // all of it is one
		}
		f.Details.Workflow = r.g.Name
		switch err := r.e.enhancer.Error(f.Finding); severity(f.Finding) {
		case errcatalog.SeverityError:
			errs = append(errs, err)
		case errcatalog.SeverityWarning:
			r.warn(err)
		}
	}
	if len(errs) > 0 {
		return errcatalog.Join(errs)
	}
	if r.plan == nil {
		var problems []errcatalog.Finding
		if r.plan, problems = graph.Compile(r.g); len(problems) > 0 {
			return r.error(problems[0], nil)
		}
	}
	r.states = make([]state, len(r.g.Nodes))
	r.res.contracts = r.byID
	return nil
}

func (r *run) checkOptions() []*errcatalog.Error {
	var errs []*errcatalog.Error
	if n := r.o.concurrency; n < 1 {
		errs = append(errs, r.error(errcatalog.Finding{
			Code: errcatalog.DF401, Message: fmt.Sprintf("WithConcurrency(%d): at least one node must be able to run", n),
			Details: errcatalog.Details{Setting: "WithConcurrency", Value: fmt.Sprint(n), Rule: "at least 1", Example: "4"},
		}, nil))
	}
	for _, option := range []struct {
		name, what string
		d          *time.Duration
	}{{"WithTimeout", "run", r.o.timeout}, {"WithNodeTimeout", "node", r.o.nodeTimeout}} {
		if option.d != nil && *option.d <= 0 {
			errs = append(errs, r.error(errcatalog.Finding{
				Code: errcatalog.DF407, Message: fmt.Sprintf("%s(%v): a %s needs more time than that", option.name, *option.d, option.what),
				Details: errcatalog.Details{Setting: option.name, Value: option.d.String(), Rule: "above zero", Example: "30*time.Second"},
			}, nil))
		}
	}
	return errs
}

// warn notes a warning and logs it.
func (r *run) warn(err *errcatalog.Error) {
	r.res.Warnings = append(r.res.Warnings, err)
	r.e.log.Warn(err.Message, "code", string(err.Code), "workflow", r.g.Name, "at", err.Position.String())
}

// error makes an error of the run.
func (r *run) error(f errcatalog.Finding, cause error) *errcatalog.Error {
	f.Details.Workflow = r.g.Name
	if cause == nil {
		return r.e.enhancer.Error(f)
	}
	return r.e.enhancer.Wrap(f, cause)
}

// run makes sure of the tables, executes the plan and gathers what went wrong.
func (r *run) run(ctx context.Context) error {
	defer r.cancelRest()
	if err := r.ensureTables(ctx); err != nil {
		if ctx.Err() != nil {
			return r.stoppedError(ctx)
		}
		return err
	}
	whole := &graph.Transaction{Call: r.g.Span}
	serial := func(ctx context.Context, s *session) bool {
		return r.makeLacking(ctx, whole, s) && r.serial(ctx, r.plan.Root, s)
	}
	var ok bool
	switch s := r.e.sessionOf(ctx); {
	case s != nil: // called by a function node: part of its transaction
		ok = r.inSavepoint(ctx, whole, s, serial, !r.o.dryRun)
	case r.o.transaction || r.o.dryRun:
		ok = r.inTransaction(ctx, whole, serial, !r.o.dryRun)
	default:
		ok = r.parallel(ctx, r.plan.Root)
	}
	if !ok && ctx.Err() != nil {
		r.failures = append([]failure{{err: r.stoppedError(ctx)}}, r.failures...)
	}
	errs := make([]*errcatalog.Error, len(r.failures))
	for i, f := range r.failures {
		errs[i] = f.err
	}
	return errcatalog.Join(errs)
}

// A failure is what a node, or a transaction, ended the run with.
type failure struct {
	err  *errcatalog.Error
	node int // place in the graph's nodes; -1 for a transaction
	tx   string
}

// cancelRest lists the nodes that never started.
func (r *run) cancelRest() {
	for i := range r.g.Nodes {
		if n := &r.g.Nodes[i]; r.states[i].status == "" {
			r.res.Nodes = append(r.res.Nodes, NodeResult{ID: n.ID.S, Type: n.Type.S, Status: Cancelled})
		}
	}
}

// ensureTables makes sure of the tables of the graph's models, before any
// transaction begins: inside one it cannot be done, but for a dry run, which then makes
// them for itself. A function inside a transaction may use any model, so then it is
// done for all.
func (r *run) ensureTables(ctx context.Context) error {
	if r.e.sessionOf(ctx) != nil {
		return nil // the run around this one has done so
	}
	ensure := func(m *model.Model, needed bool) error {
		if r.o.dryRun {
			return r.lack(ctx, m, needed)
		}
		return r.e.ensure(ctx, m)
	}
	for _, m := range r.used {
		if err := ensure(m, true); err != nil {
			return err
		}
	}
	if !r.calls || !r.o.transaction && !r.o.dryRun && len(r.g.Transactions) == 0 {
		return nil
	}
	for _, m := range r.e.models.Load().list() {
		// Whether the function needs this model is its own to find out.
		if slices.Contains(r.used, m) {
			continue
		}
		if err := ensure(m, false); err != nil {
			r.e.log.Debug("the table of a model is not ready", "model", m.Name, "error", err)
		}
	}
	return nil
}

// stoppedError says that the run's context ended: DF-505 or DF-509.
func (r *run) stoppedError(ctx context.Context) *errcatalog.Error {
	f := errcatalog.Finding{Code: errcatalog.DF509, Message: fmt.Sprintf("workflow %q was cancelled", r.g.Name), Span: r.g.Span}
	if code, _ := contextError(ctx.Err()); code == errcatalog.DF505 {
		f.Code = code
		f.Message = fmt.Sprintf("workflow %q was not done when its time ran out", r.g.Name)
		if r.o.timeout != nil {
			f.Details.Value = r.o.timeout.String()
		}
	}
	if n := r.stopped; n != nil {
		f.Message += fmt.Sprintf("; node %q was at work", n.ID.S)
		value := f.Details.Value
		f.Details, f.Span = r.details(n), n.Call
		f.Details.Value = value
	}
	return r.error(f, ctx.Err())
}

// details are the names that every error about a node has.
func (r *run) details(n *graph.Node) errcatalog.Details {
	d := errcatalog.Details{Workflow: r.g.Name, Node: n.ID.S, NodeType: n.Type.S}
	if c := r.contracts[r.index[n.ID.S]]; c != nil && c.Model != nil {
		d.Operation, d.Model, d.Table = string(c.Operation), c.Model.Name, c.Model.Table
	}
	return d
}
