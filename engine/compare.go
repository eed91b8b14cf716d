package engine

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/model"
)

// A migration is what a table lacks.
type migration struct {
	statements  []string
	indexes     map[string]bool // statements that make an index
	refused     []errcatalog.Finding
	warnings    []string
	differences []Difference
}

// makes enters a difference that the migration mends.
func (m *migration) makes(d Difference) {
	d.Kind = DifferenceMade
	m.statements = append(m.statements, d.SQL...)
	m.differences = append(m.differences, d)
}

// refuse enters a difference that is never mended by itself.
func (m *migration) refuse(f errcatalog.Finding, d Difference) {
	d.Kind, d.Message = DifferenceRefused, f.Message
	if len(d.SQL) > 0 {
		f.Message += "; this SQL does it: " + strings.Join(d.SQL, "; ")
	}
	m.refused = append(m.refused, f)
	m.differences = append(m.differences, d)
}

// warn enters a difference that does no harm, and tells of it.
func (m *migration) warn(d Difference) {
	m.tolerate(d)
	m.warnings = append(m.warnings, strings.Join(append([]string{d.Message}, d.SQL...), ": "))
}

// tolerate enters a difference that does no harm, and that others may have made on
// purpose: a table may serve several programs.
func (m *migration) tolerate(d Difference) {
	d.Kind, d.Code = DifferenceHarmless, errcatalog.DF302
	m.differences = append(m.differences, d)
}

// compare finds what a table lacks for its model.
func (e *Engine) compare(t *table, live *liveTable) *migration {
	m := &migration{indexes: map[string]bool{}}
	switch {
	case live.kind == "":
		e.makeTable(t, m)
		return m
	case live.kind != "table":
		m.refuse(errcatalog.Finding{
			Code:    errcatalog.DF304,
			Message: fmt.Sprintf("%s is a %s, not a table; the model %s needs a table: rename one of them with df:\"table=…\"", t.m.Table, live.kind, t.m.Name),
			Details: t.details(nil),
		}, Difference{Code: errcatalog.DF302})
		return m
	}
	if e.compareColumns(t, live, m) {
		e.compareIndexes(t, live, m)
	}
	return m
}

// makeTable makes a table and its indexes: one difference.
func (e *Engine) makeTable(t *table, m *migration) {
	d := Difference{
		Code:    errcatalog.DF309,
		Message: fmt.Sprintf("there is no table %s for the model %s", t.m.Table, t.m.Name),
		SQL:     []string{e.dialect.createTable(t, e.models.Load())},
	}
	for _, ix := range t.wanted() {
		statement := e.dialect.createIndex(ix)
		d.SQL = append(d.SQL, statement)
		m.indexes[statement] = true
	}
	m.makes(d)
}

// compareColumns adds missing columns. It is false when the table is another one.
func (e *Engine) compareColumns(t *table, live *liveTable, m *migration) bool {
	var key, want []string
	for _, c := range live.columns {
		if c.key {
			key = append(key, strings.ToLower(c.name))
		}
	}
	for _, c := range t.key {
		want = append(want, strings.ToLower(c.name))
	}
	slices.Sort(key)
	slices.Sort(want)
	if !slices.Equal(key, want) {
		m.refuse(errcatalog.Finding{
			Code: errcatalog.DF304,
			Message: fmt.Sprintf("the table %s is there with the primary key (%s); the model %s has (%s). Rename the model's table, or mend the one that is there",
				t.m.Table, strings.Join(key, ", "), t.m.Name, strings.Join(want, ", ")),
			Details: t.details(nil),
		}, Difference{Code: errcatalog.DF302})
		return false
	}
	for _, c := range t.cols {
		i := slices.IndexFunc(live.columns, func(l liveColumn) bool { return strings.EqualFold(l.name, c.name) })
		if i < 0 {
			e.addColumn(t, c, live, m)
			continue
		}
		e.compareColumn(t, c, live, live.columns[i], m)
		if c.f.Ref != nil && !slices.Contains(live.refs, strings.ToLower(c.name)) {
			m.warn(Difference{Columns: []string{c.name}, Message: "the column " + c.name + " has no foreign key in the database, though the model refers to " + c.f.Ref.Model + "." + c.f.Ref.Column + "; the engine makes one only with its table"})
		}
	}
	for _, l := range live.columns {
		if !slices.ContainsFunc(t.cols, func(c *column) bool { return strings.EqualFold(l.name, c.name) }) {
			e.unknownColumn(t, live, l, m)
		}
	}
	return true
}

