package config

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// Settings is everything that can be set: in dataflow.yaml at a module's root, or in
// an editor under the name "dataflow". The tags say where (in), what for (doc), which
// values there are (values), and what holds where nothing is set (default; for what an
// editor sets, DefaultSettings). Keys, the docs, the extension's settings and completion
// are made from it.
type Settings struct {
	Database       string                                  `json:"database" in:"file" doc:"The database that is meant where none is named." default:"\"dev\", or the only one"`
	Databases      map[string]DatabaseSettings             `json:"databases" in:"file" doc:"The databases, by a name of your choice." default:"one called dev, at sqlite:.dataflow/dev.db"`
	Rules          map[errcatalog.Code]errcatalog.Severity `json:"rules" in:"file,editor" doc:"How a code is reported, by code: DF-203: off." values:"error,warning,info,hint,off" default:"the catalogue's"`
	Strict         *Strict                                 `json:"strict" in:"file,editor" doc:"Strict mode: true is all of it." default:"false"`
	BuildFlags     []string                                `json:"buildFlags" in:"editor" doc:"Flags for the go command, such as -tags=integration, under which files are analysed."`
	InlayHints     InlayHintSettings                       `json:"inlayHints" in:"editor"`
	CodeLens       CodeLensSettings                        `json:"codeLens" in:"editor"`
	SemanticTokens SemanticTokenSettings                   `json:"semanticTokens" in:"editor"`
	Server         ServerSettings                          `json:"server" in:"extension"`
	Trace          TraceSettings                           `json:"trace" in:"extension"`
}

// Strict says what strict mode asks for beyond the usual.
type Strict struct {
	Rules    bool `json:"rules" doc:"Report the codes DF-9XX." default:"false"`
	Warnings bool `json:"warnings" doc:"How warnings count." values:"error,warning" default:"warning"`
}

// DatabaseSettings are the keys of one database.
type DatabaseSettings struct {
	URL              string `json:"url" doc:"Where it is: sqlite:FILE, relative to the module's root, sqlite::memory:, or postgres://… Environment variables are written ${NAME}."`
	Dev              bool   `json:"dev" doc:"Workflows may be run here from an editor or a shell." default:"false"`
	AutoMigrate      bool   `json:"auto_migrate" doc:"Tables are created and extended when a program starts." default:"true"`
	PoolSize         int    `json:"pool_size" doc:"The most connections that are open at once." default:"the engine's"`
	StatementTimeout string `json:"statement_timeout" doc:"Statements that take longer are ended: 5s, 1m30s." default:"the engine's"`
	CheckModels      bool   `json:"check_models" doc:"The models are compared with this database, which is only read, while you write them. For dev databases." default:"false"`
}

// InlayHintSettings switch each kind of hint.
type InlayHintSettings struct {
	ConnectionTypes bool `json:"connectionTypes" doc:"Show the types at each connection: string → int64."`
	Defaults        bool `json:"defaults" doc:"Show what a parameter that is not given will be."`
	Tables          bool `json:"tables" doc:"Show the table of a node type."`
}

// CodeLensSettings switch each lens.
type CodeLensSettings struct {
	Run        bool `json:"run" doc:"Run a workflow and keep what it writes."`
	DryRun     bool `json:"dryRun" doc:"Run a workflow and take back what it writes."`
	Graph      bool `json:"graph" doc:"Show a workflow's graph."`
	ExplainSQL bool `json:"explainSQL" doc:"Show the SQL of a workflow's nodes."`
	Findings   bool `json:"findings" doc:"Show how much there is to mend in a workflow."`
	Models     bool `json:"models" doc:"Show a model's uses, its table, and a pending migration."`
}

// SemanticTokenSettings are about colours.
type SemanticTokenSettings struct {
	Enabled bool `json:"enabled" doc:"Colour node ids, node types, parameters and outputs inside their strings."`
}

// ServerSettings are read by the VS Code extension alone.
type ServerSettings struct {
	Path string `json:"path" scope:"machine-overridable" doc:"Path of dataflow-lsp. When empty, the one inside the extension is used, then the one in GOBIN or GOPATH/bin, then the one on PATH."`
}

