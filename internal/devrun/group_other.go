//go:build !unix

package devrun

import "os/exec"

// hasGroups is false: what a program starts lives on when it is killed.
const hasGroups = false

// ownGroup leaves a command as it is: the process alone is killed when its context ends.
func ownGroup(*exec.Cmd) {}
