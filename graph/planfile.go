package graph

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/shopspring/decimal"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/model"
)

// PlanVersion is the version of the form in which plans are written. A plan of
// another version is not read.
const PlanVersion = 1

// What a written plan may hold.
const (
	maxPlanBytes = 16 << 20
	maxPlanNodes = 10_000
	maxPlanDepth = 100 // of params
	// maxPlanExponent bounds decimals, as the engine does.
	maxPlanExponent = 10_000
)

// planFile is a plan as it is written: JSON with these keys, in this order.
type planFile struct {
	Version      int               `json:"version"`
	Hash         string            `json:"hash,omitempty"` // SHA-256 of the rest, in hexadecimal
	Workflow     string            `json:"workflow"`
	Nodes        []planNode        `json:"nodes"`
	Bindings     []planBinding     `json:"bindings,omitempty"`
	Dependencies []planDependency  `json:"dependencies,omitempty"`
	Transactions []planTransaction `json:"transactions,omitempty"`
}

type planNode struct {
	ID          string     `json:"id"`
	Type        string     `json:"type"`
	Transaction string     `json:"transaction,omitempty"`
	Params      *planValue `json:"params,omitempty"`
}

type planBinding struct {
	From   string `json:"from"`
	Output string `json:"output"`
	To     string `json:"to"`
	Input  string `json:"input"`
}

type planDependency struct {
	Before string `json:"before"`
	After  string `json:"after"`
}

type planTransaction struct {
	ID     string `json:"id"`
	Parent string `json:"parent,omitempty"`
}

// A planValue is a value with its type: {"int": "42"}, {"list": […]}. null, true,
// false and text stand for themselves.
type planValue struct{ v Value }

// Hash is the SHA-256 of the plan in hexadecimal. Two workflows that do the same
// have the same one, wherever they were built. The bodies of function nodes are
// not part of it.
func (p *Plan) Hash() (string, error) {
	f, err := p.file()
	if err != nil {
		return "", err
	}
	return f.hash()
}

// Encode writes the plan as JSON. It fails with DF-802 for a value that has no
// form outside the process: one that is no column's type and does not encode to
// JSON, such as a channel.
func (p *Plan) Encode() ([]byte, error) {
	f, err := p.file()
	if err != nil {
		return nil, err
	}
	if f.Hash, err = f.hash(); err != nil {
		return nil, err
	}
	return json.Marshal(f)
}

func (p *Plan) file() (*planFile, error) {
	g := p.graph
	f := &planFile{Version: PlanVersion, Workflow: g.Name, Nodes: []planNode{}}
	for i := range g.Nodes {
		n := &g.Nodes[i]
		at := planNode{ID: n.ID.S, Type: n.Type.S, Transaction: n.Tx}
		if len(n.Params.Entries) > 0 {
			at.Params = &planValue{n.Params}
		}
		if reason := unwritable(&n.Params, "params"); reason != "" {
			return nil, planError(g.Name, errcatalog.DF802, fmt.Sprintf("node %q cannot be written into a plan: %s", n.ID.S, reason), nil)
		}
		f.Nodes = append(f.Nodes, at)
	}
	for i := range g.Connections {
		c := &g.Connections[i]
		f.Bindings = append(f.Bindings, planBinding{c.From.S, c.Output.S, c.To.S, c.Input.S})
	}
	for i := range g.Dependencies {
		f.Dependencies = append(f.Dependencies, planDependency{g.Dependencies[i].Before.S, g.Dependencies[i].After.S})
	}
	for i := range g.Transactions {
		f.Transactions = append(f.Transactions, planTransaction{g.Transactions[i].ID.S, g.Transactions[i].Parent})
	}
	return f, nil
}

