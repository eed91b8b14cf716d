// Package config reads dataflow.yaml, the file at a module's root that names
// databases and sets how findings are reported. The command line and the
// language server share it. Without a file the defaults hold: embedded SQLite in
// .dataflow/dev.db beside go.mod.
package config

import (
	"errors"
	"fmt"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// FileName is the name of the configuration file.
const FileName = "dataflow.yaml"

// WrongName is what people call it by mistake. A file of that name is not read.
const WrongName = "dataflow.yml"

// DefaultDatabase is the database that there is without a configuration file.
const DefaultDatabase = "dev"

// DefaultURL is where it lies, relative to the module's root.
const DefaultURL = "sqlite:.dataflow/dev.db"

// A Config is what dataflow.yaml says. It is immutable once made.
type Config struct {
	// Dir is the module's root: relative database files lie below it.
	Dir string
	// File is the configuration file, "" when there is none.
	File string
	// Database is the name of the default database; "" when the file names
	// several and does not say which one it is.
	Database string
	// Rules are the severities that differ from the catalogue's.
	Rules map[errcatalog.Code]errcatalog.Severity
	// Strict is strict mode.
	Strict Strict

	databases map[string]Database
}

// A Database is one entry of databases.
type Database struct {
	Name string
	// URL is what engine.Open takes. It may hold a password: use String for
	// whatever a person reads.
	URL string
	// Dev says that workflows may be run here from an editor or a shell.
	Dev bool
	// PoolSize is the most connections that are open at once; 0 is the engine's default.
	PoolSize int
	// StatementTimeout ends statements that take longer; 0 is the engine's default.
	StatementTimeout time.Duration
	// AutoMigrate creates and extends tables; it is on unless the file says false.
	AutoMigrate bool
	// CheckModels says that the models are compared with the database, which is only
	// read, while they are written. It is for dev databases alone.
	CheckModels bool
	// Span is its name in the file; zero for the database that there is without one.
	Span errcatalog.Span
}

// Find returns the root of the module that dir lies in: the nearest folder, dir
// itself or above it, that has a go.mod. It is false when there is none.
func Find(dir string) (string, bool) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", false
	}
	for {
		if info, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil && !info.IsDir() {
			return dir, true
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", false
		}
		dir = up
	}
}

// Load reads the configuration of the module that dir lies in, or of dir itself
// when it lies in none. The error is every DF-401 of the file.
func Load(dir string) (*Config, error) {
	c, findings := Read(dir)
	if err := Err(findings); err != nil {
		return nil, err
	}
	return c, nil
}

// Read is Load for who shows what is wrong at its place: mistakes (DF-401), and what
// Parse warns of. What is right counts all the same.
func Read(dir string) (*Config, []errcatalog.Finding) {
	root, ok := Find(dir)
	if !ok {
		abs, err := filepath.Abs(dir)
		if err != nil {
			return Default(dir), []errcatalog.Finding{unreadable(dir, err)}
		}
		root = abs
	}
	file := filepath.Join(root, FileName)
	src, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return Default(root), misnamed(root)
	}
	if err != nil {
		return Default(root), []errcatalog.Finding{unreadable(file, err)}
	}
	return Parse(file, src)
}

// Err is the mistakes among the findings as one error; nil when there is none.
func Err(findings []errcatalog.Finding) error {
	var errs []*errcatalog.Error
	for _, f := range findings {
		if f.Code == errcatalog.DF401 {
			errs = append(errs, errcatalog.New(f))
		}
	}
	return errcatalog.Join(errs)
}

// Default is the configuration of a module without a file.
func Default(root string) *Config {
	return &Config{
		Dir:       root,
		Database:  DefaultDatabase,
		databases: map[string]Database{DefaultDatabase: defaultDatabase()},
	}
}

func defaultDatabase() Database {
	return Database{Name: DefaultDatabase, URL: DefaultURL, Dev: true, AutoMigrate: true}
}

// InStrictMode is c with all of strict mode on, as `strict: true` says it. What
// rules says of a code still counts.
func (c *Config) InStrictMode() *Config {
	strict := *c
	strict.Strict = Strict{Rules: true, Warnings: true}
	return &strict
}

// Severity returns how a code is reported. The severity is the one that the
// finding came with; SeverityDefault stands for the catalogue's. A code of strict
// mode is off unless strict mode or a rule asks for it; that warnings are errors
// does not make one of its warnings an error.
func (c *Config) Severity(code errcatalog.Code, severity errcatalog.Severity) errcatalog.Severity {
	asked, ok := c.Rules[code]
	ok = ok && asked != errcatalog.SeverityDefault
	if ok {
		severity = asked
	}
	if isStrict(code) && !ok && !c.Strict.Rules {
		return errcatalog.SeverityOff
	}
	if severity == errcatalog.SeverityDefault {
		severity = errcatalog.SeverityError
		if e, ok := errcatalog.Lookup(code); ok {
			severity = e.Severity
		}
	}
	if severity == errcatalog.SeverityWarning && c.Strict.Warnings && !isStrict(code) {
		severity = errcatalog.SeverityError
	}
	return severity
}

// isStrict reports whether a code is one of strict mode's own rules.
func isStrict(code errcatalog.Code) bool { return strings.HasPrefix(string(code), "DF-9") }

// Apply gives the finding the severity that the configuration asks for, and
// reports whether it is to be shown at all.
func (c *Config) Apply(f *errcatalog.Finding) bool {
	f.Severity = c.Severity(f.Code, f.Severity)
	return f.Severity != errcatalog.SeverityOff
}

// misnamed tells of a file that would otherwise be passed over in silence.
func misnamed(root string) []errcatalog.Finding {
	file := filepath.Join(root, WrongName)
	if _, err := os.Stat(file); err != nil {
		return nil
	}
	return []errcatalog.Finding{{
		Code:     errcatalog.DF401,
		Severity: errcatalog.SeverityError,
		Message:  fmt.Sprintf("the configuration file is called %s: rename %s", FileName, WrongName),
		Details:  errcatalog.Details{Setting: WrongName, Suggestion: FileName},
		Span:     top(file),
	}}
}

func unreadable(file string, err error) errcatalog.Finding {
	return errcatalog.Finding{
		Code:     errcatalog.DF401,
		Severity: errcatalog.SeverityError,
		Message:  fmt.Sprintf("%s cannot be read: %v", file, err),
		Span:     top(file),
	}
}

// top is the first place of a file.
func top(file string) errcatalog.Span {
	at := token.Position{Filename: file, Line: 1, Column: 1}
	return errcatalog.Span{Start: at, End: at}
}
