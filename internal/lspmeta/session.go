package lspmeta

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// A Session follows what the two ends of one connection say, so that an answer is held
// to its request and a progress to its token. It is safe for concurrent use.
type Session struct {
	model  *Model
	custom []string // prefixes of methods that are not the protocol's

	mu           sync.Mutex
	pending      map[direction]map[string]*request // by who asked, and the id as JSON; guarded by mu
	progress     map[string]*progress              // by the token as JSON; guarded by mu
	registered   map[string]string                 // methods by the id of the registration; guarded by mu
	capabilities any                               // the client's; guarded by mu
	offered      any                               // the server's capabilities; guarded by mu
}

// A request is one that is not answered yet.
type request struct {
	name   string
	method *method        // nil for one that the protocol does not know
	params map[string]any // nil where they are no object
	parts  bool           // partial results have come
}

// A progress is what a token stands for.
type progress struct {
	parts *request // the request whose partial results come with it, or nil
	begun bool
}

// Session begins to follow a connection. Methods with one of the prefixes are not the
// protocol's, and their parameters and results are not looked at.
func (m *Model) Session(custom ...string) *Session {
	return &Session{
		model: m, custom: custom,
		pending:    map[direction]map[string]*request{clientToServer: {}, serverToClient: {}},
		progress:   map[string]*progress{},
		registered: map[string]string{},
	}
}

// Sent takes a message that the client is about to send, and says what is wrong with it.
func (s *Session) Sent(body []byte) error { return s.message(clientToServer, body) }

// Received takes a message that the client has received, and says what is wrong with it.
func (s *Session) Received(body []byte) error { return s.message(serverToClient, body) }

func (s *Session) message(d direction, body []byte) error {
	v, err := decode(body)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if batch, ok := v.([]any); ok {
		all := []error{errors.New("the protocol has no batches")}
		for i, e := range batch {
			all = append(all, joined(fmt.Sprintf("[%d]", i), s.envelope(d, e)))
		}
		return errors.Join(all...)
	}
	return joined("", s.envelope(d, v))
}

func (s *Session) envelope(d direction, v any) []fault {
	object, ok := v.(map[string]any)
	if !ok {
		return wrong("%s is no message", text(v))
	}
	var faults []fault
	if object["jsonrpc"] != "2.0" {
		faults = at("jsonrpc", wrong("%s is not \"2.0\"", text(object["jsonrpc"])))
	}
	name, isCall := object["method"].(string)
	allowed := []string{"jsonrpc", "id", "result", "error"}
	if isCall {
		allowed = []string{"jsonrpc", "id", "method", "params"}
	}
	for _, part := range slices.Sorted(maps.Keys(object)) {
		if !slices.Contains(allowed, part) {
			faults = append(faults, at(part, wrong("no part of such a message"))...)
		}
	}
	if isCall {
		return append(faults, at(name+" ", s.call(d, name, object))...)
	}
	return append(faults, s.answer(d, object)...)
}

// call takes a request or a notification.
func (s *Session) call(d direction, name string, message map[string]any) []fault {
	var faults []fault
	id, isRequest := message["id"]
	params, hasParams := message["params"]
	def := s.model.methods[name]
	r := &request{name: name, method: def}
	r.params, _ = params.(map[string]any)
	if isRequest {
		faults = at("id", s.model.check(idType, id))
		if _, taken := s.pending[d][key(id)]; taken {
			faults = append(faults, at("id", wrong("%s is the id of a request that is not answered yet", text(id)))...)
		}
		s.pending[d][key(id)] = r
	}
	if s.isCustom(name) {
		return faults
	}
	if def == nil {
		return append(faults, wrong("no method of the protocol")...)
	}
	if def.isRequest() != isRequest {
		faults = append(faults, wrong("a request has an id and a notification has none")...)
	}
	if def.MessageDirection != d && def.MessageDirection != both {
		faults = append(faults, wrong("it goes %s only", def.MessageDirection)...)
	}
	switch {
	case def.Params == nil && hasParams:
		faults = append(faults, at("params", wrong("%s has none", name))...)
	case def.Params != nil:
		faults = append(faults, at("params", s.model.check(def.Params, params))...)
	}
	return append(faults, s.effects(d, r)...)
}

