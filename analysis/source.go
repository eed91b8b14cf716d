package analysis

import (
	"crypto/sha256"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"

	"github.com/dataflow-go/dataflow/errcatalog"
)

type hash = [sha256.Size]byte

// buffers are the contents of files: the editor's where it has one, else the
// disk's, read once.
type buffers struct {
	mu      sync.Mutex
	overlay map[string][]byte // guarded by mu
	disk    map[string][]byte // guarded by mu; nil content: the file is not there
	edited  map[string]bool   // set or cleared since takeEdited; guarded by mu
}

func newBuffers() *buffers {
	return &buffers{overlay: map[string][]byte{}, disk: map[string][]byte{}, edited: map[string]bool{}}
}

func (b *buffers) set(file string, content []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.edited[file] = true
	b.overlay[file] = slices.Clone(content)
	if b.overlay[file] == nil {
		b.overlay[file] = []byte{}
	}
}

func (b *buffers) clear(file string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.edited[file] = true
	delete(b.overlay, file)
	delete(b.disk, file)
}

// takeEdited adds the files that were set or cleared since it was last called.
func (b *buffers) takeEdited(into map[string]bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for file := range b.edited {
		into[file] = true
	}
	clear(b.edited)
}

func (b *buffers) forgetDisk() {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.disk)
}

// read returns a file's content; ok is false when there is none.
func (b *buffers) read(file string) (content []byte, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if c, ok := b.overlay[file]; ok {
		return c, true
	}
	c := b.readDisk(file)
	return c, c != nil
}

// isOpen reports whether an editor has the file.
func (b *buffers) isOpen(file string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	_, ok := b.overlay[file]
	return ok
}

// peek is read for a look that is not taken twice: what the disk has is not kept.
func (b *buffers) peek(file string) (content []byte, ok bool) {
	b.mu.Lock()
	content, ok = b.overlay[file]
	if !ok {
		content, ok = b.disk[file]
	}
	b.mu.Unlock()
	if !ok {
		content, err := os.ReadFile(file)
		return content, err == nil
	}
	return content, content != nil
}

// drop forgets what the disk has of a file: it is read again when it is asked for.
func (b *buffers) drop(file string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.disk, file)
}

// onDisk returns what the disk has, whatever an editor has.
func (b *buffers) onDisk(file string) (content []byte, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.readDisk(file)
	return c, c != nil
}

// readDisk is called with mu held.
func (b *buffers) readDisk(file string) []byte {
	c, ok := b.disk[file]
	if !ok {
		var err error
		if c, err = os.ReadFile(file); err != nil {
			c = nil
		} else if c == nil {
			c = []byte{}
		}
		b.disk[file] = c
	}
	return c
}

// opened lists the files that an editor has open, sorted.
func (b *buffers) opened() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	files := make([]string, 0, len(b.overlay))
	for f := range b.overlay {
		files = append(files, f)
	}
	slices.Sort(files)
	return files
}

// A source is one parsed file. It is immutable.
type source struct {
	name    string
	src     []byte
	sum     hash
	ast     *ast.File
	tok     *token.File
	errs    []error
	imports []string
	// api is the hash of what packages that import it can see, see hashAPI.
	api hash
	// takers are the functions that are declared with a *Workflow parameter.
	takers []string
	// embeds says that it may declare a model by a struct of another package: one that
	// it embeds, or gives a name, or gets by a dot import.
	embeds bool
	words  map[ast.Decl][]string // the identifiers in each declaration, each once
	types  []*ast.TypeSpec       // at any level
	jumps  []ast.Decl            // those with a goto
}

func (s *source) isTest() bool {
	base := filepath.Base(s.name)
	return len(base) > len("_test.go") && base[len(base)-len("_test.go"):] == "_test.go"
}

// parse reads one file. It always returns a syntax tree, of what could be read.
func parse(fset *token.FileSet, name string, src []byte) *source {
	f, err := parser.ParseFile(fset, name, src, parser.SkipObjectResolution|parser.AllErrors|parser.ParseComments)
	if f == nil {
		f = &ast.File{Name: ast.NewIdent("_")}
	}
	tok := fset.File(f.FileStart)
	if tok == nil { // nothing could be read
		tok = fset.AddFile(name, -1, len(src))
		tok.SetLinesForContent(src)
	}
	s := newSource(name, src, f, tok)
	if err != nil {
		s.errs = append(s.errs, err)
	}
	return s
}

