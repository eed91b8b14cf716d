package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/model"
)

// fail turns a finding into the error that leaves the engine. A nil cause is
// fine.
func (e *Engine) fail(f errcatalog.Finding, cause error) error {
	if f.Details.Database == "" {
		f.Details.Database = e.dsn.String()
	}
	if cause = withoutSecrets(cause); cause == nil {
		return e.enhancer.Error(f)
	}
	return e.enhancer.Wrap(f, cause)
}

// withoutSecrets is the part of a driver's error that holds no configuration, in
// which the password stands.
func withoutSecrets(err error) error {
	var connecting *pgconn.ConnectError
	var parsing *pgconn.ParseConfigError
	switch {
	case errors.As(err, &parsing):
		return nil
	case errors.As(err, &connecting):
		return neverConnected{connecting.Unwrap()}
	}
	return err
}

// neverConnected is why a connection could not be had: nothing was sent through it.
type neverConnected struct{ error }

func (n neverConnected) Unwrap() error { return n.error }

// failures turns findings into one error, nil when there are none.
func (e *Engine) failures(findings []errcatalog.Finding) error {
	errs := make([]*errcatalog.Error, len(findings))
	for i, f := range findings {
		errs[i] = e.enhancer.Error(f)
	}
	return errcatalog.Join(errs)
}

// details are what every error of an operation tells.
func details(m *model.Model, op model.Operation) errcatalog.Details {
	return errcatalog.Details{
		Model: m.Name, Table: m.Table, Operation: string(op), NodeType: model.NodeType(m.Name, op),
	}
}

// contextError tells whether err came of ctx, or of the statement timeout that
// was laid over it, and what it then is.
func contextError(err error) (errcatalog.Code, bool) {
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return errcatalog.DF505, true
	case errors.Is(err, context.Canceled):
		return errcatalog.DF509, true
	}
	return "", false
}

// classify is the code of an error that a statement, or waiting for a connection,
// gave.
func (e *Engine) classify(err error) errcatalog.Code {
	if code, ok := contextError(err); ok {
		return code
	}
	if errors.Is(err, errPoolExhausted) {
		return errcatalog.DF507
	}
	code, _ := e.dialect.classify(err, nil)
	return code
}

// plain is an error's text in one line.
func (e *Engine) plain(err error) string {
	var pe *pgconn.PgError
	if errors.As(err, &pe) {
		// Its detail may hold values of other records.
		return pe.Message + " (SQLSTATE " + pe.Code + ")"
	}
	if cause := withoutSecrets(err); cause != nil {
		err = cause
	}
	return strings.Join(strings.Fields(e.dsn.scrub(err.Error())), " ")
}

// fail is the error of the operation.
func (x *operation) fail(code errcatalog.Code, message string, cause error) error {
	return x.e.fail(errcatalog.Finding{Code: code, Message: message, Details: x.details()}, cause)
}

func (x *operation) details() errcatalog.Details {
	d := details(x.t.m, x.op)
	d.Node = x.node
	return d
}

// sqlError is the error of a statement. about tells what the user gave, where it
// is known.
func (x *operation) sqlError(ctx context.Context, err error, about subject) error {
	if cause := context.Cause(ctx); cause != nil && ctx.Err() != nil {
		// The driver may say "interrupted"; what matters is why.
		if !errors.Is(cause, ctx.Err()) {
			cause = errors.Join(ctx.Err(), cause)
		}
		err = cause
	}
	code, columns := x.e.classify(err), []string(nil)
	switch code {
	case errcatalog.DF310, errcatalog.DF311:
		_, columns = x.e.dialect.classify(err, x.t)
	case errcatalog.DF502:
		code = x.schemaChanged(ctx)
	}
	f := errcatalog.Finding{Code: code, Details: x.details()}
	switch code {
	case errcatalog.DF310, errcatalog.DF311:
		x.describe(&f, columns, about)
	case errcatalog.DF305:
		x.describeReference(&f, about)
	case errcatalog.DF509:
		f.Message = fmt.Sprintf("%s was cancelled", f.Details.NodeType)
	case errcatalog.DF505:
		f.Message = fmt.Sprintf("%s ran out of time: %s", f.Details.NodeType, x.e.plain(err))
	case errcatalog.DF507:
		f.Message = fmt.Sprintf("%s got no connection: %s; a transaction that waits for itself, or one that never ends, holds them", f.Details.NodeType, x.e.plain(err))
	default:
		f.Message = fmt.Sprintf("%s failed: %s", f.Details.NodeType, x.e.plain(err))
		if code == errcatalog.DF511 && x.write && x.s == nil {
			f.Message += "; whether it was done before that is not known"
		}
		if code != errcatalog.DF511 && code != errcatalog.DF402 {
			// Perhaps somebody dropped the table: the next operation looks again.
			x.e.cache.ClearTable(x.t.m.Name)
			x.t.sequence.Store(nil)
		}
	}
	return x.e.fail(f, err)
}

