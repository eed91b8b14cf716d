package lsp_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver of the same name
	"golang.org/x/tools/txtar"

	"github.com/dataflow-go/dataflow/internal/testdb"
)

// prepareDatabase writes the URL of a new database where an archive says $POSTGRES.
func prepareDatabase(t testing.TB, archive *txtar.Archive) {
	t.Helper()
	for i, f := range archive.Files {
		if bytes.Contains(f.Data, []byte("$POSTGRES")) {
			archive.Files[i].Data = bytes.ReplaceAll(f.Data, []byte("$POSTGRES"), []byte(testdb.Postgres(t)))
		}
	}
}

// makeDatabase runs schema.sql of an archive on the database that is meant.
func makeDatabase(t testing.TB, archive *txtar.Archive, dir string) {
	t.Helper()
	i := slices.IndexFunc(archive.Files, func(f txtar.File) bool { return f.Name == "schema.sql" })
	if i < 0 {
		return
	}
	driver, dsn := "sqlite", filepath.Join(dir, "dev.db")
	for _, f := range archive.Files {
		if _, rest, ok := strings.Cut(string(f.Data), "url: postgres://"); ok && f.Name == "dataflow.yaml" {
			rest, _, _ = strings.Cut(rest, "\n")
			driver, dsn = "pgx", "postgres://"+rest
		}
	}
	execute(t, driver, dsn, string(archive.Files[i].Data))
}

func execute(t testing.TB, driver, dsn, statements string) {
	t.Helper()
	db, err := sql.Open(driver, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.Exec(statements); err != nil {
		t.Fatal(err)
	}
}

// A field is added: drift is reported without a save, the SQL is shown and changes
// nothing, the migration is run from the editor, and the drift is gone.
func TestDriftIsShownAndMigrated(t *testing.T) {
	t.Parallel()
	archive, err := txtar.ParseFile(filepath.Join("testdata", "drift.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	for name, url := range map[string]string{"sqlite": "sqlite:dev.db", "postgres": testdb.Postgres(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			archive := &txtar.Archive{Files: slices.Clone(archive.Files)}
			archive.Files[0].Data = bytes.ReplaceAll(archive.Files[0].Data, []byte("$URL"), []byte(url))
			dir := workspace(t, archive)
			makeDatabase(t, archive, dir)
			file := filepath.Join(dir, "shop.go")
			c := newClient(t)
			c.start(dir, fullCapabilities)
			text := readFile(t, file)
			c.open(file, text)
			c.diagnostics(file, 1, "no drift", nothing)

			text = strings.Replace(text, "\tID string\n", "\tID string\n\tNickname *string\n", 1)
			c.replace(file, 2, text)
			found := c.diagnostics(file, 2, "the drift of what was typed", has("DF-302"))
			if len(found) != 1 || found[0].Severity != 2 || found[0].Range.Start.Line != 7 || !strings.Contains(found[0].Message, `ADD COLUMN "nickname"`) {
				t.Fatalf("diagnostics %+v", found)
			}
			run := map[string]codeAction{}
			for _, a := range c.actions(file, found[0].Range) {
				run[a.Title] = a
			}

			var report struct {
				Done       bool
				Statements []string
			}
			c.mustCall("workspace/executeCommand", run["Show the SQL of the migration of users on dev"].Command, &report)
			if report.Done || len(report.Statements) != 1 {
				t.Errorf("report %+v", report)
			}
			if shown := c.shown(); !strings.Contains(shown, "-- users (User)\nALTER TABLE \"users\" ADD COLUMN \"nickname\"") || !strings.Contains(shown, "Nothing was changed") {
				t.Errorf("shown:\n%s", shown)
			}

			c.mustCall("workspace/executeCommand", run["Run the migration of users on dev"].Command, &report)
			if !report.Done || len(report.Statements) != 1 {
				t.Errorf("report %+v", report)
			}
			c.diagnostics(file, 2, "the drift gone", nothing)
			if told := c.told(); !strings.Contains(told, "migrated, 1 statement") || strings.Contains(told, "hunter2") {
				t.Errorf("told %q", told)
			}

			// What could lose data is refused, and nothing else is done.
			text = strings.Replace(text, "*string", "int64", 1)
			c.replace(file, 3, strings.Replace(text, "int64\n", "int64\n\tAge *int\n", 1))
			c.diagnostics(file, 3, "a type that differs", func(d []diagnostic) bool { return has("DF-302")(d) && has("DF-303")(d) })
			err := c.execute("dataflow.server.migrateApply", object{"uri": fileURI(file)}, nil)
			if err == nil || !strings.Contains(err.Error(), "DF-303") {
				t.Errorf("a type was changed: %v", err)
			}
			c.mustCall("workspace/executeCommand", object{"command": "dataflow.server.migratePlan", "arguments": []object{{"uri": fileURI(file)}}}, &report)
			if shown := c.shown(); len(report.Statements) != 1 || !strings.Contains(shown, "\n-- DF-303: the column users.nickname has the type") {
				t.Errorf("report %+v, shown:\n%s", report, shown)
			}
		})
	}
}

