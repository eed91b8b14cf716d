package lsp

import (
	"flag"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/dataflow-go/dataflow/internal/docgen"
)

// docs says where the pages are.
var docs = filepath.Join("..", "docs")

func updating() bool {
	f := flag.Lookup("update")
	return f != nil && f.Value.String() == "true"
}

// docs/commands.md says of each command what it does, takes and answers.
func TestDocsListTheCommands(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, c := range commands() {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", c.name, c.says)
		writeFields(&b, "Takes", reflect.TypeOf(c.params))
		writeFields(&b, "Answers", reflect.TypeOf(c.result))
	}
	if err := docgen.Region(filepath.Join(docs, "commands.md"), "commands", b.String()+"\n", updating()); err != nil {
		t.Error(err)
	}
}

// writeFields writes the table of an object's members.
func writeFields(b *strings.Builder, title string, t reflect.Type) {
	list := ""
	for t != nil && (t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice) {
		if t.Kind() == reflect.Slice {
			list = " a list, of each"
		}
		t = t.Elem()
	}
	if t == nil || t.Kind() != reflect.Struct {
		fmt.Fprintf(b, "\n%s JSON, as the question has it.\n", title)
		return
	}
	var rows strings.Builder
	rowsOf(&rows, t, "")
	if rows.Len() == 0 {
		fmt.Fprintf(b, "\n%s nothing.\n", title)
		return
	}
	fmt.Fprintf(b, "\n%s%s:\n\n| member | type | |\n| --- | --- | --- |\n%s", title, list, rows.String())
}

func rowsOf(b *strings.Builder, t reflect.Type, prefix string) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			rowsOf(b, f.Type, prefix)
			continue
		}
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" || name == "-" {
			continue
		}
		optional := ""
		if strings.Contains(options, "omitempty") {
			optional = "?"
		}
		fmt.Fprintf(b, "| `%s%s%s` | %s | %s |\n", prefix, name, optional, typeName(f.Type), strings.ReplaceAll(f.Tag.Get("doc"), "|", "\\|"))
		if e := element(f.Type); e.Kind() == reflect.Struct && strings.Contains(e.PkgPath(), "dataflow") && e.Name() != "Error" && e.Name() != "Range" && !strings.Contains(prefix, "report.") && e != t {
			inner := prefix + name + "."
			if f.Type.Kind() == reflect.Slice {
				inner = prefix + name + "[]."
			}
			rowsOf(b, e, inner)
		}
	}
}

func element(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	return t
}

// typeName is a type as JSON has it.
func typeName(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Pointer:
		return typeName(t.Elem())
	case reflect.Bool:
		return "boolean"
	case reflect.String:
		return "string"
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "any"
		}
		return "list of " + typeName(t.Elem())
	case reflect.Map:
		return "object"
	case reflect.Interface:
		return "any"
	case reflect.Struct:
		switch t.Name() {
		case "Time":
			return "time"
		case "Error":
			return "error of the catalogue"
		case "Range":
			return "range"
		}
		return "object"
	default:
		return "number"
	}
}
