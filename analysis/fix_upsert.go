package analysis

import (
	"go/ast"
	"slices"
	"strconv"
	"strings"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/model"
)

// intoUpsert makes one Upsert of what reads, a switch, a Create and an Update: the first
// becomes it, the others go with their connections. All that they are given has to
// be written out.
func (s *site) intoUpsert() []errcatalog.Fix {
	if s.f.Code != errcatalog.DF715 || s.model == nil || s.call == nil || len(s.call.Args) < 3 || len(s.f.Related) != 3 {
		return nil
	}
	var gone []*op
	ids := []string{s.f.Node.ID.S}
	for _, r := range s.f.Related {
		o := s.opAt(r.Span)
		if o == nil || o.node == nil || o.file != s.args {
			return nil
		}
		gone = append(gone, o)
		ids = append(ids, o.node.ID.S)
	}
	for i := range s.draft.ops {
		if o := &s.draft.ops[i]; o.conn != nil && slices.Contains(ids, o.conn.From.S) {
			if o.file != s.args {
				return nil
			}
			gone = append(gone, o)
		}
	}
	where, ok := s.keyEntries()
	create := s.entriesOf(gone[1].call, "")
	fields := s.entriesOf(gone[2].call, "fields")
	start, end, quoted := quotedIn(s.args, s.args.inner(s.call.Args[0]))
	if !ok || create == nil || fields == nil || !quoted {
		return nil
	}
	var rest []string
	for _, el := range create {
		if key, _, known := keyed(el); !known {
			return nil
		} else if !slices.ContainsFunc(where, func(w string) bool { return strings.HasPrefix(w, strconv.Quote(key)+":") }) {
			rest = append(rest, s.args.text(el))
		}
	}
	var update []string
	for _, el := range fields {
		update = append(update, s.args.text(el))
	}
	if len(rest) == 0 {
		return nil
	}
	mapType := s.mapType(nil)
	params := s.call.Args[2]
	entry := func(name string, entries []string) string {
		return strconv.Quote(name) + ": " + mapType + "{" + strings.Join(entries, ", ") + "}"
	}
	text := mapType + s.braces([]string{entry("where", where), entry("create", rest), entry("update", update)}, s.args.offset(params.Pos()))
	splices := []splice{
		{start, end, model.NodeType(s.model.Name, model.Upsert)},
		{s.args.offset(params.Pos()), s.args.offset(params.End()), text},
	}
	for _, o := range gone {
		sp, ok := callRemoval(o.file, o.call)
		if !ok {
			return nil
		}
		splices = append(splices, sp)
	}
	return []errcatalog.Fix{s.fix(s.args, "Change to "+model.NodeType(s.model.Name, model.Upsert), false, splices...)}
}

// keyEntries are the equalities by which a Read finds its record, as source.
func (s *site) keyEntries() (entries []string, ok bool) {
	lit, _ := s.literal("")
	if lit == nil || s.holdsComment(lit) {
		return nil, false
	}
	for _, el := range lit.Elts {
		key, value, known := keyed(el)
		switch f := s.model.FieldByColumn(key); {
		case !known:
			return nil, false
		case key == "raise_on_not_found", key == "limit":
		case key == "filter":
			inner, isLit := ast.Unparen(value).(*ast.CompositeLit)
			if !isLit {
				return nil, false
			}
			for _, el := range inner.Elts {
				column, value, known := keyed(el)
				if _, nested := ast.Unparen(value).(*ast.CompositeLit); !known || nested || s.model.FieldByColumn(column) == nil {
					return nil, false
				}
				entries = append(entries, s.args.text(el))
			}
		case f != nil && f.Primary:
			entries = append(entries, s.args.text(el))
		default:
			return nil, false
		}
	}
	return entries, len(entries) > 0
}

// entriesOf are the elements of a node's literal, or of the one at a key of it; nil
// where it is not written out, or holds a comment.
func (s *site) entriesOf(call *ast.CallExpr, key string) []ast.Expr {
	if len(call.Args) < 3 {
		return nil
	}
	lit, _ := ast.Unparen(call.Args[2]).(*ast.CompositeLit)
	if lit == nil || s.holdsComment(lit) {
		return nil
	}
	if key != "" {
		el := element(lit, key)
		if el == nil {
			return nil
		}
		if lit, _ = ast.Unparen(el.value).(*ast.CompositeLit); lit == nil {
			return nil
		}
	}
	return lit.Elts
}
