package lsp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/internal/config"
	"github.com/dataflow-go/dataflow/internal/devrun"
	"github.com/dataflow-go/dataflow/internal/drift"
	"github.com/dataflow-go/dataflow/model"
)

// migrateParams say which models are meant, and where.
type migrateParams struct {
	URI      string `json:"uri" doc:"Of a Go file: the models that its package declares, or works on, are meant, and those that they refer to."`
	Model    string `json:"model,omitempty" doc:"One of them, where not all are meant."`
	Database string `json:"database,omitempty" doc:"A name from dataflow.yaml; its default when left out."`
}

// A migrationReport is the answer of both.
type migrationReport struct {
	Database   string              `json:"database" doc:"Its name and place, without secrets."`
	Done       bool                `json:"done" doc:"The statements were made."`
	UpToDate   bool                `json:"up_to_date"`
	Statements []string            `json:"statements" doc:"They make what is missing."`
	Refused    []*errcatalog.Error `json:"refused" doc:"Differences that could lose data: nothing is made while there are any."`
}

// A migrating is a question about a migration, ready to be asked.
type migrating struct {
	module   *module
	config   *config.Config
	database config.Database
	models   []*model.Model
}

// migrateApply makes what the models lack in a dev database, in one transaction.
func migrateApply(ctx context.Context, s *server, snap *snapshot, p *migrateParams, token protocol.ProgressToken) (*migrationReport, error) {
	m, err := s.migrating(ctx, snap, p)
	if err != nil {
		return nil, err
	}
	work, cancel := context.WithCancel(ctx)
	defer cancel()
	bar := s.beginProgress(ctx, token, "DataFlow: migrating "+m.database.Name, cancel)
	plan, err := m.apply(work)
	s.drift.refresh(m.module)
	if err != nil {
		bar.end("nothing was changed")
	} else {
		bar.end("done")
	}
	s.flush()
	if err != nil {
		return nil, err
	}
	done := "everything was up to date"
	if n := len(plan.Statements()); n > 0 {
		done = fmt.Sprintf("migrated, %d statements", n)
		if n == 1 {
			done = "migrated, 1 statement"
		}
	}
	s.showMessage(protocol.MessageTypeInfo, fmt.Sprintf("DataFlow: %s: %s.", m.database, done))
	report := m.report(plan)
	report.Done, report.UpToDate = true, true
	return report, nil
}

func (m *migrating) apply(ctx context.Context) (*engine.MigrationPlan, error) {
	e, err := devrun.Open(ctx, m.config, m.database)
	if err != nil {
		return nil, err
	}
	var plan *engine.MigrationPlan
	if err = e.RegisterModels(m.models...); err == nil {
		plan, err = e.Migrate(ctx)
	}
	return plan, errors.Join(err, e.Close())
}

// migratePlan shows what migrateApply would do, as a file of SQL where the client can
// open one, and changes nothing.
func migratePlan(ctx context.Context, s *server, snap *snapshot, p *migrateParams, _ protocol.ProgressToken) (*migrationReport, error) {
	m, err := s.migrating(ctx, snap, p)
	if err != nil {
		return nil, err
	}
	plan, err := m.plan(ctx)
	if err != nil {
		return nil, err
	}
	report := m.report(plan)
	if report.UpToDate {
		s.showMessage(protocol.MessageTypeInfo, fmt.Sprintf("DataFlow: %s: everything is up to date.", m.database))
		return report, nil
	}
	sql := m.script(plan)
	s.show(ctx, m.module.root, "migration.sql", sql)
	return report, nil
}

// plan compares without a change. Where there is no file yet, an empty database
// stands for it.
func (m *migrating) plan(ctx context.Context) (_ *engine.MigrationPlan, err error) {
	db := m.database
	if file := db.File(); file != "" {
		if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
			db.URL = config.MemoryURL
		}
	}
	e, err := devrun.OpenToRead(ctx, db)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	if err := e.RegisterModels(m.models...); err != nil {
		return nil, err
	}
	return e.MigrationPlan(ctx)
}

// migrating finds the models and the database that an argument means. Only dev
// databases are touched, and models with mistakes make no tables.
func (s *server) migrating(ctx context.Context, snap *snapshot, arg *migrateParams) (*migrating, error) {
	v, err := s.lookAtFile(ctx, snap, arg.URI)
	if err != nil {
		return nil, err
	}
	if v.pkg == nil {
		return nil, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "there is no model in the package of %s%s", v.doc.file, v.whyEmpty())
	}
	all, err := v.module.packages(ctx)
	if err != nil {
		return nil, err
	}
	m := &migrating{module: v.module}
	if m.models, err = chosenModels(v.module.root, v.pkg, arg.Model, all); err != nil {
		return nil, err
	}
	if m.config, err = config.Load(v.module.root); err != nil {
		return nil, err
	}
	if m.database, err = devrun.Database(m.config, arg.Database); err != nil {
		return nil, err
	}
	return m, nil
}

