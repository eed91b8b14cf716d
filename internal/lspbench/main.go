// Command lspbench measures language servers as an editor sees them, ours and gopls
// side by side, on modules that it writes: `make bench-lsp`.
//
// Both servers speak over stdio to the same client, take turns, and are asked for the
// same: the time from the start of the process to the first diagnostics of an open
// file, from a keystroke to its diagnostics and from its undoing to their going, in
// the same file and in another package's. At one place a parameter is misspelled for
// our server and an undefined name is typed for gopls. Each edit is made on text that
// neither has seen; caches of compiled packages, and gopls's own, are warm.
package main

import (
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/dataflow-go/dataflow/internal/twin"
)

// A server is one of those that are measured.
type server struct {
	name    string
	command []string
	env     []string
}

// A scene is a workspace, and what is typed in it for each server.
type scene struct {
	name  string
	write func(dir, repo string) (*twin.Workspace, error)
	edit  func(w *twin.Workspace, ours bool) edit
}

// typed is a slip in the file that is watched.
func typed(w *twin.Workspace, ours bool) edit {
	if ours {
		return edit{file: w.Flow, at: twin.ParamMark[1:], insert: "x", shown: w.Flow, expect: "xemail"}
	}
	return edit{file: w.Flow, at: strings.TrimPrefix(twin.ParamMark, `"email": `), insert: "x", shown: w.Flow, expect: "xdataflow"}
}

// renamed is a field of a model that the watched file of another package uses.
func renamed(w *twin.Workspace, ours bool) edit {
	e := edit{file: w.ModelFile, at: strings.TrimPrefix(twin.FieldMark, "Email"), insert: "x", shown: w.Flow, expect: "email"}
	if !ours {
		e.expect = "Email"
	}
	return e
}

var scenes = []scene{
	{"small: 10 files", twin.Small, typed},
	{"large: a package of 53 files", twin.Large, typed},
	{"huge: 1,000 packages", twin.Huge, typed},
	{"huge, a model of another package", twin.Huge, renamed},
}

func main() {
	rounds := flag.Int("rounds", 3, "starts of each server in each workspace")
	n := flag.Int("n", 12, "edits in each round")
	gap := flag.Duration("gap", 300*time.Millisecond, "pause before each edit")
	only := flag.String("only", "", "measure the scenes with this in their names alone")
	dir := flag.String("dir", "", "write the workspaces here, and keep them (default: a temporary folder)")
	asked := flag.Bool("methods", false, "measure requests, each right after an edit, in place of diagnostics")
	repo := flag.String("repo", ".", "the root of this repository")
	gopls := flag.String("gopls", "gopls", "the server to compare with")
	ours := flag.String("ours", "bin/dataflow-lsp", "our server")
	flag.Parse()
	if err := bench(*dir, *repo, *ours, *gopls, *only, *rounds, *n, *gap, *asked); err != nil {
		fmt.Fprintln(os.Stderr, "lspbench:", err)
		os.Exit(1)
	}
}

func bench(dir, repo, ours, gopls, only string, rounds, n int, gap time.Duration, asked bool) error {
	if dir == "" {
		temp, err := os.MkdirTemp("", "lspbench")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(temp) }()
		dir = temp
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	if repo, err = filepath.Abs(repo); err != nil {
		return err
	}
	if ours, err = filepath.Abs(ours); err != nil {
		return err
	}
	// A server is started in the workspace that it is to read.
	if gopls, err = exec.LookPath(gopls); err != nil {
		return err
	}
	if gopls, err = filepath.Abs(gopls); err != nil {
		return err
	}
	caches, err := cacheFolders(dir)
	if err != nil {
		return err
	}
	servers := []server{{"dataflow-lsp", []string{ours}, caches}, {"gopls", []string{gopls}, caches}}
	fmt.Printf("%s/%s, %d CPUs, %s, %s\n", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version(), version(gopls))
	for _, s := range scenes {
		if asked {
			if strings.Contains(s.name, only) && !strings.Contains(s.name, "another") {
				if err := measureMethods(s, servers, dir, repo, n, os.Stdout); err != nil {
					return fmt.Errorf("%s: %w", s.name, err)
				}
			}
			continue
		}
		if strings.Contains(s.name, only) {
			rows, err := measure(s, servers, dir, repo, rounds, n, gap)
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			if err := table(os.Stdout, rows); err != nil {
				return err
			}
		}
	}
	return nil
}

// cacheFolders keep what the servers remember apart from what the user's have. The
// go command's cache of compiled packages is the user's.
func cacheFolders(dir string) ([]string, error) {
	out, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		return nil, fmt.Errorf("go env GOCACHE: %w", err)
	}
	return []string{
		"GOCACHE=" + strings.TrimSpace(string(out)),
		"XDG_CACHE_HOME=" + filepath.Join(dir, "cache"),
		"GOPLSCACHE=" + filepath.Join(dir, "cache", "gopls"),
	}, nil
}

func version(gopls string) string {
	out, err := exec.Command(gopls, "version").Output()
	if err != nil {
		return gopls
	}
	_, name, _ := strings.Cut(strings.SplitN(string(out), "\n", 2)[0], " ")
	return "gopls " + strings.TrimSpace(name)
}

// A row is one line of the table.
type row struct {
	server string
	samples
}

func measure(s scene, servers []server, dir, repo string, rounds, n int, gap time.Duration) ([]row, error) {
	root := filepath.Join(dir, strings.FieldsFunc(s.name, func(r rune) bool { return r == ':' || r == ',' })[0])
	w, err := s.write(root, repo)
	if err != nil {
		return nil, err
	}
	fmt.Printf("\n%s: %d packages, %d lines\n", s.name, w.Packages, w.Lines)
	build := exec.Command("go", "build", "./...")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("go build: %w\n%s", err, out)
	}
	rows := make([]row, len(servers))
	for round := -1; round < rounds; round++ {
		for i, server := range servers {
			rows[i].server = server.name
			out, edits := &rows[i].samples, n
			if round < 0 { // what the servers' own caches take up from
				out, edits = new(samples), 1
			}
			if err := run(server, root, s.edit(w, i == 0), edits, gap, out); err != nil {
				return nil, fmt.Errorf("%s: %w", server.name, err)
			}
		}
	}
	return rows, nil
}

// table prints medians, and the 95th percentile of keystrokes by nearest rank.
func table(w io.Writer, rows []row) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "server\tfirst publish\tedit to diagnostic, median / p95\tfix to cleared, median / p95\tRSS at the end")
	for _, r := range rows {
		fmt.Fprintf(out, "%s\t%.0f ms\t%.1f / %.1f ms\t%.1f / %.1f ms\t%.0f MiB\n", r.server,
			ms(r.first, 50), ms(r.appear, 50), ms(r.appear, 95), ms(r.clear, 50), ms(r.clear, 95), slices.Max(r.rss))
	}
	return out.Flush()
}

func ms(all []time.Duration, percent float64) float64 {
	if len(all) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(all))
	rank := int(math.Ceil(percent / 100 * float64(len(sorted))))
	return float64(sorted[max(rank-1, 0)]) / float64(time.Millisecond)
}
