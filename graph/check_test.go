package graph_test

import (
	"context"
	"fmt"
	"go/parser"
	"strings"
	"testing"
	"time"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/model"
	"github.com/google/uuid"
	"github.com/shopspring/decimal"
)

type User struct {
	dataflow.Model
	ID        string
	Email     string `df:",unique" validate:"email"`
	Name      string `df:"full_name"`
	Age       int    `df:",default=18" validate:"max=120"`
	Active    bool   `df:",default=true"`
	Tags      []string
	Nickname  *string
	Settings  map[string]any
	CreatedAt time.Time
}

type Order struct {
	dataflow.Model `df:"softdelete"`
	ID             int64
	UserID         string `df:",ref=User.id"`
	Total          decimal.Decimal
	Ref            uuid.UUID
	PlacedAt       *time.Time
}

type OrderItem struct {
	dataflow.Model
	OrderID   int64  `df:",pk"`
	ProductID string `df:",pk"`
	Quantity  int32
}

func shop(t testing.TB) *graph.ModelSet {
	t.Helper()
	var models []*model.Model
	for _, v := range []any{User{}, Order{}, OrderItem{}} {
		m, problems := model.FromStruct(v)
		if len(problems) > 0 {
			t.Fatalf("%T: %v", v, problems)
		}
		models = append(models, m)
	}
	if problems := model.CheckSet(models); len(problems) > 0 {
		t.Fatal(problems)
	}
	return graph.NewModelSet(models...)
}

// user is a valid UserCreateNode's parameters with changes: a nil func value deletes.
func user(change ...any) dataflow.Params {
	p := dataflow.Params{"id": "u1", "email": "a@example.com", "full_name": "Alice"}
	for i := 0; i+1 < len(change); i += 2 {
		if key := change[i].(string); change[i+1] == drop {
			delete(p, key)
		} else {
			p[key] = change[i+1]
		}
	}
	return p
}

var drop = &struct{}{}

