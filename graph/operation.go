package graph

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/model"
)

// checkOperation checks what an operation needs as a whole.
func (p *params) checkOperation() {
	switch p.contract.Operation {
	case model.Create:
		p.missingColumns("", &p.n.Params, nil)
	case model.Read:
		p.checkPinned(errcatalog.DF702, "reads")
	case model.Delete:
		p.checkPinned(errcatalog.DF705, "deletes")
	case model.Update:
		p.checkUpdate()
	case model.Upsert:
		p.checkUpsert()
	case model.BulkUpdate:
		p.checkBulkUpdate()
	case model.BulkDelete:
		p.checkBulkDelete()
	case model.BulkUpsert:
		p.checkConflictOn(nil)
		p.missingParams()
	case model.BulkCreate:
		p.missingParams()
	}
}

// missingColumns reports DF-101 for required columns that a new row at path lacks.
// also are rows whose columns count as well.
func (p *params) missingColumns(path string, row *Value, also []*Value) {
	if p.mayBeFed(p.n) || row.State != StateMap || row.Partial {
		return
	}
	for _, v := range also {
		if v.State != StateMap || v.Partial {
			return
		}
	}
	var missing []model.Param
	for i := range p.m.Fields {
		f := &p.m.Fields[i]
		given := row.Get(f.Column) != nil || slices.ContainsFunc(also, func(v *Value) bool { return v.Get(f.Column) != nil })
		if f.RequiredOnCreate() && !given && !p.fed(p.n, join(path, f.Column)) && !p.slipped(row, f.Column) && !p.misspelled(path, f.Column) && !(path == "" && p.misfed(f.Column)) {
			missing = append(missing, model.Param{Name: f.Column, Type: f.Type, Required: true, Field: f})
		}
	}
	p.reportMissing(path, row, missing)
}

// slipped reports whether the row gives the column under a wrong name, which is
// reported for itself (DF-106, DF-114).
func (p *params) slipped(row *Value, column string) bool {
	f := p.m.FieldByColumn(column)
	return slices.ContainsFunc(row.Entries, func(e Entry) bool {
		if p.m.FieldByColumn(e.Key) != nil {
			return false
		}
		_, name := splitLast(f.Name)
		return e.Key == name || f.Primary && p.wrongKey(e.Key) == column
	})
}

// misspelled reports whether the map at path gives the column under a name that is
// reported as unknown, with the column as what was meant.
func (p *params) misspelled(path, column string) bool {
	return slices.ContainsFunc(p.findings, func(f Finding) bool {
		parent, _ := splitLast(f.Path)
		return f.Node == p.n && f.Code == errcatalog.DF111 && parent == path && f.Details.Suggestion == column
	})
}

// missingParams reports DF-101 for required parameters that are not given.
func (p *params) missingParams() {
	var missing []model.Param
	for _, param := range p.contract.Params {
		if param.Required && !p.given(param.Name) && !p.meant(param.Name) {
			missing = append(missing, param)
		}
	}
	p.reportMissing("", &p.n.Params, missing)
}

// meant reports whether an unknown parameter was given in place of name ("filters"
// for "filter"): the rename is the finding, not the missing one.
func (p *params) meant(name string) bool {
	return slices.ContainsFunc(p.findings, func(f Finding) bool {
		return f.Node == p.n && f.Code == errcatalog.DF111 && (f.Details.Suggestion == name || strings.HasPrefix(f.Details.Suggestion, name+"."))
	})
}

// reportMissing reports all that one map misses at once.
func (p *params) reportMissing(path string, row *Value, missing []model.Param) {
	if len(missing) == 0 {
		return
	}
	names := make([]string, len(missing))
	mended := p.n
	for i, m := range missing {
		names[i] = m.Name
		mended = withEntry(mended, path, m.Name, exampleOf(p.m, m))
	}
	first := missing[0]
	d := errcatalog.Details{Param: strings.Join(prefixed(path, names), ", "), Type: first.TypeString(), Example: exampleOf(p.m, first), Mended: NodeSource(mended)}
	if first.Field != nil {
		d.Field, d.Column, d.Type = first.Field.Name, first.Field.Column, first.Field.GoType
	}
	what := "the required parameter " + strconv.Quote(names[0])
	if len(names) > 1 {
		what = "the required parameters " + strings.Join(quoted(names), ", ")
	}
	where := ""
	if path != "" {
		where = " in " + strconv.Quote(path)
	}
	span := p.n.Type.Span
	if path != "" {
		span = row.Span
	}
	f := p.report(errcatalog.DF101, path, span, d, "node %s misses %s%s", p.nodeName(), what, where)
	f.Missing = missing
}

