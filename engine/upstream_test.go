package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
)

type (
	Reader struct {
		dataflow.Model `df:"table=library_readers"`
		ID             string
		Email          string `df:",unique"`
		Name           string `df:",default=nobody,index"`
		Age            *int
		Active         bool `df:",default=true"`
		Tags           []string
		Meta           map[string]any
		Home           Place
		Born           *time.Time
		CreatedAt      time.Time
		UpdatedAt      time.Time
	}
	// Loan is named and columned with words that SQL and workflows use themselves.
	Loan struct {
		dataflow.Model `df:"table=Order"`
		Number         int64  `df:"select,pk"`
		Reader         string `df:"from,ref=Reader.id,ondelete=cascade"`
		Name           int    `df:"group,unique=MixedCase"`
		Type           string `df:"MixedCase,unique=MixedCase,default=type"`
		Description    string `df:",default=''"`
		Version        int    `df:",default=0"`
		Author         string `df:",default=''"`
		Metadata       string `df:",default=''"`
		Query          string `df:",default=''"`
		Workflow       string `df:",default=''"`
	}
	Lender struct {
		dataflow.Model
		ID   int64
		Name string
	}
)

// A lab is an engine with the models above, empty.
type lab struct {
	*testing.T
	db                     *engine.Engine
	readers, loans, lender *engine.ModelHandle
}

func (l lab) reader(id string, more ...P) P {
	p := P{"id": id, "email": id + "@x.com"}
	for _, m := range more {
		for k, v := range m {
			p[k] = v
		}
	}
	return p
}

func (l lab) ids(filter P) string {
	l.Helper()
	var ids []string
	for _, r := range must(l.T)(l.readers.List(l.Context(), P{"filter": filter}))["records"].([]map[string]any) {
		ids = append(ids, r["id"].(string))
	}
	return strings.Join(ids, " ")
}

// These are the things that users of such frameworks stumble over: each row says
// what happens here instead.
func TestWhatUsersExpect(t *testing.T) {
	t.Parallel()
	databases(t, []any{Reader{}, Loan{}, Lender{}}, func(t *testing.T, db *engine.Engine) {
		for _, row := range slices.Concat(writing, reading, bulk, running) {
			t.Run(row.name, func(t *testing.T) {
				l := lab{t, db, db.Model("Reader"), db.Model("Loan"), db.Model("Lender")}
				for _, m := range []*engine.ModelHandle{l.loans, l.readers, l.lender} {
					must(t)(m.BulkDelete(t.Context(), P{"confirm": true}))
				}
				row.test(l)
			})
		}
	})
}

type expectation struct {
	name string
	test func(l lab)
}

