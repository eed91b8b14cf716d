package lspmeta

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf16"
)

// rules are what the protocol asks of structures in words, beyond their types: what
// editors refuse, or take in a way of their own. Each is given a structure whose types
// are right.
var rules = map[string]func(map[string]any) []fault{
	"Range":             startsBeforeEnd,
	"DocumentSymbol":    all(within("selectionRange", "range"), named("name")),
	"CallHierarchyItem": all(within("selectionRange", "range"), named("name")),
	"LocationLink":      within("targetSelectionRange", "targetRange"),
	"SelectionRange":    withinParent,
	"FoldingRange":      foldsDown,
	"SemanticTokens":    wholeTokens,
	"TextDocumentEdit":  func(o map[string]any) []fault { return at(".edits", apart(o["edits"])) },
	"WorkspaceEdit":     changesApart,
	"CompletionItem":    all(named("label"), additionalApart),
	"SignatureHelp":     activeIsThere,

	"SignatureInformation": parametersInLabel,
	"SymbolInformation":    named("name"),
	"WorkspaceSymbol":      named("name"),
	"CodeAction":           named("title"),
	"Command":              named("title"),
	"Diagnostic":           named("message"),
}

func all(rules ...func(map[string]any) []fault) func(map[string]any) []fault {
	return func(o map[string]any) []fault {
		var faults []fault
		for _, rule := range rules {
			faults = append(faults, rule(o)...)
		}
		return faults
	}
}

// A place is a Position.
type place struct{ line, character int64 }

func (p place) compare(q place) int {
	return cmp.Or(cmp.Compare(p.line, q.line), cmp.Compare(p.character, q.character))
}

func number(v any) int64 {
	n, _ := v.(json.Number)
	i, _ := n.Int64() // 0 for what is no number
	return i
}

func member(v any, name string) any {
	o, _ := v.(map[string]any)
	return o[name]
}

func ends(rng any) (start, end place) {
	at := func(name string) place {
		p := member(rng, name)
		return place{number(member(p, "line")), number(member(p, "character"))}
	}
	return at("start"), at("end")
}

func startsBeforeEnd(o map[string]any) []fault {
	if start, end := ends(o); start.compare(end) > 0 {
		return wrong("%s ends before it starts", span(o))
	}
	return nil
}

// holds reports whether one range lies in another.
func holds(outer, inner any) bool {
	start, end := ends(outer)
	innerStart, innerEnd := ends(inner)
	return start.compare(innerStart) <= 0 && innerEnd.compare(end) <= 0
}

func within(inner, outer string) func(map[string]any) []fault {
	return func(o map[string]any) []fault {
		if holds(o[outer], o[inner]) {
			return nil
		}
		return at("."+inner, wrong("%s is not within the %s %s", span(o[inner]), outer, span(o[outer])))
	}
}

func span(rng any) string {
	start, end := ends(rng)
	return fmt.Sprintf("%d:%d-%d:%d", start.line, start.character, end.line, end.character)
}

func withinParent(o map[string]any) []fault {
	parent, given := o["parent"]
	if !given || holds(member(parent, "range"), o["range"]) {
		return nil
	}
	return at(".parent", wrong("%s does not hold %s", span(member(parent, "range")), span(o["range"])))
}

func foldsDown(o map[string]any) []fault {
	if number(o["startLine"]) > number(o["endLine"]) {
		return wrong("%s ends before it starts", text(o))
	}
	return nil
}

func wholeTokens(o map[string]any) []fault {
	if data, _ := o["data"].([]any); len(data)%5 != 0 {
		return at(".data", wrong("%d numbers are not five for each token", len(data)))
	}
	return nil
}

func named(name string) func(map[string]any) []fault {
	return func(o map[string]any) []fault {
		if s, isString := o[name].(string); isString && strings.TrimSpace(s) == "" {
			return at("."+name, wrong("%q shows nothing", s))
		}
		return nil
	}
}

// apart says which edits of a text overlap. Insertions at one place do not.
func apart(v any) []fault {
	edits, _ := v.([]any)
	edits = slices.Clone(edits)
	slices.SortStableFunc(edits, func(a, b any) int {
		start, end := ends(member(a, "range"))
		otherStart, otherEnd := ends(member(b, "range"))
		return cmp.Or(start.compare(otherStart), end.compare(otherEnd))
	})
	for i := 1; i < len(edits); i++ {
		last, next := member(edits[i-1], "range"), member(edits[i], "range")
		_, end := ends(last)
		if start, _ := ends(next); start.compare(end) < 0 {
			return wrong("the edits of %s and of %s overlap", span(last), span(next))
		}
	}
	return nil
}

func changesApart(o map[string]any) []fault {
	changes, _ := o["changes"].(map[string]any)
	var faults []fault
	for _, uri := range slices.Sorted(maps.Keys(changes)) {
		faults = append(faults, at(fmt.Sprintf(".changes[%q]", uri), apart(changes[uri]))...)
	}
	return faults
}

// additionalApart holds the further edits of a completion apart from its own.
func additionalApart(o map[string]any) []fault {
	more, _ := o["additionalTextEdits"].([]any)
	if own := o["textEdit"]; member(own, "range") != nil {
		more = append(slices.Clip(more), own)
	}
	return at(".additionalTextEdits", apart(more))
}

func activeIsThere(o map[string]any) []fault {
	signatures, _ := o["signatures"].([]any)
	if active := number(o["activeSignature"]); len(signatures) > 0 && active >= int64(len(signatures)) {
		return at(".activeSignature", wrong("%d of %d signatures", active, len(signatures)))
	}
	return nil
}

// parametersInLabel wants each parameter to be a part of its signature.
func parametersInLabel(o map[string]any) []fault {
	label, _ := o["label"].(string)
	parameters, _ := o["parameters"].([]any)
	var faults []fault
	for i, p := range parameters {
		good := true
		switch part := member(p, "label").(type) {
		case string:
			good = strings.Contains(label, part)
		case []any:
			from, to := number(part[0]), number(part[1])
			good = from <= to && to <= int64(len(utf16.Encode([]rune(label))))
		}
		if !good {
			faults = append(faults, at(fmt.Sprintf(".parameters[%d].label", i), wrong("%s is not in %q", text(member(p, "label")), label))...)
		}
	}
	return faults
}
