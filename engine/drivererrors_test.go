package engine_test

import (
	"strings"
	"testing"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
)

// sqlAt runs statements on a database behind the engine's back.
func sqlAt(t *testing.T, dsn string, statements ...string) {
	t.Helper()
	if path, ok := strings.CutPrefix(dsn, "sqlite:"); ok {
		exec(t, path, statements...)
		return
	}
	sqlOn(t, dsn, statements...)
}

// What a database says of a statement has the same code on both.
func TestDriverErrors(t *testing.T) {
	t.Parallel()
	const table = `CREATE TABLE teams (id bigint NOT NULL PRIMARY KEY, name text NOT NULL CHECK (length(name) < 10))`
	for name, c := range map[string]struct {
		before, between []string
		name            string
		code            errcatalog.Code // "" where it goes well, as the next always does
	}{
		"unique":     {nil, []string{`INSERT INTO teams (id, name) VALUES (8, 'x')`}, "x", errcatalog.DF310},
		"check":      {[]string{table}, nil, "much too long", errcatalog.DF312},
		"dropped":    {nil, []string{`DROP TABLE teams`}, "x", errcatalog.DF309}, // and made again
		"column":     {nil, []string{`DROP INDEX ux_teams_name`, `ALTER TABLE teams DROP COLUMN name`}, "x", errcatalog.DF302},
		"new column": {nil, []string{`ALTER TABLE teams ADD COLUMN more text NOT NULL DEFAULT 'x'`}, "x", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachDatabase(t, func(t *testing.T, dsn string) {
				if len(c.before) > 0 {
					sqlAt(t, dsn, c.before...)
				}
				db := open(t, dsn, engine.WithModels(Team{}))
				must(t)(db.Model("Team").Count(t.Context(), nil))
				sqlAt(t, dsn, c.between...)
				create := func(id int, name string) error {
					wf := dataflow.NewWorkflow("w").AddTransaction("tx", func(tx *dataflow.Workflow) {
						tx.AddNode("TeamCreateNode", "it", P{"id": id, "name": name})
					})
					_, err := db.Run(t.Context(), wf)
					return err
				}
				err := create(7, c.name)
				if c.code == "" && err != nil {
					t.Error(err)
				}
				if c.code != "" && !strings.Contains(caught(t, err, c.code).Error(), "teams") {
					t.Errorf("the error does not name the table: %v", err)
				}
				if err := create(9, "y"); err != nil {
					t.Errorf("the next: %v", err)
				}
			})
		})
	}
}
