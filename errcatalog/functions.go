package errcatalog

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"unicode"
	"unicode/utf8"
)

// functions are what the catalogue's templates may call. Those that take the
// dot ({{model .}}) give the user's own name, and a plausible one where it is not
// known, so that Go code stays whole; plain fields ({{with .Model}}) are for prose
// that can do without.
var functions = template.FuncMap{
	"quote":    strconv.Quote, // user-123 → "user-123"
	"unquoted": unquoted,      // "user-123" → user-123, for a shell
	"join":     strings.Join,  // {{join .Allowed ", "}}
	"quoted":   quoted,        // [a b] → "a", "b"
	"oneOf":    oneOf,         // [a b c] → a, b or c
	"snake":    snake,         // OrderItem → order_item
	"camel":    camel,         // order_item → OrderItem
	"last":     last,          // filter.user_id → user_id
	"lower":    strings.ToLower,

	"model":    modelName,    // Model; that of NodeType; User
	"op":       operation,    // Operation; that of NodeType; Create
	"nodeType": nodeType,     // NodeType; Model + Operation + Node
	"node":     nodeID,       // Node; Target; Source; the operation in lower case
	"table":    table,        // Table; made from the model
	"params":   params,       // every name in Param, in prose
	"top":      top,          // filter.user_id → filter
	"param":    param,        // Param; Column; name
	"column":   column,       // Column; the last segment of Param or Input; snake of Field; name
	"field":    field,        // Field without what it is promoted from; camel of the column
	"example":  exampleValue, // Example; a value for Type; "text"
	"value":    value,        // Value; as example
	"goType":   goType,       // Type where a field may have it; string
	"workflow": workflow,     // Workflow; workflow
	"ident":    ident,        // a Go identifier made from any text
	"from":     from,         // Source; source
	"output":   output,       // Output; id
	"to":       to,           // Target; Node; target
	"input":    input,        // Input; Param; id
	"isGoType": isGoType,     // whether a field may have this type
	"ref":      reference,    // Model.column that a field refers to; User.id
	"stem":     stem,         // the column without its _id: user_id → user

	"isPostgres": isPostgres, // whether a Database is PostgreSQL
	"sqliteFile": sqliteFile, // the file of a Database; app.db
	"dsn":        dsn,        // Database as Go source; a password is not in it, so a variable for PostgreSQL

	// Whole pieces of Go.
	"entry":       entrySource, // filter.user_id, 1 → "filter": dataflow.Params{"user_id": 1}
	"addNode":     addNode,     // {{addNode . "limit" "20"}}: the node's AddNode with that parameter
	"connect":     connect,     // {{connect "create" "id" "read" "id"}}: that AddConnection
	"modelStruct": modelStruct, // {{modelStruct . "Age int"}}: the model with that field
	"mended":      mended,      // {{mended . (addNode …)}}: Mended, or else what is given
}

func or(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

func unquoted(s string) string {
	if u, err := strconv.Unquote(s); err == nil {
		s = u
	}
	if strings.ContainsFunc(s, func(r rune) bool {
		return !strings.ContainsRune("@.,:/+-_", r) && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}) {
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
	return s
}

func quoted(names []string) string {
	q := make([]string, len(names))
	for i, n := range names {
		q[i] = strconv.Quote(n)
	}
	return strings.Join(q, ", ")
}

func oneOf(names []string) string { return list(names, "or") }

func list(names []string, word string) string {
	n := len(names)
	if n < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:n-1], ", ") + " " + word + " " + names[n-1]
}

func snake(s string) string {
	var b strings.Builder
	rs := []rune(s)
	for i, r := range rs {
		if unicode.IsUpper(r) {
			// A word starts after a small letter, and at the last capital of an acronym.
			if i > 0 && rs[i-1] != '_' && (!unicode.IsUpper(rs[i-1]) || i+1 < len(rs) && unicode.IsLower(rs[i+1])) {
				b.WriteByte('_')
			}
			r = unicode.ToLower(r)
		}
		b.WriteRune(r)
	}
	return b.String()
}

