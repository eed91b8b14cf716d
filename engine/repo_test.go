package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
)

func sameRecords(want, got any) string {
	return cmp.Diff(want, got, cmp.Comparer(func(a, b decimal.Decimal) bool { return a.Equal(b) }), cmpopts.IgnoreTypes(dataflow.Model{}))
}

func everything() Everything {
	made := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC)
	no, five, big, half, text, id, dec, words := false, 5, uint64(math.MaxUint64), 0.5, "", uuid.Max, decimal.RequireFromString("1.25"), []string{"x", ""}
	return Everything{
		ID: "all", B: true, I: -1, I8: math.MinInt8, I64: math.MaxInt64, U8: 255, U64: math.MaxUint64, F32: 1.5, F64: math.SmallestNonzeroFloat64,
		S: "'; DROP TABLE everythings; --", T: made, UID: uuid.Max, Dec: dec, Data: []byte{0, 255}, Raw: json.RawMessage(`{"a":[1,null]}`),
		M: map[string]any{"k": map[string]any{"deep": true}}, Addr: Place{"Main", "Oslo"},
		PB: &no, PI: &five, PU64: &big, PF: &half, PS: &text, PT: &made, PUID: &id, PDec: &dec,
		Bs: []bool{true, false}, Is: []int{1, -2}, U64s: []uint64{math.MaxUint64}, Fs: []float64{0.1}, Ss: []string{"a", "日本"},
		Ts: []time.Time{made}, UIDs: []uuid.UUID{uuid.Nil}, Decs: []decimal.Decimal{dec}, Blob: [][]byte{{1}, {}}, Ptr: &words,
	}
}

// Every kind of field comes back in its own Go type, whichever operation wrote it.
func TestRepoKeepsEveryKindOfField(t *testing.T) {
	t.Parallel()
	databases(t, []any{Everything{}}, func(t *testing.T, db *engine.Engine) {
		repo, ctx := engine.Repo[Everything](db), t.Context()
		check := func(what, id string, got Everything, err error) {
			t.Helper()
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			wanted := everything()
			wanted.ID = id
			if diff := sameRecords(wanted, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", what, diff)
			}
		}
		read := func(what, id string) {
			t.Helper()
			got, err := repo.Read(ctx, id)
			check(what, id, got, err)
		}
		created, err := repo.Create(ctx, everything())
		check("create", "all", created, err)
		read("read", "all")

		up := everything()
		up.ID = "up"
		got, isNew, err := repo.Upsert(ctx, up)
		check("upsert", "up", got, err)
		if !isNew {
			t.Error("a new record is said to be updated")
		}
		if got, isNew, err = repo.Upsert(ctx, up); isNew {
			t.Error("a record that is there is said to be created")
		}
		check("second upsert", "up", got, err)

		many := []Everything{everything(), everything()}
		many[0].ID, many[1].ID = "m0", "m1"
		keys, err := repo.BulkCreate(ctx, many)
		if err != nil || fmt.Sprint(keys) != "[m0 m1]" {
			t.Errorf("bulk create: %v, %v", keys, err)
		}
		read("bulk create", "m1")
		many[1].ID = "m2"
		if made, changed, err := repo.BulkUpsert(ctx, many); made != 1 || changed != 1 || err != nil {
			t.Errorf("bulk upsert: %d new, %d changed, %v", made, changed, err)
		}
		read("bulk upsert", "m2")
		page, err := repo.List(ctx, P{"filter": P{"id": P{"$like": "m%"}}, "with_total": true, "limit": 2})
		if err != nil || len(page.Records) != 2 || !page.HasMore || page.NextCursor == "" || page.Total != 3 {
			t.Fatalf("list: %d records, %v, %q, %d, %v", len(page.Records), page.HasMore, page.NextCursor, page.Total, err)
		}
		check("list", "m0", page.Records[0], nil)
		page, err = repo.List(ctx, P{"filter": P{"id": P{"$like": "m%"}}, "limit": 2, "cursor": page.NextCursor, "fields": []string{"id"}})
		if err != nil || len(page.Records) != 1 || page.HasMore || page.NextCursor != "" || page.Records[0].ID != "m2" || page.Records[0].I != 0 {
			t.Errorf("second page: %+v, %v", page, err)
		}

		// Nothing but the key: defaults, empty lists and nulls.
		bare, err := repo.Create(ctx, Everything{ID: "bare"})
		if err != nil {
			t.Fatal(err)
		}
		want := Everything{
			ID: "bare", T: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), UID: uuid.MustParse("7d444840-9dc0-11d1-b245-5ffdce74fad2"),
			Data: []byte{}, M: map[string]any{}, Bs: []bool{}, Is: []int{}, U64s: []uint64{}, Fs: []float64{}, Ss: []string{}, Ts: []time.Time{},
			UIDs: []uuid.UUID{}, Decs: []decimal.Decimal{}, Blob: [][]byte{},
		}
		if diff := sameRecords(want, bare); diff != "" {
			t.Errorf("a bare record (-want +got):\n%s", diff)
		}
	})
}