// A run makes what is missing: then it is missing no more.
func TestRunRefreshesDrift(t *testing.T) {
	t.Parallel()
	archive, err := txtar.ParseFile(filepath.Join("testdata", "drift.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	archive.Files[0].Data = bytes.ReplaceAll(archive.Files[0].Data, []byte("$URL"), []byte("sqlite:dev.db"))
	dir := workspace(t, archive)
	makeDatabase(t, archive, dir)
	execute(t, "sqlite", filepath.Join(dir, "dev.db"), "DROP TABLE users")
	file := filepath.Join(dir, "shop.go")
	c := newClient(t)
	c.start(dir, fullCapabilities)
	c.open(file, readFile(t, file))
	c.diagnostics(file, 1, "no table", has("DF-309"))
	c.mustCall("workspace/executeCommand", object{"command": "dataflow.server.run", "arguments": []object{{"uri": fileURI(file), "commit": true}}}, nil)
	c.diagnostics(file, 1, "the drift gone", nothing)

	// Whoever changes the database from outside is seen at the next save.
	execute(t, "sqlite", filepath.Join(dir, "dev.db"), "DROP TABLE users")
	c.notify("textDocument/didSave", object{"textDocument": object{"uri": fileURI(file)}})
	c.diagnostics(file, 1, "no table again", has("DF-309"))

	// The configuration asks for it no more.
	config := filepath.Join(dir, "dataflow.yaml")
	writeFile(t, config, []byte(strings.Replace(readFile(t, config), "check_models: true", "check_models: false", 1)))
	c.notify("workspace/didChangeWatchedFiles", object{"changes": []object{{"uri": fileURI(config), "type": 2}}})
	c.diagnostics(file, 1, "nothing asked for", nothing)
}

// A migration is refused on what is no dev database, and of models with mistakes.
func TestMigrateRefuses(t *testing.T) {
	t.Parallel()
	dir := workspace(t, txtar.Parse([]byte(`
-- dataflow.yaml --
database: dev
databases:
  dev: {url: "sqlite:dev.db", dev: true}
  prod: {url: "sqlite:prod.db"}
-- good/good.go --
package good

import "github.com/dataflow-go/dataflow"

type User struct {
	dataflow.Model
	ID string
}
-- bad/bad.go --
package bad

import "github.com/dataflow-go/dataflow"

type Tag struct {
	dataflow.Model
	ID string
	C  chan int
}
`)))
	c := newClient(t)
	c.start(dir, fullCapabilities)
	good, bad := fileURI(filepath.Join(dir, "good", "good.go")), fileURI(filepath.Join(dir, "bad", "bad.go"))
	for _, command := range []string{"dataflow.server.migrateApply", "dataflow.server.migratePlan"} {
		for want, argument := range map[string]object{
			"DF-409":         {"uri": good, "database": "prod"},
			"DF-401":         {"uri": good, "database": "pord"},
			"DF-604":         {"uri": bad},
			"no model":       {"uri": good, "model": "Usr"},
			"not the URI of": {"uri": fileURI(filepath.Join(dir, "go.mod"))},
			"cannot be read": {"uri": good, "modle": "User"},
		} {
			if err := c.execute(command, argument, nil); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s %v: %v, want %s", command, argument, err, want)
			}
		}
	}
	// Without a database the plan is that of an empty one, which is not made; a client
	// that shows no documents is told the SQL.
	poor := newClient(t)
	poor.start(dir, object{})
	var report struct{ Statements []string }
	poor.mustCall("workspace/executeCommand", object{"command": "dataflow.server.migratePlan", "arguments": []object{{"uri": good}}}, &report)
	if len(report.Statements) != 1 || !strings.Contains(poor.told(), `CREATE TABLE "users"`) {
		t.Errorf("report %+v, told %q", report, poor.told())
	}
	if files, err := filepath.Glob(filepath.Join(dir, "*.db")); err != nil || len(files) > 0 {
		t.Errorf("databases %v were made (%v)", files, err)
	}
}

// shown is the document that the server last asked to show.
func (c *client) shown() string {
	c.t.Helper()
	var p struct{ URI string }
	c.mu.Lock()
	defer c.mu.Unlock()
	all := c.of("window/showDocument")
	if len(all) == 0 {
		return ""
	}
	if err := json.Unmarshal(all[len(all)-1], &p); err != nil {
		c.t.Fatal(err)
	}
	return readFile(c.t, strings.TrimPrefix(p.URI, "file://"))
}

// told is the message that the server showed last.
func (c *client) told() string {
	var last string
	c.until("a message", func() bool {
		all := c.of("window/showMessage")
		if len(all) > 0 {
			last = string(all[len(all)-1])
		}
		return last != ""
	})
	var p struct{ Message string }
	if err := json.Unmarshal([]byte(last), &p); err != nil {
		c.t.Fatal(err)
	}
	return p.Message
}
