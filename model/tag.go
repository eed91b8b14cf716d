package model

import (
	"slices"
	"strings"
	"unicode"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// A tag is a parsed df tag of a field:
// df:"column,pk,unique=group,index,default=…,ref=Model.column,ondelete=…".
type tag struct {
	column   string
	skip     bool // "-"
	primary  bool
	unique   []string // groups; "" for a key of its own
	index    []string
	def      string
	hasDef   bool
	ref      string
	onDelete string
}

var (
	fieldOptions = []string{"pk", "unique", "index", "default", "ref", "ondelete"}
	modelOptions = []string{"table", "softdelete", "tenant", "versioned", "unique", "index"}
	onDeletes    = []string{"cascade", "restrict", "set null", "no action"}
)

// splitTag splits at commas; a value in single quotes may hold commas.
func splitTag(s string) []string {
	var parts []string
	start, quoted := 0, false
	for i := range len(s) {
		switch s[i] {
		case '\'':
			quoted = !quoted
		case ',':
			if !quoted {
				parts = append(parts, strings.TrimSpace(s[start:i]))
				start = i + 1
			}
		}
	}
	return append(parts, strings.TrimSpace(s[start:]))
}

func unquote(s string) string {
	if len(s) >= 2 && s[0] == '\'' && s[len(s)-1] == '\'' {
		return s[1 : len(s)-1]
	}
	return s
}

// parseTag reads a field's tag. Each problem is a DF-605 message with the nearest
// valid option.
func parseTag(s string) (t tag, problems []tagProblem) {
	if s == "-" {
		return tag{skip: true}, nil
	}
	parts := splitTag(s)
	t.column = parts[0]
	if name, _, isOption := strings.Cut(t.column, "="); isOption || slices.Contains(fieldOptions, t.column) {
		problems = append(problems, tagProblem{`the first part of a df tag is the column name; write df:",` + t.column + `" to set the option ` + name, "," + t.column, nil, t.column})
		parts, t.column = append([]string{""}, parts...), ""
	} else if !isIdentifier(t.column) {
		problems = append(problems, tagProblem{`"` + t.column + `" is no column name: use letters, digits and _`, ColumnName(identifier(t.column)), nil, t.column})
		t.column = ""
	}
	for _, part := range parts[1:] {
		name, value, hasValue := strings.Cut(part, "=")
		name, value = strings.TrimSpace(name), unquote(strings.TrimSpace(value))
		switch name {
		case "pk":
			t.primary = true
		case "unique":
			t.unique = append(t.unique, value)
		case "index":
			t.index = append(t.index, value)
		case "default":
			t.def, t.hasDef = value, hasValue
			if !hasValue {
				problems = append(problems, tagProblem{"the option default needs a value: default=…", "default=", nil, ""})
			}
		case "ref":
			t.ref = value
			if m, c, ok := strings.Cut(value, "."); !ok || m == "" || c == "" {
				problems = append(problems, tagProblem{`the option ref needs a model and a column: ref=User.id`, "ref=User.id", nil, ""})
				t.ref = ""
			}
		case "ondelete":
			t.onDelete = strings.ReplaceAll(value, "_", " ")
			if !slices.Contains(onDeletes, t.onDelete) {
				problems = append(problems, tagProblem{`"` + value + `" is no ondelete action`, errcatalog.Nearest(value, onDeletes), onDeletes, value})
				t.onDelete = ""
			}
		case "":
			// a trailing comma
		default:
			problems = append(problems, tagProblem{`"` + name + `" is no option of a df tag`, errcatalog.Nearest(name, fieldOptions), fieldOptions, name})
		}
	}
	if t.onDelete != "" && t.ref == "" {
		problems = append(problems, tagProblem{"the option ondelete needs a ref: ref=User.id,ondelete=" + t.onDelete, "", nil, ""})
	}
	return t, problems
}

type tagProblem struct {
	message    string
	suggestion string
	allowed    []string
	bad        string // the part of the tag that suggestion replaces
}

// modelKeys are the keys that the tag of the embedded dataflow.Model declares:
// df:"unique=org_id+email,index=last_name+first_name".
type modelKeys struct {
	unique, index [][]string // columns
}

// parseModelTag reads the tag of the embedded dataflow.Model into m.
func parseModelTag(s string, m *Model) (keys modelKeys, problems []tagProblem) {
	if s == "" {
		return keys, nil
	}
	for _, part := range splitTag(s) {
		name, value, hasValue := strings.Cut(part, "=")
		name, value = strings.TrimSpace(name), unquote(strings.TrimSpace(value))
		switch name {
		case "table":
			if value == "" || !isIdentifier(value) {
				problems = append(problems, tagProblem{`"` + value + `" is no table name: use letters, digits and _`, TableName(m.Name), nil, value})
				continue
			}
			m.Table = value
		case "unique", "index":
			columns := strings.Split(value, "+")
			for i, c := range columns {
				columns[i] = strings.TrimSpace(c)
			}
			switch {
			case slices.Contains(columns, ""):
				problems = append(problems, tagProblem{"the option " + name + " needs columns, joined by +", name + "=org_id+email", nil, ""})
			case name == "unique":
				keys.unique = append(keys.unique, columns)
			default:
				keys.index = append(keys.index, columns)
			}
		case "softdelete":
			m.SoftDelete = true
		case "versioned":
			m.Versioned = true
		case "tenant":
			m.Tenant = "tenant_id"
			if hasValue {
				if value == "" || !isIdentifier(value) {
					problems = append(problems, tagProblem{`"` + value + `" is no column name`, "tenant=tenant_id", nil, ""})
					continue
				}
				m.Tenant = value
			}
		case "":
		default:
			problems = append(problems, tagProblem{`"` + name + `" is no option of a model`, errcatalog.Nearest(name, modelOptions), modelOptions, name})
		}
	}
	return keys, problems
}

// isIdentifier reports whether s is "" or a name that every database takes unquoted
// in form: letters, digits, _, not starting with a digit.
func isIdentifier(s string) bool {
	for i, r := range s {
		if r != '_' && !unicode.IsLetter(r) && (i == 0 || !unicode.IsDigit(r)) {
			return false
		}
	}
	return true
}

// identifier drops from s what no identifier holds.
func identifier(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return '_'
	}, s)
}
