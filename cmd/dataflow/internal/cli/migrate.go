package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/internal/config"
	"github.com/dataflow-go/dataflow/internal/devrun"
	"github.com/dataflow-go/dataflow/model"
)

func newMigrate() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Bring a database to the shape of the models",
		Long: `Bring a database to the shape of the models: make tables, add columns, make
indexes. What could lose data is never done; it is told with the SQL that would.

The models are read from the source of the packages; without any, ./... is meant.
Databases are those of dataflow.yaml. One that is not marked "dev: true" is used
only when --database names it.

With --files, a folder of SQL files is the way to migrate instead: plan writes
the next file, apply gives the database those that it did not get yet, in the
order of their names, each once.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newMigratePlan(), newMigrateApply(), newMigrateStatus())
	return cmd
}

func newMigratePlan() *cobra.Command {
	var m migration
	cmd := &cobra.Command{
		Use:   "plan [packages]",
		Short: "Print the SQL that the database lacks, and change nothing",
		Long: `Print the SQL that the database lacks, and change nothing.

With --files the SQL is written into the folder's next file. The database must have
got the files that are there already.

The exit code is 1 when a difference is refused.`,
		Example: "  dataflow migrate plan\n  dataflow migrate plan --files migrations --name add_nickname",
	}
	m.flags(cmd)
	cmd.Flags().StringVar(&m.name, "name", "migration", "what the new file is called, after the time")
	cmd.RunE = func(cmd *cobra.Command, patterns []string) error { return m.run(cmd, patterns, m.plan) }
	return cmd
}

func newMigrateApply() *cobra.Command {
	var m migration
	cmd := &cobra.Command{
		Use:   "apply [packages]",
		Short: "Make what the database lacks, in one transaction",
		Long: `Make what the database lacks, in one transaction. When a difference is refused
nothing is done, and the exit code is 1.

With --files the database gets the files of the folder that it did not get yet,
each in a transaction of its own.`,
		Example: "  dataflow migrate apply --dry-run\n  dataflow migrate apply --database production --files migrations",
	}
	m.flags(cmd)
	cmd.Flags().BoolVar(&m.dryRun, "dry-run", false, "only print what would be done")
	cmd.RunE = func(cmd *cobra.Command, patterns []string) error { return m.run(cmd, patterns, m.apply) }
	return cmd
}

func newMigrateStatus() *cobra.Command {
	var m migration
	cmd := &cobra.Command{
		Use:   "status [packages]",
		Short: "Tell which tables fit their models",
		Long: `Tell which tables fit their models, and with --files which files the database
