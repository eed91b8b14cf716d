package engine_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
)

type (
	Address struct {
		City string
		Zip  string `df:"postcode"`
	}
	Level  string
	Person struct {
		dataflow.Model
		ID uuid.UUID
		Address
		Level    Level
		Age      uint8
		Score    float32
		Balance  *decimal.Decimal
		Nick     *string
		Seen     *time.Time
		Born     time.Time
		Tags     []Level
		Bytes    []byte
		Raw      json.RawMessage
		Settings map[string]any
		Home     struct{ Rooms int }
	}
)

func TestAsKeepsEveryKindOfField(t *testing.T) {
	t.Parallel()
	db := shop(t, engine.WithModels(Person{}))
	id, born := uuid.New(), time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC)
	wf := dataflow.NewWorkflow("w").AddNode("PersonUpsertNode", "save", dataflow.Params{
		"where": dataflow.Params{"id": id},
		"create": dataflow.Params{
			"city": "Oslo", "postcode": "0150", "level": "gold", "age": 44, "score": 1.5, "balance": "9.90", "born": born,
			"tags": []string{"a", "b"}, "bytes": []byte{0, 1}, "raw": json.RawMessage(`[1]`), "settings": dataflow.Params{"theme": "dark"},
			"home": dataflow.Params{"Rooms": 3},
		},
	}).AddNode("PersonListNode", "list", dataflow.Params{"fields": []string{"id", "city"}}).AddDependency("save", "list")
	res := mustRun(t, db, wf)
	p, err := engine.As[Person](res, "save")
	if err != nil {
		t.Fatal(err)
	}
	if p.ID != id || p.City != "Oslo" || p.Zip != "0150" || p.Level != "gold" || p.Age != 44 || p.Score != 1.5 || p.Balance.String() != "9.9" ||
		p.Nick != nil || p.Seen != nil || !p.Born.Equal(born) || len(p.Tags) != 2 || p.Tags[1] != "b" || len(p.Bytes) != 2 ||
		string(p.Raw) != "[1]" || p.Settings["theme"] != "dark" || p.Home.Rooms != 3 {
		t.Errorf("decoded %+v", p)
	}
	// A projection leaves the rest zero; pointers to structs and plain maps do too.
	list, err := engine.AsList[*Person](res, "list")
	if err != nil || len(list) != 1 || list[0].City != "Oslo" || list[0].Age != 0 {
		t.Errorf("%v, %v", list, err)
	}
	maps, err := engine.AsList[map[string]any](res, "list")
	if err != nil || len(maps) != 1 || len(maps[0]) != 2 {
		t.Errorf("%v, %v", maps, err)
	}
	// Any struct named by the same rules will do.
	type summary struct {
		Town string `df:"city"`
		ID   string
	}
	s, err := engine.As[summary](res, "save")
	if err != nil || s.Town != "Oslo" || s.ID != id.String() {
		t.Errorf("%v, %v", s, err)
	}
}

