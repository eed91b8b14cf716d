package graph

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/model"
)

// The node types that belong to no model.
const (
	SwitchType    = "SwitchNode"
	MergeType     = "MergeNode"
	TransformType = "TransformNode"
)

var controlTypes = []string{SwitchType, MergeType, TransformType}

// IsControl reports whether a node type is a control node's: Switch, Merge,
// Transform or Func.
func IsControl(nodeType string) bool {
	switch nodeType {
	case SwitchType, MergeType, TransformType, FuncType:
		return true
	}
	return false
}

// Resolve finds the contract of a node type: the model's, or a control node's.
// It returns nil for a type that names no known model.
func Resolve(nodeType string, models Models) *model.Contract {
	if IsControl(nodeType) {
		return controlContract(nodeType)
	}
	if models == nil {
		return nil
	}
	for _, name := range model.ParseNodeType(nodeType) {
		if m := models.Model(name.Model); m != nil {
			if kept, ok := models.(keeper); ok {
				return kept.Contract(m, name.Operation)
			}
			return model.ContractOf(m, name.Operation)
		}
	}
	return nil
}

// A keeper is a Models that keeps the contracts of its models: who checks hundreds of
// graphs asks for few of them, over and over. Nobody changes a contract.
type keeper interface {
	Contract(m *model.Model, op model.Operation) *model.Contract
}

func controlContract(nodeType string) *model.Contract {
	text := model.Type{Kind: model.KindString}
	value := model.Type{Kind: model.KindAny}
	c := &model.Contract{NodeType: nodeType, OpenInputs: true}
	switch nodeType {
	case SwitchType:
		c.Params = []model.Param{
			{Name: "condition", Type: text, Doc: "An expression over the inputs: true takes true_output, false takes false_output."},
			{Name: "cases", Type: model.Type{Kind: model.KindJSON}, Doc: "Or named conditions, tried in order; default is taken when none holds."},
		}
		c.OpenOutputs = true // checker.outputsOf knows better
	case MergeType:
		c.Params = []model.Param{{Name: "mode", Type: text, Default: `"first"`, Enum: []string{"first", "all"}, Doc: "Whether to yield the first branch that ran, or all by input name."}}
		c.Outputs = []model.Param{
			{Name: "value", Type: value, Doc: "The value of the first branch that ran (mode first)."},
			{Name: "values", Type: value, Doc: "The values of all branches by input name (mode all)."},
		}
	case TransformType:
		c.Params = []model.Param{{Name: "expression", Type: text, Required: true, Doc: "An expression over the inputs."}}
		c.Outputs = []model.Param{{Name: "result", Type: value, Doc: "The value of the expression."}}
	case FuncType:
		c.OpenOutputs = true
	}
	return c
}

// contract resolves a node's contract once.
func (c *checker) contract(n *Node) *model.Contract {
	ct, ok := c.contracts[n]
	if !ok {
		if n.Type.Known {
			ct = Resolve(n.Type.S, c.models)
		}
		c.contracts[n] = ct
	}
	return ct
}

// checkNodeType reports DF-701 and DF-711.
func (c *checker) checkNodeType(n *Node) {
	if !n.Type.Known || c.contract(n) != nil {
		return
	}
	readings := model.ParseNodeType(n.Type.S)
	// A name that no model could have is wrong whatever models there are.
	if len(readings) > 0 && (c.models == nil || !c.models.Closed()) {
		return
	}
	if a, ok := c.models.(interface{ Ambiguous(name string) bool }); ok {
		for _, r := range readings {
			if a.Ambiguous(r.Model) {
				return
			}
		}
	}
	var names []string
	if c.models != nil {
		names = c.models.Names()
	}
	f := Finding{Node: n, Finding: errcatalog.Finding{Code: errcatalog.DF701, Span: n.Type.Span}}
	f.Details = errcatalog.Details{Node: n.ID.S, NodeType: n.Type.S}
	if m, op := knownModel(n.Type.S, names); m != "" {
		ops := make([]string, len(model.Operations))
		for i, o := range model.Operations {
			ops[i] = model.NodeType(m, o)
		}
		f.Code = errcatalog.DF711
		f.Message = fmt.Sprintf("%s has no operation %q", m, op)
		f.Details.Model, f.Details.Operation = m, op
		f.Details.Suggestion, f.Details.Allowed = nearestOperation(m, op), ops
	} else {
		f.Message = fmt.Sprintf("no model has the node type %q", n.Type.S)
		all := allNodeTypes(names)
		if f.Details.Suggestion = errcatalog.Nearest(n.Type.S, all); slices.Contains(all, n.Type.S+"Node") {
			f.Details.Suggestion = n.Type.S + "Node"
		}
		f.Details.Allowed = head(errcatalog.SortNearest(n.Type.S, all), 11)
	}
	if s := f.Details.Suggestion; s != "" {
		f.Message += fmt.Sprintf("; did you mean %q?", s)
		mended := *n
		mended.Type = Text{S: s, Known: true}
		f.Details.Mended = NodeSource(&mended)
	}
	c.emitAt(f, n.Call)
}

// knownModel splits a node type that names a known model with an operation that
// does not exist: "UserDestroyNode" is User and Destroy.
func knownModel(nodeType string, names []string) (m, op string) {
	rest, ok := strings.CutSuffix(nodeType, "Node")
	if !ok {
		return "", ""
	}
	for _, name := range names {
		after, ok := strings.CutPrefix(rest, name)
		if ok && len(name) > len(m) && after != "" && unicode.IsUpper(rune(after[0])) {
			m, op = name, after
		}
	}
	return m, op
}

// slips are operations of other systems, and what they are called here.
var slips = map[string]model.Operation{
	"Get": model.Read, "Find": model.Read, "Fetch": model.Read, "Insert": model.Create, "Add": model.Create, "New": model.Create,
	"Destroy": model.Delete, "Remove": model.Delete, "Query": model.List, "Search": model.List, "FindMany": model.List, "All": model.List,
	"Patch": model.Update, "Edit": model.Update, "Set": model.Update, "Save": model.Upsert, "Merge": model.Upsert,
	"BulkInsert": model.BulkCreate, "CreateMany": model.BulkCreate, "UpdateMany": model.BulkUpdate, "DeleteMany": model.BulkDelete, "UpsertMany": model.BulkUpsert,
}

func nearestOperation(m, op string) string {
	if known, ok := slips[op]; ok {
		return model.NodeType(m, known)
	}
	ops := make([]string, len(model.Operations))
	for i, o := range model.Operations {
		ops[i] = string(o)
	}
	if near := errcatalog.Nearest(op, ops); near != "" {
		return model.NodeType(m, model.Operation(near))
	}
	return ""
}

func allNodeTypes(names []string) []string {
	all := make([]string, 0, len(names)*len(model.Operations)+len(controlTypes))
	for _, name := range names {
		for _, op := range model.Operations {
			all = append(all, model.NodeType(name, op))
		}
	}
	return append(all, controlTypes...)
}

func head[T any](list []T, n int) []T { return list[:min(len(list), n)] }
