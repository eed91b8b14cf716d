package flows

import (
	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/examples/corpus/blog/schema"
)

// byKey reads one record of any model by a key of any type.
func byKey[K int64 | string](name, nodeType string, key K) *dataflow.Workflow {
	return dataflow.NewWorkflow(name).AddNode(nodeType, "record", dataflow.Params{"id": key})
}

// PostByID reads a post.
func PostByID(id int64) *dataflow.Workflow { return byKey("post_by_id", schema.ReadPost, id) }

// AuthorByID reads an author.
func AuthorByID(id string) *dataflow.Workflow { return byKey("author_by_id", "AuthorReadNode", id) }

// all lists every record of the given models, one node for each.
func all(models ...string) *dataflow.Workflow {
	wf := dataflow.NewWorkflow("all")
	for _, m := range models {
		wf.AddNode(m+"ListNode", m, dataflow.Params{"limit": 1000})
	}
	return wf
}

// Dump lists everything there is.
func Dump() *dataflow.Workflow { return all("Author", "Post", "Comment") }
