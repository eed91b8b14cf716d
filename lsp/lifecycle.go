package lsp

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"sync"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"
)

// A phase is how far a session has come.
type phase uint8

const (
	phaseNew      phase = iota // waits for initialize
	phaseRunning               // serves
	phaseShutdown              // waits for exit
)

// A life is the life cycle of one session. It is safe for concurrent use.
type life struct {
	mu    sync.Mutex
	phase phase // guarded by mu

	exit     chan struct{} // closed by exit
	exitOnce sync.Once
}

// admit says whether a message may come now. A nil error for a notification
// does not mean that it does anything.
func (l *life) admit(method string, isCall bool) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case method == protocol.MethodExit:
		return nil
	case l.phase == phaseNew && method == protocol.MethodInitialize:
		l.phase = phaseRunning
		return nil
	case l.phase == phaseNew:
		return jsonrpc2.Errorf(jsonrpc2.ServerNotInitialized, "%s came before initialize", method)
	case method == protocol.MethodInitialize:
		return jsonrpc2.NewError(jsonrpc2.InvalidRequest, "initialize came twice")
	case l.phase == phaseShutdown && isCall:
		return jsonrpc2.Errorf(jsonrpc2.InvalidRequest, "%s came after shutdown", method)
	case method == protocol.MethodShutdown && isCall:
		l.phase = phaseShutdown // at once: the next message may be read before it is answered
	}
	return nil
}

func (l *life) to(p phase) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.phase = p
}

// code is the exit status of the process: 0 only when shutdown came first.
func (l *life) code() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.phase == phaseShutdown {
		return 0
	}
	return 1
}

// initializeParams are what the server reads of a client's first message. It is
// a part of protocol.InitializeParams, so that what a client gets wrong in the
// rest does not keep the server from starting.
type initializeParams struct {
	ProcessID  json.RawMessage `json:"processId"` // of a client that gets it wrong, anything
	ClientInfo *struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	} `json:"clientInfo"`
	RootPath         *string             `json:"rootPath"`
	RootURI          *string             `json:"rootUri"`
	WorkspaceFolders []folder            `json:"workspaceFolders"`
	Trace            protocol.TraceValue `json:"trace"`
	Capabilities     clientCapabilities  `json:"capabilities"`
	Options          json.RawMessage     `json:"initializationOptions"`
}

type folder struct {
	URI string `json:"uri"`
}

// clientCapabilities are the abilities of a client that change what the server does.
type clientCapabilities struct {
	General struct {
		PositionEncodings []protocol.PositionEncodingKind `json:"positionEncodings"`
	} `json:"general"`
	Window struct {
		WorkDoneProgress bool `json:"workDoneProgress"`
		ShowDocument     struct {
			Support bool `json:"support"`
		} `json:"showDocument"`
	} `json:"window"`
	Workspace struct {
		WorkspaceEdit struct {
			DocumentChanges bool `json:"documentChanges"`
		} `json:"workspaceEdit"`
		DidChangeWatchedFiles struct {
			DynamicRegistration bool `json:"dynamicRegistration"`
		} `json:"didChangeWatchedFiles"`
		Configuration          bool `json:"configuration"`
		DidChangeConfiguration struct {
			DynamicRegistration bool `json:"dynamicRegistration"`
		} `json:"didChangeConfiguration"`
		CodeLens       refreshable `json:"codeLens"`
		InlayHint      refreshable `json:"inlayHint"`
		SemanticTokens refreshable `json:"semanticTokens"`
		Diagnostics    refreshable `json:"diagnostics"`
	} `json:"workspace"`
	TextDocument struct {
		Hover struct {
			ContentFormat []protocol.MarkupKind `json:"contentFormat"`
		} `json:"hover"`
		Completion struct {
			CompletionItem struct {
				SnippetSupport        bool                  `json:"snippetSupport"`
				DocumentationFormat   []protocol.MarkupKind `json:"documentationFormat"`
				InsertTextModeSupport struct {
					ValueSet []protocol.InsertTextMode `json:"valueSet"`
				} `json:"insertTextModeSupport"`
			} `json:"completionItem"`
		} `json:"completion"`
		CodeAction struct {
			ResolveSupport struct {
				Properties []string `json:"properties"`
			} `json:"resolveSupport"`
		} `json:"codeAction"`
		SignatureHelp struct {
			SignatureInformation struct {
				DocumentationFormat  []protocol.MarkupKind `json:"documentationFormat"`
				ParameterInformation struct {
					LabelOffsetSupport bool `json:"labelOffsetSupport"`
				} `json:"parameterInformation"`
			} `json:"signatureInformation"`
		} `json:"signatureHelp"`
		Definition struct {
			LinkSupport bool `json:"linkSupport"`
		} `json:"definition"`
		TypeDefinition struct {
			LinkSupport bool `json:"linkSupport"`
		} `json:"typeDefinition"`
		Rename struct {
			PrepareSupport bool `json:"prepareSupport"`
		} `json:"rename"`
		FoldingRange struct {
			FoldingRange struct {
				CollapsedText bool `json:"collapsedText"`
			} `json:"foldingRange"`
		} `json:"foldingRange"`
		DocumentSymbol struct {
			HierarchicalDocumentSymbolSupport bool `json:"hierarchicalDocumentSymbolSupport"`
		} `json:"documentSymbol"`
		PublishDiagnostics diagnosticSupport  `json:"publishDiagnostics"`
		Diagnostic         *diagnosticSupport `json:"diagnostic"`
	} `json:"textDocument"`
}