// TraceSettings are read by the VS Code extension alone.
type TraceSettings struct {
	Server string `json:"server" values:"messages,verbose" doc:"What the log of the language server shows of each message when its log level is Trace: a line, or the whole message."`
}

// DefaultSettings are what an editor that sets nothing gets.
func DefaultSettings() Settings {
	return Settings{
		InlayHints:     InlayHintSettings{ConnectionTypes: true, Defaults: true, Tables: true},
		CodeLens:       CodeLensSettings{Run: true, DryRun: true, Graph: true, ExplainSQL: true, Findings: true, Models: true},
		SemanticTokens: SemanticTokenSettings{Enabled: true},
		Trace:          TraceSettings{Server: "messages"},
	}
}

// A Key is one setting, as docs, editors and completion show it.
type Key struct {
	Path    string   // dotted; * stands for a name of the user's: "databases.*.url"
	Type    string   // as JSON Schema names it: "boolean", "string", "integer", "array", "object"
	Doc     string   // a sentence or more
	Default string   // in words, or as JSON
	Values  []string // when there are only these
	Scope   string   // in VS Code
	In      []string // where it is set: "file", "editor", "extension"
}

// IsIn reports whether a key is set at a place: "file", "editor" or "extension".
func (k Key) IsIn(place string) bool { return slices.Contains(k.In, place) }

// Name is the last segment of its path.
func (k Key) Name() string { return k.Path[strings.LastIndexByte(k.Path, '.')+1:] }

// Keys lists the settings in the order of the struct, those of a group after it. A
// group that says nothing itself, such as inlayHints, is not among them.
func Keys() []Key { return keysOf(reflect.ValueOf(DefaultSettings()), "", nil) }

func keysOf(v reflect.Value, path string, in []string) []Key {
	var keys []Key
	for i := range v.NumField() {
		f := v.Type().Field(i)
		k := Key{
			Path: join(path, f.Tag.Get("json")), Type: jsonType(f.Type), Doc: f.Tag.Get("doc"),
			Default: f.Tag.Get("default"), Scope: f.Tag.Get("scope"), In: in,
		}
		if place := f.Tag.Get("in"); place != "" {
			k.In = strings.Split(place, ",")
		}
		if values := f.Tag.Get("values"); values != "" {
			k.Values = strings.Split(values, ",")
		}
		if len(k.Values) > 0 && k.Type == "boolean" {
			k.Type = "string" // a choice of two words
		}
		if k.Default == "" && !k.IsIn("file") {
			text, _ := json.Marshal(v.Field(i).Interface()) // of strings, booleans and lists
			k.Default = strings.ReplaceAll(string(text), "null", "[]")
		}
		if k.Doc != "" {
			keys = append(keys, k)
		}
		switch t := f.Type; {
		case t.Kind() == reflect.Struct:
			keys = append(keys, keysOf(v.Field(i), k.Path, k.In)...)
		case t.Kind() == reflect.Pointer:
			keys = append(keys, keysOf(reflect.Zero(t.Elem()), k.Path, k.In)...)
		case t.Kind() == reflect.Map && t.Elem().Kind() == reflect.Struct:
			keys = append(keys, keysOf(reflect.Zero(t.Elem()), k.Path+".*", k.In)...)
		}
	}
	return keys
}

func jsonType(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "boolean"
	case reflect.String:
		return "string"
	case reflect.Int:
		return "integer"
	case reflect.Slice:
		return "array"
	default:
		return "object"
	}
}

// With is c as an editor's settings change it: what the editor says of a code, or of
// strict mode, counts before what the file says.
func (c *Config) With(s *Settings) *Config {
	if len(s.Rules) == 0 && s.Strict == nil {
		return c
	}
	changed := *c
	if len(s.Rules) > 0 {
		changed.Rules = map[errcatalog.Code]errcatalog.Severity{}
		for _, rules := range []map[errcatalog.Code]errcatalog.Severity{c.Rules, s.Rules} {
			for code, severity := range rules {
				changed.Rules[code] = severity
			}
		}
	}
	if s.Strict != nil {
		changed.Strict = *s.Strict
	}
	return &changed
}