type Flag struct {
	dataflow.Model
	ID   int64
	Name string `df:",unique"`
	On   bool   `df:",default=true"`
	Mode *bool  `df:",default=true"`
	Note map[string]string
}

// A zero field takes the column's default, unless the program says that it is meant.
func TestRepoZeroValuesAndDefaults(t *testing.T) {
	t.Parallel()
	databases(t, []any{Flag{}}, func(t *testing.T, db *engine.Engine) {
		flags, ctx, no := engine.Repo[Flag](db), t.Context(), false
		created := func(f Flag, err error) Flag {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			return f
		}
		a := created(flags.Create(ctx, Flag{Name: "a"}))
		if a.ID == 0 || !a.On || a.Mode == nil || !*a.Mode || a.Note == nil {
			t.Errorf("left out: %+v", a)
		}
		if b := created(flags.WithZero("on").Create(ctx, Flag{Name: "b", Mode: &no})); b.On || *b.Mode {
			t.Errorf("zero, and meant: %+v", b)
		}
		if c := created(flags.WithZero("on").WithZero("mode").Create(ctx, Flag{Name: "c"})); c.On || c.Mode != nil {
			t.Errorf("zero and null, and meant: %+v", c)
		}
		if d := created(flags.Create(ctx, Flag{Name: "d"})); !d.On {
			t.Error("WithZero changed the repository that it was called on")
		}
		if _, err := flags.WithZero("onn").Create(ctx, Flag{Name: "e"}); !errors.Is(err, errcatalog.DF111) {
			t.Errorf("a column that is not there: %v", err)
		}
		keys, err := flags.WithZero("on").BulkCreate(ctx, []Flag{{Name: "f"}, {Name: "g", On: true}})
		if err != nil || len(keys) != 2 {
			t.Fatal(keys, err)
		}
		if page, err := flags.List(ctx, P{"filter": P{"on": false}, "order_by": []string{"name"}}); err != nil || len(page.Records) != 3 || page.Records[2].Name != "f" {
			t.Errorf("off: %+v, %v", page.Records, err)
		}

		// A record that was read, changed and written back is what was written.
		a.On, a.Mode = false, nil
		is, isNew, err := flags.Upsert(ctx, a)
		if err != nil || isNew || is.On || is.Mode != nil || is.ID != a.ID {
			t.Errorf("written back: %+v, %v, %v", is, isNew, err)
		}
		a.On = true
		if made, changed, err := flags.BulkUpsert(ctx, []Flag{a}); made != 0 || changed != 1 || err != nil {
			t.Errorf("bulk upsert: %d, %d, %v", made, changed, err)
		}
		// By another key than the primary one, and with other columns to change.
		is, isNew, err = flags.Upsert(ctx, Flag{Name: "a", Note: map[string]string{"k": "v"}}, P{"conflict_on": []string{"name"}, "update": P{"note": P{"k": "w"}}})
		if err != nil || isNew || is.ID != a.ID || !is.On || is.Note["k"] != "w" {
			t.Errorf("by name: %+v, %v, %v", is, isNew, err)
		}
		is, isNew, err = flags.Upsert(ctx, Flag{Name: "z", On: true}, P{"conflict_on": []string{"name"}})
		if err != nil || !isNew || is.ID == 0 {
			t.Errorf("new by name: %+v, %v, %v", is, isNew, err)
		}
		_, _, err = flags.Upsert(ctx, Flag{Name: "z"}) // no key to find it by
		want(t, err, errcatalog.DF707)
	})
}

