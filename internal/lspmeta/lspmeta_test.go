package lspmeta_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/dataflow-go/dataflow/internal/lspmeta"
)

var load = sync.OnceValues(lspmeta.Load)

func model(t *testing.T) *lspmeta.Model {
	t.Helper()
	m, err := load()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// told compares an error, which may have several lines, with what it must say.
func told(t *testing.T, err error, want string) {
	t.Helper()
	switch {
	case err == nil && want != "":
		t.Errorf("nothing is wrong; want %s", want)
	case err != nil && want == "":
		t.Error(err)
	case err != nil && err.Error() != want:
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	const zero = `{"start":{"line":0,"character":0},"end":{"line":0,"character":0}}`
	for _, test := range []struct{ name, typ, value, want string }{
		{"structure", "Position", `{"line":0,"character":7}`, ""},
		{"no object", "Position", `[0,7]`, `Position: [0,7] is no Position`},
		{"missing property", "Position", `{"line":0}`, `Position.character: Position must have it`},
		{"unknown property", "Position", `{"line":0,"character":7,"column":7}`, `Position.column: Position has no such property`},
		{"optional property", "TextDocumentEdit", `{"textDocument":{"uri":"file:///a.go","version":null},"edits":[]}`, ""},
		{"null for an optional property", "CodeAction", `{"title":"Mend","edit":null}`, `CodeAction.edit: null is no WorkspaceEdit`},
		{"of what it extends", "DefinitionParams", `{"textDocument":{"uri":"file:///a.go"}}`, `DefinitionParams.position: DefinitionParams must have it`},
		{"of what it mixes in", "DefinitionParams", `{"textDocument":{"uri":"file:///a.go"},"position":{"line":1,"character":1},"workDoneToken":true}`, `DefinitionParams.workDoneToken: true is no integer | string`},
		{"its own type over an inherited one", "WorkDoneProgressBegin", `{"kind":"start","title":"t"}`, `WorkDoneProgressBegin.kind: "start" is not "begin"`},
		{"two faults", "Position", `{"line":-1,"character":1.5}`, "Position.character: 1.5 is no uinteger\nPosition.line: -1 is no uinteger"},

		{"uinteger of 31 bits", "Position", `{"line":2147483647,"character":0}`, ""},
		{"uinteger of 32 bits", "Position", `{"line":4294967295,"character":0}`, `Position.line: 4294967295 is no uinteger`},
		{"number as a string", "Position", `{"line":"1","character":0}`, `Position.line: "1" is no uinteger`},
		{"integer", "VersionedTextDocumentIdentifier", `{"uri":"file:///a.go","version":-1}`, ""},
		{"decimal", "Color", `{"red":0.5,"green":1,"blue":1e-3,"alpha":0}`, ""},
		{"no decimal", "Color", `{"red":null,"green":1,"blue":1,"alpha":0}`, `Color.red: null is no decimal`},
		{"boolean", "SaveOptions", `{"includeText":"yes"}`, `SaveOptions.includeText: "yes" is no boolean`},
		{"URI", "TextDocumentIdentifier", `{"uri":"untitled:Untitled-1"}`, ""},
		{"path for a URI", "TextDocumentIdentifier", `{"uri":"/a.go"}`, `TextDocumentIdentifier.uri: "/a.go" is no DocumentUri`},
		{"space in a URI", "TextDocumentIdentifier", `{"uri":"file:///a b.go"}`, `TextDocumentIdentifier.uri: "file:///a b.go" is no DocumentUri`},

		{"enumeration", "DiagnosticSeverity", `4`, ""},
		{"not in the enumeration", "DiagnosticSeverity", `5`, `DiagnosticSeverity: 5 is no DiagnosticSeverity`},
		{"enumeration of strings", "MarkupContent", `{"kind":"html","value":""}`, `MarkupContent.kind: "html" is no MarkupKind`},
		{"value of one's own", "CodeActionKind", `"source.fixAll.dataflow"`, ""},
		{"value of one's own, of another type", "CodeActionKind", `7`, `CodeActionKind: 7 is no string`},

		{"tuple", "ParameterInformation", `{"label":[1,2]}`, ""},
		{"tuple of three", "ParameterInformation", `{"label":[1,2,3]}`, `ParameterInformation.label: [1,2,3] is no string | tuple of 2`},
		{"map", "WorkspaceEdit", `{"changes":{"file:///a.go":[{"range":` + zero + `,"newText":""}]}}`, ""},
		{"key of a map", "WorkspaceEdit", `{"changes":{"a.go":[]}}`, `WorkspaceEdit.changes["a.go"]: "a.go" is no DocumentUri`},
		{"value of a map", "WorkspaceEdit", `{"changes":{"file:///a.go":[{"range":` + zero + `}]}}`, `WorkspaceEdit.changes["file:///a.go"][0].newText: TextEdit must have it`},
		{"literal", "SemanticTokensOptions", `{"legend":{"tokenTypes":[],"tokenModifiers":[]},"range":{"of":1},"full":{"delta":true}}`, ""},
		{"in a literal", "SemanticTokensOptions", `{"legend":{"tokenTypes":[],"tokenModifiers":[]},"full":{"diff":true}}`, `SemanticTokensOptions.full.diff: SemanticTokensFullDelta has no such property`},
		{"any", "Diagnostic", `{"range":` + zero + `,"message":"m","data":{"what":[1.5,null,{"x":"y"}]}}`, ""},
		{"no LSPObject", "LSPObject", `[]`, `LSPObject: [] is no object`},
		{"no such type", "Positions", `{}`, `Positions: the meta model has no type Positions`},

		{"alternative", "Hover", `{"contents":["plain",{"language":"go","value":"x"}]}`, ""},
		{"none of the alternatives", "ProgressToken", `1.5`, `ProgressToken: 1.5 is no integer | string`},
		{"the alternative that was meant is an object", "DocumentDiagnosticReport", `{"kind":"full","items":[{"range":` + zero + `,"message":7}]}`, `DocumentDiagnosticReport.items[0].message: 7 is no string | MarkupContent`},
		{"the alternative that was meant has a kind", "DocumentDiagnosticReport", `{"kind":"unchanged"}`, `DocumentDiagnosticReport.resultId: RelatedUnchangedDocumentDiagnosticReport must have it`},
		{"the alternative that was meant is an edit", "WorkspaceEdit", `{"documentChanges":[{"textDocument":{"uri":"file:///a.go","version":1},"edits":[{"range":{"start":{"line":0,"character":0}},"newText":""}]}]}`,
			`WorkspaceEdit.documentChanges[0].edits[0].range.end: Range must have it`},
		{"the alternative that was meant is a file operation", "WorkspaceEdit", `{"documentChanges":[{"kind":"create","uri":"file:///a.go","options":{"force":true}}]}`,
			`WorkspaceEdit.documentChanges[0].options.force: CreateFileOptions has no such property`},

		{"no JSON", "Position", `{"line":`, `no JSON: EOF`},
		{"more than one value", "ProgressToken", `1 2`, `there is more after the JSON value`},
		{"a name twice", "Position", `{"line":0,"character":0,"line":1}`, `no JSON: an object has "line" twice`},
		{"no UTF-8", "ProgressToken", "\"\xff\"", `the JSON is not UTF-8`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			told(t, model(t).Check(test.typ, []byte(test.value)), test.want)
		})
	}
}

// What editors ask for beyond the types.
func TestRules(t *testing.T) {
	t.Parallel()
	span := func(from, to string) string {
		at := func(p string) string {
			line, character, _ := strings.Cut(p, ":")
			return `{"line":` + line + `,"character":` + character + `}`
		}
		return `{"start":` + at(from) + `,"end":` + at(to) + `}`
	}
	edit := func(from, to string) string { return `{"range":` + span(from, to) + `,"newText":""}` }
	symbol := func(name, selection string) string {
		return `{"name":"` + name + `","kind":1,"range":` + span("1:0", "2:9") + `,"selectionRange":` + selection + `}`
	}
	for _, test := range []struct{ name, typ, value, want string }{
		{"empty range", "Range", span("1:2", "1:2"), ""},
		{"reversed range", "Range", span("1:2", "1:1"), "Range: 1:2-1:1 ends before it starts"},
		{"symbol", "DocumentSymbol", symbol("n", span("1:0", "2:9")), ""},
		{"selection after the symbol", "DocumentSymbol", symbol("n", span("2:9", "2:10")), "DocumentSymbol.selectionRange: 2:9-2:10 is not within the range 1:0-2:9"},
		{"selection before the symbol", "DocumentSymbol", symbol("n", span("0:9", "1:1")), "DocumentSymbol.selectionRange: 0:9-1:1 is not within the range 1:0-2:9"},
		{"symbol without a name", "DocumentSymbol", symbol(" ", span("1:0", "1:1")), `DocumentSymbol.name: " " shows nothing`},
		{"link", "LocationLink", `{"targetUri":"file:///a.go","targetRange":` + span("0:0", "0:1") + `,"targetSelectionRange":` + span("0:0", "0:2") + `}`,
			"LocationLink.targetSelectionRange: 0:0-0:2 is not within the targetRange 0:0-0:1"},
		{"selections", "SelectionRange", `{"range":` + span("1:1", "1:2") + `,"parent":{"range":` + span("1:0", "1:3") + `}}`, ""},
		{"selections that shrink", "SelectionRange", `{"range":` + span("1:1", "1:2") + `,"parent":{"range":` + span("1:2", "1:3") + `}}`,
			"SelectionRange.parent: 1:2-1:3 does not hold 1:1-1:2"},
		{"fold", "FoldingRange", `{"startLine":1,"endLine":1}`, ""},
		{"reversed fold", "FoldingRange", `{"startLine":2,"endLine":1}`, `FoldingRange: {"endLine":1,"startLine":2} ends before it starts`},
		{"tokens", "SemanticTokens", `{"data":[0,0,1,0,0]}`, ""},
		{"half a token", "SemanticTokens", `{"data":[0,0,1,0,0,1]}`, "SemanticTokens.data: 6 numbers are not five for each token"},
		{"edits side by side", "TextDocumentEdit", `{"textDocument":{"uri":"file:///a.go","version":1},"edits":[` + edit("0:1", "0:2") + `,` + edit("0:1", "0:1") + `,` + edit("0:2", "0:3") + `,` + edit("0:1", "0:1") + `]}`, ""},
		{"edits that overlap", "TextDocumentEdit", `{"textDocument":{"uri":"file:///a.go","version":1},"edits":[` + edit("0:2", "0:4") + `,` + edit("0:1", "0:3") + `]}`,
			"TextDocumentEdit.edits: the edits of 0:1-0:3 and of 0:2-0:4 overlap"},
		{"changes that overlap", "WorkspaceEdit", `{"changes":{"file:///a.go":[` + edit("0:1", "0:3") + `,` + edit("0:2", "0:2") + `]}}`,
			`WorkspaceEdit.changes["file:///a.go"]: the edits of 0:1-0:3 and of 0:2-0:2 overlap`},
		{"completion", "CompletionItem", `{"label":"l","textEdit":` + edit("0:1", "0:2") + `,"additionalTextEdits":[` + edit("0:0", "0:1") + `]}`, ""},
		{"completion over itself", "CompletionItem", `{"label":"l","textEdit":` + edit("0:1", "0:2") + `,"additionalTextEdits":[` + edit("0:0", "0:2") + `]}`,
			"CompletionItem.additionalTextEdits: the edits of 0:0-0:2 and of 0:1-0:2 overlap"},
		{"completion of nothing", "CompletionItem", `{"label":""}`, `CompletionItem.label: "" shows nothing`},
		{"signatures", "SignatureHelp", `{"signatures":[{"label":"f(a, é)","parameters":[{"label":"a"},{"label":[5,6]}]}],"activeSignature":0}`, ""},
		{"no such signature", "SignatureHelp", `{"signatures":[{"label":"f()"}],"activeSignature":1}`, "SignatureHelp.activeSignature: 1 of 1 signatures"},
		{"no such parameter", "SignatureInformation", `{"label":"f(a)","parameters":[{"label":"b"},{"label":[2,5]},{"label":[3,2]}]}`,
			"SignatureInformation.parameters[0].label: \"b\" is not in \"f(a)\"\nSignatureInformation.parameters[1].label: [2,5] is not in \"f(a)\"\nSignatureInformation.parameters[2].label: [3,2] is not in \"f(a)\""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			told(t, model(t).Check(test.typ, []byte(test.value)), test.want)
		})
	}
}

