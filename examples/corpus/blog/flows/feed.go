package flows

import (
	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/examples/corpus/blog/schema"
)

// A Feed is what a page lists.
type Feed struct {
	Tag   string
	Limit int
	Count bool
}

// Workflow builds what the feed asks for, and no more.
func (f Feed) Workflow() *dataflow.Workflow {
	filter := dataflow.Params{schema.ColumnPublished: true}
	if f.Tag != "" {
		filter[schema.ColumnTags] = dataflow.Params{"$contains": f.Tag}
	}
	params := dataflow.Params{"filter": filter, "order_by": []string{"-created_at", "-id"}}
	if f.Limit > 0 {
		params["limit"] = f.Limit
	}
	wf := dataflow.NewWorkflow("feed").AddNode(schema.ListPosts, "posts", params)
	if f.Count {
		wf.AddNode("PostCountNode", "count", dataflow.Params{"filter": filter})
	}
	return wf
}

// Front is the front page.
func Front() *dataflow.Workflow {
	params := dataflow.Params{}
	params["filter"] = dataflow.Params{schema.ColumnPublished: true}
	params["limit"] = 10
	params["order_by"] = []string{"-views"}
	wf := dataflow.NewWorkflow("front")
	wf.AddNode(schema.ListPosts, "posts", params)
	return wf
}
