package lsp

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// The names of the commands that a lens or an action carries.
const (
	commandRun          = "dataflow.server.run"
	commandDryRun       = "dataflow.server.dryRun"
	commandExplainSQL   = "dataflow.server.explainSQL"
	commandMigratePlan  = "dataflow.server.migratePlan"
	commandMigrateApply = "dataflow.server.migrateApply"
)

// A command is one that a client can ask the server to carry out. It takes one argument,
// an object, and needs no code of the client's own: what there is to see is shown by the
// server, where the client can show it.
type command struct {
	name, says     string
	params, result any // empty ones: docs/commands.md is made from them
	do             func(ctx context.Context, s *server, snap *snapshot, argument json.RawMessage, token protocol.ProgressToken) (any, error)
}

// commandOf makes a command of typed parameters and result.
func commandOf[P, R any](name, says string, do func(ctx context.Context, s *server, snap *snapshot, p *P, token protocol.ProgressToken) (R, error)) command {
	return command{
		name: name, says: says, params: *new(P), result: *new(R),
		do: func(ctx context.Context, s *server, snap *snapshot, raw json.RawMessage, token protocol.ProgressToken) (any, error) {
			p, err := argument[P](name, raw)
			if err != nil {
				return nil, err
			}
			return do(ctx, s, snap, p, token)
		},
	}
}

// commands are all of them, in the order of the docs.
func commands() []command {
	return []command{
		commandOf(commandRun, "Runs a workflow on a dev database as it stands in the editor, saved or not. Without `commit` it is a dry run.", run),
		commandOf(commandDryRun, "Runs a workflow on a dev database and takes back all that it wrote, new tables included.", dryRun),
		commandOf("dataflow.server.history", "Tells the last 20 runs of this session, the newest first.", runHistory),
		commandOf("dataflow.server.workflows", "Lists the workflows of a file, and the inputs that each wants.", listWorkflows),
		commandOf(commandExplainSQL, "Shows the SQL that the nodes of a workflow run on the configured database, with placeholders for values. Nothing is kept.", explainSQL),
		commandOf(commandGraph, "Draws a workflow, and opens the drawing.", drawGraph),
		commandOf("dataflow.server.inspect", "Answers a question about a workflow, without running it.", inspect),
		commandOf("dataflow.server.trace", "Tells where a parameter's value comes from, step by step back to its sources.", trace),
		commandOf(commandFindings, "Tells what is reported in a workflow, and goes to the first.", listFindings),
		commandOf(commandUses, "Tells the workflows that work on a model, and goes to the first.", listUses),
		commandOf(commandTable, "Shows the SQL that makes a model's table.", showTable),
		commandOf(commandMigratePlan, "Shows the SQL that a dev database lacks for the models of a file. Nothing is changed.", migratePlan),
		commandOf(commandMigrateApply, "Makes what a dev database lacks for the models of a file, in one transaction. What could lose data is refused.", migrateApply),
		commandOf("dataflow.server.explain", "Tells the page of a DF code.", explain),
		commandOf("dataflow.server.restartAnalysis", "Forgets what is known of all modules and reads them again.", restartAnalysis),
		commandOf("dataflow.server.stats", "Tells how much is loaded, the memory in use, and what was asked.", stats),
	}
}

func commandNames() []string {
	all := commands()
	names := make([]string, len(all))
	for i, c := range all {
		names[i] = c.name
	}
	slices.Sort(names)
	return names
}

var commandFeature = feature{
	name:  "Execute Command",
	says:  "runs workflows, shows their SQL, makes migrations, explains codes: see [commands](commands.md)",
	calls: map[string]call{protocol.MethodWorkspaceExecuteCommand: answer(executeCommand)},
	offer: func(_ *server, c *protocol.ServerCapabilities) {
		c.ExecuteCommandProvider = protocol.ExecuteCommandOptions{Commands: commandNames()}
	},
}

// executeCommand is sent when the user chooses a command or a lens.
func executeCommand(s *server, ctx context.Context, snap *snapshot, p *protocol.ExecuteCommandParams) (json.RawMessage, error) {
	all := commands()
	i := slices.IndexFunc(all, func(c command) bool { return c.name == p.Command })
	if i < 0 {
		return nil, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "there is no command %q; the commands are %s", p.Command, strings.Join(commandNames(), ", "))
	}
	argument := json.RawMessage("{}")
	switch len(p.Arguments) {
	case 0:
	case 1:
		argument = json.RawMessage(p.Arguments[0])
	default:
		return nil, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "%s takes one argument, an object; it was given %d", p.Command, len(p.Arguments))
	}
	result, err := all[i].do(ctx, s, snap, argument, p.WorkDoneToken)
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

type explainParams struct {
	Code string `json:"code" doc:"As DF-101, df101 or 101."`
}

// A codePage is the answer of dataflow.server.explain.
type codePage struct {
	Code     errcatalog.Code `json:"code"`
	Title    string          `json:"title"`
	Markdown string          `json:"markdown" doc:"The page."`
	Text     string          `json:"text" doc:"The page without markup."`
	URL      string          `json:"url"`
}

func explain(_ context.Context, _ *server, _ *snapshot, p *explainParams, _ protocol.ProgressToken) (*codePage, error) {
	code, ok := errcatalog.Parse(p.Code)
	page, known := errcatalog.Explain(code)
	if !ok || !known {
		return nil, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "there is no code %q", p.Code)
	}
	return &codePage{Code: code, Title: page.Title, Markdown: page.Markdown(), Text: page.Error(), URL: page.DocsURL}, nil
}