// exampleOf is a value for a parameter, as Go source.
func exampleOf(m *model.Model, param model.Param) string {
	column := func(want func(*model.Field) bool) string {
		for i := range m.Fields {
			if f := &m.Fields[i]; f.Settable() && want(f) {
				return strconv.Quote(f.Column) + ": " + f.Type.Example(f.Column)
			}
		}
		return ""
	}
	plain := func(f *model.Field) bool { return !f.Primary }
	switch param.Shape {
	case model.ShapeFilter, model.ShapeWhere:
		return "dataflow.Params{" + column(func(f *model.Field) bool { return f.Primary }) + "}"
	case model.ShapeFields:
		return "dataflow.Params{" + column(plain) + "}"
	case model.ShapeRows:
		var parts []string
		for i := range m.Fields {
			if f := &m.Fields[i]; f.RequiredOnCreate() || f.Primary && f.Settable() {
				parts = append(parts, strconv.Quote(f.Column)+": "+f.Type.Example(f.Column))
			}
		}
		return "[]dataflow.Params{{" + strings.Join(parts, ", ") + "}}"
	}
	return param.Type.Example(param.Name)
}

func prefixed(path string, names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = join(path, name)
	}
	return out
}

// pinned reports whether the filter surely pins no key; columns are those it pins.
func (p *params) unpinned(path string) bool {
	if p.mayBeFed(p.n) || p.fed(p.n, path) && !p.onlyBelow(path) {
		return false
	}
	var columns []string
	if e := p.n.Params.Get(path); e != nil {
		var open bool
		if columns, open = equalities(&e.Value); open || p.hasBadColumn(path) {
			return false
		}
	} else if p.n.Params.Partial {
		return false
	}
	columns = append(columns, p.fedBelow(p.n, path)...)
	return p.m.PinnedKey(columns) == nil
}

// onlyBelow reports whether connections feed leaves of path, never path as a whole.
func (p *params) onlyBelow(path string) bool { return !slices.Contains(p.feeds[p.n.ID.S], path) }

// hasBadColumn reports whether a key of the filter is already reported: it may be
// the misspelled key.
func (p *params) hasBadColumn(path string) bool {
	return slices.ContainsFunc(p.findings, func(f Finding) bool {
		return f.Node == p.n && (f.Path == path || strings.HasPrefix(f.Path, path+"."))
	})
}

// checkPinned reports a Read or Delete that does not say which record: DF-702,
// DF-705; or a composite key given in part: DF-105.
func (p *params) checkPinned(code errcatalog.Code, verb string) {
	key := p.m.PrimaryKey()
	var missing []string
	for _, column := range key {
		if !p.given(column) {
			missing = append(missing, column)
		}
	}
	if len(missing) == 0 || len(key) == 0 {
		return
	}
	if slices.ContainsFunc(p.n.Params.Entries, func(e Entry) bool { return p.wrongKey(e.Key) != "" && p.contract.Param(e.Key) == nil }) || p.slipped(&p.n.Params, missing[0]) {
		return // DF-106, DF-114
	}
	if !p.unpinned("filter") || p.meant("filter") || slices.ContainsFunc(missing, p.meant) {
		return
	}
	hasFilter := p.n.Params.Get("filter") != nil || p.fed(p.n, "filter")
	mended := p.n
	for _, column := range missing {
		mended = withEntry(mended, "", column, p.m.FieldByColumn(column).Type.Example(column))
	}
	f := p.m.FieldByColumn(missing[0])
	d := errcatalog.Details{Param: strings.Join(missing, ", "), Field: f.Name, Column: f.Column, Type: f.GoType, Example: f.Type.Example(f.Column), Allowed: p.keyNames(), Mended: NodeSource(mended)}
	span := p.n.Type.Span
	var message string
	switch {
	case hasFilter:
		if e := p.n.Params.Get("filter"); e != nil {
			span = e.KeySpan
		}
		message = fmt.Sprintf("node %s %s one record, but its filter pins no primary or unique key (%s)", p.nodeName(), verb, strings.Join(d.Allowed, ", "))
	case len(missing) < len(key):
		code = errcatalog.DF105
		message = fmt.Sprintf("node %s misses %s of the primary key %s", p.nodeName(), strings.Join(quoted(missing), ", "), strings.Join(key, "+"))
	default:
		message = fmt.Sprintf("node %s %s one record, but neither %s nor a filter says which", p.nodeName(), verb, strings.Join(quoted(key), ", "))
	}
	fd := p.report(code, "", span, d, "%s", message)
	for _, column := range missing {
		f := p.m.FieldByColumn(column)
		fd.Missing = append(fd.Missing, model.Param{Name: column, Type: f.Type, Field: f})
	}
}

