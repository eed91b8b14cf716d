package drift_test

import (
	"context"
	"errors"
	"go/token"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/engine"
	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/internal/config"
	"github.com/dataflow-go/dataflow/internal/drift"
	"github.com/dataflow-go/dataflow/internal/testdb"
	"github.com/dataflow-go/dataflow/model"
)

type (
	User struct {
		dataflow.Model
		ID   string
		Name *string
	}
	Order struct {
		dataflow.Model
		ID     int64
		UserID string `df:",ref=User.id"`
	}
	Tag struct {
		dataflow.Model
		ID string
	}
)

func modelOf(t *testing.T, v any) *model.Model {
	t.Helper()
	m, problems := model.FromStruct(v)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return m
}

func configure(t *testing.T, dir, yaml string) *config.Config {
	t.Helper()
	c, findings := config.Parse(filepath.Join(dir, config.FileName), []byte(yaml))
	if err := config.Err(findings); err != nil {
		t.Fatal(err)
	}
	return c
}

func compare(t *testing.T, c *config.Config, models ...*model.Model) *drift.Report {
	t.Helper()
	r, err := drift.Compare(t.Context(), c, models)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func codes(findings []drift.Finding) string {
	var all []string
	for _, f := range findings {
		all = append(all, string(f.Code)+" "+f.Database+" "+f.Details.Column)
	}
	return strings.Join(all, "; ")
}

// What is different is told for the model as it was compared, in each database, and
// no database is changed.
func TestCompare(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := configure(t, dir, `databases:
  file: {url: "sqlite:app.db", dev: true, check_models: true}
  server: {url: "`+testdb.Postgres(t)+`", dev: true, check_models: true}
  later: {url: "sqlite:later.db", dev: true, check_models: true}
  other: {url: "sqlite:other.db", dev: true}
`)
	old := func() any {
		type User struct {
			dataflow.Model
			ID string
		}
		return User{}
	}
	for _, name := range []string{"file", "server", "other"} {
		db, err := c.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		e, err := engine.Open(t.Context(), db.URL, engine.WithModels(old()))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}
	user, order := modelOf(t, User{}), modelOf(t, Order{})
	for range 2 { // the first changed nothing
		r := compare(t, c, user, order)
		if len(r.Problems) > 0 {
			t.Fatal(r.Problems)
		}
		if got, want := codes(r.Of(user)), "DF-302 file name; DF-302 server name"; got != want {
			t.Errorf("User: %s; want %s", got, want)
		}
		if got, want := codes(r.Of(order)), "DF-309 file ; DF-309 server "; got != want {
			t.Errorf("Order: %s; want %s", got, want)
		}
		for _, f := range r.Of(user) {
			if f.Kind != engine.DifferenceMade || !strings.Contains(f.Message, "ADD COLUMN") {
				t.Errorf("%+v", f)
			}
		}
		if found := r.Of(modelOf(t, old())); found != nil {
			t.Errorf("a model that was not compared so: %v", found)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "later.db")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a database was made: %v", err)
	}
}

// Which of two models of one name, or one table, the database's table is, is not
// certain: both are left alone, and what refers to them.
func TestUncertainModelsAreLeftAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "app.db"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c := configure(t, dir, `databases: {dev: {url: "sqlite:app.db", dev: true, auto_migrate: false, check_models: true}}`)
	other := func() any {
		type User struct {
			dataflow.Model `df:"table=accounts"`
			ID             int64
		}
		return User{}
	}
	user, order, tag := modelOf(t, User{}), modelOf(t, Order{}), modelOf(t, Tag{})
	r := compare(t, c, user, modelOf(t, other()), order, tag)
	if len(r.Of(user)) > 0 || len(r.Of(order)) > 0 || codes(r.Of(tag)) != "DF-309 dev " {
		t.Errorf("User: %s; Order: %s; Tag: %s", codes(r.Of(user)), codes(r.Of(order)), codes(r.Of(tag)))
	}
	// What a model refers to is not among the packages that were asked about.
	if r := compare(t, c, order); len(r.Of(order)) > 0 || len(r.Problems) > 0 {
		t.Errorf("Order alone: %s, %v", codes(r.Of(order)), r.Problems)
	}
}

