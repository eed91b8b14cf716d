package analysis

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// renamed are the codes whose finding stands on a name that has a right spelling.
var renamedCodes = map[errcatalog.Code]bool{
	errcatalog.DF106: true, errcatalog.DF111: true, errcatalog.DF112: true, errcatalog.DF113: true, errcatalog.DF114: true,
	errcatalog.DF201: true, errcatalog.DF202: true, errcatalog.DF205: true, errcatalog.DF206: true,
	errcatalog.DF701: true, errcatalog.DF711: true,
	errcatalog.DF103: true, errcatalog.DF806: true, errcatalog.DF807: true,
}

// rename replaces a name by the nearest right one.
func (s *site) rename() []errcatalog.Fix {
	to := s.f.Details.Suggestion
	if !renamedCodes[s.f.Code] || to == "" {
		return nil
	}
	if s.f.Node != nil && s.f.Connection == nil && s.f.Path != "" {
		if strings.Contains(to, ".") {
			return s.intoFilter(to)
		}
		parent, _ := cutLast(s.f.Path)
		if lit, _ := s.literal(parent); lit != nil && element(lit, to) != nil {
			return nil // the right name is given already
		}
	}
	if c := s.f.Connection; s.f.Code == errcatalog.DF201 && c != nil && (to == c.From.S || to == c.To.S) {
		return nil // it would connect a node to itself
	}
	start, end, ok := s.quoted()
	if !ok {
		return nil
	}
	return []errcatalog.Fix{s.fix(s.file, fmt.Sprintf("Change to %q", to), true, splice{start, end, escaped(to)})}
}

// quoted is the inside of the string literal at the finding; ok is false when
// there stands something else, such as a variable.
func (s *site) quoted() (start, end int, ok bool) { return quotedIn(s.file, s.f.Span) }

// quotedIn is quoted for any place in a file.
func quotedIn(file *source, at errcatalog.Span) (start, end int, ok bool) {
	src := file.src
	start, end = at.Start.Offset, at.End.Offset
	if start < 0 || end > len(src) || start > end {
		return 0, 0, false
	}
	if end-start >= 2 && isQuote(src[start]) && src[end-1] == src[start] {
		return start + 1, end - 1, true
	}
	if start > 0 && end < len(src) && isQuote(src[start-1]) && src[end] == src[start-1] {
		return start, end, true
	}
	return 0, 0, false
}

func isQuote(b byte) bool { return b == '"' || b == '`' }

// intoFilter moves a stray column into the map parameter that the suggestion
// names: "user_id" to "filter.user_id".
func (s *site) intoFilter(to string) []errcatalog.Fix {
	param, column, _ := strings.Cut(to, ".")
	lit, _ := s.literal("")
	if lit == nil || s.args != s.file || strings.Contains(column, ".") || column != s.f.Path {
		return nil
	}
	stray := element(lit, s.f.Path)
	if stray == nil {
		return nil
	}
	entry := s.args.text(stray.whole)
	title := fmt.Sprintf("Move %q into %q", column, param)
	start, end := s.args.offset(stray.whole.Pos()), s.args.offset(stray.whole.End())
	if there := element(lit, param); there != nil {
		inner, _ := s.literal(param)
		if inner == nil || element(inner, column) != nil {
			return nil
		}
		return []errcatalog.Fix{s.fix(s.args, title, true, append(s.insert(inner, []string{entry}), s.removal(lit, stray))...)}
	}
	return []errcatalog.Fix{s.fix(s.args, title, true, splice{start, end, strconv.Quote(param) + ": " + s.mapType(lit) + "{" + entry + "}"})}
}

func cutLast(path string) (parent, key string) {
	if i := strings.LastIndexByte(path, '.'); i >= 0 {
		return path[:i], path[i+1:]
	}
	return "", path
}
