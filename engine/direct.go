package engine

import (
	"context"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/model"
)

// A ModelHandle runs single operations on one model, without a workflow. Each
// method takes the parameters of the node of its name and yields the same
// outputs; each is a transaction of its own, but for those that a function node in
// a transaction makes with the context it was given: they are part of that
// transaction. It is safe for concurrent use.
type ModelHandle struct {
	e      *Engine
	name   string
	tenant string
}

// Model returns the handle for a model. That the model is not registered is told
// by the first operation: DF-701.
func (e *Engine) Model(name string) *ModelHandle { return &ModelHandle{e: e, name: name} }

// ForTenant returns a handle that works for a tenant, as the run option WithTenant
// does for a workflow.
func (h *ModelHandle) ForTenant(id string) *ModelHandle {
	return &ModelHandle{e: h.e, name: h.name, tenant: id}
}

// Create inserts a record and returns it.
func (h *ModelHandle) Create(ctx context.Context, p dataflow.Params) (dataflow.Params, error) {
	return h.do(ctx, model.Create, p)
}

// Read returns one record; DF-703 when it is not there.
func (h *ModelHandle) Read(ctx context.Context, p dataflow.Params) (dataflow.Params, error) {
	return h.do(ctx, model.Read, p)
}

// Update changes one record and returns it.
func (h *ModelHandle) Update(ctx context.Context, p dataflow.Params) (dataflow.Params, error) {
	return h.do(ctx, model.Update, p)
}

// Delete removes one record.
func (h *ModelHandle) Delete(ctx context.Context, p dataflow.Params) (dataflow.Params, error) {
	return h.do(ctx, model.Delete, p)
}

// List returns a page of records.
func (h *ModelHandle) List(ctx context.Context, p dataflow.Params) (dataflow.Params, error) {
	return h.do(ctx, model.List, p)
}

// Count counts records.
func (h *ModelHandle) Count(ctx context.Context, p dataflow.Params) (dataflow.Params, error) {
	return h.do(ctx, model.Count, p)
}

// Upsert updates a record, or inserts it when it is not there.
func (h *ModelHandle) Upsert(ctx context.Context, p dataflow.Params) (dataflow.Params, error) {
	return h.do(ctx, model.Upsert, p)
}

// BulkCreate inserts many records, all or none.
func (h *ModelHandle) BulkCreate(ctx context.Context, p dataflow.Params) (dataflow.Params, error) {
	return h.do(ctx, model.BulkCreate, p)
}

// BulkUpdate changes many records, all or none.
func (h *ModelHandle) BulkUpdate(ctx context.Context, p dataflow.Params) (dataflow.Params, error) {
	return h.do(ctx, model.BulkUpdate, p)
}

// BulkDelete removes many records, all or none.
func (h *ModelHandle) BulkDelete(ctx context.Context, p dataflow.Params) (dataflow.Params, error) {
	return h.do(ctx, model.BulkDelete, p)
}

// BulkUpsert updates or inserts many records, all or none.
func (h *ModelHandle) BulkUpsert(ctx context.Context, p dataflow.Params) (dataflow.Params, error) {
	return h.do(ctx, model.BulkUpsert, p)
}

func (h *ModelHandle) do(ctx context.Context, op model.Operation, p dataflow.Params) (dataflow.Params, error) {
	return h.doInto(ctx, op, p, nil)
}

// doInto has a List put its records into a sink.
func (h *ModelHandle) doInto(ctx context.Context, op model.Operation, p dataflow.Params, into func() sink) (dataflow.Params, error) {
	leave, err := h.e.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	m := h.e.Models().Model(h.name)
	if m == nil {
		names := h.e.Models().Names()
		d := errcatalog.Details{Model: h.name, Suggestion: errcatalog.Nearest(h.name, names), Allowed: names}
		message := "the model " + h.name + " is not registered"
		if d.Suggestion != "" {
			message += "; did you mean " + d.Suggestion + "?"
		}
		return nil, h.e.fail(errcatalog.Finding{Code: errcatalog.DF701, Message: message, Details: d}, nil)
	}
	return h.e.do(ctx, h.e.sessionOf(ctx), m, op, p, scope{tenant: h.tenant, into: into})
}