func TestRepoOperations(t *testing.T) {
	t.Parallel()
	databases(t, []any{Member{}, Team{}, Player{}}, func(t *testing.T, db *engine.Engine) {
		ctx, members := t.Context(), engine.Repo[Member](db)
		a, err := members.Create(ctx, Member{ID: "a", Email: "a@x.com"})
		if err != nil || a.Name != "nobody" || a.CreatedAt.IsZero() {
			t.Fatalf("%+v, %v", a, err)
		}
		want(t, second(members.Create(ctx, Member{Email: "b@x.com"})), errcatalog.DF101)
		want(t, second(members.Create(ctx, Member{ID: "b", Email: "nope"})), errcatalog.DF117)
		want(t, second(members.Create(ctx, Member{ID: "b", Email: "b@x.com", CreatedAt: a.CreatedAt})), errcatalog.DF104)
		want(t, second(members.BulkCreate(ctx, []Member{{ID: "b", Email: "b@x.com"}, a})), errcatalog.DF104)
		want(t, second(members.BulkCreate(ctx, nil)), errcatalog.DF110)
		if got, err := members.Read(ctx, P{"email": "a@x.com"}); err != nil || sameRecords(a, got) != "" {
			t.Errorf("read by a unique key: %+v, %v", got, err)
		}
		want(t, second(members.Read(ctx, "nobody")), errcatalog.DF703)
		want(t, second(members.Read(ctx, P{"name": "x"})), errcatalog.DF702)
		want(t, second(members.Read(ctx, "a", P{"include": true})), errcatalog.DF111)
		want(t, second(members.Read(ctx, "a", P{"id": "b"})), errcatalog.DF103)

		got, updated, err := members.Update(ctx, P{"id": "a"}, P{"name": "Ann"}, P{"version": 1})
		if err != nil || !updated || got.Name != "Ann" || !got.UpdatedAt.After(a.UpdatedAt) {
			t.Errorf("update: %+v, %v, %v", got, updated, err)
		}
		_, _, err = members.Update(ctx, P{"id": "a"}, P{"name": "Bo"}, P{"version": 1})
		want(t, err, errcatalog.DF514)
		if got, updated, err := members.Update(ctx, P{"id": "zz"}, P{"name": "Bo"}); err != nil || updated || got.ID != "" {
			t.Errorf("update of nothing: %+v, %v, %v", got, updated, err)
		}
		if n, err := members.BulkUpdate(ctx, P{"name": "Ann"}, P{"name": "Anna"}); n != 1 || err != nil {
			t.Errorf("bulk update: %d, %v", n, err)
		}
		if n, err := members.Count(ctx, P{"name": "Anna"}); n != 1 || err != nil {
			t.Errorf("count: %d, %v", n, err)
		}
		// What was read is written back, the columns of the engine too.
		if got, isNew, err := members.Upsert(ctx, got); err != nil || isNew || got.Name != "Ann" || !got.CreatedAt.Equal(a.CreatedAt) {
			t.Errorf("written back: %+v, %v, %v", got, isNew, err)
		}
		if deleted, err := members.Delete(ctx, "a"); !deleted || err != nil {
			t.Errorf("delete: %v, %v", deleted, err)
		}
		if deleted, err := members.Delete(ctx, P{"email": "a@x.com"}); deleted || err != nil {
			t.Errorf("second delete: %v, %v", deleted, err)
		}
		if n, err := members.Count(ctx, nil, P{"include_deleted": true}); n != 1 || err != nil {
			t.Errorf("count with deleted: %d, %v", n, err)
		}
		if _, err := members.Read(ctx, "a", P{"include_deleted": true}); err != nil {
			t.Error(err)
		}
		want(t, second(members.BulkDelete(ctx, nil)), errcatalog.DF713)
		if n, err := members.BulkDelete(ctx, nil, P{"confirm": true, "hard": true}); n != 1 || err != nil {
			t.Errorf("bulk delete: %d, %v", n, err)
		}

		// A key of several columns is told by all of them.
		team, err := engine.Repo[Team](db).Create(ctx, Team{Name: "one"})
		if err != nil {
			t.Fatal(err)
		}
		players := engine.Repo[Player](db)
		keys, err := players.BulkCreate(ctx, []Player{{TeamID: team.ID, Number: 0, Name: "Ada"}, {TeamID: team.ID, Number: 1, Name: "Bo"}})
		if err != nil || fmt.Sprint(keys) != "[map[number:0 team_id:1] map[number:1 team_id:1]]" {
			t.Errorf("keys: %v, %v", keys, err)
		}
		if got, err := players.Read(ctx, P{"team_id": team.ID, "number": 0}); err != nil || got.Name != "Ada" || got.Boss != nil {
			t.Errorf("read: %+v, %v", got, err)
		}
		want(t, second(players.Read(ctx, team.ID)), errcatalog.DF702)
		want(t, second(players.Delete(ctx, team.ID)), errcatalog.DF705)
		if deleted, err := players.Delete(ctx, keys[1]); !deleted || err != nil {
			t.Errorf("delete: %v, %v", deleted, err)
		}
	})
}

