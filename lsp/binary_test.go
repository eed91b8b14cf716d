package lsp_test

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// binary builds dataflow-lsp, once for all tests.
var binary = sync.OnceValues(func() (string, error) {
	var err error
	if binaryDir, err = os.MkdirTemp("", "dataflow-lsp"); err != nil {
		return "", err
	}
	file := filepath.Join(binaryDir, "dataflow-lsp")
	build := exec.Command("go", "build", "-o", file, "../cmd/dataflow-lsp")
	build.Stderr = os.Stderr
	return file, build.Run()
})

type pipes struct {
	io.Reader
	io.WriteCloser
}

// startBinary runs the real program over stdio.
func startBinary(t *testing.T, env []string, args ...string) (*client, *exec.Cmd) {
	t.Helper()
	file, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(file, args...)
	cmd.Env, cmd.Stderr = env, os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := connect(t, pipes{out, in})
	t.Cleanup(func() {
		_ = in.Close()
		<-c.done
		_ = cmd.Wait() // its status is looked at where it matters
	})
	return c, cmd
}

func (c *client) ends() {
	c.t.Helper()
	select {
	case <-c.done:
	case <-time.After(patience):
		c.t.Fatal("the program does not end")
	}
}

func TestProgramServesOverStdio(t *testing.T) {
	t.Parallel()
	dir, file := shop(t)
	log := filepath.Join(t.TempDir(), "server.log")
	c, cmd := startBinary(t, nil, "--stdio", "--log-file", log)
	c.start(dir, fullCapabilities)
	c.open(file, readFile(t, file))
	c.diagnostics(file, 1, "DF-101", has("DF-101"))
	c.mustCall("shutdown", nil, nil)
	c.notify("exit", nil)
	c.ends()
	if err := cmd.Wait(); err != nil {
		t.Errorf("exit after shutdown: %v, want status 0", err)
	}
	if info, err := os.Stat(log); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("log file: %v %v, want one that only its owner reads", info, err)
	}
}

func TestProgramEndsWithItsInput(t *testing.T) {
	t.Parallel()
	c, cmd := startBinary(t, nil)
	c.start("", object{})
	_ = c.stream.Close()
	c.ends()
	if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 1 {
		t.Errorf("end of input: %v, want status 1", err)
	}
}

// The client's process may die while something else keeps the pipe open.
func TestProgramEndsWithItsClientsProcess(t *testing.T) {
	t.Parallel()
	parent := exec.Command("sleep", "600")
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	c, _ := startBinary(t, nil)
	c.mustCall("initialize", object{"processId": parent.Process.Pid, "rootUri": nil, "capabilities": object{}}, nil)
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait() // it was killed
	c.ends()
}

func TestMissingGoCommandIsToldInTheFile(t *testing.T) {
	t.Parallel()
	dir, file := shop(t)
	c, _ := startBinary(t, []string{"PATH=" + t.TempDir(), "HOME=" + t.TempDir()})
	c.start(dir, fullCapabilities)
	c.open(file, readFile(t, file))
	found := c.diagnostics(file, 1, "an explanation", func(found []diagnostic) bool { return len(found) == 1 })
	if found[0].Severity != 3 || found[0].Code != "DF-410" || !strings.Contains(found[0].Message, "DataFlow does not analyse this file") {
		t.Errorf("diagnostic %+v, want an information that says so", found[0])
	}
	c.mustCall("textDocument/hover", object{"textDocument": object{"uri": fileURI(file)}, "position": position{3, 12}}, nil)
	if err := c.execute("dataflow.server.run", object{"uri": fileURI(file)}, nil); err == nil || !strings.Contains(err.Error(), "DF-410") {
		t.Errorf("run without a go command: %v, want DF-410", err)
	}
}
