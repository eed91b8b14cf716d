package lsp_test

import (
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/dataflow-go/dataflow/lsp"
	"go.lsp.dev/protocol"
)

const (
	utf8Units  = protocol.PositionEncodingKindUTF8
	utf16Units = protocol.PositionEncodingKindUTF16
)

func TestMapperConvertsBothWays(t *testing.T) {
	t.Parallel()
	const text = "a😀é\r\nsecond\n\nlast"
	tests := []struct {
		at          string // the place is where this text starts
		line        uint32
		utf16, utf8 uint32
	}{
		{"a😀", 0, 0, 0},
		{"😀", 0, 1, 1},
		{"é", 0, 3, 5},
		{"\r\n", 0, 4, 7},
		{"second", 1, 0, 0},
		{"\n\nlast", 1, 6, 6},
		{"\nlast", 2, 0, 0},
		{"last", 3, 0, 0},
		{"t", 3, 3, 3},
	}
	for _, tt := range tests {
		offset := strings.LastIndex(text, tt.at)
		for encoding, character := range map[protocol.PositionEncodingKind]uint32{utf16Units: tt.utf16, utf8Units: tt.utf8} {
			m := lsp.NewMapper(text, encoding)
			p := protocol.Position{Line: tt.line, Character: character}
			if got := m.Position(offset); got != p {
				t.Errorf("%s: Position(%d) = %v, want %v (before %q)", encoding, offset, got, p, tt.at)
			}
			if got := m.Offset(p); got != offset {
				t.Errorf("%s: Offset(%v) = %d, want %d (before %q)", encoding, p, got, offset, tt.at)
			}
		}
	}
}

func TestMapperMovesPlacesThatAreNotThere(t *testing.T) {
	t.Parallel()
	const text = "a😀\r\nb"
	m := lsp.NewMapper(text, utf16Units)
	for p, want := range map[protocol.Position]int{
		{Line: 0, Character: 2}:                 1, // inside the emoji: its start
		{Line: 0, Character: 99}:                5, // past the line: before \r
		{Line: 1, Character: 99}:                8,
		{Line: 2}:                               8,
		{Line: 1<<32 - 1, Character: 1<<32 - 1}: 8,
		{Line: 0, Character: 1<<32 - 1}:         5,
	} {
		if got := m.Offset(p); got != want {
			t.Errorf("Offset(%v) = %d, want %d", p, got, want)
		}
	}
	for offset, want := range map[int]protocol.Position{
		-1: {}, 2: {Character: 1}, 6: {Character: 3}, 7: {Line: 1}, 99: {Line: 1, Character: 1},
	} {
		if got := m.Position(offset); got != want {
			t.Errorf("Position(%d) = %v, want %v", offset, got, want)
		}
	}
	start, end := m.Offsets(protocol.Range{Start: protocol.Position{Line: 1}, End: protocol.Position{}})
	if start != 0 || end != 7 {
		t.Errorf("a range that runs backwards is %d–%d, want 0–7", start, end)
	}
}

func TestEncodingIsUTF16WhereTheClientKnowsIt(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		offered []protocol.PositionEncodingKind
		want    protocol.PositionEncodingKind
	}{
		{nil, utf16Units},
		{[]protocol.PositionEncodingKind{utf8Units, utf16Units}, utf16Units},
		{[]protocol.PositionEncodingKind{utf8Units}, utf8Units},
		{[]protocol.PositionEncodingKind{"utf-32", utf8Units}, utf8Units},
		{[]protocol.PositionEncodingKind{"utf-32"}, utf16Units},
	} {
		if got := lsp.ChooseEncoding(tt.offered); got != tt.want {
			t.Errorf("offered %v: %s, want %s", tt.offered, got, tt.want)
		}
	}
}

