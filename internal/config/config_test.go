package config_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/internal/config"
)

// module writes a go.mod and, unless it is empty, a dataflow.yaml.
func module(t *testing.T, yaml string) string {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "go.mod"), "module shop\n")
	if yaml != "" {
		write(t, filepath.Join(dir, config.FileName), yaml)
	}
	return dir
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestDefaultsWithoutFile(t *testing.T) {
	t.Parallel()
	dir := module(t, "")
	c, err := config.Load(filepath.Join(dir, "."))
	if err != nil {
		t.Fatal(err)
	}
	db, err := c.Lookup("")
	if err != nil {
		t.Fatal(err)
	}
	want := config.Database{
		Name: "dev", URL: "sqlite:" + filepath.Join(dir, ".dataflow", "dev.db"), Dev: true, AutoMigrate: true,
	}
	if diff := cmp.Diff(want, db); diff != "" {
		t.Error(diff)
	}
}

func TestFindWalksUp(t *testing.T) {
	t.Parallel()
	dir := module(t, "database: dev\n")
	deep := filepath.Join(dir, "a", "b")
	if err := os.MkdirAll(deep, 0o755); err != nil {
		t.Fatal(err)
	}
	if got, ok := config.Find(deep); !ok || got != dir {
		t.Errorf("Find = %q, %v, want %q", got, ok, dir)
	}
	c, err := config.Load(deep)
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(dir, config.FileName); c.File != want {
		t.Errorf("File = %q, want %q", c.File, want)
	}
}

func TestWholeFile(t *testing.T) {
	t.Parallel()
	dir := module(t, `
database: local
databases:
  local:
    url: sqlite:data/app.db
    dev: true
    pool_size: 3
    statement_timeout: 1m30s
  prod: {url: "postgres://shop:secret@db.example.com:5432/shop", auto_migrate: false}
rules:
  DF-203: warning
  df714: off
strict:
  warnings: error
`)
	c, err := config.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	local, err := c.Lookup("")
	if err != nil {
		t.Fatal(err)
	}
	want := config.Database{
		Name: "local", URL: "sqlite:" + filepath.Join(dir, "data", "app.db"), Dev: true,
		PoolSize: 3, StatementTimeout: 90 * time.Second, AutoMigrate: true,
	}
	if diff := cmp.Diff(want, local, cmpopts.IgnoreFields(config.Database{}, "Span")); diff != "" {
		t.Error(diff)
	}
	prod, err := c.Lookup("prod")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := prod.String(), "prod (postgres://db.example.com:5432/shop)"; got != want {
		t.Errorf("String = %q, want %q", got, want)
	}
	if prod.Dev || prod.AutoMigrate {
		t.Errorf("prod is %+v: neither dev nor migrated unless it says so", prod)
	}
	if got := c.Severity(errcatalog.DF203, errcatalog.SeverityDefault); got != errcatalog.SeverityError {
		t.Errorf("strict mode makes the warning DF-203 an error, got %s", got)
	}
	if f := (errcatalog.Finding{Code: errcatalog.DF714}); c.Apply(&f) {
		t.Error("DF-714 is off and was shown")
	}
}