// unwritable says why a value cannot stand in a plan, "" where it can.
func unwritable(v *Value, path string) string {
	switch v.State {
	case StateTyped, StateOpaque:
		if _, err := model.Convert(model.Type{Kind: model.KindJSON}, v.Any); err != nil {
			return fmt.Sprintf("%s is %s, which has no form outside this process", path, or(v.GoType, "unknown"))
		}
	case StateInput:
		if v.Input.Default != nil {
			return unwritable(v.Input.Default, path)
		}
	case StateMap:
		for i := range v.Entries {
			if reason := unwritable(&v.Entries[i].Value, join(path, v.Entries[i].Key)); reason != "" {
				return reason
			}
		}
	case StateList:
		for i := range v.Items {
			if reason := unwritable(&v.Items[i], join(path, strconv.Itoa(i))); reason != "" {
				return reason
			}
		}
	}
	return ""
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

func (f planFile) hash() (string, error) {
	f.Hash = ""
	data, err := json.Marshal(f)
	if err != nil {
		return "", planError(f.Workflow, errcatalog.DF802, "the plan cannot be written: "+err.Error(), err)
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), nil
}

// planError is an error about a plan.
func planError(workflow string, code errcatalog.Code, message string, cause error) error {
	f := errcatalog.Finding{Code: code, Message: message, Details: errcatalog.Details{Workflow: workflow, Reason: message}}
	if cause == nil {
		return errcatalog.New(f)
	}
	return errcatalog.Wrap(f, cause)
}

// DecodePlan reads what Encode wrote. The text is not trusted: a plan that was
// changed, of another version, too large (16 MiB, 10,000 nodes) or otherwise not
// as Encode writes it is DF-802; one whose workflow breaks the rules has their
// codes, all at once. funcs are the bodies of function nodes, by node id; one
// without is DF-802 too.
func DecodePlan(data []byte, funcs map[string]Func) (*Plan, error) {
	refuse := func(message string, cause error) (*Plan, error) {
		return nil, planError("", errcatalog.DF802, "the plan cannot be read: "+message, cause)
	}
	if len(data) > maxPlanBytes {
		return refuse(fmt.Sprintf("it has %d bytes, more than %d", len(data), maxPlanBytes), nil)
	}
	var f planFile
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&f); err != nil {
		return refuse(err.Error(), err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return refuse("something follows it", err)
	}
	switch {
	case f.Version != PlanVersion:
		return refuse(fmt.Sprintf("it has version %d, and this program reads version %d", f.Version, PlanVersion), nil)
	case len(f.Nodes) > maxPlanNodes:
		return refuse(fmt.Sprintf("it has %d nodes, more than %d", len(f.Nodes), maxPlanNodes), nil)
	}
	hash, err := f.hash()
	if err != nil {
		return nil, err
	}
	if hash != f.Hash {
		return refuse("its hash is not that of its content: it was changed or cut", nil)
	}
	g, missing := f.graph(funcs)
	if len(missing) > 0 {
		return refuse(fmt.Sprintf("no function is given for the nodes %s", strings.Join(missing, ", ")), nil)
	}
	var errs []*errcatalog.Error
	for _, found := range Check(g, nil) {
		if found.Severity == errcatalog.SeverityError {
			errs = append(errs, errcatalog.New(found.Finding))
		}
	}
	if err := errcatalog.Join(errs); err != nil {
		return nil, err
	}
	p, problems := Compile(g)
	if len(problems) > 0 {
		return nil, errcatalog.New(problems[0])
	}
	return p, nil
}

func (f *planFile) graph(funcs map[string]Func) (g *Graph, missing []string) {
	known := func(s string) Text { return Text{S: s, Known: true} }
	g = &Graph{Name: f.Workflow}
	for _, n := range f.Nodes {
		at := Node{ID: known(n.ID), Type: known(n.Type), Tx: n.Transaction, Params: ValueOf(map[string]any{})}
		if n.Params != nil {
			at.Params = n.Params.v
		}
		if n.Type == FuncType {
			if at.Func = funcs[n.ID]; at.Func == nil {
				missing = append(missing, n.ID)
			}
		}
		g.Nodes = append(g.Nodes, at)
	}
	for _, b := range f.Bindings {
		g.Connections = append(g.Connections, Connection{From: known(b.From), Output: known(b.Output), To: known(b.To), Input: known(b.Input)})
	}
	for _, d := range f.Dependencies {
		g.Dependencies = append(g.Dependencies, Dependency{Before: known(d.Before), After: known(d.After)})
	}
	for _, t := range f.Transactions {
		g.Transactions = append(g.Transactions, Transaction{ID: known(t.ID), Parent: t.Parent})
	}
	return g, missing
}

// MarshalJSON writes the value with its type.
func (p planValue) MarshalJSON() ([]byte, error) {
	v := &p.v
	tagged := func(tag string, x any) ([]byte, error) { return json.Marshal(map[string]any{tag: x}) }
	switch v.State {
	case StateMap:
		m := make(map[string]planValue, len(v.Entries))
		for i := range v.Entries {
			m[v.Entries[i].Key] = planValue{v.Entries[i].Value}
		}
		return tagged("map", m)
	case StateList:
		items := make([]planValue, len(v.Items))
		for i := range v.Items {
			items[i] = planValue{v.Items[i]}
		}
		return tagged("list", items)
	case StateInput:
		in := planInput{Name: v.Input.Name}
		if v.Input.Default != nil {
			in.Default = &planValue{*v.Input.Default}
		}
		return tagged("input", in)
	case StateKnown:
		return scalarJSON(v.V, tagged)
	}
	raw, err := model.Convert(model.Type{Kind: model.KindJSON}, v.Any)
	if err != nil {
		return nil, err
	}
	return scalarJSON(raw, tagged)
}

type planInput struct {
	Name    string     `json:"name"`
	Default *planValue `json:"default,omitempty"`
}

func scalarJSON(v any, tagged func(string, any) ([]byte, error)) ([]byte, error) {
	switch x := v.(type) {
	case nil, bool:
		return json.Marshal(x)
	case string:
		if string([]rune(x)) == x { // valid UTF-8, which JSON keeps
			return json.Marshal(x)
		}
		return tagged("text", base64.StdEncoding.EncodeToString([]byte(x)))
	case int64:
		return tagged("int", strconv.FormatInt(x, 10))
	case uint64:
		return tagged("uint", strconv.FormatUint(x, 10))
	case float64:
		return tagged("float", strconv.FormatFloat(x, 'g', -1, 64))
	case []byte:
		return tagged("bytes", base64.StdEncoding.EncodeToString(x))
	case time.Time:
		return tagged("time", x.UTC().Format(time.RFC3339Nano))
	case uuid.UUID:
		return tagged("uuid", x.String())
	case decimal.Decimal:
		return tagged("decimal", x.String())
	case json.RawMessage:
		return tagged("json", string(x))
	}
	return nil, fmt.Errorf("a %T has no form in a plan", v)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (p *planValue) UnmarshalJSON(data []byte) error {
	v, err := readPlanValue(data, 0)
	if err == nil {
		p.v = v
	}
	return err
}

func readPlanValue(data []byte, depth int) (Value, error) {
	if depth > maxPlanDepth {
		return Value{}, fmt.Errorf("params nest deeper than %d", maxPlanDepth)
	}
	data = bytes.TrimSpace(data)
	if len(data) == 0 || data[0] != '{' {
		var v any
		if err := json.Unmarshal(data, &v); err != nil {
			return Value{}, err
		}
		switch v.(type) {
		case nil, bool, string:
			return ValueOf(v), nil
		}
		return Value{}, fmt.Errorf("%.40s is no value of a plan", data)
	}
	var tagged map[string]json.RawMessage
	if err := json.Unmarshal(data, &tagged); err != nil {
		return Value{}, err
	}
	if len(tagged) != 1 {
		return Value{}, fmt.Errorf("a value has one type, and %.40s has %d", data, len(tagged))
	}
	for tag, raw := range tagged {
		switch tag {
		case "map":
			return readPlanMap(raw, depth)
		case "list":
			return readPlanList(raw, depth)
		case "input":
			return readPlanInput(raw, depth)
		}
		var text string
		if err := json.Unmarshal(raw, &text); err != nil {
			return Value{}, err
		}
		v, err := readPlanScalar(tag, text)
		if err != nil {
			return Value{}, err
		}
		return ValueOf(v), nil
	}
	return Value{}, nil
}

func readPlanMap(raw json.RawMessage, depth int) (Value, error) {
	var m map[string]json.RawMessage
	if err := json.Unmarshal(raw, &m); err != nil {
		return Value{}, err
	}
	out := ValueOf(map[string]any{})
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		v, err := readPlanValue(m[key], depth+1)
		if err != nil {
			return Value{}, err
		}
		out.Entries = append(out.Entries, Entry{Key: key, Value: v})
	}
	return out, nil
}

func readPlanList(raw json.RawMessage, depth int) (Value, error) {
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		return Value{}, err
	}
	out := ValueOf([]any{})
	out.Any = nil // the items are what counts
	for _, item := range items {
		v, err := readPlanValue(item, depth+1)
		if err != nil {
			return Value{}, err
		}
		out.Items = append(out.Items, v)
	}
	return out, nil
}