// schemaChanged is the code of a failure that the database gave no number of its
// own: SQLite has one for all that is wrong with a statement, also that others
// dropped its table, or a column, while the engine ran.
func (x *operation) schemaChanged(ctx context.Context) errcatalog.Code {
	if x.c == nil || x.t.d.aborts() {
		return errcatalog.DF502
	}
	live, err := x.t.d.inspect(context.WithoutCancel(ctx), x.c, x.t.m.Table)
	switch {
	case err != nil:
		return errcatalog.DF502
	case live.kind == "":
		return errcatalog.DF309
	}
	if m := x.e.compare(x.t, live); len(m.statements) > 0 || len(m.refused) > 0 {
		return errcatalog.DF302
	}
	return errcatalog.DF502
}

// describe names the columns, and the user's value, of a broken constraint.
func (x *operation) describe(f *errcatalog.Finding, columns []string, about subject) {
	d := &f.Details
	columns = slices.DeleteFunc(columns, func(c string) bool { return x.t.tenant != nil && c == x.t.tenant.name && len(columns) > 1 })
	d.Column = strings.Join(columns, ", ")
	var shown []string
	for _, name := range columns {
		c := x.t.byName[name]
		if c == nil {
			continue
		}
		if len(columns) == 1 {
			d.Field, d.Type = c.f.Name, c.f.GoType
		}
		if about == nil {
			continue
		}
		if path, value := about(name); path != "" {
			shown = append(shown, name+" "+value)
			if d.Param == "" {
				d.Param, d.Value = path, value
			}
		}
	}
	given := or(strings.Join(shown, ", "), d.Column)
	if f.Code == errcatalog.DF311 {
		f.Message = fmt.Sprintf("%s cannot be null in the table %s", d.Column, d.Table)
		return
	}
	f.Message = fmt.Sprintf("another %s has %s already", d.Model, given)
	if x.t.deletedAt != nil && slices.ContainsFunc(columns, func(c string) bool { return slices.Contains(x.t.m.PrimaryKey(), c) }) {
		f.Message += "; it may be a deleted one, which keeps its primary key until it is deleted with hard: true"
	}
}

// describeReference finds which reference has no record behind it.
func (x *operation) describeReference(f *errcatalog.Finding, about subject) {
	f.Message = fmt.Sprintf("other records refer to this %s, so it cannot be deleted or get another key", f.Details.Model)
	if about == nil {
		return
	}
	f.Message = fmt.Sprintf("a record that this %s refers to is not there", f.Details.Model)
	var missing []string
	for _, c := range x.t.cols {
		if c.f.Ref == nil {
			continue
		}
		path, value := about(c.name)
		if path == "" || value == "nil" {
			continue
		}
		missing = append(missing, c.name)
		f.Details.Column, f.Details.Field, f.Details.Param, f.Details.Value = c.name, c.f.Name, path, value
		f.Message = fmt.Sprintf("%s is %s, and there is no %s with that %s", path, value, c.f.Ref.Model, c.f.Ref.Column)
	}
	if len(missing) > 1 {
		f.Details.Column, f.Details.Field, f.Details.Param, f.Details.Value = strings.Join(missing, ", "), "", "", ""
		f.Message = fmt.Sprintf("one of %s of this %s refers to a record that is not there", strings.Join(missing, ", "), f.Details.Model)
	}
}

// An errorList gathers the errors of many rows, so that all are told at once.
type errorList []*errcatalog.Error

func (l *errorList) add(err error) {
	if err == nil {
		return
	}
	var e *errcatalog.Error
	if errors.As(err, &e) {
		*l = append(*l, e)
	}
}

func (l *errorList) join() error { return errcatalog.Join(*l) }
