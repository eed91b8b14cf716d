package flows

import (
	"github.com/dataflow-go/dataflow"
	"github.com/dataflow-go/dataflow/examples/corpus/blog/schema"
)

// Comment says something to a post, and answers it at once.
func Comment() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("comment")
	schema.FindPost(wf, dataflow.Input("slug"))
	wf.AddNode(schema.CreateComment, schema.StepComment, dataflow.Params{"text": dataflow.Input("text")})
	wf.AddConnection(schema.StepPost, "id", schema.StepComment, "post_id")
	wf.AddNode(schema.CreateComment, "answer", dataflow.Params{"text": "Thank you!"})
	wf.AddConnection(schema.StepComment, "post_id", "answer", "post_id")
	wf.AddConnection(schema.StepComment, "id", "answer", "reply_to")
	return wf
}

// Thread lists a post's comments, oldest first.
func Thread() *dataflow.Workflow {
	return schema.FindPost(dataflow.NewWorkflow("thread"), dataflow.Input("slug")).
		AddNode("CommentListNode", "comments", dataflow.Params{"order_by": []string{"id"}}).
		AddConnection(schema.StepPost, "id", "comments", "filter.post_id")
}
