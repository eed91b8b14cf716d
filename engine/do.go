package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/model"
)

// A scope is what the statements of a run need to know of it.
type scope struct {
	tenant  string      // "" for none
	node    string      // node id, for errors; "" outside a workflow
	checked bool        // the parameters have passed graph.CheckNode
	into    func() sink // begins where a List puts its records, in place of maps; nil for maps
	ran     *statements
	fused   *fused // for a Read that shares its statement with others; or nil
	// progress is told how many of all rows of a bulk operation are done; or nil.
	progress func(done, total int)
}

// A sink takes the decoded values of one record.
type sink func(cols []*column, values []any) error

// statements gathers what a node has the database do; nil gathers nothing.
type statements struct {
	list      []Statement
	arguments bool
}

// done tells of the progress of a bulk operation.
func (x *operation) done(done, total int) {
	if x.progress != nil {
		x.progress(done, total)
	}
}

// note tells of a statement that is about to run.
func (x *operation) note(ctx context.Context, text string, args []any) {
	if x.e.log.Enabled(ctx, slog.LevelDebug) {
		x.e.log.DebugContext(ctx, "statement", "sql", text)
	}
	if x.ran == nil {
		return
	}
	x.ran.add(text, args)
}

func (r *statements) add(text string, args []any) {
	s := Statement{SQL: text}
	if r.arguments {
		s.Args = slices.Clone(args)
	}
	r.list = append(r.list, s)
}

// do runs one operation on a model and returns its outputs. p holds plain Go
// values. Without a session the operation is a transaction of its own and makes
// sure that the table is there; with one, the caller has called ensure before.
func (e *Engine) do(ctx context.Context, s *session, m *model.Model, op model.Operation, p map[string]any, sc scope) (out map[string]any, err error) {
	t, err := e.table(m, op)
	if err != nil {
		return nil, err
	}
	x := &operation{e: e, s: s, t: t, op: op, p: p, scope: sc}
	late := !sc.checked && x.checksItself()
	if !sc.checked && !late {
		if err := e.checkParams(m, op, p, sc); err != nil {
			return nil, err
		}
	}
	run, ok := operations[op]
	if !ok {
		return nil, x.fail(errcatalog.DF711, fmt.Sprintf("%s has no operation %q", m.Name, op), nil)
	}
	if s == nil {
		if err := e.ensureTable(ctx, t); err != nil {
			return nil, err
		}
	}
	if e.metrics != nil {
		defer func(started time.Time) { e.metrics.operation(ctx, x, started, err) }(time.Now())
	}
	ctx, cancel := e.withTimeout(ctx)
	defer cancel()
	out, err = x.run(ctx, run)
	if err != nil && s == nil {
		out, err = x.again(ctx, run, out, err)
	}
	if err != nil && late {
		if wrong := e.checkParams(m, op, p, sc); wrong != nil {
			return nil, wrong
		}
	}
	return out, err
}

// again does an operation again of which nothing was kept.
func (x *operation) again(ctx context.Context, run func(*operation, context.Context) (map[string]any, error), out map[string]any, err error) (map[string]any, error) {
	started := time.Now()
	for attempt := 1; err != nil && undone(err, x.reads()) && x.e.retry(ctx, started, attempt); attempt++ {
		out, err = x.run(ctx, run)
	}
	return out, err
}

// reads reports whether the operation changes nothing.
func (x *operation) reads() bool {
	return x.op == model.Read || x.op == model.List || x.op == model.Count
}

// operations are the bodies of the eleven operations.
var operations = map[model.Operation]func(*operation, context.Context) (map[string]any, error){
	model.Create: (*operation).create, model.Read: (*operation).read, model.Update: (*operation).update,
	model.Delete: (*operation).delete, model.List: (*operation).list, model.Count: (*operation).count,
	model.Upsert: (*operation).upsert, model.BulkCreate: (*operation).bulkCreate, model.BulkUpdate: (*operation).bulkUpdate,
	model.BulkDelete: (*operation).bulkDelete, model.BulkUpsert: (*operation).bulkUpsert,
}

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
	id := sc.node
	if id == "" { // the rules speak of a node: outside a workflow it has the operation's name
		id = strings.ToLower(string(op))
	}
	n := graph.NodeOf(model.NodeType(m.Name, op), id, p)
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

	c     conn // the connection, once one is held
	write bool // c is the one that writes
}

