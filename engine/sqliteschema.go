package engine

import (
	"context"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/dataflow-go/dataflow/model"
)

func (d sqlite) createTable(t *table, r *registry) string {
	var lines []string
	for _, c := range t.cols {
		lines = append(lines, d.column(t, c, r))
	}
	if t.autoKey == nil && len(t.key) > 0 {
		lines = append(lines, "PRIMARY KEY ("+quotedList(t.key)+")")
	}
	lines = append(lines, scopedReferences(t, r)...)
	return "CREATE TABLE " + t.name + " (\n\t" + strings.Join(lines, ",\n\t") + "\n) STRICT"
}

// column is the definition of one column.
func (d sqlite) column(t *table, c *column, r *registry) string {
	s := c.quoted + " " + d.columnType(c.f)
	if c == t.autoKey {
		// AUTOINCREMENT: the key of a record that is gone is never given again.
		return s + " PRIMARY KEY AUTOINCREMENT"
	}
	if !c.f.Type.Nullable {
		s += " NOT NULL"
	}
	if c.f.Ref != nil && r != nil {
		if target := r.byName[c.f.Ref.Model]; !scopedReference(t, c, target) {
			s += references(c, target)
		}
	}
	return s
}

// scopedReference reports whether a reference is to a key that is unique within a
// tenant, so that the tenant is part of it.
func scopedReference(t *table, c *column, target *table) bool {
	if t.tenant == nil || target.tenant == nil {
		return false
	}
	key := target.m.KeyOf([]string{c.f.Ref.Column})
	return key != nil && !key.Primary
}

// scopedReferences are the references that the tenant is part of.
func scopedReferences(t *table, r *registry) []string {
	var lines []string
	for _, c := range t.cols {
		if c.f.Ref == nil {
			continue
		}
		if target := r.byName[c.f.Ref.Model]; scopedReference(t, c, target) {
			lines = append(lines, "FOREIGN KEY ("+t.tenant.quoted+", "+c.quoted+")"+references(c, target))
		}
	}
	return lines
}

func references(c *column, target *table) string {
	columns := target.d.quote(c.f.Ref.Column)
	if key := target.m.KeyOf([]string{c.f.Ref.Column}); key != nil && !key.Primary && target.tenant != nil {
		columns = target.tenant.quoted + ", " + columns
	}
	s := " REFERENCES " + target.name + " (" + columns + ")"
	if c.f.Ref.OnDelete != "" {
		s += " ON DELETE " + strings.ToUpper(c.f.Ref.OnDelete)
	}
	return s
}

// addColumn adds a column without its reference: SQLite takes one only where the
// default is null.
func (d sqlite) addColumn(t *table, c *column, def string) string {
	s := "ALTER TABLE " + t.name + " ADD COLUMN " + d.column(t, c, nil)
	if def != "" {
		s += " DEFAULT " + def
	}
	return s
}

func (d sqlite) createIndex(i index) string { return createIndex(d, i) }

func createIndex(d dialect, i index) string {
	unique, where := "", ""
	if i.unique {
		unique = "UNIQUE "
	}
	if i.live != "" {
		where = " WHERE " + d.quote(i.live) + " IS NULL"
	}
	columns := make([]string, len(i.columns))
	for n, c := range i.columns {
		columns[n] = d.quote(c)
	}
	return "CREATE " + unique + "INDEX " + d.quote(i.name) + " ON " + d.quote(i.table) + " (" + strings.Join(columns, ", ") + ")" + where
}

func (sqlite) beginMigration() []string { return []string{"BEGIN IMMEDIATE"} }

// alterType puts a new column in the place of the old one: SQLite changes none. The
// values are taken over as they are, which a STRICT table refuses where something
// would be lost.
func (d sqlite) alterType(t *table, c *column, live *liveTable) []string {
	if slices.Contains(t.key, c) || slices.Contains(live.refs, strings.ToLower(c.name)) {
		return nil // SQLite drops no column that a key is made of
	}
	fresh := *c
	fresh.quoted = d.quote(c.name + "_new")
	def := ""
	if !c.f.Type.Nullable {
		v, ok := t.fallback(c)
		if !ok {
			v = t.zero(c)
		}
		def = d.literal(c.f.Type, v)
	}
	sql := []string{d.addColumn(t, &fresh, def), "UPDATE " + t.name + " SET " + fresh.quoted + " = " + c.quoted}
	return append(append(sql, d.dropColumn(t, c.name, live)...), "ALTER TABLE "+t.name+" RENAME COLUMN "+fresh.quoted+" TO "+c.quoted)
}

func (d sqlite) dropNotNull(t *table, c *column, live *liveTable) []string {
	return d.alterType(t, c, live)
}