// diagnosticSupport is what a client can show of a diagnostic.
type diagnosticSupport struct {
	RelatedInformation     bool `json:"relatedInformation"`
	CodeDescriptionSupport bool `json:"codeDescriptionSupport"`
	TagSupport             struct {
		ValueSet []protocol.DiagnosticTag `json:"valueSet"`
	} `json:"tagSupport"`
}

type refreshable struct {
	RefreshSupport bool `json:"refreshSupport"`
}

// initialize is the first message of a session.
func initialize(_ context.Context, s *server, _ *snapshot, raw json.RawMessage) (any, error) {
	var p initializeParams
	if err := json.Unmarshal(raw, &p); err != nil {
		s.life.to(phaseNew)
		return nil, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "the parameters of initialize cannot be read: %v", err)
	}
	s.client = p.Capabilities
	if more := p.Capabilities.TextDocument.Diagnostic; more != nil {
		// Until 3.18 a client told only with publishDiagnostics what it can show.
		can := &s.client.TextDocument.PublishDiagnostics
		can.RelatedInformation = can.RelatedInformation || more.RelatedInformation
		can.CodeDescriptionSupport = can.CodeDescriptionSupport || more.CodeDescriptionSupport
		can.TagSupport.ValueSet = append(can.TagSupport.ValueSet, more.TagSupport.ValueSet...)
	}
	s.documents.encoding = chooseEncoding(p.Capabilities.General.PositionEncodings)
	s.trace.set(p.Trace)
	s.folders = foldersOf(&p)
	s.initialSettings(p.Options)
	if pid, err := strconv.Atoi(string(p.ProcessID)); err == nil {
		s.watchParent(pid)
	}
	if p.ClientInfo != nil {
		s.log.Debug("client", "name", p.ClientInfo.Name, "version", p.ClientInfo.Version)
	}
	return &protocol.InitializeResult{
		Capabilities: s.capabilities(),
		ServerInfo:   protocol.ServerInfo{Name: serverName, Version: protocol.NewOptional(s.options.Version)},
	}, nil
}

// foldersOf lists the folders that a client has open: its workspace folders,
// else its root, in the three forms that clients of different ages send.
func foldersOf(p *initializeParams) []string {
	var folders []string
	for _, f := range p.WorkspaceFolders {
		if path := filePath(f.URI); path != "" {
			folders = append(folders, path)
		}
	}
	switch {
	case len(folders) > 0:
	case p.RootURI != nil && filePath(*p.RootURI) != "":
		folders = []string{filePath(*p.RootURI)}
	case p.RootPath != nil && *p.RootPath != "":
		folders = []string{uri.File(*p.RootPath).FsPath()}
	}
	return folders
}

func (s *server) capabilities() protocol.ServerCapabilities {
	c := protocol.ServerCapabilities{
		PositionEncoding: s.documents.encoding,
		TextDocumentSync: &protocol.TextDocumentSyncOptions{
			OpenClose: new(true),
			Change:    new(protocol.TextDocumentSyncKindIncremental),
			Save:      &protocol.SaveOptions{IncludeText: new(false)},
		},
		Workspace: &protocol.WorkspaceOptions{WorkspaceFolders: &protocol.WorkspaceFoldersServerCapabilities{
			Supported:           new(true),
			ChangeNotifications: protocol.Boolean(true),
		}},
	}
	for _, f := range features() {
		if f.offer != nil {
			f.offer(s, &c)
		}
	}
	return c
}

// initialized is sent by the client once it has the server's capabilities.
func initialized(s *server, _ *protocol.InitializedParams) error {
	if s.client.Workspace.DidChangeWatchedFiles.DynamicRegistration {
		s.spawn("register file watchers", s.registerWatchers)
	} else {
		s.spawn("watch files", s.pollFiles)
	}
	folders := s.folders
	start := func() {
		for _, folder := range folders {
			s.modules.prepare(folder)
		}
		close(s.set.ready)
	}
	if !s.client.Workspace.Configuration {
		start()
		return nil
	}
	s.spawn("follow the settings", func(ctx context.Context) error {
		s.askSettings(ctx)
		start()
		return s.followSettings(ctx)
	})
	return nil
}

// didChangeFolders is sent when the user adds or removes a workspace folder.
// Modules are found by the files that are open; a new folder's is only loaded
// beforehand, and one that is left without open files is forgotten.
func didChangeFolders(s *server, p *protocol.DidChangeWorkspaceFoldersParams) error {
	for _, f := range p.Event.Added {
		if path := filePath(string(f.URI)); path != "" {
			s.folders = append(slices.Clip(s.folders), path)
			s.modules.prepare(path)
		}
	}
	for _, f := range p.Event.Removed {
		path := filePath(string(f.URI))
		if path == "" {
			continue
		}
		s.folders = slices.DeleteFunc(slices.Clone(s.folders), func(o string) bool { return o == path })
		s.modules.dropFolder(path, s.folders)
	}
	return nil
}

// shutdown asks the server to end its work; exit follows.
func shutdown(_ context.Context, s *server, _ *snapshot, _ json.RawMessage) (any, error) {
	s.cancelWork()
	return nil, nil
}

func exit(s *server, _ json.RawMessage) error {
	s.life.exitOnce.Do(func() { close(s.life.exit) })
	return nil
}
