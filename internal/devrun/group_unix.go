//go:build unix

package devrun

import (
	"os/exec"
	"syscall"
)

// hasGroups says that a process can kill all that it has started.
const hasGroups = true

// ownGroup puts a command into a process group of its own, all of which is killed when
// the command's context ends: the go command, and a user's program, start others.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
