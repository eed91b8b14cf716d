package engine_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
)

type (
	Member struct {
		dataflow.Model `df:"softdelete,versioned"`
		ID             string
		Email          string `df:",unique" validate:"email,max=40"`
		Name           string `df:",default=nobody"`
		CreatedAt      time.Time
		UpdatedAt      time.Time
	}
	Doc struct {
		dataflow.Model `df:"tenant"`
		ID             uuid.UUID
		Slug           string `df:",unique"`
		Text           string `df:",default=''"`
	}
	Team struct {
		dataflow.Model
		ID   int64
		Name string `df:",unique"`
	}
	Player struct {
		dataflow.Model
		TeamID int64 `df:",pk,ref=Team.id,ondelete=cascade"`
		Number int   `df:",pk"`
		Name   string
		Boss   *int64 `df:",ref=Team.id"`
	}
)

type P = dataflow.Params

func TestSoftDelete(t *testing.T) {
	t.Parallel()
	databases(t, []any{Member{}}, func(t *testing.T, db *engine.Engine) {
		m, ctx := db.Model("Member"), t.Context()
		must(t)(m.Create(ctx, P{"id": "a", "email": "a@x.com"}))
		if r := must(t)(m.Delete(ctx, P{"id": "a"})); r["deleted"] != true || r["id"] != "a" {
			t.Errorf("delete yields %v", r)
		}
		if r := must(t)(m.Delete(ctx, P{"id": "a"})); r["deleted"] != false {
			t.Errorf("a second delete yields %v", r)
		}
		want(t, errOf(m.Read(ctx, P{"id": "a"})), errcatalog.DF703)
		if r := must(t)(m.Read(ctx, P{"id": "a", "include_deleted": true})); r["deleted_at"] == nil {
			t.Errorf("deleted_at is nil in %v", r)
		}
		if n := must(t)(m.Count(ctx, nil))["count"]; n != int64(0) {
			t.Errorf("count is %v", n)
		}
		if n := must(t)(m.Count(ctx, P{"include_deleted": true}))["count"]; n != int64(1) {
			t.Errorf("count with deleted is %v", n)
		}
		if r := must(t)(m.Update(ctx, P{"filter": P{"id": "a"}, "fields": P{"name": "x"}})); r["updated"] != false {
			t.Errorf("updated a deleted record: %v", r)
		}
		// The unique key is free again, the primary key is not.
		must(t)(m.Create(ctx, P{"id": "b", "email": "a@x.com"}))
		if e := caught(t, errOf(m.Create(ctx, P{"id": "a", "email": "c@x.com"})), errcatalog.DF310); !strings.Contains(e.Message, "deleted") {
			t.Errorf("message: %s", e.Message)
		}
		want(t, errOf(m.Upsert(ctx, P{"where": P{"id": "a"}, "create": P{"email": "c@x.com"}})), errcatalog.DF310)
		want(t, errOf(m.BulkUpsert(ctx, P{"data": []P{{"id": "z", "email": "z@x.com"}, {"id": "a", "email": "c@x.com"}}})), errcatalog.DF310)
		if r := must(t)(m.Upsert(ctx, P{"where": P{"email": "a@x.com"}, "create": P{"id": "q"}, "update": P{"name": "B"}})); r["record"].(P)["id"] != "b" {
			t.Errorf("upsert by a unique key yields %v", r)
		}
		if r := must(t)(m.BulkUpsert(ctx, P{"data": []P{{"id": "n", "email": "a@x.com", "name": "C"}}, "conflict_on": []string{"email"}})); r["updated"] != int64(1) {
			t.Errorf("bulk upsert by a unique key yields %v", r)
		}
		if r := must(t)(m.Delete(ctx, P{"id": "a", "hard": true})); r["deleted"] != true {
			t.Errorf("hard delete yields %v", r)
		}
		must(t)(m.Create(ctx, P{"id": "a", "email": "c@x.com"}))
		if n := must(t)(m.BulkDelete(ctx, P{"filter": P{"name": P{"$like": "%"}}}))["count"]; n != int64(2) {
			t.Errorf("bulk delete removed %v", n)
		}
		if n := must(t)(m.BulkDelete(ctx, P{"confirm": true, "hard": true}))["count"]; n != int64(2) {
			t.Errorf("hard bulk delete removed %v", n)
		}
	})
}

