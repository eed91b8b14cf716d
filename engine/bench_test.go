package engine_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/internal/testdb"
)

// The benchmarks set the engine beside prepared statements written by hand, on
// the same table of the same file with the same settings.

type harness struct {
	db  *engine.Engine
	raw *sql.DB
}

func newHarness(b *testing.B) harness {
	b.Helper()
	path := filepath.Join(b.TempDir(), "app.db")
	db := open(b, "sqlite:"+path, engine.WithModels(newer()))
	for i := range 1000 {
		if _, err := db.Model("Note").Create(b.Context(), P{"id": fmt.Sprint("n", i), "text": fmt.Sprint("text ", i)}); err != nil {
			b.Fatal(err)
		}
	}
	raw, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)&_pragma=synchronous(NORMAL)")
	if err != nil {
		b.Fatal(err)
	}
	raw.SetMaxOpenConns(1)
	b.Cleanup(func() {
		if err := raw.Close(); err != nil {
			b.Error(err)
		}
	})
	return harness{db, raw}
}

func (h harness) prepare(b *testing.B, text string) *sql.Stmt {
	b.Helper()
	s, err := h.raw.Prepare(text)
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// note is where the statements by hand scan to.
type note struct {
	id, text, labels string
	stars, created   int64
	link             *string
}

func (n *note) dest() []any {
	return []any{&n.id, &n.text, &n.stars, &n.labels, &n.link, &n.created}
}

const noteColumns = "id, text, stars, labels, link, created_at"

func BenchmarkCreate(b *testing.B) {
	b.Run("engine", func(b *testing.B) {
		h := newHarness(b)
		m := h.db.Model("Note")
		for i := 0; b.Loop(); i++ {
			if _, err := m.Create(b.Context(), P{"id": fmt.Sprint("e", i), "text": fmt.Sprint("e", i)}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("by hand", func(b *testing.B) {
		h := newHarness(b)
		s := h.prepare(b, "INSERT INTO notes ("+noteColumns+") VALUES (?, ?, ?, ?, ?, ?) RETURNING "+noteColumns)
		for i := 0; b.Loop(); i++ {
			var n note
			if err := s.QueryRow(fmt.Sprint("r", i), fmt.Sprint("r", i), 3, "[]", nil, time.Now().UnixMicro()).Scan(n.dest()...); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkRead(b *testing.B) {
	h := newHarness(b)
	b.Run("engine", func(b *testing.B) {
		m := h.db.Model("Note")
		for i := 0; b.Loop(); i++ {
			if _, err := m.Read(b.Context(), P{"id": fmt.Sprint("n", i%1000)}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("by hand", func(b *testing.B) {
		s := h.prepare(b, "SELECT "+noteColumns+" FROM notes WHERE id = ?")
		for i := 0; b.Loop(); i++ {
			var n note
			if err := s.QueryRow(fmt.Sprint("n", i%1000)).Scan(n.dest()...); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkUpsert(b *testing.B) {
	h := newHarness(b)
	b.Run("engine", func(b *testing.B) {
		m := h.db.Model("Note")
		for i := 0; b.Loop(); i++ {
			p := P{"where": P{"id": fmt.Sprint("n", i%2000)}, "create": P{"text": fmt.Sprint("text ", i%2000)}, "update": P{"stars": i}}
			if _, err := m.Upsert(b.Context(), p); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("by hand", func(b *testing.B) {
		s := h.prepare(b, "INSERT INTO notes ("+noteColumns+") VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET stars = excluded.stars RETURNING "+noteColumns)
		for i := 0; b.Loop(); i++ {
			var n note
			if err := s.QueryRow(fmt.Sprint("n", i%2000), fmt.Sprint("text ", i%2000), i, "[]", nil, time.Now().UnixMicro()).Scan(n.dest()...); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// Ten thousand rows, of which half are there.
func BenchmarkBulkUpsert(b *testing.B) {
	const rows = 10_000
	for name, dsn := range map[string]string{"sqlite": "sqlite:" + filepath.Join(b.TempDir(), "app.db"), "postgres": testdb.Postgres(b)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			m := open(b, dsn, engine.WithModels(newer())).Model("Note")
			for i := 0; b.Loop(); i++ {
				b.StopTimer()
				data := make([]P, rows)
				for n := range data {
					id := fmt.Sprint("n", i*rows/2+n)
					data[n] = P{"id": id, "text": id, "stars": i}
				}
				b.StartTimer()
				if _, err := m.BulkUpsert(b.Context(), P{"data": data}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// What a workflow of one node takes beyond the operation.
func BenchmarkOneNode(b *testing.B) {
	h := newHarness(b)
	wf := dataflow.NewWorkflow("one").AddNode("NoteReadNode", "read", P{"id": dataflow.Input("id")})
	b.Run("direct", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := h.db.Model("Note").Read(b.Context(), P{"id": "n7"}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("workflow", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := h.db.Run(b.Context(), wf, engine.WithInputs(P{"id": "n7"})); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// The hundredth create on a table costs no more than the second: whatever a table
// needs is made once.
func BenchmarkNthCreate(b *testing.B) {
	for _, nth := range []int{2, 100} {
		b.Run(fmt.Sprint(nth), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				db := open(b, "sqlite::memory:", engine.WithModels(newer()))
				create := func(i int) {
					if _, err := db.Model("Note").Create(b.Context(), P{"id": fmt.Sprint("n", i), "text": fmt.Sprint("t", i)}); err != nil {
						b.Fatal(err)
					}
				}
				for i := 1; i < nth; i++ {
					create(i)
				}
				b.StartTimer()
				create(nth)
				b.StopTimer()
				if err := db.Close(); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
		})
	}
}
