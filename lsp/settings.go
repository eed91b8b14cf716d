package lsp

import (
	"context"
	"encoding/json"
	"reflect"
	"slices"
	"sync"

	"go.lsp.dev/protocol"

	"github.com/dataflow-go/dataflow/internal/config"
)

var settingsFeature = feature{
	name: "Configuration",
	says: "settings of the editor, from initialization options, `workspace/configuration` or `workspace/didChangeConfiguration`, beside `dataflow.yaml`; all take effect at once",
	notes: map[string]note{
		protocol.MethodWorkspaceDidChangeConfiguration: take(didChangeConfiguration),
	},
}

// settings are what the editor sets. It is safe for concurrent use.
type settings struct {
	wake  chan struct{} // to ask the client for them
	ready chan struct{} // closed when the client has been asked once, or cannot be

	initial json.RawMessage // initialization options; set by initialize

	mu   sync.Mutex
	now  *config.Settings // guarded by mu
	told []string         // what is wrong with them, as the user was told; guarded by mu
}

func newSettings() *settings {
	return &settings{wake: make(chan struct{}, 1), ready: make(chan struct{}), now: new(config.DefaultSettings())}
}

// settings are those of the editor now. They must not be changed.
func (s *server) settings() *config.Settings {
	s.set.mu.Lock()
	defer s.set.mu.Unlock()
	return s.set.now
}

// configuration is the dataflow.yaml of a module as it stands on disk, with what the
// editor sets. What is wrong with either is told elsewhere.
func (s *server) configuration(root string) *config.Config {
	c, _ := config.Read(root)
	return c.With(s.settings())
}

// initialSettings takes the initialization options: they hold where the client sets
// nothing later.
func (s *server) initialSettings(raw json.RawMessage) {
	s.set.initial = raw
	s.apply(nil)
}

// followSettings asks the client for its settings each time it says that they have
// changed: one question at a time, so that the newest answer is the last.
func (s *server) followSettings(ctx context.Context) error {
	if s.client.Workspace.DidChangeConfiguration.DynamicRegistration {
		if err := s.register(ctx, "dataflow.settings", protocol.MethodWorkspaceDidChangeConfiguration,
			&protocol.DidChangeConfigurationRegistrationOptions{Section: protocol.String(config.Section)}); err != nil {
			return err
		}
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.set.wake:
			s.askSettings(ctx)
		}
	}
}

// askSettings asks the client for its settings and makes them count.
func (s *server) askSettings(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, closeTime)
	defer cancel()
	var answers []json.RawMessage
	_, err := s.conn.Call(ctx, protocol.MethodWorkspaceConfiguration, &protocol.ConfigurationParams{
		Items: []protocol.ConfigurationItem{{Section: new(config.Section)}},
	}, &answers)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		s.log.Warn("the client does not tell its settings", "error", err)
	case len(answers) == 1 && s.apply(answers[0]):
		s.resettle()
	}
}

// didChangeConfiguration is sent when the user changes settings. A client that can be
// asked is asked: what it sends along may be all of its settings, or nothing.
func didChangeConfiguration(s *server, p *struct {
	Settings map[string]json.RawMessage `json:"settings"`
}) error {
	if !s.client.Workspace.Configuration {
		if s.apply(p.Settings[config.Section]) {
			s.resettle()
		}
		return nil
	}
	select {
	case s.set.wake <- struct{}{}:
	default:
	}
	return nil
}

// apply takes settings, as JSON, where null means the initial ones. It reports whether
// they differ from those before, and tells the user what is wrong with them, once.
func (s *server) apply(raw json.RawMessage) bool {
	if len(raw) == 0 || string(raw) == "null" {
		raw = s.set.initial
	}
	next, findings := config.ReadSettings(raw)
	s.set.mu.Lock()
	defer s.set.mu.Unlock()
	told := make([]string, 0, len(findings))
	for _, f := range findings {
		told = append(told, f.Message)
		if !slices.Contains(s.set.told, f.Message) {
			s.out.send("", protocol.MethodWindowShowMessage, &protocol.ShowMessageParams{
				Type: protocol.MessageTypeWarning, Message: string(f.Code) + ": " + f.Message,
			})
		}
	}
	changed := !reflect.DeepEqual(s.set.now, next)
	s.set.now, s.set.told = next, told
	return changed
}

// resettle does again what settings have a part in.
func (s *server) resettle() {
	s.modules.reopen()
	s.diagnose.now()
	s.spawn("refresh", s.refresh)
}