func TestAsMisfits(t *testing.T) {
	t.Parallel()
	db := shop(t)
	wf := dataflow.NewWorkflow("w").AddNode("CustomerCreateNode", "create", customer("ann")).
		AddNode("CustomerReadNode", "none", dataflow.Params{"id": "nobody", "raise_on_not_found": false}).
		AddNode("CustomerListNode", "list", nil).
		AddNode("SwitchNode", "never", dataflow.Params{"condition": "n > 1", "n": dataflow.Input("n")}).
		AddNode("CustomerCountNode", "skipped", nil).AddConnection("never", "true_output", "skipped", "trigger")
	res := mustRun(t, db, wf, engine.WithInputs(dataflow.Params{"n": 0}))
	type wrong struct {
		Email int
	}
	type misspelt struct {
		FullNme string
	}
	type notNull struct {
		Nickname string
	}
	for name, c := range map[string]struct {
		err  error
		code errcatalog.Code
		text string
	}{
		"type":       {second(engine.As[wrong](res, "create")), errcatalog.DF102, `column "email"`},
		"null":       {second(engine.As[notNull](res, "create")), errcatalog.DF102, "*string"},
		"column":     {second(engine.As[misspelt](res, "create")), errcatalog.DF112, "full_name"},
		"no struct":  {second(engine.As[int](res, "create")), errcatalog.DF102, "struct"},
		"node":       {second(engine.As[Customer](res, "craete")), errcatalog.DF201, `did you mean "create"?`},
		"skipped":    {second(engine.As[Customer](res, "skipped")), errcatalog.DF202, "was skipped"},
		"not found":  {second(engine.As[Customer](res, "none")), errcatalog.DF703, "none"},
		"a list":     {second(engine.As[Customer](res, "list")), errcatalog.DF108, "AsList"},
		"no list":    {second(engine.AsList[Customer](res, "create")), errcatalog.DF108, "As"},
		"no result":  {second(engine.As[Customer](nil, "create")), errcatalog.DF201, "no result"},
		"other maps": {second(engine.As[map[string]string](res, "create")), errcatalog.DF102, "map[string]any"},
	} {
		wantCodes(t, c.err, c.code)
		if c.err == nil || !strings.Contains(c.err.Error(), c.text) {
			t.Errorf("%s: want %q in %v", name, c.text, c.err)
		}
	}
}

// What function and control nodes yield decodes like records do.
func TestAsOfOtherNodes(t *testing.T) {
	t.Parallel()
	db := shop(t)
	type place struct {
		*Address
		Rooms []int8
		Since *time.Time
	}
	one := dataflow.Params{"city": "Oslo", "postcode": "0150", "rooms": []int{1, 2}, "since": "2026-01-02T15:04:05Z"}
	wf := dataflow.NewWorkflow("w").
		AddFunc("f", yield(dataflow.Params{"city": "Oslo", "postcode": "0150", "rooms": []int{1, 2}, "since": "2026-01-02T15:04:05Z", "list": []dataflow.Params{one, one}})).
		AddNode("TransformNode", "all", dataflow.Params{"expression": "filter(f.list, .city != nil)"}).AddConnection("f", "list", "all", "list").
		AddNode("TransformNode", "first", dataflow.Params{"expression": "list[0]"}).AddConnection("f", "list", "first", "list").
		AddNode("MergeNode", "merged", nil).AddConnection("first", "result", "merged", "a").
		AddNode("MergeNode", "mergedlist", nil).AddConnection("all", "result", "mergedlist", "a").
		AddNode("TransformNode", "number", dataflow.Params{"expression": "len(list)"}).AddConnection("f", "list", "number", "list")
	res := mustRun(t, db, wf)
	for _, node := range []string{"f", "first", "merged"} {
		p, err := engine.As[place](res, node)
		if err != nil || p.City != "Oslo" || p.Zip != "0150" || len(p.Rooms) != 2 || p.Rooms[1] != 2 || p.Since.Year() != 2026 {
			t.Errorf("%s: %+v, %v", node, p, err)
		}
	}
	for _, node := range []string{"all", "mergedlist"} {
		list, err := engine.AsList[place](res, node)
		if err != nil || len(list) != 2 || list[1].City != "Oslo" {
			t.Errorf("%s: %+v, %v", node, list, err)
		}
	}
	wantCodes(t, second(engine.As[place](res, "number")), errcatalog.DF102)
	wantCodes(t, second(engine.AsList[place](res, "number")), errcatalog.DF108)
	type hidden struct{ *address }
	wantCodes(t, second(engine.As[hidden](res, "f")), errcatalog.DF102)
	type narrow struct{ Rooms []string }
	wantCodes(t, second(engine.As[narrow](res, "f")), errcatalog.DF102)
	type odd struct{ City chan int }
	wantCodes(t, second(engine.As[odd](res, "f")), errcatalog.DF102)
}

type address struct{ City string }

func second[T any](_ T, err error) error { return err }
