package errcatalog_test

import (
	"strings"
	"testing"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// TestPagesSpeakOfTheUsersModel fills pages with what the engine knows of a
// program that has authors and books: none may show another program's models.
func TestPagesSpeakOfTheUsersModel(t *testing.T) {
	t.Parallel()
	node := func(m, op string, more func(d *errcatalog.Details)) errcatalog.Details {
		d := errcatalog.Details{
			Workflow: "lend", Node: "n1", Model: m, Table: strings.ToLower(m) + "s", Operation: op, NodeType: m + op + "Node",
			Database: "sqlite:library.db",
		}
		if more != nil {
			more(&d)
		}
		return d
	}
	for name, tc := range map[string]struct {
		code    errcatalog.Code
		details errcatalog.Details
		want    []string
		not     []string
	}{
		"a reference to nothing": {errcatalog.DF305, node("Book", "Create", func(d *errcatalog.Details) {
			d.Column, d.Field, d.Param, d.Value = "author_id", "AuthorID", "author_id", `"x"`
		}), []string{`wf.AddConnection("author", "id", "n1", "author_id")`}, []string{"ondelete"}},
		"a delete of what is referred to": {errcatalog.DF305, node("Author", "Delete", nil), []string{"ref=Author.id,ondelete=cascade", `"AuthorDeleteNode", "n1"`}, nil},
		"an operator": {errcatalog.DF113, node("Book", "List", func(d *errcatalog.Details) {
			d.Param, d.Suggestion, d.Example = "filter.pages.$min", "$gte", "300"
		}), []string{`{"pages": dataflow.Params{"$gte": 300}}`, `"BookListNode", "n1"`}, []string{"nickname", `"age"`}},
		"filter on create": {errcatalog.DF107, node("Book", "Create", func(d *errcatalog.Details) { d.Param = "filter" }), []string{"BookUpdateNode", "BookUpsertNode"}, []string{"Alice"}},
		"flat on update": {errcatalog.DF107, node("Book", "Update", func(d *errcatalog.Details) { d.Param, d.Value = "title", `"Emma"` }),
			[]string{`"fields": dataflow.Params{"title": "Emma"}`}, []string{"Alice"}},
		"a path, at run time": {errcatalog.DF205, node("Book", "Create", func(d *errcatalog.Details) {
			d.Source, d.Output, d.Target, d.Input, d.Reason = "scan", "meta.isbn", "n1", "isbn", "meta is a text"
		}), []string{`res.Outputs["scan"]`, `wf.AddConnection("scan", "meta", "n1", "isbn")`}, []string{"records", "email"}},
		"a node that As does not find": {errcatalog.DF201, errcatalog.Details{Workflow: "lend", Node: "boks", Source: "boks", Suggestion: "books"},
			[]string{`res.Outputs["books"]`}, []string{"AddConnection(", "The connection"}},
		"a node that yielded nothing": {errcatalog.DF202, node("Author", "Read", func(d *errcatalog.Details) { d.Source, d.Reason = "n1", "skipped" }),
			[]string{"n.Status", `res.Outputs["n1"]`}, []string{"AddConnection("}},
		"a model that is not registered": {errcatalog.DF701, errcatalog.Details{Model: "Autor", Suggestion: "Author", Allowed: []string{"Author", "Book"}},
			[]string{`db.Model("Author")`, "There is no model Autor"}, []string{"AddNode", "CreateNode"}},
		"a reference to a model that is not registered": {errcatalog.DF601, errcatalog.Details{Model: "Book", Table: "books", Database: "sqlite:library.db"},
			[]string{"engine.WithModels(\n", "Book{},"}, nil},
		"a value that the database refuses": {errcatalog.DF103, node("Book", "Create", nil), []string{".schema books"}, []string{`"name"`}},
		"an input": {errcatalog.DF808, node("Book", "List", func(d *errcatalog.Details) { d.Param, d.Example = "reader", `"O'Brien"` }),
			[]string{`$ dataflow run lend --input reader='O'\''Brien'`}, nil},
	} {
		text := page(tc.code, tc.details).Markdown()
		for _, want := range tc.want {
			if !strings.Contains(strings.ReplaceAll(text, "\n   ", "\n"), want) {
				t.Errorf("%s: no %q in\n%s", name, want, text)
			}
		}
		_, solutions, _ := strings.Cut(text, "**Solutions**")
		for _, not := range append(tc.not, "User", "Order", "Product") {
			if strings.Contains(solutions, not) {
				t.Errorf("%s: %q in\n%s", name, not, text)
			}
		}
	}
}

func TestSolutionsAreNotRepeated(t *testing.T) {
	t.Parallel()
	for _, e := range errcatalog.Entries() {
		for name, d := range detailSets(e) {
			seen := map[string]bool{}
			for _, s := range page(e.Code, d).Solutions {
				if s.Code != "" && seen[s.Code] {
					t.Errorf("%s with %s details gives one solution twice:\n%s", e.Code, name, s.Code)
				}
				seen[s.Code] = true
			}
		}
	}
}

func TestMigrationPagesNameTheCommand(t *testing.T) {
	t.Parallel()
	for _, code := range []errcatalog.Code{errcatalog.DF302, errcatalog.DF303, errcatalog.DF307, errcatalog.DF309, errcatalog.DF313} {
		e, ok := errcatalog.Explain(code)
		if !ok || !strings.Contains(e.Markdown(), "$ dataflow migrate ") {
			t.Errorf("%s does not name dataflow migrate", code)
		}
	}
}

// Not parallel: AllocsPerRun counts for the whole process.
func TestAllocations(t *testing.T) {
	f := missingEmail()
	for mode, most := range map[errcatalog.Mode]float64{errcatalog.Full: 2, errcatalog.Minimal: 1, errcatalog.Disabled: 0} {
		n := errcatalog.NewEnhancer(errcatalog.EnhancerConfig{Mode: mode})
		if got := testing.AllocsPerRun(100, func() { kept = n.Error(f) }); got > most {
			t.Errorf("%s: %v allocations for an error that was made before, want %v at most", mode, got, most)
		}
	}
}
