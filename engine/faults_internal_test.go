package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/internal/testdb"
)

// A fault is a way in which a call of the driver goes wrong.
type fault string

const (
	fails       fault = "fails"        // an error instead of the call
	losesAnswer fault = "loses answer" // the call is made, then the connection breaks
	broken      fault = "broken"       // the connection breaks before the call
	cancelled   fault = "cancelled"    // the caller's context ends before the call
	panics      fault = "panics"
)

// faults makes the call of a given number go wrong. It stands between the engine and
// the connections; panics come from a tracer, which is called inside them.
type faults struct {
	mu     sync.Mutex
	kind   fault
	at     int // which call; 0 for none
	calls  int
	cancel context.CancelFunc
}

var errFault = errors.New("the fault that the test made")

func (f *faults) arm(kind fault, at int, cancel context.CancelFunc) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kind, f.at, f.calls, f.cancel = kind, at, 0, cancel
}

// next counts a call and says what is to become of it, "" for nothing unusual.
func (f *faults) next() fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.calls++; f.calls != f.at {
		return ""
	}
	if f.kind == cancelled {
		f.cancel()
		return ""
	}
	return f.kind
}

type faultyPool struct {
	pool
	f *faults
}

func (p faultyPool) get(ctx context.Context) (conn, error) {
	if p.f.next() == fails {
		return nil, errFault
	}
	c, err := p.pool.get(ctx)
	if err != nil {
		return nil, err
	}
	if _, ok := c.(copier); ok {
		return faultyCopier{faultyConn{c, p.f}}, nil
	}
	return faultyConn{c, p.f}, nil
}

func (p faultyPool) put(c conn) {
	if copies, ok := c.(faultyCopier); ok {
		c = copies.faultyConn
	}
	p.pool.put(c.(faultyConn).conn)
}

type faultyConn struct {
	conn
	f *faults
}

type faultyCopier struct{ faultyConn }

// around makes a call go as the faults want it.
func (c faultyConn) around(ctx context.Context, call func(ctx context.Context) error) error {
	switch c.f.next() {
	case fails:
		return errFault
	case broken:
		if err := c.close(); err != nil {
			return err
		}
	case losesAnswer:
		err := call(ctx)
		return errors.Join(err, c.close(), io.ErrUnexpectedEOF)
	case panics:
		ctx = context.WithValue(ctx, panicKey{}, true)
	}
	return call(ctx)
}

func (c faultyConn) exec(ctx context.Context, text string, args ...any) (n int64, err error) {
	err = c.around(ctx, func(ctx context.Context) error { n, err = c.conn.exec(ctx, text, args...); return err })
	return n, err
}

func (c faultyConn) query(ctx context.Context, text string, args []any, each func([]any) error) error {
	return c.around(ctx, func(ctx context.Context) error { return c.conn.query(ctx, text, args, each) })
}

func (c faultyConn) batch(ctx context.Context, statements []statement) (n int64, failed int, err error) {
	failed = -1
	err = c.around(ctx, func(ctx context.Context) error { n, failed, err = c.conn.batch(ctx, statements); return err })
	return n, failed, err
}

func (c faultyCopier) copyFrom(ctx context.Context, table string, columns []string, n int, row func(int) ([]any, error)) error {
	return c.around(ctx, func(ctx context.Context) error { return c.conn.(copier).copyFrom(ctx, table, columns, n, row) })
}

type panicKey struct{}

// A panicker is a tracer provider that panics where a context asks for it.
type panicker struct{ noop.TracerProvider }

func (panicker) Tracer(string, ...trace.TracerOption) trace.Tracer { return panickingTracer{} }

type panickingTracer struct{ noop.Tracer }

func (t panickingTracer) Start(ctx context.Context, name string, opts ...trace.SpanStartOption) (context.Context, trace.Span) {
	if ctx.Value(panicKey{}) != nil {
		panic("the fault that the test made")
	}
	return t.Tracer.Start(ctx, name, opts...)
}

// What the sweep works on. Nothing in the records depends on when they were made.
type (
	Account struct {
		dataflow.Model
		ID      int64
		Owner   string `df:",unique"`
		Balance int64
	}
	Posting struct {
		dataflow.Model `df:"softdelete"`
		ID             int64
		AccountID      int64 `df:",ref=Account.id"`
		Amount         int64
	}
)

// scenes are what the faults come in the way of: every operation that writes or
// reads, and transactions.
var scenes map[string]func(ctx context.Context, e *Engine) error