// chosenModels are the models of a package and of its workflows, or one of them, and
// all that they refer to.
func chosenModels(root string, pkg *analysis.Package, name string, all []*analysis.Package) ([]*model.Model, error) {
	var mistakes []*errcatalog.Error
	for _, d := range pkg.Diagnostics {
		if strings.HasPrefix(string(d.Code), "DF-6") && severityOf(d.Finding) == protocol.DiagnosticSeverityError && (name == "" || d.Details.Model == name) {
			mistakes = append(mistakes, errcatalog.New(d.Finding))
		}
	}
	if len(mistakes) > 0 {
		return nil, failed("the models have mistakes, the first is "+string(mistakes[0].Code)+": "+mistakes[0].Message, mistakes)
	}
	known := drift.Models(all)
	models := drift.Models([]*analysis.Package{pkg})
	for _, wf := range pkg.Workflows {
		for _, m := range wf.Models {
			if !slices.Contains(models, m) {
				models = append(models, m)
			}
		}
	}
	if name != "" {
		models = slices.DeleteFunc(models, func(m *model.Model) bool { return m.Name != name })
	}
	if len(models) == 0 {
		return nil, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "there is no model %sin the package %s", strings.TrimPrefix(name+" ", " "), pkg.Path)
	}
	return drift.Closure(root, models, known), nil
}

func (m *migrating) report(plan *engine.MigrationPlan) *migrationReport {
	r := &migrationReport{Database: m.database.String(), UpToDate: plan.UpToDate(), Statements: []string{}, Refused: []*errcatalog.Error{}}
	for _, t := range plan.Tables {
		r.Statements = append(r.Statements, t.Statements...)
		r.Refused = append(r.Refused, t.Refused...)
	}
	return r
}

// script is a plan as a file of SQL: what would be made, and as comments what is
// refused.
func (m *migrating) script(plan *engine.MigrationPlan) string {
	var b strings.Builder
	fmt.Fprintf(&b, "-- What %s lacks. Nothing was changed.\n", m.database)
	for _, t := range plan.Tables {
		if len(t.Statements)+len(t.Refused) > 0 {
			fmt.Fprintf(&b, "\n-- %s (%s)\n", t.Table, t.Model)
		}
		for _, statement := range t.Statements {
			b.WriteString(statement + ";\n")
		}
		for _, e := range t.Refused {
			fmt.Fprintf(&b, "-- %s: %s\n", e.Code, strings.ReplaceAll(e.Message, "\n", "\n-- "))
		}
	}
	return b.String()
}

func (s *server) showMessage(kind protocol.MessageType, text string) {
	s.out.send("", protocol.MethodWindowShowMessage, &protocol.ShowMessageParams{Type: kind, Message: text})
}

// migrationActions are what can be done about drift: see the SQL of the table's
// migration, and run it.
func (s *server) migrationActions(texts *texts, v *view, found []drift.Finding) ([]protocol.CommandOrCodeAction, error) {
	var actions []*protocol.CodeAction
	for _, f := range found {
		offered := []struct{ title, command string }{{"Run the migration of", commandMigrateApply}, {"Show the SQL of the migration of", commandMigratePlan}}
		switch f.Kind {
		case engine.DifferenceHarmless:
			continue
		case engine.DifferenceRefused:
			offered = offered[1:]
		}
		diagnostic := s.diagnose.toProtocol(texts, v.doc, f.Diagnostic)
		for _, o := range offered {
			title := fmt.Sprintf("%s %s on %s", o.title, f.Details.Table, f.Database)
			if i := slices.IndexFunc(actions, func(a *protocol.CodeAction) bool { return a.Title == title }); i >= 0 {
				actions[i].Diagnostics = append(actions[i].Diagnostics, diagnostic)
				continue
			}
			argument, err := json.Marshal(migrateParams{URI: string(v.doc.uri), Model: f.Details.Model, Database: f.Database})
			if err != nil {
				return nil, err
			}
			actions = append(actions, &protocol.CodeAction{
				Title: title, Kind: new(protocol.CodeActionKindQuickFix), Diagnostics: []protocol.Diagnostic{diagnostic},
				Command: protocol.Command{Title: title, Command: o.command, Arguments: []protocol.LSPAny{argument}},
			})
		}
	}
	out := make([]protocol.CommandOrCodeAction, len(actions))
	for i, a := range actions {
		out[i] = a
	}
	return out, nil
}