func TestRepoTenants(t *testing.T) {
	t.Parallel()
	databases(t, []any{Doc{}}, func(t *testing.T, db *engine.Engine) {
		ctx, docs := t.Context(), engine.Repo[Doc](db)
		want(t, second(docs.Create(ctx, Doc{Slug: "x"})), errcatalog.DF515)
		a, b := docs.ForTenant("a"), docs.ForTenant("b")
		mine, err := a.Create(ctx, Doc{Slug: "x", Text: "of a"})
		if err != nil || mine.ID == uuid.Nil {
			t.Fatalf("%+v, %v", mine, err)
		}
		want(t, second(b.Read(ctx, mine.ID)), errcatalog.DF703)
		if _, isNew, err := b.Upsert(ctx, Doc{Slug: "x", Text: "of b"}, P{"conflict_on": []string{"slug"}}); !isNew || err != nil {
			t.Errorf("another tenant's slug: %v, %v", isNew, err)
		}
		if page, err := a.List(ctx, nil); err != nil || len(page.Records) != 1 || page.Records[0].Text != "of a" {
			t.Errorf("a has %+v, %v", page.Records, err)
		}
	})
}

// In a function node of a transaction block the records are part of it.
func TestRepoJoinsTheTransaction(t *testing.T) {
	t.Parallel()
	databases(t, []any{Flag{}}, func(t *testing.T, db *engine.Engine) {
		flags, sorry := engine.Repo[Flag](db), errors.New("sorry")
		for _, fails := range []bool{true, false} {
			wf := dataflow.NewWorkflow("w").AddTransaction("tx", func(tx *dataflow.Workflow) {
				tx.AddFunc("make", func(ctx context.Context, _ dataflow.Params) (dataflow.Params, error) {
					f, err := flags.Create(ctx, Flag{Name: "x"})
					if err == nil && fails {
						err = sorry
					}
					return dataflow.Params{"id": f.ID}, err
				})
			})
			if _, err := db.Run(t.Context(), wf); errors.Is(err, sorry) != fails {
				t.Errorf("the run ended with %v", err)
			}
			if n, err := flags.Count(t.Context(), nil); err != nil || (n == 0) != fails {
				t.Errorf("%d records, %v", n, err)
			}
		}
	})
}

