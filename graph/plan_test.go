package graph_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
)

func planned() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("signup")
	wf.AddNode("UserCreateNode", "create", dataflow.Params{
		"id": "u1", "email": dataflow.Input("email"), "age": 42, "big": uint64(math.MaxUint64), "score": 1.5, "live": true, "note": nil,
		"made": time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC), "ref": uuid.Max, "price": decimal.RequireFromString("9.90"),
		"data": []byte{0, 255}, "raw": json.RawMessage(`{"a":1}`), "tags": []string{"a", "b"}, "meta": map[string]any{"deep": []any{1, nil}},
		"bad": "\xff", "plan": dataflow.Input("plan").Default("free"), "addr": struct{ City string }{"Oslo"},
	})
	wf.AddTransaction("both", func(tx *dataflow.Workflow) {
		tx.AddNode("OrderCreateNode", "order", dataflow.Params{})
		tx.AddTransaction("inner", func(tx *dataflow.Workflow) { tx.AddNode("OrderListNode", "list", dataflow.Params{"limit": 3}) })
	})
	wf.AddConnection("create", "id", "order", "user_id").AddDependency("order", "list")
	return wf
}

func encoded(t testing.TB, wf *dataflow.Workflow) []byte {
	t.Helper()
	g, err := wf.Build()
	if err != nil {
		t.Fatal(err)
	}
	p, problems := graph.Compile(g)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	data, err := p.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// A plan that was written and read again writes the same, and has the same values.
func TestPlansRoundTrip(t *testing.T) {
	t.Parallel()
	data := encoded(t, planned())
	for range 5 { // maps have no order
		if again := encoded(t, planned()); !bytes.Equal(data, again) {
			t.Fatalf("two plans of one workflow:\n%s\n%s", data, again)
		}
	}
	p, err := graph.DecodePlan(data, nil)
	if err != nil {
		t.Fatal(err)
	}
	again, err := p.Encode()
	if err != nil || !bytes.Equal(data, again) {
		t.Errorf("read and written again:\n%s\n%s\n%v", data, again, err)
	}
	n := p.Graph().Node("create")
	got, missing := n.Params.Resolve(map[string]any{"email": "a@b.com"})
	if len(missing) > 0 {
		t.Errorf("inputs missing: %v", missing)
	}
	want := map[string]any{
		"id": "u1", "email": "a@b.com", "age": int64(42), "big": uint64(math.MaxUint64), "score": 1.5, "live": true, "note": nil,
		"made": time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC), "ref": uuid.Max, "price": decimal.RequireFromString("9.9"),
		"data": []byte{0, 255}, "raw": json.RawMessage(`{"a":1}`), "tags": []any{"a", "b"}, "meta": map[string]any{"deep": []any{int64(1), nil}},
		"bad": "\xff", "plan": "free", "addr": json.RawMessage(`{"City":"Oslo"}`),
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b decimal.Decimal) bool { return a.Equal(b) })); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
}

func TestPlansThatAreNotRead(t *testing.T) {
	t.Parallel()
	data := string(encoded(t, planned()))
	for name, text := range map[string]string{
		"empty": "", "no JSON": "{", "changed": strings.Replace(data, `"u1"`, `"u2"`, 1), "another version": strings.Replace(data, `"version":1`, `"version":2`, 1),
		"an unknown key": strings.Replace(data, `{"version"`, `{"more":1,"version"`, 1), "more after it": data + "{}", "null": "null",
	} {
		if _, err := graph.DecodePlan([]byte(text), nil); !errors.Is(err, errcatalog.DF802) {
			t.Errorf("%s: %v", name, err)
		}
	}
	wf := dataflow.NewWorkflow("w").AddNode("UserListNode", "list", dataflow.Params{"filter": dataflow.Params{"c": make(chan int)}})
	g := wf.Graph()
	p, _ := graph.Compile(g)
	if _, err := p.Encode(); !errors.Is(err, errcatalog.DF802) || !strings.Contains(err.Error(), "params.filter.c") {
		t.Errorf("a channel: %v", err)
	}
}

// Whatever the bytes, decoding them fails with a code, or yields a plan that
// writes what was read.
func FuzzDecodePlan(f *testing.F) {
	f.Add(encoded(f, planned()))
	f.Add(encoded(f, dataflow.NewWorkflow("w").AddNode("UserCountNode", "n", nil)))
	f.Add([]byte(`{"version":1,"workflow":"w","nodes":[{"id":"a","type":"UserReadNode","transaction":"x"}]}`))
	f.Add([]byte(`{"version":1,"hash":"","workflow":"","nodes":null}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		// What guards against accidents would guard the decoder from the fuzzer.
		var loose map[string]json.RawMessage
		if json.Unmarshal(data, &loose) == nil && loose != nil {
			loose["hash"], _ = json.Marshal(graph.HashOfPlan(data))
			if signed, err := json.Marshal(loose); err == nil {
				data = signed
			}
		}
		p, err := graph.DecodePlan(data, nil)
		if err != nil {
			var e *errcatalog.Error
			if !errors.As(err, &e) {
				t.Fatalf("an error without a code: %v", err)
			}
			return
		}
		first, err := p.Hash()
		if err != nil {
			t.Fatal(err)
		}
		out, err := p.Encode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := graph.DecodePlan(out, nil)
		if err != nil {
			t.Fatalf("its own text is not read: %v\n%s", err, out)
		}
		if second, err := again.Hash(); err != nil || first != second {
			t.Fatalf("the hash changed: %s %s %v", first, second, err)
		}
	})
}
