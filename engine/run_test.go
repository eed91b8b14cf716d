package engine_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
)

// The models of the tests of runs: a small shop.
type (
	Customer struct {
		dataflow.Model
		ID       string
		Email    string `df:",unique" validate:"email"`
		Name     string `df:"full_name"`
		Nickname *string
		Joined   time.Time
	}
	Sale struct {
		dataflow.Model
		ID         int64
		CustomerID string
		Total      decimal.Decimal
		Units      int8
		Tags       []string
	}
	SaleItem struct {
		dataflow.Model
		ID     uuid.UUID
		SaleID int64
		SKU    string
	}
)

// shop opens an engine on a database file of the test's own.
func shop(t *testing.T, opts ...engine.Option) *engine.Engine {
	t.Helper()
	opts = append([]engine.Option{engine.WithModels(Customer{}, Sale{}, SaleItem{})}, opts...)
	db, err := engine.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "shop.db"), opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// shops calls f with a shop on each database that outlives an engine.
func shops(t *testing.T, f func(t *testing.T, db *engine.Engine), opts ...engine.Option) {
	t.Helper()
	eachDatabase(t, func(t *testing.T, dsn string) {
		f(t, open(t, dsn, append(opts[:len(opts):len(opts)], engine.WithModels(Customer{}, Sale{}, SaleItem{}))...))
	})
}

// customer is the parameters of a valid CustomerCreateNode.
func customer(id string) dataflow.Params {
	return dataflow.Params{"id": id, "email": id + "@example.com", "full_name": "Customer " + id, "joined": "2026-01-02T15:04:05Z"}
}

