package lsp_test

import (
	"database/sql"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

// runs is a workspace with workflows to run and one that cannot be.
func runs(t *testing.T) (dir, file string) {
	t.Helper()
	archive, err := txtar.ParseFile(filepath.Join("testdata", "runs.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	dir = workspace(t, archive)
	return dir, filepath.Join(dir, "flows.go")
}

func TestWorkflowsAreListedForPickers(t *testing.T) {
	t.Parallel()
	dir, file := runs(t)
	c := newClient(t)
	c.start(dir, fullCapabilities)
	var all []workflow
	// The file need not be open.
	if err := c.execute("dataflow.server.workflows", object{"uri": fileURI(file)}, &all); err != nil {
		t.Fatal(err)
	}
	if len(all) != 2 {
		t.Fatalf("workflows %+v, want 2", all)
	}
	signup, computed := all[0], all[1]
	if signup.Name != "signup" || signup.Func != "Signup" || !signup.Runnable || signup.Reason != "" ||
		!strings.Contains(strings.Split(readFile(t, file), "\n")[signup.Line], "func Signup") {
		t.Errorf("workflow %+v", signup)
	}
	if len(signup.Inputs) != 2 || signup.Inputs[0].Name != "email" || !signup.Inputs[0].Required || signup.Inputs[1].Name != "limit" || signup.Inputs[1].Required {
		t.Errorf("inputs %+v, want email (required) and limit", signup.Inputs)
	}
	if computed.Name != "computed" || computed.Runnable || computed.Reason == "" || computed.Inputs == nil {
		t.Errorf("workflow %+v: want it not runnable, with the reason", computed)
	}
}

func TestRunAnswersWhatItCannotDo(t *testing.T) {
	t.Parallel()
	dir, file := runs(t)
	c := newClient(t)
	c.start(dir, fullCapabilities)
	c.open(file, readFile(t, file))
	for name, tt := range map[string]struct {
		argument object
		want     string
	}{
		"several workflows": {object{"uri": fileURI(file)}, "signup, computed"},
		"no such workflow":  {object{"uri": fileURI(file), "workflow": "sginup"}, `Did you mean "signup"?`},
		"not wholly static": {object{"uri": fileURI(file), "workflow": "computed"}, "DF-"},
		"no such file":      {object{"uri": fileURI(filepath.Join(dir, "no.go"))}, "no.go"},
		"no file":           {object{"uri": "untitled:Untitled-1"}, "untitled"},
		"no Go file":        {object{"uri": fileURI(filepath.Join(dir, "go.mod"))}, "go.mod"},
		"no workflow in it": {object{"uri": fileURI(filepath.Join(dir, "models.go"))}, "no workflow"},
		"no such database":  {object{"uri": fileURI(file), "workflow": "signup", "database": "prod", "inputs": object{"email": "a@example.com"}}, "prod"},
	} {
		t.Run(name, func(t *testing.T) {
			err := c.execute("dataflow.server.run", tt.argument, nil)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want an error with %q", err, tt.want)
			}
		})
	}
	// A missing input is found when the workflow runs: a report, or an error of the catalogue.
	var ran report
	err := c.execute("dataflow.server.run", object{"uri": fileURI(file), "workflow": "signup"}, &ran)
	if text := string(ran.Error); err == nil && !strings.Contains(text, "email") || err != nil && !strings.Contains(err.Error(), "email") {
		t.Errorf("run without an input: %v, %s", err, text)
	}
}

func TestRunShowsProgressNodeByNode(t *testing.T) {
	t.Parallel()
	dir, file := runs(t)
	c := newClient(t)
	c.start(dir, fullCapabilities)
	c.open(file, readFile(t, file))
	progressOf := func(token string) []string {
		c.mu.Lock()
		defer c.mu.Unlock()
		var kinds []string
		for _, p := range c.of("$/progress") {
			var m struct {
				Token string
				Value struct{ Kind, Message string }
			}
			if json.Unmarshal(p, &m) == nil && m.Token == token {
				kinds = append(kinds, m.Value.Kind+" "+m.Value.Message)
			}
		}
		return kinds
	}
	var ran report
	c.mustCall("workspace/executeCommand", object{
		"command": "dataflow.server.run", "workDoneToken": "my-token",
		"arguments": []any{object{"uri": fileURI(file), "workflow": "signup", "inputs": object{"email": "a@example.com", "limit": "5"}}},
	}, &ran)
	if ran.Error != nil || len(ran.Nodes) != 2 || ran.Nodes[0].Output["email"] != "a@example.com" {
		t.Errorf("report %+v", ran)
	}
	// All of it is there before the answer: the token is the client's.
	told := strings.Join(progressOf("my-token"), "\n")
	if !strings.HasPrefix(told, "begin ") || !strings.Contains(told, "report create (UserCreateNode)") || !strings.Contains(told, "report orders") || !strings.Contains(told, "\nend done, and rolled back") {
		t.Errorf("progress under the client's token:\n%s", told)
	}
}

// A run that waits for a locked database ends when it is cancelled, by the
// request's id or at the progress bar.
func TestRunCanBeCancelled(t *testing.T) {
	t.Parallel()
	dir, file := runs(t)
	c := newClient(t)
	c.start(dir, fullCapabilities)
	c.open(file, readFile(t, file))
	run := object{"command": "dataflow.server.run", "arguments": []any{
		object{"uri": fileURI(file), "workflow": "signup", "inputs": object{"email": "a@example.com"}, "commit": true},
	}}
	c.mustCall("workspace/executeCommand", run, nil)

	db, err := sql.Open("sqlite", filepath.Join(dir, ".dataflow", "dev.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec("BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	begun := func(token string) {
		t.Helper()
		c.until("progress of the run", func() bool {
			for _, p := range c.of("$/progress") {
				if strings.Contains(string(p), `"token":"`+token+`"`) {
					return true
				}
			}
			return false
		})
	}
	run["workDoneToken"] = "one"
	id, answer := c.send("workspace/executeCommand", run)
	begun("one")
	c.notify("$/cancelRequest", object{"id": id})
	var rpc *rpcError
	if err := c.await(answer, nil); !errors.As(err, &rpc) || rpc.Code != -32800 {
		t.Errorf("a cancelled run answers %v, want -32800", err)
	}

	run["workDoneToken"] = "two"
	_, answer = c.send("workspace/executeCommand", run)
	begun("two")
	c.notify("window/workDoneProgress/cancel", object{"token": "two"})
	var ran report
	if err := c.await(answer, &ran); err == nil && (ran.Error == nil || ran.Committed) {
		t.Errorf("a run cancelled at its bar answers %+v", ran)
	}
	if _, err := db.Exec("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if entries, err := os.ReadDir(filepath.Join(dir, ".dataflow")); err != nil || len(entries) == 0 {
		t.Errorf("the dev database is gone: %v", err)
	}
}

func TestExplainAnswersACodesPage(t *testing.T) {
	t.Parallel()
	c := newClient(t)
	c.start("", object{})
	for _, code := range []string{"DF-101", "df101"} {
		var page struct{ Code, Title, Markdown, Text, URL string }
		if err := c.execute("dataflow.server.explain", object{"code": code}, &page); err != nil {
			t.Fatal(err)
		}
		if page.Code != "DF-101" || page.Title == "" || !strings.Contains(page.Markdown, "**Solutions**") || !strings.Contains(page.Text, "Solutions:") || !strings.HasSuffix(page.URL, "DF-101") {
			t.Errorf("page of %s: %+v", code, page)
		}
	}
	if err := c.execute("dataflow.server.explain", object{"code": "DF-000"}, nil); err == nil || !strings.Contains(err.Error(), "DF-000") {
		t.Errorf("a code that is not there: %v", err)
	}
}