func TestSeverityComesFromTheRuleThenTheFindingThenTheCatalogue(t *testing.T) {
	t.Parallel()
	c, err := config.Load(module(t, "rules: {DF-101: hint}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		code errcatalog.Code
		from errcatalog.Severity
		want errcatalog.Severity
	}{
		{errcatalog.DF101, errcatalog.SeverityError, errcatalog.SeverityHint},
		{errcatalog.DF102, errcatalog.SeverityInfo, errcatalog.SeverityInfo},
		{errcatalog.DF207, errcatalog.SeverityDefault, errcatalog.SeverityWarning},
	} {
		f := errcatalog.Finding{Code: tt.code, Severity: tt.from}
		if !c.Apply(&f) || f.Severity != tt.want {
			t.Errorf("%s from %s = %s, want %s", tt.code, tt.from, f.Severity, tt.want)
		}
	}
}

// Strict mode's own rules are off until strict mode, or a rule, asks for them.
func TestStrictRulesAreAskedFor(t *testing.T) {
	t.Parallel()
	for yaml, want := range map[string][2]errcatalog.Severity{ // of DF-901, DF-905
		"":                                {errcatalog.SeverityOff, errcatalog.SeverityOff},
		"strict: false\n":                 {errcatalog.SeverityOff, errcatalog.SeverityOff},
		"strict: {warnings: error}\n":     {errcatalog.SeverityOff, errcatalog.SeverityOff},
		"rules: {DF-905: warning}\n":      {errcatalog.SeverityOff, errcatalog.SeverityWarning},
		"strict: {rules: true}\n":         {errcatalog.SeverityWarning, errcatalog.SeverityError},
		"strict: true\n":                  {errcatalog.SeverityWarning, errcatalog.SeverityError},
		"strict: true\nrules: {905: off}": {errcatalog.SeverityWarning, errcatalog.SeverityOff},
	} {
		c, err := config.Load(module(t, yaml))
		if err != nil {
			t.Fatal(err)
		}
		got := [2]errcatalog.Severity{c.Severity(errcatalog.DF901, 0), c.Severity(errcatalog.DF905, 0)}
		if got != want {
			t.Errorf("%q: %v, want %v", yaml, got, want)
		}
	}
	c := config.Default(t.TempDir()).InStrictMode()
	if got := c.Severity(errcatalog.DF207, 0); got != errcatalog.SeverityError {
		t.Errorf("a warning in strict mode is %s", got)
	}
}

// Each mistake is told with its line and column, and with the name that was meant.
func TestMistakes(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		yaml string
		want string // line:column message; several are parted by newlines
	}{
		"unknown key":       {"databse: dev\n", `1:1 there is no setting "databse": did you mean "database"?`},
		"unknown inner key": {"databases:\n  dev:\n    url: sqlite:a.db\n    dve: true\n", `4:5 there is no setting "databases.dev.dve": did you mean "databases.dev.dev"?`},
		"far key":           {"colour: red\n", `1:1 there is no setting "colour": use database, databases, rules, strict`},
		"wrong bool":        {"databases: {dev: {url: 'sqlite:a.db', dev: maybe}}\n", `1:44 databases.dev.dev is true or false`},
		"no url":            {"databases: {dev: {dev: true}}\n", `1:18 databases.dev has no url`},
		"text for mapping":  {"databases:\n  dev: sqlite:a.db\n", `2:8 "databases.dev" is a mapping of names to values`},
		"list for mapping":  {"rules: [DF-101]\n", `1:8 "rules" is a mapping of names to values`},
		"not a mapping":     {"hello\n", `1:1 dataflow.yaml is a mapping of names to values`},
		"pool size":         {"databases: {dev: {url: 'sqlite:a.db', pool_size: 0}}\n", `1:50 databases.dev.pool_size is at least 1`},
		"timeout":           {"databases: {dev: {url: 'sqlite:a.db', statement_timeout: 5}}\n", `1:58 databases.dev.statement_timeout is a duration above zero, such as 5s or 1m30s`},
		"unknown code":      {"rules: {DF-1011: off}\n", `1:9 there is no code "DF-1011": did you mean "DF-101"?`},
		"not static":        {"rules: {DF-402: off}\n", `1:9 DF-402 is only met when a workflow runs: it has no severity to set`},
		"strict word":       {"strict: yess\n", `1:9 strict is true, false, or its settings`},
		"strict rules":      {"strict: {rules: DF-905}\n", `1:17 strict.rules is true or false`},
		"severity":          {"rules: {DF-203: warn}\n", `1:17 "warn" is no severity: use error, warning, info, hint, off`},
		"default database":  {"database: prd\ndatabases: {prod: {url: 'sqlite:a.db'}}\n", `1:11 there is no database "prd": did you mean "prod"?`},
		"twice":             {"rules: {}\nrules: {}\n", `2:1 rules is set twice`},
		"two documents":     {"rules: {}\n---\nrules: {}\n", "3:1 dataflow.yaml holds one document: remove what follows the second line `---`"},
		"not YAML":          {"rules: {}\n  bad: [\n", `1:1 dataflow.yaml is not valid YAML: did not find expected key`},
		"after wide text":   {"rules: {'é': off}\nstrict: {é: 1, warningz: error}\n", "1:9 there is no code \"é\": use \n2:10 there is no setting \"strict.é\": use strict.rules, strict.warnings\n2:17 there is no setting \"strict.warningz\": did you mean \"strict.warnings\"?"},
		"strict value":      {"strict: {warnings: yes}\n", `1:20 strict.warnings is error or warning`},
		"all at once":       {"a: 1\nb: 2\n", "1:1 there is no setting \"a\": use database, databases, rules, strict\n2:1 there is no setting \"b\": use database, databases, rules, strict"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, findings := config.Parse("/shop/dataflow.yaml", []byte(tt.yaml))
			want := strings.Split(tt.want, "\n")
			if len(findings) != len(want) {
				t.Fatalf("got %d findings, want %d: %+v", len(findings), len(want), findings)
			}
			for i, f := range findings {
				got := fmt.Sprintf("%d:%d %s", f.Span.Start.Line, f.Span.Start.Column, f.Message)
				if f.Code != errcatalog.DF401 || !strings.HasPrefix(got, want[i]) {
					t.Errorf("got  %s %s\nwant DF-401 %s", f.Code, got, want[i])
				}
			}
		})
	}
}