// What is wrong with the type comes as an error of the first operation.
func TestRepoOfWhatIsNoModel(t *testing.T) {
	t.Parallel()
	type plain struct{ ID string }
	type keyless struct {
		dataflow.Model
		Name string
	}
	type Stranger struct {
		dataflow.Model
		ID string
	}
	db, ctx := open(t, "sqlite::memory:", engine.WithModels(Flag{})), t.Context()
	every := func(code errcatalog.Code, errs ...error) {
		t.Helper()
		for i, err := range errs {
			if !errors.Is(err, code) {
				t.Errorf("operation %d: %v, want %s", i, err, code)
			}
		}
	}
	every(errcatalog.DF603, operationErrors[plain](ctx, db, plain{})...)
	every(errcatalog.DF603, operationErrors[*Flag](ctx, db, nil)...)
	every(errcatalog.DF603, operationErrors[int](ctx, db, 1)...)
	every(errcatalog.DF603, operationErrors[any](ctx, db, Flag{})...)
	every(errcatalog.DF603, operationErrors(ctx, db, map[string]any{"id": 1})...)
	every(errcatalog.DF606, operationErrors(ctx, db, keyless{})...)
	every(errcatalog.DF701, operationErrors(ctx, db, Stranger{})...)
	{
		type Flag struct { // not the one that is registered
			dataflow.Model
			ID string
		}
		every(errcatalog.DF701, operationErrors(ctx, db, Flag{})...)
	}
	if n, err := engine.Repo[Flag](db).Count(ctx, nil); n != 0 || err != nil {
		t.Errorf("%d records, %v", n, err)
	}
}

func operationErrors[T any](ctx context.Context, db *engine.Engine, record T) []error {
	r := engine.Repo[T](db).ForTenant("t").WithZero("x")
	_, _, upsert := r.Upsert(ctx, record)
	_, _, update := r.Update(ctx, P{"id": "a"}, P{"x": 1})
	_, _, bulkUpsert := r.BulkUpsert(ctx, []T{record})
	return []error{
		second(r.Create(ctx, record)), second(r.Read(ctx, "a")), update, second(r.Delete(ctx, P{"id": "a"})), second(r.List(ctx, nil)), second(r.Count(ctx, nil)),
		upsert, second(r.BulkCreate(ctx, []T{record})), second(r.BulkUpdate(ctx, nil, P{"x": 1})), second(r.BulkDelete(ctx, nil)), bulkUpsert,
	}
}

func BenchmarkDecode(b *testing.B) {
	db := open(b, "sqlite::memory:", engine.WithModels(Member{}))
	members, ctx := engine.Repo[Member](db), b.Context()
	many := make([]Member, 1000)
	for i := range many {
		many[i] = Member{ID: fmt.Sprint(i), Email: fmt.Sprintf("m%d@x.com", i)}
	}
	if _, err := members.BulkCreate(ctx, many); err != nil {
		b.Fatal(err)
	}
	page := P{"limit": 1000}
	b.Run("maps", func(b *testing.B) {
		for b.Loop() {
			if _, err := db.Model("Member").List(ctx, page); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("Repo", func(b *testing.B) {
		for b.Loop() {
			if _, err := members.List(ctx, page); err != nil {
				b.Fatal(err)
			}
		}
	})
	res, err := db.Run(ctx, dataflow.NewWorkflow("w").AddNode("MemberListNode", "list", page))
	if err != nil {
		b.Fatal(err)
	}
	b.Run("AsList alone", func(b *testing.B) {
		for b.Loop() {
			if _, err := engine.AsList[Member](res, "list"); err != nil {
				b.Fatal(err)
			}
		}
	})
}