var writing = []expectation{
	{"kept columns are refused on every write path", func(l lab) {
		must(l.T)(l.readers.Create(l.Context(), l.reader("a")))
		for _, column := range []string{"created_at", "updated_at"} {
			bad := P{column: time.Now()}
			for name, err := range map[string]error{
				"create":           errOf(l.readers.Create(l.Context(), l.reader("b", bad))),
				"update":           errOf(l.readers.Update(l.Context(), P{"filter": P{"id": "a"}, "fields": bad})),
				"upsert's create":  errOf(l.readers.Upsert(l.Context(), P{"where": P{"id": "b"}, "create": l.reader("b", bad)})),
				"upsert's update":  errOf(l.readers.Upsert(l.Context(), P{"where": P{"id": "a"}, "create": l.reader("a"), "update": bad})),
				"bulk create":      errOf(l.readers.BulkCreate(l.Context(), P{"data": []P{l.reader("b", bad)}})),
				"bulk update":      errOf(l.readers.BulkUpdate(l.Context(), P{"filter": P{"id": "a"}, "fields": bad})),
				"bulk update rows": errOf(l.readers.BulkUpdate(l.Context(), P{"data": []P{{"id": "a", column: time.Now()}}})),
				"bulk upsert":      errOf(l.readers.BulkUpsert(l.Context(), P{"data": []P{l.reader("b", bad)}})),
			} {
				if !errors.Is(err, errcatalog.DF104) {
					l.Errorf("%s with %s: %v, want DF-104", name, column, err)
				}
			}
		}
		if got := l.ids(nil); got != "a" {
			l.Errorf("records: %s", got)
		}
	}},
	{"an update with flat columns is told apart", func(l lab) {
		want(l.T, errOf(l.readers.Update(l.Context(), P{"id": "a", "name": "x"})), errcatalog.DF107)
	}},
	{"a create with a wrapper is refused", func(l lab) {
		want(l.T, errOf(l.readers.Create(l.Context(), P{"data": l.reader("a")})), errcatalog.DF111)
		want(l.T, errOf(l.readers.Create(l.Context(), P{"filter": P{"id": "a"}, "fields": P{"name": "x"}})), errcatalog.DF107)
	}},
	{"a primary key may have any name", func(l lab) {
		must(l.T)(l.readers.Create(l.Context(), l.reader("a")))
		r := must(l.T)(l.loans.Create(l.Context(), P{"select": 7, "from": "a", "group": 1}))
		if got := must(l.T)(l.loans.Read(l.Context(), P{"select": r["select"]})); got["from"] != "a" {
			l.Errorf("read %v", got)
		}
		want(l.T, errOf(l.loans.Read(l.Context(), P{"id": 7})), errcatalog.DF106)
	}},
	{"an integer key that is made comes back", func(l lab) {
		a, b := must(l.T)(l.lender.Create(l.Context(), P{"name": "a"})), must(l.T)(l.lender.Create(l.Context(), P{"name": "b"}))
		if one, ok := a["id"].(int64); !ok || b["id"] != one+1 {
			l.Errorf("made %v and %v", a["id"], b["id"])
		}
	}},
	{"a text key that is missing is an error", func(l lab) {
		want(l.T, errOf(l.readers.Create(l.Context(), P{"email": "a@x.com"})), errcatalog.DF101)
		if got := l.ids(nil); got != "" {
			l.Errorf("records: %q", got)
		}
	}},
	{"a text key stays the text that it is", func(l lab) {
		for _, id := range []string{"007", "7", "1e3", "true", "null", " 7"} {
			must(l.T)(l.readers.Create(l.Context(), P{"id": id, "email": id + "@x.com"}))
			if r := must(l.T)(l.readers.Read(l.Context(), P{"id": id})); r["id"] != id {
				l.Errorf("wrote %q, read %#v", id, r["id"])
			}
		}
		want(l.T, errOf(l.readers.Create(l.Context(), P{"id": 7, "email": "n@x.com"})), errcatalog.DF102)
		want(l.T, errOf(l.readers.Read(l.Context(), P{"id": 7})), errcatalog.DF102)
		want(l.T, errOf(l.lender.Read(l.Context(), P{"id": "7"})), errcatalog.DF102)
	}},
	{"an unknown column is refused and not echoed", func(l lab) {
		e := caught(l.T, errOf(l.readers.Create(l.Context(), l.reader("a", P{"nmae": "x"}))), errcatalog.DF111)
		if !strings.Contains(e.Message, `did you mean "name"?`) {
			l.Errorf("message: %s", e.Message)
		}
		if got := l.ids(nil); got != "" {
			l.Errorf("records: %q", got)
		}
	}},
	{"create, read, update and upsert yield the same whole record", func(l lab) {
		created := must(l.T)(l.readers.Create(l.Context(), l.reader("a", P{"age": 30, "tags": []string{"x"}, "meta": P{"k": 1}})))
		columns := []string{"id", "email", "name", "age", "active", "tags", "meta", "home", "born", "created_at", "updated_at"}
		if len(created) != len(columns) || created["active"] != true || created["name"] != "nobody" || created["age"] != int64(30) {
			l.Errorf("created %v", created)
		}
		read := must(l.T)(l.readers.Read(l.Context(), P{"id": "a"}))
		delete(read, "found")
		if diff := cmp.Diff(created, read); diff != "" {
			l.Errorf("create and read (-create +read):\n%s", diff)
		}
		updated := must(l.T)(l.readers.Update(l.Context(), P{"filter": P{"id": "a"}, "fields": P{"name": "Ann"}}))
		up := must(l.T)(l.readers.Upsert(l.Context(), P{"where": P{"id": "a"}, "create": l.reader("a")}))["record"].(map[string]any)
		if updated["updated"] != true {
			l.Errorf("updated is %v", updated["updated"])
		}
		delete(updated, "updated")
		if diff := cmp.Diff(updated, up); diff != "" {
			l.Errorf("update and upsert (-update +upsert):\n%s", diff)
		}
	}},
	{"an update of what is not there says so", func(l lab) {
		if r := must(l.T)(l.readers.Update(l.Context(), P{"filter": P{"id": "no"}, "fields": P{"name": "x"}})); r["updated"] != false {
			l.Errorf("yields %v", r)
		}
		if r := must(l.T)(l.readers.Delete(l.Context(), P{"id": "no"})); r["deleted"] != false {
			l.Errorf("yields %v", r)
		}
	}},
	{"update and delete go by any unique key", func(l lab) {
		must(l.T)(l.readers.Create(l.Context(), l.reader("a")))
		if r := must(l.T)(l.readers.Update(l.Context(), P{"filter": P{"email": "a@x.com"}, "fields": P{"age": 5}})); r["updated"] != true || r["age"] != int64(5) || r["id"] != "a" {
			l.Errorf("update yields %v", r)
		}
		if r := must(l.T)(l.readers.Delete(l.Context(), P{"filter": P{"email": "a@x.com"}})); r["deleted"] != true || r["id"] != "a" {
			l.Errorf("delete yields %v", r)
		}
	}},
	{"an update without a filter changes nothing", func(l lab) {
		must(l.T)(l.readers.Create(l.Context(), l.reader("a")))
		want(l.T, errOf(l.readers.Update(l.Context(), P{"fields": P{"name": "x"}})), errcatalog.DF101)
		want(l.T, errOf(l.readers.Update(l.Context(), P{"filter": P{}, "fields": P{"name": "x"}})), errcatalog.DF704)
		want(l.T, errOf(l.readers.Update(l.Context(), P{"filter": P{"id": "a"}, "fields": P{}})), errcatalog.DF110)
		if got := l.ids(P{"name": "nobody"}); got != "a" {
			l.Errorf("unchanged: %q", got)
		}
	}},
	{"long text is not cut", func(l lab) {
		long := strings.Repeat("long ä ", 20_000)
		if r := must(l.T)(l.readers.Create(l.Context(), l.reader("a", P{"name": long}))); r["name"] != long {
			l.Errorf("%d bytes came back of %d", len(r["name"].(string)), len(long))
		}
	}},
	{"a time may be text, and comes back in UTC", func(l lab) {
		at := time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)
		for i, text := range []any{"2026-01-02T15:04:05Z", "2026-01-02T17:04:05+02:00", at.In(time.FixedZone("", -3600))} {
			if r := must(l.T)(l.readers.Create(l.Context(), l.reader(fmt.Sprint(i), P{"born": text}))); r["born"] != at {
				l.Errorf("%v came back as %v", text, r["born"])
			}
		}
		want(l.T, errOf(l.readers.Create(l.Context(), l.reader("x", P{"born": "02.01.2026"}))), errcatalog.DF102)
	}},
	{"text that looks like SQL is stored as it is", func(l lab) {
		for i, text := range []string{"DROP TABLE library_readers", "x; delete from library_readers", "note --", "/* a */ b", "' OR 1=1", "UNION SELECT 1", "exec xp_cmdshell", "<script>alert(1)</script>", "%27", "\\'; --"} {
			id := fmt.Sprint(i)
			must(l.T)(l.readers.Create(l.Context(), l.reader(id, P{"name": text, "tags": []string{text}, "meta": P{text: text}})))
			r := must(l.T)(l.readers.Read(l.Context(), P{"filter": P{"id": id, "name": text}}))
			if r["name"] != text || r["tags"].([]string)[0] != text || r["meta"].(map[string]any)[text] != text {
				l.Errorf("wrote %q, read %v", text, r)
			}
		}
	}},
	{"nested values are stored whole", func(l lab) {
		meta := map[string]any{"a": map[string]any{"b": []any{int64(1), "x", nil, 1.5, true}}}
		r := must(l.T)(l.readers.Create(l.Context(), l.reader("a", P{"meta": meta, "home": Place{"Main", "Oslo"}})))
		if diff := cmp.Diff(meta, r["meta"]); diff != "" {
			l.Errorf("meta (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(map[string]any{"Street": "Main", "City": "Oslo"}, r["home"]); diff != "" {
			l.Errorf("home (-want +got):\n%s", diff)
		}
		want(l.T, errOf(l.readers.Create(l.Context(), l.reader("b", P{"name": P{"first": "x"}}))), errcatalog.DF102)
		want(l.T, errOf(l.readers.Create(l.Context(), l.reader("b", P{"name": []string{"x"}}))), errcatalog.DF108)
	}},
	{"an explicit null is a null, and one that is left out takes the default", func(l lab) {
		r := must(l.T)(l.readers.Create(l.Context(), l.reader("a", P{"age": nil})))
		if r["age"] != nil || r["name"] != "nobody" {
			l.Errorf("created %v", r)
		}
		want(l.T, errOf(l.readers.Create(l.Context(), l.reader("b", P{"name": nil}))), errcatalog.DF109)
	}},
	{"names that SQL or a workflow uses itself are fine", func(l lab) {
		must(l.T)(l.readers.Create(l.Context(), l.reader("a")))
		row := P{"from": "a", "group": 1, "MixedCase": "x", "description": "d", "version": 3, "author": "me", "metadata": "m", "query": "q", "workflow": "w"}
		r := must(l.T)(l.loans.Create(l.Context(), row))
		for k, v := range row {
			if n, ok := v.(int); ok {
				v = int64(n)
			}
			if r[k] != v {
				l.Errorf("%s = %v, want %v", k, r[k], v)
			}
		}
		up := must(l.T)(l.loans.Upsert(l.Context(), P{"where": P{"group": 1, "MixedCase": "x"}, "create": P{"from": "a"}, "update": P{"version": 4}}))
		if up["created"] != false || up["record"].(map[string]any)["version"] != int64(4) {
			l.Errorf("upsert yields %v", up)
		}
		list := must(l.T)(l.loans.List(l.Context(), P{"filter": P{"MixedCase": P{"$like": "x"}, "from": "a"}, "order_by": []string{"-group", "select"}, "fields": []string{"select", "group"}}))
		if list["count"] != int64(1) {
			l.Errorf("list yields %v", list)
		}
		want(l.T, errOf(l.loans.Create(l.Context(), row)), errcatalog.DF310)
		must(l.T)(l.readers.Delete(l.Context(), P{"id": "a"})) // cascades, by the table's own name
		if n := must(l.T)(l.loans.Count(l.Context(), nil))["count"]; n != int64(0) {
			l.Errorf("%v loans are left", n)
		}
	}},
	{"an upsert tells created from updated", func(l lab) {
		p := P{"where": P{"email": "a@x.com"}, "create": P{"id": "a", "age": 1}, "update": P{"age": 2}}
		for _, want := range []struct {
			action string
			age    int64
		}{{"created", 1}, {"updated", 2}, {"updated", 2}} {
			r := must(l.T)(l.readers.Upsert(l.Context(), p))
			if r["action"] != want.action || r["created"] != (want.action == "created") || r["record"].(map[string]any)["age"] != want.age {
				l.Errorf("upsert yields %v, want %v", r, want)
			}
		}
	}},
	{"an upsert on what is not unique is refused", func(l lab) {
		want(l.T, errOf(l.readers.Upsert(l.Context(), P{"where": P{"name": "x"}, "create": l.reader("a")})), errcatalog.DF709)
		want(l.T, errOf(l.readers.BulkUpsert(l.Context(), P{"data": []P{l.reader("a")}, "conflict_on": []string{"name"}})), errcatalog.DF709)
		want(l.T, errOf(l.readers.Upsert(l.Context(), P{"where": P{"id": "a"}, "create": l.reader("a"), "conflict_on": []string{}})), errcatalog.DF706)
	}},
	{"an error shows nothing of other records", func(l lab) {
		must(l.T)(l.readers.Create(l.Context(), l.reader("a", P{"name": "SECRET-NAME", "meta": P{"k": "SECRET-META"}})))
		for _, err := range []error{
			errOf(l.readers.Create(l.Context(), P{"id": "b", "email": "a@x.com", "name": "other"})),
			errOf(l.readers.Create(l.Context(), P{"id": "a", "email": "b@x.com", "name": "other"})),
			errOf(l.readers.BulkCreate(l.Context(), P{"data": []P{l.reader("c"), {"id": "b", "email": "a@x.com"}}})),
			errOf(l.loans.Create(l.Context(), P{"from": "nobody", "group": 1})),
		} {
			for e := err; e != nil; e = errors.Unwrap(e) {
				if strings.Contains(e.Error(), "SECRET") {
					l.Errorf("the error tells:\n%v", e)
				}
			}
			if err == nil {
				l.Error("no error")
			}
		}
	}},
}