// newSource is a file that is parsed.
func newSource(name string, src []byte, f *ast.File, tok *token.File) *source {
	s := &source{name: name, src: src, sum: sha256.Sum256(src), ast: f, tok: tok}
	for _, imp := range f.Imports {
		if path, err := strconv.Unquote(imp.Path.Value); err == nil {
			s.imports = append(s.imports, path)
		}
		s.embeds = s.embeds || imp.Name != nil && imp.Name.Name == "."
	}
	s.survey()
	s.api = s.hashAPI()
	return s
}

// survey notes what would else be looked for in each file at each keystroke.
func (s *source) survey() {
	s.words = make(map[ast.Decl][]string, len(s.ast.Decls))
	for _, d := range s.ast.Decls {
		seen := map[string]bool{}
		ast.Inspect(d, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Ident:
				if !seen[n.Name] {
					seen[n.Name] = true
					s.words[d] = append(s.words[d], n.Name)
				}
			case *ast.TypeSpec:
				s.types = append(s.types, n)
				s.embeds = s.embeds || isForeign(n.Type)
			case *ast.StructType:
				s.embeds = s.embeds || embedsForeign(n)
			case *ast.BranchStmt:
				if n.Tok == token.GOTO {
					s.jumps = append(s.jumps, d)
				}
			}
			return true
		})
		if fd, ok := d.(*ast.FuncDecl); ok && fd.Type.Params != nil && mentions(fd.Type.Params, map[string]bool{"Workflow": true}) {
			s.takers = append(s.takers, fd.Name.Name)
		}
	}
}

// mentions reports whether an identifier of names stands in a declaration of the file.
func (s *source) mentions(d ast.Decl, names map[string]bool) bool {
	return slices.ContainsFunc(s.words[d], func(word string) bool { return names[word] })
}

// declaresType reports whether a function declares a type: it may be a model by what
// it embeds.
func (s *source) declaresType(fd *ast.FuncDecl) bool {
	return slices.ContainsFunc(s.types, func(t *ast.TypeSpec) bool { return fd.Pos() <= t.Pos() && t.Pos() < fd.End() })
}

// hashAPI hashes the file without the bodies of functions, and without comments and
// the space between tokens.
func (s *source) hashAPI() hash {
	var tokens []byte
	from := 0
	for _, d := range s.ast.Decls {
		if fd, ok := d.(*ast.FuncDecl); ok && fd.Body != nil {
			start, end := s.offset(fd.Body.Lbrace), s.offset(fd.Body.End())
			if start >= from && end >= start {
				tokens = append(appendTokens(tokens, s.src[from:start]), byte(token.LBRACE))
				from = end
			}
		}
	}
	return sha256.Sum256(appendTokens(tokens, s.src[from:]))
}

// appendTokens writes the tokens of a part of a file one after the other.
func appendTokens(to, src []byte) []byte {
	var sc scanner.Scanner
	sc.Init(token.NewFileSet().AddFile("", -1, len(src)), src, nil, 0)
	for {
		_, tok, lit := sc.Scan()
		if tok == token.EOF {
			return append(to, 0)
		}
		to = append(to, byte(tok))
		if tok != token.SEMICOLON { // a new line is one, too
			to = append(append(to, lit...), 0)
		}
	}
}

// offset is the byte offset of pos, kept inside the file: positions of broken
// syntax can lie outside.
func (s *source) offset(pos token.Pos) int {
	base := s.tok.Base()
	switch {
	case !pos.IsValid() || int(pos) < base:
		return 0
	case int(pos) > base+len(s.src):
		return len(s.src)
	}
	return int(pos) - base
}

// position is where the byte offset stands, without //line directives.
func (s *source) position(offset int) token.Position {
	offset = max(0, min(offset, len(s.src), s.tok.Size()))
	p := s.tok.PositionFor(token.Pos(s.tok.Base()+offset), false)
	p.Filename = s.name
	return p
}

// between is the span of two byte offsets.
func (s *source) between(start, end int) errcatalog.Span {
	return errcatalog.Span{Start: s.position(start), End: s.position(max(start, end))}
}

// span is where a node stands.
func (s *source) span(n ast.Node) errcatalog.Span {
	return s.between(s.offset(n.Pos()), s.offset(n.End()))
}

// inner is what stands inside the quotes of a string literal, and the whole
// expression for anything else.
func (s *source) inner(e ast.Expr) errcatalog.Span {
	if lit, ok := ast.Unparen(e).(*ast.BasicLit); ok && lit.Kind == token.STRING {
		start, end := s.offset(lit.Pos()), s.offset(lit.End())
		if end-start >= 2 {
			return s.between(start+1, end-1)
		}
	}
	return s.span(e)
}

// text is the source of a node.
func (s *source) text(n ast.Node) string {
	start, end := s.offset(n.Pos()), s.offset(n.End())
	if start > end {
		return ""
	}
	return string(s.src[start:end])
}