func FuzzMapper(f *testing.F) {
	for _, s := range []string{"", "a", "a😀é\r\nb\n", "\r\n\r\n", "\xff😀\xf0\x9f", "a\rb"} {
		f.Add(s, 3, uint32(1), uint32(2))
	}
	f.Fuzz(func(t *testing.T, text string, offset int, line, character uint32) {
		for _, encoding := range []protocol.PositionEncodingKind{utf8Units, utf16Units} {
			m := lsp.NewMapper(text, encoding)
			at := m.Offset(protocol.Position{Line: line, Character: character})
			if at < 0 || at > len(text) {
				t.Fatalf("Offset(%d:%d) = %d, outside the text", line, character, at)
			}
			// Every place that a position leads to has one position, and leads back.
			if back := m.Offset(m.Position(at)); back != at {
				t.Fatalf("%s: offset %d → %v → %d", encoding, at, m.Position(at), back)
			}
			// Any offset leads to a position that is at or before it, on its line.
			p := m.Position(offset)
			clamped := min(max(offset, 0), len(text))
			start := m.Offset(p)
			if start > clamped || strings.Contains(text[start:clamped], "\n") {
				t.Fatalf("%s: offset %d → %v → %d", encoding, offset, p, start)
			}
			if want := uint32(strings.Count(text[:clamped], "\n")); p.Line != want {
				t.Fatalf("offset %d is on line %d, want %d", offset, p.Line, want)
			}
			if utf8.ValidString(text) {
				before := text[strings.LastIndexByte(text[:start], '\n')+1 : start]
				want := len(before)
				if encoding == utf16Units {
					want = len(utf16.Encode([]rune(before)))
				}
				if int(p.Character) != want {
					t.Fatalf("%s: offset %d is at character %d, want %d", encoding, offset, p.Character, want)
				}
			}
		}
	})
}

// Edits applied one by one leave the text that an editor has, for which the
// reference here works on UTF-16 units directly.
func FuzzIncrementalEditsMatchTheFullText(f *testing.F) {
	f.Add("a😀\nb\r\nc", uint16(0), uint16(3), "x", uint16(1), uint16(4), "é\n")
	f.Add("", uint16(0), uint16(0), "\n", uint16(0), uint16(1), "")
	f.Fuzz(func(t *testing.T, text string, s1, e1 uint16, new1 string, s2, e2 uint16, new2 string) {
		if !utf8.ValidString(text) || !utf8.ValidString(new1) || !utf8.ValidString(new2) || strings.Contains(text+new1+new2, "\r") {
			return // an editor's text is valid, and no position names what is between \r and \n
		}
		want := utf16.Encode([]rune(text))
		var changes []protocol.TextDocumentContentChangeEvent
		for _, e := range []struct {
			start, end uint16
			text       string
		}{{s1, e1, new1}, {s2, e2, new2}} {
			start, end := boundary(want, int(e.start)), boundary(want, int(e.end))
			start, end = min(start, end), max(start, end)
			changes = append(changes, &protocol.TextDocumentContentChangePartial{
				Range: protocol.Range{Start: positionOf(want, start), End: positionOf(want, end)}, Text: e.text,
			})
			next := append([]uint16{}, want[:start]...)
			next = append(next, utf16.Encode([]rune(e.text))...)
			want = append(next, want[end:]...)
		}
		got, err := lsp.ApplyChanges(text, utf16Units, changes)
		if err != nil || got != string(utf16.Decode(want)) {
			t.Fatalf("%q with %+v: %q, %v; want %q", text, changes, got, err, string(utf16.Decode(want)))
		}
	})
}

// boundary moves an index to the start of a character.
func boundary(units []uint16, i int) int {
	i = min(i, len(units))
	if i < len(units) && i > 0 && utf16.IsSurrogate(rune(units[i])) && units[i] >= 0xdc00 {
		i--
	}
	return i
}

func positionOf(units []uint16, i int) protocol.Position {
	var p protocol.Position
	for _, u := range units[:i] {
		if u == '\n' {
			p = protocol.Position{Line: p.Line + 1}
		} else {
			p.Character++
		}
	}
	return p
}
