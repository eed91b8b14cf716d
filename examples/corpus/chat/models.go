// Package chat keeps rooms and messages.
package chat

import (
	"time"

	"github.com/google/uuid"

	"github.com/dataflow-go/dataflow"
)

// Room is where people write.
type Room struct {
	dataflow.Model
	ID      uuid.UUID
	Name    string `df:",unique"`
	Members []string
	Limits  map[string]any
}

// Message is what someone wrote.
type Message struct {
	dataflow.Model
	ID        uuid.UUID
	RoomID    uuid.UUID  `df:",index,ref=Room.id,ondelete=cascade"`
	ReplyTo   *uuid.UUID `df:",ref=Message.id,ondelete=set_null"`
	Sender    string
	Text      string `validate:"required,max=2000"`
	Reactions map[string]any
	CreatedAt time.Time
}