func TestVersions(t *testing.T) {
	t.Parallel()
	databases(t, []any{Member{}}, func(t *testing.T, db *engine.Engine) {
		m, ctx := db.Model("Member"), t.Context()
		if r := must(t)(m.Create(ctx, P{"id": "a", "email": "a@x.com"})); r["version"] != int64(1) {
			t.Errorf("a new record has version %v", r["version"])
		}
		if r := must(t)(m.Update(ctx, P{"filter": P{"id": "a"}, "fields": P{"name": "x"}, "version": 1})); r["version"] != int64(2) || r["updated"] != true {
			t.Errorf("update yields %v", r)
		}
		e := caught(t, errOf(m.Update(ctx, P{"filter": P{"id": "a"}, "fields": P{"name": "y"}, "version": 1})), errcatalog.DF514)
		if !strings.Contains(e.Message, "version is 2 now, not 1") {
			t.Errorf("message: %s", e.Message)
		}
		if r := must(t)(m.Update(ctx, P{"filter": P{"id": "zz"}, "fields": P{"name": "y"}, "version": 1})); r["updated"] != false {
			t.Errorf("update of nothing yields %v", r)
		}
		must(t)(m.BulkUpdate(ctx, P{"filter": P{"id": "a"}, "fields": P{"name": "z"}}))
		must(t)(m.BulkUpsert(ctx, P{"data": []P{{"id": "a", "email": "a@x.com"}}}))
		up := must(t)(m.Upsert(ctx, P{"where": P{"id": "a"}, "create": P{"email": "a@x.com"}, "update": P{"name": "w"}}))
		if v := up["record"].(P)["version"]; v != int64(5) {
			t.Errorf("after three more writes the version is %v", v)
		}
	})
}

func TestKeptTimes(t *testing.T) {
	t.Parallel()
	databases(t, []any{Member{}}, func(t *testing.T, db *engine.Engine) {
		m, ctx := db.Model("Member"), t.Context()
		before := time.Now().Add(-time.Second)
		a := must(t)(m.Create(ctx, P{"id": "a", "email": "a@x.com"}))
		if made := a["created_at"].(time.Time); made.Before(before) || a["updated_at"] != a["created_at"] || made.Location() != time.UTC {
			t.Errorf("created %v, updated %v", a["created_at"], a["updated_at"])
		}
		for name, write := range map[string]func() error{
			"update":      func() error { return errOf(m.Update(ctx, P{"filter": P{"id": "a"}, "fields": P{"name": "n"}})) },
			"bulk update": func() error { return errOf(m.BulkUpdate(ctx, P{"data": []P{{"id": "a", "name": "n"}}})) },
			"bulk upsert": func() error { return errOf(m.BulkUpsert(ctx, P{"data": []P{{"id": "a", "email": "a@x.com"}}})) },
			"upsert": func() error {
				return errOf(m.Upsert(ctx, P{"where": P{"id": "a"}, "create": P{"email": "a@x.com"}, "update": P{"name": "n"}}))
			},
			"bulk create": func() error {
				return errOf(m.BulkCreate(ctx, P{"data": []P{{"id": "a", "email": "a@x.com"}}, "on_conflict": "update"}))
			},
		} {
			was := must(t)(m.Read(ctx, P{"id": "a"}))
			if err := write(); err != nil {
				t.Fatal(err)
			}
			is := must(t)(m.Read(ctx, P{"id": "a"}))
			if is["created_at"] != a["created_at"] || !is["updated_at"].(time.Time).After(was["updated_at"].(time.Time)) {
				t.Errorf("%s: created %v, updated %v → %v", name, is["created_at"], was["updated_at"], is["updated_at"])
			}
		}
		want(t, errOf(m.Create(ctx, P{"id": "b", "email": "b@x.com", "created_at": time.Now()})), errcatalog.DF104)
		want(t, errOf(m.BulkCreate(ctx, P{"data": []P{{"id": "b", "email": "b@x.com", "version": 7}}})), errcatalog.DF104)
	})
}

