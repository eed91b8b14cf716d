package engine_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/internal/testdb"
	"github.com/dataflow-go/dataflow/model"
)

// An oracle does in memory, in the simplest way there is, what the engine does on a
// database: what it yields is what both databases must yield.
type oracle struct {
	m      *model.Model
	unique string       // the column with a unique key; "" for none
	rows   map[string]P // by id
}

// anOutcome is what an operation yields: its outputs, or the code of its error.
type anOutcome struct {
	Out  any
	Code errcatalog.Code
}

// samples are few values for each column, so that they meet again.
var samples = map[string][]any{
	"b": {true, false}, "i": {0, 1, 2, 3, -1, math.MaxInt64}, "i64": {int64(7), int64(-7), int64(math.MinInt64)},
	"f64": {0.0, 1.5, -1e300, math.Inf(1)}, "s": {"", "a", "A", "ä", "a%", `x'y"z`, "--"},
	"t":   {time.Time{}, time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC), time.Date(1969, 12, 31, 23, 59, 59, 999999000, time.UTC)},
	"uid": {uuid.Nil, uuid.Max, uuid.UUID{1}}, "dec": {"9.5", "10", "-0.1", "123456789012345678901234567890"},
	"pb": {true, false, nil}, "pi": {1, 2, nil}, "ps": {"", "b", "B", nil}, "pt": {time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), nil},
	"ss": {[]string{}, []string{"a"}, []string{"a", ""}, []string{"ä", "a"}}, "is": {[]int{}, []int{1}, []int{2, 1}},
}

// drawModel is a model of some of the columns, with a table of its own.
func drawModel(t *rapid.T, whole *model.Model) *oracle {
	columns := slices.Sorted(maps.Keys(samples))
	some := rapid.SliceOfNDistinct(rapid.SampledFrom(columns), 1, 6, rapid.ID[string]).Draw(t, "columns")
	m := &model.Model{
		Name: "Random", PkgPath: "example.com/random", Table: "random_" + strings.ReplaceAll(uuid.NewString(), "-", "_"),
		Keys: []model.Key{{Columns: []string{"id"}, Primary: true}},
	}
	for _, f := range whole.Fields {
		if f.Column == "id" || slices.Contains(some, f.Column) {
			m.Fields = append(m.Fields, f)
		}
	}
	o := &oracle{m: m, rows: map[string]P{}}
	if f := m.FieldByColumn("i"); f != nil && rapid.Bool().Draw(t, "unique") {
		o.unique = "i"
		m.Keys = append(m.Keys, model.Key{Name: "i", Columns: []string{"i"}})
	}
	if rapid.Bool().Draw(t, "index") {
		m.Indexes = []model.Index{{Name: some[0], Columns: []string{some[0]}}}
	}
	return o
}

func (o *oracle) fields() []*model.Field {
	var fields []*model.Field
	for i := range o.m.Fields {
		if o.m.Fields[i].Column != "id" {
			fields = append(fields, &o.m.Fields[i])
		}
	}
	return fields
}

func drawID(t *rapid.T) string { return fmt.Sprint("r", rapid.IntRange(0, 7).Draw(t, "id")) }

func drawValue(t *rapid.T, f *model.Field) any {
	return rapid.SampledFrom(samples[f.Column]).Draw(t, f.Column)
}

// drawRow is a whole record; what it may leave out it sometimes does.
func (o *oracle) drawRow(t *rapid.T) P {
	p := P{"id": drawID(t)}
	for _, f := range o.fields() {
		if (f.Type.Nullable || f.Type.Array) && rapid.IntRange(0, 3).Draw(t, "leave out") == 0 {
			continue
		}
		p[f.Column] = drawValue(t, f)
	}
	return p
}

func (o *oracle) drawFields(t *rapid.T) P {
	p := P{}
	for _, f := range rapid.SliceOfNDistinct(rapid.SampledFrom(o.fields()), 1, 3, func(f *model.Field) string { return f.Column }).Draw(t, "fields") {
		p[f.Column] = drawValue(t, f)
	}
	return p
}