func init() {
	scenes = map[string]func(ctx context.Context, e *Engine) error{
		"Create": direct("Account", "Create", map[string]any{"id": 10, "owner": "new", "balance": 1}),
		"Read":   direct("Account", "Read", map[string]any{"id": 1}),
		"Update": direct("Account", "Update", map[string]any{"filter": map[string]any{"owner": "ada"}, "fields": map[string]any{"balance": 7}}),
		"Delete": direct("Posting", "Delete", map[string]any{"id": 1}),
		"List":   direct("Account", "List", map[string]any{"order_by": []string{"id"}, "limit": 2}),
		"Count":  direct("Account", "Count", nil),
		"Upsert, created": direct("Account", "Upsert", map[string]any{
			"where": map[string]any{"owner": "new"}, "create": map[string]any{"id": 10, "balance": 1}, "update": map[string]any{"balance": 2},
		}),
		"Upsert, updated": direct("Account", "Upsert", map[string]any{
			"where": map[string]any{"owner": "ada"}, "create": map[string]any{"id": 10, "balance": 1}, "update": map[string]any{"balance": 2},
		}),
		"BulkCreate":            direct("Account", "BulkCreate", map[string]any{"data": accounts(10, 200, 1)}),
		"BulkUpdate":            direct("Account", "BulkUpdate", map[string]any{"filter": map[string]any{"balance": map[string]any{"$gte": 0}}, "fields": map[string]any{"balance": 9}}),
		"BulkUpdate, by record": direct("Account", "BulkUpdate", map[string]any{"data": []map[string]any{{"id": 1, "balance": 5}, {"id": 2, "balance": 6}}}),
		"BulkDelete":            direct("Posting", "BulkDelete", map[string]any{"filter": map[string]any{"amount": map[string]any{"$gt": 0}}}),
		"BulkUpsert":            direct("Account", "BulkUpsert", map[string]any{"data": accounts(2, 200, 4), "conflict_on": []string{"id"}}),

		"Create, of a table not looked at": func(ctx context.Context, e *Engine) error {
			e.cache.Clear()
			return scenes["Create"](ctx, e)
		},
		"transaction": workflow(func(wf *dataflow.Workflow) {
			wf.AddTransaction("move", fiveNodes)
		}),
		"whole run": workflow(fiveNodes, WithTransaction()),
		"dry run":   workflow(fiveNodes, WithDryRun()),
		"nested transactions": workflow(func(wf *dataflow.Workflow) {
			wf.AddTransaction("outer", func(wf *dataflow.Workflow) {
				wf.AddNode("AccountCreateNode", "first", dataflow.Params{"id": 20, "owner": "outer", "balance": 0})
				wf.AddTransaction("inner", fiveNodes)
				wf.AddDependency("first", "open")
			})
		}),
	}
}

func fiveNodes(wf *dataflow.Workflow) {
	wf.AddNode("AccountCreateNode", "open", dataflow.Params{"id": 10, "owner": "new", "balance": 0})
	wf.AddNode("AccountUpdateNode", "take", dataflow.Params{"filter": dataflow.Params{"id": 1}, "fields": dataflow.Params{"balance": 50}})
	wf.AddNode("AccountUpsertNode", "give", dataflow.Params{
		"where": dataflow.Params{"owner": "ben"}, "create": dataflow.Params{"id": 11, "balance": 50}, "update": dataflow.Params{"balance": 250},
	})
	wf.AddNode("PostingBulkCreateNode", "note", dataflow.Params{"data": []dataflow.Params{
		{"id": 100, "account_id": 1, "amount": -50}, {"id": 101, "account_id": 10, "amount": 50},
	}})
	wf.AddNode("PostingDeleteNode", "strike", dataflow.Params{"id": 1})
	wf.AddDependency("open", "take")
	wf.AddDependency("take", "give")
	wf.AddDependency("give", "note")
	wf.AddDependency("note", "strike")
}

func accounts(from, n, balance int) []map[string]any {
	rows := make([]map[string]any, n)
	for i := range rows {
		rows[i] = map[string]any{"id": from + i, "owner": fmt.Sprint("owner ", from+i), "balance": balance}
	}
	return rows
}

func direct(model, op string, p map[string]any) func(context.Context, *Engine) error {
	return func(ctx context.Context, e *Engine) error {
		m := e.Model(model)
		_, err := map[string]func(context.Context, dataflow.Params) (dataflow.Params, error){
			"Create": m.Create, "Read": m.Read, "Update": m.Update, "Delete": m.Delete, "List": m.List, "Count": m.Count, "Upsert": m.Upsert,
			"BulkCreate": m.BulkCreate, "BulkUpdate": m.BulkUpdate, "BulkDelete": m.BulkDelete, "BulkUpsert": m.BulkUpsert,
		}[op](ctx, p)
		return err
	}
}

