package lsp

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"go.lsp.dev/protocol"

	"github.com/dataflow-go/dataflow/analysis"
	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/model"
)

var completionFeature = feature{
	name: "Completion",
	says: "node types with a snippet of what they require, ids, outputs and inputs that fit, parameters, filter fields and operators, columns, values, paths, tag options, codes",
	calls: map[string]call{
		protocol.MethodTextDocumentCompletion: answer(completion),
		protocol.MethodCompletionItemResolve:  answer(resolveCompletion),
	},
	offer: func(_ *server, c *protocol.ServerCapabilities) {
		c.CompletionProvider = &protocol.CompletionOptions{TriggerCharacters: []string{`"`, ".", "$", ":", "-", ","}, ResolveProvider: new(true)}
	},
}

var signatureHelpFeature = feature{
	name:  "Signature Help",
	says:  "the contract of the node in `AddNode`, the outputs and inputs in `AddConnection`, with the part at the cursor",
	calls: map[string]call{protocol.MethodTextDocumentSignatureHelp: answer(signatureHelp)},
	offer: func(_ *server, c *protocol.ServerCapabilities) {
		c.SignatureHelpProvider = &protocol.SignatureHelpOptions{TriggerCharacters: []string{"(", ",", `"`, ":"}, RetriggerCharacters: []string{")"}}
	},
}

// maxCandidates bounds an answer: the client asks again once more is typed.
const maxCandidates = 400

// completionKinds are what an editor shows for what is completed.
var completionKinds = map[analysis.CandidateKind]protocol.CompletionItemKind{
	analysis.CandidateNodeType: protocol.CompletionItemKindClass,
	analysis.CandidateNodeID:   protocol.CompletionItemKindReference,
	analysis.CandidateOutput:   protocol.CompletionItemKindField,
	analysis.CandidateInput:    protocol.CompletionItemKindField,
	analysis.CandidateParam:    protocol.CompletionItemKindProperty,
	analysis.CandidateColumn:   protocol.CompletionItemKindField,
	analysis.CandidateOperator: protocol.CompletionItemKindOperator,
	analysis.CandidateValue:    protocol.CompletionItemKindEnumMember,
	analysis.CandidateOption:   protocol.CompletionItemKindKeyword,
	analysis.CandidateCode:     protocol.CompletionItemKindConstant,
}

// completion is sent while the user types. The text is incomplete then, so it is read as
// it stands; what is known of the rest of the workspace is from the last check, for which
// nobody waits.
func completion(s *server, _ context.Context, snap *snapshot, p *protocol.CompletionParams) (*protocol.CompletionList, error) {
	doc := snap.at(p.TextDocument.URI)
	if doc == nil {
		return nil, nil
	}
	if isConfiguration(doc) {
		return s.completeConfiguration(doc, p.Position), nil
	}
	mod := s.modules.of(doc)
	if mod == nil {
		return nil, nil
	}
	pkg, models := mod.known(doc.file)
	found := pkg.Complete(doc.file, doc.Text(), doc.Offset(p.Position), models)
	if found == nil {
		return nil, nil
	}
	list := &protocol.CompletionList{Items: []protocol.CompletionItem{}}
	slices.SortStableFunc(found.Candidates, func(a, b analysis.Candidate) int { return a.Rank - b.Rank })
	if len(found.Candidates) > maxCandidates {
		typed := doc.Text()[found.Start:doc.Offset(p.Position)]
		found.Candidates = slices.DeleteFunc(found.Candidates, func(c analysis.Candidate) bool { return likeness(typed, c.Label, "") == 0 })
		list.IsIncomplete = true
	}
	for i, c := range found.Candidates[:min(len(found.Candidates), maxCandidates)] {
		list.Items = append(list.Items, s.completionItem(doc, found, &c, i))
	}
	return list, nil
}

// known is what the last check said of a file's package, which may be nil, and the models
// that its nodes may name.
func (mod *module) known(file string) (*analysis.Package, []*model.Model) {
	ws := mod.latest.Load()
	if ws == nil {
		return nil, nil
	}
	pkg := ws.Package(file)
	var models []*model.Model
	for _, p := range ws.Packages() {
		models = append(models, p.Models...)
	}
	if pkg != nil {
		for _, wf := range pkg.Workflows { // of modules that are not loaded
			models = append(models, wf.Models...)
		}
	}
	return pkg, models
}

