package engine

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/model"
)

// Reads of one model by primary key that could run at the same moment are fused:
// the first of them reads the records of all, in one statement, and the others find
// theirs. All else stays as it is: each is a node with its own checks, errors, events
// and outputs.

// maxFused bounds how many reads share a statement.
const maxFused = 500

// A fusible is what reads must have in common to be fused; the zero one is that of a
// node that never is.
type fusible struct {
	m       *model.Model
	deleted bool // include_deleted
}

// fusibleNode tells what a node must have in common with others. It takes reads that
// are given the key and flags, and nothing else.
func fusibleNode(c *model.Contract, n *graph.Node, connections []*graph.Connection) fusible {
	if c == nil || c.Model == nil || c.Operation != model.Read || len(c.Model.PrimaryKey()) != 1 {
		return fusible{}
	}
	key := c.Model.PrimaryKey()[0]
	if f := c.Model.FieldByColumn(key); f == nil || !comparableKey(f.Type) {
		return fusible{}
	}
	deleted := false
	for _, e := range n.Params.Entries {
		switch e.Key {
		case key, "raise_on_not_found":
		case "include_deleted":
			on, ok := e.Value.V.(bool)
			if e.Value.State != graph.StateKnown || !ok {
				return fusible{}
			}
			deleted = on
		default:
			return fusible{}
		}
	}
	for _, c := range connections {
		if in := c.Input.S; in != key && in != "raise_on_not_found" && in != graph.Trigger {
			return fusible{}
		}
	}
	return fusible{c.Model, deleted}
}

// comparableKey reports whether equal keys of a type are equal values of Go.
func comparableKey(t model.Type) bool {
	k := t.Kind
	return !t.Array && (k == model.KindString || k == model.KindUUID || k.IsInteger() && !k.IsUnsigned())
}

// fused are reads that share a statement. They run one after the other.
type fused struct {
	keys []any // canonical, no two of them equal
	of   map[any]bool
	rows map[any][]any // of those read and not taken yet, by key
	text string        // the statement, once it has run
	args []any
}

// fuse makes the nodes, which run one after the other from now on and wait for
// nothing, share a statement, where at least two of them can.
func (r *run) fuse(nodes []int) {
	if len(nodes) < 2 {
		return
	}
	f := &fused{of: make(map[any]bool, len(nodes))}
	var reads []int
	for _, i := range nodes {
		m := r.fusible[i].m
		key := m.PrimaryKey()[0]
		if r.idle(i) != "" {
			continue
		}
		p, err := r.bind(i)
		if err != nil {
			continue // which the node will say
		}
		v, err := model.Convert(m.FieldByColumn(key).Type.NotNull(), p[key])
		if err != nil || v == nil || f.of[v] {
			continue // who reads the same gets a record of its own
		}
		f.of[v], f.keys, reads = true, append(f.keys, v), append(reads, i)
	}
	if len(reads) < 2 {
		return
	}
	for _, i := range reads {
		r.states[i].fused = f
	}
}

// record is the record of x, which reads by key; nil where x must read it itself:
// it is not there, or the first of the reads failed.
func (f *fused) record(ctx context.Context, x *operation) (map[string]any, error) {
	c := x.t.key[0]
	key, err := model.Convert(c.f.Type.NotNull(), x.p[c.name])
	if err != nil || !f.of[key] {
		return nil, nil //nolint:nilerr // the read will say so
	}
	if f.rows == nil {
		f.rows = make(map[any][]any, len(f.keys)) // even if it fails: then each reads its own
		if err := f.read(ctx, x); err != nil {
			return nil, err
		}
	} else if f.rows[key] != nil && x.ran != nil {
		x.ran.add(f.text, f.args)
	}
	values := f.rows[key]
	if values == nil {
		return nil, nil
	}
	delete(f.rows, key)
	return x.record(x.t.cols, values, 1)
}

// read reads the records of all.
func (f *fused) read(ctx context.Context, x *operation) error {
	b := &binder{d: x.t.d}
	parts, err := x.within(b, x.flag("include_deleted"))
	if err != nil {
		return err
	}
	c := x.t.key[0]
	values := make([]any, len(f.keys))
	for i, k := range f.keys {
		if values[i], err = x.t.d.encode(c.f.Type, k); err != nil {
			return nil //nolint:nilerr // whose it is will say so
		}
	}
	parts = append(parts, x.t.d.in(b, c.quoted, values))
	f.text, f.args = "SELECT "+x.t.all+" FROM "+x.t.name+whereClause(parts), b.args
	return x.query(ctx, false, f.text, f.args, nil, func(values []any) error {
		key, err := x.t.d.decode(c.f.Type, values[c.i])
		switch key.(type) {
		case int64, string, uuid.UUID:
			if err == nil {
				f.rows[key] = slices.Clone(values)
			}
		}
		return nil // what cannot be read is told by the node that asks for it
	})
}