func camel(s string) string {
	var b strings.Builder
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return r == '_' || r == '.' || r == ' ' || r == '-' }) {
		if word == "id" {
			b.WriteString("ID")
			continue
		}
		rs := []rune(word)
		rs[0] = unicode.ToUpper(rs[0])
		b.WriteString(string(rs))
	}
	return b.String()
}

func last(path string) string { return path[strings.LastIndexByte(path, '.')+1:] }

// operations, the longer names first so that a suffix is found whole.
var operations = []string{"BulkCreate", "BulkUpdate", "BulkDelete", "BulkUpsert", "Create", "Read", "Update", "Delete", "List", "Count", "Upsert"}

// splitNodeType takes UserBulkCreateNode apart. Both parts are empty when the
// name is not that of a model's node.
func splitNodeType(nodeType string) (model, operation string) {
	s, ok := strings.CutSuffix(nodeType, "Node")
	if !ok {
		return "", ""
	}
	for _, op := range operations {
		if m, ok := strings.CutSuffix(s, op); ok && m != "" {
			return m, op
		}
	}
	return "", ""
}

func modelName(d *Details) string {
	if d.Model != "" {
		return ident(d.Model)
	}
	m, _ := splitNodeType(d.NodeType)
	return ident(or(m, "User"))
}

func operation(d *Details) string {
	if d.Operation != "" {
		return ident(d.Operation)
	}
	_, op := splitNodeType(d.NodeType)
	return or(op, "Create")
}

func nodeType(d *Details) string {
	if d.NodeType != "" {
		return d.NodeType
	}
	return modelName(d) + operation(d) + "Node"
}

func nodeID(d *Details) string {
	if id := or(d.Node, d.Target, d.Source); id != "" {
		return id
	}
	return strings.ToLower(operation(d))
}

func table(d *Details) string {
	if d.Table != "" {
		return d.Table
	}
	return snake(modelName(d)) + "s"
}

// param is one parameter: a finding may name several, separated by commas.
func param(d *Details) string {
	first, _, _ := strings.Cut(or(d.Param, d.Column, d.Input, "name"), ", ")
	return first
}

// params names all of them in prose.
func params(d *Details) string {
	given := or(d.Param, d.Column, d.Input, "name")
	if !strings.Contains(given, ", ") {
		return strconv.Quote(given)
	}
	names := strings.Split(given, ", ")
	for i, n := range names {
		names[i] = strconv.Quote(n)
	}
	return list(names, "and")
}

func top(path string) string {
	first, _, _ := strings.Cut(path, ".")
	return first
}

// column looks in a path for the last name, past operators and places in lists:
// filter.age.$gte, order_by.0.
func column(d *Details) string {
	if d.Column != "" {
		return d.Column
	}
	path, _, _ := strings.Cut(or(d.Param, d.Input), ", ")
	for {
		i := strings.LastIndexByte(path, '.')
		if i < 0 {
			break
		}
		if segment := path[i+1:]; !isPlace(segment) && !strings.HasPrefix(segment, "$") {
			return segment
		}
		path = path[:i]
	}
	if path != "" {
		return path
	}
	return or(snake(last(d.Field)), "name")
}

// isPlace reports whether a segment of a path is a place in a list.
func isPlace(segment string) bool {
	if segment == "" || segment[0] != '-' && (segment[0] < '0' || segment[0] > '9') {
		return false
	}
	_, err := strconv.Atoi(segment)
	return err == nil
}

func field(d *Details) string {
	if f := last(d.Field); f != "" {
		return ident(f)
	}
	return ident(camel(column(d)))
}

func from(d *Details) string   { return or(d.Source, "source") }
func output(d *Details) string { return or(d.Output, "id") }
func to(d *Details) string     { return or(d.Target, d.Node, "target") }
func input(d *Details) string  { return or(d.Input, d.Param, "id") }