var reading = []expectation{
	{"a misspelt filter never reads the whole table", func(l lab) {
		must(l.T)(l.readers.Create(l.Context(), l.reader("a")))
		for _, name := range []string{"filters", "conditions", "where", "query", "name"} {
			err := errOf(l.readers.List(l.Context(), P{name: P{"id": "no"}}))
			e := caught(l.T, err, errcatalog.DF111)
			if name == "filters" && !strings.Contains(e.Message, `did you mean "filter"?`) {
				l.Errorf("message: %s", e.Message)
			}
			want(l.T, errOf(l.readers.Count(l.Context(), P{name: P{"id": "no"}})), errcatalog.DF111)
		}
	}},
	{"a list says how many records its page has", func(l lab) {
		data := make([]P, 25)
		for i := range data {
			data[i] = l.reader(fmt.Sprintf("r%02d", i))
		}
		must(l.T)(l.readers.BulkCreate(l.Context(), P{"data": data}))
		r := must(l.T)(l.readers.List(l.Context(), P{"limit": 10, "with_total": true}))
		if r["count"] != int64(10) || len(r["records"].([]map[string]any)) != 10 || r["total"] != int64(25) || r["has_more"] != true {
			l.Errorf("yields count %v, total %v, has_more %v", r["count"], r["total"], r["has_more"])
		}
		if r := must(l.T)(l.readers.List(l.Context(), nil)); r["count"] != int64(25) || r["has_more"] != false {
			l.Errorf("without a limit: count %v", r["count"])
		}
		if n := must(l.T)(l.readers.Count(l.Context(), nil))["count"]; n != int64(25) {
			l.Errorf("count is %v", n)
		}
	}},
	{"an order that is no list of columns is refused", func(l lab) {
		want(l.T, errOf(l.readers.List(l.Context(), P{"order_by": []string{"age desc"}})), errcatalog.DF103)
		want(l.T, errOf(l.readers.List(l.Context(), P{"order_by": []any{P{"age": -1}}})), errcatalog.DF102)
		want(l.T, errOf(l.readers.List(l.Context(), P{"order_by": []string{"agee"}})), errcatalog.DF112)
		want(l.T, errOf(l.readers.List(l.Context(), P{"sort": []string{"age"}})), errcatalog.DF111)
		want(l.T, errOf(l.readers.List(l.Context(), P{"count_only": true})), errcatalog.DF111)
		want(l.T, errOf(l.readers.List(l.Context(), P{"limit": 0})), errcatalog.DF103)
		want(l.T, errOf(l.readers.List(l.Context(), P{"limit": -1})), errcatalog.DF103)
		want(l.T, errOf(l.readers.List(l.Context(), P{"offset": -1})), errcatalog.DF103)
	}},
	{"every operator means the same to list, count, bulk update and bulk delete", func(l lab) {
		day := func(d int) time.Time { return time.Date(2026, 1, d, 0, 0, 0, 0, time.UTC) }
		must(l.T)(l.readers.BulkCreate(l.Context(), P{"data": []P{
			l.reader("a", P{"name": "Ann", "age": 10, "tags": []string{"x"}, "born": day(1), "meta": P{"city": "Oslo", "n": 1}}),
			l.reader("b", P{"name": "ann", "age": 20, "active": false, "tags": []string{"x", "y"}, "born": day(2), "meta": P{"city": "Rome"}}),
			l.reader("c", P{"name": "Bo_"}),
		}}))
		for _, c := range []struct {
			filter P
			ids    string
		}{
			{P{"name": "Ann"}, "a"}, {P{"name": P{"$eq": "Ann"}}, "a"}, {P{"age": nil}, "c"}, {P{"age": P{"$eq": nil}}, "c"},
			{P{"age": P{"$ne": 10}}, "b c"}, {P{"age": P{"$ne": nil}}, "a b"},
			{P{"age": P{"$gt": 10}}, "b"}, {P{"age": P{"$gte": 10, "$lt": 20}}, "a"}, {P{"age": P{"$lte": 20}}, "a b"}, {P{"age": P{"$between": []int{15, 25}}}, "b"},
			{P{"age": P{"$in": []int{10, 30}}}, "a"}, {P{"age": P{"$in": []any{10, nil}}}, "a c"}, {P{"age": P{"$in": []int{}}}, ""},
			{P{"age": P{"$nin": []int{10}}}, "b c"}, {P{"age": P{"$nin": []int{}}}, "a b c"},
			{P{"name": P{"$like": "A%"}}, "a"}, {P{"name": P{"$ilike": "a%"}}, "a b"}, {P{"name": P{"$like": `%\_`}}, "c"},
			{P{"name": P{"$regex": "^A.n$"}}, "a"}, {P{"name": P{"$regex": "^a.*"}}, "b"}, {P{"name": P{"$contains": "nn"}}, "a b"},
			{P{"tags": P{"$contains": "y"}}, "b"}, {P{"tags": []string{"x"}}, "a"},
			{P{"age": P{"$null": true}}, "c"}, {P{"age": P{"$null": false}}, "a b"}, {P{"age": P{"$exists": true}}, "a b"}, {P{"age": P{"$exists": false}}, "c"},
			{P{"born": P{"$gte": "2026-01-02T00:00:00Z"}}, "b"}, {P{"active": false}, "b"},
			{P{"meta.city": "Oslo"}, "a"}, {P{"meta.n": P{"$gte": 1}}, "a"}, {P{"meta.city": P{"$exists": false}}, "c"},
			{P{"$or": []any{P{"name": "Ann"}, P{"age": nil}}}, "a c"}, {P{"$and": []any{P{"age": P{"$gt": 5}}, P{"active": true}}}, "a"},
			{P{"$not": P{"name": "Ann"}}, "b c"}, {P{"$not": P{"age": 10}}, "b c"},
		} {
			if got := l.ids(c.filter); got != c.ids {
				l.Errorf("list %v yields %q, want %q", c.filter, got, c.ids)
			}
			count := int64(len(strings.Fields(c.ids)))
			if n := must(l.T)(l.readers.Count(l.Context(), P{"filter": c.filter}))["count"]; n != count {
				l.Errorf("count %v is %v, want %d", c.filter, n, count)
			}
			if n := must(l.T)(l.readers.BulkUpdate(l.Context(), P{"filter": c.filter, "fields": P{"home": Place{}}}))["count"]; n != count {
				l.Errorf("bulk update %v changes %v, want %d", c.filter, n, count)
			}
			wf := dataflow.NewWorkflow("w").AddNode("ReaderBulkDeleteNode", "del", P{"filter": c.filter}).
				AddNode("ReaderListNode", "left", nil).AddDependency("del", "left")
			res, err := l.db.Run(l.Context(), wf, engine.WithDryRun())
			if err != nil || res.Outputs["del"]["count"] != count || res.Outputs["left"]["count"] != 3-count {
				l.Errorf("bulk delete %v: %v, %v, want %d", c.filter, res.Outputs, err, count)
			}
		}
	}},
	{"filters of other systems are refused by name", func(l lab) {
		for _, filter := range []P{{"age__gte": 1}, {"agee": 1}, {"$nor": []any{P{"age": 1}}}, {"age": P{"$mul": 2}}, {"age": P{"gte": 1}}, {"name.first": "x"}, {"age": P{}}} {
			codes := map[error]string{
				errOf(l.readers.List(l.Context(), P{"filter": filter})):                                       "list",
				errOf(l.readers.Count(l.Context(), P{"filter": filter})):                                      "count",
				errOf(l.readers.BulkDelete(l.Context(), P{"filter": filter})):                                 "bulk delete",
				errOf(l.readers.BulkUpdate(l.Context(), P{"filter": filter, "fields": P{"name": "changed"}})): "bulk update",
			}
			for err, op := range codes {
				var e *errcatalog.Error
				if !errors.As(err, &e) || !strings.HasPrefix(string(e.Code), "DF-1") {
					l.Errorf("%s with %v: %v", op, filter, err)
				}
			}
		}
	}},
	{"what was just written is what is read", func(l lab) {
		for i := range 3 {
			must(l.T)(l.readers.Create(l.Context(), l.reader(fmt.Sprint(i))))
			if n := must(l.T)(l.readers.List(l.Context(), nil))["count"]; n != int64(i+1) {
				l.Errorf("after %d creates the list has %v", i+1, n)
			}
		}
		must(l.T)(l.readers.BulkUpdate(l.Context(), P{"filter": P{"id": "1"}, "fields": P{"name": "new"}}))
		if got := l.ids(P{"name": "new"}); got != "1" {
			l.Errorf("after a bulk update: %q", got)
		}
		must(l.T)(l.readers.Delete(l.Context(), P{"id": "1"}))
		if got := l.ids(nil); got != "0 2" {
			l.Errorf("after a delete: %q", got)
		}
	}},
	{"all connections see one database", func(l lab) {
		must(l.T)(l.readers.Create(l.Context(), l.reader("a")))
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				if r, err := l.readers.Read(l.Context(), P{"id": "a"}); err != nil || r["email"] != "a@x.com" {
					l.Errorf("%v, %v", r, err)
				}
			})
		}
		wg.Wait()
	}},
}

