package engine

import (
	"context"

	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/model"
)

// A dry run leaves nothing, tables included: what its models lack is made inside its
// transaction, after all that is there was looked at before, and goes with it.

// lacking are tables that a dry run makes for itself.
type lacking struct {
	tables []*table // a model's, after those that it refers to
	needed bool     // else only a function might use it
}

// lack notes a model whose table is missing or incomplete.
func (r *run) lack(ctx context.Context, m *model.Model, needed bool) error {
	t, err := r.e.table(m, "")
	if err != nil {
		return err
	}
	if r.e.known(ctx, t) {
		return nil
	}
	tables, version, todo, err := r.e.lookAround(ctx, t)
	switch {
	case err != nil:
		return err
	case todo:
		r.lacks = append(r.lacks, lacking{tables, needed})
	default:
		r.e.remember(tables, version)
	}
	return nil
}

// makeLacking makes what the dry run lacks in its own transaction.
func (r *run) makeLacking(ctx context.Context, whole *graph.Transaction, s *session) bool {
	for _, l := range r.lacks {
		if err := s.makeTables(ctx, l.tables); err != nil {
			if l.needed || ctx.Err() != nil {
				return r.blockFailed(ctx, whole, err)
			}
			r.e.log.Debug("the table of a model is not ready", "error", err)
		}
	}
	return true
}

// makeTables makes what tables lack in the session's transaction, or nothing of it.
func (s *session) makeTables(ctx context.Context, tables []*table) error {
	name, err := s.savepoint(ctx)
	if err != nil {
		return err
	}
	if err := s.migrate(ctx, tables); err != nil {
		if undoErr := s.rollbackTo(name); undoErr != nil {
			return undoErr
		}
		return err
	}
	return s.releaseSavepoint(name)
}

func (s *session) migrate(ctx context.Context, tables []*table) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := tables[len(tables)-1]
	for _, statement := range s.e.dialect.beginMigration()[1:] { // what follows BEGIN
		if _, err := s.c.exec(ctx, statement); err != nil {
			return s.e.waited(t, err)
		}
	}
	todo, _, err := s.e.plan(ctx, s.c, tables)
	if err != nil {
		return err
	}
	return s.e.apply(ctx, s.c, t, todo)
}
