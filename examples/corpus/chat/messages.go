package chat

import "github.com/dataflow-go/dataflow"

// Say writes a message and an echo that replies to it.
func Say() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("say")
	wf.AddNode("RoomReadNode", "room", dataflow.Params{"filter": dataflow.Params{"name": dataflow.Input("room")}})
	say(wf, "message", dataflow.Input("text"))
	say(wf, "echo", "I heard that.")
	wf.AddConnection("message", "id", "echo", "reply_to")
	return wf
}

func say(wf *dataflow.Workflow, id string, text any) {
	wf.AddNode("MessageCreateNode", id, dataflow.Params{
		"sender": "ann", "text": text, "reactions": dataflow.Params{},
	})
	wf.AddConnection("room", "id", id, "room_id")
}

// React sets the reactions of a message.
func React() *dataflow.Workflow {
	return dataflow.NewWorkflow("react").AddNode("MessageUpdateNode", "react", dataflow.Params{
		"filter": dataflow.Params{"id": dataflow.Params{"$eq": dataflow.Input("message")}},
		"fields": dataflow.Params{"reactions": dataflow.Params{"+1": []string{"ben"}}},
	})
}

// History lists what was written, newest first, and counts the replies.
func History() *dataflow.Workflow {
	wf := dataflow.NewWorkflow("history")
	wf.AddNode("MessageListNode", "messages", dataflow.Params{
		"order_by": []string{"-created_at"}, "limit": 50, "with_total": true,
	})
	wf.AddNode("MessageCountNode", "replies", dataflow.Params{
		"filter": dataflow.Params{"reply_to": dataflow.Params{"$null": false}},
	})
	return wf
}
