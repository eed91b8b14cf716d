package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/sdk/metric"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/internal/testdb"
)

// The password of the URL is in nothing that leaves the engine, whatever goes well or
// wrong; the values of records are in no log, span, metric or result.
func TestNothingTellsSecrets(t *testing.T) {
	t.Parallel()
	server := testdb.Secure(t, true)
	const value = "what-the-record-holds"
	var log, told bytes.Buffer
	spans, reader := &spanRecorder{}, metric.NewManualReader()
	db := open(t, server.DSN("localhost", url.Values{"sslmode": {"verify-full"}, "sslrootcert": {server.CA}}),
		engine.WithModels(Team{}, Player{}), engine.WithPoolSize(2), engine.WithRetries(1),
		engine.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))),
		engine.WithTracerProvider(spans), engine.WithMeterProvider(metric.NewMeterProvider(metric.WithReader(reader))))
	tell := func(what any, err error) error {
		for _, verb := range []string{"%v", "%+v", "%#v"} {
			fmt.Fprintf(&told, verb+"\n", what)
		}
		for e := err; e != nil; e = errors.Unwrap(e) {
			fmt.Fprintf(&told, "%v\n%+v\n%#v\n%q\n", e, e, e, e)
		}
		return err
	}
	work := func(ctx context.Context) (errs []error) {
		wf := dataflow.NewWorkflow("teams").AddTransaction("tx", func(tx *dataflow.Workflow) {
			tx.AddNode("TeamCreateNode", "team", P{"name": dataflow.Input("name")})
			tx.AddNode("PlayerCreateNode", "player", P{"number": 1, "name": value}).AddConnection("team", "id", "player", "team_id")
			tx.AddNode("TeamListNode", "list", P{"filter": P{"name": value}}).AddDependency("player", "list")
		})
		for _, opts := range [][]engine.RunOption{nil, nil, {engine.WithDryRun()}, {engine.WithTransaction()}} {
			res, err := db.Run(ctx, wf, append(opts, engine.WithInputs(P{"name": value}))...)
			for _, n := range res.Nodes { // what it yielded is the caller's own
				errs = append(errs, tell(n.Statements, n.Err))
			}
			errs = append(errs, tell(res.Warnings, err))
		}
		errs = append(errs, tell(nil, errOf(db.Model("Team").BulkUpsert(ctx, P{"data": []P{{"name": value}}, "conflict_on": []string{"name"}}))))
		plan, err := db.MigrationPlan(ctx)
		return append(errs, tell(plan, err))
	}
	codes := map[errcatalog.Code]bool{}
	note := func(errs []error) {
		for _, err := range errs {
			if e := (*errcatalog.Error)(nil); errors.As(err, &e) {
				codes[e.Code] = true
			}
		}
	}
	note(work(t.Context()))
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	note(work(ctx))
	cancel()
	note(work(ctx))
	_ = tell(db, nil)
	if !codes[errcatalog.DF310] || !codes[errcatalog.DF511] || !codes[errcatalog.DF509] {
		t.Errorf("not all went wrong that was to: %v", codes)
	}
	metrics := strings.Join(collect(t, reader), "\n")
	for where, text := range map[string]string{"errors and results": told.String(), "log": log.String(), "spans": spans.everything(), "metrics": metrics} {
		if len(text) < 100 {
			t.Errorf("there is nothing in the %s: %q", where, text)
		}
		if strings.Contains(text, server.Password) || strings.Contains(text, url.QueryEscape(server.Password)) || strings.Contains(text, url.UserPassword("owner", server.Password).String()) {
			t.Errorf("the password is in the %s", where)
		}
		if where != "errors and results" && strings.Contains(text, value) {
			t.Errorf("a value is in the %s:\n%s", where, text)
		}
	}
}
