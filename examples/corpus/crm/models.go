// Package crm follows leads until they are customers.
package crm

import (
	"time"

	"github.com/dataflow-go/dataflow"
)

// Contact is what people and leads have in common.
type Contact struct {
	Email string `df:",unique" validate:"email"`
	Phone *string
}

// Lead may become a customer.
type Lead struct {
	dataflow.Model
	ID        string
	Contact          // its fields are columns of the lead
	Source    string `df:",default=web"`
	Score     int    `df:",default=0" validate:"min=0,max=100"`
	Stage     string `df:",default=new,index" validate:"oneof=new warm won lost"`
	Labels    []string
	Profile   Profile
	CreatedAt time.Time
	UpdatedAt time.Time
}

// Profile is kept as JSON.
type Profile struct {
	City     string   `json:"city"`
	Employed bool     `json:"employed"`
	Langs    []string `json:"langs"`
}

// Visit is a talk with a lead.
type Visit struct {
	dataflow.Model
	ID     int64
	LeadID string `df:",index,ref=Lead.id,ondelete=cascade"`
	Note   string
	At     time.Time
}
