package lsp

import (
	"slices"

	"go.lsp.dev/protocol"
)

// partSize is how many items of a long list are sent at once.
const partSize = 200

// inParts sends a list in parts to a client that asks for that, each wrapped as the
// method wants it, and returns what is left for the answer: nothing, or all of it.
func inParts[T any](s *server, token protocol.ProgressToken, items []T, wrap func([]T) any) []T {
	if token == nil || len(items) == 0 {
		return items
	}
	p := progress{s: s, token: token}
	for part := range slices.Chunk(items, partSize) {
		p.send(wrap(part))
	}
	s.flush() // the answer comes after all of them
	return []T{}
}