func TestRulesOnEveryWritePath(t *testing.T) {
	t.Parallel()
	databases(t, []any{Member{}}, func(t *testing.T, db *engine.Engine) {
		m, ctx := db.Model("Member"), t.Context()
		must(t)(m.Create(ctx, P{"id": "a", "email": "a@x.com"}))
		bad := P{"email": "nope"}
		row := P{"id": "b", "email": "nope"}
		for name, err := range map[string]error{
			"create":          errOf(m.Create(ctx, row)),
			"update":          errOf(m.Update(ctx, P{"filter": P{"id": "a"}, "fields": bad})),
			"upsert, create":  errOf(m.Upsert(ctx, P{"where": P{"id": "a"}, "create": bad})),
			"upsert, update":  errOf(m.Upsert(ctx, P{"where": P{"id": "a"}, "create": P{"email": "a@x.com"}, "update": bad})),
			"upsert, where":   errOf(m.Upsert(ctx, P{"where": bad, "create": P{"id": "q"}})),
			"bulk create":     errOf(m.BulkCreate(ctx, P{"data": []P{row}})),
			"bulk upsert":     errOf(m.BulkUpsert(ctx, P{"data": []P{row}})),
			"bulk update":     errOf(m.BulkUpdate(ctx, P{"data": []P{{"id": "a", "email": "nope"}}})),
			"bulk update all": errOf(m.BulkUpdate(ctx, P{"filter": P{"id": "a"}, "fields": bad})),
		} {
			if !errors.Is(err, errcatalog.DF117) {
				t.Errorf("%s: %v, want DF-117", name, err)
			}
		}
		if r := must(t)(m.List(ctx, nil)); r["count"] != int64(1) || r["records"].([]map[string]any)[0]["email"] != "a@x.com" {
			t.Errorf("the table holds %v", r["records"])
		}
	})
}

func TestTenants(t *testing.T) {
	t.Parallel()
	databases(t, []any{Doc{}}, func(t *testing.T, db *engine.Engine) {
		ctx := t.Context()
		a, b := db.Model("Doc").ForTenant("a"), db.Model("Doc").ForTenant("b")
		want(t, errOf(db.Model("Doc").Count(ctx, nil)), errcatalog.DF515)
		want(t, errOf(db.Model("Doc").Create(ctx, P{"slug": "x"})), errcatalog.DF515)
		ra := must(t)(a.Create(ctx, P{"slug": "x"}))
		rb := must(t)(b.Create(ctx, P{"slug": "x", "text": "b"})) // unique within the tenant
		if ra["tenant_id"] != "a" || rb["tenant_id"] != "b" {
			t.Errorf("%v and %v", ra, rb)
		}
		want(t, errOf(a.Create(ctx, P{"slug": "x"})), errcatalog.DF310)
		want(t, errOf(a.Read(ctx, P{"id": rb["id"]})), errcatalog.DF703)
		want(t, errOf(a.Upsert(ctx, P{"where": P{"id": rb["id"]}, "create": P{"slug": "stolen"}, "update": P{"text": "stolen"}})), errcatalog.DF310)
		want(t, errOf(a.BulkUpsert(ctx, P{"data": []P{{"id": rb["id"], "slug": "stolen"}}})), errcatalog.DF310)
		want(t, errOf(a.BulkCreate(ctx, P{"data": []P{{"id": rb["id"], "slug": "stolen"}}, "on_conflict": "update"})), errcatalog.DF310)
		for name, r := range map[string]P{
			"update": must(t)(a.Update(ctx, P{"filter": P{"id": rb["id"]}, "fields": P{"text": "stolen"}})),
			"delete": must(t)(a.Delete(ctx, P{"id": rb["id"]})),
		} {
			if r["updated"] == true || r["deleted"] == true {
				t.Errorf("%s reaches another tenant: %v", name, r)
			}
		}
		if n := must(t)(a.BulkDelete(ctx, P{"ids": []any{rb["id"], ra["id"]}}))["count"]; n != int64(1) {
			t.Errorf("bulk delete removed %v", n)
		}
		if n := must(t)(a.BulkUpdate(ctx, P{"filter": P{"slug": "x"}, "fields": P{"text": "stolen"}}))["count"]; n != int64(0) {
			t.Errorf("bulk update changed %v", n)
		}
		if r := must(t)(b.List(ctx, P{"filter": P{"$or": []any{P{"slug": "x"}, P{"text": "b"}}}})); r["count"] != int64(1) || r["records"].([]map[string]any)[0]["text"] != "b" {
			t.Errorf("b has %v", r["records"])
		}
	})
}

