// Package patterns holds the answers to what teams ask first: chains, pages,
// filters, imports, relations and branches.
package patterns

import (
	"time"

	"github.com/dataflow-go/dataflow"
)

// Organization groups accounts.
type Organization struct {
	dataflow.Model
	ID   string
	Name string
	Plan string `df:",default=free" validate:"oneof=free pro enterprise"`
}

// Account belongs to an organization.
type Account struct {
	dataflow.Model
	ID             string
	OrganizationID *string `df:",index,ref=Organization.id,ondelete=set_null"`
	Email          string  `df:",unique"`
	Name           string
	Status         string `df:",default=active"`
	Age            *int
	Credits        int `df:",default=0"`
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// Role is what an account may do.
type Role struct {
	dataflow.Model
	ID    int64
	Title string `df:",unique"`
}

// AccountRole joins accounts and roles.
type AccountRole struct {
	dataflow.Model
	AccountID string `df:",pk,ref=Account.id,ondelete=cascade"`
	RoleID    int64  `df:",pk,ref=Role.id,ondelete=cascade"`
	GrantedBy *string
}