func workflow(build func(*dataflow.Workflow), opts ...RunOption) func(context.Context, *Engine) error {
	return func(ctx context.Context, e *Engine) error {
		wf := dataflow.NewWorkflow("faults")
		build(wf)
		_, err := e.Run(ctx, wf, opts...)
		return err
	}
}

// Whichever call of the driver goes wrong, in whichever way: what was asked is done
// wholly or not at all, the error has a code, and the engine goes on with every
// connection it had.
func TestFaultSweep(t *testing.T) {
	t.Parallel()
	for name, scene := range scenes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for database, dsn := range map[string]string{"sqlite": "sqlite:" + filepath.Join(t.TempDir(), "app.db"), "postgres": testdb.Postgres(t)} {
				t.Run(database, func(t *testing.T) {
					t.Parallel()
					sweep(t, dsn, scene)
				})
			}
		})
	}
}

func sweep(t *testing.T, dsn string, scene func(context.Context, *Engine) error) {
	f := &faults{}
	e := openFaulty(t, dsn, f)
	before := reset(t, e)
	f.arm("", 0, nil)
	if err := scene(t.Context(), e); err != nil {
		t.Fatalf("without a fault: %v", err)
	}
	calls := f.calls
	after := contents(t, e)
	t.Logf("%d calls of the driver", calls)
	for _, kind := range []fault{fails, losesAnswer, broken, cancelled, panics} {
		for n := 1; n <= calls; n++ {
			reset(t, e)
			ctx, cancel := context.WithCancel(t.Context())
			f.arm(kind, n, cancel)
			err := scene(ctx, e)
			made := f.calls
			f.arm("", 0, nil)
			cancel()
			at := fmt.Sprintf("%s at call %d of %d", kind, n, calls)
			coded := (*errcatalog.Error)(nil)
			if err != nil && !errors.As(err, &coded) {
				t.Errorf("%s: an error without a code: %v", at, err)
			}
			switch now := contents(t, e); {
			case now == after && err == nil, now == before && err != nil:
			case now == after && kind != fails: // the answer to the commit was lost
			case now == before && err == nil:
				t.Errorf("%s: no error, and nothing was done", at)
			default:
				t.Errorf("%s: half done (error: %v):\n%s\nbefore:\n%s\nafter:\n%s", at, err, now, before, after)
			}
			if made < n {
				t.Errorf("%s: was never made", at)
			}
			whole(t, e, at)
		}
	}
}

