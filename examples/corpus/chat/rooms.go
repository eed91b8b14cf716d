package chat

import "github.com/dataflow-go/dataflow"

var lobby = "6f1c3f0e-3d0a-4c0f-9d64-7a55b2a5c001"

// Lobby makes the room where everyone starts, once.
func Lobby() *dataflow.Workflow {
	return dataflow.NewWorkflow("lobby").AddNode("RoomUpsertNode", "room", dataflow.Params{
		"where": dataflow.Params{"id": lobby},
		"create": dataflow.Params{
			"name":    "lobby",
			"members": []string{"ann", "ben"},
			"limits":  dataflow.Params{"length": 2000, "rate": dataflow.Params{"per_minute": 30}},
		},
	})
}

// RoomsOf lists the rooms that someone is a member of.
func RoomsOf() *dataflow.Workflow {
	return dataflow.NewWorkflow("rooms_of").AddNode("RoomListNode", "rooms", dataflow.Params{
		"filter": dataflow.Params{
			"members":     dataflow.Params{"$contains": dataflow.Input("member")},
			"limits.rate": dataflow.Params{"$exists": true},
		},
	})
}