var bulk = []expectation{
	{"rows of a bulk may give different columns", func(l lab) {
		r := must(l.T)(l.readers.BulkCreate(l.Context(), P{"data": []P{l.reader("a"), l.reader("b", P{"name": "Bo", "age": 3}), l.reader("c", P{"active": false})}}))
		if diff := cmp.Diff([]any{"a", "b", "c"}, r["ids"]); diff != "" || r["count"] != int64(3) {
			l.Errorf("yields %v", r)
		}
		for id, wanted := range map[string][]any{"a": {"nobody", nil, true}, "b": {"Bo", int64(3), true}, "c": {"nobody", nil, false}} {
			got := must(l.T)(l.readers.Read(l.Context(), P{"id": id}))
			if diff := cmp.Diff(wanted, []any{got["name"], got["age"], got["active"]}); diff != "" {
				l.Errorf("%s (-want +got):\n%s", id, diff)
			}
		}
	}},
	{"a bulk takes its rows as data and by no other name", func(l lab) {
		for _, name := range []string{"records", "rows"} {
			e := caught(l.T, errOf(l.readers.BulkCreate(l.Context(), P{name: []P{l.reader("a")}})), errcatalog.DF111)
			if !strings.Contains(e.Message, `did you mean "data"?`) {
				l.Errorf("message: %s", e.Message)
			}
		}
		want(l.T, errOf(l.readers.BulkCreate(l.Context(), P{"data": []P{}})), errcatalog.DF110)
		want(l.T, errOf(l.readers.BulkDelete(l.Context(), P{"data": []P{{"id": "a"}}})), errcatalog.DF111)
		if got := l.ids(nil); got != "" {
			l.Errorf("records: %q", got)
		}
	}},
	{"a bulk that fails leaves nothing, whatever its batches", func(l lab) {
		data := make([]P, 30)
		for i := range data {
			data[i] = l.reader(fmt.Sprint(i))
		}
		data[29]["email"] = data[0]["email"]
		for _, p := range []P{{"data": data, "batch_size": 7}, {"data": data}} {
			want(l.T, errOf(l.readers.BulkCreate(l.Context(), p)), errcatalog.DF310)
		}
		want(l.T, errOf(l.readers.BulkUpsert(l.Context(), P{"data": data})), errcatalog.DF310)
		if n := must(l.T)(l.readers.Count(l.Context(), nil))["count"]; n != int64(0) {
			l.Errorf("%v records are left", n)
		}
	}},
	{"a bulk update row without its key is an error", func(l lab) {
		must(l.T)(l.readers.Create(l.Context(), l.reader("a")))
		want(l.T, errOf(l.readers.BulkUpdate(l.Context(), P{"data": []P{{"id": "a", "name": "x"}, {"name": "y"}}})), errcatalog.DF105)
		if got := l.ids(P{"name": "nobody"}); got != "a" {
			l.Errorf("unchanged: %q", got)
		}
	}},
	{"a bulk upsert updates what is there and counts truthfully", func(l lab) {
		must(l.T)(l.readers.Create(l.Context(), l.reader("a")))
		check := func(r P, created, updated int64) {
			l.Helper()
			if r["count"] != created+updated || r["created"] != created || r["updated"] != updated {
				l.Errorf("yields %v, want %d created and %d updated", r, created, updated)
			}
		}
		check(must(l.T)(l.readers.BulkUpsert(l.Context(), P{"data": []P{l.reader("a", P{"name": "new"}), l.reader("b")}})), 1, 1)
		wf := dataflow.NewWorkflow("w").AddNode("ReaderBulkUpsertNode", "up", P{"conflict_on": []string{"email"}, "data": []P{{"id": "z", "email": "a@x.com", "name": "newer"}, l.reader("c")}})
		check(mustRun(l.T, l.db, wf).Outputs["up"], 1, 1)
		if got := l.ids(P{"name": "newer"}); got != "a" {
			l.Errorf("changed: %q", got)
		}
	}},
	{"a bulk update keeps updated_at", func(l lab) {
		was := must(l.T)(l.readers.Create(l.Context(), l.reader("a")))
		must(l.T)(l.readers.BulkUpdate(l.Context(), P{"filter": P{"id": "a"}, "fields": P{"name": "x"}}))
		is := must(l.T)(l.readers.Read(l.Context(), P{"id": "a"}))
		if !is["updated_at"].(time.Time).After(was["updated_at"].(time.Time)) || is["created_at"] != was["created_at"] {
			l.Errorf("updated_at %v → %v", was["updated_at"], is["updated_at"])
		}
	}},
	{"everything is deleted only when it is said", func(l lab) {
		must(l.T)(l.readers.Create(l.Context(), l.reader("a")))
		for _, p := range []P{nil, {"filter": P{}}, {"filter": P{}, "confirm": false}} {
			want(l.T, errOf(l.readers.BulkDelete(l.Context(), p)), errcatalog.DF713)
		}
		if n := must(l.T)(l.readers.BulkDelete(l.Context(), P{"filter": P{}, "confirm": true}))["count"]; n != int64(1) {
			l.Errorf("deleted %v", n)
		}
	}},
}

