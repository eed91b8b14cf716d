package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/shopspring/decimal"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/model"
)

// A liveTable is a table as the database has it.
type liveTable struct {
	kind    string // "table" or "view"; "" when there is none
	columns []liveColumn
	indexes []index
	refs    []string // columns with a foreign key
	empty   bool     // no rows
}

type liveColumn struct {
	name     string
	typ      string
	notNull  bool
	fallback bool // has a default
	key      bool // part of the primary key
}

// An index is a secondary index, wanted or there.
type index struct {
	name    string
	table   string
	columns []string
	unique  bool
	live    string // column that must be null for a row to count; "" for all rows
}

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

// ensure makes sure that a model's table, and those it refers to, are there and
// fit. It is never called inside a user's transaction.
func (e *Engine) ensure(ctx context.Context, m *model.Model) error {
	t, err := e.table(m, "")
	if err != nil {
		return err
	}
	return e.ensureTable(ctx, t)
}

func (e *Engine) ensureTable(ctx context.Context, t *table) error {
	if e.known(ctx, t) {
		return nil
	}
	for {
		// Many callers, one migration. One that ended because its own caller went
		// away is made again by the next.
		_, err, shared := e.migrations.Do(t.m.Name, func() (any, error) { return nil, e.ensureAll(ctx, t) })
		if _, gone := contextError(err); err == nil || !gone || !shared || ctx.Err() != nil {
			return err
		}
	}
}

// known reports whether a table is known to be there, and counts who asks.
func (e *Engine) known(ctx context.Context, t *table) bool {
	if hit := e.cache.lookup(t); hit != nil && e.unchanged(ctx, hit) {
		e.cache.hits.Add(1)
		return true
	}
	e.cache.misses.Add(1)
	return false
}

// unchanged reports whether the schema is the one that the entry was made under.
func (e *Engine) unchanged(ctx context.Context, hit *ensured) bool {
	if !e.cache.config.Validation {
		return true
	}
	c, err := e.readers.get(ctx)
	if err != nil {
		return false
	}
	defer e.readers.put(c)
	version, err := e.dialect.schemaVersion(ctx, c)
	return err == nil && version == hit.version
}

// ensureAll looks first, with a connection that reads, and takes the right to
// write only when something is missing.
func (e *Engine) ensureAll(ctx context.Context, t *table) error {
	tables, version, todo, err := e.lookAround(ctx, t)
	if err != nil {
		return err
	}
	if todo {
		if version, err = e.migrate(ctx, tables); err != nil {
			return err
		}
	}
	e.remember(tables, version)
	return nil
}

// lookAround looks at a table and those that it refers to: at their schema's version,
// and whether something is missing. What must not be mended is an error.
func (e *Engine) lookAround(ctx context.Context, t *table) (tables []*table, version int64, todo bool, err error) {
	if tables, err = e.related(t); err != nil {
		return nil, 0, false, err
	}
	c, err := e.readers.get(ctx)
	if err != nil {
		return nil, 0, false, e.migrationError(t, "look at its table", err)
	}
	defer e.readers.put(c)
	missing, version, err := e.plan(ctx, c, tables)
	return tables, version, len(missing) > 0, err
}

func (e *Engine) remember(tables []*table, version int64) {
	for _, t := range tables {
		e.cache.add(t, version)
	}
}

// related are a table and all that it refers to, the referred ones first.
func (e *Engine) related(t *table) ([]*table, error) {
	r := e.models.Load()
	var tables []*table
	var visit func(*table) error
	seen := map[*table]bool{}
	visit = func(t *table) error {
		if seen[t] {
			return nil
		}
		seen[t] = true
		for _, c := range t.cols {
			if c.f.Ref == nil {
				continue
			}
			target := r.byName[c.f.Ref.Model]
			if target == nil {
				return e.refuse(t, errcatalog.DF601, fmt.Sprintf("%s.%s refers to %s, which is not registered", t.m.Name, c.f.Name, c.f.Ref.Model))
			}
			if err := e.checkReference(t, c, target); err != nil {
				return err
			}
			if err := visit(target); err != nil {
				return err
			}
		}
		tables = append(tables, t)
		return nil
	}
	return tables, visit(t)
}

// checkReference refuses references that a database cannot keep: to a key that is
// unique only among some of the rows.
func (e *Engine) checkReference(t *table, c *column, target *table) error {
	ref := c.f.Ref
	key := target.m.KeyOf([]string{ref.Column})
	switch {
	case key == nil || key.Primary:
		return nil
	case target.deletedAt != nil:
		return e.refuse(t, errcatalog.DF301, fmt.Sprintf("%s.%s refers to %s.%s, which is unique only among the records that are not deleted; refer to the primary key", t.m.Name, c.f.Name, ref.Model, ref.Column))
	case target.tenant != nil && t.tenant == nil:
		return e.refuse(t, errcatalog.DF301, fmt.Sprintf("%s.%s refers to %s.%s, which is unique only within a tenant; refer to the primary key", t.m.Name, c.f.Name, ref.Model, ref.Column))
	}
	return nil
}

func (e *Engine) refuse(t *table, code errcatalog.Code, message string) error {
	return e.fail(errcatalog.Finding{Code: code, Message: message, Details: errcatalog.Details{Model: t.m.Name, Table: t.m.Table}}, nil)
}

