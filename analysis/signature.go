package analysis

import (
	"slices"
	"strings"

	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/model"
)

// A Signature is what a builder call takes, told for the node that it is about.
type Signature struct {
	Label      string
	Doc        string
	Parameters []SignaturePart
	Active     int // the part at the cursor; -1 where it is none
	// Contract is that of the node type; nil for a connection.
	Contract *model.Contract
}

// A SignaturePart is one part of the label.
type SignaturePart struct {
	Start, End int // bytes of the label
	Doc        string
}

// SignatureAt tells what the builder call around a byte offset of a source takes; nil
// where there is none, or where its node type is not known: then the Go signature says
// all there is.
func (p *Package) SignatureAt(file, src string, offset int, models []*model.Model) *Signature {
	x := &completer{p: p, file: file, src: src, offset: offset, c: CursorAt(src, offset), models: graph.NewModelSet(models...)}
	if x.pkgName = dataflowName(src); x.pkgName == "" {
		return nil
	}
	switch x.c.Call {
	case "AddNode":
		return x.nodeSignature()
	case "AddConnection":
		return x.connectionSignature()
	}
	return nil
}

// part adds a part to the label.
func (s *Signature) part(text, doc string) {
	s.Parameters = append(s.Parameters, SignaturePart{len(s.Label), len(s.Label) + len(text), doc})
	s.Label += text
}

// nodeSignature is `AddNode("UserCreateNode", id, {email: string, name?: string})`.
func (x *completer) nodeSignature() *Signature {
	typed := ""
	switch {
	case len(x.c.Args) > 0:
		typed = x.c.Args[0].Text
	case x.c.InString:
		typed = x.src[x.c.Start:x.c.End]
	}
	c := graph.Resolve(typed, x.models)
	if c == nil {
		return nil
	}
	s := &Signature{Active: min(len(x.c.Args), 1), Contract: c}
	s.Label = "AddNode("
	s.part(`"`+c.NodeType+`"`, "the node's type")
	s.Label += ", "
	s.part("id", "by which connections and results name the node")
	s.Label += ", {"
	for i := range c.Params {
		p := &c.Params[i]
		if p.NoUse != "" {
			continue
		}
		if len(s.Parameters) > 2 {
			s.Label += ", "
		}
		text := p.Name
		if !p.Required {
			text += "?"
		}
		if len(x.c.Args) == 2 && slices.Equal(x.c.Path[:min(1, len(x.c.Path))], []string{p.Name}) {
			s.Active = len(s.Parameters)
		}
		s.part(text+": "+p.TypeString(), p.Doc)
	}
	s.Label += "})"
	if len(x.c.Args) == 2 && s.Active < 2 {
		s.Active = x.nextRequired(c)
	}
	return s
}

// nextRequired is the part of the first required parameter that is not given yet.
func (x *completer) nextRequired(c *model.Contract) int {
	part := 1
	for i := range c.Params {
		p := &c.Params[i]
		if p.NoUse != "" {
			continue
		}
		part++
		if p.Required && !slices.Contains(x.c.Given, p.Name) && (!x.c.InString || len(x.c.Path) == 0) {
			return part
		}
	}
	return -1
}

// connectionSignature is `AddConnection(create, id, read, id)` with what each part can be.
func (x *completer) connectionSignature() *Signature {
	s := &Signature{Active: min(len(x.c.Args), 3)}
	var from, to *node
	if len(x.c.Args) > 0 {
		from = x.node(x.c.Args[0])
	}
	if len(x.c.Args) > 2 {
		to = x.node(x.c.Args[2])
	}
	if x.contract(from) == nil && len(x.nodes()) == 0 {
		return nil
	}
	s.Label = "AddConnection("
	s.part("from", "the node whose output is taken: "+idsOf(x.nodes()))
	s.Label += ", "
	s.part("output", partDoc("an output of the node", from, x.outputs(from, nil)))
	s.Label += ", "
	s.part("to", "the node that is fed: "+idsOf(x.nodes()))
	s.Label += ", "
	s.part("input", partDoc("a parameter of the node", to, x.inputs(to, nil)))
	s.Label += ")"
	return s
}

func idsOf(nodes []node) string {
	var ids []string
	for _, n := range nodes {
		ids = append(ids, n.id)
	}
	return strings.Join(ids, ", ")
}

func partDoc(what string, n *node, spots []place) string {
	if n == nil || len(spots) == 0 {
		return what
	}
	var all []string
	for _, s := range spots {
		text := s.name
		if s.typ.Kind != model.KindInvalid {
			text += " " + s.typ.String()
		}
		all = append(all, text)
	}
	return what + " " + n.id + " (" + n.typ + "): " + strings.Join(all, ", ")
}
