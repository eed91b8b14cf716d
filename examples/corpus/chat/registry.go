package chat

import (
	"fmt"
	"sort"

	"github.com/dataflow-go/dataflow"
)

// registry is every workflow of the chat by name, as a server's routes want them.
var registry = map[string]func() *dataflow.Workflow{
	"lobby":   Lobby,
	"rooms":   RoomsOf,
	"say":     Say,
	"react":   React,
	"history": History,
}

// Names lists the workflows.
func Names() []string {
	names := make([]string, 0, len(registry))
	for name := range registry {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// Named builds the workflow of a name.
func Named(name string) (*dataflow.Workflow, error) {
	build, ok := registry[name]
	if !ok {
		return nil, fmt.Errorf("no workflow is called %q", name)
	}
	return build(), nil
}
