package main_test

import (
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/dataflow-go/dataflow/internal/testdb"
)

// A program's life on PostgreSQL: migrate by file, run a workflow, keep what it wrote.
func TestPostgres(t *testing.T) {
	t.Parallel()
	dsn := testdb.Postgres(t)
	work := unpack(t, txtar.Parse([]byte(`
-- dataflow.yaml --
databases:
  dev:
    url: `+dsn+`
    dev: true
    auto_migrate: false
    check_models: true
-- shop.go --
package shop

import "github.com/dataflow-go/dataflow"

type User struct {
	dataflow.Model
	ID    string
	Email string   `+"`df:\",unique\"`"+`
	Tags  []string
}

func Signup() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("signup")
	wf.AddNode("UserCreateNode", "save", dataflow.Params{
		"id": dataflow.Input("id"), "email": dataflow.Input("email"), "tags": []string{"new"},
	})
	wf.AddNode("UserCountNode", "count", dataflow.Params{"filter": dataflow.Params{"tags": dataflow.Params{"$contains": "new"}}})
	wf.AddDependency("save", "count")
	return wf
}
`)))
	step := func(exit int, says string, args ...string) {
		t.Helper()
		code, stdout, stderr := command(t, work, args...)
		if code != exit || !strings.Contains(stdout, says) {
			t.Fatalf("%v: exit %d, want %d and %q in\n%s%s", args, code, exit, says, stdout, stderr)
		}
	}
	step(1, "DF-309 (warning) database dev: there is no table users", "validate")
	step(1, "CREATE TABLE", "migrate", "status")
	step(0, "_users.sql", "migrate", "plan", "--files", "migrations", "--name", "users")
	step(0, "up to date", "migrate", "apply", "--files", "migrations")
	step(0, "", "validate")
	step(0, "Committed", "run", "Signup", "--input", "id=u1", "--input", "email=a@example.com", "--commit")
	step(0, `"count": 2`, "run", "Signup", "--input", "id=u2", "--input", "email=b@example.com")
	step(0, "up to date", "migrate", "status", "--files", "migrations")
}
