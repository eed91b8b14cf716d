// Package drift compares models, as source declares them, with the dev databases
// that dataflow.yaml marks `check_models: true`. It only looks: nothing is changed,
// and a database that is not there yet is not made.
package drift

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/internal/config"
	"github.com/dataflow-go/dataflow/internal/devrun"
	"github.com/dataflow-go/dataflow/model"
)

// Timeout is how long one database may take to be looked at.
const Timeout = 5 * time.Second

// A Report is how databases differ from the models that they were compared with. It
// is immutable.
type Report struct {
	// Problems are databases that could not be looked at, each at its place in
	// dataflow.yaml.
	Problems []errcatalog.Finding

	models map[string]*compared
}

// compared is a model as it was compared, and its table in each database.
type compared struct {
	model  *model.Model
	tables []table
}

type table struct {
	database    config.Database
	differences []engine.Difference
}

// Wanted reports whether a configuration asks for a comparison.
func Wanted(c *config.Config) bool { return len(databases(c)) > 0 }

func databases(c *config.Config) []string {
	var names []string
	for _, name := range c.Names() {
		if c.ChecksModels(name) {
			names = append(names, name)
		}
	}
	return names
}

// Compare compares models with each database that the configuration asks for. The
// error is the context's alone.
func Compare(ctx context.Context, c *config.Config, models []*model.Model) (*Report, error) {
	r := &Report{models: map[string]*compared{}}
	models = certain(Closure(c.Dir, own(c.Dir, models), models))
	for _, m := range models {
		r.models[key(m)] = &compared{model: m}
	}
	for _, name := range databases(c) {
		db, err := c.Lookup(name)
		if err == nil && len(models) > 0 {
			err = r.look(ctx, db, models)
		}
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		// A variable that is not set is reported at its own place.
		if err != nil && !errors.Is(err, errcatalog.DF404) {
			r.Problems = append(r.Problems, problem(db, err))
		}
	}
	return r, nil
}

func key(m *model.Model) string { return m.PkgPath + "." + m.Name }

// look compares the models with one database.
func (r *Report) look(ctx context.Context, db config.Database, models []*model.Model) (err error) {
	if file := db.File(); file != "" {
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			return nil // the first run makes it, with every table as it is to be
		}
	}
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	e, err := devrun.OpenToRead(ctx, db)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	if err := e.RegisterModels(models...); err != nil {
		return err
	}
	plan, err := e.MigrationPlan(ctx)
	if err != nil {
		return err
	}
	differences, missing := map[string][]engine.Difference{}, 0
	for _, t := range plan.Tables {
		differences[t.Model] = t.Differences
		if len(t.Differences) == 1 && t.Differences[0].Code == errcatalog.DF309 {
			missing++
		}
	}
	if db.AutoMigrate && missing == len(plan.Tables) {
		return nil // not made yet either: a run that was rolled back leaves it so
	}
	for _, m := range models { // certain made their names unique
		if found := differences[m.Name]; len(found) > 0 {
			r.models[key(m)].tables = append(r.models[key(m)].tables, table{db, found})
		}
	}
	return nil
}

// problem tells why a database was not looked at.
func problem(db config.Database, err error) errcatalog.Finding {
	f := errcatalog.Finding{
		Severity: errcatalog.SeverityInfo, Span: db.Span,
		Details: errcatalog.Details{Database: db.String(), Setting: "databases." + db.Name + ".check_models"},
	}
	reason := err.Error()
	if errs := devrun.Errors(err); len(errs) > 0 {
		reason, f.Code = errs[0].Message, errs[0].Code
	}
	if errors.Is(err, context.DeadlineExceeded) {
		reason, f.Code = "it did not answer within "+Timeout.String(), errcatalog.DF402
	}
	f.Details.Reason = reason
	f.Message = fmt.Sprintf("the models are not compared with %s: %s", db, reason)
	return f
}

// Models are the models of packages that can be judged: their tests' aside, and
// those with mistakes, which are reported already.
func Models(packages []*analysis.Package) []*model.Model {
	var models []*model.Model
	for _, p := range packages {
		mistaken := map[string]bool{}
		for _, d := range p.Diagnostics {
			if strings.HasPrefix(string(d.Code), "DF-6") {
				mistaken[d.Details.Model] = true
			}
		}
		for _, m := range p.Models {
			if m.Pos.IsValid() && !mistaken[m.Name] && !strings.HasSuffix(m.Pos.Filename, "_test.go") {
				models = append(models, m)
			}
		}
	}
	return models
}

// own are the models that the module at a folder declares: another module of a
// workspace has databases of its own.
func own(dir string, models []*model.Model) []*model.Model {
	var all []*model.Model
	for _, m := range models {
		if isOwn(dir, m) {
			all = append(all, m)
		}
	}
	return all
}

func isOwn(dir string, m *model.Model) bool {
	if !m.Pos.IsValid() {
		return true
	}
	root, ok := config.Find(filepath.Dir(m.Pos.Filename))
	if !ok || root == dir {
		return true
	}
	a, errA := os.Stat(root) // by another way, as through a link
	b, errB := os.Stat(dir)
	return errA == nil && errB == nil && os.SameFile(a, b)
}

// Closure is models and all that they refer to, out of all that there are: those of
// the same package, else of the module at a folder, else any. Where several are as
// near, all of them are in it.
func Closure(dir string, models, all []*model.Model) []*model.Model {
	byName := map[string][]*model.Model{}
	for _, m := range all {
		byName[m.Name] = append(byName[m.Name], m)
	}
	closure := slices.Clone(models)
	for i := 0; i < len(closure); i++ { // it grows
		m := closure[i]
		for _, f := range m.Fields {
			if f.Ref == nil {
				continue
			}
			for _, target := range nearest(byName[f.Ref.Model], func(t *model.Model) int {
				switch {
				case t.PkgPath == m.PkgPath:
					return 0
				case isOwn(dir, t):
					return 1
				}
				return 2
			}) {
				if !slices.ContainsFunc(closure, func(c *model.Model) bool { return key(c) == key(target) }) {
					closure = append(closure, target)
				}
			}
		}
	}
	return closure
}

func nearest(models []*model.Model, distance func(*model.Model) int) []*model.Model {
	var found []*model.Model
	best := 0
	for _, m := range models {
		d := distance(m)
		if len(found) == 0 || d < best {
			found, best = nil, d
		}
		if d == best {
			found = append(found, m)
		}
	}
	return found
}

// certain leaves out models of which it is not certain that the database's table
// is theirs: two programs of a workspace may both have a User. What refers to one
// of those goes too.
func certain(models []*model.Model) []*model.Model {
	names, tables := map[string]int{}, map[string]int{}
	for _, m := range models {
		names[m.Name]++
		tables[m.Table]++
	}
	known := map[string]bool{}
	for _, m := range models {
		known[m.Name] = names[m.Name] == 1 && tables[m.Table] == 1
	}
	for again := true; again; {
		again = false
		for _, m := range models {
			for _, f := range m.Fields {
				if known[m.Name] && f.Ref != nil && !known[f.Ref.Model] {
					known[m.Name], again = false, true
				}
			}
		}
	}
	var sure []*model.Model
	for _, m := range models {
		if known[m.Name] {
			sure = append(sure, m)
		}
	}
	return sure
}
