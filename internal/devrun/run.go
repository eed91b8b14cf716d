package devrun

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/internal/config"
)

// Run runs the workflow. A workflow that fails has a Report all the same, with the
// reason in it; the error is for what kept it from being tried: a workflow that
// cannot be seen whole in the source (its Runnable error), a configuration that
// cannot be read (DF-401, DF-404), a database that is not marked as a dev
// database (DF-409) or cannot be opened.
func Run(ctx context.Context, r Request) (_ *Report, err error) {
	if r.Workflow.Runnable != nil {
		return nil, r.Workflow.Runnable
	}
	dir := r.Dir
	if dir == "" {
		dir = filepath.Dir(r.Workflow.File)
	}
	cfg, err := config.Load(dir)
	if err != nil {
		return nil, err
	}
	db, err := Database(cfg, r.Database)
	if err != nil {
		return nil, err
	}
	e, err := Open(ctx, cfg, db)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	if err := e.RegisterModels(r.Workflow.Models...); err != nil {
		return nil, err
	}
	keep := engine.WithDryRun()
	if r.Commit {
		keep = engine.WithTransaction()
	}
	g := r.Workflow.Graph
	res, runErr := e.RunGraph(ctx, g, keep, engine.WithObserver(r.Observer), engine.WithInputs(convertInputs(g, e.Models(), r.Inputs)))
	report := newReport(res, runErr)
	report.Database = db.String()
	report.Committed = r.Commit && runErr == nil
	return report, nil
}

// Open opens a database of the configuration as that says.
func Open(ctx context.Context, cfg *config.Config, db config.Database) (*engine.Engine, error) {
	if err := makeFolderOf(db.URL, cfg.Dir); err != nil {
		return nil, err
	}
	return engine.Open(ctx, db.URL, options(db)...)
}

// OpenToRead opens a database to look at it: nothing is made or changed.
func OpenToRead(ctx context.Context, db config.Database) (*engine.Engine, error) {
	return engine.Open(ctx, db.URL, append(options(db), engine.WithReadOnly())...)
}

func options(db config.Database) []engine.Option {
	opts := []engine.Option{engine.WithAutoMigrate(db.AutoMigrate)}
	if db.PoolSize > 0 {
		opts = append(opts, engine.WithPoolSize(db.PoolSize))
	}
	if db.StatementTimeout > 0 {
		opts = append(opts, engine.WithStatementTimeout(db.StatementTimeout))
	}
	return opts
}

// Database is a dev database of the configuration; "" names its default. Any other
// is refused (DF-409).
func Database(cfg *config.Config, name string) (config.Database, error) {
	db, err := cfg.Lookup(name)
	if err != nil || db.Dev {
		return db, err
	}
	return db, errcatalog.New(errcatalog.Finding{
		Code:    errcatalog.DF409,
		Message: fmt.Sprintf("the database %s is not marked `dev: true` in %s: only dev databases are touched from here", db, config.FileName),
		Details: errcatalog.Details{Database: db.Name, Setting: "databases." + db.Name + ".dev", Extra: []errcatalog.ContextItem{{Key: "File", Value: cfg.File}}},
	})
}

// folderName is the folder at a module's root of what is this machine's own.
const folderName = ".dataflow"

// makeFolderOf makes the folder of a database that lies in it.
func makeFolderOf(url, root string) error {
	file, ok := strings.CutPrefix(url, "sqlite:")
	if !ok || filepath.Dir(file) != filepath.Join(root, folderName) {
		return nil
	}
	if _, err := MakeFolder(root); err != nil {
		return errcatalog.Wrap(errcatalog.Finding{
			Code:    errcatalog.DF402,
			Message: fmt.Sprintf("the folder of the dev database cannot be made: %v", err),
			Details: errcatalog.Details{Database: url},
		}, err)
	}
	return nil
}

// MakeFolder makes the folder .dataflow at a module's root, where the default
// database lies, and keeps what is in it out of version control.
func MakeFolder(root string) (folder string, err error) {
	folder = filepath.Join(root, folderName)
	if err = os.MkdirAll(folder, 0o755); err != nil {
		return folder, err
	}
	ignore := filepath.Join(folder, ".gitignore")
	if _, statErr := os.Stat(ignore); statErr != nil {
		err = os.WriteFile(ignore, []byte("# Made by DataFlow: what is in here is this machine's own.\n*\n"), 0o644)
	}
	return folder, err
}

// newReport turns the engine's result into what people and editors read.
func newReport(res *engine.Result, err error) *Report {
	report := &Report{ID: res.ID, Workflow: res.Workflow, Nodes: []Node{}, Warnings: []*errcatalog.Error{}}
	report.Warnings = append(report.Warnings, res.Warnings...)
	for _, n := range res.Nodes {
		report.Nodes = append(report.Nodes, Node{
			ID: n.ID, Type: n.Type, Status: n.Status, Rows: n.Rows,
			DurationMS: float64(n.Ended.Sub(n.Started).Round(time.Microsecond)) / float64(time.Millisecond),
			Output:     res.Outputs[n.ID],
			Error:      first(Errors(n.Err)),
		})
	}
	if errs := Errors(err); len(errs) > 0 {
		report.Error = errs[0]
		if len(errs) > 1 {
			report.Errors = errs
		}
	}
	return report
}

// Errors lists the errors of the catalogue that err holds: each of several that
// were joined, or the one that it is or wraps.
func Errors(err error) []*errcatalog.Error {
	if err == nil {
		return nil
	}
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		var errs []*errcatalog.Error
		for _, e := range many.Unwrap() {
			errs = append(errs, Errors(e)...)
		}
		return errs
	}
	var e *errcatalog.Error
	if errors.As(err, &e) {
		return []*errcatalog.Error{e}
	}
	return []*errcatalog.Error{errcatalog.Wrap(errcatalog.Finding{Code: errcatalog.DF503, Message: err.Error()}, err)}
}

func first(errs []*errcatalog.Error) *errcatalog.Error {
	if len(errs) == 0 {
		return nil
	}
	return errs[0]
}