func (s *server) completionItem(doc *document, in *analysis.Completion, c *analysis.Candidate, i int) protocol.CompletionItem {
	item := protocol.CompletionItem{
		Label: c.Label, Kind: completionKinds[c.Kind], SortText: protocol.NewOptional(fmt.Sprintf("%04d", i)),
	}
	if c.Detail != "" {
		item.Detail = protocol.NewOptional(c.Detail)
	}
	if c.Doc != "" {
		item.Documentation = protocol.String(c.Doc)
	}
	if c.Kind == analysis.CandidateNodeType {
		// Its contract is long: it is told once the user looks at the item.
		data, err := json.Marshal(completionData{URI: string(doc.uri), NodeType: c.Label})
		if err == nil {
			item.Data = data
		}
	}
	can := s.client.TextDocument.Completion.CompletionItem
	edit := &protocol.TextEdit{Range: doc.Range(in.Start, in.End), NewText: c.Label}
	if c.Rest != "" && can.SnippetSupport {
		edit.Range = doc.Range(in.Start, in.RestEnd)
		edit.NewText = c.Label + c.Rest
		item.InsertTextFormat = protocol.InsertTextFormatSnippet
		if slices.Contains(can.InsertTextModeSupport.ValueSet, protocol.InsertTextModeAdjustIndentation) {
			item.InsertTextMode = protocol.InsertTextModeAdjustIndentation
		}
		if c.Kind == analysis.CandidateOperator || c.Label[0] == '$' {
			edit.NewText = `\` + edit.NewText
		}
	}
	item.TextEdit = edit
	return item
}

// completionData is what resolve is told of an item.
type completionData struct {
	URI      string `json:"uri"`
	NodeType string `json:"nodeType"`
}

// resolveCompletion is sent when the user looks at an item.
func resolveCompletion(s *server, _ context.Context, snap *snapshot, p *protocol.CompletionItem) (*protocol.CompletionItem, error) {
	var data completionData
	if len(p.Data) == 0 {
		return p, nil
	}
	if err := json.Unmarshal(p.Data, &data); err != nil {
		return nil, err
	}
	doc := snap.ofFile(filePath(data.URI))
	if doc == nil {
		return p, nil
	}
	var models []*model.Model
	if mod := s.modules.of(doc); mod != nil {
		_, models = mod.known(doc.file)
	}
	if c := graph.Resolve(data.NodeType, graph.NewModelSet(models...)); c != nil {
		p.Documentation = s.markup(describeContract(c), s.client.TextDocument.Completion.CompletionItem.DocumentationFormat)
	}
	return p, nil
}

// markup is a text in Markdown as a client shows it, given the formats that it knows.
func (s *server) markup(text string, formats []protocol.MarkupKind) *protocol.MarkupContent {
	kind := protocol.MarkupKindMarkdown
	if !slices.Contains(formats, kind) {
		kind = protocol.MarkupKindPlainText
	}
	return &protocol.MarkupContent{Kind: kind, Value: text}
}

// signatureHelp is sent as the user types the arguments of a call.
func signatureHelp(s *server, _ context.Context, snap *snapshot, p *protocol.SignatureHelpParams) (*protocol.SignatureHelp, error) {
	doc := snap.at(p.TextDocument.URI)
	if doc == nil {
		return nil, nil
	}
	mod := s.modules.of(doc)
	if mod == nil {
		return nil, nil
	}
	pkg, models := mod.known(doc.file)
	sig := pkg.SignatureAt(doc.file, doc.Text(), doc.Offset(p.Position), models)
	if sig == nil {
		return nil, nil
	}
	can := s.client.TextDocument.SignatureHelp.SignatureInformation
	info := protocol.SignatureInformation{Label: sig.Label}
	if sig.Contract != nil {
		info.Documentation = s.markup(describeContract(sig.Contract), can.DocumentationFormat)
	}
	for _, part := range sig.Parameters {
		param := protocol.ParameterInformation{Label: protocol.String(sig.Label[part.Start:part.End])}
		if can.ParameterInformation.LabelOffsetSupport { // labels are ASCII but for names of the user's
			param.Label = protocol.ParameterInformationLabelTuple{uint32(utf16Len(sig.Label[:part.Start])), uint32(utf16Len(sig.Label[:part.End]))}
		}
		if part.Doc != "" {
			param.Documentation = protocol.String(part.Doc)
		}
		info.Parameters = append(info.Parameters, param)
	}
	help := &protocol.SignatureHelp{Signatures: []protocol.SignatureInformation{info}, ActiveSignature: new(uint32(0))}
	if sig.Active >= 0 {
		help.ActiveParameter = protocol.NewNullable(uint32(sig.Active))
	}
	return help, nil
}

// utf16Len is the length of a text in UTF-16 units, in which label offsets count.
func utf16Len(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r > 0xffff {
			n++
		}
	}
	return n
}
