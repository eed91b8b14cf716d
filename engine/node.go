package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/model"
)

// node runs one node and notes what became of it; s is the transaction that it
// runs in, or nil. It returns false when the run cannot go on.
func (r *run) node(ctx context.Context, i int, s *session) bool {
	n := &r.g.Nodes[i]
	res := NodeResult{ID: n.ID.S, Type: n.Type.S}
	if reason := r.idle(i); reason != "" {
		res.Reason = reason
		r.states[i].status = Skipped
		r.mu.Lock()
		defer r.mu.Unlock()
		res.Status, res.Started = Skipped, time.Now()
		res.Ended = res.Started
		r.res.Nodes = append(r.res.Nodes, res)
		return true
	}
	res.Started = time.Now()
	r.states[i].attempts++
	res.Attempts = r.states[i].attempts
	r.started(res)
	var out map[string]any
	// The function of a node may end its goroutine: then execute does not return.
	err := errGoexit
	nodeCtx, sp := r.e.config.tracer.node(ctx, res.ID, res.Type)
	if d := r.o.nodeTimeout; d != nil {
		var cancel context.CancelFunc
		nodeCtx, cancel = context.WithTimeout(nodeCtx, *d)
		defer cancel()
	}
	var ran statements
	defer func() {
		sp.end(err)
		res.Statements = ran.list
		r.ended(ctx, i, res, out, err)
	}()
	ran.arguments = r.o.arguments
	out, err = r.execute(nodeCtx, n, i, s, &ran)
	if err != nil && nodeCtx.Err() != nil && ctx.Err() == nil && isContextError(err) {
		err = r.late(n, err)
	}
	return err == nil
}

// late is the error of a node that took longer than WithNodeTimeout lets it.
func (r *run) late(n *graph.Node, err error) error {
	d := r.details(n)
	d.Setting, d.Value = "WithNodeTimeout", r.o.nodeTimeout.String()
	return r.error(errcatalog.Finding{
		Code: errcatalog.DF505, Message: fmt.Sprintf("node %q was not done after %s", n.ID.S, d.Value), Details: d, Span: n.Call,
	}, err)
}

func (r *run) started(res NodeResult) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.observe(Observer.NodeStarted, res, res.Started)
}

// errGoexit is the error of a function node that ended its goroutine.
var errGoexit = errors.New("it called runtime.Goexit, as t.FailNow does")

// ended notes what became of a node that has run.
func (r *run) ended(ctx context.Context, i int, res NodeResult, out map[string]any, err error) {
	n := &r.g.Nodes[i]
	r.mu.Lock()
	defer r.mu.Unlock()
	res.Ended = time.Now()
	switch {
	case err == nil:
		res.Status, res.Rows = Succeeded, rows(r.contracts[i].Operation, out)
		r.res.Outputs[n.ID.S] = out
	case ctx.Err() != nil && isContextError(err):
		// Stopped by the failure of another node, or by the end of the run.
		res.Status, res.Err = Cancelled, err
		if r.stopped == nil {
			r.stopped = n
		}
	default:
		errs := r.nodeErrors(n, err)
		res.Status, res.Err = Failed, errcatalog.Join(errs)
		for _, e := range errs {
			r.failures = append(r.failures, failure{e, i, ""})
		}
	}
	r.states[i].status, r.states[i].outputs = res.Status, out
	r.res.Nodes = append(r.res.Nodes, res)
	r.e.metrics.node(ctx, r.g.Name, &res)
	r.observe(Observer.NodeEnded, res, res.Ended)
}

// idle says why a node is not to run: something that it hangs on was skipped, or
// is of a branch that was not taken. It is "" for one that runs; of a MergeNode's
// inputs one is enough.
func (r *run) idle(i int) string {
	for _, before := range r.edges[i].before {
		if r.states[before].status == Skipped {
			return fmt.Sprintf("it runs after node %q, which was skipped", r.g.Nodes[before].ID.S)
		}
	}
	merge := r.g.Nodes[i].Type.S == graph.MergeType
	came, missed := false, false
	for _, c := range r.edges[i].connections {
		alive := r.carries(c)
		if !alive && (!merge || c.Input.S == graph.Trigger) {
			return r.notTaken(c)
		}
		if c.Input.S != graph.Trigger {
			came, missed = came || alive, missed || !alive
		}
	}
	if came || !missed || len(mergeLiterals(&r.g.Nodes[i])) > 0 {
		return ""
	}
	return "none of its branches was taken"
}