got. The exit code is 1 when something is to be done.`,
		Example: "  dataflow migrate status\n  dataflow migrate status --database production --files migrations",
	}
	m.flags(cmd)
	cmd.RunE = func(cmd *cobra.Command, patterns []string) error { return m.run(cmd, patterns, m.status) }
	return cmd
}

// A migration is what the commands of migrate are asked.
type migration struct {
	source
	format   *format
	database string
	files    string
	name     string
	dryRun   bool

	e *engine.Engine
}

func (m *migration) flags(cmd *cobra.Command) {
	m.format = addFormat(cmd)
	addDir(cmd, &m.dir)
	addTags(cmd, &m.tags)
	cmd.Flags().StringVar(&m.database, "database", "", "the database of dataflow.yaml")
	cmd.Flags().StringVar(&m.files, "files", "", "migrate by the SQL files in this `folder`")
}

// A migrationReport is what the commands print; its JSON form is this struct's.
type migrationReport struct {
	Database string `json:"database"`
	// UpToDate says that nothing is left to be done.
	UpToDate bool          `json:"up_to_date"`
	Tables   []tableReport `json:"tables"`
	// Files are those of the folder, in order; none without --files.
	Files []fileReport `json:"files,omitempty"`
	// Done says that apply did what the tables and files tell.
	Done bool `json:"done"`
	// Written is the file that plan wrote.
	Written string `json:"written,omitempty"`
	// Error is why apply gave up.
	Error *errcatalog.Error `json:"error,omitempty"`
}

type tableReport struct {
	Model      string              `json:"model"`
	Table      string              `json:"table"`
	Statements []string            `json:"statements"`
	Refused    []*errcatalog.Error `json:"refused"`
	Warnings   []string            `json:"warnings"`
}

type fileReport struct {
	Name      string     `json:"name"`
	AppliedAt *time.Time `json:"applied_at"` // null for one that the database did not get
}

func (m *migration) run(cmd *cobra.Command, patterns []string, do func(context.Context, *migrationReport) (done bool, err error)) (err error) {
	if m.files != "" && !filepath.IsAbs(m.files) {
		m.files = filepath.Join(m.dir, m.files)
	}
	cfg, err := config.Load(m.dir)
	if err != nil {
		return err
	}
	db, err := m.target(cfg)
	if err != nil {
		return err
	}
	models, err := m.models(cmd, cfg, patterns)
	if err != nil {
		return err
	}
	if m.e, err = devrun.Open(cmd.Context(), cfg, db); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, m.e.Close()) }()
	if err := m.e.RegisterModels(models...); err != nil {
		return err
	}
	r := &migrationReport{Database: db.String(), Tables: []tableReport{}}
	clean, err := do(cmd.Context(), r)
	if err != nil {
		return err
	}
	if *m.format == formatJSON {
		err = writeJSON(cmd.OutOrStdout(), r)
	} else {
		err = m.write(cmd.OutOrStdout(), r)
	}
	if err == nil && !clean {
		err = errFindings
	}
	return err
}

// target is the database that is meant. One that is not for development has to be
// named.
func (m *migration) target(cfg *config.Config) (config.Database, error) {
	db, err := cfg.Lookup(m.database)
	if err != nil || db.Dev || m.database != "" {
		return db, err
	}
	return db, errcatalog.New(errcatalog.Finding{
		Code:    errcatalog.DF409,
		Message: fmt.Sprintf("the database %s is not marked `dev: true` in %s: to migrate it, name it with --database %s", db, config.FileName, db.Name),
		Details: errcatalog.Details{Database: db.Name, Setting: "databases." + db.Name + ".dev", Extra: []errcatalog.ContextItem{{Key: "File", Value: cfg.File}}},
	})
}

// models are those of the packages, their tests' aside. Models that cannot be read
// are an error: a plan without them would look complete.
func (m *migration) models(cmd *cobra.Command, cfg *config.Config, patterns []string) ([]*model.Model, error) {
	packages, err := m.load(cmd.Context(), patterns)
	if err != nil {
		return nil, err
	}
	if writeLoadErrors(cmd.ErrOrStderr(), packages) > 0 {
		return nil, refusal{errcatalog.DF410, "parts of the code could not be read, so models may be missing"}
	}
	var mistakes []analysis.Diagnostic
	for _, d := range collect(cfg, packages) {
		if strings.HasPrefix(string(d.Code), "DF-6") && d.Severity == errcatalog.SeverityError {
			mistakes = append(mistakes, d)
		}
	}
	if len(mistakes) > 0 {
		r, err := newReport(m.dir, mistakes)
		if err != nil {
			return nil, err
		}
		if err := r.writeText(cmd.ErrOrStderr()); err != nil {
			return nil, err
		}
		return nil, refusal{mistakes[0].Code, "the models have mistakes"}
	}
	var models []*model.Model
	for _, p := range packages {
		for _, md := range p.Models {
			if !strings.HasSuffix(md.Pos.Filename, "_test.go") {
				models = append(models, md)
			}
		}
	}
	return models, nil
}

func (m *migration) plan(ctx context.Context, r *migrationReport) (clean bool, err error) {
	if m.files != "" {
		if err := os.MkdirAll(m.files, 0o755); err != nil {
			return false, err
		}
		if err := m.list(ctx, r); err != nil {
			return false, err
		}
		for _, f := range r.Files {
			if f.AppliedAt == nil {
				return false, refusal{errcatalog.DF301, fmt.Sprintf("%s did not get %s yet: give it the files that there are (dataflow migrate apply --files), so that the next one holds what is new", r.Database, f.Name)}
			}
		}
	}
	p, err := m.compare(ctx, r)
	if err != nil {
		return false, err
	}
	if m.files != "" && len(p.Statements()) > 0 {
		if r.Written, err = writeMigration(m.files, m.name, p); err != nil {
			return false, err
		}
	}
	return p.Err() == nil, nil
}

func (m *migration) apply(ctx context.Context, r *migrationReport) (clean bool, err error) {
	if m.files != "" {
		return m.applyFiles(ctx, r)
	}
	if m.dryRun {
		p, err := m.compare(ctx, r)
		return err == nil && p.Err() == nil, err
	}
	p, err := m.e.Migrate(ctx)
	if p == nil {
		return false, err
	}
	r.tables(p)
	r.Done = err == nil
	r.UpToDate = r.Done
	if p.Err() == nil { // else the tables tell
		r.Error = firstError(err)
	}
	return r.Done, nil
}

func (m *migration) applyFiles(ctx context.Context, r *migrationReport) (clean bool, err error) {
	if m.dryRun {
		err := m.list(ctx, r)
		return err == nil, err
	}
	_, applyErr := m.e.ApplyMigrationFiles(ctx, os.DirFS(m.files))
	if err := m.list(ctx, r); err != nil {
		return false, err
	}
	r.Error = firstError(applyErr)
	r.Done = applyErr == nil
	p, err := m.compare(ctx, r)
	return err == nil && r.Done && p.UpToDate(), err
}

func (m *migration) status(ctx context.Context, r *migrationReport) (clean bool, err error) {
	if err := m.list(ctx, r); err != nil {
		return false, err
	}
	_, err = m.compare(ctx, r)
	return r.UpToDate, err
}

// list enters the files into the report.
func (m *migration) list(ctx context.Context, r *migrationReport) error {
	if m.files == "" {
		return nil
	}
	if _, err := os.ReadDir(m.files); err != nil {
		return fmt.Errorf("--files: %w", err)
	}
	files, err := m.e.MigrationFiles(ctx, os.DirFS(m.files))
	for _, f := range files {
		at := fileReport{Name: f.Name}
		if f.Applied() {
			at.AppliedAt = &f.AppliedAt
		}
		r.Files = append(r.Files, at)
	}
	return err
}

// compare enters into the report how the database differs from the models.
func (m *migration) compare(ctx context.Context, r *migrationReport) (*engine.MigrationPlan, error) {
	p, err := m.e.MigrationPlan(ctx)
	if err != nil {
		return nil, err
	}
	r.tables(p)
	pending := slices.ContainsFunc(r.Files, func(f fileReport) bool { return f.AppliedAt == nil })
	r.UpToDate = p.UpToDate() && !pending
	return p, nil
}

func (r *migrationReport) tables(p *engine.MigrationPlan) {
	for _, t := range p.Tables {
		r.Tables = append(r.Tables, tableReport{
			Model: t.Model, Table: t.Table, Statements: notNull(t.Statements), Refused: notNull(t.Refused), Warnings: notNull(t.Warnings),
		})
	}
}

// notNull is s as JSON has it empty.
func notNull[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

func firstError(err error) *errcatalog.Error {
	if errs := devrun.Errors(err); len(errs) > 0 {
		return errs[0]
	}
	return nil
}

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

// writeMigration writes the folder's next file and returns its path.
func writeMigration(dir, name string, p *engine.MigrationPlan) (string, error) {
	name = strings.Trim(notInNames.ReplaceAllString(strings.ToLower(name), "_"), "_")
	if name == "" {
		return "", errors.New("--name: use letters and digits, such as add_nickname")
	}
	path := filepath.Join(dir, time.Now().UTC().Format("20060102150405")+"_"+name+".sql")
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return "", err
	}
	_, err = io.WriteString(f, script(p.Statements()))
	return path, errors.Join(err, f.Close())
}

// script is statements as a file has them.
func script(statements []string) string {
	if len(statements) == 0 {
		return ""
	}
	return strings.Join(statements, ";\n") + ";\n"
}

// write prints the report. What is SQL can be copied into a database's shell.
func (m *migration) write(w io.Writer, r *migrationReport) error {
	var b strings.Builder
	paint := painter(colored(w))
	statements, refused := 0, 0
	fmt.Fprintf(&b, "%s\n", r.Database)
	for _, f := range r.Files {
		if f.AppliedAt == nil {
			fmt.Fprintf(&b, "\n%s %s", paint.paint(styleYellow, "○"), f.Name)
		} else {
			fmt.Fprintf(&b, "\n%s %s  %s", paint.paint(styleGreen, "✓"), f.Name, paint.paint(styleFaint, f.AppliedAt.Local().Format(time.DateTime)))
		}
	}
	if len(r.Files) > 0 {
		b.WriteByte('\n')
	}
	for _, t := range r.Tables {
		statements += len(t.Statements)
		refused += len(t.Refused)
		mark := paint.paint(styleGreen, "✓")
		switch {
		case len(t.Refused) > 0:
			mark = paint.paint(styleRed, "✗")
		case len(t.Statements) > 0 && !r.Done:
			mark = paint.paint(styleYellow, "○")
		}
		fmt.Fprintf(&b, "\n%s %s (%s)\n", mark, t.Table, t.Model)
		if text := script(t.Statements); text != "" {
			b.WriteString(indent(strings.TrimSuffix(text, "\n"), "    ") + "\n")
		}
		for _, warning := range t.Warnings {
			fmt.Fprintf(&b, "    %s: %s\n", paint.paint(styleYellow, "warning"), warning)
		}
		for _, e := range t.Refused {
			fmt.Fprintf(&b, "    %s: %s\n", paint.paint(styleRed, string(e.Code)), e.Message)
		}
	}
	if r.Error != nil {
		fmt.Fprintf(&b, "\n%s\n", r.Error.Page(colored(w)))
	}
	fmt.Fprintf(&b, "\n%s\n", m.summary(r, statements, refused))
	_, err := io.WriteString(w, b.String())
	return err
}

// summary is the last line.
func (m *migration) summary(r *migrationReport, statements, refused int) string {
	pending := 0
	for _, f := range r.Files {
		if f.AppliedAt == nil {
			pending++
		}
	}
	switch {
	case r.Error != nil:
		return "The migration failed."
	case refused > 0:
		return fmt.Sprintf("%s refused; nothing was changed.", count(refused, "difference is", "differences are"))
	case r.Written != "":
		return "Written to " + r.Written + "."
	case pending > 0:
		return fmt.Sprintf("%s to be applied.", count(pending, "file is", "files are"))
	case r.Done && m.files == "" && statements > 0:
		return fmt.Sprintf("Done: %s.", count(statements, "statement", "statements"))
	case statements > 0 && m.files != "":
		return "The models have what no file makes: dataflow migrate plan --files writes the next one."
	case statements > 0:
		return fmt.Sprintf("%s to be made. Nothing was changed; dataflow migrate apply does it.", count(statements, "statement is", "statements are"))
	}
	if len(r.Tables) == 0 {
		return "These packages have no models."
	}
	return "Everything is up to date."
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