func TestGeneratedAndCompositeKeys(t *testing.T) {
	t.Parallel()
	databases(t, []any{Team{}, Player{}, Doc{}}, func(t *testing.T, db *engine.Engine) {
		teams, players, ctx := db.Model("Team"), db.Model("Player"), t.Context()
		one := must(t)(teams.Create(ctx, P{"name": "one"}))
		must(t)(teams.Create(ctx, P{"id": 40, "name": "forty"}))
		if ids := must(t)(teams.BulkCreate(ctx, P{"data": []P{{"name": "x"}, {"name": "y"}}}))["ids"]; fmt.Sprint(ids) != "[41 42]" || one["id"] != int64(1) {
			t.Errorf("first id %v, then %v", one["id"], ids)
		}
		must(t)(teams.Delete(ctx, P{"id": 42}))
		if r := must(t)(teams.Upsert(ctx, P{"where": P{"name": "z"}, "create": P{"name": "z"}})); r["record"].(P)["id"] != int64(43) {
			t.Errorf("a deleted key is given again: %v", r)
		}
		data := []P{{"team_id": 1, "number": 9, "name": "Ada"}, {"team_id": 1, "number": 10, "name": "Bo"}, {"team_id": 40, "number": 9, "name": "Cy"}}
		if ids := must(t)(players.BulkCreate(ctx, P{"data": data}))["ids"].([]any); fmt.Sprint(ids[1]) != "map[number:10 team_id:1]" {
			t.Errorf("composite ids: %v", ids)
		}
		if r := must(t)(players.Read(ctx, P{"team_id": 1, "number": 10})); r["name"] != "Bo" {
			t.Errorf("read yields %v", r)
		}
		if r := must(t)(players.Upsert(ctx, P{"where": P{"team_id": 1, "number": 10}, "create": P{"name": "Bo"}, "update": P{"name": "Bob"}})); r["created"] != false {
			t.Errorf("upsert yields %v", r)
		}
		if n := must(t)(players.BulkUpdate(ctx, P{"data": []P{{"team_id": 1, "number": 9, "name": "Ada!"}, {"team_id": 7, "number": 9, "name": "no"}}}))["count"]; n != int64(1) {
			t.Errorf("bulk update changed %v", n)
		}
		if n := must(t)(players.BulkDelete(ctx, P{"ids": []any{P{"team_id": 40, "number": 9}}}))["count"]; n != int64(1) {
			t.Errorf("bulk delete removed %v", n)
		}
		e := caught(t, errOf(players.Create(ctx, P{"team_id": 99, "number": 1, "name": "x"})), errcatalog.DF305)
		if !strings.Contains(e.Message, "team_id is 99, and there is no Team") {
			t.Errorf("message: %s", e.Message)
		}
		must(t)(players.Create(ctx, P{"team_id": 40, "number": 1, "name": "x", "boss": 1}))
		want(t, errOf(teams.Delete(ctx, P{"id": 1})), errcatalog.DF305)
		must(t)(teams.Delete(ctx, P{"id": 40})) // cascades
		if n := must(t)(players.Count(ctx, P{"filter": P{"team_id": 40}}))["count"]; n != int64(0) {
			t.Errorf("%v players are left", n)
		}
	})
}

