// Package flows holds a blog's workflows. Models and names come from schema.
package flows

import (
	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/examples/corpus/blog/schema"
)

// Write makes an author and a draft.
func Write() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("write")
	wf.AddNode("AuthorUpsertNode", "author", dataflow.Params{
		"where":  dataflow.Params{"handle": dataflow.Input("handle")},
		"create": dataflow.Params{"id": dataflow.Input("handle")},
	})
	wf.AddNode(schema.CreatePost, schema.StepPost, dataflow.Params{
		schema.ColumnSlug: dataflow.Input("slug"),
		"title":           dataflow.Input("title"),
		"body":            "",
		schema.ColumnTags: []string{"draft"},
	})
	wf.AddConnection("author", "record.id", schema.StepPost, "author_id")
	return wf
}

// Publish publishes the post of a slug.
func Publish() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("publish")
	schema.FindPost(wf, dataflow.Input("slug"))
	wf.AddNode("PostUpdateNode", "publish", dataflow.Params{
		"fields": dataflow.Params{schema.ColumnPublished: true, schema.ColumnTags: []string{"fresh"}},
	})
	wf.AddConnection(schema.StepPost, "id", "publish", "filter.id")
	return wf
}