func (p *params) checkUpdate() {
	p.missingParams()
	p.emptyFields()
	if !p.given("filter") || p.meant("filter") || !p.unpinned("filter") {
		return
	}
	span := p.n.Call
	if e := p.n.Params.Get("filter"); e != nil {
		span = e.KeySpan
	}
	var d errcatalog.Details
	d.Allowed = p.keyNames()
	if key := p.m.PrimaryKey(); len(key) == 1 {
		f := p.m.FieldByColumn(key[0])
		d.Column, d.Example = f.Column, f.Type.Example(f.Column)
		if e := p.n.Params.Get("filter"); e != nil && e.Value.State == StateMap {
			d.Mended = NodeSource(withEntry(p.n, "filter", f.Column, d.Example))
		}
	}
	p.report(errcatalog.DF704, "filter", span, d, "node %s updates one record, but its filter pins no primary or unique key (%s); for many records use %s", p.nodeName(), strings.Join(d.Allowed, ", "), model.NodeType(p.m.Name, model.BulkUpdate))
}

// emptyFields reports DF-110: nothing to change.
func (p *params) emptyFields() {
	e := p.n.Params.Get("fields")
	if e == nil || p.fed(p.n, "fields") || p.mayBeFed(p.n) {
		return
	}
	if v := actual(&e.Value); v.State == StateMap && len(v.Entries) == 0 && !v.Partial {
		p.report(errcatalog.DF110, "fields", e.Value.Span, errcatalog.Details{Value: v.GoSource()}, "node %s changes nothing: %q is empty", p.nodeName(), "fields")
	}
}

func (p *params) checkUpsert() {
	where, create := p.mapParam("where"), p.mapParam("create")
	if p.lacks("where", where) {
		p.reportNeeded(errcatalog.DF707, "where", "node %s has no %q: it says which record to update, and goes into a new one")
	}
	if p.lacks("create", create) {
		p.reportNeeded(errcatalog.DF708, "create", "node %s has no %q: the columns of a new record")
	} else if create != nil {
		var also []*Value
		if where != nil {
			flat := *where
			also = append(also, &flat)
		} else if p.given("where") {
			return
		}
		if !p.fed(p.n, "where") || p.onlyBelow("where") {
			p.missingColumns("create", create, append(also, p.fedRow("where")))
		}
	}
	p.checkConflictOn(where)
}

// fedRow is a row of the columns that connections feed below path.
func (p *params) fedRow(path string) *Value {
	row := &Value{State: StateMap}
	for _, name := range p.fedBelow(p.n, path) {
		row.Entries = append(row.Entries, Entry{Key: name})
	}
	return row
}

// mapParam is the parameter's value where it is a map that can be seen.
func (p *params) mapParam(name string) *Value {
	if e := p.n.Params.Get(name); e != nil {
		if v := actual(&e.Value); v.State == StateMap {
			return v
		}
	}
	return nil
}

// lacks reports whether a map parameter is surely missing or empty.
func (p *params) lacks(name string, v *Value) bool {
	if v != nil {
		return len(v.Entries) == 0 && !v.Partial && !p.fed(p.n, name) && !p.mayBeFed(p.n)
	}
	return !p.given(name) && !p.meant(name)
}

func (p *params) reportNeeded(code errcatalog.Code, name, format string) {
	param := p.contract.Param(name)
	example := exampleOf(p.m, *param)
	mended := without(p.n, name)
	d := errcatalog.Details{Param: name, Example: example, Mended: NodeSource(withEntry(mended, "", name, example))}
	span := p.n.Type.Span
	if e := p.n.Params.Get(name); e != nil {
		span = e.KeySpan
	}
	f := p.report(code, "", span, d, format, p.nodeName(), name)
	f.Missing = []model.Param{*param}
}

