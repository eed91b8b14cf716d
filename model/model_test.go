package model_test

import (
	"fmt"
	"go/token"
	"go/types"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/model"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/tools/go/packages"
)

// TestFrontEnds: reflection and go/types make the same model, and find the same
// mistakes, from the same struct.
func TestFrontEnds(t *testing.T) {
	fset := token.NewFileSet()
	pkgs, err := packages.Load(&packages.Config{Mode: packages.NeedName | packages.NeedTypes | packages.NeedImports | packages.NeedDeps | packages.NeedExportFile | packages.NeedSyntax | packages.NeedFiles, Tests: true, Fset: fset}, ".")
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(pkgs, func(p *packages.Package) bool { return p.Name == "model_test" })
	if i < 0 || len(pkgs[i].Errors) > 0 {
		t.Fatalf("the test package did not load: %v", pkgs)
	}
	scope := pkgs[i].Types.Scope()
	for _, v := range declared() {
		name := reflect.TypeOf(v).Name()
		t.Run(name, func(t *testing.T) {
			byReflection, problems := model.FromStruct(v)
			fromSource, sourceProblems := model.FromTypes(scope.Lookup(name).(*types.TypeName), fset)
			ignore := cmp.Options{cmpopts.IgnoreTypes(token.Position{}, errcatalog.Span{}), cmpopts.IgnoreFields(model.Model{}, "PkgPath")}
			if diff := cmp.Diff(byReflection, fromSource, ignore); diff != "" {
				t.Errorf("models differ (-reflect +types):\n%s", diff)
			}
			if diff := cmp.Diff(problems, sourceProblems, ignore); diff != "" {
				t.Errorf("problems differ (-reflect +types):\n%s", diff)
			}
			for _, p := range sourceProblems {
				if !p.Span.IsValid() {
					t.Errorf("%s from source has no place", p.Message)
				}
			}
		})
	}
}

func describe(m *model.Model) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", m.Name, m.Table)
	for _, f := range m.Fields {
		fmt.Fprintf(&b, "%s %s", f.Column, f.Type)
		if f.Primary {
			b.WriteString(" primary")
		}
		if f.Auto != model.AutoNone {
			fmt.Fprintf(&b, " auto%d", f.Auto)
		}
		if f.HasDefault {
			fmt.Fprintf(&b, " default=%v", f.Default)
		}
		if f.Ref != nil {
			fmt.Fprintf(&b, " ref=%s.%s %s", f.Ref.Model, f.Ref.Column, f.Ref.OnDelete)
		}
		if f.RequiredOnCreate() {
			b.WriteString(" required")
		}
		b.WriteByte('\n')
	}
	for _, k := range m.Keys {
		fmt.Fprintf(&b, "key %s %v\n", k.Name, k.Columns)
	}
	for _, x := range m.Indexes {
		fmt.Fprintf(&b, "index %s %v\n", x.Name, x.Columns)
	}
	return b.String()
}

