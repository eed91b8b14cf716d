package engine

import (
	"reflect"
	"slices"
	"strings"

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

	insertOne string // INSERT of one row, all columns
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
	t.insertOne = t.insertInto(1)
	return t
}

// insertInto is the INSERT of a number of rows, all columns.
func (t *table) insertInto(rows int) string {
	var b strings.Builder
	b.WriteString("INSERT INTO " + t.name + " (" + t.all + ") VALUES ")
	n := 0
	for row := range rows {
		if row > 0 {
			b.WriteString(", ")
		}
		for i := range t.cols {
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

// sameModel reports whether two descriptions of a model say the same, wherever
// they were read from.
func sameModel(a, b *model.Model) bool {
	if a == b {
		return true
	}
	bare := func(m *model.Model) model.Model {
		c := *m
		c.Pos = model.Field{}.Pos
		c.Fields = slices.Clone(m.Fields)
		for i := range c.Fields {
			c.Fields[i].Pos = c.Pos
		}
		return c
	}
	return reflect.DeepEqual(bare(a), bare(b))
}
