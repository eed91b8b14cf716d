package lsp_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"
)

const programShop = `
-- models/models.go --
package models

import "github.com/dataflow-go/dataflow"

type User struct {
	dataflow.Model
	ID   string
	Name string
}
-- shop.go --
package shop

import (
	"context"
	"fmt"
	"os"
	"os/exec"

	_ "example.com/app/models"
	"github.com/dataflow-go/dataflow"
	_ "github.com/dataflow-go/dataflow/engine"
)

// looped is built in a loop that goes over what is computed, and has Go code in it.
func looped() (int, *dataflow.Workflow, error) {
	fmt.Println("printed by the user")
	wf := dataflow.NewWorkflow("looped")
	for i := range len(fmt.Sprint(100)) {
		wf.AddNode("UserCreateNode", fmt.Sprintf("create%d", i), dataflow.Params{"id": fmt.Sprint("u", i), "name": dataflow.Input("name")})
	}
	wf.AddFunc("shout", func(_ context.Context, p dataflow.Params) (dataflow.Params, error) {
		return dataflow.Params{"text": fmt.Sprint(p["name"], "!")}, nil
	})
	wf.AddConnection("create0", "name", "shout", "name")
	return 1, wf, nil
}

func Failing() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("failing")
	wf.AddFunc("fail", func(context.Context, dataflow.Params) (dataflow.Params, error) { return nil, fmt.Errorf("no luck") })
	return wf
}

func Slow() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("slow")
	wf.AddFunc("sleep", func(context.Context, dataflow.Params) (dataflow.Params, error) {
		return nil, exec.Command("sleep", "98765").Run()
	})
	return wf
}

// Numbered has a loop whose nodes take a number.
func Numbered() (*dataflow.Workflow, error) {
	wf := dataflow.NewWorkflow("numbered")
	wf.AddNode("UserListNode", "list", dataflow.Params{"limit": dataflow.Input("limit")})
	wf.AddFunc("none", func(context.Context, dataflow.Params) (dataflow.Params, error) { return nil, nil })
	return wf, nil
}

func Refused() (*dataflow.Workflow, error) {
	if len(os.Args) > 0 {
		return nil, fmt.Errorf("no plan today")
	}
	wf, err := Numbered()
	return dataflow.NewWorkflow("refused").AddNode("UserListNode", "list", nil).AddFunc(wf.Graph().Name, nil), err
}

func Taking(n int) *dataflow.Workflow {
	return dataflow.NewWorkflow("taking").AddNode("UserListNode", "list", dataflow.Params{"limit": n})
}
`

