package engine

import (
	"context"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// A MigrationPlan is how the database differs from the registered models.
type MigrationPlan struct {
	// Tables are the tables of the models, each after those that it refers to.
	Tables []TableMigration
}

// A TableMigration is how one table differs from its model.
type TableMigration struct {
	Model, Table string
	// Statements make what is missing: the table, columns, indexes. They lose nothing.
	Statements []string
	// Refused are differences that could lose data, which are never mended by
	// themselves: DF-302, DF-303, DF-304, DF-313. Each names the SQL that would.
	Refused []*errcatalog.Error
	// Warnings are differences that do no harm.
	Warnings []string
	// Differences are all of these one by one, and what is merely different.
	Differences []Difference

	indexes map[string]bool
}

// A Difference is one thing in which a table is not what its model says.
type Difference struct {
	Kind    DifferenceKind
	Code    errcatalog.Code // DF-309 for a table that is not there, DF-303 for a type, else DF-302
	Columns []string        // the model's columns that it is about; none when it is about the table
	Message string          // one line, without the SQL
	SQL     []string        // what mends it, where SQL does; a person's to complete when it is refused
}

// A DifferenceKind says what a migration does about a difference.
type DifferenceKind uint8

// The kinds of differences.
const (
	DifferenceMade     DifferenceKind = iota // makes what is missing
	DifferenceRefused                        // refuses: data could be lost
	DifferenceHarmless                       // leaves it
)

// UpToDate reports whether every table fits its model.
func (p *MigrationPlan) UpToDate() bool { return len(p.Statements()) == 0 && p.Err() == nil }

// Statements are those of all tables, in order.
func (p *MigrationPlan) Statements() []string {
	var all []string
	for _, t := range p.Tables {
		all = append(all, t.Statements...)
	}
	return all
}

// Err is every refused difference as one error; nil when there is none.
func (p *MigrationPlan) Err() error {
	var errs []*errcatalog.Error
	for _, t := range p.Tables {
		errs = append(errs, t.Refused...)
	}
	return errcatalog.Join(errs)
}

// MigrationPlan compares the database with the registered models, and changes
// nothing. The error is of the database, or DF-601 for a reference to a model that
// is not registered; differences that are refused are in the plan.
func (e *Engine) MigrationPlan(ctx context.Context) (*MigrationPlan, error) {
	leave, err := e.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	tables, err := e.allTables()
	if err != nil || len(tables) == 0 {
		return &MigrationPlan{}, err
	}
	c, err := e.readers.get(ctx)
	if err != nil {
		return nil, e.migrationError(tables[0], "look at its table", err)
	}
	defer e.readers.put(c)
	return e.compareAll(ctx, c, tables)
}

// Migrate makes everything that the registered models need and the database
// lacks, in one transaction, and returns what it did. WithAutoMigrate(false) does
// not hold it back: it is what such programs call. When something is refused
// nothing is changed, and the error tells all of it. Others that migrate at the same
// time are waited for; DF-307 when they do not end.
func (e *Engine) Migrate(ctx context.Context) (*MigrationPlan, error) {
	leave, err := e.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	tables, err := e.allTables()
	if err != nil || len(tables) == 0 {
		return &MigrationPlan{}, err
	}
	last := tables[len(tables)-1]
	var plan *MigrationPlan
	var version int64
	err = e.migrating(ctx, last, func(c conn) error {
		var err error
		if plan, err = e.compareAll(ctx, c, tables); err != nil {
			return err
		}
		if err := plan.Err(); err != nil {
			return err
		}
		for i, t := range plan.Tables {
			if err := e.apply(ctx, c, tables[i], []*migration{{statements: t.Statements, indexes: t.indexes}}); err != nil {
				return err
			}
		}
		if version, err = e.dialect.schemaVersion(ctx, c); err != nil {
			return e.migrationError(last, "look at its table", err)
		}
		return nil
	})
	if err != nil {
		return plan, err
	}
	for _, t := range tables {
		e.cache.add(t, version)
	}
	return plan, nil
}

// waited is the error of who did not get the right to migrate, in whatever time
// there was for it.
func (e *Engine) waited(t *table, err error) error {
	if code := e.migrationCode(err); code == errcatalog.DF307 || code == errcatalog.DF505 {
		f := errcatalog.Finding{Code: errcatalog.DF307, Message: "another program that migrates, or writes, did not end in time; nothing was changed: " + e.plain(err)}
		if t != nil {
			f.Details = errcatalog.Details{Model: t.m.Name, Table: t.m.Table}
		}
		return e.fail(f, err)
	}
	return e.migrationError(t, "take the right to migrate", err)
}

// migrating runs f in a transaction in which nobody else migrates; t may be nil.
func (e *Engine) migrating(ctx context.Context, t *table, f func(c conn) error) error {
	c, err := e.writers.get(ctx)
	if err != nil {
		return e.waited(t, err)
	}
	defer e.writers.put(c)
	for _, statement := range e.dialect.beginMigration() {
		if _, err := c.exec(ctx, statement); err != nil {
			e.rollback(c)
			return e.waited(t, err)
		}
	}
	err = f(c)
	if err == nil {
		if _, cErr := c.exec(context.WithoutCancel(ctx), e.dialect.commit()); cErr != nil {
			err = e.migrationError(t, "commit the migration", cErr)
		}
	}
	if err != nil {
		e.rollback(c)
	}
	return err
}

func (e *Engine) compareAll(ctx context.Context, c conn, tables []*table) (*MigrationPlan, error) {
	plan := &MigrationPlan{}
	for _, t := range tables {
		m, _, err := e.look(ctx, c, t)
		if err != nil {
			return nil, err
		}
		at := TableMigration{Model: t.m.Name, Table: t.m.Table, Statements: m.statements, Warnings: m.warnings, Differences: m.differences, indexes: m.indexes}
		for _, f := range m.refused {
			f.Details.Database = e.dsn.String()
			at.Refused = append(at.Refused, e.enhancer.Error(f))
		}
		plan.Tables = append(plan.Tables, at)
	}
	return plan, nil
}

// allTables are the tables of all registered models, each after those that it
// refers to.
func (e *Engine) allTables() ([]*table, error) {
	r := e.models.Load()
	var all []*table
	seen := map[*table]bool{}
	for _, name := range r.Names() {
		related, err := e.related(r.byName[name])
		if err != nil {
			return nil, err
		}
		for _, t := range related {
			if !seen[t] {
				seen[t] = true
				all = append(all, t)
			}
		}
	}
	return all, nil
}
