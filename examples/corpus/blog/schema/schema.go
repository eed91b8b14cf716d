// Package schema holds a blog's models, and the names that its workflows use.
package schema

import (
	"time"

	"github.com/dataflow-go/dataflow"
)

// Author writes.
type Author struct {
	dataflow.Model
	ID     string
	Handle string `df:",unique" validate:"min=3,max=20"`
	Bio    *string
}

// Post is what an author writes.
type Post struct {
	dataflow.Model `df:"softdelete"`
	ID             int64
	AuthorID       string `df:",ref=Author.id"`
	Slug           string `df:",unique"`
	Title          string `validate:"max=120"`
	Body           string
	Tags           []string
	Published      bool `df:",default=false"`
	Views          int  `df:",default=0"`
	CreatedAt      time.Time
	UpdatedAt      time.Time
}

// Comment is what a reader says to a post.
type Comment struct {
	dataflow.Model
	ID        int64
	PostID    int64 `df:",index,ref=Post.id"`
	ReplyTo   *int64
	Text      string
	CreatedAt time.Time
}

// The node types that are used in several places.
const (
	CreatePost    = "PostCreateNode"
	ReadPost      = "PostReadNode"
	ListPosts     = "PostListNode"
	CreateComment = "CommentCreateNode"
)

// The columns that filters name.
const (
	ColumnSlug      = "slug"
	ColumnPublished = "published"
	ColumnTags      = "tags"
)

// Step is the id of a node.
type Step = string

// The steps that other packages build on.
const (
	StepPost    Step = "post"
	StepComment Step = StepPost + "_comment"
)