func TestModels(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		v    any
		want string
	}{
		{User{}, `User members
id string primary required
email string required
full_name string required
nickname *string
status string default=new
created_at time.Time auto2
updated_at time.Time auto3
key  [id]
key email [email]
index status [status]
`},
		{OrderItem{}, `OrderItem order_items
order_id int64 primary ref=Order.id cascade required
product_id string primary required
position int required
shelf string required
key  [order_id product_id]
key place [position shelf]
index by_product [product_id]
`},
		{&Document{}, `Document documents
id int64 primary auto1
title string required
version int auto5
deleted_at *time.Time auto4
org_id string auto6
key  [id]
`},
		{Order{}, `Order orders
id int64 primary auto1
price decimal.Decimal default=9.99
due time.Time default=2026-01-02 15:04:05 +0000 UTC
note string default=a, b
key  [id]
`},
		{Keyed{}, `Keyed keyeds
id int64 primary auto1
org string required
email string required
name string required
key  [id]
key org_email [org email]
key email_name [email name]
index name_org [name org]
`},
		{Shadow{}, `Shadow shadows
id string primary required
created_at time.Time auto2
name int required
key  [id]
`},
	} {
		m, problems := model.FromStruct(tc.v)
		if len(problems) > 0 {
			t.Errorf("%T: %v", tc.v, problems)
			continue
		}
		if diff := cmp.Diff(tc.want, describe(m)); diff != "" {
			t.Errorf("%T (-want +got):\n%s", tc.v, diff)
		}
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		v    any
		want string
	}{
		{NotAModel{}, "DF-603"},
		{42, "DF-603"},
		{nil, "DF-603"},
		{NoKey{}, "DF-606"},
		{BadTypes{}, strings.TrimSpace(strings.Repeat("DF-604 ", 8))},
		{BadTags{}, "DF-605 tabel DF-605 pk DF-605 uniqe DF-609 many DF-605 ref DF-605 ondelete DF-605 a b DF-601 nosuchrule"},
		{Twice{}, "DF-607"},
		{BadKeys{}, "DF-605 joined DF-605 nope DF-605 declared DF-605 twice"},
		{BadAuto{}, "DF-608 CreatedAt DF-608 DeletedAt"},
		{PointerKey{}, "DF-601"},
		{EmbedsPointer{}, "DF-604"},
	} {
		_, problems := model.FromStruct(tc.v)
		rest := tc.want
		for _, p := range problems {
			code, after, _ := strings.Cut(rest, " ")
			if string(p.Code) != code {
				t.Errorf("%T: got %s %q, want %q next", tc.v, p.Code, p.Message, rest)
				break
			}
			if i := strings.Index(after, "DF-"); i != 0 {
				word := after
				if i > 0 {
					word, after = strings.TrimSpace(after[:i]), after[i:]
				} else {
					after = ""
				}
				if !strings.Contains(p.Message, word) {
					t.Errorf("%T: %q does not speak of %q", tc.v, p.Message, word)
				}
			}
			rest = after
		}
		if rest != "" {
			t.Errorf("%T: not reported: %q", tc.v, rest)
		}
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for field, want := range map[string]string{
		"ID": "id", "UserID": "user_id", "CreatedAt": "created_at", "HTTPPort": "http_port", "Name": "name", "X": "x",
		"APIKey": "api_key", "Address2": "address2", "already_snake": "already_snake", "Größe": "größe",
	} {
		if got := model.ColumnName(field); got != want {
			t.Errorf("ColumnName(%q) = %q, want %q", field, got, want)
		}
	}
	for name, want := range map[string]string{
		"User": "users", "OrderItem": "order_items", "Person": "people", "SalesPerson": "sales_people", "Category": "categories", "Box": "boxes", "Address": "addresses",
	} {
		if got := model.TableName(name); got != want {
			t.Errorf("TableName(%q) = %q, want %q", name, got, want)
		}
	}
	for typ, want := range map[string]string{
		"UserCreateNode": "[{User Create}]", "UserBulkCreateNode": "[{User BulkCreate} {UserBulk Create}]",
		"CreateNode": "[]", "UserDestroyNode": "[]", "UserCreate": "[]", "": "[]",
	} {
		if got := fmt.Sprint(model.ParseNodeType(typ)); got != want {
			t.Errorf("ParseNodeType(%q) = %s, want %s", typ, got, want)
		}
	}
}

func TestCheckSet(t *testing.T) {
	t.Parallel()
	item, _ := model.FromStruct(OrderItem{})
	order, _ := model.FromStruct(Order{})
	if problems := model.CheckSet([]*model.Model{item, order}); len(problems) > 0 {
		t.Error(problems)
	}
	problems := model.CheckSet([]*model.Model{item})
	if len(problems) != 1 || problems[0].Code != errcatalog.DF601 || !strings.Contains(problems[0].Message, "Order") {
		t.Errorf("missing reference: %v", problems)
	}
	same := *order
	same.Name = "Purchase"
	problems = model.CheckSet([]*model.Model{order, &same})
	if len(problems) != 1 || problems[0].Code != errcatalog.DF602 || !strings.Contains(problems[0].Message, "table orders") {
		t.Errorf("same table: %v", problems)
	}
}
