// Package lspmeta holds messages of the Language Server Protocol to the protocol's
// own machine-readable description, its meta model. It serves tests.
package lspmeta

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// A Model is the protocol's meta model. It is safe for concurrent use.
type Model struct {
	methods      map[string]*method
	structures   map[string]map[string]*property // all properties, inherited ones too
	enumerations map[string]*enumeration
	aliases      map[string]*typ
}

// A method is a request or a notification.
type method struct {
	Method              string
	MessageDirection    direction
	Params              *typ
	Result              *typ // nil for a notification
	PartialResult       *typ
	ErrorData           *typ
	RegistrationMethod  string
	RegistrationOptions *typ
	ClientCapability    string
	ServerCapability    string
}

func (m *method) isRequest() bool { return m.Result != nil }

// A direction is who sends a message to whom, in the meta model's words.
type direction string

const (
	clientToServer direction = "clientToServer"
	serverToClient direction = "serverToClient"
	both           direction = "both"
)

func (d direction) reversed() direction {
	if d == clientToServer {
		return serverToClient
	}
	return clientToServer
}

type structure struct {
	Name       string
	Properties []*property
	Extends    []*typ
	Mixins     []*typ
}

type property struct {
	Name     string
	Type     *typ
	Optional bool
}

type enumeration struct {
	Name                 string
	Type                 *typ
	SupportsCustomValues bool
	Values               []struct{ Value json.RawMessage }

	known map[string]bool // the values as JSON
}

// A typ is a type of the meta model; which fields it has depends on the kind.
type typ struct {
	Kind    string
	Name    string // base, reference
	Items   []*typ // or, and, tuple
	Element *typ   // array
	Key     *typ   // map

	value      *typ                 // map
	text       string               // stringLiteral
	properties map[string]*property // literal
}

func (t *typ) UnmarshalJSON(data []byte) error {
	type plain typ
	var raw struct {
		plain
		Value json.RawMessage
	}
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	*t = typ(raw.plain)
	switch t.Kind {
	case "base", "reference", "or", "and", "tuple", "array":
		return nil
	case "map":
		return json.Unmarshal(raw.Value, &t.value)
	case "stringLiteral":
		return json.Unmarshal(raw.Value, &t.text)
	case "literal":
		var s structure
		if err := json.Unmarshal(raw.Value, &s); err != nil {
			return err
		}
		t.properties = map[string]*property{}
		for _, p := range s.Properties {
			t.properties[p.Name] = p
		}
		return nil
	}
	return fmt.Errorf("a type of kind %q, which this package does not know", t.Kind)
}

// Load reads the meta model that comes with the version of go.lsp.dev/protocol that
// this module uses. The go command, run in the working directory, says where it is.
func Load() (*Model, error) {
	const module = "go.lsp.dev/protocol"
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		return nil, fmt.Errorf("go list -m %s: %w", module, err)
	}
	data, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), "internal", "genlsp", "testdata", "metaModel.json"))
	if err != nil {
		return nil, err
	}
	return parse(data)
}

func parse(data []byte) (*Model, error) {
	var file struct {
		Requests, Notifications []*method
		Structures              []*structure
		Enumerations            []*enumeration
		TypeAliases             []struct {
			Name string
			Type *typ
		}
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("meta model: %w", err)
	}
	m := &Model{
		methods:      map[string]*method{},
		structures:   map[string]map[string]*property{},
		enumerations: map[string]*enumeration{},
		aliases:      map[string]*typ{},
	}
	for _, list := range [][]*method{file.Requests, file.Notifications} {
		for _, d := range list {
			m.methods[d.Method] = d
		}
	}
	for _, a := range file.TypeAliases {
		m.aliases[a.Name] = a.Type
	}
	for _, e := range file.Enumerations {
		e.known = map[string]bool{}
		for _, v := range e.Values {
			value, err := decode(v.Value)
			if err != nil {
				return nil, err
			}
			e.known[key(value)] = true
		}
		m.enumerations[e.Name] = e
	}
	byName := map[string]*structure{}
	for _, s := range file.Structures {
		byName[s.Name] = s
	}
	for _, s := range file.Structures {
		m.structures[s.Name] = map[string]*property{}
		inherit(m.structures[s.Name], s, byName)
	}
	return m, nil
}

// inherit adds the properties of a structure to all, those of its own last: they
// override what it inherits.
func inherit(all map[string]*property, s *structure, byName map[string]*structure) {
	for _, list := range [][]*typ{s.Extends, s.Mixins} {
		for _, parent := range list {
			inherit(all, byName[parent.Name], byName)
		}
	}
	for _, p := range s.Properties {
		all[p.Name] = p
	}
}