func TestBulkIsAtomic(t *testing.T) {
	t.Parallel()
	databases(t, []any{Member{}}, func(t *testing.T, db *engine.Engine) {
		m, ctx := db.Model("Member"), t.Context()
		must(t)(m.Create(ctx, P{"id": "taken", "email": "taken@x.com"}))
		rows := make([]P, 250)
		for i := range rows {
			rows[i] = P{"id": fmt.Sprint("r", i), "email": fmt.Sprintf("r%d@x.com", i)}
		}
		rows[220] = P{"id": "other", "email": "taken@x.com"}
		e := caught(t, errOf(m.BulkCreate(ctx, P{"data": rows})), errcatalog.DF310)
		if !strings.Contains(e.Error(), "data.220.email") {
			t.Errorf("the error does not name the row:\n%v", e)
		}
		want(t, errOf(m.BulkUpdate(ctx, P{"data": []P{{"id": "taken", "name": "x"}, {"id": "taken", "email": "nope"}}})), errcatalog.DF117)
		if n := must(t)(m.Count(ctx, nil))["count"]; n != int64(1) {
			t.Errorf("%v records, want 1", n)
		}
		if r := must(t)(m.BulkCreate(ctx, P{"data": rows, "on_conflict": "skip", "batch_size": 7})); r["count"] != int64(249) || len(r["ids"].([]any)) != 249 {
			t.Errorf("skip: count %v", r["count"])
		}
		rows[220] = P{"id": "taken", "email": "taken@x.com", "name": "new"}
		if r := must(t)(m.BulkCreate(ctx, P{"data": rows, "on_conflict": "update"})); r["count"] != int64(250) {
			t.Errorf("update: count %v", r["count"])
		}
		if r := must(t)(m.Read(ctx, P{"id": "taken"})); r["name"] != "new" {
			t.Errorf("update left %v", r)
		}
		r := must(t)(m.BulkUpsert(ctx, P{"data": append(rows, P{"id": "new", "email": "n@x.com"}, P{"id": "new", "email": "n2@x.com"})}))
		if r["count"] != int64(252) || r["created"] != int64(1) || r["updated"] != int64(251) {
			t.Errorf("bulk upsert yields %v", r)
		}
	})
}