// Whichever call of a migration goes wrong, the tables are all there or none, and the
// next one makes them.
func TestFaultsWhileMigrating(t *testing.T) {
	t.Parallel()
	for database, dsn := range map[string]string{"sqlite": "sqlite:" + filepath.Join(t.TempDir(), "app.db"), "postgres": testdb.Postgres(t)} {
		t.Run(database, func(t *testing.T) {
			t.Parallel()
			f := &faults{}
			e := openFaulty(t, dsn, f)
			migrate := func(ctx context.Context) error { _, err := e.Migrate(ctx); return err }
			missing := func() int { // tables
				p, err := e.MigrationPlan(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				return strings.Count(strings.Join(p.Statements(), ";"), "CREATE TABLE")
			}
			drop(t, e)
			f.arm("", 0, nil)
			if err := migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			calls := f.calls
			for _, kind := range []fault{fails, losesAnswer, broken, cancelled, panics} {
				for n := 1; n <= calls; n++ {
					drop(t, e)
					ctx, cancel := context.WithCancel(t.Context())
					f.arm(kind, n, cancel)
					err := migrate(ctx)
					f.arm("", 0, nil)
					cancel()
					at := fmt.Sprintf("%s at call %d of %d", kind, n, calls)
					if coded := (*errcatalog.Error)(nil); err != nil && !errors.As(err, &coded) {
						t.Errorf("%s: an error without a code: %v", at, err)
					}
					if n := missing(); n == 1 || (n == 0) != (err == nil) && (n != 0 || kind == fails) {
						t.Errorf("%s: %d tables are missing (error: %v)", at, n, err)
					}
					whole(t, e, at)
					if err := migrate(t.Context()); err != nil || missing() != 0 {
						t.Errorf("%s: the next migration: %v", at, err)
					}
				}
			}
		})
	}
}

func drop(t *testing.T, e *Engine) {
	t.Helper()
	c, err := e.writers.get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer e.writers.put(c)
	for _, s := range []string{"DROP TABLE IF EXISTS postings", "DROP TABLE IF EXISTS accounts"} {
		if _, err := c.exec(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
}

// openFaulty opens an engine on which the faults lie in wait.
func openFaulty(t *testing.T, dsn string, f *faults) *Engine {
	t.Helper()
	e, err := Open(t.Context(), dsn, WithPoolSize(2), WithModels(Account{}, Posting{}), WithTracerProvider(panicker{}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := e.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	one := e.readers == e.writers
	e.readers = faultyPool{e.readers, f}
	if e.writers = (faultyPool{e.writers, f}); one {
		e.writers = e.readers
	}
	return e
}

// reset brings the tables to where every scene begins.
func reset(t *testing.T, e *Engine) string {
	t.Helper()
	c, err := e.writers.get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{
		"DELETE FROM postings", "DELETE FROM accounts",
		"INSERT INTO accounts (id, owner, balance) VALUES (1, 'ada', 100), (2, 'ben', 200)",
		"INSERT INTO postings (id, account_id, amount) VALUES (1, 1, 100), (2, 2, 200)",
	} {
		if _, err := c.exec(t.Context(), s); err != nil {
			t.Fatal(s, err)
		}
	}
	r := e.models.Load()
	for _, m := range r.list() { // the same calls each time
		if _, err := e.dialect.keysAbove(t.Context(), c, r.byName[m.Name]); err != nil {
			t.Fatal(err)
		}
	}
	e.writers.put(c)
	for _, m := range r.list() {
		if err := e.ensure(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	return contents(t, e)
}

// contents are all records, as text.
func contents(t *testing.T, e *Engine) string {
	t.Helper()
	c, err := e.readers.get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer e.readers.put(c)
	var b strings.Builder
	for _, text := range []string{"SELECT id, owner, balance FROM accounts ORDER BY id", "SELECT id, account_id, amount, deleted_at IS NULL FROM postings ORDER BY id"} {
		if err := c.query(t.Context(), text, nil, func(v []any) error { _, err := fmt.Fprintln(&b, v...); return err }); err != nil {
			t.Fatal(err)
		}
	}
	return b.String()
}

// whole takes every connection there is, to see that none is lost, spoiled, or in a
// transaction.
func whole(t *testing.T, e *Engine, at string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	pools := map[pool]int{e.readers: 2}
	if e.readers != e.writers {
		pools[e.writers] = 1
	}
	for p, size := range pools {
		var taken []conn
		for range size {
			c, err := p.get(ctx)
			if err != nil {
				t.Fatalf("%s: a connection is gone: %v", at, err)
			}
			if taken = append(taken, c); c.inTransaction() {
				t.Errorf("%s: a connection came back in a transaction", at)
			}
			if err := c.query(ctx, "SELECT 1", nil, func([]any) error { return nil }); err != nil {
				t.Errorf("%s: a connection came back spoiled: %v", at, err)
			}
		}
		for _, c := range taken {
			p.put(c)
		}
	}
}

// A disk that is full fails what does not fit, wholly; where there is space again
// the same engine goes on.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	e := openFaulty(t, "sqlite:"+filepath.Join(t.TempDir(), "app.db"), &faults{})
	before := reset(t, e)
	limit := func(pages int) {
		t.Helper()
		c, err := e.writers.get(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer e.writers.put(c)
		if err := c.query(t.Context(), fmt.Sprint("PRAGMA max_page_count = ", pages), nil, func([]any) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	many := direct("Account", "BulkCreate", map[string]any{"data": accounts(10, 20_000, 1)})
	inTransaction := workflow(func(wf *dataflow.Workflow) {
		wf.AddTransaction("tx", func(tx *dataflow.Workflow) {
			fiveNodes(tx)
			tx.AddNode("AccountBulkCreateNode", "many", dataflow.Params{"data": accounts(1000, 20_000, 1)})
			tx.AddDependency("strike", "many")
		})
	})
	for name, scene := range map[string]func(context.Context, *Engine) error{"operation": many, "transaction": inTransaction} {
		limit(20)
		if err := scene(t.Context(), e); !errors.Is(err, errcatalog.DF506) {
			t.Errorf("%s: %v, want DF-506", name, err)
		}
		if now := contents(t, e); now != before {
			t.Errorf("%s: half done:\n%s", name, now)
		}
		whole(t, e, name)
	}
	limit(1 << 30)
	if err := inTransaction(t.Context(), e); err != nil {
		t.Errorf("with space again: %v", err)
	}
}