func readPlanInput(raw json.RawMessage, depth int) (Value, error) {
	var in struct {
		Name    string          `json:"name"`
		Default json.RawMessage `json:"default"`
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil {
		return Value{}, err
	}
	out := ValueOf(NewInput(in.Name))
	if in.Default != nil {
		def, err := readPlanValue(in.Default, depth+1)
		if err != nil {
			return Value{}, err
		}
		out.Input.Default = &def
	}
	return out, nil
}

func readPlanScalar(tag, text string) (any, error) {
	switch tag {
	case "text":
		b, err := base64.StdEncoding.DecodeString(text)
		return string(b), err
	case "int":
		return strconv.ParseInt(text, 10, 64)
	case "uint":
		return strconv.ParseUint(text, 10, 64)
	case "float":
		return strconv.ParseFloat(text, 64)
	case "bytes":
		return base64.StdEncoding.DecodeString(text)
	case "time":
		return time.Parse(time.RFC3339Nano, text)
	case "uuid":
		return uuid.Parse(text)
	case "decimal":
		d, err := decimal.NewFromString(text)
		if err == nil && (d.Exponent() > maxPlanExponent || d.Exponent() < -maxPlanExponent) {
			err = fmt.Errorf("a decimal with the exponent %d", d.Exponent()) // written out it would fill the memory
		}
		return d, err
	case "json":
		if !json.Valid([]byte(text)) {
			return nil, errors.New("what is marked as JSON is none")
		}
		return json.RawMessage(text), nil
	}
	return nil, fmt.Errorf("%q is no type of a value in a plan", tag)
}