// drawFilter is a filter, and what it means.
func (o *oracle) drawFilter(t *rapid.T, depth int) (P, func(P) bool) {
	if depth > 0 {
		kind := rapid.SampledFrom([]string{"", "", "$and", "$or", "$not"}).Draw(t, "kind")
		switch kind {
		case "$not":
			p, is := o.drawFilter(t, depth-1)
			return P{"$not": p}, func(r P) bool { return !is(r) }
		case "$and", "$or":
			a, isA := o.drawFilter(t, depth-1)
			b, isB := o.drawFilter(t, depth-1)
			return P{kind: []any{a, b}}, func(r P) bool {
				if kind == "$and" {
					return isA(r) && isB(r)
				}
				return isA(r) || isB(r)
			}
		}
	}
	f := rapid.SampledFrom(o.fields()).Draw(t, "column")
	at := func(op string, operand any, is func(v any) bool) (P, func(P) bool) {
		return P{f.Column: P{op: operand}}, func(r P) bool { return is(r[f.Column]) }
	}
	v := drawValue(t, f)
	value := canonical(f.Type, v)
	if f.Type.Array {
		switch rapid.IntRange(0, 2).Draw(t, "operator") {
		case 0:
			return at("$eq", v, func(is any) bool { return gocmp.Equal(is, value) })
		case 1:
			return at("$ne", v, func(is any) bool { return !gocmp.Equal(is, value) })
		}
		if f.Type.Kind == model.KindString {
			return at("$contains", "a", func(is any) bool { return slices.Contains(is.([]string), "a") })
		}
		return at("$overlap", []int{1, 9}, func(is any) bool { return slices.Contains(is.([]int64), 1) })
	}
	ordered := func(test func(int) bool) func(any) bool {
		return func(is any) bool { return is != nil && value != nil && test(order(is, value)) }
	}
	ops := []string{"$eq", "$ne", "$null", "$in", "$nin"}
	if v != nil && f.Type.Kind != model.KindBool {
		ops = append(ops, "$gt", "$gte", "$lt", "$lte")
	}
	if f.Type.Kind == model.KindString && v != nil {
		ops = append(ops, "$contains")
	}
	switch op := rapid.SampledFrom(ops).Draw(t, "operator"); op {
	case "$eq":
		return at(op, v, func(is any) bool { return order(is, value) == 0 })
	case "$ne":
		return at(op, v, func(is any) bool { return order(is, value) != 0 })
	case "$null":
		return at(op, true, func(is any) bool { return is == nil })
	case "$in":
		return at(op, []any{v}, func(is any) bool { return order(is, value) == 0 })
	case "$nin":
		return at(op, []any{v}, func(is any) bool { return order(is, value) != 0 })
	case "$gt":
		return at(op, v, ordered(func(c int) bool { return c > 0 }))
	case "$gte":
		return at(op, v, ordered(func(c int) bool { return c >= 0 }))
	case "$lt":
		return at(op, v, ordered(func(c int) bool { return c < 0 }))
	case "$lte":
		return at(op, v, ordered(func(c int) bool { return c <= 0 }))
	default:
		return at(op, v, func(is any) bool { s, ok := is.(string); return ok && strings.Contains(s, value.(string)) })
	}
}

func canonical(t model.Type, v any) any {
	c, err := model.Convert(t, v)
	if err != nil {
		panic(err)
	}
	return c
}

// order compares two values of a column; null comes first.
func order(a, b any) int {
	if a == nil || b == nil {
		return cmp.Compare(b2n(a != nil), b2n(b != nil))
	}
	switch a := a.(type) {
	case bool:
		return cmp.Compare(b2n(a), b2n(b.(bool)))
	case int64:
		return cmp.Compare(a, b.(int64))
	case float64:
		return cmp.Compare(a, b.(float64))
	case string:
		return cmp.Compare(a, b.(string))
	case time.Time:
		return a.Compare(b.(time.Time))
	case uuid.UUID:
		x := b.(uuid.UUID)
		return bytes.Compare(a[:], x[:])
	case decimal.Decimal:
		return a.Cmp(b.(decimal.Decimal))
	}
	panic(fmt.Sprintf("%T has no order", a))
}

