package errcatalog

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"text/template"
	"unicode"
)

// A text is one template of the catalogue. Sources without an action are kept
// as they are.
type text struct {
	raw  string
	tmpl *template.Template // nil: raw is the text
}

type solutionText struct{ title, code text }

func parseText(src string) (text, error) {
	src = strings.TrimSpace(src)
	if !strings.Contains(src, "{{") {
		return text{raw: src}, nil
	}
	t, err := template.New("").Funcs(functions).Parse(src)
	return text{raw: src, tmpl: t}, err
}

// fill executes the template. What fails yields the source of the template: an
// odd page is better than a lost error.
func (t text) fill(d *Details, buf *bytes.Buffer) string {
	if t.tmpl == nil {
		return t.raw
	}
	buf.Reset()
	if err := t.tmpl.Execute(buf, d); err != nil {
		return t.raw
	}
	return strings.TrimSpace(buf.String())
}

// parseEntry parses the templates of an entry.
func parseEntry(e Entry) (*entry, error) {
	p := &entry{Entry: e}
	var firstErr error
	parse := func(src string) text {
		t, err := parseText(src)
		if err != nil && firstErr == nil {
			firstErr = err
		}
		return t
	}
	p.summary = parse(e.Summary)
	for _, c := range e.Causes {
		p.causes = append(p.causes, parse(c))
	}
	for _, s := range e.Solutions {
		p.solutions = append(p.solutions, solutionText{parse(s.Title), parse(s.Code)})
	}
	return p, firstErr
}

// functions are what the catalogue's templates may call. Those that take the
// dot ({{model .}}) give the user's own name, and a plausible one where it is not
// known, so that Go code stays whole; plain fields ({{with .Model}}) are for prose
// that can do without.
var functions = template.FuncMap{
	"quote":  strconv.Quote, // user-123 → "user-123"
	"join":   strings.Join,  // {{join .Allowed ", "}}
	"quoted": quoted,        // [a b] → "a", "b"
	"oneOf":  oneOf,         // [a b c] → a, b or c
	"snake":  snake,         // OrderItem → order_item
	"camel":  camel,         // order_item → OrderItem
	"last":   last,          // filter.user_id → user_id
	"lower":  strings.ToLower,

	"model":    modelName,    // Model; that of NodeType; User
	"op":       operation,    // Operation; that of NodeType; Create
	"nodeType": nodeType,     // NodeType; Model + Operation + Node
	"node":     nodeID,       // Node; Target; Source; the operation in lower case
	"table":    table,        // Table; made from the model
	"param":    param,        // Param; Column; name
	"column":   column,       // Column; the last segment of Param or Input; snake of Field; name
	"field":    field,        // Field without what it is promoted from; camel of the column
	"example":  exampleValue, // Example; a value for Type; "text"
	"value":    value,        // Value; as example
	"goType":   goType,       // Type where it is one word of Go; string
	"workflow": workflow,     // Workflow; workflow
	"ident":    ident,        // a Go identifier made from any text
}

func or(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

func quoted(names []string) string {
	q := make([]string, len(names))
	for i, n := range names {
		q[i] = strconv.Quote(n)
	}
	return strings.Join(q, ", ")
}

func oneOf(names []string) string {
	n := len(names)
	if n < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:n-1], ", ") + " or " + names[n-1]
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
	m, _ := splitNodeType(d.NodeType)
	return ident(or(d.Model, m, "User"))
}

func operation(d *Details) string {
	_, op := splitNodeType(d.NodeType)
	return ident(or(d.Operation, op, "Create"))
}

func nodeType(d *Details) string { return or(d.NodeType, modelName(d)+operation(d)+"Node") }

func nodeID(d *Details) string {
	return or(d.Node, d.Target, d.Source, strings.ToLower(operation(d)))
}

func table(d *Details) string { return or(d.Table, snake(modelName(d))+"s") }

func param(d *Details) string { return or(d.Param, d.Column, d.Input, "name") }

func column(d *Details) string {
	return or(d.Column, last(d.Param), last(d.Input), snake(last(d.Field)), "name")
}

func field(d *Details) string { return ident(or(last(d.Field), camel(column(d)))) }

func workflow(d *Details) string { return or(d.Workflow, "workflow") }

func exampleValue(d *Details) string {
	if d.Example != "" {
		return d.Example
	}
	t := strings.TrimPrefix(d.Type, "*")
	if elem, ok := strings.CutPrefix(t, "[]"); ok && elem != "byte" {
		return t + "{" + exampleOf(elem) + "}"
	}
	return exampleOf(t)
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

func goType(d *Details) string {
	if d.Type == "" || strings.ContainsAny(d.Type, " ,(") {
		return "string"
	}
	return d.Type
}

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