func TestNothingAskedIsFine(t *testing.T) {
	t.Parallel()
	for _, yaml := range []string{"", "# a comment\n", "---\n", "databases:\nrules:\nstrict:\n"} {
		c, findings := config.Parse("/shop/dataflow.yaml", []byte(yaml))
		if len(findings) > 0 || c.Database != "dev" {
			t.Errorf("%q: findings %v, database %q", yaml, findings, c.Database)
		}
	}
}

func TestLoadReturnsEveryMistakeWithItsPlace(t *testing.T) {
	t.Parallel()
	dir := module(t, "databse: dev\nruls: {}\n")
	_, err := config.Load(dir)
	if !errors.Is(err, errcatalog.DF401) {
		t.Fatalf("got %v, want DF-401", err)
	}
	for _, want := range []string{filepath.Join(dir, config.FileName) + ":1:1", `"database"`, config.FileName + ":2:1", `"rules"`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in:\n%s", want, err)
		}
	}
}

func TestMisnamedFile(t *testing.T) {
	t.Parallel()
	dir := module(t, "")
	write(t, filepath.Join(dir, "dataflow.yml"), "rules: {}\n")
	if _, err := config.Load(dir); !errors.Is(err, errcatalog.DF401) {
		t.Errorf("dataflow.yml was passed over: %v", err)
	}
}

func TestEnvironmentIsExpandedWhenTheDatabaseIsUsed(t *testing.T) {
	t.Setenv("SHOP_PASSWORD", "s3cret")
	dir := module(t, `
database: prod
databases:
  prod: {url: "postgres://shop:${SHOP_PASSWORD}@db/shop"}
  other: {url: "postgres://shop:${SHOP_UNSET}@db/shop"}
`)
	c, err := config.Load(dir)
	if err != nil {
		t.Fatalf("a variable of a database that is not used stops nothing: %v", err)
	}
	db, err := c.Lookup("")
	if err != nil {
		t.Fatal(err)
	}
	if db.URL != "postgres://shop:s3cret@db/shop" || strings.Contains(db.String(), "s3cret") {
		t.Errorf("URL %q, String %q", db.URL, db.String())
	}
	if _, err := c.Lookup("other"); !errors.Is(err, errcatalog.DF404) || !strings.Contains(err.Error(), "SHOP_UNSET") {
		t.Errorf("got %v, want DF-404 that names SHOP_UNSET", err)
	}
}

