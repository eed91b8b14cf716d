//go:build unix

package testdb

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// An account is the user that the server runs as.
type account struct {
	name       string
	credential *syscall.Credential // nil is the user we are
}

// serverAccount is the user we are, except that PostgreSQL refuses to run as root:
// then it is postgres, or nobody when there is no such user.
func serverAccount() (*account, error) {
	if os.Geteuid() != 0 {
		return &account{name: "of uid " + strconv.Itoa(os.Geteuid())}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.ParseUint(u.Uid, 10, 32)
		gid, gidErr := strconv.ParseUint(u.Gid, 10, 32)
		if uidErr == nil && gidErr == nil {
			return &account{name, &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
		}
	}
	return nil, fmt.Errorf("PostgreSQL does not run as root, and there is neither a user postgres nor nobody to run it as")
}

// attributes make a program run as the account, out of reach of Ctrl-C.
func (a *account) attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, Credential: a.credential}
}

// mayEnter reports whether the account may enter dir and all folders above it.
// That is a question only where it is not the user we are.
func (a *account) mayEnter(dir string) bool {
	for {
		info, err := os.Stat(dir)
		if err != nil || !info.IsDir() || (a.credential != nil && info.Mode()&0o001 == 0) {
			return false
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return true
		}
		dir = parent
	}
}
