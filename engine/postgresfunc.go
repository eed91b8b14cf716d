package engine

import (
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/dataflow-go/dataflow/model"
)

func (postgres) nullsFirst(desc bool) string {
	if desc {
		return " NULLS LAST"
	}
	return " NULLS FIRST"
}

// ordered compares text by its bytes, also in a table that was made by hand.
func (postgres) ordered(t model.Type, expr string) string {
	if t.Kind == model.KindString && !t.Array {
		return expr + ` COLLATE "C"`
	}
	return expr
}

// like is LIKE. With fold it is a regular expression, whose folding does not
// depend on the database's locale.
func (d postgres) like(b *binder, expr, pattern string, fold bool) string {
	switch {
	case strings.IndexByte(pattern, 0) >= 0:
		return "FALSE" // no text holds it
	case fold:
		return d.regex(b, expr, foldedLike(pattern))
	}
	if trailing := len(pattern) - len(strings.TrimRight(pattern, `\`)); trailing%2 == 1 {
		pattern += `\` // a backslash at the end stands for itself
	}
	return expr + " LIKE " + b.arg(pattern)
}

func (postgres) regex(b *binder, expr, pattern string) string {
	translated, ok := translateRegex(pattern)
	if !ok {
		return "FALSE"
	}
	return expr + ` COLLATE "C" ~ ` + b.arg(translated)
}

func (postgres) contains(b *binder, expr string, part any) string {
	if _, ok := part.([]byte); ok {
		return "position(" + b.arg(part) + " IN " + expr + ") > 0"
	}
	return "strpos(" + expr + ", " + b.arg(part) + ") > 0"
}

func (postgres) member(b *binder, expr string, v any) string {
	return b.arg(v) + " = ANY(" + expr + ")"
}

func (postgres) anyElement(expr string, elem model.Type, condition func(element string) (string, error)) (string, error) {
	element := "element"
	if elem.Kind == model.KindString {
		element += ` COLLATE "C"`
	}
	inner, err := condition(element)
	return "EXISTS (SELECT 1 FROM unnest(" + expr + ") AS elements(element) WHERE " + inner + ")", err
}

// in binds all values as one array, so that the statement stays the same. There
// are no arrays of arrays.
func (postgres) in(b *binder, expr string, values []any) string {
	switch values[0].(type) {
	case bool, int64, float64, string, []byte, time.Time, [16]byte, pgtype.Numeric:
		return expr + " = ANY(" + b.arg(values) + ")"
	}
	marks := make([]string, len(values))
	for i, v := range values {
		marks[i] = b.arg(v)
	}
	return expr + " IN (" + strings.Join(marks, ", ") + ")"
}

func (postgres) json(b *binder, column string, path []string) jsonPath {
	at := column
	if len(path) > 0 {
		at = "(" + column + " #> " + b.arg(path) + "::text[])"
	}
	return postgresJSON{b, at}
}

// postgresJSON is a place inside a jsonb column.
type postgresJSON struct {
	b  *binder
	at string
}

func (j postgresJSON) isNull() string {
	return "coalesce(jsonb_typeof(" + j.at + ") = 'null', TRUE)"
}

func (j postgresJSON) exists() string { return j.at + " IS NOT NULL" }

func (j postgresJSON) text() string {
	return "CASE jsonb_typeof(" + j.at + ") WHEN 'string' THEN " + j.at + " #>> '{}' END"
}

func (j postgresJSON) isBool(v bool) string {
	return j.at + " = '" + [...]string{"false", "true"}[b2i(v)] + "'::jsonb"
}

func (j postgresJSON) compare(sign string, v jsonValue) string {
	if s, ok := v.v.(string); ok && v.kind == textJSON {
		return j.text() + ` COLLATE "C"` + sign + j.b.arg(s) + "::text"
	}
	if v.kind == compositeJSON {
		return j.at + sign + j.b.arg(v.raw) + "::jsonb"
	}
	return "CASE jsonb_typeof(" + j.at + ") WHEN 'number' THEN (" + j.at + " #>> '{}')::numeric" + sign + j.b.arg(v.raw) + "::text::numeric END"
}

func (j postgresJSON) memberOrPart(v jsonValue) string {
	s := "CASE jsonb_typeof(" + j.at + ") WHEN 'array' THEN EXISTS (SELECT 1 FROM jsonb_array_elements(" + j.at + ") AS e(v) WHERE e.v = " + j.b.arg(v.raw) + "::jsonb)"
	if part, ok := v.v.(string); ok && v.kind == textJSON {
		s += " WHEN 'string' THEN strpos(" + j.at + " #>> '{}', " + j.b.arg(part) + "::text) > 0"
	}
	return s + " END"
}