func b2n(b bool) int {
	if b {
		return 1
	}
	return 0
}

// stored is a record as it is read back.
func (o *oracle) stored(p P) P {
	r := P{}
	for i := range o.m.Fields {
		f := &o.m.Fields[i]
		v, ok := p[f.Column]
		if !ok && f.Type.Array {
			v = []any{}
		}
		r[f.Column] = canonical(f.Type, v)
	}
	return r
}

// taken reports whether another record has the row's unique key.
func (o *oracle) taken(r P) bool {
	for id, other := range o.rows {
		if o.unique != "" && id != r["id"] && other[o.unique] == r[o.unique] {
			return true
		}
	}
	return false
}

func (o *oracle) insert(r P) bool {
	if _, exists := o.rows[r["id"].(string)]; exists || o.taken(r) {
		return false
	}
	o.rows[r["id"].(string)] = r
	return true
}

// change sets fields of a record; it does not where that breaks the unique key.
func (o *oracle) change(id string, fields P) bool {
	r := maps.Clone(o.rows[id])
	for column, v := range fields {
		r[column] = canonical(o.m.FieldByColumn(column).Type, v)
	}
	if o.taken(r) {
		return false
	}
	o.rows[id] = r
	return true
}

func (o *oracle) matching(is func(P) bool) []string {
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(o.rows)) {
		if is(o.rows[id]) {
			ids = append(ids, id)
		}
	}
	return ids
}

// whole does what body does, or nothing where it fails.
func (o *oracle) whole(body func() (any, bool)) anOutcome {
	before := maps.Clone(o.rows)
	out, ok := body()
	if !ok {
		o.rows = before
		return anOutcome{Code: errcatalog.DF310}
	}
	return anOutcome{Out: out}
}

func with(r P, name string, v any) P {
	r = maps.Clone(r)
	r[name] = v
	return r
}

