package analysis

import (
	"bytes"
	"fmt"
	"go/ast"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// removable are the codes whose parameter may just as well go; true where that is
// the one right answer.
var removable = map[errcatalog.Code]bool{
	errcatalog.DF104: true, errcatalog.DF111: false, errcatalog.DF115: true, errcatalog.DF706: true, errcatalog.DF109: true,
	errcatalog.DF211: false,
}

// remove takes the parameter at fault out of its literal.
func (s *site) remove() []errcatalog.Fix {
	preferred, ok := removable[s.f.Code]
	if !ok || s.f.Path == "" {
		return nil
	}
	parent, key := cutLast(s.f.Path)
	lit, _ := s.literal(parent)
	if lit == nil || s.required(key) {
		return nil
	}
	el := element(lit, key)
	if el == nil {
		return nil
	}
	return []errcatalog.Fix{s.fix(s.args, fmt.Sprintf("Remove %q", key), preferred, s.removal(lit, el))}
}

// required reports whether a null cannot just go, because a new record needs the column.
func (s *site) required(key string) bool {
	if s.f.Code != errcatalog.DF109 || s.model == nil {
		return false
	}
	f := s.model.FieldByColumn(key)
	return f == nil || f.RequiredOnCreate()
}

// removal is an element with its comma, and its line when it has one of its own.
func (s *site) removal(lit *ast.CompositeLit, el *entry) splice {
	src := s.args.src
	start, end := s.args.offset(el.whole.Pos()), s.args.offset(el.whole.End())
	if rest := bytes.TrimLeft(src[end:], " \t"); len(rest) > 0 && rest[0] == ',' {
		end = len(src) - len(rest) + 1
	}
	first, last := lineStart(src, start), lineEnd(src, end)
	// What a comment at the end of the line says goes with it.
	after := bytes.TrimSpace(src[end:last])
	if len(bytes.TrimSpace(src[first:start])) == 0 && (len(after) == 0 || bytes.HasPrefix(after, []byte("//"))) && last < len(src) {
		return splice{first, last + 1, ""}
	}
	if el.index+1 < len(lit.Elts) {
		if next := s.args.offset(lit.Elts[el.index+1].Pos()); len(bytes.TrimSpace(src[end:next])) == 0 {
			end = next
		}
	} else if el.index > 0 { // the last one: the comma before it goes
		before := s.args.offset(lit.Elts[el.index-1].End())
		if before < start && !bytes.ContainsRune(src[before:start], '\n') {
			start = before
			if brace := s.args.offset(lit.Rbrace); bytes.ContainsRune(src[end:brace], '\n') {
				end = s.args.offset(el.whole.End()) // its own comma ends the line now
			}
		}
	}
	return splice{start, end, ""}
}
