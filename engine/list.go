package engine

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/model"
)

const (
	defaultLimit = 100
	maxLimit     = 100_000 // above it DF-508
)

// A sortKey is one column of an order.
type sortKey struct {
	c    *column
	desc bool
}

// list returns a page of the records that match.
func (x *operation) list(ctx context.Context) (map[string]any, error) {
	page, err := x.page()
	if err != nil {
		return nil, err
	}
	out := map[string]any{"total": nil}
	run := func() error {
		if err := x.fetch(ctx, page, out); err != nil {
			return err
		}
		if !x.flag("with_total") {
			return nil
		}
		n, err := x.countOf(ctx, page.filter)
		out["total"] = n
		return err
	}
	if x.flag("with_total") && x.s == nil {
		err = x.snapshot(ctx, run) // page and total of one moment
	} else {
		err = run()
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// snapshot runs body in a transaction that only reads.
func (x *operation) snapshot(ctx context.Context, body func() error) error {
	if err := x.hold(ctx, false); err != nil {
		return err
	}
	if _, err := x.c.exec(ctx, x.t.d.snapshot()); err != nil {
		return x.sqlError(ctx, err, nil)
	}
	defer x.e.rollback(x.c)
	return body()
}

// A page is what a List asks for.
type page struct {
	filter        map[string]any
	order         []sortKey // ends in the primary key, so that it is total
	shown         []*column // the projection
	read          []*column // shown, and what the cursor needs
	limit, offset int64
	after         []any // encoded values of order, where the page starts; nil at the start
}

func (x *operation) page() (p page, err error) {
	if p.filter, err = x.columnsParam("filter"); err != nil {
		return p, err
	}
	if p.order, err = x.orderBy(); err != nil {
		return p, err
	}
	if p.shown, err = x.projection(); err != nil {
		return p, err
	}
	p.read = slices.Clone(p.shown)
	for _, k := range p.order {
		if !slices.Contains(p.read, k.c) {
			p.read = append(p.read, k.c)
		}
	}
	if p.limit, err = x.number("limit", defaultLimit, 1); err != nil {
		return p, err
	}
	if p.limit > maxLimit {
		d := x.details()
		d.Param, d.Value, d.Rule = "limit", strconv.FormatInt(p.limit, 10), fmt.Sprintf("at most %d", maxLimit)
		return p, x.e.fail(errcatalog.Finding{Code: errcatalog.DF508, Severity: errcatalog.SeverityError, Message: fmt.Sprintf("limit is %d; a page has at most %d records: read the next one with cursor, or use Count", p.limit, maxLimit), Details: d}, nil)
	}
	if p.offset, err = x.number("offset", 0, 0); err != nil {
		return p, err
	}
	if cursor, ok := x.p["cursor"]; ok && cursor != nil && cursor != "" {
		p.after, err = x.decodeCursor(cursor, p.order)
	}
	return p, err
}

// fetch reads the page, and one record more to know whether there are more.
func (x *operation) fetch(ctx context.Context, p page, out map[string]any) error {
	b := &binder{d: x.t.d}
	scope, err := x.within(b, x.flag("include_deleted"))
	if err != nil {
		return err
	}
	user, err := filter{x, b}.all(p.filter, "filter", 0)
	if err != nil {
		return err
	}
	parts := slices.Concat(scope, user)
	if p.after != nil {
		parts = append(parts, x.keyset(b, p.order, p.after))
	}
	order := make([]string, len(p.order))
	for i, k := range p.order {
		order[i] = x.t.d.ordered(k.c.f.Type, k.c.quoted)
		if k.desc {
			order[i] += " DESC"
		}
		if k.c.f.Type.Nullable {
			order[i] += x.t.d.nullsFirst(k.desc)
		}
	}
	text := "SELECT " + quotedList(p.read) + " FROM " + x.t.name + whereClause(parts) + " ORDER BY " + strings.Join(order, ", ") + " LIMIT " + b.arg(p.limit+1)
	if p.offset > 0 {
		text += " OFFSET " + b.arg(p.offset)
	}
	g := got{x: x, page: p}
	if err := x.t.d.rows(ctx, x, text, b.args, p.read, g.begin); err != nil {
		return err
	}
	out["records"], out["count"], out["has_more"], out["next_cursor"] = g.records, g.n, g.more, nil
	if g.more {
		out["next_cursor"] = encodeCursor(p.order, g.last)
	}
	return nil
}

// got is what has come of a page.
type got struct {
	x *operation
	page
	records []map[string]any
	put     sink // takes the records in place of maps; or nil
	n       int64
	more    bool
	last    []any // the values of the order in the last record
}

// begin makes it empty and returns what takes the rows.
func (g *got) begin() func(values []any) error {
	g.records, g.n, g.more = []map[string]any{}, 0, false
	if g.x.into != nil {
		g.put = g.x.into()
	}
	return g.take
}

func (g *got) take(values []any) (err error) {
	if g.n == g.limit {
		g.more = true
		return nil
	}
	if g.n++; g.n == g.limit { // before a sink has its way with values
		g.last = make([]any, len(g.order))
		for i, k := range g.order {
			if g.last[i], err = g.x.t.d.decode(k.c.f.Type, values[slices.Index(g.read, k.c)]); err != nil {
				return err
			}
		}
	}
	if g.put != nil {
		return g.x.put(g.shown, values, g.put)
	}
	r, err := g.x.record(g.shown, values, 0)
	g.records = append(g.records, r)
	return err
}

// put decodes the values in place and hands them on.
func (x *operation) put(cols []*column, values []any, put sink) (err error) {
	for i, c := range cols {
		if values[i], err = x.decoded(c, values[i]); err != nil {
			return err
		}
	}
	return put(cols, values)
}

// orderBy reads order_by; the primary key is added where the order does not have
// it, so that no two records are equal in it.
func (x *operation) orderBy() ([]sortKey, error) {
	var order []sortKey
	names, err := x.names("order_by")
	if err != nil {
		return nil, err
	}
	for i, name := range names {
		bare, desc := strings.CutPrefix(name, "-")
		path := "order_by." + strconv.Itoa(i)
		if strings.ContainsAny(bare, " +-") {
			d := x.details()
			d.Param, d.Value, d.Rule = path, strconv.Quote(name), `a column, or "-" and a column`
			return nil, x.e.fail(errcatalog.Finding{Code: errcatalog.DF103, Message: fmt.Sprintf(`%s is %q; an order is a column, with "-" before it to sort descending`, path, name), Details: d}, nil)
		}
		c := x.t.byName[bare]
		if c == nil {
			return nil, x.unknown(errcatalog.DF112, bare, path)
		}
		if c.f.Type.Array || c.f.Type.Kind == model.KindJSON {
			d := x.columnDetails(c, path)
			d.Value, d.Rule = strconv.Quote(name), "a column of single values: lists and JSON have no order that all databases share"
			return nil, x.e.fail(errcatalog.Finding{Code: errcatalog.DF103, Message: fmt.Sprintf("%s: %s.%s is %s, which has no order", path, x.t.m.Name, c.f.Name, c.f.GoType), Details: d}, nil)
		}
		if !slices.ContainsFunc(order, func(k sortKey) bool { return k.c == c }) {
			order = append(order, sortKey{c, desc})
		}
	}
	for _, c := range x.t.key {
		if !slices.ContainsFunc(order, func(k sortKey) bool { return k.c == c }) {
			// In the direction of the last column: one scan of an index serves both.
			order = append(order, sortKey{c, len(order) > 0 && order[len(order)-1].desc})
		}
	}
	return order, nil
}

func (x *operation) projection() ([]*column, error) {
	names, err := x.names("fields")
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return x.t.cols, nil
	}
	var cols []*column
	for i, name := range names {
		c := x.t.byName[name]
		if c == nil {
			return nil, x.unknown(errcatalog.DF112, name, "fields."+strconv.Itoa(i))
		}
		if !slices.Contains(cols, c) {
			cols = append(cols, c)
		}
	}
	return cols, nil
}

// names is a parameter that is a list of column names.
func (x *operation) names(param string) ([]string, error) {
	v := x.p[param]
	if v == nil {
		return nil, nil
	}
	converted, err := model.Convert(model.Type{Kind: model.KindString, Array: true}, v)
	if err != nil {
		d := x.details()
		d.Param, d.Got, d.Value, d.Type = param, fmt.Sprintf("%T", v), sourceOf(v), "[]string"
		return nil, x.e.fail(errcatalog.Finding{Code: errcatalog.DF102, Message: fmt.Sprintf("%s is %T; it must be a list of column names", param, v), Details: d}, err)
	}
	names, _ := converted.([]string)
	return names, nil
}

// number is an integer parameter that is at least low; def when it is not given.
func (x *operation) number(param string, def, low int64) (int64, error) {
	v := x.p[param]
	if v == nil {
		return def, nil
	}
	d := x.details()
	d.Param, d.Got, d.Value, d.Type, d.Rule = param, fmt.Sprintf("%T", v), sourceOf(v), "int64", fmt.Sprintf("%s is at least %d", param, low)
	converted, err := model.Convert(model.Type{Kind: model.KindInt64}, v)
	n, ok := converted.(int64)
	if err != nil || !ok {
		return 0, x.e.fail(errcatalog.Finding{Code: errcatalog.DF102, Message: fmt.Sprintf("%s is %T; it must be a whole number", param, v), Details: d}, err)
	}
	if n < low {
		return 0, x.e.fail(errcatalog.Finding{Code: errcatalog.DF103, Message: fmt.Sprintf("%s is %d; it is at least %d", param, n, low), Details: d}, nil)
	}
	return n, nil
}
