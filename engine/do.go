package engine

import (
	"context"
	"fmt"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/model"
)

// A scope is what the statements of a run need to know of it.
type scope struct {
	tenant  string // "" for none
	node    string // node id, for errors; "" outside a workflow
	checked bool   // the parameters have passed graph.CheckNode
}

// do runs one operation on a model and returns its outputs. p holds plain Go
// values. Without a session the operation is a transaction of its own and makes
// sure that the table is there; with one, the caller has called ensure before.
func (e *Engine) do(ctx context.Context, s *session, m *model.Model, op model.Operation, p map[string]any, sc scope) (map[string]any, error) {
	t, err := e.table(m, op)
	if err != nil {
		return nil, err
	}
	if !sc.checked {
		if err := e.checkParams(m, op, p, sc); err != nil {
			return nil, err
		}
	}
	x := &operation{e: e, s: s, t: t, op: op, p: p, scope: sc}
	run, ok := operations[op]
	if !ok {
		return nil, x.fail(errcatalog.DF711, fmt.Sprintf("%s has no operation %q", m.Name, op), nil)
	}
	if s == nil {
		if err := e.ensure(ctx, m); err != nil {
			return nil, err
		}
	}
	ctx, cancel := e.withTimeout(ctx)
	defer cancel()
	return x.run(ctx, run)
}

// operations are the bodies of the eleven operations.
var operations = map[model.Operation]func(*operation, context.Context) (map[string]any, error){}

// table returns the registered table of a model.
func (e *Engine) table(m *model.Model, op model.Operation) (*table, error) {
	r := e.models.Load()
	if t := r.byName[m.Name]; t != nil {
		return t, nil
	}
	names := r.Names()
	d := details(m, op)
	d.Suggestion, d.Allowed = errcatalog.Nearest(m.Name, names), names
	return nil, e.fail(errcatalog.Finding{Code: errcatalog.DF701, Message: "the model " + m.Name + " is not registered", Details: d}, nil)
}

// checkParams applies the rules of the editor to the parameters.
func (e *Engine) checkParams(m *model.Model, op model.Operation, p map[string]any, sc scope) error {
	n := graph.NodeOf(model.NodeType(m.Name, op), sc.node, p)
	var findings []errcatalog.Finding
	for _, f := range graph.CheckNode(n, e.Models()) {
		if severity(f.Finding) == errcatalog.SeverityError {
			findings = append(findings, f.Finding)
		}
	}
	return e.failures(findings)
}

func severity(f errcatalog.Finding) errcatalog.Severity {
	if f.Severity != errcatalog.SeverityDefault {
		return f.Severity
	}
	entry, _ := errcatalog.Lookup(f.Code)
	return entry.Severity
}

// An operation is one operation at work.
type operation struct {
	e  *Engine
	s  *session // nil: a transaction of its own
	t  *table
	op model.Operation
	p  map[string]any
	scope

	c     *conn // the connection, once one is held
	write bool  // c is the one that writes
}

// run runs the body with the session locked, and gives the connection back.
func (x *operation) run(ctx context.Context, body func(*operation, context.Context) (map[string]any, error)) (map[string]any, error) {
	if x.s != nil {
		x.s.mu.Lock()
		defer x.s.mu.Unlock()
		if err := x.s.usable(); err != nil {
			return nil, x.fail(errcatalog.DF504, "the transaction cannot go on: "+x.e.plain(err), err)
		}
		x.c, x.write = x.s.c, true
	} else {
		defer x.release()
	}
	return body(x, ctx)
}

func (x *operation) release() {
	if x.c == nil {
		return
	}
	if x.write {
		x.e.writers.put(x.c)
	} else {
		x.e.readers.put(x.c)
	}
	x.c = nil
}
