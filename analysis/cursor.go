package analysis

import (
	"go/scanner"
	"go/token"
	"slices"
	"strconv"
	"strings"
)

// A Cursor is what surrounds an offset of a source: the call, the argument, the keys
// around. It is read off the tokens alone, so that code counts while it is typed and no
// parser can follow it.
type Cursor struct {
	InString bool
	Start    int    // of what stands inside the quotes
	End      int    // of it; the cursor itself where the quotes are not closed
	Before   string // the string up to the cursor
	Closed   bool   // a quote follows on the line
	Raw      bool   // in backquotes
	Bare     bool   // nothing but ) follows on the line: the rest of the call is missing

	Comment string // the comment up to the cursor, where it is in one
	Tag     bool   // the string stands where a struct has the tag of a field

	Call string     // the method or function whose arguments these are: "AddNode"
	Args []Argument // of the call, before the one at the cursor
	At   int        // the call's opening parenthesis

	// Path are the keys around, from the outermost literal of the call's argument on;
	// Key says that a key is written at the cursor, else a value, or an item of a list.
	Path  []string
	Key   bool
	List  bool
	Given []string // keys, or items, that the literal around has already
	Lit   string   // type of the literal around, as it is written: "dataflow.Params"

	stack []*bracket
}

// An Argument is one argument before the cursor, as it is written.
type Argument struct {
	Start, End int
	Text       string // what a string literal means
	Literal    bool
}

// A bracket is what is open at the cursor.
type bracket struct {
	tok    token.Token // ( [ {
	at     int
	name   string // called, or of the type
	isList bool   // { of a slice
	isType bool   // { of a struct type
	args   []Argument
	from   int // where the current argument or element begins
	key    string
	colon  bool // behind the key
	keys   []string
	last   string // string literal just read
}

// A scanned is one token of a source.
type scanned struct {
	tok        token.Token
	start, end int
	lit        string
}

// CursorAt reads what surrounds an offset of a source.
func CursorAt(src string, offset int) *Cursor {
	c := &Cursor{}
	file := token.NewFileSet().AddFile("", -1, len(src))
	var s scanner.Scanner
	s.Init(file, []byte(src), func(token.Position, string) {}, scanner.ScanComments)
	var before []scanned
	for {
		pos, tok, lit := s.Scan()
		t := scanned{tok: tok, start: file.Offset(pos), lit: lit}
		t.end = t.start + len(lit)
		if lit == "" || tok == token.SEMICOLON {
			t.end = t.start + len(tok.String())
		}
		switch {
		case tok == token.EOF:
			return c.finish()
		case tok == token.COMMENT:
			if t.start < offset && offset <= t.end {
				c.Comment = src[t.start:offset]
				return c.finish()
			}
			continue
		case tok == token.STRING && t.start < offset && (offset < t.end || !closed(lit) && offset == t.end):
			c.inside(src, t, offset)
			c.finish()
			c.after(&s, file, t)
			return c
		case t.start >= offset:
			c.finish()
			c.after(&s, file, t)
			return c
		}
		before = append(before, t)
		c.read(src, before)
	}
}

// closed reports whether a literal has its closing quote.
func closed(lit string) bool { return len(lit) >= 2 && lit[len(lit)-1] == lit[0] }

// inside notes the string that the cursor is in.
func (c *Cursor) inside(src string, t scanned, offset int) {
	c.InString, c.Raw, c.Closed = true, t.lit[0] == '`', closed(t.lit)
	c.Start, c.End, c.Before = t.start+1, offset, src[t.start+1:offset]
	if c.Closed {
		c.End = t.end - 1
	}
	rest, _, _ := strings.Cut(src[min(c.End+1, len(src)):], "\n")
	if !c.Closed {
		rest, _, _ = strings.Cut(src[offset:], "\n")
	}
	rest, _, _ = strings.Cut(rest, "//")
	rest = strings.TrimSpace(rest)
	c.Bare = rest == "" || rest == ")" || rest == ")."
}

// read takes up the last of the tokens before the cursor.
func (c *Cursor) read(src string, before []scanned) {
	t := before[len(before)-1]
	top := c.top()
	switch t.tok {
	case token.LPAREN, token.LBRACK, token.LBRACE:
		b := &bracket{tok: t.tok, at: t.start, from: t.end}
		b.name, b.isList, b.isType = opener(src, before[:len(before)-1])
		c.stack = append(c.stack, b)
	case token.RPAREN, token.RBRACK, token.RBRACE:
		if len(c.stack) > 0 {
			c.stack = c.stack[:len(c.stack)-1]
		}
	case token.FUNC:
		if t.start == 0 || src[t.start-1] == '\n' {
			c.stack = nil // whatever is open above belongs to another declaration
		}
	case token.TYPE, token.VAR, token.CONST:
		if t.start == 0 || src[t.start-1] == '\n' {
			c.stack = nil
		}
	case token.STRING:
		if top != nil {
			top.last, _ = strconv.Unquote(t.lit)
		}
	case token.SEMICOLON:
		if t.lit == "\n" && top != nil && top.tok == token.LPAREN { // a call that was never closed
			c.stack = c.stack[:len(c.stack)-1]
		}
	case token.COLON:
		if top != nil && top.tok == token.LBRACE {
			top.key, top.colon = top.last, true
			if top.key == "" && len(before) > 1 {
				top.key = before[len(before)-2].lit
			}
			top.keys = append(top.keys, top.key)
		}
	case token.COMMA:
		if top != nil {
			top.next(src, t)
		}
	}
}

