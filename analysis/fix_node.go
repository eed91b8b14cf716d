package analysis

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"

	"github.com/dataflow-go/dataflow/errcatalog"
	"github.com/dataflow-go/dataflow/graph"
	"github.com/dataflow-go/dataflow/model"
)

// operationWords are how ids say what a node does.
var operationWords = map[string]model.Operation{
	"create": model.Create, "new": model.Create, "add": model.Create, "read": model.Read, "get": model.Read, "find": model.Read, "load": model.Read,
	"update": model.Update, "delete": model.Delete, "remove": model.Delete, "list": model.List, "count": model.Count, "upsert": model.Upsert, "save": model.Upsert,
}

// namedNode is the model and the operation that an id speaks of.
func namedNode(id string, models graph.Models) (*model.Model, model.Operation) {
	words := strings.Split(model.ColumnName(id), "_")
	for i, word := range words {
		op, ok := operationWords[word]
		if !ok || i != 0 && i != len(words)-1 {
			continue
		}
		rest := strings.Join(slices.Delete(slices.Clone(words), i, i+1), "_")
		for _, name := range models.Names() {
			if own := model.ColumnName(name); rest == own || rest == model.TableName(name) && (op == model.List || op == model.Count) {
				return models.Model(name), op
			}
		}
	}
	return nil, ""
}

// needed are the entries that a new node cannot do without, but for those that
// connections feed.
func (v *valuer) needed(m *model.Model, op model.Operation, fed []string) []string {
	var entries []string
	for _, p := range model.ContractOf(m, op).Params {
		isKey := (op == model.Read || op == model.Delete) && p.Field != nil && !slices.ContainsFunc(fed, func(f string) bool { return strings.HasPrefix(f, "filter") })
		covered := slices.ContainsFunc(fed, func(f string) bool { return f == p.Name || strings.HasPrefix(f, p.Name+".") })
		if (p.Required || isKey) && !covered {
			entries = append(entries, strconv.Quote(p.Name)+": "+v.value(p))
		}
	}
	return entries
}

// restructure puts the parameters of a DF-107 into the right shape.
func (s *site) restructure() []errcatalog.Fix {
	if s.f.Code != errcatalog.DF107 || s.model == nil {
		return nil
	}
	lit, _ := s.literal("")
	if lit == nil || len(lit.Elts) == 0 || s.holdsComment(lit) {
		return nil
	}
	update := strings.HasSuffix(s.f.Node.Type.S, string(model.Update)+"Node")
	var entries []string
	var ok bool
	if update {
		entries, ok = s.asUpdate(lit)
	} else {
		entries, ok = s.asCreate(lit)
	}
	if !ok {
		return nil
	}
	start := s.args.offset(lit.Lbrace)
	indent := indentation(s.args.src, start)
	text := "{\n" + indent + "\t" + strings.Join(entries, ",\n"+indent+"\t") + ",\n" + indent + "}"
	title := "Put the columns into filter and fields"
	if !update {
		title = "Give the columns flat"
	}
	return []errcatalog.Fix{s.fix(s.args, title, true, splice{start, s.args.offset(lit.End()), text})}
}

// asUpdate sorts flat columns into filter and fields.
func (s *site) asUpdate(lit *ast.CompositeLit) (entries []string, ok bool) {
	contract := model.ContractOf(s.model, model.Update)
	v := &valuer{s: s, mapType: s.mapType(lit)}
	var filter, fields, rest []string
	for _, el := range lit.Elts {
		key, value, known := keyed(el)
		if !known {
			return nil, false
		}
		f := s.model.FieldByColumn(key)
		switch {
		case key == "filter" || key == "fields":
			inner, isLit := ast.Unparen(value).(*ast.CompositeLit)
			if !isLit {
				return nil, false
			}
			into := &filter
			if key == "fields" {
				into = &fields
			}
			for _, el := range inner.Elts {
				*into = append(*into, s.args.text(el))
			}
		case contract.Param(key) != nil:
			rest = append(rest, s.args.text(el))
		case f == nil:
			return nil, false
		case f.Primary:
			filter = append(filter, s.args.text(el))
		case f.Settable():
			fields = append(fields, s.args.text(el))
		}
	}
	if len(filter) == 0 {
		for _, column := range s.model.PrimaryKey() {
			filter = append(filter, strconv.Quote(column)+": "+v.column(s.model.FieldByColumn(column)))
		}
	}
	if len(fields) == 0 {
		return nil, false
	}
	return append([]string{
		`"filter": ` + v.mapType + "{" + strings.Join(filter, ", ") + "}",
		`"fields": ` + v.mapType + "{" + strings.Join(fields, ", ") + "}",
	}, rest...), true
}