// unknownColumn is one that the model does not have. It is in the way only where a
// record must give it.
func (e *Engine) unknownColumn(t *table, live *liveTable, l liveColumn, m *migration) {
	if l.key || l.fallback || !l.notNull {
		m.tolerate(Difference{Message: fmt.Sprintf("the table %s has the column %s, which %s does not have", t.m.Table, l.name, t.m.Name)})
		return
	}
	m.refuse(t.difference(errcatalog.DF313, l.name,
		fmt.Sprintf("the table %s has the column %s, which cannot be null and which %s does not have, so no record could be written. A column is never dropped by itself", t.m.Table, l.name, t.m.Name),
		errcatalog.DF302, t.d.dropColumn(t, l.name, live)...))
}

// difference is what is refused: for who migrates, and for who looks.
func (t *table) difference(code errcatalog.Code, column, message string, drift errcatalog.Code, sql ...string) (errcatalog.Finding, Difference) {
	details := t.details(sql)
	details.Column = column
	d := Difference{Code: drift, SQL: sql}
	if f := t.m.FieldByColumn(column); f != nil {
		details.Field, details.Type = f.Name, f.GoType
		d.Columns = []string{column}
	}
	return errcatalog.Finding{Code: code, Severity: errcatalog.SeverityError, Message: message, Details: details}, d
}

func (e *Engine) addColumn(t *table, c *column, live *liveTable, m *migration) {
	def := ""
	if !c.f.Type.Nullable {
		v, ok := t.fallback(c)
		if !ok && !live.empty {
			m.refuse(t.difference(errcatalog.DF302, c.name,
				fmt.Sprintf("the table %s has records and lacks the column %s, which cannot be null and has no default: make %s.%s a pointer, or give it a default", t.m.Table, c.name, t.m.Name, c.f.Name),
				errcatalog.DF302, e.dialect.addColumn(t, c, "…")))
			return
		}
		if !ok { // no record gets it
			v = t.zero(c)
		}
		def = e.dialect.literal(c.f.Type, v)
	}
	m.makes(Difference{
		Code: errcatalog.DF302, Columns: []string{c.name},
		Message: fmt.Sprintf("the table %s has no column %s", t.m.Table, c.name),
		SQL:     []string{e.dialect.addColumn(t, c, def)},
	})
}

// fallback is the encoded value that a column has in records that do not give
// it; ok is false where they must.
func (t *table) fallback(c *column) (v any, ok bool) {
	f := c.f
	switch f.Auto {
	case model.AutoCreatedAt, model.AutoUpdatedAt:
		return t.d.now(), true
	}
	value, ok := omitted(f)
	if !ok {
		return nil, false
	}
	encoded, err := t.d.encode(f.Type, value)
	return encoded, err == nil
}

// zero is some value that a column holds, encoded; nil if there is none.
func (t *table) zero(c *column) any {
	var v any = int64(0)
	switch k := c.f.Type.Kind; {
	case k == model.KindString:
		v = ""
	case k == model.KindBool:
		v = false
	case k.IsFloat():
		v = float64(0)
	case k == model.KindTime:
		v = time.Unix(0, 0)
	case k == model.KindUUID:
		v = uuid.Nil
	case k == model.KindDecimal:
		v = decimal.Zero
	}
	encoded, err := t.d.encode(c.f.Type, v)
	if err != nil {
		return nil
	}
	return encoded
}

