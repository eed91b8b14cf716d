package engine

import (
	"cmp"
	"database/sql/driver"
	"encoding/base64"
	"encoding/json"
	"regexp"
	"strings"
	"unicode/utf8"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/shopspring/decimal"
	driversqlite "modernc.org/sqlite"

	"github.com/dataflow-go/dataflow/model"
)

// compiledPatterns is how many regular expressions are kept ready.
const compiledPatterns = 256

// registerFunctions gives the driver what SQLite lacks: RE2, LIKE that folds all
// of Unicode, an order of decimals, and what statements tell this process by.
func registerFunctions(d *driversqlite.Driver) error {
	patterns, err := lru.New[string, *regexp.Regexp](compiledPatterns)
	if err != nil {
		return err
	}
	match := func(pattern string, s driver.Value) (driver.Value, error) {
		subject, ok := text(s)
		if !ok {
			return nil, nil // null, as every comparison with a null
		}
		re, ok := patterns.Get(pattern)
		if !ok {
			if re, err = regexp.Compile(pattern); err != nil {
				return nil, err
			}
			patterns.Add(pattern, re)
		}
		return int64(b2i(re.MatchString(subject))), nil
	}
	if err := d.RegisterDeterministicScalarFunction("df_regex", 2, func(_ *driversqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
		pattern, _ := text(args[0])
		return match(pattern, args[1])
	}); err != nil {
		return err
	}
	if err := d.RegisterDeterministicScalarFunction("df_unbase64", 1, func(_ *driversqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
		s, _ := text(args[0])
		return base64.StdEncoding.DecodeString(s)
	}); err != nil {
		return err
	}
	if err := registerCalls(d); err != nil {
		return err
	}
	return d.RegisterCollationUtf8("df_decimal", compareDecimals)
}

// compareDecimals orders text by the number that it is.
func compareDecimals(a, b string) int {
	x, xErr := decimal.NewFromString(a)
	y, yErr := decimal.NewFromString(b)
	if xErr != nil || yErr != nil {
		return cmp.Compare(a, b)
	}
	return x.Cmp(y)
}

func (sqlite) nullsFirst(bool) string { return "" } // as they are

func (sqlite) ordered(t model.Type, expr string) string {
	if t.Kind == model.KindDecimal && !t.Array {
		return expr + " COLLATE df_decimal"
	}
	return expr
}

// like is GLOB, which minds case and uses indexes, where SQLite's LIKE does
// neither. With fold it is a regular expression, which folds all of Unicode.
func (d sqlite) like(b *binder, expr, pattern string, fold bool) string {
	if fold || strings.ContainsRune(pattern, 0) {
		flags := "(?s)"
		if fold {
			flags = "(?si)"
		}
		return d.regex(b, expr, flags+translate(pattern, "^", "$", ".*", ".", regexp.QuoteMeta))
	}
	glob := translate(pattern, "", "", "*", "?", func(s string) string {
		if strings.ContainsAny(s, "*?[") {
			return "[" + s + "]"
		}
		return s
	})
	return expr + " GLOB " + b.arg(glob)
}

