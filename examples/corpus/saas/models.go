// Package saas keeps the records of tenants apart.
package saas

import (
	"time"

	"github.com/google/uuid"

	"github.com/dataflow-go/dataflow"
)

// Project belongs to a tenant; its slug is the tenant's own.
type Project struct {
	dataflow.Model `df:"tenant=org_id,softdelete"`
	ID             uuid.UUID
	Slug           string `df:",unique"`
	Title          string
	Settings       map[string]any
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// Task is part of a project.
type Task struct {
	dataflow.Model `df:"tenant=org_id,versioned"`
	ID             uuid.UUID
	ProjectID      uuid.UUID `df:",index,ref=Project.id"`
	Title          string
	Done           bool `df:",default=false"`
	Due            *time.Time
}