var running = []expectation{
	{"a last node that fails fails the run", func(l lab) {
		wf := dataflow.NewWorkflow("w").AddNode("ReaderCreateNode", "make", l.reader("a")).
			AddNode("ReaderReadNode", "leaf", P{"id": "nobody"}).AddDependency("make", "leaf")
		_, err := l.db.Run(l.Context(), wf)
		e := caught(l.T, err, errcatalog.DF703)
		if !strings.Contains(e.Error(), `leaf`) {
			l.Errorf("the error does not name the node:\n%v", e)
		}
	}},
	{"a failure is told once and with its own code", func(l lab) {
		must(l.T)(l.readers.Create(l.Context(), l.reader("a")))
		_, err := l.db.Run(l.Context(), dataflow.NewWorkflow("w").AddNode("ReaderCreateNode", "make", l.reader("a")))
		if n := strings.Count(caught(l.T, err, errcatalog.DF310).Error(), "\nError: "); n != 1 {
			l.Errorf("it is told %d times:\n%v", n, err)
		}
	}},
	{"a list's elements are reached by number", func(l lab) {
		must(l.T)(l.readers.Create(l.Context(), l.reader("a")))
		wf := dataflow.NewWorkflow("w").AddNode("ReaderListNode", "list", nil).AddNode("ReaderReadNode", "read", nil).AddConnection("list", "records.0.id", "read", "id")
		if res := mustRun(l.T, l.db, wf); res.Outputs["read"]["email"] != "a@x.com" {
			l.Errorf("read %v", res.Outputs["read"])
		}
	}},
	{"an output that is not there is an error, not a warning", func(l lab) {
		wf := dataflow.NewWorkflow("w").AddNode("ReaderCreateNode", "make", l.reader("a")).AddNode("ReaderReadNode", "read", nil).AddConnection("make", "reader_id", "read", "id")
		_, err := l.db.Run(l.Context(), wf)
		want(l.T, err, errcatalog.DF202)
		if got := l.ids(nil); got != "" {
			l.Errorf("the run wrote %q before", got)
		}
	}},
	{"inputs reach the nodes", func(l lab) {
		wf := dataflow.NewWorkflow("w").AddNode("ReaderCreateNode", "make", P{"id": dataflow.Input("id"), "email": dataflow.Input("email")})
		res := mustRun(l.T, l.db, wf, engine.WithInputs(P{"id": "a", "email": "a@x.com"}))
		if res.Outputs["make"]["id"] != "a" || res.ID == "" {
			l.Errorf("yields %v", res.Outputs)
		}
		_, err := l.db.Run(l.Context(), wf)
		want(l.T, err, errcatalog.DF808)
	}},
	{"order without data", func(l lab) {
		wf := dataflow.NewWorkflow("w").AddNode("ReaderCountNode", "after", nil).AddNode("ReaderCreateNode", "make", l.reader("a")).AddDependency("make", "after")
		if res := mustRun(l.T, l.db, wf); res.Outputs["after"]["count"] != int64(1) {
			l.Errorf("counted %v", res.Outputs["after"])
		}
	}},
	{"a failing transaction leaves nothing, and nothing open", func(l lab) {
		for _, node := range []struct {
			kind string
			p    P
		}{
			{"ReaderCreateNode", l.reader("a")},
			{"ReaderBulkCreateNode", P{"data": []P{l.reader("a"), l.reader("b")}}},
			{"ReaderUpsertNode", P{"where": P{"id": "a"}, "create": l.reader("a")}},
			{"ReaderBulkUpsertNode", P{"data": []P{l.reader("a")}}},
		} {
			wf := dataflow.NewWorkflow("w").AddTransaction("tx", func(tx *dataflow.Workflow) {
				tx.AddNode(node.kind, "write", node.p).AddNode("ReaderReadNode", "fail", P{"id": "nobody"}).AddDependency("write", "fail")
			})
			_, err := l.db.Run(l.Context(), wf)
			want(l.T, err, errcatalog.DF703)
			if got := l.ids(nil); got != "" {
				l.Errorf("%s left %q", node.kind, got)
			}
			must(l.T)(l.lender.Create(l.Context(), P{"name": "writes go on"}))
		}
	}},
	{"failures do not use up the pool", func(l lab) {
		must(l.T)(l.readers.Create(l.Context(), l.reader("a")))
		for range 50 {
			want(l.T, errOf(l.readers.Create(l.Context(), l.reader("a"))), errcatalog.DF310)
			want(l.T, errOf(l.readers.Read(l.Context(), P{"id": "nobody"})), errcatalog.DF703)
			ctx, cancel := context.WithCancel(l.Context())
			cancel()
			want(l.T, errOf(l.readers.List(ctx, nil)), errcatalog.DF509)
		}
		must(l.T)(l.readers.Update(l.Context(), P{"filter": P{"id": "a"}, "fields": P{"name": "x"}}))
	}},
	{"what looks like a reference to a node is told", func(l lab) {
		wf := dataflow.NewWorkflow("w").AddNode("ReaderCreateNode", "make", l.reader("a")).AddNode("ReaderReadNode", "read", P{"id": "${make.id}"}).AddDependency("make", "read")
		_, err := l.db.Run(l.Context(), wf)
		want(l.T, err, errcatalog.DF116)
	}},
	{"a misspelt node type names the right one", func(l lab) {
		for typ, right := range map[string]string{
			"Reader_Create": "ReaderCreateNode", "ReaderCreate": "ReaderCreateNode", "CreateReaderNode": "ReaderCreateNode", "ReaderReadByIdNode": "ReaderReadNode",
		} {
			_, err := l.db.Run(l.Context(), dataflow.NewWorkflow("w").AddNode(typ, "n", l.reader("a")))
			var e *errcatalog.Error
			if !errors.As(err, &e) || !strings.HasPrefix(string(e.Code), "DF-7") || !strings.Contains(e.Error(), right) {
				l.Errorf("%s: %v", typ, err)
			}
		}
	}},
}