// Of a database that is used where the file is written a variable that is not set is
// a warning; those of others are set where they run.
func TestUnsetVariablesAreToldOfInTheFile(t *testing.T) {
	t.Parallel()
	_, findings := config.Parse("/shop/dataflow.yaml", []byte(`database: main
databases:
  main: {url: "${SHOP_UNSET_A}"}
  test: {url: 'sqlite:${SHOP_UNSET_B}/a.db', dev: true}
  prod: {url: "postgres://shop:${SHOP_UNSET_C}@db/shop"}
`))
	var got []string
	for _, f := range findings {
		got = append(got, fmt.Sprintf("%d %s %s %s", f.Span.Start.Line, f.Code, f.Severity, f.Details.Value))
	}
	want := []string{"3 DF-404 warning SHOP_UNSET_A", "4 DF-404 warning SHOP_UNSET_B", "5 DF-404 info SHOP_UNSET_C"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// The nearest name can be written in place of a wrong one, quoted as that is.
func TestNearestNameMends(t *testing.T) {
	t.Parallel()
	for yaml, want := range map[string]string{
		"ruls: {}\n": "rules: {}\n",
		"databases: {dev: {url: 'sqlite:a.db', \"dve\": true}}\n":   "databases: {dev: {url: 'sqlite:a.db', \"dev\": true}}\n",
		"database: lokal\ndatabases: {local: {url: sqlite:a.db}}\n": "database: local\ndatabases: {local: {url: sqlite:a.db}}\n",
		"rules: {ü: off, DF-203: 'wrning'}\n":                       "",
		"rules: {DF-203: 'wrning'}\n":                               "rules: {DF-203: 'warning'}\n",
		"\"ru\\x6cs\": {}\n":                                        "", // not written as it reads
		"database: \"\"\n":                                          "",
	} {
		_, findings := config.Parse("/shop/dataflow.yaml", []byte(yaml))
		if len(findings) == 0 {
			t.Fatalf("%q: no finding", yaml)
		}
		fixes := findings[0].Fixes
		if want == "" {
			if len(fixes) > 0 {
				t.Errorf("%q: %+v", yaml, fixes)
			}
			continue
		}
		if len(fixes) != 1 || !fixes[0].Preferred {
			t.Errorf("%q: fixes %+v", yaml, fixes)
			continue
		}
		e := fixes[0].Edits[0]
		lines := strings.Split(yaml, "\n")
		line := &lines[e.Span.Start.Line-1]
		*line = (*line)[:e.Span.Start.Column-1] + e.New + (*line)[e.Span.End.Column-1:]
		if got := strings.Join(lines, "\n"); got != want {
			t.Errorf("%q becomes %q, want %q", yaml, got, want)
		}
	}
}

// Models are compared with a dev database alone, and with one that lasts.
func TestCheckModels(t *testing.T) {
	t.Parallel()
	c, findings := config.Parse("/shop/dataflow.yaml", []byte("databases:\n  dev: {url: 'sqlite:a.db', dev: true, check_models: true}\n  other: {url: 'sqlite:b.db', dev: true}\n"))
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	for name, check := range map[string]bool{"dev": true, "other": false} {
		db, err := c.Lookup(name)
		if err != nil || db.CheckModels != check || db.Span.Start.Column != 3 || db.Span.End.Column != 3+len(name) {
			t.Errorf("%s: %+v (%v)", name, db, err)
		}
	}
	for _, yaml := range []string{
		"databases: {prod: {url: 'sqlite:a.db', check_models: true}}",
		"databases: {dev: {url: 'sqlite::memory:', dev: true, check_models: true}}",
		"databases: {dev: {url: 'sqlite:a.db', dev: true, check_models: yes please}}",
	} {
		_, findings := config.Parse("/shop/dataflow.yaml", []byte(yaml))
		if len(findings) != 1 || findings[0].Code != errcatalog.DF401 || !strings.Contains(findings[0].Message, "check_models") {
			t.Errorf("%s: %v", yaml, findings)
		}
	}
}

// Read goes on where Load gives up.
func TestReadTellsWhatIsWrongAndGoesOn(t *testing.T) {
	t.Parallel()
	c, findings := config.Read(module(t, "ruls: {}\nrules: {DF-203: off}\n"))
	if len(findings) != 1 || findings[0].Span.Start.Line != 1 || len(c.Rules) != 1 || config.Err(findings) == nil {
		t.Errorf("findings %v, rules %v", findings, c.Rules)
	}
	dir := module(t, "")
	write(t, filepath.Join(dir, "dataflow.yml"), "rules: {}\n")
	if _, findings := config.Read(dir); len(findings) != 1 || findings[0].Span.Start.String() != filepath.Join(dir, "dataflow.yml")+":1:1" {
		t.Errorf("findings %v", findings)
	}
}

func TestUnknownDatabase(t *testing.T) {
	t.Parallel()
	c, err := config.Load(module(t, "databases:\n  local: {url: 'sqlite:a.db'}\n  prod: {url: 'sqlite:b.db'}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Lookup("locl"); !errors.Is(err, errcatalog.DF401) || !strings.Contains(err.Error(), `"local"`) {
		t.Errorf("got %v, want DF-401 that names local", err)
	}
	if _, err := c.Lookup(""); !errors.Is(err, errcatalog.DF401) || !strings.Contains(err.Error(), "database: local") {
		t.Errorf("got %v, want DF-401 that says how to name the default", err)
	}
}

// A password must not leak, whatever is wrong around it.
func TestSecretsStayOutOfErrors(t *testing.T) {
	t.Parallel()
	const secret = "hunter2"
	for _, yaml := range []string{
		"databases: postgres://shop:hunter2@db/shop\n",
		"databases: {prod: postgres://shop:hunter2@db/shop}\n",
		"databases: {prod: {url: [postgres://shop:hunter2@db/shop]}}\n",
		"databases: {prod: {url: {a: postgres://shop:hunter2@db/shop}}}\n",
		"databases: {prod: {urls: postgres://shop:hunter2@db/shop}}\n",
		"databases: {prod: {url: postgres://shop:hunter2@db/shop, dev: maybe}}\n",
		"databases:\n  prod: {url: postgres://shop:hunter2@db/shop\n",
		"databases:\n  prod:\n    url: 'postgres://shop:hunter2@db/shop\n",
	} {
		_, findings := config.Parse("/shop/dataflow.yaml", []byte(yaml))
		if len(findings) == 0 {
			t.Errorf("%q: no finding", yaml)
		}
		for _, f := range findings {
			if page := errcatalog.New(f).Error(); strings.Contains(page, secret) {
				t.Errorf("%q: the secret is in\n%s", yaml, page)
			}
		}
	}
}