// asCreate flattens filter and fields.
func (s *site) asCreate(lit *ast.CompositeLit) (entries []string, ok bool) {
	seen := map[string]bool{}
	add := func(el ast.Expr) bool {
		key, _, known := keyed(el)
		f := s.model.FieldByColumn(key)
		if !known {
			return false
		}
		if f != nil && f.Settable() && !seen[key] {
			seen[key] = true
			entries = append(entries, s.args.text(el))
		}
		return true
	}
	for _, el := range lit.Elts {
		key, value, known := keyed(el)
		if !known {
			return nil, false
		}
		inner, isLit := ast.Unparen(value).(*ast.CompositeLit)
		if s.model.FieldByColumn(key) != nil || !isLit {
			if !add(el) {
				return nil, false
			}
			continue
		}
		for _, el := range inner.Elts {
			if !add(el) {
				return nil, false
			}
		}
	}
	return entries, len(entries) > 0
}

// keyed is an element of a literal whose key is written out.
func keyed(el ast.Expr) (key string, value ast.Expr, ok bool) {
	kv, isKeyed := el.(*ast.KeyValueExpr)
	if !isKeyed {
		return "", nil, false
	}
	b, isLit := ast.Unparen(kv.Key).(*ast.BasicLit)
	if !isLit || b.Kind != token.STRING {
		return "", nil, false
	}
	key, err := strconv.Unquote(b.Value)
	return key, kv.Value, err == nil
}

// holdsComment reports whether a comment stands inside n: rewriting would lose it.
func (s *site) holdsComment(n ast.Node) bool {
	return slices.ContainsFunc(s.args.ast.Comments, func(g *ast.CommentGroup) bool { return n.Pos() <= g.Pos() && g.Pos() < n.End() })
}

// otherOperation offers the operation that does what was asked for.
func (s *site) otherOperation() []errcatalog.Fix {
	switch s.f.Code {
	case errcatalog.DF704:
		return s.retype(model.BulkUpdate, nil)
	case errcatalog.DF705:
		if filter, _ := s.literal("filter"); filter == nil || len(filter.Elts) == 0 {
			return nil // it would delete everything
		}
		return s.retype(model.BulkDelete, nil)
	case errcatalog.DF508, errcatalog.DF714:
		return s.retype(model.Count, []string{"fields", "order_by", "limit", "offset", "cursor", "with_total"})
	}
	return nil
}

// retype changes the operation of the node at fault, and drops parameters that the
// other one does not have. It is nil where more would have to change.
func (s *site) retype(op model.Operation, drop []string) []errcatalog.Fix {
	n := s.f.Node
	if n == nil || s.model == nil || s.call == nil || len(s.call.Args) == 0 {
		return nil
	}
	contract := model.ContractOf(s.model, op)
	outputs, ok := s.readFrom(n)
	for _, output := range outputs {
		first, _, _ := strings.Cut(output, ".")
		ok = ok && contract.Output(first) != nil
	}
	for _, input := range s.fedBy(n.ID.S) {
		first, _, _ := strings.Cut(input, ".")
		ok = ok && (first == graph.Trigger || contract.Param(first) != nil)
	}
	lit, whole := s.literal("")
	if !ok || lit == nil && (whole == nil || !isNil(whole)) {
		return nil
	}
	start, end, ok := quotedIn(s.args, s.args.inner(s.call.Args[0]))
	if !ok {
		return nil
	}
	to := model.NodeType(s.model.Name, op)
	splices := []splice{{start, end, to}}
	if lit != nil {
		for _, el := range lit.Elts {
			key, _, known := keyed(el)
			switch {
			case !known:
				return nil
			case slices.Contains(drop, key):
				splices = append(splices, s.removal(lit, element(lit, key)))
			case contract.Param(key) == nil:
				return nil
			}
		}
	}
	return []errcatalog.Fix{s.fix(s.args, "Change to "+to, s.f.Code == errcatalog.DF714, splices...)}
}

// pages makes a List that asks for too much yield pages.
func (s *site) pages() []errcatalog.Fix {
	if s.f.Code != errcatalog.DF508 {
		return nil
	}
	lit, _ := s.literal("")
	_, limit := s.literal("limit")
	if lit == nil || limit == nil || !isLiteral(limit) || element(lit, "offset") != nil {
		return nil
	}
	splices := []splice{{s.args.offset(limit.Pos()), s.args.offset(limit.End()), "1000"}}
	if element(lit, "cursor") == nil && !slices.Contains(s.fedBy(s.f.Node.ID.S), "cursor") {
		pkg, ok := strings.CutSuffix(s.mapType(nil), "Params")
		if !ok {
			return nil
		}
		splices = append(splices, s.insert(lit, []string{`"cursor": ` + pkg + `Input("cursor").Default(nil)`})...)
	}
	return []errcatalog.Fix{s.fix(s.args, "Read pages with a cursor", false, splices...)}
}

