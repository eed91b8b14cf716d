// Package library lends books.
package library

import (
	"time"

	"github.com/dataflow-go/dataflow"
)

// Book can be lent.
type Book struct {
	dataflow.Model `df:"softdelete,unique=author+title"`
	ISBN           string `df:"isbn,pk"`
	Author         string
	Title          string
	Copies         int `df:",default=1" validate:"min=0"`
}

// Member lends books.
type Member struct {
	dataflow.Model
	ID     int
	Name   string
	Locked bool `df:",default=false"`
}

// Loan is a book that a member has.
type Loan struct {
	dataflow.Model
	ID       int
	ISBN     string `df:"isbn,ref=Book.isbn"`
	MemberID int    `df:",ref=Member.id"`
	Due      time.Time
	Returned *time.Time
}