// dropColumn drops the column's indexes before, which SQLite does not do by itself.
func (d sqlite) dropColumn(t *table, column string, live *liveTable) []string {
	var sql []string
	for _, ix := range live.indexes {
		if slices.ContainsFunc(ix.columns, func(name string) bool { return strings.EqualFold(name, column) }) {
			sql = append(sql, d.dropIndex(ix.name))
		}
	}
	return append(sql, "ALTER TABLE "+t.name+" DROP COLUMN "+d.quote(column))
}

func (d sqlite) dropIndex(name string) string { return "DROP INDEX " + d.quote(name) }

// stores goes by SQLite's rules of affinity, so that tables made by hand serve.
func (sqlite) stores(live, want string) bool {
	a := affinity(live)
	switch want {
	case "INTEGER":
		return a == "INTEGER" || a == "NUMERIC"
	case "REAL":
		return a == "REAL" || a == "NUMERIC"
	case "TEXT":
		return a == "TEXT" || a == "BLOB"
	case "ANY": // large numbers are text, which only a column without affinity keeps
		return a == "BLOB" || strings.EqualFold(live, "ANY")
	}
	return a == "BLOB"
}

// affinity is how SQLite treats a declared type: https://sqlite.org/datatype3.html#determination_of_column_affinity
func affinity(declared string) string {
	s := strings.ToUpper(declared)
	switch {
	case strings.Contains(s, "INT"):
		return "INTEGER"
	case strings.Contains(s, "CHAR"), strings.Contains(s, "CLOB"), strings.Contains(s, "TEXT"):
		return "TEXT"
	case strings.Contains(s, "BLOB"), s == "":
		return "BLOB"
	case strings.Contains(s, "REAL"), strings.Contains(s, "FLOA"), strings.Contains(s, "DOUB"):
		return "REAL"
	}
	return "NUMERIC"
}

func (sqlite) literal(_ model.Type, encoded any) string {
	switch x := encoded.(type) {
	case string:
		return "'" + strings.ReplaceAll(x, "'", "''") + "'"
	case []byte:
		return "x'" + hex.EncodeToString(x) + "'"
	}
	return fmt.Sprint(encoded)
}

func (sqlite) schemaVersion(ctx context.Context, c conn) (version int64, err error) {
	err = c.query(ctx, "PRAGMA schema_version", nil, func(v []any) error {
		version, _ = v[0].(int64)
		return nil
	})
	return version, err
}

func (d sqlite) inspect(ctx context.Context, c conn, table string) (*liveTable, error) {
	live := &liveTable{}
	err := c.query(ctx, "SELECT type FROM sqlite_schema WHERE name = ? COLLATE NOCASE AND type IN ('table', 'view')", []any{table}, func(v []any) error {
		live.kind, _ = v[0].(string)
		return nil
	})
	if err != nil || live.kind != "table" {
		return live, err
	}
	err = c.query(ctx, `SELECT name, type, "notnull", dflt_value IS NOT NULL, pk FROM pragma_table_info(?)`, []any{table}, func(v []any) error {
		name, _ := v[0].(string)
		typ, _ := v[1].(string)
		live.columns = append(live.columns, liveColumn{name: name, typ: typ, notNull: v[2] != int64(0), fallback: v[3] != int64(0), key: v[4] != int64(0)})
		return nil
	})
	if err != nil {
		return nil, err
	}
	if err := d.inspectIndexes(ctx, c, table, live); err != nil {
		return nil, err
	}
	if err := c.query(ctx, `SELECT lower("from") FROM pragma_foreign_key_list(?)`, []any{table}, func(v []any) error {
		from, _ := v[0].(string)
		live.refs = append(live.refs, from)
		return nil
	}); err != nil {
		return nil, err
	}
	live.empty = true
	return live, c.query(ctx, "SELECT 1 FROM "+d.quote(table)+" LIMIT 1", nil, func([]any) error {
		live.empty = false
		return nil
	})
}

func (sqlite) inspectIndexes(ctx context.Context, c conn, table string, live *liveTable) error {
	// An index made by a constraint, not by CREATE INDEX, has another origin than c.
	return c.query(ctx, `SELECT l.name, l."unique", l.partial, i.name FROM pragma_index_list(?) l, pragma_index_info(l.name) i WHERE l.origin = 'c' ORDER BY l.seq, i.seqno`,
		[]any{table}, func(v []any) error {
			name, _ := v[0].(string)
			column, _ := v[3].(string)
			if n := len(live.indexes); n == 0 || live.indexes[n-1].name != name {
				ix := index{name: name, table: table, unique: v[1] != int64(0)}
				if v[2] != int64(0) {
					ix.live = "?"
				}
				live.indexes = append(live.indexes, ix)
			}
			last := &live.indexes[len(live.indexes)-1]
			last.columns = append(last.columns, column)
			return nil
		})
}
