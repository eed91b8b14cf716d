package errcatalog_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
)

// hostile is a text that no user would choose and every user may have.
const hostile = "x\"`'\\\x00\x1b[31m\n%s%!d(MISSING)<b>é日本.0.\xff$1 */ //"

// detailSets are details to fill an entry's templates with: the catalogue's own
// sample, those of another program, none, and hostile ones.
func detailSets(e errcatalog.Entry) map[string]errcatalog.Details {
	return map[string]errcatalog.Details{
		"sample":  e.Sample,
		"invoice": invoice(e),
		"empty":   {},
		"hostile": {
			Workflow: hostile, Node: hostile, NodeType: hostile, Operation: hostile, Model: hostile, Table: hostile,
			Param: hostile, Field: hostile, Column: hostile, Type: hostile, Got: hostile, Value: hostile,
			Example: hostile, Rule: hostile, Source: hostile, Output: hostile, Target: hostile, Input: hostile,
			Suggestion: hostile, Allowed: []string{hostile, ""}, Database: hostile, Setting: hostile,
			Reason: hostile, Extra: []errcatalog.ContextItem{{Key: hostile, Value: hostile}},
		},
	}
}

// invoice puts another program's names into the fields that the sample has, and
// leaves out Mended, so that the templates have to make the code themselves.
func invoice(e errcatalog.Entry) errcatalog.Details {
	s := e.Sample
	set := func(field *string, value string) {
		if *field != "" {
			*field = value
		}
	}
	set(&s.Workflow, "billing")
	set(&s.Node, "bill")
	if s.Model != "" {
		s.NodeType = strings.Replace(s.NodeType, s.Model, "Invoice", 1)
	}
	set(&s.Model, "Invoice")
	set(&s.Table, "invoices")
	set(&s.Field, "Amount")
	set(&s.Column, "amount")
	if s.Type != "" && s.Column != "" {
		s.Type, s.Got, s.Value, s.Example = "float64", "string", `"12.50"`, "12.5"
	}
	set(&s.Rule, "min=1")
	set(&s.Source, "customer")
	set(&s.Output, "total")
	set(&s.Target, "bill")
	set(&s.Input, "amount")
	set(&s.Database, "postgres://db.example.com/billing")
	set(&s.Reason, "the server said no")
	s.Mended = ""
	return s
}

// page makes the error as a caller would.
func page(code errcatalog.Code, d errcatalog.Details) *errcatalog.Error {
	return errcatalog.New(errcatalog.Finding{Code: code, Message: "the message of the rule", Details: d})
}

func TestCatalogueLoads(t *testing.T) {
	t.Parallel()
	if err := errcatalog.LoadError(); err != nil {
		t.Fatal(err)
	}
	if n := len(errcatalog.Entries()); n < 108 {
		t.Errorf("%d codes, want the 108 of the list at least", n)
	}
}

func TestEntriesAreComplete(t *testing.T) {
	t.Parallel()
	categories := []string{"", "parameter", "connection", "migration", "configuration", "runtime", "model", "node", "workflow", "strict"}
	var last errcatalog.Code
	for _, e := range errcatalog.Entries() {
		if e.Code <= last {
			t.Errorf("%s does not come after %s", e.Code, last)
		}
		last = e.Code
		if !regexp.MustCompile(`^DF-[1-9][0-9][0-9]$`).MatchString(string(e.Code)) {
			t.Errorf("%q is no code", e.Code)
			continue
		}
		if want := categories[e.Code[3]-'0']; e.Category != want {
			t.Errorf("%s: category %q, want %q", e.Code, e.Category, want)
		}
		if e.Title == "" || e.Summary == "" {
			t.Errorf("%s: no title or no summary", e.Code)
		}
		if e.Severity == errcatalog.SeverityDefault || e.Severity == errcatalog.SeverityOff {
			t.Errorf("%s: severity %v", e.Code, e.Severity)
		}
		if !e.Static && !e.Runtime {
			t.Errorf("%s is never reported", e.Code)
		}
		if e.Fix != "" && !e.Static {
			t.Errorf("%s has a fix and is not reported from source", e.Code)
		}
		if len(e.Causes) < 2 || len(e.Solutions) < 2 {
			t.Errorf("%s: %d causes and %d solutions, want two of each", e.Code, len(e.Causes), len(e.Solutions))
		}
	}
}