// plan looks at the tables and returns what must be done, nothing for tables that
// fit. What must not be done is an error.
func (e *Engine) plan(ctx context.Context, c conn, tables []*table) (todo []*migration, version int64, err error) {
	if version, err = e.dialect.schemaVersion(ctx, c); err != nil {
		return nil, 0, e.migrationError(tables[len(tables)-1], "look at its table", err)
	}
	var refused []errcatalog.Finding
	for _, t := range tables {
		m, live, err := e.look(ctx, c, t)
		if err != nil {
			return nil, 0, err
		}
		if !e.config.autoMigrate && len(m.statements) > 0 {
			m.refused = append(m.refused, notMigrated(t, live, m.statements))
		}
		refused = append(refused, m.refused...)
		if len(m.statements) > 0 {
			todo = append(todo, m)
		}
		for _, w := range m.warnings {
			e.log.Warn(w, "model", t.m.Name, "table", t.m.Table)
		}
	}
	return todo, version, e.failures(refused)
}

// look compares a table with its model.
func (e *Engine) look(ctx context.Context, c conn, t *table) (*migration, *liveTable, error) {
	live, err := e.dialect.inspect(ctx, c, t.m.Table)
	if err != nil {
		return nil, nil, e.migrationError(t, "look at its table", err)
	}
	return e.compare(t, live), live, nil
}

func notMigrated(t *table, live *liveTable, statements []string) errcatalog.Finding {
	f := errcatalog.Finding{
		Code:    errcatalog.DF302,
		Message: fmt.Sprintf("the table %s does not fit the model %s, and WithAutoMigrate(false) leaves it alone; this SQL mends it: %s", t.m.Table, t.m.Name, strings.Join(statements, "; ")),
		Details: t.details(statements),
	}
	if live.kind == "" {
		f.Code = errcatalog.DF309
		f.Message = fmt.Sprintf("the table %s of the model %s is not there, and WithAutoMigrate(false) does not make it", t.m.Table, t.m.Name)
	}
	return f
}

func (t *table) details(statements []string) errcatalog.Details {
	return errcatalog.Details{
		Model: t.m.Name, Table: t.m.Table,
		Extra: []errcatalog.ContextItem{{Key: "SQL", Value: strings.Join(statements, "; ")}},
	}
}

// migrate makes what is missing, in one transaction. It looks again first: another
// engine may have been quicker.
func (e *Engine) migrate(ctx context.Context, tables []*table) (version int64, err error) {
	t := tables[len(tables)-1]
	err = e.migrating(ctx, t, func(c conn) error {
		todo, _, err := e.plan(ctx, c, tables)
		if err != nil {
			return err
		}
		if err := e.apply(ctx, c, t, todo); err != nil {
			return err
		}
		if version, err = e.dialect.schemaVersion(ctx, c); err != nil {
			return e.migrationError(t, "look at its table", err)
		}
		return nil
	})
	return version, err
}

// apply makes what is missing, up to the first statement that fails.
func (e *Engine) apply(ctx context.Context, c conn, t *table, todo []*migration) error {
	for _, m := range todo {
		for _, statement := range m.statements {
			e.log.InfoContext(ctx, "migrate", "sql", statement)
			if _, err := c.exec(ctx, statement); err != nil {
				return e.statementError(t, statement, m.indexes[statement], err)
			}
		}
	}
	return nil
}

// migrationError is what kept a migration from being made; t may be nil.
func (e *Engine) migrationError(t *table, what string, err error) error {
	code := e.migrationCode(err)
	if code == errcatalog.DF502 {
		code = errcatalog.DF301
	}
	f := errcatalog.Finding{Code: code, Message: fmt.Sprintf("could not %s: %s", what, e.plain(err))}
	if t != nil {
		f.Message = "the model " + t.m.Name + ": " + f.Message
		f.Details = errcatalog.Details{Model: t.m.Name, Table: t.m.Table}
	}
	return e.fail(f, err)
}

// lockNotAvailable is PostgreSQL's code for a lock that lock_timeout ended.
const lockNotAvailable = "55P03"

// migrationCode is the code of an error while migrating, where waiting in vain for
// others has a code of its own.
func (e *Engine) migrationCode(err error) errcatalog.Code {
	if pe := (*pgconn.PgError)(nil); errors.As(err, &pe) && pe.Code == lockNotAvailable {
		return errcatalog.DF307
	}
	switch code := e.classify(err); code {
	case errcatalog.DF510, errcatalog.DF507:
		return errcatalog.DF307
	default:
		return code
	}
}

func (e *Engine) statementError(t *table, statement string, isIndex bool, err error) error {
	code := e.migrationCode(err)
	switch {
	case isIndex && code == errcatalog.DF310:
		code = errcatalog.DF306
	case code == errcatalog.DF307 || code == errcatalog.DF509 || code == errcatalog.DF505 || code == errcatalog.DF506 || code == errcatalog.DF408:
	default:
		code = errcatalog.DF301
	}
	return e.fail(errcatalog.Finding{
		Code: code, Message: fmt.Sprintf("migrating %s for the model %s failed at %s: %s", t.m.Table, t.m.Name, statement, e.plain(err)),
		Details: t.details([]string{statement}),
	}, err)
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