func (c *Cursor) top() *bracket {
	if len(c.stack) == 0 {
		return nil
	}
	return c.stack[len(c.stack)-1]
}

// next closes an argument or an element.
func (b *bracket) next(src string, comma scanned) {
	if b.tok == token.LPAREN {
		b.args = append(b.args, argumentOf(src, b.from, comma.start))
	} else if b.isList && b.last != "" {
		b.keys = append(b.keys, b.last)
	}
	b.from, b.key, b.colon, b.last = comma.end, "", false, ""
}

func argumentOf(src string, start, end int) Argument {
	text := src[start:end]
	start += len(text) - len(strings.TrimLeft(text, " \t\r\n"))
	a := Argument{Start: start, End: start + len(strings.TrimSpace(text)), Text: strings.TrimSpace(text)}
	if s, err := strconv.Unquote(a.Text); err == nil && a.Text[0] != '\'' {
		a.Text, a.Literal = s, true
	}
	return a
}

// opener reads backwards what stands before a bracket: the name of a function, or the
// type of a literal.
func opener(src string, before []scanned) (name string, isList, isType bool) {
	n := len(before)
	if n == 0 {
		return "", false, false
	}
	if before[n-1].tok == token.STRUCT {
		return "struct", false, true
	}
	end := before[n-1].end
	i := n
	for i > 0 && (before[i-1].tok == token.IDENT || before[i-1].tok == token.PERIOD) {
		i--
	}
	if i < n {
		name = src[before[i].start:end]
	}
	if i >= 2 && before[i-1].tok == token.RBRACK && before[i-2].tok == token.LBRACK {
		return "[]" + name, true, false
	}
	if i >= 4 && before[i-1].tok == token.RBRACK && before[i-4].tok == token.MAP {
		return src[before[i-4].start:end], false, false
	}
	return name, false, false
}

// finish reads the brackets that are open at the cursor from inside out, up to a call.
func (c *Cursor) finish() *Cursor {
	for i, b := range slices.Backward(c.stack) {
		switch {
		case b.tok == token.LPAREN:
			c.Call = b.name[strings.LastIndexByte(b.name, '.')+1:]
			c.Args, c.At = b.args, b.at
			return c
		case b.isType:
			c.Tag = i == len(c.stack)-1 && c.InString
			return c
		case b.tok == token.LBRACE:
			if i == len(c.stack)-1 {
				c.Key, c.List, c.Given, c.Lit = !b.colon && !b.isList, b.isList, b.keys, b.name
			}
			if b.colon {
				c.Path = slices.Insert(c.Path, 0, b.key)
			}
		}
	}
	return c
}

// after reads on to the end of the literal around the cursor, for the keys that it has.
func (c *Cursor) after(s *scanner.Scanner, file *token.File, t scanned) {
	top := c.top()
	if top == nil || top.tok != token.LBRACE {
		return
	}
	const most = 5000 // tokens: a literal that is not closed has no end
	depth, last := 0, ""
	if t.tok != token.STRING || !c.InString {
		last = c.step(t, &depth, last)
	}
	for range most {
		if depth < 0 {
			return
		}
		pos, tok, lit := s.Scan()
		if tok == token.EOF {
			return
		}
		last = c.step(scanned{tok: tok, start: file.Offset(pos), lit: lit}, &depth, last)
	}
}

// step takes up a token behind the cursor.
func (c *Cursor) step(t scanned, depth *int, last string) string {
	switch t.tok {
	case token.LPAREN, token.LBRACK, token.LBRACE:
		*depth++
	case token.RPAREN, token.RBRACK, token.RBRACE:
		*depth--
		if *depth < 0 && c.List && last != "" {
			c.Given = append(c.Given, last)
		}
	case token.STRING:
		last, _ = strconv.Unquote(t.lit)
		return last
	case token.COLON:
		if *depth == 0 && last != "" && !c.List {
			c.Given = append(c.Given, last)
		}
	case token.COMMA:
		if *depth == 0 && c.List && last != "" {
			c.Given = append(c.Given, last)
		}
	}
	return ""
}
