package lsp

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
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

// peers are what other language servers do of each feature, read in their sources of
// summer 2026: gopls, terraform-ls, buf lsp, prisma language-tools.
var peers = map[string][4]string{
	"Diagnostics":        {"push; pull off by default", "push", "push", "push"},
	"Completion":         {"yes", "yes, with resolve", "yes", "yes, with resolve"},
	"Signature Help":     {"yes", "yes", "–", "–"},
	"Hover":              {"yes", "yes", "yes", "yes"},
	"Code Action":        {"fixes, fixAll, refactorings, resolve", "format on save", "fixes, imports", "fixes"},
	"Definition":         {"yes", "yes", "yes", "yes"},
	"Type Definition":    {"yes", "–", "yes", "–"},
	"References":         {"yes", "yes", "yes", "yes"},
	"Document Highlight": {"yes", "–", "yes", "–"},
	"Rename":             {"with prepare", "–", "with prepare", "yes"},
	"Call Hierarchy":     {"yes", "–", "–", "–"},
	"Document Symbols":   {"yes", "yes", "yes", "yes"},
	"Workspace Symbols":  {"yes", "yes", "yes", "–"},
	"Document Links":     {"yes", "yes", "yes", "–"},
	"Folding Ranges":     {"yes", "–", "yes", "–"},
	"Selection Ranges":   {"yes", "–", "–", "–"},
	"Inlay Hints":        {"yes, off by default", "–", "–", "–"},
	"Semantic Tokens":    {"full, range", "full", "full", "–"},
	"Code Lens":          {"yes", "yes", "yes", "in the extension"},
	"Execute Command":    {"yes", "yes", "yes", "–"},
	"Configuration":      {"pulled on change", "restart needed", "–", "pulled, per document"},
}

// docs/lsp.md has every method that the server answers or takes, and what peers do.
func TestDocsListTheMethods(t *testing.T) {
	t.Parallel()
	var matrix, methods strings.Builder
	matrix.WriteString("| feature | here | gopls | terraform-ls | buf | prisma |\n| --- | --- | --- | --- | --- | --- |\n")
	methods.WriteString("| method | kind | feature |\n| --- | --- | --- |\n")
	listed := map[string]string{}
	for _, f := range features() {
		p, ok := peers[f.name]
		if !ok {
			t.Errorf("what peers do of %q is not known", f.name)
		}
		fmt.Fprintf(&matrix, "| %s | %s | %s |\n", f.name, f.says, strings.Join(p[:], " | "))
		for method := range f.calls {
			listed[method] = f.name
		}
		for method := range f.notes {
			listed[method] = f.name
		}
	}
	s := newServer(t.Context(), func() {}, Options{})
	rows := map[string]string{}
	for method := range s.calls {
		rows[method] = "request"
	}
	for method := range s.notes {
		rows[method] = "notification"
	}
	for _, method := range slices.Sorted(maps.Keys(rows)) {
		fmt.Fprintf(&methods, "| `%s` | %s | %s |\n", method, rows[method], cmp.Or(listed[method], "the session"))
	}
	for region, want := range map[string]string{"features": matrix.String(), "methods": methods.String()} {
		if err := docgen.Region(filepath.Join(docs, "lsp.md"), region, want, updating()); err != nil {
			t.Error(err)
		}
	}
}