// drawStep is an operation: its parameters, and what comes of it.
func (o *oracle) drawStep(t *rapid.T) (op model.Operation, p P, outcome anOutcome) {
	ops := []model.Operation{model.Create, model.Read, model.Update, model.Delete, model.Upsert, model.Count, model.List, model.BulkCreate, model.BulkUpdate, model.BulkDelete, model.BulkUpsert}
	op = rapid.SampledFrom(ops).Draw(t, "operation")
	switch op {
	case model.Create:
		p = o.drawRow(t)
		return op, p, o.whole(func() (any, bool) { r := o.stored(p); return r, o.insert(r) })
	case model.Read:
		id := drawID(t)
		r, found := o.rows[id]
		if !found {
			return op, P{"id": id}, anOutcome{Code: errcatalog.DF703}
		}
		return op, P{"id": id}, anOutcome{Out: with(r, "found", true)}
	case model.Update:
		id, fields := drawID(t), o.drawFields(t)
		p = P{"filter": P{"id": id}, "fields": fields}
		if o.rows[id] == nil {
			return op, p, anOutcome{Out: "nothing"}
		}
		return op, p, o.whole(func() (any, bool) { ok := o.change(id, fields); return with(o.rows[id], "updated", true), ok })
	case model.Delete:
		id := drawID(t)
		_, found := o.rows[id]
		delete(o.rows, id)
		return op, P{"id": id}, anOutcome{Out: P{"id": id, "deleted": found}}
	case model.Upsert:
		create, update, key := o.drawRow(t), o.drawFields(t), "id"
		if o.unique != "" && rapid.Bool().Draw(t, "by unique") {
			key = o.unique
		}
		where := P{key: create[key]}
		delete(update, key)
		p = P{"where": where, "create": create}
		if len(update) > 0 {
			p["update"] = update
		}
		return op, p, o.whole(func() (any, bool) {
			r := o.stored(create)
			if there := o.matching(func(x P) bool { return x[key] == r[key] }); len(there) > 0 {
				ok := o.change(there[0], update)
				return P{"record": o.rows[there[0]], "created": false, "action": "updated"}, ok
			}
			ok := o.insert(r)
			return P{"record": r, "created": true, "action": "created"}, ok
		})
	case model.Count:
		filter, is := o.drawFilter(t, 3)
		return op, P{"filter": filter}, anOutcome{Out: P{"count": int64(len(o.matching(is)))}}
	case model.List:
		filter, is := o.drawFilter(t, 2)
		return o.drawList(t, filter, o.matching(is))
	case model.BulkCreate:
		data, mode := o.drawRows(t), rapid.SampledFrom([]string{"error", "skip"}).Draw(t, "on_conflict")
		return op, P{"data": data, "on_conflict": mode}, o.whole(func() (any, bool) {
			ids := []any{}
			for _, row := range data {
				switch {
				case o.insert(o.stored(row)):
					ids = append(ids, row["id"])
				case mode == "error":
					return nil, false
				}
			}
			return P{"count": int64(len(ids)), "ids": ids}, true
		})
	case model.BulkUpdate:
		filter, is := o.drawFilter(t, 2)
		fields := o.drawFields(t)
		return op, P{"filter": filter, "fields": fields}, o.whole(func() (any, bool) {
			ids := o.matching(is)
			ok := true
			for _, id := range ids {
				ok = ok && o.change(id, fields)
			}
			return P{"count": int64(len(ids))}, ok
		})
	case model.BulkDelete:
		filter, is := o.drawFilter(t, 2)
		ids := o.matching(is)
		for _, id := range ids {
			delete(o.rows, id)
		}
		return op, P{"filter": filter}, anOutcome{Out: P{"count": int64(len(ids))}}
	}
	data := o.drawRows(t)
	if o.unique != "" { // which values may pass from one record to another on the way
		for i, row := range data {
			row[o.unique] = 1_000_000*(i+1) + rapid.IntRange(0, 999_999).Draw(t, "unique value")
		}
	}
	return model.BulkUpsert, P{"data": data}, o.whole(func() (any, bool) {
		created, ids, actions := int64(0), []any{}, []string{}
		for _, row := range data {
			r := o.stored(row)
			_, there := o.rows[r["id"].(string)]
			ids, actions = append(ids, row["id"]), append(actions, [...]string{"created", "updated"}[b2n(there)])
			if !there {
				created++
				if !o.insert(r) {
					return nil, false
				}
				continue
			}
			given := maps.Clone(row)
			delete(given, "id")
			if !o.change(r["id"].(string), given) {
				return nil, false
			}
		}
		return P{"count": int64(len(data)), "created": created, "updated": int64(len(data)) - created, "ids": ids, "actions": actions}, true
	})
}

func (o *oracle) drawRows(t *rapid.T) []P {
	n := rapid.SampledFrom([]int{1, 2, 5, 60}).Draw(t, "rows")
	rows := make([]P, n)
	for i := range rows {
		rows[i] = o.drawRow(t)
		if n > 50 { // by COPY: keys of their own, most of them new
			rows[i]["id"] = fmt.Sprint("c", i, rapid.IntRange(0, 3).Draw(t, "suffix"))
			if o.unique != "" {
				rows[i][o.unique] = 1_000 + i
			}
		}
	}
	return rows
}

