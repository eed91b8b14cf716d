package lsp

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// The commands that a client can ask the server to carry out. Each takes one
// argument, an object.
const (
	commandRun       = "dataflow.server.run"       // {uri, workflow?, inputs?, commit?, database?} → a run's report
	commandWorkflows = "dataflow.server.workflows" // {uri} → the workflows of a file
	commandExplain   = "dataflow.server.explain"   // {code} → a code's page

	// {uri, model?, database?} → a migration's report
	commandMigrate      = "dataflow.server.migrate"      // makes it
	commandMigrationSQL = "dataflow.server.migrationSQL" // shows its SQL
)

// A command carries out one of them.
type command func(ctx context.Context, s *server, snap *snapshot, argument json.RawMessage, token protocol.ProgressToken) (any, error)

var commands = map[string]command{
	commandRun:          run,
	commandWorkflows:    listWorkflows,
	commandExplain:      explain,
	commandMigrate:      migrate,
	commandMigrationSQL: migrationSQL,
}

func commandNames() []string { return slices.Sorted(maps.Keys(commands)) }

var commandFeature = feature{
	name:  "Execute Command",
	says:  "runs workflows, makes migrations, explains codes",
	calls: map[string]call{protocol.MethodWorkspaceExecuteCommand: answer(executeCommand)},
	offer: func(_ *server, c *protocol.ServerCapabilities) {
		c.ExecuteCommandProvider = protocol.ExecuteCommandOptions{Commands: commandNames()}
	},
}

// executeCommand is sent when the user chooses a command or a lens.
func executeCommand(s *server, ctx context.Context, snap *snapshot, p *protocol.ExecuteCommandParams) (json.RawMessage, error) {
	f, ok := commands[p.Command]
	if !ok {
		return nil, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "there is no command %q; the commands are %s", p.Command, strings.Join(commandNames(), ", "))
	}
	if len(p.Arguments) != 1 {
		return nil, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "%s takes one argument, an object; it was given %d", p.Command, len(p.Arguments))
	}
	result, err := f(ctx, s, snap, json.RawMessage(p.Arguments[0]), p.WorkDoneToken)
	if err != nil {
		return nil, err
	}
	return json.Marshal(result)
}

// argument reads a command's argument. What it does not know it refuses: a
// misspelt "comit" must not be taken for a dry run.
func argument[T any](name string, raw json.RawMessage) (*T, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	dec.UseNumber()
	arg := new(T)
	if err := dec.Decode(arg); err != nil {
		return nil, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "the argument of %s cannot be read: %v", name, err)
	}
	return arg, nil
}

// A codePage is the answer of dataflow.server.explain.
type codePage struct {
	Code     errcatalog.Code `json:"code"`
	Title    string          `json:"title"`
	Markdown string          `json:"markdown"`
	Text     string          `json:"text"`
	URL      string          `json:"url"`
}

func explain(_ context.Context, _ *server, _ *snapshot, raw json.RawMessage, _ protocol.ProgressToken) (any, error) {
	arg, err := argument[struct {
		Code string `json:"code"`
	}](commandExplain, raw)
	if err != nil {
		return nil, err
	}
	code, ok := errcatalog.Parse(arg.Code)
	page, known := errcatalog.Explain(code)
	if !ok || !known {
		return nil, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "there is no code %q", arg.Code)
	}
	return codePage{Code: code, Title: page.Title, Markdown: page.Markdown(), Text: page.Error(), URL: page.DocsURL}, nil
}