// idType is that of requests.
var idType = &typ{Kind: "or", Items: []*typ{{Kind: "base", Name: "integer"}, {Kind: "base", Name: "string"}}}

func (s *Session) isCustom(name string) bool {
	return slices.ContainsFunc(s.custom, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
}

// effects takes what a message means for those that follow.
func (s *Session) effects(d direction, r *request) []fault {
	if d == clientToServer {
		if r.name == "initialize" {
			s.capabilities = r.params["capabilities"]
		}
		faults := s.opensProgress(r)
		if path := r.method.ServerCapability; path != "" && r.method.isRequest() && s.offered != nil && !s.offers(path) {
			faults = append(faults, wrong("the server has not offered it: %s", path)...)
		}
		return faults
	}
	switch r.name {
	case "client/registerCapability":
		return s.registers(r.params["registrations"])
	case "client/unregisterCapability":
		return s.unregisters(r.params["unregisterations"]) // the protocol's own spelling
	case "$/progress":
		return s.progresses(r.params["token"], r.params["value"])
	case "window/showMessageRequest":
		return nil // its capability is about details
	}
	if r.method.isRequest() && r.method.ClientCapability != "" && !s.can(r.method.ClientCapability) {
		return wrong("the client has not said that it can: %s", r.method.ClientCapability)
	}
	return nil
}

// can reports whether the client has a capability, which is a path.
func (s *Session) can(path string) bool {
	v := s.capabilities
	for name := range strings.SplitSeq(path, ".") {
		v = member(v, name)
	}
	if options, ok := v.(map[string]any); ok {
		v = options["refreshSupport"] // of code lenses, where the meta model does not say so
	}
	return v == true
}

// offers reports whether the server has a capability, which is a path.
func (s *Session) offers(path string) bool {
	v := s.offered
	for name := range strings.SplitSeq(path, ".") {
		v = member(v, name)
	}
	return v != nil && v != false
}

// opensProgress takes the tokens that a request of the client carries.
func (s *Session) opensProgress(r *request) []fault {
	var faults []fault
	for _, name := range []string{"workDoneToken", "partialResultToken"} {
		token, given := r.params[name]
		if !given {
			continue
		}
		p := &progress{}
		if name == "partialResultToken" {
			p.parts = r
		}
		if s.progress[key(token)] != nil {
			faults = append(faults, at("params."+name, wrong("%s is in use", text(token)))...)
		}
		s.progress[key(token)] = p
	}
	return faults
}

// progresses takes the parameters of $/progress.
func (s *Session) progresses(token, value any) []fault {
	p := s.progress[key(token)]
	if p == nil {
		return at("params.token", wrong("%s is no token of work that goes on, with %s", text(token), text(value)))
	}
	if p.parts != nil {
		p.parts.parts = true
		if p.parts.method.PartialResult == nil {
			return wrong("%s has no partial results", p.parts.name)
		}
		return at("params.value", s.model.check(p.parts.method.PartialResult, value))
	}
	object, _ := value.(map[string]any)
	var faults []fault
	name := map[any]string{"begin": "WorkDoneProgressBegin", "report": "WorkDoneProgressReport", "end": "WorkDoneProgressEnd"}[object["kind"]]
	if name == "" {
		return at("params.value", wrong("%s is no progress of work", text(value)))
	}
	if p.begun == (object["kind"] == "begin") {
		faults = at("params.value.kind", wrong("%s, but begun is %t", text(object["kind"]), p.begun))
	}
	p.begun = true
	if object["kind"] == "end" {
		delete(s.progress, key(token))
	}
	return append(faults, at("params.value", s.model.checkReference(name, value))...)
}

// registers takes the registrations of client/registerCapability.
func (s *Session) registers(v any) []fault {
	list, _ := v.([]any)
	var faults []fault
	for i, e := range list {
		registration, _ := e.(map[string]any)
		step := fmt.Sprintf("params.registrations[%d]", i)
		name, _ := registration["method"].(string)
		if id := key(registration["id"]); s.registered[id] != "" {
			faults = append(faults, at(step+".id", wrong("%s is in use", id))...)
		} else {
			s.registered[id] = name
		}
		def := s.model.registrable(name)
		if def == nil {
			faults = append(faults, at(step+".method", wrong("%q cannot be registered", name))...)
			continue
		}
		if capability := def.ClientCapability + ".dynamicRegistration"; !s.can(capability) {
			faults = append(faults, at(step, wrong("the client has not said that it can: %s", capability))...)
		}
		options, given := registration["registerOptions"]
		switch {
		case def.RegistrationOptions != nil:
			faults = append(faults, at(step+".registerOptions", s.model.check(def.RegistrationOptions, options))...)
		case given:
			faults = append(faults, at(step+".registerOptions", wrong("%s has none", name))...)
		}
	}
	return faults
}

// registrable is the method whose options those of a registration are, or nil.
func (m *Model) registrable(name string) *method {
	var found *method
	// Of several, as of semantic tokens, the shortest name is the general one.
	for _, method := range slices.Sorted(maps.Keys(m.methods)) {
		def := m.methods[method]
		under := def.RegistrationMethod
		if under == "" {
			under = def.Method
		}
		if under == name && def.MessageDirection != serverToClient && (found == nil || found.RegistrationOptions == nil) {
			found = def
		}
	}
	return found
}

func (s *Session) unregisters(v any) []fault {
	list, _ := v.([]any)
	var faults []fault
	for i, e := range list {
		gone, _ := e.(map[string]any)
		step := fmt.Sprintf("params.unregisterations[%d]", i)
		id := key(gone["id"])
		if name, known := s.registered[id]; !known || name != gone["method"] {
			faults = append(faults, at(step, wrong("%s of %s is not registered", id, text(gone["method"])))...)
		}
		delete(s.registered, id)
	}
	return faults
}

// answer takes a response to a request that came the other way.
func (s *Session) answer(d direction, message map[string]any) []fault {
	id, hasID := message["id"]
	result, hasResult := message["result"]
	failure, hasError := message["error"]
	if !hasID || hasResult == hasError {
		return wrong("%s is no request, notification or response", text(message))
	}
	asked := s.pending[d.reversed()]
	r := asked[key(id)]
	if r == nil {
		if id == nil && hasError {
			return s.checkError(nil, failure) // to what could not be read
		}
		return at("id", wrong("%s is the id of no request that waits", text(id)))
	}
	delete(asked, key(id))
	step := "the answer to " + r.name + " "
	for _, name := range []string{"workDoneToken", "partialResultToken"} {
		if token, given := r.params[name]; given {
			delete(s.progress, key(token))
		}
	}
	if hasError {
		return at(step, s.checkError(r.method, failure))
	}
	if r.method == nil || s.isCustom(r.name) {
		return nil
	}
	if r.name == "window/workDoneProgress/create" {
		s.progress[key(r.params["token"])] = &progress{}
	}
	if r.name == "initialize" {
		s.offered = member(result, "capabilities")
	}
	faults := s.model.check(r.method.Result, result)
	if r.parts && !isEmpty(result) {
		faults = append(faults, wrong("%s after partial results, which already hold all", text(result))...)
	}
	return at(step+"result", faults)
}

// isEmpty reports whether a result is an empty list, or has one as its items.
func isEmpty(result any) bool {
	if object, ok := result.(map[string]any); ok && object["items"] != nil {
		result = object["items"]
	}
	list, ok := result.([]any)
	return !ok || len(list) == 0
}

func (s *Session) checkError(m *method, v any) []fault {
	data := &typ{Kind: "reference", Name: "LSPAny"}
	if m != nil && m.ErrorData != nil {
		data = m.ErrorData
	}
	properties := map[string]*property{
		"code":    {Type: &typ{Kind: "base", Name: "integer"}},
		"message": {Type: &typ{Kind: "base", Name: "string"}},
		"data":    {Type: data, Optional: true},
	}
	return at("error", s.model.checkObject("error", properties, v))
}