// confirm lets a BulkDelete delete everything.
func (s *site) confirm() []errcatalog.Fix {
	if s.f.Code != errcatalog.DF713 {
		return nil
	}
	lit, whole := s.literal("")
	var splices []splice
	switch {
	case lit == nil && (whole == nil || !isNil(whole)):
		return nil
	case lit == nil:
		splices = []splice{{s.args.offset(whole.Pos()), s.args.offset(whole.End()), s.mapType(nil) + `{"confirm": true}`}}
	case element(lit, "confirm") != nil:
		value := element(lit, "confirm").value
		if !isLiteral(value) {
			return nil
		}
		splices = []splice{{s.args.offset(value.Pos()), s.args.offset(value.End()), "true"}}
	default:
		splices = s.insert(lit, []string{`"confirm": true`})
	}
	// Not the preferred one: what is deleted by a slip does not come back.
	return []errcatalog.Fix{s.fix(s.args, "Confirm that all are deleted", false, splices...)}
}

// addKey pins the primary key in the filter of an Update.
func (s *site) addKey() []errcatalog.Fix {
	if s.f.Code != errcatalog.DF704 || s.model == nil {
		return nil
	}
	lit, _ := s.literal("filter")
	if lit == nil {
		return nil
	}
	v := &valuer{s: s, mapType: s.mapType(lit)}
	var entries, names []string
	for _, column := range s.model.PrimaryKey() {
		if element(lit, column) == nil {
			entries = append(entries, strconv.Quote(column)+": "+v.column(s.model.FieldByColumn(column)))
			names = append(names, strconv.Quote(column))
		}
	}
	if len(entries) == 0 {
		return nil
	}
	return []errcatalog.Fix{s.fix(s.args, "Add "+strings.Join(names, ", ")+" to the filter", false, append(s.insert(lit, entries), v.imports...)...)}
}

// conflictKeys offers the model's keys for conflict_on, and to make a key of the
// column that is there.
func (s *site) conflictKeys() []errcatalog.Fix {
	if s.f.Code != errcatalog.DF709 && s.f.Code != errcatalog.DF706 || s.model == nil {
		return nil
	}
	var fixes []errcatalog.Fix
	lit, _ := s.literal("")
	_, given := s.literal("conflict_on")
	where, _ := s.literal("where")
	for _, key := range s.model.Keys {
		list := "[]string{" + quotedList(key.Columns) + "}"
		title := "Match on " + strings.Join(key.Columns, "+")
		switch {
		case given != nil && isLiteral(given):
			fixes = append(fixes, s.fix(s.args, title, false, splice{s.args.offset(given.Pos()), s.args.offset(given.End()), list}))
		case given == nil && lit != nil && where != nil && !slices.ContainsFunc(key.Columns, func(c string) bool { return element(where, c) == nil }):
			fixes = append(fixes, s.fix(s.args, title, true, s.insert(lit, []string{`"conflict_on": ` + list})...))
		}
	}
	if s.f.Code == errcatalog.DF709 && !strings.Contains(s.f.Details.Value, "+") {
		fixes = append(fixes, s.tagUnique(s.f.Details.Column)...)
	}
	return fixes
}

func quotedList(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = strconv.Quote(name)
	}
	return strings.Join(quoted, ", ")
}

// tagUnique makes a column unique in its model, which may stand in another file.
func (s *site) tagUnique(column string) []errcatalog.Fix {
	f := s.model.FieldByColumn(column)
	if f == nil || !f.Pos.IsValid() || f.Type.Array || f.Type.Kind == model.KindJSON {
		return nil
	}
	file := s.w.file(f.Pos.Filename)
	if file == nil {
		return nil
	}
	field := fieldAt(file, f.Pos.Offset)
	if field == nil || len(field.Names) != 1 {
		return nil
	}
	sp, ok := tagOption(file, field, "unique")
	if !ok {
		return nil
	}
	return []errcatalog.Fix{s.fix(file, fmt.Sprintf("Make %s.%s unique", s.model.Name, f.Name), false, sp)}
}

// fieldAt is the struct field whose name stands at an offset.
func fieldAt(file *source, offset int) *ast.Field {
	var found *ast.Field
	ast.Inspect(file.ast, func(n ast.Node) bool {
		if f, ok := n.(*ast.Field); ok && slices.ContainsFunc(f.Names, func(id *ast.Ident) bool { return file.offset(id.Pos()) == offset }) {
			found = f
		}
		return found == nil
	})
	return found
}

// tagOption adds an option to a field's df tag.
func tagOption(file *source, field *ast.Field, option string) (splice, bool) {
	if field.Tag == nil {
		at := file.offset(field.Type.End())
		return splice{at, at, " `df:\"," + option + "\"`"}, true
	}
	start, end := file.offset(field.Tag.Pos()), file.offset(field.Tag.End())
	text := file.src[start:end]
	if len(text) < 2 || text[0] != '`' {
		return splice{}, false
	}
	i := bytes.Index(text, []byte(`df:"`))
	if i < 0 {
		return splice{start + 1, start + 1, `df:",` + option + `" `}, true
	}
	from := i + len(`df:"`)
	n := bytes.IndexByte(text[from:], '"')
	if n < 0 {
		return splice{}, false
	}
	if !bytes.ContainsRune(text[from:from+n], ',') {
		option = "," + option
	} else if n > 0 && text[from+n-1] != ',' {
		option = "," + option
	}
	return splice{start + from + n, start + from + n, option}, true
}