// checkConflictOn reports DF-709: columns that are no key of the model.
func (p *params) checkConflictOn(where *Value) {
	if p.mayBeFed(p.n) || p.fed(p.n, "conflict_on") {
		return
	}
	var columns []string
	path := "conflict_on"
	var span errcatalog.Span
	if e := p.n.Params.Get("conflict_on"); e != nil {
		v := actual(&e.Value)
		if v.State != StateList || v.Partial || len(v.Items) == 0 || p.hasBadColumn("conflict_on") {
			return
		}
		span = e.Value.Span
		for i := range v.Items {
			s, ok := v.Items[i].V.(string)
			if !ok {
				return
			}
			columns = append(columns, s)
		}
	} else {
		if where == nil || where.Partial || len(where.Entries) == 0 || p.n.Params.Partial || p.hasBadColumn("where") || p.fed(p.n, "where") && !p.onlyBelow("where") {
			return
		}
		if p.fed(p.n, "where") && len(p.feeds[p.n.ID.S]) > len(p.certain[p.n.ID.S]) {
			return // it may match on one column more
		}
		path, span = "where", p.n.Params.Get("where").KeySpan
		for _, e := range where.Entries {
			columns = append(columns, e.Key)
		}
		columns = append(columns, p.fedBelow(p.n, "where")...)
	}
	if p.m.KeyOf(columns) != nil {
		return
	}
	d := errcatalog.Details{Value: strings.Join(columns, "+"), Column: columns[0], Allowed: p.keyNames()}
	if f := p.m.FieldByColumn(columns[0]); f != nil {
		d.Field = f.Name
	}
	p.report(errcatalog.DF709, path, span, d, "node %s matches on %s, which is no primary or unique key of %s (%s)", p.nodeName(), strings.Join(columns, "+"), p.m.Name, strings.Join(d.Allowed, ", "))
}

func (p *params) checkBulkUpdate() {
	data, filter, fields := p.given("data"), p.given("filter"), p.given("fields")
	p.emptyFields()
	has := func(name string) bool { return p.n.Params.Get(name) != nil || p.surelyFed(p.n, name) }
	switch {
	case has("data") && (has("filter") || has("fields")):
		p.report(errcatalog.DF103, "data", p.keySpan("data"), errcatalog.Details{Rule: "data, or filter and fields"}, "node %s gives both data and filter or fields; data is for rows that change differently, filter and fields for rows that change alike", p.nodeName())
	case data:
	case !filter && !fields && !p.meant("data") && !p.meant("filter") && !p.meant("fields"):
		p.reportMissing("", &p.n.Params, []model.Param{*p.contract.Param("filter"), *p.contract.Param("fields")})
	case !filter && fields && !p.meant("filter"):
		p.reportMissing("", &p.n.Params, []model.Param{*p.contract.Param("filter")})
	case filter && !fields && !p.meant("fields"):
		p.reportMissing("", &p.n.Params, []model.Param{*p.contract.Param("fields")})
	}
}

func (p *params) keySpan(name string) errcatalog.Span {
	if e := p.n.Params.Get(name); e != nil {
		return e.KeySpan
	}
	return p.n.Type.Span
}

// checkBulkDelete reports DF-713: everything would be deleted, unconfirmed.
func (p *params) checkBulkDelete() {
	if p.mayBeFed(p.n) || p.n.Params.Partial || p.n.Params.Get("ids") != nil || p.fed(p.n, "ids") || p.fed(p.n, "filter") || p.fed(p.n, "confirm") || p.meant("filter") || p.meant("ids") {
		return
	}
	span := p.n.Type.Span
	if e := p.n.Params.Get("filter"); e != nil {
		v := actual(&e.Value)
		if v.State != StateMap || v.Partial || len(v.Entries) > 0 {
			return
		}
		span = e.KeySpan
	}
	if e := p.n.Params.Get("confirm"); e != nil {
		if confirmed, known := actual(&e.Value).V.(bool); !known || confirmed {
			return
		}
	}
	p.report(errcatalog.DF713, "confirm", span, errcatalog.Details{Param: "confirm", Example: "true", Mended: NodeSource(withEntry(without(p.n, "confirm"), "", "confirm", "true"))},
		"node %s would delete every %s; give a filter or ids, or confirm: true", p.nodeName(), p.m.Name)
}
