// Package ops deploys services to hosts.
package ops

import (
	"time"

	"github.com/dataflow-go/dataflow"
)

// Host runs services.
type Host struct {
	dataflow.Model
	Name   string `df:",pk"`
	Region string `df:",index"`
	Cores  int    `df:",default=1" validate:"min=1,max=512"`
	Labels map[string]any
}

// Service is deployed.
type Service struct {
	dataflow.Model
	ID    int64
	Name  string `df:",unique"`
	Owner string
	Env   []string
}

// Deployment is a version of a service on a host.
type Deployment struct {
	dataflow.Model `df:"unique=service_id+host"`
	ID             int64
	ServiceID      int64  `df:",ref=Service.id,ondelete=cascade"`
	Host           string `df:",ref=Host.name"`
	Version        string
	State          State `df:",default=pending" validate:"oneof=pending running failed"`
	StartedAt      *time.Time
}

// State is how a deployment stands.
type State string

// The states.
const (
	Pending State = "pending"
	Running State = "running"
	Failed  State = "failed"
)