// A workflow that is not seen whole in the source is run by compiling its package, with
// the texts that are not saved, in a process that ends with the request.
func TestProgramRuns(t *testing.T) {
	t.Parallel()
	dir := workspace(t, txtar.Parse([]byte(programShop)))
	file := filepath.Join(dir, "shop.go")
	c := newClient(t)
	c.start(dir, fullCapabilities)
	text := strings.Replace(readFile(t, file), `"!"`, `"!!"`, 1) // not saved
	c.open(file, text)

	run := func(workflow string, more object) (report, error) {
		var r report
		err := c.execute("dataflow.server.run", overlay(object{"uri": fileURI(file), "workflow": workflow}, more), &r)
		return r, err
	}
	r, err := run("looped", object{"inputs": object{"name": "Bob"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Nodes) != 4 || r.Committed || r.Error != nil || r.Workflow != "looped" || r.Nodes[3].Output["text"] != "Bob!!" {
		t.Errorf("report %+v", r)
	}
	c.mu.Lock()
	progress := len(c.of("$/progress"))
	c.mu.Unlock()
	if progress < 6 {
		t.Errorf("%d messages of progress", progress)
	}

	r, err = run("Failing", nil)
	if err != nil || !strings.Contains(string(r.Error), "no luck") {
		t.Errorf("a node that fails: %+v, %v", r, err)
	}
	c.diagnostics(file, 1, "the error of the run", has("DF-501"))

	if r, err = run("Numbered", object{"inputs": object{"limit": "5"}}); err != nil || r.Error != nil || len(r.Nodes) != 2 {
		t.Errorf("an input given as text: %+v, %v", r, err)
	}
	if r, err = run("Refused", nil); err != nil || !strings.Contains(string(r.Error), "no plan today") {
		t.Errorf("a function that returns an error: %+v, %v", r, err)
	}
	if r, err = run("looped", object{"inputs": object{"name": strings.Repeat("long ", 50_000)}}); err != nil || r.Error != nil {
		t.Errorf("a long input: %v, %s", err, r.Error)
	}
	if _, err := run("Taking", nil); err == nil || !strings.Contains(err.Error(), "DF-901: Taking takes arguments") {
		t.Errorf("a function that takes arguments: %v", err)
	}
	if _, err := run("Looped", nil); err == nil {
		t.Error("a function that there is not is run")
	}

	id, answer := c.send("workspace/executeCommand", object{"command": "dataflow.server.run", "arguments": []object{{"uri": fileURI(file), "workflow": "Slow"}}})
	eventually(t, "the program sleeps", func() bool { return sleeping() })
	c.notify("$/cancelRequest", object{"id": id})
	if err := c.await(answer, nil); err == nil || !strings.Contains(err.Error(), "-32800") {
		t.Errorf("cancelled: %v", err)
	}
	eventually(t, "nothing of the program is left", func() bool { return !sleeping() })

	c.replace(file, 2, strings.Replace(text, "return 1, wf, nil", "return undefined, wf, nil", 1))
	if _, err := run("looped", nil); err == nil || !strings.Contains(err.Error(), "DF-802") || !strings.Contains(err.Error(), "undefined") {
		t.Errorf("what does not compile: %v", err)
	}
}

// sleeping reports whether the program's child is there.
func sleeping() bool { return exec.Command("pgrep", "-f", "sleep 98765").Run() == nil }

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("%s: it is not so", what)
}

// What a program needs is the package alone: its tests, one of which does not compile,
// and whose TestMain lets nothing run, have no part in it.
func TestProgramRunsWithoutTheTestsOfItsPackage(t *testing.T) {
	t.Parallel()
	archive := txtar.Parse([]byte(programShop))
	for name, text := range map[string]string{
		"main_test.go":    "package shop\n\nimport (\n\t\"os\"\n\t\"testing\"\n)\n\nfunc TestMain(*testing.M) { os.Exit(3) }\n",
		"broken_test.go":  "package shop\n\nvar broken int = \"text\"\n",
		"outside_test.go": "package shop_test\n\nfunc init() { panic(\"run\") }\n",
	} {
		archive.Files = append(archive.Files, txtar.File{Name: name, Data: []byte(text)})
	}
	// The settings of the database hold for a program, too.
	archive.Files = append(archive.Files, txtar.File{Name: "dataflow.yaml", Data: []byte("databases:\n  dev:\n    url: sqlite:dev.db\n    dev: true\n    auto_migrate: true\n    statement_timeout: 1ns\n")})
	dir := workspace(t, archive)
	file := filepath.Join(dir, "shop.go")
	c := newClient(t)
	c.start(dir, fullCapabilities)
	c.open(file, readFile(t, file))
	unsaved := filepath.Join(dir, "unsaved_test.go")
	c.open(unsaved, "package shop\n\nvar unsaved int = \"text\"\n")
	var r report
	if err := c.execute("dataflow.server.run", object{"uri": fileURI(file), "workflow": "Failing"}, &r); err != nil || !strings.Contains(string(r.Error), "no luck") {
		t.Errorf("%v, %s", err, r.Error)
	}
	if err := c.execute("dataflow.server.run", object{"uri": fileURI(file), "workflow": "looped", "inputs": object{"name": "Bob"}}, &r); err != nil || !strings.Contains(string(r.Error), "DF-505") {
		t.Errorf("with a timeout of a nanosecond: %v, %s", err, r.Error)
	}
}

// Whatever ends the server ends the programs that it runs, and what they have started,
// and leaves no folder behind.
func TestProgramEndsWithTheServer(t *testing.T) {
	t.Parallel()
	for how, end := range map[string]func(c *client, cmd *exec.Cmd){
		"killed": func(_ *client, cmd *exec.Cmd) { _ = cmd.Process.Kill() },
		"exit":   func(c *client, _ *exec.Cmd) { c.notify("exit", nil) },
		"gone":   func(c *client, _ *exec.Cmd) { _ = c.stream.Close() },
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			archive := txtar.Parse([]byte(programShop))
			seconds := map[string]string{"killed": "87651", "exit": "87652", "gone": "87653"}[how]
			for i, f := range archive.Files {
				archive.Files[i].Data = []byte(strings.ReplaceAll(string(f.Data), "98765", seconds))
			}
			dir, temp := workspace(t, archive), t.TempDir()
			file := filepath.Join(dir, "shop.go")
			c, cmd := startBinary(t, append(os.Environ(), "TMPDIR="+temp), "--stdio")
			c.start(dir, fullCapabilities)
			c.open(file, readFile(t, file))
			c.send("workspace/executeCommand", object{"command": "dataflow.server.run", "arguments": []object{{"uri": fileURI(file), "workflow": "Slow"}}})
			there := func() bool { return exec.Command("pgrep", "-f", "sleep "+seconds).Run() == nil }
			eventually(t, "the program sleeps", there)
			end(c, cmd)
			eventually(t, "nothing of the program is left", func() bool { return !there() })
			eventually(t, "its folder is gone", func() bool {
				left, err := filepath.Glob(filepath.Join(temp, "dataflow-run*"))
				return err == nil && len(left) == 0
			})
		})
	}
}
