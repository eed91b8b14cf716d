package library

import "github.com/dataflow-go/dataflow"

// Shelf is the state of a shelf before a workflow is built for it.
type Shelf struct {
	books []map[string]any
}

// Put adds a book to the shelf.
func (s *Shelf) Put(isbn, author, title string) {
	s.books = append(s.books, map[string]any{"isbn": isbn, "author": author, "title": title})
}

// Workflow saves the shelf.
func (s *Shelf) Workflow() *dataflow.Workflow {
	return dataflow.NewWorkflow("shelf").AddNode("BookBulkUpsertNode", "books", dataflow.Params{"data": s.books})
}

// Join makes a member; the engine numbers members.
func Join() *dataflow.Workflow {
	return dataflow.NewWorkflow("join").AddNode("MemberCreateNode", "member", dataflow.Params{"name": dataflow.Input("name")})
}

// Weed takes a book off the shelf, for good if it is asked for.
func Weed(hard bool) *dataflow.Workflow {
	p := dataflow.Params{"isbn": dataflow.Input("isbn")}
	if hard {
		p["hard"] = true
	}
	return dataflow.NewWorkflow("weed").AddNode("BookDeleteNode", "weed", p)
}

// ByTitle reads a book by the key that authors and titles make together.
func ByTitle() *dataflow.Workflow {
	return dataflow.NewWorkflow("by_title").AddNode("BookReadNode", "book", dataflow.Params{
		"filter": dataflow.Params{"author": "Kästner", "title": "Emil"},
	})
}
