package model

import (
	"fmt"
	"go/token"
	"reflect"
	"slices"
	"strings"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// FromStruct makes a Model from a struct value, or a pointer to one, by
// reflection. Problems are 6XX findings; with any, the model must not be
// registered. The model is nil for what is no model at all (DF-603).
func FromStruct(v any) (*Model, []Problem) {
	t := reflect.TypeOf(v)
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil || t.Kind() != reflect.Struct {
		return nil, []Problem{{
			Code:    errcatalog.DF603,
			Message: fmt.Sprintf("a model is a struct that embeds dataflow.Model; %T is none", v),
			Details: errcatalog.Details{Got: fmt.Sprintf("%T", v)},
		}}
	}
	name, _, _ := strings.Cut(t.Name(), "[")
	return build(name, t.PkgPath(), reflectType{t}, token.Position{})
}

// embedsMarker reports whether t embeds dataflow.Model, itself or through a struct
// it embeds.
func embedsMarker(t goType, depth int) bool {
	if t.kind() != reflect.Struct || depth > 8 {
		return false
	}
	for _, f := range t.fields() {
		if f.embedded && (isMarker(f.typ) || f.typ.kind() == reflect.Struct && embedsMarker(f.typ, depth+1)) {
			return true
		}
	}
	return false
}

// A builder makes one model and gathers what is wrong with it.
type builder struct {
	m          *Model
	problems   []Problem
	uniques    []Key
	tags       map[string]tag // by column
	declared   modelKeys      // on the embedded dataflow.Model
	declaredAt token.Position
	depth      map[string]int // Go name → depth at which it was declared
}

func build(name, pkg string, t goType, pos token.Position) (*Model, []Problem) {
	b := &builder{
		m:     &Model{Name: name, PkgPath: pkg, Table: TableName(name), Pos: pos},
		tags:  map[string]tag{},
		depth: map[string]int{},
	}
	if !embedsMarker(t, 0) {
		b.problem(errcatalog.DF603, pos, fmt.Sprintf("%s does not embed dataflow.Model, so it is no model", name), errcatalog.Details{})
		return nil, b.problems
	}
	if t.generic() {
		b.problem(errcatalog.DF601, pos, fmt.Sprintf("%s has type parameters; a model is one concrete struct", name), errcatalog.Details{})
		return b.m, b.problems
	}
	b.collect(t, nil, "", 0)
	b.addKeptColumns()
	b.keys()
	if len(b.m.Fields) == 0 {
		b.problem(errcatalog.DF601, pos, fmt.Sprintf("%s has no columns: give it exported fields", name), errcatalog.Details{})
	}
	return b.m, b.problems
}

func (b *builder) problem(code errcatalog.Code, pos token.Position, message string, d errcatalog.Details) {
	d.Model, d.Table = b.m.Name, b.m.Table
	b.problems = append(b.problems, Problem{Code: code, Message: message, Details: d, Span: errcatalog.Span{Start: pos}})
}

func (b *builder) tagProblems(pos token.Position, field string, problems []tagProblem) {
	for _, p := range problems {
		b.problem(errcatalog.DF605, pos, b.m.Name+"."+field+": "+p.message, errcatalog.Details{Field: field, Value: p.bad, Suggestion: p.suggestion, Allowed: p.allowed})
	}
}

// collect adds the columns of struct t, and of the structs that it embeds.
func (b *builder) collect(t goType, index []int, prefix string, depth int) {
	if depth > 8 {
		return
	}
	fields := t.fields()
	for _, f := range fields { // shallow names first: they shadow, as in Go
		if isMarker(f.typ) && f.embedded {
			keys, problems := parseModelTag(f.tag.Get("df"), b.m)
			b.tagProblems(f.pos, marker, problems)
			b.declared, b.declaredAt = keys, f.pos
		} else if !(f.embedded && embeds(f)) {
			if d, ok := b.depth[f.name]; !ok || depth < d {
				b.depth[f.name] = depth
			}
		}
	}
	for _, f := range fields {
		path := append(slices.Clone(index), f.index)
		switch {
		case isMarker(f.typ) && f.embedded:
		case f.embedded && embeds(f):
			if f.typ.kind() == reflect.Pointer {
				b.problem(errcatalog.DF604, f.pos, fmt.Sprintf("%s embeds *%s; embed it by value, so that its fields are always there", b.m.Name, f.name),
					errcatalog.Details{Field: f.name, Got: goString(f.typ)})
				continue
			}
			b.collect(f.typ, path, prefix+f.name+".", depth+1)
		case f.exported && b.depth[f.name] >= depth:
			b.field(f, path, prefix)
		}
	}
}

// embeds reports whether an embedded field contributes its fields, rather than
// being a column itself (time.Time, or one with a column name).
func embeds(f goField) bool {
	t := f.typ
	if t.kind() == reflect.Pointer {
		t = t.elem()
	}
	if t.kind() != reflect.Struct || f.tag.Get("df") != "" {
		return false
	}
	typ, why := classify(t)
	return why == "" && typ.Kind == KindJSON
}

func (b *builder) field(f goField, path []int, prefix string) {
	tg, problems := parseTag(f.tag.Get("df"))
	b.tagProblems(f.pos, f.name, problems)
	if tg.skip {
		return
	}
	column := tg.column
	if column == "" {
		column = ColumnName(f.name)
	}
	typ, why := classify(f.typ)
	goName := goString(f.typ)
	if why != "" {
		b.problem(errcatalog.DF604, f.pos, fmt.Sprintf("%s.%s has type %s: %s", b.m.Name, f.name, goName, why),
			errcatalog.Details{Field: f.name, Column: column, Got: goName, Reason: why})
		return
	}
	if i := slices.IndexFunc(b.m.Fields, func(o Field) bool { return strings.EqualFold(o.Column, column) }); i >= 0 {
		b.problem(errcatalog.DF607, f.pos, fmt.Sprintf("%s.%s and %s.%s are both the column %q", b.m.Name, b.m.Fields[i].Name, b.m.Name, f.name, column),
			errcatalog.Details{Field: f.name, Column: column})
		b.problems[len(b.problems)-1].Related = []errcatalog.Related{{Message: "the other field", Span: errcatalog.Span{Start: b.m.Fields[i].Pos}}}
		return
	}
	field := Field{
		Name: prefix + f.name, Column: column, Type: typ, GoType: goName, Primary: tg.primary,
		Validate: f.tag.Get("validate"), Index: path, Pos: f.pos,
	}
	if tg.ref != "" {
		m, c, _ := strings.Cut(tg.ref, ".")
		field.Ref = &Reference{Model: m, Column: c, OnDelete: tg.onDelete}
	}
	b.defaultValue(&field, tg, f)
	b.autoManaged(&field)
	if err := checkRules(&field); err != nil {
		b.problem(errcatalog.DF601, f.pos, fmt.Sprintf("%s.%s: validate:%q is no valid rule: %v", b.m.Name, f.name, field.Validate, err),
			errcatalog.Details{Field: f.name, Column: column, Rule: field.Validate, Reason: err.Error()})
		field.Validate = ""
	}
	b.tags[column] = tg
	b.m.Fields = append(b.m.Fields, field)
}

func (b *builder) defaultValue(field *Field, tg tag, f goField) {
	if !tg.hasDef {
		return
	}
	v, err := ParseText(field.Type, tg.def)
	if err != nil {
		b.problem(errcatalog.DF609, f.pos, fmt.Sprintf("%s.%s: the default %q does not fit %s: %v", b.m.Name, f.name, tg.def, field.GoType, err),
			errcatalog.Details{Field: f.name, Column: field.Column, Type: field.GoType, Value: tg.def, Reason: err.Error()})
		return
	}
	field.Default, field.HasDefault = v, true
}

// autoManaged marks created_at and updated_at, and checks their types.
func (b *builder) autoManaged(field *Field) {
	autos := map[string]Auto{"created_at": AutoCreatedAt, "updated_at": AutoUpdatedAt}
	auto, ok := autos[field.Column]
	if !ok {
		return
	}
	b.keep(field, auto, Type{Kind: KindTime}, Type{Kind: KindTime, Nullable: true})
}

// keep marks a column as kept by the engine, if its type is one of want.
func (b *builder) keep(field *Field, auto Auto, want ...Type) {
	if !slices.Contains(want, field.Type) {
		b.problem(errcatalog.DF608, field.Pos, fmt.Sprintf("%s.%s is kept by the engine and has type %s; it must be %s", b.m.Name, field.Name, field.GoType, want[0]),
			errcatalog.Details{Field: field.Name, Column: field.Column, Type: want[0].String(), Got: field.GoType})
		return
	}
	field.Auto = auto
}

// addKeptColumns marks, or adds, what softdelete, versioned and tenant bring.
func (b *builder) addKeptColumns() {
	kept := func(column string, auto Auto, add Type, also ...Type) {
		if f := b.m.FieldByColumn(column); f != nil {
			b.keep(f, auto, append([]Type{add}, also...)...)
			return
		}
		f := Field{Column: column, Type: add, GoType: add.String(), Auto: auto}
		if auto == AutoVersion {
			f.Default, f.HasDefault = int64(1), true
		}
		b.m.Fields = append(b.m.Fields, f)
	}
	if b.m.SoftDelete {
		kept("deleted_at", AutoDeletedAt, Type{Kind: KindTime, Nullable: true})
	}
	if b.m.Versioned {
		kept("version", AutoVersion, Type{Kind: KindInt64}, Type{Kind: KindInt}, Type{Kind: KindInt32}, Type{Kind: KindUint64}, Type{Kind: KindUint32}, Type{Kind: KindUint})
	}
	if b.m.Tenant != "" {
		kept(b.m.Tenant, AutoTenant, Type{Kind: KindString}, Type{Kind: KindInt64}, Type{Kind: KindInt}, Type{Kind: KindUUID})
	}
}

// keys gathers primary, unique and secondary keys.
func (b *builder) keys() {
	m := b.m
	primary := Key{Primary: true}
	for i := range m.Fields {
		if m.Fields[i].Primary {
			primary.Columns = append(primary.Columns, m.Fields[i].Column)
		}
	}
	if len(primary.Columns) == 0 {
		if i := slices.IndexFunc(m.Fields, func(f Field) bool { return f.Name == "ID" || strings.HasSuffix(f.Name, ".ID") }); i >= 0 {
			m.Fields[i].Primary = true
			primary.Columns = []string{m.Fields[i].Column}
		}
	}
	if len(primary.Columns) == 0 {
		b.problem(errcatalog.DF606, m.Pos, fmt.Sprintf(`%s has no primary key: add a field ID, or tag one with df:",pk"`, m.Name), errcatalog.Details{})
	} else {
		m.Keys = append(m.Keys, primary)
	}
	for _, column := range primary.Columns {
		f := m.FieldByColumn(column)
		switch {
		case f.Type.Nullable, f.Type.Array, f.Type.Kind == KindJSON:
			b.problem(errcatalog.DF601, f.Pos, fmt.Sprintf("%s.%s is a primary key and cannot be %s", m.Name, f.Name, f.GoType),
				errcatalog.Details{Field: f.Name, Column: f.Column, Got: f.GoType})
		case len(primary.Columns) == 1 && f.Auto == AutoNone && !f.HasDefault && f.Ref == nil && (f.Type.Kind.IsInteger() || f.Type.Kind == KindUUID):
			f.Auto = AutoKey
		}
	}
	for _, f := range m.Fields {
		t := b.tags[f.Column]
		for _, group := range t.unique {
			b.uniques = addToGroup(b.uniques, group, f.Column)
		}
		for _, group := range t.index {
			grouped := addToGroup(keysOf(m.Indexes), group, f.Column)
			m.Indexes = indexesOf(grouped)
		}
	}
	for _, columns := range b.declared.unique {
		if b.keyColumns("unique", columns) && b.newKey("unique", b.uniques, columns) {
			b.uniques = append(b.uniques, Key{Name: strings.Join(columns, "_"), Columns: columns})
		}
	}
	for _, columns := range b.declared.index {
		if b.keyColumns("index", columns) && b.newKey("index", keysOf(m.Indexes), columns) {
			m.Indexes = append(m.Indexes, Index{Name: strings.Join(columns, "_"), Columns: columns})
		}
	}
	m.Keys = append(m.Keys, b.uniques...)
}

// keyColumns reports whether the columns of a key that the model's tag declares
// are there, each once.
func (b *builder) keyColumns(option string, columns []string) bool {
	for i, column := range columns {
		written := option + "=" + strings.Join(columns, "+")
		switch {
		case b.m.FieldByColumn(column) == nil:
			near := errcatalog.Nearest(column, b.m.Columns())
			b.tagProblems(b.declaredAt, marker, []tagProblem{{fmt.Sprintf("%s: %s has no column %q", written, b.m.Name, column), near, b.m.Columns(), column}})
			return false
		case slices.Contains(columns[:i], column):
			b.tagProblems(b.declaredAt, marker, []tagProblem{{fmt.Sprintf("%s names the column %q twice", written, column), "", nil, ""}})
			return false
		}
	}
	return true
}

// newKey reports whether no key has the columns already, nor their name.
func (b *builder) newKey(option string, keys []Key, columns []string) bool {
	name := strings.Join(columns, "_")
	if slices.ContainsFunc(keys, func(k Key) bool { return k.Name == name || slices.Equal(k.Columns, columns) }) {
		b.tagProblems(b.declaredAt, marker, []tagProblem{{option + "=" + strings.Join(columns, "+") + " is declared already", "", nil, ""}})
		return false
	}
	return true
}

// addToGroup adds a column to the key of its group; "" is a group of its own.
func addToGroup(keys []Key, group, column string) []Key {
	if group != "" {
		if i := slices.IndexFunc(keys, func(k Key) bool { return k.Name == group }); i >= 0 {
			keys[i].Columns = append(keys[i].Columns, column)
			return keys
		}
	} else {
		group = column
	}
	return append(keys, Key{Name: group, Columns: []string{column}})
}

func keysOf(indexes []Index) []Key {
	keys := make([]Key, len(indexes))
	for i, x := range indexes {
		keys[i] = Key{Name: x.Name, Columns: x.Columns}
	}
	return keys
}

func indexesOf(keys []Key) []Index {
	indexes := make([]Index, len(keys))
	for i, k := range keys {
		indexes[i] = Index{Name: k.Name, Columns: k.Columns}
	}
	return indexes
}