func workflow(d *Details) string { return or(d.Workflow, "workflow") }

// examples are values for parameters that are no columns, by name.
var examples = map[string]string{
	"filter":          `dataflow.Params{"id": "user-123"}`,
	"where":           `dataflow.Params{"id": "user-123"}`,
	"fields":          `dataflow.Params{"name": "Alice"}`,
	"create":          `dataflow.Params{"name": "Alice"}`,
	"update":          `dataflow.Params{"name": "Alice"}`,
	"data":            `[]dataflow.Params{{"id": "user-123", "name": "Alice"}}`,
	"ids":             `[]string{"user-123"}`,
	"conflict_on":     `[]string{"id"}`,
	"order_by":        `[]string{"-created_at", "id"}`,
	"limit":           "20",
	"offset":          "0",
	"batch_size":      "500",
	"on_conflict":     `"skip"`,
	"confirm":         "true",
	"hard":            "true",
	"include_deleted": "true",
	"condition":       `"total > 100"`,
	"expression":      `"price * 2"`,
}

func exampleValue(d *Details) string {
	if d.Example != "" {
		return d.Example
	}
	if v, ok := examples[d.Param]; ok && d.Column == "" {
		return v
	}
	t := strings.TrimPrefix(d.Type, "*")
	if t == "string" {
		if v := likely(or(d.Rule, column(d))); v != "" {
			return v
		}
	}
	if elem, ok := strings.CutPrefix(t, "[]"); ok && elem != "byte" {
		return t + "{" + exampleOf(elem) + "}"
	}
	return exampleOf(t)
}

// likely is a text that a column of such a name, or with such a rule, may hold.
func likely(name string) string {
	switch {
	case strings.Contains(name, "email"):
		return `"alice@example.com"`
	case strings.Contains(name, "url"):
		return `"https://example.com"`
	case strings.HasPrefix(name, "uuid"):
		return exampleOf("uuid.UUID")
	case strings.HasSuffix(name, "name"):
		return `"Alice"`
	}
	return ""
}

// exampleOf gives a literal that a parameter of the type takes; times, UUIDs and
// decimals are taken as text.
func exampleOf(goType string) string {
	switch goType {
	case "bool":
		return "true"
	case "int", "int8", "int16", "int32", "int64", "uint", "uint8", "uint16", "uint32", "uint64":
		return "1"
	case "float32", "float64":
		return "1.5"
	case "[]byte":
		return `[]byte("text")`
	case "time.Time":
		return `"2026-01-31T09:00:00Z"`
	case "uuid.UUID":
		return `"0190b3f0-7c1e-7d3a-9f00-2b6c1d4e5f60"`
	case "decimal.Decimal":
		return `"9.90"`
	case "map[string]any", "json.RawMessage":
		return `map[string]any{"key": "value"}`
	}
	return `"text"`
}

func value(d *Details) string { return or(d.Value, exampleValue(d)) }

// isGoType reports whether t is a type that a model's field may have, so that a
// struct with it compiles.
func isGoType(t string) bool {
	t = strings.TrimPrefix(strings.TrimPrefix(t, "*"), "[]")
	switch t {
	case "bool", "string", "byte", "int", "int8", "int16", "int32", "int64",
		"uint", "uint8", "uint16", "uint32", "uint64", "float32", "float64",
		"time.Time", "uuid.UUID", "decimal.Decimal", "json.RawMessage", "map[string]any":
		return true
	}
	return false
}

// reference mends what Value refers to by Suggestion, which is all of it, its
// model or its column.
func reference(d *Details) string {
	model, col, ok := strings.Cut(d.Value, ".")
	switch {
	case strings.Contains(d.Suggestion, "."):
		return d.Suggestion
	case !ok:
		return or(d.Suggestion, "User") + ".id"
	case d.Suggestion == "":
		return d.Value
	case unicode.IsUpper([]rune(d.Suggestion)[0]):
		return d.Suggestion + "." + col
	}
	return model + "." + d.Suggestion
}

