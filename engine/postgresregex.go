package engine

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
	"unicode"
)

// foldedLike is a LIKE pattern as an RE2 pattern that folds all of Unicode.
func foldedLike(pattern string) string {
	return "(?si)" + translate(pattern, "^", "$", ".*", ".", regexp.QuoteMeta)
}

// translateRegex writes an RE2 pattern as one of PostgreSQL's "advanced" regular
// expressions, which means the same whatever the database's locale is. It goes
// by the parsed pattern, so that nothing of RE2's own syntax is left in it. It is
// false for a pattern that matches nothing.
func translateRegex(pattern string) (string, bool) {
	re, err := syntax.Parse(pattern, syntax.Perl)
	if err != nil {
		return "", false // compiled before: cannot be
	}
	var b strings.Builder
	b.WriteString("***:") // an advanced expression, whatever follows
	writeRegex(&b, re.Simplify())
	return b.String(), true
}

func writeRegex(b *strings.Builder, re *syntax.Regexp) {
	switch re.Op {
	case syntax.OpNoMatch:
		b.WriteString("(?!)")
	case syntax.OpEmptyMatch:
		b.WriteString("(?:)")
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			writeLiteral(b, r, re.Flags&syntax.FoldCase != 0)
		}
	case syntax.OpCharClass:
		writeClass(b, re.Rune)
	case syntax.OpAnyCharNotNL:
		b.WriteString(`[^\n]`)
	case syntax.OpAnyChar:
		b.WriteString(".")
	case syntax.OpBeginLine:
		b.WriteString(`(?:\A|(?<=\n))`)
	case syntax.OpEndLine:
		b.WriteString(`(?:\Z|(?=\n))`)
	case syntax.OpBeginText:
		b.WriteString(`\A`)
	case syntax.OpEndText:
		b.WriteString(`\Z`)
	case syntax.OpWordBoundary:
		b.WriteString(`(?:(?<=[0-9A-Za-z_])(?![0-9A-Za-z_])|(?<![0-9A-Za-z_])(?=[0-9A-Za-z_]))`)
	case syntax.OpNoWordBoundary:
		b.WriteString(`(?:(?<=[0-9A-Za-z_])(?=[0-9A-Za-z_])|(?<![0-9A-Za-z_])(?![0-9A-Za-z_]))`)
	case syntax.OpCapture:
		writeGroup(b, re.Sub[0])
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
		writeGroup(b, re.Sub[0])
		b.WriteString(map[syntax.Op]string{syntax.OpStar: "*", syntax.OpPlus: "+", syntax.OpQuest: "?"}[re.Op])
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			if sub.Op == syntax.OpAlternate {
				writeGroup(b, sub)
			} else {
				writeRegex(b, sub)
			}
		}
	case syntax.OpAlternate:
		for i, sub := range re.Sub {
			if i > 0 {
				b.WriteByte('|')
			}
			writeRegex(b, sub)
		}
	}
}

func writeGroup(b *strings.Builder, re *syntax.Regexp) {
	b.WriteString("(?:")
	writeRegex(b, re)
	b.WriteByte(')')
}

func writeLiteral(b *strings.Builder, r rune, fold bool) {
	if fold && unicode.SimpleFold(r) != r {
		b.WriteByte('[')
		writeRune(b, r)
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			writeRune(b, f)
		}
		b.WriteByte(']')
		return
	}
	writeRune(b, r)
}

// writeRune writes a character that stands for itself, in and outside a class.
func writeRune(b *strings.Builder, r rune) {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
		b.WriteRune(r)
	case r > 0xffff:
		fmt.Fprintf(b, `\U%08x`, r)
	default:
		fmt.Fprintf(b, `\u%04x`, r)
	}
}

// writeClass writes ranges of characters. No text holds a NUL, nor half of a
// surrogate pair.
func writeClass(b *strings.Builder, ranges []rune) {
	var parts strings.Builder
	for i := 0; i+1 < len(ranges); i += 2 {
		for _, r := range validRanges(ranges[i], ranges[i+1]) {
			writeRune(&parts, r[0])
			if r[0] != r[1] {
				parts.WriteByte('-')
				writeRune(&parts, r[1])
			}
		}
	}
	if parts.Len() == 0 {
		b.WriteString("(?!)")
		return
	}
	b.WriteString("[" + parts.String() + "]")
}

func validRanges(low, high rune) [][2]rune {
	const surrogates, afterSurrogates = 0xd800, 0xe000
	low = max(low, 1)
	var out [][2]rune
	if low < surrogates && low <= high {
		out = append(out, [2]rune{low, min(high, surrogates-1)})
	}
	if low = max(low, afterSurrogates); low <= high {
		out = append(out, [2]rune{low, high})
	}
	return out
}
