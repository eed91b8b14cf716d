package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

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
