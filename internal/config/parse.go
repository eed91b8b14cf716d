package config

import (
	"bytes"
	"errors"
	"fmt"
	"go/token"
	"io"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// Parse reads the text of a configuration file and returns what is wrong with
// it: errors (DF-401), and warnings for environment variables that are not set
// (DF-404). What is right counts all the same, so that an editor can go on.
func Parse(file string, src []byte) (*Config, []errcatalog.Finding) {
	p := &parser{file: file, lines: strings.Split(string(src), "\n"), c: Default(filepath.Dir(file))}
	p.c.File = file
	dec := yaml.NewDecoder(bytes.NewReader(src))
	var doc, more yaml.Node
	err := dec.Decode(&doc)
	if errors.Is(err, io.EOF) {
		return p.c, nil // an empty file asks for nothing
	}
	second := io.EOF
	if err == nil {
		second = dec.Decode(&more)
	}
	switch {
	case err != nil:
		p.syntax(err)
	case second == nil:
		p.fault(more.Content[0], "", FileName+" holds one document: remove what follows the second line `---`", errcatalog.Details{})
	case !errors.Is(second, io.EOF):
		p.syntax(second)
	default:
		p.mapping(doc.Content[0], "", map[string]func(*yaml.Node, string){
			"database":  p.defaultDatabase,
			"databases": p.databases,
			"rules":     p.rules,
			"strict":    p.strict,
		})
		p.settleDefault()
		p.unsetURLs()
	}
	return p.c, p.findings
}

type parser struct {
	file     string
	lines    []string
	c        *Config
	findings []errcatalog.Finding

	database *yaml.Node // of the key database
	urls     []databaseURL
}

type databaseURL struct {
	database, path string
	node           *yaml.Node
}

func (p *parser) defaultDatabase(n *yaml.Node, path string) {
	name, ok := p.text(n, path)
	if !ok {
		return
	}
	name, err := expand(name, path)
	if err != nil {
		p.variables(n, path, errcatalog.SeverityWarning)
		return
	}
	p.database, p.c.Database = n, name
}

func (p *parser) databases(n *yaml.Node, path string) {
	p.c.databases = map[string]Database{}
	p.entries(n, path, func(key *yaml.Node, name string, value *yaml.Node) {
		db := Database{Name: name, AutoMigrate: true, Span: p.span(key)}
		here := path + "." + name
		var checked *yaml.Node
		p.mapping(value, here, map[string]func(*yaml.Node, string){
			"url": func(n *yaml.Node, path string) {
				db.URL, _ = p.text(n, path)
				p.urls = append(p.urls, databaseURL{name, path, n})
			},
			"dev":          func(n *yaml.Node, path string) { p.decode(n, path, "true or false", &db.Dev) },
			"auto_migrate": func(n *yaml.Node, path string) { p.decode(n, path, "true or false", &db.AutoMigrate) },
			"pool_size": func(n *yaml.Node, path string) {
				if p.decode(n, path, "a whole number", &db.PoolSize) && db.PoolSize < 1 {
					p.fault(n, path, path+" is at least 1", errcatalog.Details{Value: n.Value})
				}
			},
			"check_models": func(n *yaml.Node, path string) {
				checked = n
				p.decode(n, path, "true or false", &db.CheckModels)
			},
			"statement_timeout": func(n *yaml.Node, path string) { db.StatementTimeout = p.duration(n, path) },
		})
		if resolve(value).Kind == yaml.MappingNode && db.URL == "" && !hasKey(value, "url") {
			p.fault(value, here, here+" has no url", errcatalog.Details{Example: DefaultURL})
		}
		switch {
		case !db.CheckModels:
		case !db.Dev:
			p.fault(checked, here+".check_models", here+".check_models needs dev: true: no other database is looked at", errcatalog.Details{})
		case db.URL == MemoryURL:
			p.fault(checked, here+".check_models", here+".check_models has nothing to compare with: a database in memory is empty at every start", errcatalog.Details{})
		}
		p.c.databases[name] = db
	})
	if len(p.c.databases) == 0 {
		p.c.databases[DefaultDatabase] = defaultDatabase()
	}
}

// settleDefault finds the default database where the file does not say it.
func (p *parser) settleDefault() {
	names := p.c.Names()
	if p.database != nil {
		if _, ok := p.c.databases[p.c.Database]; !ok {
			p.fault(p.database, "database", unknownName("database", p.c.Database, names),
				errcatalog.Details{Value: p.c.Database, Suggestion: errcatalog.Nearest(p.c.Database, names), Allowed: names})
		}
		return
	}
	p.c.Database = ""
	if _, ok := p.c.databases[DefaultDatabase]; ok {
		p.c.Database = DefaultDatabase
	} else if len(names) == 1 {
		p.c.Database = names[0]
	}
}

func (p *parser) rules(n *yaml.Node, path string) { p.c.Rules = p.severities(n, path) }

func (p *parser) severities(n *yaml.Node, path string) map[errcatalog.Code]errcatalog.Severity {
	rules := map[errcatalog.Code]errcatalog.Severity{}
	p.entries(n, path, func(key *yaml.Node, name string, value *yaml.Node) {
		code, ok := errcatalog.Parse(name)
		if !ok {
			codes := staticCodes()
			p.fault(key, path, unknownName("code", name, codes),
				errcatalog.Details{Value: name, Suggestion: errcatalog.Nearest(name, codes)})
			return
		}
		if reason := notARule(code); reason != "" {
			p.fault(key, path, reason, errcatalog.Details{Value: name})
			return
		}
		var severity errcatalog.Severity
		here := path + "." + name
		if text, ok := p.text(value, here); ok {
			s, err := errcatalog.ParseSeverity(text)
			if err != nil || s == errcatalog.SeverityDefault {
				p.fault(value, here, fmt.Sprintf("%q is no severity: use %s", text, strings.Join(severities, ", ")),
					errcatalog.Details{Value: text, Suggestion: errcatalog.Nearest(text, severities), Allowed: severities})
				return
			}
			severity = s
		}
		rules[code] = severity
	})
	return rules
}

var severities = []string{"error", "warning", "info", "hint", "off"}

// staticCodes lists the codes whose severity can be set.
func staticCodes() []string {
	var codes []string
	for _, e := range errcatalog.Entries() {
		if notARule(e.Code) == "" {
			codes = append(codes, string(e.Code))
		}
	}
	return codes
}

// notARule says why a code's severity cannot be set, or "".
func notARule(code errcatalog.Code) string {
	if e, _ := errcatalog.Lookup(code); !e.Static {
		return fmt.Sprintf("%s is only met when a workflow runs: it has no severity to set", code)
	}
	return ""
}

func (p *parser) strict(n *yaml.Node, path string) { p.c.Strict = p.strictness(n, path) }

// strictness reads `strict: true`, which is all of it, or its parts.
func (p *parser) strictness(n *yaml.Node, path string) Strict {
	var strict Strict
	if v := resolve(n); v.Kind == yaml.ScalarNode && v.Tag != "!!null" {
		var on bool
		if p.decode(n, path, "true, false, or its settings", &on) {
			strict = Strict{Rules: on, Warnings: on}
		}
		return strict
	}
	p.mapping(n, path, map[string]func(*yaml.Node, string){
		"rules": func(n *yaml.Node, path string) { p.decode(n, path, "true or false", &strict.Rules) },
		"warnings": func(n *yaml.Node, path string) {
			text, ok := p.text(n, path)
			switch {
			case !ok:
			case text == "error":
				strict.Warnings = true
			case text != "warning":
				p.fault(n, path, path+" is error or warning", errcatalog.Details{Value: text, Allowed: []string{"error", "warning"}})
			}
		},
	})
	return strict
}

// duration reads "5s" or "1m30s".
func (p *parser) duration(n *yaml.Node, path string) time.Duration {
	text, ok := p.text(n, path)
	if !ok {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		p.fault(n, path, fmt.Sprintf("%s is a duration above zero, such as 5s or 1m30s", path),
			errcatalog.Details{Value: text, Example: "5s"})
		return 0
	}
	return d
}

// unsetURLs reports variables of URLs. Only dev databases, and the default one, are
// opened where the file is written: the variables of others are set elsewhere.
func (p *parser) unsetURLs() {
	for _, u := range p.urls {
		severity := errcatalog.SeverityInfo
		if u.database == p.c.Database || p.c.databases[u.database].Dev {
			severity = errcatalog.SeverityWarning
		}
		p.variables(u.node, u.path, severity)
	}
}

// variables reports each environment variable of a value that is not set.
func (p *parser) variables(n *yaml.Node, path string, severity errcatalog.Severity) {
	for _, ref := range variable.FindAllStringSubmatch(resolve(n).Value, -1) {
		if _, err := expand(ref[0], path); err != nil {
			f := unset(ref[1], path)
			f.Severity, f.Span = severity, p.span(n)
			p.findings = append(p.findings, f)
		}
	}
}

var yamlLine = regexp.MustCompile(`line (\d+): `)

// syntax reports what yaml.v3 says about text that is not YAML; its line stands
// in the message alone.
func (p *parser) syntax(err error) {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	at := token.Position{Filename: p.file, Line: 1, Column: 1}
	if m := yamlLine.FindStringSubmatch(message); m != nil {
		at.Line, _ = strconv.Atoi(m[1]) // digits, by the pattern
		message = strings.Replace(message, m[0], "", 1)
	}
	end := at
	if at.Line <= len(p.lines) {
		end.Column += len(strings.TrimRight(p.lines[at.Line-1], " \t\r"))
	}
	p.findings = append(p.findings, errcatalog.Finding{
		Code:     errcatalog.DF401,
		Severity: errcatalog.SeverityError,
		Message:  fmt.Sprintf("%s is not valid YAML: %s", FileName, message),
		Details:  errcatalog.Details{Reason: message},
		Span:     errcatalog.Span{Start: at, End: end},
	})
}
