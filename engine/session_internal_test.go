package engine

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/model"
)

// write writes a record in a session.
func write(ctx context.Context, e *Engine, s *session, id string) error {
	_, err := e.do(ctx, s, e.Models().Model("cached"), model.Create, map[string]any{"id": id}, scope{})
	return err
}

func records(t *testing.T, e *Engine) any {
	t.Helper()
	out, err := e.Model("cached").Count(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return out["count"]
}

func TestSavepoints(t *testing.T) {
	t.Parallel()
	e := openCached(t)
	ctx := t.Context()
	s, err := e.begin(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for i, keep := range []bool{true, false, true} {
		name, err := s.savepoint(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := write(ctx, e, s, fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
		end := s.rollbackTo
		if keep {
			end = s.releaseSavepoint
		}
		if err := end(name); err != nil {
			t.Fatal(err)
		}
	}
	// A statement that fails leaves the transaction as it was.
	if err := write(ctx, e, s, "0"); !errors.Is(err, errcatalog.DF310) {
		t.Errorf("a second record 0: %v", err)
	}
	if err := s.commit(); err != nil {
		t.Fatal(err)
	}
	if n := records(t, e); n != int64(2) {
		t.Errorf("%v records, want 2", n)
	}
	if err := s.rollback(); err != nil {
		t.Errorf("rollback after commit: %v", err)
	}
	if err := write(ctx, e, s, "late"); !errors.Is(err, errcatalog.DF504) {
		t.Errorf("a write after the end: %v", err)
	}
}

// A write that is cancelled half way may make SQLite undo the whole transaction.
// Then nothing more is written in it, and its commit fails; else all but the
// cancelled write is there.
func TestCancelInsideTransaction(t *testing.T) {
	t.Parallel()
	rows := make([]map[string]any, 20_000)
	for i := range rows {
		rows[i] = map[string]any{"id": fmt.Sprint("row", i)}
	}
	for _, after := range []time.Duration{0, time.Millisecond, 20 * time.Millisecond, 40 * time.Millisecond, 60 * time.Millisecond, 80 * time.Millisecond} {
		t.Run(after.String(), func(t *testing.T) {
			t.Parallel()
			e := openCached(t)
			s, err := e.begin(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if err := write(t.Context(), e, s, "first"); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), after)
			defer cancel()
			_, err = e.do(ctx, s, e.Models().Model("cached"), model.BulkCreate, map[string]any{"data": rows}, scope{checked: true})
			want := int64(1)
			switch {
			case err == nil: // it was quicker
				want += int64(len(rows))
			case !errors.Is(err, errcatalog.DF505):
				t.Errorf("the cancelled write: %v", err)
			}
			lateErr := write(t.Context(), e, s, "late")
			if lateErr == nil {
				want++
			} else if !errors.Is(lateErr, errcatalog.DF504) {
				t.Errorf("the write after it: %v", lateErr)
			}
			if err := s.commit(); err != nil {
				want = 0
				if lateErr == nil {
					t.Errorf("a write was taken, and the commit fails: %v", err)
				}
			}
			if n := records(t, e); n != want {
				t.Errorf("%v records, want %d", n, want)
			}
			if err := write(t.Context(), e, nil, "after"); err != nil {
				t.Errorf("the engine is of no use afterwards: %v", err)
			}
		})
	}
}
