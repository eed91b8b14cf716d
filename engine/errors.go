package engine

import (
	"context"
	"errors"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/model"
)

// fail turns a finding into the error that leaves the engine. A nil cause is
// fine.
func (e *Engine) fail(f errcatalog.Finding, cause error) error {
	if f.Details.Database == "" {
		f.Details.Database = e.dsn.String()
	}
	if cause == nil {
		return e.enhancer.Error(f)
	}
	return e.enhancer.Wrap(f, cause)
}

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
	code, _ := e.dialect.classify(err)
	return code
}

// plain is an error's text in one line.
func (e *Engine) plain(err error) string {
	return err.Error()
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
