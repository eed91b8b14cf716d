package cli

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/aymanbagabas/go-udiff"
	"github.com/spf13/cobra"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/internal/config"
)

// mend applies the preferred fixes of what validate would print. It returns the
// packages as they are then, and what differs.
func (v validateFlags) mend(cmd *cobra.Command, cfg *config.Config, patterns []string) ([]*analysis.Package, []analysis.Change, error) {
	ctx := cmd.Context()
	w, err := analysis.Open(ctx, v.options())
	if err != nil {
		return nil, nil, err
	}
	if err := w.Err(); err != nil {
		return nil, nil, err
	}
	matches, err := w.Match(ctx, patterns...)
	if err != nil {
		return nil, nil, err
	}
	matching := func(all []*analysis.Package) []*analysis.Package {
		return slices.DeleteFunc(slices.Clone(all), func(p *analysis.Package) bool { return !matches(p) })
	}
	m, err := w.Mend(ctx, func(all []*analysis.Package) []analysis.Diagnostic { return v.collect(cfg, matching(all)) })
	if err != nil {
		return nil, nil, err
	}
	if !v.diff {
		for _, c := range m.Changes {
			if err := writeChange(c); err != nil {
				return nil, nil, refusal{errcatalog.DF411, err.Error()}
			}
		}
		writeln(cmd.ErrOrStderr(), fmt.Sprintf("%s applied in %s", count(m.Fixes, "fix", "fixes"), count(len(m.Changes), "file", "files")))
	}
	return matching(m.Packages), m.Changes, nil
}

// writeDiff prints what differs as git diff does, named from the current folder, so
// that `git apply` and `patch -p1` take it.
func writeDiff(w io.Writer, changes []analysis.Change) error {
	cwd, err := os.Getwd()
	if err != nil {
		return err
	}
	for _, c := range changes {
		name := filepath.ToSlash(shortPath(cwd, c.File))
		if _, err := io.WriteString(w, udiff.Unified("a/"+name, "b/"+name, string(c.Before), string(c.After))); err != nil {
			return err
		}
	}
	return nil
}

// writeChange writes a file whole or not at all, with the mode that it had. A file
// that someone else changed meanwhile stays.
func writeChange(c analysis.Change) error {
	file, err := filepath.EvalSymlinks(c.File)
	if err != nil {
		return err
	}
	now, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if !bytes.Equal(now, c.Before) {
		return fmt.Errorf("%s was changed while it was checked: try again", c.File)
	}
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(file), "."+filepath.Base(file)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name()) //nolint:errcheck // it is gone when all went well
	_, err = temp.Write(c.After)
	for _, step := range []func() error{
		func() error { return temp.Chmod(info.Mode().Perm()) },
		temp.Sync,
		temp.Close,
		func() error { return os.Rename(temp.Name(), file) },
	} {
		if err == nil {
			err = step()
		}
	}
	return err
}