// TestNodeRules: one mistake, one finding. want is "CODE path" for each, in order,
// with "→ suggestion" where there is one.
func TestNodeRules(t *testing.T) {
	models := shop(t)
	type P = dataflow.Params
	for _, tc := range []struct {
		name string
		typ  string
		p    P
		want string
	}{
		{"create", "UserCreateNode", user(), ""},
		{"create all", "UserCreateNode", user("age", 3, "active", false, "tags", []string{"a"}, "nickname", nil, "settings", P{"a": 1}), ""},
		{"missing one", "UserCreateNode", user("email", drop), "DF-101 email"},
		{"missing several", "UserCreateNode", user("email", drop, "id", drop), "DF-101 id, email"},
		{"generated key", "OrderCreateNode", P{"user_id": "u", "total": "19.99", "ref": uuid.New()}, ""},
		{"given generated key", "OrderCreateNode", P{"id": 7, "user_id": "u", "total": 3, "ref": uuid.NewString()}, ""},
		{"number for text", "UserCreateNode", user("id", 7), `DF-102 id → "7"`},
		{"text for number", "UserCreateNode", user("age", "42"), `DF-102 age → 42`},
		{"one for bool", "UserCreateNode", user("active", 1), `DF-102 active → true`},
		{"float for decimal", "OrderCreateNode", P{"user_id": "u", "total": 19.5, "ref": uuid.New()}, `DF-102 total → "19.5"`},
		{"float for int", "UserCreateNode", user("age", 1.5), `DF-102 age`},
		{"bad time", "OrderCreateNode", P{"user_id": "u", "total": "1", "ref": uuid.New(), "placed_at": "yesterday"}, `DF-102 placed_at`},
		{"good time", "OrderCreateNode", P{"user_id": "u", "total": "1", "ref": uuid.New(), "placed_at": "2026-01-02T15:04:05Z"}, ``},
		{"map for text", "UserCreateNode", user("full_name", P{"a": 1}), `DF-102 full_name`},
		{"out of range", "OrderItemCreateNode", P{"order_id": 1, "product_id": "p", "quantity": 1 << 40}, "DF-103 quantity"},
		{"kept by engine", "UserCreateNode", user("created_at", time.Now()), "DF-104 created_at"},
		{"wrong key name", "UserCreateNode", user("id", drop, "user_id", "u1"), "DF-106 user_id → id"},
		{"filter on create", "UserCreateNode", P{"filter": P{"id": "u"}, "fields": P{"full_name": "x"}}, "DF-107 fields"},
		{"flat update", "UserUpdateNode", P{"id": "u1", "full_name": "B"}, "DF-107 full_name"},
		{"list for single", "UserCreateNode", user("email", []string{"a@example.com"}), `DF-108 email → "a@example.com"`},
		{"single for list", "UserCreateNode", user("tags", "a"), `DF-108 tags → []string{"a"}`},
		{"nil for not null", "UserCreateNode", user("email", nil), "DF-109 email"},
		{"unknown", "UserCreateNode", user("emial", "x"), "DF-111 emial → email"},
		{"unknown for required", "UserCreateNode", user("email", drop, "emial", "a@example.com"), "DF-111 emial → email"},
		{"go name", "UserCreateNode", user("email", drop, "Email", "a@example.com"), "DF-114 Email → email"},
		{"breaks rule", "UserCreateNode", user("email", "nobody"), "DF-117 email"},
		{"breaks max", "UserCreateNode", user("age", 121), "DF-117 age → 120"},
		{"input default breaks rule", "UserCreateNode", user("age", dataflow.Input("age").Default(121)), "DF-117 age → 120"},
		{"input", "UserCreateNode", user("age", dataflow.Input("age")), ""},

		{"read", "UserReadNode", P{"id": "u"}, ""},
		{"read by unique", "UserReadNode", P{"filter": P{"email": "a@example.com"}}, ""},
		{"read nothing", "UserReadNode", P{}, "DF-702 id"},
		{"read by name", "UserReadNode", P{"filter": P{"full_name": "A"}}, "DF-702 id"},
		{"read $in", "UserReadNode", P{"filter": P{"id": P{"$in": []string{"a"}}}}, "DF-702 id"},
		{"read wrong key", "UserReadNode", P{"user_id": "u"}, "DF-106 user_id → id"},
		{"read misspelled key", "UserReadNode", P{"idd": "u"}, "DF-111 idd → id"},
		{"read half a key", "OrderItemReadNode", P{"order_id": 1}, "DF-105 product_id"},
		{"read whole key", "OrderItemReadNode", P{"order_id": 1, "product_id": "p"}, ""},
		{"delete nothing", "UserDeleteNode", P{}, "DF-705 id"},
		{"hard", "OrderDeleteNode", P{"id": 1, "hard": true}, ""},
		{"hard without softdelete", "UserDeleteNode", P{"id": "u", "hard": true}, "DF-115 hard"},

		{"update", "UserUpdateNode", P{"filter": P{"id": "u"}, "fields": P{"age": 3}}, ""},
		{"update without filter", "UserUpdateNode", P{"fields": P{"age": 3}}, "DF-101 filter"},
		{"update updates", "UserUpdateNode", P{"conditions": P{"id": "u"}, "updates": P{"age": 3}}, "DF-111 conditions → filter; DF-111 updates → fields"},
		{"update empty filter", "UserUpdateNode", P{"filter": P{}, "fields": P{"age": 3}}, "DF-704 filter"},
		{"update by name", "UserUpdateNode", P{"filter": P{"full_name": "A"}, "fields": P{"age": 3}}, "DF-704 filter"},
		{"update by and", "UserUpdateNode", P{"filter": P{"$and": []P{{"id": "u"}, {"age": 3}}}, "fields": P{"age": 3}}, ""},
		{"update unknown field", "UserUpdateNode", P{"filter": P{"id": "u"}, "fields": P{"agee": 3}}, "DF-111 fields.agee → age"},
		{"update nothing", "UserUpdateNode", P{"filter": P{"id": "u"}, "fields": P{}}, "DF-110 fields"},
		{"update misspelled key", "UserUpdateNode", P{"filter": P{"emial": "u"}, "fields": P{"age": 1}}, "DF-112 filter.emial → email"},

		{"list", "UserListNode", P{"filter": P{"age": P{"$gte": 18, "$lt": 65}, "email": P{"$like": "%@x"}}, "order_by": []string{"-created_at", "id"}, "limit": 5}, ""},
		{"list or", "UserListNode", P{"filter": P{"$or": []any{P{"age": 1}, P{"$not": P{"active": true}}}}}, ""},
		{"list json path", "UserListNode", P{"filter": P{"settings.theme": "dark", "tags": P{"$contains": "a"}}}, ""},
		{"list null", "UserListNode", P{"filter": P{"nickname": nil, "email": P{"$null": false}}}, ""},
		{"filters", "UserListNode", P{"filters": P{"age": 1}}, "DF-111 filters → filter"},
		{"flat filter", "OrderListNode", P{"user_id": "u"}, "DF-111 user_id → filter.user_id"},
		{"django", "UserListNode", P{"filter": P{"age__gte": 18}}, "DF-112 filter.age__gte → age"},
		{"operator", "UserListNode", P{"filter": P{"age": P{"gte": 18}}}, "DF-113 filter.age.gte → $gte"},
		{"operator without column", "UserListNode", P{"filter": P{"$gte": 18}}, "DF-113 filter.$gte"},
		{"list in equality", "UserListNode", P{"filter": P{"id": []string{"a", "b"}}}, "DF-108 filter.id"},
		{"single in $in", "UserListNode", P{"filter": P{"id": P{"$in": "a"}}}, `DF-108 filter.id.$in → []string{"a"}`},
		{"like on number", "UserListNode", P{"filter": P{"age": P{"$like": "1%"}}}, "DF-102 filter.age.$like"},
		{"between three", "UserListNode", P{"filter": P{"age": P{"$between": []int{1, 2, 3}}}}, "DF-103 filter.age.$between"},
		{"bad regex", "UserListNode", P{"filter": P{"email": P{"$regex": "("}}}, "DF-103 filter.email.$regex"},
		{"filter type", "UserListNode", P{"filter": P{"age": "old"}}, "DF-102 filter.age"},
		{"order form", "UserListNode", P{"order_by": []string{"created_at desc"}}, "DF-103 order_by.0 → -created_at"},
		{"order column", "UserListNode", P{"order_by": []string{"-createdat"}}, "DF-112 order_by.0 → -created_at"},
		{"order go name", "UserListNode", P{"order_by": []string{"-CreatedAt"}}, "DF-114 order_by.0 → -created_at"},
		{"order text", "UserListNode", P{"order_by": "id"}, `DF-108 order_by → []string{"id"}`},
		{"projection", "UserListNode", P{"fields": []string{"id", "mail"}}, "DF-112 fields.1 → email"},
		{"limit zero", "UserListNode", P{"limit": 0}, "DF-103 limit"},
		{"limit huge", "UserListNode", P{"limit": 1000000}, "DF-508 limit"},
		{"count", "UserCountNode", P{}, ""},

		{"upsert", "UserUpsertNode", P{"where": P{"email": "a@example.com"}, "create": P{"id": "u", "full_name": "A"}, "update": P{"age": 3}}, ""},
		{"upsert without where", "UserUpsertNode", P{"create": user()}, "DF-707 where"},
		{"upsert empty where", "UserUpsertNode", P{"where": P{}, "create": user()}, "DF-707 where"},
		{"upsert without create", "UserUpsertNode", P{"where": P{"id": "u"}}, "DF-708 create"},
		{"upsert missing column", "UserUpsertNode", P{"where": P{"id": "u"}, "create": P{"full_name": "A"}}, "DF-101 create.email"},
		{"upsert no key", "UserUpsertNode", P{"where": P{"full_name": "A"}, "create": user()}, "DF-709 where"},
		{"upsert conflict_on", "UserUpsertNode", P{"where": P{"id": "u"}, "conflict_on": []string{"full_name"}, "create": user()}, "DF-709 conflict_on"},
		{"upsert empty conflict_on", "UserUpsertNode", P{"where": P{"id": "u"}, "conflict_on": []string{}, "create": user()}, "DF-706 conflict_on"},
		{"upsert composite", "OrderItemUpsertNode", P{"where": P{"order_id": 1, "product_id": "p"}, "create": P{"quantity": 3}}, ""},

		{"bulk", "UserBulkCreateNode", P{"data": []P{user(), user("id", "u2")}}, ""},
		{"bulk empty", "UserBulkCreateNode", P{"data": []P{}}, "DF-110 data"},
		{"bulk records", "UserBulkCreateNode", P{"records": []P{user()}}, "DF-111 records → data"},
		{"bulk row", "UserBulkCreateNode", P{"data": []P{user(), user("email", drop)}}, "DF-101 data.1.email"},
		{"bulk map", "UserBulkCreateNode", P{"data": user()}, `DF-108 data → []dataflow.Params{dataflow.Params{"email": "a@example.com", "full_name": "Alice", "id": "u1"}}`},
		{"bulk conflict", "UserBulkCreateNode", P{"data": []P{user()}, "on_conflict": "ignore"}, "DF-103 on_conflict"},
		{"bulk update rows", "UserBulkUpdateNode", P{"data": []P{{"id": "u", "age": 1}}}, ""},
		{"bulk update row without key", "UserBulkUpdateNode", P{"data": []P{{"age": 1}}}, "DF-105 data.0.id"},
		{"bulk update nothing", "UserBulkUpdateNode", P{}, "DF-101 filter, fields"},
		{"bulk delete", "UserBulkDeleteNode", P{"ids": []string{"a"}}, ""},
		{"bulk delete all", "UserBulkDeleteNode", P{}, "DF-713 confirm"},
		{"bulk delete confirmed", "UserBulkDeleteNode", P{"filter": P{}, "confirm": true}, ""},

		{"no such type", "UsrCreateNode", P{}, "DF-701  → UserCreateNode"},
		{"no such operation", "UserDestroyNode", P{}, "DF-711  → UserDeleteNode"},
		{"no node", "UserCreate", P{}, "DF-701  → UserCreateNode"},
		{"switch", "SwitchNode", P{"condition": "total > 1", "total": 3}, ""},
		{"switch nothing", "SwitchNode", P{}, "DF-101 condition"},
		{"switch unknown name", "SwitchNode", P{"condition": "totl > 1", "total": 3}, "DF-716 condition → total"},
		{"switch constant", "SwitchNode", P{"condition": "1 < 2"}, "DF-809 condition"},
		{"merge mode", "MergeNode", P{"mode": "last"}, "DF-103 mode"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			wf := dataflow.NewWorkflow("test").AddNode(tc.typ, "n", tc.p)
			var got []string
			for _, f := range graph.Check(wf.Graph(), models) {
				s := fmt.Sprintf("%s %s", f.Code, f.Details.Param)
				if f.Details.Suggestion != "" {
					s += " → " + f.Details.Suggestion
				}
				got = append(got, s)
				checkFinding(t, f)
			}
			if g := strings.Join(got, "; "); g != tc.want {
				t.Errorf("got  %q\nwant %q", g, tc.want)
			}
		})
	}
}