// run runs the body with the session locked, and gives the connection back.
func (x *operation) run(ctx context.Context, body func(*operation, context.Context) (map[string]any, error)) (map[string]any, error) {
	if x.s == nil {
		defer x.release()
		return body(x, ctx)
	}
	x.s.mu.Lock()
	defer x.s.mu.Unlock()
	if err := x.s.usable(); err != nil {
		return nil, x.fail(errcatalog.DF504, "the transaction cannot go on: "+x.e.plain(err), err)
	}
	x.c, x.write = x.s.c, true
	var out map[string]any
	var err error
	if x.t.d.aborts() && x.node == "" {
		// A function goes on after an operation that failed: so must the transaction.
		err = x.atomic(ctx, func() error { out, err = body(x, ctx); return err })
	} else {
		out, err = body(x, ctx)
	}
	if err != nil && !x.c.inTransaction() {
		// An interrupted write, a full disk: the database has rolled back all of it.
		x.s.dead = err
	}
	return out, err
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

// hold takes a connection, unless the operation has one.
func (x *operation) hold(ctx context.Context, write bool) (err error) {
	if x.c != nil {
		return nil
	}
	p := x.e.readers
	if write {
		p = x.e.writers
	}
	if x.c, err = p.get(ctx); err != nil {
		return x.sqlError(ctx, err, nil)
	}
	x.write = write
	return nil
}

// A subject tells what the user gave for a column in the row at hand: where it
// stands in the parameters, and the value as Go source.
type subject func(column string) (path, value string)

// query runs a statement and calls each with the values of every row.
func (x *operation) query(ctx context.Context, write bool, text string, args []any, about subject, each func(values []any) error) error {
	if err := x.hold(ctx, write); err != nil {
		return err
	}
	x.note(ctx, text, args)
	return x.ask(ctx, write, text, args, about, each)
}

// ask is query for a statement that has been told of.
func (x *operation) ask(ctx context.Context, write bool, text string, args []any, about subject, each func(values []any) error) error {
	if err := x.hold(ctx, write); err != nil {
		return err
	}
	var failed error
	err := x.c.query(ctx, text, args, func(values []any) error {
		failed = each(values)
		return failed
	})
	if failed = unlessEnough(failed); failed != nil {
		return failed
	}
	if err != nil {
		return x.sqlError(ctx, err, about)
	}
	return nil
}

// recordOf runs a statement that yields one whole record at most, with room for found
// or updated; nil if none.
func (x *operation) recordOf(ctx context.Context, write bool, text string, args []any, about subject) (record map[string]any, err error) {
	err = x.query(ctx, write, text, args, about, func(values []any) error {
		if record, err = x.record(x.t.cols, values, 1); err != nil {
			return err
		}
		return errEnough
	})
	return record, err
}

// exec runs a statement without a result and returns how many rows it changed.
func (x *operation) exec(ctx context.Context, text string, args []any, about subject) (int64, error) {
	if err := x.hold(ctx, true); err != nil {
		return 0, err
	}
	x.note(ctx, text, args)
	n, err := x.c.exec(ctx, text, args...)
	if err != nil {
		return 0, x.sqlError(ctx, err, about)
	}
	return n, nil
}

// atomic runs body so that all of its statements count or none.
func (x *operation) atomic(ctx context.Context, body func() error) error {
	if err := x.hold(ctx, true); err != nil {
		return err
	}
	begin, commit, undo := x.e.dialect.begin(), x.e.dialect.commit(), []string(nil)
	if x.s != nil {
		begin, commit, undo = "SAVEPOINT df_op", "RELEASE SAVEPOINT df_op", []string{"ROLLBACK TO SAVEPOINT df_op", "RELEASE SAVEPOINT df_op"}
	}
	if _, err := x.c.exec(ctx, begin); err != nil {
		return x.sqlError(ctx, err, nil)
	}
	err := body()
	if err == nil {
		if _, cErr := x.c.exec(context.WithoutCancel(ctx), commit); cErr != nil {
			err = x.sqlError(ctx, cErr, nil)
		}
	}
	switch {
	case err == nil:
		return nil
	case x.s == nil:
		x.e.rollback(x.c)
	default:
		for _, text := range undo {
			// Fails only when the whole transaction is gone, which run then notices.
			if _, uErr := x.c.exec(context.WithoutCancel(ctx), text); uErr != nil {
				break
			}
		}
	}
	var u *undecided
	if errors.As(err, &u) {
		return u.decide(ctx)
	}
	return err
}

// An undecided error is one whose story can be told only when what led to it has
// been undone: which of many rows was to blame.
type undecided struct {
	error
	decide func(ctx context.Context) error
}

// record decodes a row into a map with room for more.
func (x *operation) record(cols []*column, values []any, more int) (map[string]any, error) {
	r := make(map[string]any, len(cols)+more)
	for i, c := range cols {
		v, err := x.decoded(c, values[i])
		if err != nil {
			return nil, err
		}
		r[c.name] = v
	}
	return r, nil
}

// decoded is the value of a column as users get it.
func (x *operation) decoded(c *column, value any) (any, error) {
	v, err := x.t.d.decode(c.f.Type, value)
	if err != nil {
		d := x.columnDetails(c, "")
		d.Got = fmt.Sprintf("%T", value)
		return nil, x.e.fail(errcatalog.Finding{
			Code: errcatalog.DF303, Message: fmt.Sprintf("the column %s.%s holds what is no %s: %v", x.t.m.Table, c.name, c.f.GoType, err), Details: d,
		}, err)
	}
	return v, nil
}