func mustRun(t *testing.T, db *engine.Engine, wf *dataflow.Workflow, opts ...engine.RunOption) *engine.Result {
	t.Helper()
	res, err := db.Run(t.Context(), wf, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return res
}

// countOf is how many rows a model has.
func countOf(t *testing.T, db *engine.Engine, model string) int64 {
	t.Helper()
	res := mustRun(t, db, dataflow.NewWorkflow("count").AddNode(model+"CountNode", "n", nil))
	return res.Outputs["n"]["count"].(int64)
}

// statuses are the nodes' statuses by id.
func statuses(res *engine.Result) map[string]engine.Status {
	m := map[string]engine.Status{}
	for _, n := range res.Nodes {
		m[n.ID] = n.Status
	}
	return m
}

// wantCodes fails unless err reaches each of the codes.
func wantCodes(t *testing.T, err error, codes ...errcatalog.Code) {
	t.Helper()
	for _, code := range codes {
		if !errors.Is(err, code) {
			t.Errorf("the error does not reach %s:\n%v", code, err)
		}
	}
}

func TestOrderWorkflow(t *testing.T) {
	t.Parallel()
	db := shop(t)
	wf := dataflow.NewWorkflow("order")
	c := customer("ann")
	c["email"] = dataflow.Input("email")
	wf.AddNode("CustomerCreateNode", "create", c)
	wf.AddNode("SaleCreateNode", "sale", dataflow.Params{"total": "19.90", "units": dataflow.Input("units").Default(3), "tags": []string{"new"}})
	wf.AddNode("SaleItemBulkCreateNode", "items", dataflow.Params{"data": []dataflow.Params{{"sku": "a"}, {"sku": "b"}}})
	wf.AddNode("SaleListNode", "sales", dataflow.Params{"filter": dataflow.Params{"units": dataflow.Params{"$gte": 1}}})
	wf.AddConnection("create", "id", "sale", "customer_id")
	wf.AddConnection("sale", "id", "items", "data.0.sale_id")
	wf.AddConnection("sale", "id", "items", "data.1.sale_id")
	wf.AddConnection("create", "id", "sales", "filter.customer_id")
	wf.AddDependency("sale", "sales")

	res := mustRun(t, db, wf, engine.WithInputs(dataflow.Params{"email": "ann@example.org"}))
	if res.Outputs["create"]["email"] != "ann@example.org" || res.Outputs["sale"]["units"] != int64(3) {
		t.Errorf("outputs: %v", res.Outputs)
	}
	if n := len(res.Outputs["sales"]["records"].([]map[string]any)); n != 1 {
		t.Errorf("%d sales", n)
	}
	if _, err := uuid.Parse(res.ID); err != nil || res.Workflow != "order" || res.Ended.Before(res.Started) {
		t.Errorf("the result is %+v", res)
	}
	if countOf(t, db, "SaleItem") != 2 {
		t.Error("the items are not there")
	}
	ended := map[string]int{}
	for i, n := range res.Nodes {
		if n.Status != engine.Succeeded || n.Started.IsZero() || n.Ended.Before(n.Started) || n.Err != nil {
			t.Errorf("node %+v", n)
		}
		ended[n.ID] = i
	}
	if ended["create"] > ended["sale"] || ended["sale"] > ended["sales"] || ended["sale"] > ended["items"] {
		t.Errorf("nodes ended in the order %v", ended)
	}
	if rows := res.Nodes[ended["items"]].Rows; rows != 2 {
		t.Errorf("%d rows", rows)
	}

	sale, err := engine.As[Sale](res, "sale")
	if err != nil || !sale.Total.Equal(decimal.RequireFromString("19.90")) || sale.CustomerID != "ann" || !slices.Equal(sale.Tags, []string{"new"}) {
		t.Errorf("As: %+v, %v", sale, err)
	}
}

// Two functions that each wait for the other can only end when both run at once.
func TestIndependentNodesRunSideBySide(t *testing.T) {
	t.Parallel()
	db := shop(t)
	a, b := make(chan struct{}), make(chan struct{})
	meet := func(mine, other chan struct{}) func(context.Context, dataflow.Params) (dataflow.Params, error) {
		return func(ctx context.Context, _ dataflow.Params) (dataflow.Params, error) {
			close(mine)
			select {
			case <-other:
				return dataflow.Params{"met": true}, nil
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
	}
	wf := dataflow.NewWorkflow("meet").AddFunc("a", meet(a, b)).AddFunc("b", meet(b, a)).
		AddFunc("after", func(_ context.Context, in dataflow.Params) (dataflow.Params, error) { return in, nil }).
		AddConnection("a", "met", "after", "a").AddConnection("b", "met", "after", "b")
	res := mustRun(t, db, wf)
	if d := cmp.Diff(dataflow.Params{"a": true, "b": true}, res.Outputs["after"]); d != "" {
		t.Error(d)
	}
}

func TestConcurrencyIsBounded(t *testing.T) {
	t.Parallel()
	db := shop(t)
	watch := &recorder{}
	wf := dataflow.NewWorkflow("bounded")
	for i := range 12 {
		wf.AddFunc(fmt.Sprint("n", i), func(context.Context, dataflow.Params) (dataflow.Params, error) { return nil, nil })
	}
	mustRun(t, db, wf, engine.WithConcurrency(2), engine.WithObserver(watch))
	if watch.most > 2 || watch.ended != 12 {
		t.Errorf("%d at once, %d ended", watch.most, watch.ended)
	}
}

// A recorder counts the nodes at work. The engine calls it one call at a time.
type recorder struct {
	running, most, ended int
	events               []string
}

func (r *recorder) NodeStarted(e engine.NodeEvent) {
	r.running++
	r.most = max(r.most, r.running)
	r.events = append(r.events, "start "+e.Node)
}

func (r *recorder) NodeEnded(e engine.NodeEvent) {
	r.running--
	r.ended++
	r.events = append(r.events, fmt.Sprintf("%s %s", e.Status, e.Node))
}

func TestObserver(t *testing.T) {
	t.Parallel()
	db := shop(t)
	watch := &recorder{}
	wf := dataflow.NewWorkflow("watched").AddNode("CustomerCreateNode", "create", customer("ann")).
		AddNode("CustomerReadNode", "read", dataflow.Params{"id": "nobody"}).AddDependency("create", "read")
	res, err := db.Run(t.Context(), wf, engine.WithObserver(watch))
	wantCodes(t, err, errcatalog.DF703)
	if d := cmp.Diff([]string{"start create", "succeeded create", "start read", "failed read"}, watch.events); d != "" {
		t.Error(d)
	}
	if res.Outputs["create"]["id"] != "ann" {
		t.Error("a failed run lost its outputs")
	}
}

func TestObserverPanicReachesTheCaller(t *testing.T) {
	t.Parallel()
	db := shop(t)
	defer func() {
		if v := recover(); v != "observer" {
			t.Errorf("recovered %v", v)
		}
	}()
	wf := dataflow.NewWorkflow("watched").AddNode("CustomerCountNode", "n", nil)
	_, err := db.Run(t.Context(), wf, engine.WithObserver(panicking{}))
	t.Errorf("Run returned %v", err)
}

type panicking struct{}

func (panicking) NodeStarted(engine.NodeEvent) {}
func (panicking) NodeEnded(engine.NodeEvent)   { panic("observer") }

func TestAllMistakesAtOnce(t *testing.T) {
	t.Parallel()
	db := shop(t)
	wf := dataflow.NewWorkflow("wrong")
	wf.AddNode("CustomerCreateNode", "create", dataflow.Params{"id": "a", "emial": "a@example.com", "full_name": "A", "joined": "2026-01-02T15:04:05Z"})
	wf.AddNode("CustomerListNode", "list", dataflow.Params{"limit": dataflow.Input("limit"), "filter": dataflow.Params{"full_name": dataflow.Params{"$lik": "a"}}})
	wf.AddNode("SaleReadNode", "sale", dataflow.Params{"id": dataflow.Input("sale")})
	wf.AddConnection("craete", "id", "sale", "id")
	res, err := db.Run(t.Context(), wf, engine.WithInputs(dataflow.Params{"limit": -1, "slae": 1}))
	wantCodes(t, err, errcatalog.DF111, errcatalog.DF113, errcatalog.DF103, errcatalog.DF201, errcatalog.DF808)
	if len(res.Outputs) != 0 || len(res.Nodes) != 0 {
		t.Errorf("something ran: %+v", res)
	}
	if len(res.Warnings) != 1 || !errors.Is(res.Warnings[0], errcatalog.DF810) || !strings.Contains(res.Warnings[0].Message, `"sale"`) {
		t.Errorf("warnings: %v", res.Warnings)
	}
	if !strings.Contains(err.Error(), "run_test.go:") {
		t.Errorf("no place in\n%v", err)
	}
	var e *errcatalog.Error
	if !errors.As(err, &e) || !e.Position.IsValid() {
		t.Errorf("no position in %v", e)
	}
}

func TestRunOptionsAreChecked(t *testing.T) {
	t.Parallel()
	db := shop(t)
	_, err := db.Run(t.Context(), dataflow.NewWorkflow("w").AddNode("SaleCountNode", "n", nil), engine.WithConcurrency(0), engine.WithTimeout(-time.Second), nil)
	wantCodes(t, err, errcatalog.DF401, errcatalog.DF407)
}

func TestNilWorkflow(t *testing.T) {
	t.Parallel()
	db := shop(t)
	for _, run := range []func() (*engine.Result, error){
		func() (*engine.Result, error) { return db.Run(t.Context(), nil) },
		func() (*engine.Result, error) { return db.RunGraph(t.Context(), nil) },
	} {
		res, err := run()
		wantCodes(t, err, errcatalog.DF801)
		if res == nil {
			t.Error("no result")
		}
	}
}

func TestFailureNamesTheNode(t *testing.T) {
	t.Parallel()
	db := shop(t)
	mustRun(t, db, dataflow.NewWorkflow("first").AddNode("CustomerCreateNode", "create", customer("ann")))
	wf := dataflow.NewWorkflow("again").AddNode("CustomerCreateNode", "again", customer("ann")).
		AddNode("SaleListNode", "sales", nil).AddConnection("again", "id", "sales", "filter.customer_id")
	res, err := db.Run(t.Context(), wf)
	wantCodes(t, err, errcatalog.DF310)
	if text := err.Error(); !strings.Contains(text, "Node: again (CustomerCreateNode)") || !strings.Contains(text, "Workflow: again") || strings.Count(text, "Node: ") != 1 {
		t.Errorf("the page is\n%s", text)
	}
	if d := cmp.Diff(map[string]engine.Status{"again": engine.Failed, "sales": engine.Cancelled}, statuses(res)); d != "" {
		t.Error(d)
	}
	if !errors.Is(res.Nodes[0].Err, errcatalog.DF310) {
		t.Errorf("the node's error is %v", res.Nodes[0].Err)
	}
}

func TestFunctionErrors(t *testing.T) {
	t.Parallel()
	db := shop(t)
	mine := errors.New("the service is down")
	for name, c := range map[string]struct {
		f    func(context.Context, dataflow.Params) (dataflow.Params, error)
		code errcatalog.Code
		is   error
		text string
	}{
		"error":  {func(context.Context, dataflow.Params) (dataflow.Params, error) { return nil, mine }, errcatalog.DF501, mine, "the service is down"},
		"panic":  {func(_ context.Context, in dataflow.Params) (dataflow.Params, error) { return nil, in["x"].(error) }, errcatalog.DF512, nil, "run_test.go"},
		"thrown": {func(context.Context, dataflow.Params) (dataflow.Params, error) { panic(mine) }, errcatalog.DF512, mine, "the service is down"},
		"db": {func(ctx context.Context, _ dataflow.Params) (dataflow.Params, error) {
			_, err := db.Run(ctx, dataflow.NewWorkflow("inner").AddNode("SaleReadNode", "r", dataflow.Params{"id": 5}))
			return nil, err
		}, errcatalog.DF501, errcatalog.DF703, "inner"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := db.Run(t.Context(), dataflow.NewWorkflow("w").AddFunc("f", c.f))
			wantCodes(t, err, c.code)
			if c.is != nil && !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.text) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestFailuresOfSeveralNodesAreJoined(t *testing.T) {
	t.Parallel()
	db := shop(t)
	var both sync.WaitGroup
	both.Add(2)
	fail := func(text string) func(context.Context, dataflow.Params) (dataflow.Params, error) {
		return func(context.Context, dataflow.Params) (dataflow.Params, error) {
			both.Done()
			both.Wait()
			return nil, errors.New(text)
		}
	}
	_, err := db.Run(t.Context(), dataflow.NewWorkflow("w").AddFunc("a", fail("first")).AddFunc("b", fail("second")))
	if err == nil || !strings.Contains(err.Error(), "first") || !strings.Contains(err.Error(), "second") {
		t.Errorf("got %v", err)
	}
}

func TestCancellation(t *testing.T) {
	t.Parallel()
	db := shop(t)
	for name, opts := range map[string][]engine.RunOption{"plain": nil, "transaction": {engine.WithTransaction()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			wf := dataflow.NewWorkflow("long").
				AddFunc("wait", func(ctx context.Context, _ dataflow.Params) (dataflow.Params, error) {
					cancel()
					<-ctx.Done()
					return nil, ctx.Err()
				}).
				AddNode("CustomerCreateNode", "after", customer(name)).AddDependency("wait", "after")
			res, err := db.Run(ctx, wf, opts...)
			wantCodes(t, err, errcatalog.DF509)
			if !errors.Is(err, context.Canceled) || strings.Contains(err.Error(), "DF-501") {
				t.Errorf("got %v", err)
			}
			if d := cmp.Diff(map[string]engine.Status{"wait": engine.Cancelled, "after": engine.Cancelled}, statuses(res)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestCancelledBeforeTheStart(t *testing.T) {
	t.Parallel()
	db := shop(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	res, err := db.Run(ctx, dataflow.NewWorkflow("w").AddNode("CustomerCreateNode", "create", customer("ann")))
	wantCodes(t, err, errcatalog.DF509)
	if s := statuses(res); len(res.Outputs) != 0 || s["create"] != engine.Cancelled {
		t.Errorf("outputs %v, nodes %v", res.Outputs, s)
	}
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	db := shop(t)
	wf := dataflow.NewWorkflow("slow").AddFunc("wait", func(ctx context.Context, _ dataflow.Params) (dataflow.Params, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	})
	_, err := db.Run(t.Context(), wf, engine.WithTimeout(time.Millisecond))
	wantCodes(t, err, errcatalog.DF505)
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "wait") {
		t.Errorf("got %v", err)
	}
}

func TestCloseWaitsForRuns(t *testing.T) {
	t.Parallel()
	db, err := engine.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "shop.db"), engine.WithModels(Customer{}))
	if err != nil {
		t.Fatal(err)
	}
	started, finish, done := make(chan struct{}), make(chan struct{}), make(chan error)
	wf := dataflow.NewWorkflow("long").
		AddFunc("wait", func(context.Context, dataflow.Params) (dataflow.Params, error) {
			close(started)
			<-finish
			return nil, nil
		}).
		AddNode("CustomerCreateNode", "create", customer("ann")).AddDependency("wait", "create")
	go func() {
		_, err := db.Run(t.Context(), wf)
		done <- err
	}()
	<-started
	closed := make(chan error)
	go func() { closed <- db.Close() }()
	// Close refuses new runs from its start on.
	for {
		if _, err := db.Run(t.Context(), dataflow.NewWorkflow("w").AddNode("CustomerCountNode", "n", nil)); errors.Is(err, errcatalog.DF513) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	select {
	case err := <-closed:
		t.Fatalf("Close returned %v while a run was at work", err)
	default:
	}
	close(finish)
	if err := <-done; err != nil {
		t.Errorf("the run that Close waits for failed: %v", err)
	}
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

func TestManyRunsAtOnce(t *testing.T) {
	t.Parallel()
	db := shop(t)
	wf := dataflow.NewWorkflow("signup")
	wf.AddNode("CustomerCreateNode", "create", dataflow.Params{"id": dataflow.Input("id"), "email": dataflow.Input("email"), "full_name": "X", "joined": time.Unix(0, 0)})
	wf.AddTransaction("order", func(tx *dataflow.Workflow) {
		tx.AddNode("SaleCreateNode", "sale", dataflow.Params{"total": 5, "units": 1})
		tx.AddNode("SaleItemCreateNode", "item", dataflow.Params{"sku": "s"})
		tx.AddConnection("sale", "id", "item", "sale_id")
	})
	wf.AddConnection("create", "id", "sale", "customer_id")
	wf.AddNode("SaleListNode", "list", nil).AddConnection("create", "id", "list", "filter.customer_id").AddDependency("item", "list")
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			id := fmt.Sprint("c", i)
			res, err := db.Run(t.Context(), wf, engine.WithInputs(dataflow.Params{"id": id, "email": id + "@example.com"}))
			if err != nil {
				t.Error(err)
				return
			}
			if sales, err := engine.AsList[Sale](res, "list"); err != nil || len(sales) != 1 || sales[0].CustomerID != id {
				t.Errorf("%v, %v", sales, err)
			}
		})
	}
	wg.Wait()
	if n := countOf(t, db, "SaleItem"); n != 64 {
		t.Errorf("%d items", n)
	}
}

// Note belongs to a tenant.
type Note struct {
	dataflow.Model `df:"tenant"`
	ID             string
	Text           string
}

func TestTenantsSeeOnlyTheirOwn(t *testing.T) {
	t.Parallel()
	db := shop(t, engine.WithModels(Note{}))
	wf := dataflow.NewWorkflow("w").AddNode("NoteCreateNode", "create", dataflow.Params{"id": dataflow.Input("id"), "text": "x"}).
		AddNode("NoteListNode", "list", nil).AddDependency("create", "list")
	_, err := db.Run(t.Context(), wf, engine.WithInputs(dataflow.Params{"id": "n"}))
	wantCodes(t, err, errcatalog.DF515)
	for _, tenant := range []string{"a", "b"} {
		for _, opts := range [][]engine.RunOption{nil, {engine.WithDryRun()}} {
			opts = append(opts, engine.WithTenant(tenant), engine.WithInputs(dataflow.Params{"id": fmt.Sprint(tenant, len(opts))}))
			res := mustRun(t, db, wf, opts...)
			notes, err := engine.AsList[Note](res, "list")
			if err != nil || slices.ContainsFunc(notes, func(n Note) bool { return !strings.HasPrefix(n.ID, tenant) }) {
				t.Errorf("tenant %s saw %v, %v", tenant, notes, err)
			}
		}
	}
}

func TestErrorModes(t *testing.T) {
	t.Parallel()
	for _, mode := range []errcatalog.Mode{errcatalog.Minimal, errcatalog.Disabled} {
		db := shop(t, engine.WithErrorMode(mode))
		_, err := db.Run(t.Context(), dataflow.NewWorkflow("w").AddNode("SaleReadNode", "read", dataflow.Params{"id": 1}).
			AddFunc("f", func(context.Context, dataflow.Params) (dataflow.Params, error) { panic("no") }), engine.WithConcurrency(1))
		wantCodes(t, err, errcatalog.DF703)
		if strings.Contains(err.Error(), "\n") {
			t.Errorf("%v: more than a line: %v", mode, err)
		}
	}
}

// A plan runs as the workflow that it was made of does, in whatever process.
func TestPlansRun(t *testing.T) {
	t.Parallel()
	wf := dataflow.NewWorkflow("signup").
		AddNode("CustomerCreateNode", "create", customer("c1")).
		AddNode("CustomerReadNode", "read", dataflow.Params{}).
		AddFunc("greet", func(context.Context, dataflow.Params) (dataflow.Params, error) {
			return nil, errors.New("the body of another process")
		}).
		AddConnection("create", "id", "read", "id").AddConnection("read", "id", "greet", "who")
	p, problems := graph.Compile(wf.Graph())
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	data, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := graph.DecodePlan(data, nil); !errors.Is(err, errcatalog.DF802) {
		t.Errorf("without the function: %v", err)
	}
	again, err := graph.DecodePlan(data, map[string]graph.Func{
		"greet": func(_ context.Context, in map[string]any) (map[string]any, error) {
			return map[string]any{"text": in["who"]}, nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	res, err := shop(t).RunPlan(t.Context(), again)
	if err != nil || res.Outputs["greet"]["text"] != "c1" {
		t.Errorf("outputs %v, %v", res.Outputs, err)
	}
}