// notTaken says why nothing comes over a connection.
func (r *run) notTaken(c *graph.Connection) string {
	if r.states[r.index[c.From.S]].status == Skipped {
		return fmt.Sprintf("node %q was skipped", c.From.S)
	}
	return fmt.Sprintf("node %q did not take %q", c.From.S, segments(c.Output.S)[0])
}

// carries reports whether anything comes over a connection: nothing does from a
// node that was skipped, nor from the branch that a switch did not take.
func (r *run) carries(c *graph.Connection) bool {
	from := r.index[c.From.S]
	if r.states[from].status == Skipped {
		return false
	}
	if r.g.Nodes[from].Type.S != graph.SwitchType {
		return true
	}
	_, taken := r.states[from].outputs[segments(c.Output.S)[0]]
	return taken
}

// execute runs the node's body.
func (r *run) execute(ctx context.Context, n *graph.Node, i int, s *session, ran *statements) (map[string]any, error) {
	p, err := r.bind(i)
	if err != nil {
		return nil, err
	}
	switch n.Type.S {
	case graph.FuncType:
		return r.call(ctx, n, p)
	case graph.SwitchType:
		return r.branch(n, i, p)
	case graph.MergeType:
		return r.merge(i, p), nil
	case graph.TransformType:
		return r.transform(n, i, p)
	}
	c := r.contracts[i]
	return r.e.do(ctx, s, c.Model, c.Operation, p, scope{
		tenant: r.o.tenant,
		node:   n.ID.S,
		ran:    ran,
		// What no connection feeds was checked before the run.
		checked:  !r.edges[i].fed,
		fused:    r.states[i].fused,
		progress: r.progress(n),
	})
}

// nodeErrors are the errors of a node as the run returns them: with the node's
// name and the line of its builder call.
func (r *run) nodeErrors(n *graph.Node, err error) []*errcatalog.Error {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		var errs []*errcatalog.Error
		for _, one := range many.Unwrap() {
			errs = append(errs, r.nodeErrors(n, one)...)
		}
		return errs
	}
	var e *errcatalog.Error
	if !errors.As(err, &e) {
		return []*errcatalog.Error{r.errored(n, err)}
	}
	return []*errcatalog.Error{named(e, r.g.Name, fmt.Sprintf("%s (%s)", n.ID.S, n.Type.S), n.Call)}
}

// errored is the error of a node whose body returned err: DF-501.
func (r *run) errored(n *graph.Node, err error) *errcatalog.Error {
	return r.error(errcatalog.Finding{
		Code: errcatalog.DF501, Message: fmt.Sprintf("node %q failed: %v", n.ID.S, err),
		Details: r.details(n), Span: n.Call,
	}, err)
}

// named is e with the names of the workflow and the node in its context, and with
// a place, where it lacks them.
func named(e *errcatalog.Error, workflow, node string, at errcatalog.Span) *errcatalog.Error {
	c := *e
	if !c.Position.IsValid() {
		c.Position = at.Start
	}
	if len(c.Context) == 0 {
		return &c // a mode without context
	}
	c.Context = slices.DeleteFunc(slices.Clone(c.Context), func(i errcatalog.ContextItem) bool {
		return i.Key == "Workflow" || node != "" && i.Key == "Node"
	})
	head := []errcatalog.ContextItem{{Key: "Workflow", Value: workflow}}
	if node != "" {
		head = append(head, errcatalog.ContextItem{Key: "Node", Value: node})
	}
	c.Context = append(head, c.Context...)
	return &c
}

// isContextError reports whether err says that a context has ended.
func isContextError(err error) bool {
	_, ok := contextError(err)
	return ok || errors.Is(err, errcatalog.DF509) || errors.Is(err, errcatalog.DF505)
}

// rows is how many rows an operation read or wrote.
func rows(op model.Operation, out map[string]any) int {
	yes := func(name string) int {
		if b, ok := out[name].(bool); ok && !b {
			return 0
		}
		return 1
	}
	switch op {
	case model.Create, model.Upsert:
		return 1
	case model.Read:
		return yes("found")
	case model.Update:
		return yes("updated")
	case model.Delete:
		return yes("deleted")
	case model.List, model.BulkCreate, model.BulkUpdate, model.BulkDelete, model.BulkUpsert:
		if n, ok := out["count"].(int64); ok {
			return int(n)
		}
	}
	return 0
}
