package config

import (
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// Names lists the databases in alphabetical order.
func (c *Config) Names() []string { return slices.Sorted(maps.Keys(c.databases)) }

// ChecksModels reports whether models are compared with a database.
func (c *Config) ChecksModels(name string) bool {
	db := c.databases[name]
	return db.CheckModels && db.Dev && db.URL != MemoryURL
}

// Lookup returns a database, ready to open: environment variables are expanded
// and a relative SQLite file is made absolute. The name "" means the default.
// An unknown name is DF-401, a variable that is not set DF-404.
func (c *Config) Lookup(name string) (Database, error) {
	if name == "" {
		name = c.Database
	}
	if name == "" {
		return Database{}, errcatalog.New(errcatalog.Finding{
			Code:    errcatalog.DF401,
			Message: fmt.Sprintf("%s has several databases and does not say which one is the default: add `database: %s`", FileName, c.Names()[0]),
			Details: errcatalog.Details{Setting: "database", Allowed: c.Names()},
		})
	}
	db, ok := c.databases[name]
	if !ok {
		return Database{}, c.unknown(name)
	}
	expanded, err := expand(db.URL, "databases."+name+".url")
	if err != nil {
		return Database{}, err
	}
	db.URL = absolute(expanded, c.Dir)
	return db, nil
}

func (c *Config) unknown(name string) error {
	names := errcatalog.SortNearest(name, c.Names())
	return errcatalog.New(errcatalog.Finding{
		Code:    errcatalog.DF401,
		Message: unknownName("database", name, c.Names()),
		Details: errcatalog.Details{Setting: "databases", Value: name, Suggestion: errcatalog.Nearest(name, c.Names()), Allowed: names},
	})
}

// String names the database and where it is, without user, password and options.
func (d Database) String() string {
	if at := location(d.URL); at != "" {
		return d.Name + " (" + at + ")"
	}
	return d.Name
}

// MemoryURL is SQLite without a file.
const MemoryURL = "sqlite::memory:"

// File is the file of an SQLite database; "" for any other, and for one in memory.
func (d Database) File() string {
	path, ok := strings.CutPrefix(d.URL, "sqlite:")
	if !ok || d.URL == MemoryURL {
		return ""
	}
	return strings.TrimPrefix(path, "//")
}

// location is a URL without its secrets.
func location(raw string) string {
	scheme, rest, ok := strings.Cut(raw, ":")
	if !ok {
		return ""
	}
	if scheme == "sqlite" {
		path, _, _ := strings.Cut(rest, "?")
		return "sqlite:" + path
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return scheme
	}
	return scheme + "://" + u.Host + u.Path
}

// absolute puts a relative SQLite file below dir, wherever the program stands.
func absolute(raw, dir string) string {
	rest, ok := strings.CutPrefix(raw, "sqlite:")
	if !ok {
		return raw
	}
	if rest == "" || raw == MemoryURL || strings.HasPrefix(rest, "//") || filepath.IsAbs(rest) {
		return raw
	}
	return "sqlite:" + filepath.Join(dir, filepath.FromSlash(rest))
}

var variable = regexp.MustCompile(`\$\{([^}]*)\}`)

// expand puts environment variables in. It names variables in errors, never
// their values.
func expand(s, setting string) (string, error) {
	var missing []*errcatalog.Error
	s = variable.ReplaceAllStringFunc(s, func(ref string) string {
		name := ref[2 : len(ref)-1]
		value, ok := os.LookupEnv(name)
		if !ok {
			missing = append(missing, errcatalog.New(unset(name, setting)))
		}
		return value
	})
	return s, errcatalog.Join(missing)
}

func unset(name, setting string) errcatalog.Finding {
	return errcatalog.Finding{
		Code:     errcatalog.DF404,
		Severity: errcatalog.SeverityWarning,
		Message:  fmt.Sprintf("%s needs the environment variable %s, which is not set", setting, name),
		Details:  errcatalog.Details{Setting: setting, Value: name},
	}
}

// unknownName says that there is no such name, and which one was probably meant.
func unknownName(what, name string, names []string) string {
	if near := errcatalog.Nearest(name, names); near != "" {
		return fmt.Sprintf("there is no %s %q: did you mean %q?", what, name, near)
	}
	return fmt.Sprintf("there is no %s %q: use %s", what, name, strings.Join(names, ", "))
}
