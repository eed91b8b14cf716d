package analysis

import "math/bits"

// A trie is a persistent array: what is put into one is in no copy of it that was
// made before, and copies share all that neither has put since. So paths through a
// function part at no cost, and where they meet only what they did is looked at.
// Its zero is empty.
type trie[V any] struct {
	root   *trieNode[V]
	height int // levels below the root
}

const (
	trieBits = 4
	trieFan  = 1 << trieBits
)

// A trieNode has kids, or at the lowest level values.
type trieNode[V any] struct {
	kids *[trieFan]*trieNode[V]
	vals *[trieFan]*V
}

func (t *trie[V]) get(i int) *V {
	if i < 0 || bits.Len(uint(i)) > trieBits*(t.height+1) {
		return nil
	}
	n := t.root
	for level := t.height; level > 0 && n != nil; level-- {
		n = n.kids[i>>(trieBits*level)%trieFan]
	}
	if n == nil {
		return nil
	}
	return n.vals[i%trieFan]
}

func (t *trie[V]) put(i int, v *V) {
	for bits.Len(uint(i)) > trieBits*(t.height+1) {
		t.raise()
	}
	t.root = t.root.with(t.height, i, v)
}

// raise makes room for larger indexes.
func (t *trie[V]) raise() {
	if t.root != nil {
		t.root = &trieNode[V]{kids: &[trieFan]*trieNode[V]{t.root}}
	}
	t.height++
}

// with is a copy of n with one more value.
func (n *trieNode[V]) with(level, i int, v *V) *trieNode[V] {
	out := &trieNode[V]{}
	if level == 0 {
		out.vals = new([trieFan]*V)
		if n != nil {
			*out.vals = *n.vals
		}
		out.vals[i%trieFan] = v
		return out
	}
	out.kids = new([trieFan]*trieNode[V])
	if n != nil {
		*out.kids = *n.kids
	}
	at := i >> (trieBits * level) % trieFan
	out.kids[at] = out.kids[at].with(level-1, i, v)
	return out
}

// differences visits, by index, what is in one trie and not in the other, which has
// nil or something else there.
func differences[V any](a, b trie[V], visit func(x, y *V)) {
	for a.height < b.height {
		a.raise()
	}
	for b.height < a.height {
		b.raise()
	}
	diffNodes(a.root, b.root, a.height, visit)
}

func diffNodes[V any](a, b *trieNode[V], level int, visit func(x, y *V)) {
	if a == b {
		return
	}
	for i := range trieFan {
		if level == 0 {
			if x, y := a.val(i), b.val(i); x != y {
				visit(x, y)
			}
		} else {
			diffNodes(a.kid(i), b.kid(i), level-1, visit)
		}
	}
}

func (n *trieNode[V]) kid(i int) *trieNode[V] {
	if n == nil {
		return nil
	}
	return n.kids[i]
}

func (n *trieNode[V]) val(i int) *V {
	if n == nil {
		return nil
	}
	return n.vals[i]
}