func stem(d *Details) string {
	if s, ok := strings.CutSuffix(column(d), "_id"); ok && s != "" {
		return s
	}
	return "source"
}

func isPostgres(database string) bool { return strings.HasPrefix(database, "postgres") }

func sqliteFile(database string) string {
	file, _ := strings.CutPrefix(database, "sqlite:")
	if file == "" || file == ":memory:" || isPostgres(database) {
		return "app.db"
	}
	return file
}

func dsn(d *Details) string {
	if isPostgres(d.Database) {
		return `os.Getenv("DATABASE_URL")`
	}
	return strconv.Quote(or(d.Database, "sqlite:app.db"))
}

func goType(d *Details) string {
	if isGoType(d.Type) {
		return d.Type
	}
	return "string"
}

// entrySource is the entry of Params that sets a dotted path to a value. A number
// in the path is a place in a list.
func entrySource(path, value string) string {
	return string(appendEntry(make([]byte, 0, 128), path, value))
}

func appendEntry(b []byte, path, value string) []byte {
	key, rest, deeper := strings.Cut(path, ".")
	b = append(strconv.AppendQuote(b, key), ": "...)
	if !deeper {
		return append(b, value...)
	}
	return appendNested(b, rest, value)
}

func appendNested(b []byte, path, value string) []byte {
	place, rest, deeper := strings.Cut(path, ".")
	switch {
	case !isPlace(place):
		return append(appendEntry(append(b, "dataflow.Params{"...), path, value), '}')
	case deeper:
		return append(appendEntry(append(b, "[]dataflow.Params{{"...), rest, value), "}}"...)
	case strings.HasPrefix(value, `"`):
		b = append(b, "[]string{"...)
	default:
		b = append(b, "[]any{"...)
	}
	return append(append(b, value...), '}')
}

func addNode(d *Details, path, value string) string {
	b := append(make([]byte, 0, 256), "wf.AddNode("...)
	b = append(strconv.AppendQuote(b, nodeType(d)), ", "...)
	b = append(strconv.AppendQuote(b, nodeID(d)), ", dataflow.Params{\n\t"...)
	return string(append(appendEntry(b, path, value), ",\n\t// … its other parameters\n})"...))
}

func connect(from, output, to, input string) string {
	return fmt.Sprintf("wf.AddConnection(%q, %q, %q, %q)", from, output, to, input)
}

// modelStruct aligns the types as gofmt does.
func modelStruct(d *Details, fields ...string) string {
	if !slices.ContainsFunc(fields, func(f string) bool { return strings.HasPrefix(f, "ID ") }) {
		fields = append([]string{"ID string"}, fields...)
	}
	width := 0
	for _, f := range fields {
		name, _, _ := strings.Cut(f, " ")
		width = max(width, utf8.RuneCountInString(name))
	}
	b := append(make([]byte, 0, 256), "type "...)
	b = append(append(b, modelName(d)...), " struct {\n\tdataflow.Model\n"...)
	for _, f := range fields {
		name, rest, _ := strings.Cut(f, " ")
		b = append(append(b, '\t'), name...)
		for range width - utf8.RuneCountInString(name) + 1 {
			b = append(b, ' ')
		}
		b = append(append(b, rest...), '\n')
	}
	return string(append(b, "\t// … its other fields\n}"...))
}

func mended(d *Details, otherwise string) string { return or(d.Mended, otherwise) }

// ident keeps the letters and digits of s, so that it can stand in Go code as a
// name.
func ident(s string) string {
	clean := strings.Map(func(r rune) rune {
		if r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, s)
	if clean == "" || unicode.IsDigit([]rune(clean)[0]) {
		return fmt.Sprintf("X%s", clean)
	}
	return clean
}