// translate rewrites a LIKE pattern: before and after stand around it, many for
// %, one for _, and literal for each other character. A backslash takes the next
// character's meaning away.
func translate(pattern, before, after, many, one string, literal func(string) string) string {
	var b strings.Builder
	b.WriteString(before)
	for i := 0; i < len(pattern); {
		_, size := utf8.DecodeRuneInString(pattern[i:])
		char := pattern[i : i+size]
		i += size
		switch {
		case char == "%":
			b.WriteString(many)
		case char == "_":
			b.WriteString(one)
		case char == `\` && i < len(pattern):
			_, size = utf8.DecodeRuneInString(pattern[i:])
			b.WriteString(literal(pattern[i : i+size]))
			i += size
		default:
			b.WriteString(literal(char))
		}
	}
	b.WriteString(after)
	return b.String()
}

func (sqlite) regex(b *binder, expr, pattern string) string {
	return "df_regex(" + b.arg(pattern) + ", " + expr + ")"
}

func (sqlite) contains(b *binder, expr string, part any) string {
	return "instr(" + expr + ", " + b.arg(part) + ") > 0"
}

func (sqlite) member(b *binder, expr string, v any) string {
	if bytes, ok := v.([]byte); ok {
		v = base64.StdEncoding.EncodeToString(bytes) // as they stand in an array
	}
	return "EXISTS (SELECT 1 FROM json_each(" + expr + ") WHERE value = " + b.arg(v) + ")"
}

func (sqlite) anyElement(expr string, elem model.Type, condition func(element string) (string, error)) (string, error) {
	element := "value"
	switch {
	case elem.Kind == model.KindBytes:
		element = "df_unbase64(value)"
	case elem.Kind.IsFloat(): // a whole number is an integer in JSON
		element = "CAST(value AS REAL)"
	}
	inner, err := condition(element)
	return "EXISTS (SELECT 1 FROM json_each(" + expr + ") WHERE " + inner + ")", err
}

// shortList is up to how many values an IN lists them. Longer lists are bound as
// one JSON text, so that neither the number of parameters nor that of statements grows.
const shortList = 64

func (sqlite) in(b *binder, expr string, values []any) string {
	if len(values) > shortList && jsonSafe(values) {
		if list, err := json.Marshal(values); err == nil {
			return expr + " IN (SELECT value FROM json_each(" + b.arg(string(list)) + "))"
		}
	}
	marks := make([]string, len(values))
	for i, v := range values {
		marks[i] = b.arg(v)
	}
	return expr + " IN (" + strings.Join(marks, ", ") + ")"
}

// jsonSafe reports whether values are the same after a way through JSON.
func jsonSafe(values []any) bool {
	for _, v := range values {
		switch x := v.(type) {
		case int64:
		case string:
			if !utf8.ValidString(x) || strings.ContainsRune(x, 0) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

func (sqlite) json(b *binder, column string, path []string) jsonPath {
	p := "$"
	for _, key := range path {
		if isIndex(key) {
			p += "[" + key + "]"
		} else {
			p += `."` + key + `"`
		}
	}
	return sqliteJSON{b, column, p}
}

// isIndex reports whether a segment of a path is an index into an array.
func isIndex(s string) bool {
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return s != ""
}

// sqliteJSON is a place inside a JSON column.
type sqliteJSON struct {
	b      *binder
	column string
	path   string
}

func (j sqliteJSON) isNull() string { return j.value() + " IS NULL" }

func (j sqliteJSON) text() string {
	return "CASE " + j.kind() + " WHEN 'text' THEN " + j.value() + " END"
}

// value is the scalar there, the text of what is no scalar, or NULL.
func (j sqliteJSON) value() string {
	return "json_extract(" + j.column + ", " + j.b.arg(j.path) + ")"
}

func (j sqliteJSON) kind() string { return "json_type(" + j.column + ", " + j.b.arg(j.path) + ")" }

func (j sqliteJSON) exists() string { return j.kind() + " IS NOT NULL" }

func (j sqliteJSON) isBool(v bool) string {
	return j.kind() + " = " + [...]string{"'false'", "'true'"}[b2i(v)]
}

func (j sqliteJSON) compare(sign string, v jsonValue) string {
	kinds := jsonTypes(v.kind)
	return conjunction([]string{j.kind() + " IN " + kinds, j.value() + sign + j.b.arg(v.v)})
}

func (j sqliteJSON) memberOrPart(v jsonValue) string {
	member := "type IN " + jsonTypes(v.kind)
	s := "CASE " + j.kind() + " WHEN 'array' THEN EXISTS (SELECT 1 FROM json_each(" + j.column + ", " + j.b.arg(j.path) + ") WHERE "
	switch v.kind {
	case nullJSON:
		s += member
	case boolJSON:
		s += "type = " + [...]string{"'false'", "'true'"}[b2i(v.v == int64(1))]
	default:
		s += member + " AND value = " + j.b.arg(v.v)
	}
	s += ")"
	if v.kind == textJSON {
		s += " WHEN 'text' THEN instr(" + j.value() + ", " + j.b.arg(v.v) + ") > 0"
	}
	return s + " END"
}

// jsonTypes are what json_type calls a kind.
func jsonTypes(k jsonKind) string {
	return [...]string{"('null')", "('true', 'false')", "('integer', 'real')", "('text')", "('object', 'array')"}[k]
}
