//go:build unix

package testdb

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	embeddedpostgres "github.com/fergusstrange/embedded-postgres"
)

// oldest is the first PostgreSQL with DROP DATABASE … WITH (FORCE).
const oldest = 13

// places are where packages put PostgreSQL's programs: Debian, Red Hat, Arch and
// Alpine, Homebrew on both kinds of Mac and on Linux, Postgres.app.
var places = []string{
	"/usr/lib/postgresql/*/bin",
	"/usr/pgsql-*/bin",
	"/usr/libexec/postgresql*",
	"/opt/homebrew/opt/postgresql*/bin",
	"/usr/local/opt/postgresql*/bin",
	"/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin",
}

// programs finds the folder of initdb, pg_ctl and postgres, and the user to run
// them as.
func programs() (bin string, user *account, err error) {
	user, err = serverAccount()
	if err != nil {
		return "", nil, fmt.Errorf("%w; set %s to the URL of a server", err, Env)
	}
	bin, err = find()
	return bin, user, err
}

var find = sync.OnceValues(func() (string, error) {
	user, err := serverAccount()
	if err != nil {
		return "", err
	}
	tried := []string{Env + " is not set"}
	for _, dir := range candidates() {
		reason := user.unusable(dir)
		if reason == "" {
			return dir, nil
		}
		tried = append(tried, dir+": "+reason)
	}
	if len(tried) == 1 {
		tried = append(tried, "there is no initdb in PATH, beside pg_config or in "+strings.Join(places, ", "))
	}
	dir, err := download(user)
	if err == nil {
		return dir, nil
	}
	tried = append(tried, "download: "+err.Error())
	return "", fmt.Errorf(`this test needs PostgreSQL %d or newer and found none:
  - %s
Do one of these and run the test again:
  Debian, Ubuntu:  apt-get install postgresql
  macOS:           brew install postgresql
  any server:      export %s=postgres://user:password@host:5432/postgres`,
		oldest, strings.Join(tried, "\n  - "), Env)
})

// candidates are the folders that have an initdb, PATH's first and then the newest.
func candidates() []string {
	var dirs []string
	add := func(initdb string) {
		// A link in /usr/local/bin has the other programs not beside it, but where it points.
		if real, err := filepath.EvalSymlinks(initdb); err == nil {
			if dir := filepath.Dir(real); !slices.Contains(dirs, dir) {
				dirs = append(dirs, dir)
			}
		}
	}
	if path, err := exec.LookPath("initdb"); err == nil {
		add(path)
	}
	if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		add(filepath.Join(strings.TrimSpace(string(out)), "initdb"))
	}
	var found []string
	for _, place := range places {
		// The only error is a malformed pattern.
		matches, _ := filepath.Glob(filepath.Join(place, "initdb"))
		found = append(found, matches...)
	}
	slices.SortStableFunc(found, func(a, b string) int { return cmp.Compare(number(b), number(a)) })
	for _, path := range found {
		add(path)
	}
	return dirs
}

var digits = regexp.MustCompile(`\d+`)

// number is the first one in the text, 0 without.
func number(text string) int {
	n, _ := strconv.Atoi(digits.FindString(text))
	return n
}

// unusable says why the user cannot run the programs in dir; "" is that it can.
func (a *account) unusable(dir string) string {
	for _, name := range []string{"initdb", "pg_ctl", "postgres"} {
		cmd := exec.Command(filepath.Join(dir, name), "--version")
		cmd.Dir = "/"
		cmd.SysProcAttr = a.attributes()
		out, err := cmd.Output()
		if err != nil {
			return fmt.Sprintf("%s --version: %v", name, err)
		}
		if number(string(out)) < oldest {
			return fmt.Sprintf("%s is too old", strings.TrimSpace(string(out)))
		}
	}
	return ""
}

// download unpacks PostgreSQL's programs into a folder that ends with the process.
// The archive is kept in ~/.embedded-postgres-go.
func download(user *account) (string, error) {
	folder, err := newFolder(user)
	if err != nil {
		return "", err
	}
	unpacked = folder
	port, err := freePort()
	if err != nil {
		return "", err
	}
	server := embeddedpostgres.NewDatabase(embeddedpostgres.DefaultConfig().
		BinariesPath(filepath.Join(folder.path, "programs")).
		RuntimePath(filepath.Join(folder.path, "first")).
		Port(port).Logger(new(strings.Builder)))
	// The library cannot unpack alone: it also starts a server, which fails as root.
	// What counts is whether the programs are there and run.
	err = server.Start()
	if err == nil {
		err = server.Stop()
	}
	// Its connections would be goroutines that outlive the test.
	http.DefaultClient.CloseIdleConnections()
	bin := filepath.Join(folder.path, "programs", "bin")
	if reason := user.unusable(bin); reason != "" {
		return "", errors.Join(err, errors.New(reason), folder.remove())
	}
	return bin, nil
}

// unpacked holds on to the folder of the downloaded programs.
var unpacked *folder //nolint:unused // written, so that it is not collected

// freePort is a port that nobody listens on.
func freePort() (uint32, error) {
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		return 0, err
	}
	return uint32(l.Addr().(*net.TCPAddr).Port), l.Close()
}