// checkFinding checks what every finding has: a place, a message of one line that
// names the node, a page.
func checkFinding(t *testing.T, f graph.Finding) {
	t.Helper()
	if !strings.HasSuffix(f.Span.Start.Filename, "_test.go") || f.Span.Start.Line == 0 {
		t.Errorf("%s: no place: %v", f.Code, f.Span)
	}
	if strings.Contains(f.Message, "\n") || f.Message == "" {
		t.Errorf("%s: message %q", f.Code, f.Message)
	}
	if m := f.Details.Mended; m != "" {
		if _, err := parser.ParseExpr(m); err != nil {
			t.Errorf("%s: the mended call is no Go: %v\n%s", f.Code, err, m)
		}
	}
	if page := errcatalog.New(f.Finding).Error(); !strings.Contains(page, f.Message) {
		t.Errorf("%s: the page lacks the message:\n%s", f.Code, page)
	}
}

// TestConnectionRules: want is "CODE" for each finding, with "→ suggestion".
func TestConnectionRules(t *testing.T) {
	models := shop(t)
	type P = dataflow.Params
	base := func() *dataflow.Workflow {
		return dataflow.NewWorkflow("test").
			AddNode("UserCreateNode", "create", user()).
			AddNode("UserListNode", "users", P{"limit": 3}).
			AddNode("OrderListNode", "orders", P{})
	}
	bulk := func(wf *dataflow.Workflow) *dataflow.Workflow {
		return wf.AddNode("UserBulkUpsertNode", "bulk", P{"data": []P{user()}})
	}
	for _, tc := range []struct {
		name  string
		build func(wf *dataflow.Workflow)
		want  string
	}{
		{"filter", func(wf *dataflow.Workflow) { wf.AddConnection("create", "id", "orders", "filter.user_id") }, ""},
		{"record", func(wf *dataflow.Workflow) { wf.AddConnection("users", "records.0.id", "orders", "filter.user_id") }, ""},
		{"operator", func(wf *dataflow.Workflow) { wf.AddConnection("users", "records.0.age", "orders", "filter.id.$gte") }, ""},
		{"trigger", func(wf *dataflow.Workflow) { wf.AddConnection("create", "id", "orders", "trigger") }, ""},
		{"unknown node", func(wf *dataflow.Workflow) { wf.AddConnection("creat", "id", "orders", "filter.user_id") }, "DF-201 → create"},
		{"unknown target", func(wf *dataflow.Workflow) { wf.AddConnection("create", "id", "order", "filter.user_id") }, "DF-201 → orders"},
		{"unknown output", func(wf *dataflow.Workflow) { wf.AddConnection("create", "ident", "orders", "filter.user_id") }, "DF-202"},
		{"results", func(wf *dataflow.Workflow) { wf.AddConnection("users", "results.0.id", "orders", "filter.user_id") }, "DF-202 → records.0.id"},
		{"keys and actions of a bulk", func(wf *dataflow.Workflow) {
			bulk(wf).AddConnection("bulk", "ids.0", "orders", "filter.user_id").AddConnection("bulk", "actions.0", "users", "filter.full_name")
		}, ""},
		{"keys", func(wf *dataflow.Workflow) { bulk(wf).AddConnection("bulk", "keys.0", "orders", "filter.user_id") }, "DF-202 → ids.0"},
		{"action of a bulk", func(wf *dataflow.Workflow) { bulk(wf).AddConnection("bulk", "action", "users", "filter.full_name") }, "DF-202 → actions"},
		{"actions into single", func(wf *dataflow.Workflow) { bulk(wf).AddConnection("bulk", "actions", "users", "filter.full_name") }, "DF-203"},
		{"type", func(wf *dataflow.Workflow) { wf.AddConnection("create", "active", "orders", "filter.user_id") }, "DF-203"},
		{"list into single", func(wf *dataflow.Workflow) { wf.AddConnection("users", "records", "orders", "filter.user_id") }, "DF-203"},
		{"text into limit", func(wf *dataflow.Workflow) { wf.AddConnection("create", "id", "orders", "limit") }, "DF-203"},
		{"count into limit", func(wf *dataflow.Workflow) { wf.AddConnection("users", "count", "orders", "limit") }, ""},
		{"cycle", func(wf *dataflow.Workflow) {
			wf.AddConnection("users", "count", "orders", "limit").AddConnection("orders", "count", "users", "offset")
		}, "DF-204"},
		{"dependency cycle", func(wf *dataflow.Workflow) { wf.AddDependency("users", "orders").AddDependency("orders", "users") }, "DF-204"},
		{"unknown dependency on the only other node", func(wf *dataflow.Workflow) { wf.AddDependency("orders", "order") }, "DF-201"},
		{"unknown dependency", func(wf *dataflow.Workflow) { wf.AddDependency("user", "orders") }, "DF-201 → users"},
		{"no index", func(wf *dataflow.Workflow) { wf.AddConnection("users", "records.id", "orders", "filter.user_id") }, "DF-205 → records.0.id"},
		{"unknown column in record", func(wf *dataflow.Workflow) { wf.AddConnection("users", "records.0.emial", "orders", "filter.user_id") }, "DF-205 → records.0.email"},
		{"into scalar", func(wf *dataflow.Workflow) { wf.AddConnection("create", "id.x", "orders", "filter.user_id") }, "DF-205 → id"},
		{"empty part", func(wf *dataflow.Workflow) { wf.AddConnection("users", "records..id", "orders", "filter.user_id") }, "DF-205"},
		{"no such parameter", func(wf *dataflow.Workflow) { wf.AddConnection("create", "id", "orders", "user_id") }, "DF-206 → filter.user_id"},
		{"no such column", func(wf *dataflow.Workflow) { wf.AddConnection("create", "id", "orders", "filter.userid") }, "DF-112 → filter.user_id"},
		{"twice", func(wf *dataflow.Workflow) {
			wf.AddConnection("create", "id", "orders", "filter.user_id").AddConnection("create", "id", "orders", "filter.user_id")
		}, "DF-207"},
		{"nullable", func(wf *dataflow.Workflow) {
			wf.AddNode("UserCreateNode", "other", user("full_name", drop)).AddConnection("create", "nickname", "other", "full_name")
		}, "DF-208"},
		{"self", func(wf *dataflow.Workflow) { wf.AddConnection("users", "count", "users", "offset") }, "DF-210"},
		{"literal too", func(wf *dataflow.Workflow) { wf.AddConnection("orders", "count", "users", "limit") }, "DF-211"},
		{"another leaf", func(wf *dataflow.Workflow) {
			wf.AddNode("OrderListNode", "more", P{"filter": P{"id": 1}}).AddConnection("create", "id", "more", "filter.user_id")
		}, ""},
		{"fed twice", func(wf *dataflow.Workflow) {
			wf.AddConnection("create", "id", "orders", "filter.user_id").AddConnection("users", "records.0.id", "orders", "filter.user_id")
		}, "DF-212"},
		{"feeds required", func(wf *dataflow.Workflow) {
			wf.AddNode("OrderReadNode", "read", nil).AddConnection("orders", "records.0.id", "read", "id")
		}, ""},
		{"pins by connection", func(wf *dataflow.Workflow) {
			wf.AddNode("UserUpdateNode", "update", P{"fields": P{"age": 1}}).AddConnection("create", "id", "update", "filter.id")
		}, ""},
		{"upsert by connection", func(wf *dataflow.Workflow) {
			wf.AddNode("UserUpsertNode", "up", P{"create": P{"id": "x", "full_name": "A"}}).AddConnection("create", "email", "up", "where.email")
		}, ""},
		{"same id", func(wf *dataflow.Workflow) { wf.AddNode("UserCountNode", "users", nil) }, "DF-806 → users_2"},
		{"dot in id", func(wf *dataflow.Workflow) { wf.AddNode("UserCountNode", "a.b", nil) }, "DF-807 → a_b"},
		{"empty id", func(wf *dataflow.Workflow) { wf.AddNode("UserCountNode", "", nil) }, "DF-807"},
		{"reference as text", func(wf *dataflow.Workflow) { wf.AddNode("UserReadNode", "read", P{"id": "${create.id}"}) }, "DF-116"},
		{"reference to a list", func(wf *dataflow.Workflow) { wf.AddNode("UserReadNode", "read", P{"id": "$users.id"}) }, "DF-116"},
		{"reference beside a connection", func(wf *dataflow.Workflow) {
			wf.AddNode("UserReadNode", "read", P{"id": "${create.id}"}).AddConnection("create", "id", "read", "id")
		}, "DF-116"},
		{"misspelled target", func(wf *dataflow.Workflow) {
			wf.AddNode("OrderReadNode", "read", nil).AddConnection("orders", "records.0.id", "raed", "id")
		}, "DF-201 → read"},
		{"column of a list", func(wf *dataflow.Workflow) { wf.AddConnection("users", "email", "orders", "filter.user_id") }, "DF-202 → records.0.email"},
		{"dollars in text", func(wf *dataflow.Workflow) { wf.AddNode("UserReadNode", "read", P{"id": "${other.id}"}) }, ""},
		{"func", func(wf *dataflow.Workflow) {
			wf.AddFunc("f", func(_ context.Context, p P) (P, error) { return p, nil }).AddConnection("create", "id", "f", "x").AddConnection("f", "y", "orders", "filter.user_id")
		}, ""},
		{"switch", func(wf *dataflow.Workflow) {
			wf.AddNode("SwitchNode", "any", P{"condition": "len(users.records) > 0"}).AddConnection("users", "records", "any", "input").
				AddConnection("any", "true_output", "orders", "trigger")
		}, ""},
		{"switch output", func(wf *dataflow.Workflow) {
			wf.AddNode("SwitchNode", "any", P{"condition": "len(input) > 0"}).AddConnection("users", "records", "any", "input").
				AddConnection("any", "yes", "orders", "trigger")
		}, "DF-202"},
		{"transaction deadlock", func(wf *dataflow.Workflow) {
			wf.AddTransaction("tx", func(tx *dataflow.Workflow) {
				tx.AddNode("UserCountNode", "a", nil).AddNode("UserListNode", "b", nil)
			}).AddNode("OrderListNode", "out", nil).AddConnection("a", "count", "out", "limit").AddConnection("out", "count", "b", "limit")
		}, "DF-801"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			wf := base()
			tc.build(wf)
			var got []string
			for _, f := range graph.Check(wf.Graph(), models) {
				s := string(f.Code)
				if f.Details.Suggestion != "" {
					s += " → " + f.Details.Suggestion
				}
				got = append(got, s)
				checkFinding(t, f)
			}
			if g := strings.Join(got, "; "); g != tc.want {
				t.Errorf("got  %q\nwant %q", g, tc.want)
			}
		})
	}
}

// BenchmarkCheck: a chain of 1,000 nodes.
func BenchmarkCheck(b *testing.B) {
	models := shop(b)
	wf := dataflow.NewWorkflow("chain")
	for i := range 1000 {
		wf.AddNode("OrderListNode", fmt.Sprintf("n%d", i), dataflow.Params{"filter": dataflow.Params{"user_id": "u"}})
		if i > 0 {
			wf.AddConnection(fmt.Sprintf("n%d", i-1), "count", fmt.Sprintf("n%d", i), "limit")
		}
	}
	g := wf.Graph()
	b.ReportAllocs()
	for b.Loop() {
		if f := graph.Check(g, models); len(f) > 0 {
			b.Fatal(f[0].Message)
		}
	}
}