func (e *Engine) compareColumn(t *table, c *column, live *liveTable, l liveColumn, m *migration) {
	want := e.dialect.columnType(c.f)
	if !e.dialect.stores(l.typ, want) {
		m.refuse(t.difference(errcatalog.DF303, c.name,
			fmt.Sprintf("the column %s.%s has the type %s; %s.%s is %s and needs %s. A type is never changed by itself", t.m.Table, c.name, or(l.typ, "none"), t.m.Name, c.f.Name, c.f.GoType, want),
			errcatalog.DF303, e.dialect.alterType(t, c, live)...))
		return
	}
	switch {
	case l.key || l.notNull != c.f.Type.Nullable:
	case l.notNull:
		m.refuse(t.difference(errcatalog.DF302, c.name,
			fmt.Sprintf("the column %s.%s cannot be null, and %s.%s is %s. Such a rule is never dropped by itself", t.m.Table, c.name, t.m.Name, c.f.Name, c.f.GoType),
			errcatalog.DF302, e.dialect.dropNotNull(t, c, live)...))
	default:
		m.tolerate(Difference{Columns: []string{c.name}, Message: fmt.Sprintf("the column %s.%s can be null, and %s.%s is %s, which cannot", t.m.Table, c.name, t.m.Name, c.f.Name, c.f.GoType)})
	}
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// wanted are the indexes of a model.
func (t *table) wanted() []index {
	var all []index
	live := ""
	if t.deletedAt != nil {
		live = t.deletedAt.name
	}
	for i := range t.m.Keys {
		k := &t.m.Keys[i]
		if k.Primary {
			continue
		}
		ix := index{name: "ux_" + t.m.Table + "_" + k.Name, table: t.m.Table, unique: true, live: live}
		for _, c := range t.uniqueColumns(k) {
			ix.columns = append(ix.columns, c.name)
		}
		all = append(all, ix)
	}
	for _, k := range t.m.Indexes {
		all = append(all, index{name: "ix_" + t.m.Table + "_" + k.Name, table: t.m.Table, columns: k.Columns})
	}
	return all
}

func (e *Engine) compareIndexes(t *table, live *liveTable, m *migration) {
	wanted := t.wanted()
	for _, want := range wanted {
		named := func(l index) bool { return strings.EqualFold(l.name, want.name) }
		// One that was made by hand serves under any name, except for a part of the
		// rows: which part is not known.
		if slices.ContainsFunc(live.indexes, func(l index) bool { return l.like(want) && (l.live == "" || named(l)) }) {
			continue
		}
		d := Difference{Code: errcatalog.DF302, Columns: want.columns, Message: fmt.Sprintf("the table %s has no %s on (%s)", t.m.Table, want.kind(), strings.Join(want.columns, ", "))}
		if slices.ContainsFunc(live.indexes, named) {
			d.Message = fmt.Sprintf("the %s %s of the table %s is not what the model %s says", want.kind(), want.name, t.m.Table, t.m.Name)
			d.SQL = append(d.SQL, e.dialect.dropIndex(want.name))
		}
		statement := e.dialect.createIndex(want)
		d.SQL = append(d.SQL, statement)
		m.indexes[statement] = true
		m.makes(d)
	}
	for _, l := range live.indexes {
		known := slices.ContainsFunc(wanted, func(w index) bool { return strings.EqualFold(w.name, l.name) })
		if !known && l.unique && strings.HasPrefix(l.name, "ux_") {
			m.warn(Difference{Columns: l.columns, Message: "the model no longer has the unique key of the index " + l.name + ", which still holds", SQL: []string{e.dialect.dropIndex(l.name)}})
		}
	}
}

// kind is what people call the index.
func (ix index) kind() string {
	if ix.unique {
		return "unique index"
	}
	return "index"
}

// like reports whether two indexes do the same.
func (ix index) like(other index) bool {
	return ix.unique == other.unique && (ix.live != "") == (other.live != "") && slices.EqualFunc(ix.columns, other.columns, strings.EqualFold)
}
