package lsp

import (
	"sort"
	"unicode/utf8"

	"go.lsp.dev/protocol"
)

// A Mapper converts places in one text between the two systems in use.
//
//   - A byte offset, as Go's token.Position has it: what package analysis speaks.
//   - A protocol.Position: a line and a character, both from 0, where characters
//     are counted in the units that client and server agreed on: UTF-16 code
//     units, in which an emoji counts two, or bytes.
//
// A line ends at "\n"; a "\r" before it belongs to the line's end. A lone "\r" is
// no line's end: the editors that keep one in a text do not break the line there.
//
// A place that is not there is moved to the nearest that is: past a line's last
// character to the line's end, past the last line to the end of the text, inside
// a character to its start. Editors do send such places, and the protocol asks
// for the first. A Mapper is immutable and safe for concurrent use.
type Mapper struct {
	text     string
	encoding protocol.PositionEncodingKind
	lines    []int // offset at which each line starts
}

// NewMapper makes a Mapper for a text. Any encoding but UTF-8 is taken as UTF-16.
func NewMapper(text string, encoding protocol.PositionEncodingKind) *Mapper {
	lines := make([]int, 1, 64)
	for i := 0; i < len(text); i++ {
		if text[i] == '\n' {
			lines = append(lines, i+1)
		}
	}
	return &Mapper{text: text, encoding: encoding, lines: lines}
}

// Text returns the text that the Mapper is for.
func (m *Mapper) Text() string { return m.text }

// Offset returns the byte offset of a position.
func (m *Mapper) Offset(p protocol.Position) int {
	if int64(p.Line) >= int64(len(m.lines)) {
		return len(m.text)
	}
	offset, end := m.lines[p.Line], m.lineEnd(int(p.Line))
	for units := uint32(0); offset < end; {
		r, size := utf8.DecodeRuneInString(m.text[offset:end])
		units += m.width(r, size)
		if units > p.Character {
			break
		}
		offset += size
	}
	return offset
}

// Position returns the position of a byte offset.
func (m *Mapper) Position(offset int) protocol.Position {
	offset = min(max(offset, 0), len(m.text))
	line := sort.SearchInts(m.lines, offset+1) - 1
	end := m.lineEnd(line)
	var units uint32
	for at := m.lines[line]; at < end; {
		r, size := utf8.DecodeRuneInString(m.text[at:end])
		if at+size > offset {
			break
		}
		units += m.width(r, size)
		at += size
	}
	return protocol.Position{Line: uint32(line), Character: units}
}

// Range returns the range between two byte offsets, in either order.
func (m *Mapper) Range(start, end int) protocol.Range {
	return protocol.Range{Start: m.Position(min(start, end)), End: m.Position(max(start, end))}
}

// Offsets returns the byte offsets of a range, the lower one first.
func (m *Mapper) Offsets(r protocol.Range) (start, end int) {
	start, end = m.Offset(r.Start), m.Offset(r.End)
	return min(start, end), max(start, end)
}

// lineEnd is the offset at which a line's last character ends.
func (m *Mapper) lineEnd(line int) int {
	if line+1 == len(m.lines) {
		return len(m.text)
	}
	end := m.lines[line+1] - 1
	if end > m.lines[line] && m.text[end-1] == '\r' {
		end--
	}
	return end
}

// width is how many units of the encoding a rune takes. A byte that is no UTF-8
// counts as the replacement character that a client sees in its place.
func (m *Mapper) width(r rune, size int) uint32 {
	switch {
	case m.encoding == protocol.PositionEncodingKindUTF8:
		return uint32(size)
	case r >= 0x10000:
		return 2
	}
	return 1
}

// chooseEncoding picks the encoding of positions: UTF-16 where the client knows
// it, as every client must, so that its other servers for Go, gopls first, agree
// with this one. UTF-8 only where the client offers that and not UTF-16.
func chooseEncoding(offered []protocol.PositionEncodingKind) protocol.PositionEncodingKind {
	chosen := protocol.PositionEncodingKindUTF16
	for _, e := range offered {
		switch e {
		case protocol.PositionEncodingKindUTF16:
			return e
		case protocol.PositionEncodingKindUTF8:
			chosen = e
		}
	}
	return chosen
}