// A database that cannot be looked at is one information at its place, without its
// password; the others are compared all the same.
func TestProblems(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{"good.db": "", "bad.db": "This is a text, and no database. It is long enough to be read as one."} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil { // nobody listens there
		t.Fatal(err)
	}
	c := configure(t, dir, `databases:
  bad: {url: "sqlite:bad.db", dev: true, check_models: true}
  gone: {url: "postgres://shop:hunter2@`+address+`/shop", dev: true, check_models: true}
  good: {url: "sqlite:good.db", dev: true, auto_migrate: false, check_models: true}
  unset: {url: "sqlite:${SHOP_UNSET_FILE}", dev: true, check_models: true}
  wrong: {url: "mysql://shop:hunter2@localhost/shop", dev: true, check_models: true}
`)
	tag := modelOf(t, Tag{})
	r := compare(t, c, tag)
	if got := codes(r.Of(tag)); got != "DF-309 good " {
		t.Errorf("Tag: %s", got)
	}
	var got []string
	for _, p := range r.Problems {
		name := p.Details.Setting
		got = append(got, name)
		if p.Severity != errcatalog.SeverityInfo || p.Span.Start.Filename != filepath.Join(dir, config.FileName) || p.Span.Start.Line == 0 {
			t.Errorf("%s: %+v", name, p)
		}
		if page := errcatalog.New(p).Error(); strings.Contains(page, "hunter2") {
			t.Errorf("%s: the password is in %s", name, page)
		}
	}
	if list := strings.Join(got, " "); list != "databases.bad.check_models databases.gone.check_models databases.wrong.check_models" {
		t.Errorf("problems of %s: %v", list, r.Problems)
	}
}

// A server that takes a connection and says nothing does not hold anybody up.
func TestSilentServer(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	c := configure(t, t.TempDir(), `databases: {dev: {url: "postgres://`+l.Addr().String()+`/shop", dev: true, check_models: true}}`)
	r := compare(t, c, modelOf(t, Tag{}))
	if len(r.Problems) != 1 || r.Problems[0].Code != errcatalog.DF402 || !strings.Contains(r.Problems[0].Message, "did not answer within 5s") {
		t.Errorf("problems %v", r.Problems)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := drift.Compare(ctx, c, []*model.Model{modelOf(t, Tag{})}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// An empty database that the first run makes as it is to be has not drifted.
func TestEmptyDatabaseHasNotDrifted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "app.db"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	tag := modelOf(t, Tag{})
	for auto, want := range map[string]string{"true": "", "false": "DF-309 dev "} {
		r := compare(t, configure(t, dir, `databases: {dev: {url: "sqlite:app.db", dev: true, auto_migrate: `+auto+`, check_models: true}}`), tag)
		if got := codes(r.Of(tag)); got != want || len(r.Problems) > 0 {
			t.Errorf("auto_migrate: %s: %s, %v", auto, got, r.Problems)
		}
	}
}

// Two modules of a workspace have databases of their own: a User of the other module
// is none of this one's, and does not make this one's uncertain. What a model refers
// to is looked for near it.
func TestModulesOfAWorkspace(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	for _, name := range []string{"shop", "bank"} {
		if err := os.MkdirAll(filepath.Join(root, name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, name, "go.mod"), []byte("module "+name+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(root, "shop", "app.db"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	in := func(module string, v any) *model.Model {
		m := *modelOf(t, v)
		m.PkgPath = module
		m.Pos = token.Position{Filename: filepath.Join(root, module, "models.go"), Line: 1, Column: 1}
		return &m
	}
	user, order, tag := in("shop", User{}), in("shop", Order{}), in("bank", Tag{})
	other := in("bank", User{})
	all := []*model.Model{other, user, order, tag}
	c := configure(t, filepath.Join(root, "shop"), `databases: {dev: {url: "sqlite:app.db", dev: true, auto_migrate: false, check_models: true}}`)
	r := compare(t, c, all...)
	if codes(r.Of(user)) != "DF-309 dev " || codes(r.Of(order)) != "DF-309 dev " || r.Of(tag) != nil || r.Of(other) != nil {
		t.Errorf("User: %s; Order: %s; Tag: %s; the other User: %s", codes(r.Of(user)), codes(r.Of(order)), codes(r.Of(tag)), codes(r.Of(other)))
	}
	near := drift.Closure(filepath.Join(root, "shop"), []*model.Model{order}, all)
	if len(near) != 2 || near[1] != user {
		t.Errorf("Order and what it refers to: %v", near)
	}
	far := drift.Closure(filepath.Join(root, "shop"), []*model.Model{order}, []*model.Model{other})
	if len(far) != 2 || far[1] != other {
		t.Errorf("Order and what it refers to, of another module: %v", far)
	}
}