// A session is a list of lines: who speaks, > for the client and < for the server, and
// a message without its version; then, after a tab, what is wrong with it.
func TestSession(t *testing.T) {
	t.Parallel()
	const (
		initialize = `> {"id":0,"method":"initialize","params":{"processId":null,"rootUri":null,"capabilities":{"window":{"workDoneProgress":true},` +
			`"workspace":{"codeLens":{"refreshSupport":true},"didChangeWatchedFiles":{"dynamicRegistration":true}},` +
			`"textDocument":{"semanticTokens":{"dynamicRegistration":true,"requests":{},"tokenTypes":[],"tokenModifiers":[],"formats":[]}}}}}`
		symbols  = `> {"id":1,"method":"workspace/symbol","params":{"query":"","partialResultToken":"part","workDoneToken":7}}`
		symbol   = `{"name":"n","kind":1,"location":{"uri":"file:///a.go"}}`
		complete = `> {"id":"c","method":"textDocument/completion","params":{"textDocument":{"uri":"file:///a.go"},"position":{"line":0,"character":0}}}`
		create   = `< {"id":5,"method":"window/workDoneProgress/create","params":{"token":"bar"}}`
		begin    = `< {"method":"$/progress","params":{"token":"bar","value":{"kind":"begin","title":"t"}}}`
		end      = `< {"method":"$/progress","params":{"token":"bar","value":{"kind":"end"}}}`
		watch    = `< {"id":3,"method":"client/registerCapability","params":{"registrations":[{"id":"w","method":"workspace/didChangeWatchedFiles","registerOptions":{"watchers":[]}}]}}`
	)
	for name, lines := range map[string][]string{
		"a good one": {
			initialize, `< {"id":0,"result":{"capabilities":{"workspaceSymbolProvider":{},"executeCommandProvider":{"commands":["c"]}}}}`, `> {"method":"initialized","params":{}}`,
			watch, `> {"id":3,"result":null}`, symbols,
			`< {"method":"$/progress","params":{"token":7,"value":{"kind":"begin","title":"t"}}}`,
			`< {"method":"$/progress","params":{"token":7,"value":{"kind":"report","percentage":50}}}`,
			`< {"method":"$/progress","params":{"token":"part","value":[` + symbol + `]}}`,
			`< {"method":"$/progress","params":{"token":7,"value":{"kind":"end"}}}`,
			`< {"id":1,"result":[]}`,
			`> {"id":2,"method":"workspace/executeCommand","params":{"command":"c","arguments":[1,{"x":null}]}}`, `< {"id":2,"result":{"any":["thing"]}}`,
			`> {"id":1,"method":"shutdown"}`, `< {"id":1,"result":null}`, `> {"method":"exit"}`,
		},
		"requests both ways may have one id": {
			initialize, `< {"id":0,"method":"window/workDoneProgress/create","params":{"token":1}}`, `> {"id":0,"result":null}`, `< {"id":0,"result":{"capabilities":{}}}`,
		},
		"an error": {
			complete, `< {"id":"c","error":{"code":-32800,"message":"cancelled"}}`,
			complete, "< {\"id\":\"c\",\"error\":{\"code\":1.5,\"text\":\"\"}}\tthe answer to textDocument/completion error.code: 1.5 is no integer\n" +
				"the answer to textDocument/completion error.text: error has no such property\nthe answer to textDocument/completion error.message: error must have it",
		},
		"an error to what could not be read": {`< {"id":null,"error":{"code":-32700,"message":"no JSON"}}`},
		"data of an error": {
			initialize, "< {\"id\":0,\"error\":{\"code\":1,\"message\":\"\",\"data\":{}}}\tthe answer to initialize error.data.retry: InitializeError must have it",
		},
		"a result by the method of its request": {
			complete, "< {\"id\":\"c\",\"result\":{\"isIncomplete\":false,\"items\":[{\"label\":\"a\"},{\"label\":\"b\",\"kind\":99}]}}\tthe answer to textDocument/completion result.items[1].kind: 99 is no CompletionItemKind",
		},
		"an answer to nothing":            {"< {\"id\":9,\"result\":null}\tid: 9 is the id of no request that waits"},
		"an answer to an id as a string":  {complete, "< {\"id\":1,\"result\":null}\tid: 1 is the id of no request that waits"},
		"a second answer":                 {complete, `< {"id":"c","result":null}`, "< {\"id\":\"c\",\"result\":null}\tid: \"c\" is the id of no request that waits"},
		"both result and error":           {complete, "< {\"id\":\"c\",\"result\":null,\"error\":{\"code\":1,\"message\":\"\"}}\t{\"error\":{\"code\":1,\"message\":\"\"},\"id\":\"c\",\"jsonrpc\":\"2.0\",\"r… is no request, notification or response"},
		"neither":                         {complete, "< {\"id\":\"c\"}\t{\"id\":\"c\",\"jsonrpc\":\"2.0\"} is no request, notification or response"},
		"an id twice":                     {complete, complete + "\ttextDocument/completion id: \"c\" is the id of a request that is not answered yet"},
		"an id of null":                   {"> {\"id\":null,\"method\":\"shutdown\"}\tshutdown id: null is no integer | string"},
		"an unknown method":               {"> {\"method\":\"text/didOpen\",\"params\":{}}\ttext/didOpen: no method of the protocol"},
		"a method of one's own":           {`> {"id":1,"method":"test/ping","params":[1]}`, `< {"id":1,"result":"pong"}`},
		"a request without an id":         {"> {\"method\":\"shutdown\"}\tshutdown: a request has an id and a notification has none"},
		"the wrong way":                   {"< {\"id\":1,\"method\":\"shutdown\"}\tshutdown: it goes clientToServer only"},
		"parameters where there are none": {"> {\"id\":1,\"method\":\"shutdown\",\"params\":{}}\tshutdown params: shutdown has none"},
		"no parameters":                   {"> {\"method\":\"initialized\"}\tinitialized params: null is no InitializedParams"},
		"a part that is none":             {"> {\"method\":\"exit\",\"parms\":{}}\tparms: no part of such a message"},
		"no object":                       {"> 7\t7 is no message"},
		"a batch":                         {"> [{\"method\":\"exit\"}]\tthe protocol has no batches\n[0]jsonrpc: null is not \"2.0\""},

		"a bar of progress":     {initialize, create, `> {"id":5,"result":null}`, begin, end, end + "\t$/progress params.token: \"bar\" is no token of work that goes on, with {\"kind\":\"end\"}"},
		"a bar begun twice":     {initialize, create, `> {"id":5,"result":null}`, begin, begin + "\t$/progress params.value.kind: \"begin\", but begun is true"},
		"a bar not begun":       {initialize, create, `> {"id":5,"result":null}`, end + "\t$/progress params.value.kind: \"end\", but begun is false"},
		"a bar that is refused": {initialize, create, `> {"id":5,"error":{"code":1,"message":"no"}}`, begin + "\t$/progress params.token: \"bar\" is no token of work that goes on, with {\"kind\":\"begin\",\"title\":\"t\"}"},
		"a value of no kind": {initialize, create, `> {"id":5,"result":null}`,
			"< {\"method\":\"$/progress\",\"params\":{\"token\":\"bar\",\"value\":[]}}\t$/progress params.value: [] is no progress of work"},
		"a value of its kind": {initialize, create, `> {"id":5,"result":null}`,
			"< {\"method\":\"$/progress\",\"params\":{\"token\":\"bar\",\"value\":{\"kind\":\"begin\"}}}\t$/progress params.value.title: WorkDoneProgressBegin must have it"},
		"a token after its answer": {symbols, `< {"id":1,"result":[]}`,
			"< {\"method\":\"$/progress\",\"params\":{\"token\":7,\"value\":{\"kind\":\"end\"}}}\t$/progress params.token: 7 is no token of work that goes on, with {\"kind\":\"end\"}"},
		"a token in use":           {symbols, strings.Replace(symbols, `"id":1`, `"id":2`, 1) + "\tworkspace/symbol params.workDoneToken: 7 is in use\nworkspace/symbol params.partialResultToken: \"part\" is in use"},
		"a partial result":         {symbols, "< {\"method\":\"$/progress\",\"params\":{\"token\":\"part\",\"value\":[{\"name\":1}]}}\t$/progress params.value[0].name: 1 is no string\n$/progress params.value[0].kind: SymbolInformation must have it\n$/progress params.value[0].location: SymbolInformation must have it"},
		"a result after its parts": {symbols, `< {"method":"$/progress","params":{"token":"part","value":[` + symbol + `]}}`, `< {"id":1,"result":[` + symbol + "]}\tthe answer to workspace/symbol result: [{\"kind\":1,\"location\":{\"uri\":\"file:///a.go\"},\"name\":\"n\"}] after partial results, which already hold all"},

		"a registration's options": {
			initialize, `< {"id":3,"method":"client/registerCapability","params":{"registrations":[{"id":"w","method":"workspace/didChangeWatchedFiles","registerOptions":{}}]}}` +
				"\tclient/registerCapability params.registrations[0].registerOptions.watchers: DidChangeWatchedFilesRegistrationOptions must have it",
		},
		"a registration under a name of its own": {
			initialize, `< {"id":3,"method":"client/registerCapability","params":{"registrations":[{"id":"s","method":"textDocument/semanticTokens","registerOptions":{"documentSelector":null}}]}}` +
				"\tclient/registerCapability params.registrations[0].registerOptions.legend: SemanticTokensRegistrationOptions must have it",
		},
		"a registration of nothing": {
			initialize, `< {"id":3,"method":"client/registerCapability","params":{"registrations":[{"id":"s","method":"textDocument/semanticTokens/full"}]}}` +
				"\tclient/registerCapability params.registrations[0].method: \"textDocument/semanticTokens/full\" cannot be registered",
		},
		"a registration that the client cannot": {
			initialize, `< {"id":3,"method":"client/registerCapability","params":{"registrations":[{"id":"h","method":"textDocument/hover","registerOptions":{"documentSelector":null}}]}}` +
				"\tclient/registerCapability params.registrations[0]: the client has not said that it can: textDocument.hover.dynamicRegistration",
		},
		"a registration's id twice": {initialize, watch, `> {"id":3,"result":null}`, watch + "\tclient/registerCapability params.registrations[0].id: \"w\" is in use"},
		"a registration taken back": {
			initialize, watch, `< {"id":4,"method":"client/unregisterCapability","params":{"unregisterations":[{"id":"w","method":"workspace/didChangeWatchedFiles"}]}}`,
			`< {"id":6,"method":"client/unregisterCapability","params":{"unregisterations":[{"id":"w","method":"workspace/didChangeWatchedFiles"}]}}` +
				"\tclient/unregisterCapability params.unregisterations[0]: \"w\" of \"workspace/didChangeWatchedFiles\" is not registered",
		},
		"what the client cannot": {
			initialize, `< {"id":3,"method":"workspace/codeLens/refresh"}`, `< {"id":4,"method":"window/showMessageRequest","params":{"type":1,"message":"m"}}`,
			"< {\"id\":5,\"method\":\"workspace/applyEdit\",\"params\":{\"edit\":{}}}\tworkspace/applyEdit: the client has not said that it can: workspace.applyEdit",
		},
		"what the server has not offered": {
			initialize, `< {"id":0,"result":{"capabilities":{"completionProvider":{"resolveProvider":true},"workspaceSymbolProvider":false}}}`, complete,
			`> {"id":1,"method":"completionItem/resolve","params":{"label":"l"}}`,
			strings.Replace(symbols, `"id":1`, `"id":2`, 1) + "\tworkspace/symbol: the server has not offered it: workspaceSymbolProvider",
		},
		"what the client answers": {
			initialize, create, "> {\"id\":5,\"result\":{}}\tthe answer to window/workDoneProgress/create result: {} is no null",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := model(t).Session("test/")
			for _, line := range lines {
				line, want, _ := strings.Cut(line, "\t")
				who, body, _ := strings.Cut(line, " ")
				say := map[string]func([]byte) error{">": s.Sent, "<": s.Received}[who]
				body = strings.Replace(body, "{", `{"jsonrpc":"2.0",`, min(1, len(body)-len(strings.TrimPrefix(body, "{"))))
				told(t, say([]byte(body)), want)
			}
		})
	}
}

func TestVersionOfTheEnvelope(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"jsonrpc":"1.0","method":"exit"}`: `jsonrpc: "1.0" is not "2.0"`,
		`{"jsonrpc":2.0,"method":"exit"}`:   `jsonrpc: 2.0 is not "2.0"`,
		`{"method":"exit"}`:                 `jsonrpc: null is not "2.0"`,
	} {
		told(t, model(t).Session().Sent([]byte(body)), want)
	}
}
