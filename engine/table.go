package engine

import (
	"slices"
	"strings"
	"sync/atomic"

	"github.com/dataflow-go/dataflow/model"
)

// A table is a model made ready for statements: names quoted, columns looked up,
// the statements that never change written out. It is immutable.
type table struct {
	m       *model.Model
	d       dialect
	name    string // quoted
	cols    []*column
	byName  map[string]*column
	key     []*column // the primary key
	all     string    // every column, quoted and separated
	autoKey *column   // an integer primary key that the database makes, or nil

	createdAt, updatedAt, deletedAt, version, tenant *column // nil where the model has none

	made      []*column // cols without autoKey: what is inserted when the database makes it
	insertOne string    // INSERT of one row, all columns
	insertNew string    // INSERT of one row, all columns but autoKey

	// sequence is where PostgreSQL draws autoKey from, once that is known; "" for a
	// key that has none.
	sequence atomic.Pointer[string]
	// tellsNew is what operation.tellsNew found out about the table; nil before.
	tellsNew atomic.Pointer[bool]
}

// A column is a column of a table.
type column struct {
	f      *model.Field
	name   string
	quoted string
	i      int // its place in table.cols
}

func newTable(m *model.Model, d dialect) *table {
	t := &table{m: m, d: d, name: d.quote(m.Table), byName: make(map[string]*column, len(m.Fields))}
	names := make([]string, len(m.Fields))
	for i := range m.Fields {
		f := &m.Fields[i]
		c := &column{f: f, name: f.Column, quoted: d.quote(f.Column), i: i}
		t.cols = append(t.cols, c)
		t.byName[c.name] = c
		names[i] = c.quoted
		switch f.Auto {
		case model.AutoCreatedAt:
			t.createdAt = c
		case model.AutoUpdatedAt:
			t.updatedAt = c
		case model.AutoDeletedAt:
			t.deletedAt = c
		case model.AutoVersion:
			t.version = c
		case model.AutoTenant:
			t.tenant = c
		case model.AutoKey:
			if f.Type.Kind.IsInteger() {
				t.autoKey = c
			}
		}
	}
	for _, name := range m.PrimaryKey() {
		if c := t.byName[name]; c != nil {
			t.key = append(t.key, c)
		}
	}
	t.all = strings.Join(names, ", ")
	t.made = slices.DeleteFunc(slices.Clone(t.cols), func(c *column) bool { return c == t.autoKey })
	t.insertOne = t.insertInto(1, t.cols)
	t.insertNew = t.insertInto(1, t.made)
	return t
}

// inserted are the columns that the INSERT of a row gives: not the key that the
// database makes.
func (t *table) inserted(r row) []*column {
	if t.autoKey != nil && r.values[t.autoKey.i] == nil {
		return t.made
	}
	return t.cols
}

// insert is the INSERT of one row, with its values.
func (t *table) insert(r row) (text string, args []any) {
	if t.autoKey == nil || r.values[t.autoKey.i] != nil {
		return t.insertOne, r.values
	}
	return t.insertNew, slices.Delete(slices.Clone(r.values), t.autoKey.i, t.autoKey.i+1)
}

// insertInto is the INSERT of a number of rows.
func (t *table) insertInto(rows int, cols []*column) string {
	var b strings.Builder
	b.WriteString("INSERT INTO " + t.name + " (" + quotedList(cols) + ") VALUES ")
	n := 0
	for row := range rows {
		if row > 0 {
			b.WriteString(", ")
		}
		for i := range cols {
			b.WriteString([...]string{", ", "("}[b2i(i == 0)])
			n++
			b.WriteString(t.d.placeholder(n))
		}
		b.WriteString(")")
	}
	return b.String()
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// uniqueColumns are the columns of a key as the database holds it: a unique key
// of a tenant model is unique within the tenant.
func (t *table) uniqueColumns(k *model.Key) []*column {
	var cols []*column
	if t.tenant != nil && !k.Primary && !slices.Contains(k.Columns, t.tenant.name) {
		cols = append(cols, t.tenant)
	}
	for _, name := range k.Columns {
		cols = append(cols, t.byName[name])
	}
	return cols
}

// quotedList joins the columns' names.
func quotedList(cols []*column) string {
	names := make([]string, len(cols))
	for i, c := range cols {
		names[i] = c.quoted
	}
	return strings.Join(names, ", ")
}