// The table of a model that is first used inside a transaction is made before it.
func TestFirstUseInsideATransaction(t *testing.T) {
	t.Parallel()
	databases(t, []any{Lender{}}, func(t *testing.T, db *engine.Engine) {
		fails := dataflow.NewWorkflow("w").AddTransaction("tx", func(tx *dataflow.Workflow) {
			tx.AddNode("LenderCreateNode", "make", P{"name": "a"}).AddNode("LenderReadNode", "fail", P{"id": 99}).AddDependency("make", "fail")
		})
		_, err := db.Run(t.Context(), fails)
		want(t, err, errcatalog.DF703)
		if n := must(t)(db.Model("Lender").Count(t.Context(), nil))["count"]; n != int64(0) {
			t.Errorf("%v records", n)
		}
		must(t)(db.Model("Lender").Create(t.Context(), P{"name": "the model lives on"}))
	})
}

// Without a tenant no operation on a tenant's model reads or writes anything.
func TestEveryOperationNeedsTheTenant(t *testing.T) {
	t.Parallel()
	databases(t, []any{Doc{}}, func(t *testing.T, db *engine.Engine) {
		m, ctx := db.Model("Doc"), t.Context()
		id := must(t)(m.ForTenant("a").Create(ctx, P{"slug": "x"}))["id"]
		for name, err := range map[string]error{
			"create":           errOf(m.Create(ctx, P{"slug": "y"})),
			"read":             errOf(m.Read(ctx, P{"id": id})),
			"update":           errOf(m.Update(ctx, P{"filter": P{"id": id}, "fields": P{"text": "x"}})),
			"delete":           errOf(m.Delete(ctx, P{"id": id})),
			"list":             errOf(m.List(ctx, nil)),
			"count":            errOf(m.Count(ctx, nil)),
			"upsert":           errOf(m.Upsert(ctx, P{"where": P{"slug": "x"}, "create": P{"text": "x"}, "update": P{"text": "x"}})),
			"bulk create":      errOf(m.BulkCreate(ctx, P{"data": []P{{"slug": "y"}}})),
			"bulk update":      errOf(m.BulkUpdate(ctx, P{"filter": P{"slug": "x"}, "fields": P{"text": "x"}})),
			"bulk update rows": errOf(m.BulkUpdate(ctx, P{"data": []P{{"id": id, "text": "x"}}})),
			"bulk delete":      errOf(m.BulkDelete(ctx, P{"confirm": true})),
			"bulk delete ids":  errOf(m.BulkDelete(ctx, P{"ids": []any{id}})),
			"bulk upsert":      errOf(m.BulkUpsert(ctx, P{"data": []P{{"slug": "x", "text": "x"}}, "conflict_on": []string{"slug"}})),
		} {
			if !errors.Is(err, errcatalog.DF515) {
				t.Errorf("%s: %v, want DF-515", name, err)
			}
		}
		if r := must(t)(m.ForTenant("a").Read(ctx, P{"id": id})); r["text"] != "" {
			t.Errorf("the record is now %v", r)
		}
		// The tenant is not a value that one may give.
		want(t, errOf(m.ForTenant("b").Create(ctx, P{"slug": "y", "tenant_id": "a"})), errcatalog.DF104)
	})
}