func TestTemplatesFill(t *testing.T) {
	t.Parallel()
	for _, e := range errcatalog.Entries() {
		for name, d := range detailSets(e) {
			err := page(e.Code, d)
			text := err.Error() + err.Markdown()
			for _, bad := range []string{"{{", "}}\"", "<no value>", "%!"} {
				// The hostile details hold some of these themselves.
				if name != "hostile" && strings.Contains(strings.ReplaceAll(text, "Params{{", ""), bad) {
					t.Errorf("%s with %s details has %q in it:\n%s", e.Code, name, bad, text)
				}
			}
			if name == "hostile" && strings.Contains(text, "{{") && !strings.Contains(text, "Params{{") {
				t.Errorf("%s: a template failed with hostile details:\n%s", e.Code, text)
			}
			if len(err.Causes) < 2 || len(err.Solutions) < 2 {
				t.Errorf("%s with %s details: %d causes, %d solutions", e.Code, name, len(err.Causes), len(err.Solutions))
			}
			withCode := 0
			for _, s := range err.Solutions {
				if s.Code != "" {
					withCode++
				}
			}
			if withCode == 0 {
				t.Errorf("%s with %s details: no solution has code", e.Code, name)
			}
			for _, line := range append(append([]string{}, err.Causes...), titles(err)...) {
				if strings.Contains(line, "  ") && name != "hostile" || strings.Contains(line, " ,") || strings.Contains(line, " .") && !strings.Contains(line, " ..") && name != "hostile" {
					t.Errorf("%s with %s details reads badly: %q", e.Code, name, line)
				}
			}
		}
	}
}

func titles(e *errcatalog.Error) []string {
	var titles []string
	for _, s := range e.Solutions {
		titles = append(titles, s.Title)
	}
	return titles
}

func TestMendedIsTheFirstSolution(t *testing.T) {
	t.Parallel()
	for _, e := range errcatalog.Entries() {
		if e.Sample.Mended == "" {
			continue
		}
		err := page(e.Code, e.Sample)
		want := strings.TrimSpace(e.Sample.Mended)
		if !strings.Contains(strings.ReplaceAll(err.Solutions[0].Code, "\n\t", "\n"), strings.ReplaceAll(want, "\n\t", "\n")) {
			t.Errorf("%s: the first solution does not show what is mended:\n%s\nwant in it:\n%s", e.Code, err.Solutions[0].Code, want)
		}
	}
}

func TestLookup(t *testing.T) {
	t.Parallel()
	e, ok := errcatalog.Lookup(errcatalog.DF101)
	if !ok || e.Title != "Missing required parameter" || errcatalog.DF101.Title() != e.Title {
		t.Errorf("DF-101: %q, %v", e.Title, ok)
	}
	if _, ok := errcatalog.Lookup("DF-000"); ok {
		t.Error("DF-000 is a code")
	}
	if title := errcatalog.Code("DF-000").Title(); title != "" {
		t.Errorf("DF-000 has the title %q", title)
	}
	if got := errcatalog.DF101.DocsURL(); got != "https://dataflow-go.dev/errors/DF-101" {
		t.Error(got)
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"DF-101", "df-101", " df101 ", "101", "DF101"} {
		if c, ok := errcatalog.Parse(s); !ok || c != errcatalog.DF101 {
			t.Errorf("Parse(%q) = %q, %v", s, c, ok)
		}
	}
	for _, s := range []string{"", "DF-", "DF-1", "DF-999", "hello"} {
		if c, ok := errcatalog.Parse(s); ok {
			t.Errorf("Parse(%q) = %q", s, c)
		}
	}
}

func TestSeverity(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"error", "warning", "info", "hint", "off"} {
		s, err := errcatalog.ParseSeverity(name)
		if err != nil || s.String() != name {
			t.Errorf("%s: %v, %v", name, s, err)
		}
		var got map[string]errcatalog.Severity
		if err := yaml.Unmarshal([]byte("DF-203: "+name), &got); err != nil || got["DF-203"] != s {
			t.Errorf("%s from YAML: %v, %v", name, got, err)
		}
		out, err := yaml.Marshal(s)
		if err != nil || strings.Trim(strings.TrimSpace(string(out)), `"`) != name {
			t.Errorf("%s to YAML: %q, %v", name, out, err)
		}
	}
	if _, err := errcatalog.ParseSeverity("fatal"); !errorsIs(err, errcatalog.DF401) {
		t.Errorf("fatal: %v", err)
	}
	var got errcatalog.Severity
	if err := yaml.Unmarshal([]byte("fatal"), &got); err == nil || !strings.Contains(err.Error(), `"fatal" is not a severity`) {
		t.Errorf("fatal from YAML: %v", err)
	}
}

func TestCompiledTemplatesYieldTheSame(t *testing.T) {
	t.Parallel()
	all, compiled := 0, 0
	for _, e := range errcatalog.Entries() {
		for name, d := range detailSets(e) {
			fast, slow, n := errcatalog.FillBothWays(e.Code, &d)
			all, compiled = all+len(fast), compiled+n
			if diff := cmp.Diff(slow, fast); diff != "" {
				t.Errorf("%s with %s details, text/template and compiled:\n%s", e.Code, name, diff)
			}
		}
	}
	if compiled < all*9/10 {
		t.Errorf("only %d of %d templates are compiled", compiled, all)
	}
	t.Logf("%d of %d", compiled, all)
}