func (o *oracle) drawList(t *rapid.T, filter P, ids []string) (model.Operation, P, anOutcome) {
	type key struct {
		column string
		desc   bool
	}
	var keys []key
	var orderBy []string
	for _, f := range o.fields() {
		if !f.Type.Array && rapid.IntRange(0, 2).Draw(t, "order by") == 0 {
			k := key{f.Column, rapid.Bool().Draw(t, "desc")}
			keys = append(keys, k)
			orderBy = append(orderBy, [...]string{"", "-"}[b2n(k.desc)]+k.column)
		}
	}
	keys = append(keys, key{"id", len(keys) > 0 && keys[len(keys)-1].desc})
	slices.SortFunc(ids, func(a, b string) int {
		for _, k := range keys {
			if c := order(o.rows[a][k.column], o.rows[b][k.column]); c != 0 {
				return c * [...]int{1, -1}[b2n(k.desc)]
			}
		}
		return 0
	})
	limit, offset := rapid.IntRange(1, 5).Draw(t, "limit"), rapid.IntRange(0, 2).Draw(t, "offset")
	records := []map[string]any{}
	for i := offset; i < len(ids) && len(records) < limit; i++ {
		records = append(records, o.rows[ids[i]])
	}
	p := P{"filter": filter, "limit": limit, "offset": offset}
	if len(orderBy) > 0 {
		p["order_by"] = orderBy
	}
	return model.List, p, anOutcome{Out: P{"records": records, "count": int64(len(records)), "has_more": offset+len(records) < len(ids)}}
}

// doIt does an operation by its handle.
func doIt(ctx context.Context, h *engine.ModelHandle, op model.Operation, p P) (P, error) {
	return map[model.Operation]func(context.Context, P) (P, error){
		model.Create: h.Create, model.Read: h.Read, model.Update: h.Update, model.Delete: h.Delete, model.Upsert: h.Upsert, model.Count: h.Count,
		model.List: h.List, model.BulkCreate: h.BulkCreate, model.BulkUpdate: h.BulkUpdate, model.BulkDelete: h.BulkDelete, model.BulkUpsert: h.BulkUpsert,
	}[op](ctx, p)
}

// outcomeOf is what a database made of an operation, as the oracle puts it.
func outcomeOf(op model.Operation, out P, err error) anOutcome {
	var e *errcatalog.Error
	switch {
	case errors.As(err, &e):
		return anOutcome{Code: e.Code}
	case err != nil:
		return anOutcome{Out: err.Error()}
	case op == model.Update && out["updated"] == false:
		return anOutcome{Out: "nothing"}
	case op == model.List:
		delete(out, "next_cursor")
		delete(out, "total")
	}
	return anOutcome{Out: out}
}

// TestOracle: whatever is done to whatever model, both databases yield what the
// oracle says, and hold the same in the end.
func TestOracle(t *testing.T) {
	t.Parallel()
	whole, problems := model.FromStruct(Everything{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	dsns := []string{"sqlite::memory:", testdb.Postgres(t)}
	rapid.Check(t, func(rt *rapid.T) {
		o := drawModel(rt, whole)
		var handles []*engine.ModelHandle
		for _, dsn := range dsns {
			db, err := engine.Open(t.Context(), dsn)
			if err != nil {
				rt.Fatal(err)
			}
			rt.Cleanup(func() {
				if err := db.Close(); err != nil {
					rt.Error(err)
				}
			})
			if err := db.RegisterModels(o.m); err != nil {
				rt.Fatal(err)
			}
			handles = append(handles, db.Model("Random"))
		}
		check := func(op model.Operation, p P, want anOutcome) {
			for i, h := range handles {
				out, err := doIt(t.Context(), h, op, p)
				if diff := gocmp.Diff(want, outcomeOf(op, out, err), exactly); diff != "" {
					rt.Fatalf("%s %v on %s (-oracle +database), error %v:\n%s", op, p, dsns[i], err, diff)
				}
			}
		}
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			check(o.drawStep(rt))
		}
		ids := o.matching(func(P) bool { return true })
		records := []map[string]any{}
		for _, id := range ids {
			records = append(records, o.rows[id])
		}
		check(model.List, P{"order_by": []string{"id"}, "limit": 1000}, anOutcome{Out: P{"records": records, "count": int64(len(records)), "has_more": false}})
	})
}