// Of many that upsert one key at the same moment, exactly one is told that the
// record is new.
func TestConcurrentUpserts(t *testing.T) {
	t.Parallel()
	databases(t, []any{Member{}}, func(t *testing.T, db *engine.Engine) {
		const callers, keys = 16, 5
		var wg sync.WaitGroup
		var mu sync.Mutex
		created := map[string]int{}
		for caller := range callers {
			wg.Go(func() {
				for key := range keys {
					email := fmt.Sprintf("k%d@x.com", key)
					r, err := db.Model("Member").Upsert(t.Context(), P{"where": P{"email": email}, "create": P{"id": fmt.Sprint(caller, "-", key)}, "update": P{"name": fmt.Sprint(caller)}})
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					if r["created"] == true {
						created[email]++
					}
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		for key := range keys {
			if n := created[fmt.Sprintf("k%d@x.com", key)]; n != 1 {
				t.Errorf("key %d was created %d times", key, n)
			}
		}
	})
}

func TestRequiredOnEveryPath(t *testing.T) {
	t.Parallel()
	databases(t, []any{Member{}, Team{}}, func(t *testing.T, db *engine.Engine) {
		m, ctx := db.Model("Member"), t.Context()
		for _, c := range []struct {
			err  error
			code errcatalog.Code
		}{
			{errOf(m.Create(ctx, P{"email": "a@x.com"})), errcatalog.DF101},
			{errOf(m.Read(ctx, nil)), errcatalog.DF702},
			{errOf(m.Delete(ctx, nil)), errcatalog.DF705},
			{errOf(m.Update(ctx, P{"filter": P{}, "fields": P{"name": "x"}})), errcatalog.DF704},
			{errOf(m.Upsert(ctx, P{"create": P{"id": "a", "email": "a@x.com"}})), errcatalog.DF707},
			{errOf(m.Upsert(ctx, P{"where": P{"id": "a"}})), errcatalog.DF708},
			{errOf(db.Model("Team").Upsert(ctx, P{"where": P{"name": "a"}, "create": P{}})), errcatalog.DF708},
			{errOf(m.Upsert(ctx, P{"where": P{"name": "a"}, "create": P{"id": "a", "email": "a@x.com"}})), errcatalog.DF709},
			{errOf(m.BulkDelete(ctx, nil)), errcatalog.DF713},
			{errOf(m.BulkCreate(ctx, P{"data": []P{}})), errcatalog.DF110},
			{errOf(db.Model("Membr").Count(ctx, nil)), errcatalog.DF701},
			{errOf(m.Create(ctx, P{"id": "a", "emial": "a@x.com"})), errcatalog.DF111},
		} {
			want(t, c.err, c.code)
		}
	})
}

func TestCancelAndTimeout(t *testing.T) {
	t.Parallel()
	databases(t, []any{Item{}}, func(t *testing.T, db *engine.Engine) {
		m := items(t, db)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := errOf(m.Create(ctx, P{"name": "x", "price": "1", "big": 1, "live": true, "made": time.Now()})); !errors.Is(err, context.Canceled) {
			t.Errorf("%v does not wrap context.Canceled", err)
		} else {
			want(t, err, errcatalog.DF509)
		}
		late, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
		defer cancel()
		if err := errOf(m.List(late, nil)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v does not wrap context.DeadlineExceeded", err)
		} else {
			want(t, err, errcatalog.DF505)
		}
		if n := must(t)(m.Count(t.Context(), nil))["count"]; n != int64(3) {
			t.Errorf("%v records after a cancelled write", n)
		}
	})
}

func TestStatementTimeout(t *testing.T) {
	t.Parallel()
	db := open(t, "sqlite::memory:", engine.WithModels(Item{}), engine.WithStatementTimeout(time.Nanosecond))
	err := errOf(db.Model("Item").Count(t.Context(), nil))
	want(t, err, errcatalog.DF505)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v does not wrap context.DeadlineExceeded", err)
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, dsn string) {
		db, err := engine.Open(t.Context(), dsn, engine.WithModels(Item{}))
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for {
					if err := errOf(db.Model("Item").Count(context.Background(), nil)); err != nil {
						if !errors.Is(err, errcatalog.DF513) {
							t.Error(err)
						}
						return
					}
				}
			})
		}
		for range 2 {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		}
		wg.Wait()
	})
}

// The keys of a bulk are those of its rows, also where a trigger inserts others in
// between.
func TestBulkKeysWithTrigger(t *testing.T) {
	type Step struct {
		dataflow.Model
		ID   int64
		Text string
	}
	for _, trigger := range []bool{false, true} {
		path := filepath.Join(t.TempDir(), "app.db")
		db := open(t, "sqlite:"+path, engine.WithModels(Step{}))
		must(t)(db.Model("Step").Create(t.Context(), P{"text": "first"}))
		if trigger {
			raw, err := sql.Open("sqlite", path)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := raw.Exec(`CREATE TRIGGER more AFTER INSERT ON steps WHEN new.text LIKE 'row%' BEGIN INSERT INTO steps (text) VALUES ('by trigger'); END`); err != nil {
				t.Fatal(err)
			}
			if err := raw.Close(); err != nil {
				t.Fatal(err)
			}
		}
		var data []P
		for i := range 250 {
			data = append(data, P{"text": fmt.Sprint("row ", i)})
		}
		ids := must(t)(db.Model("Step").BulkCreate(t.Context(), P{"data": data}))["ids"].([]any)
		for i, id := range ids {
			if got := must(t)(db.Model("Step").Read(t.Context(), P{"id": id}))["text"]; got != fmt.Sprint("row ", i) {
				t.Fatalf("trigger %v: key %v of row %d is that of %v", trigger, id, i, got)
			}
		}
		if len(ids) != 250 {
			t.Fatalf("%d keys", len(ids))
		}
	}
}
