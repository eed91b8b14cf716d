// Package lsp is DataFlow's language server. It reports the mistakes in Go
// workflows while they are typed, explains and mends them, and runs a workflow
// against a development database, all over the Language Server Protocol.
//
// Serve speaks the protocol over one stream until the client leaves:
//
//	code := lsp.Serve(ctx, lsp.Stdio(os.Stdin, os.Stdout), lsp.Options{Version: "v1.0.0"})
//	os.Exit(code)
//
// # How a message travels
//
// Notifications are handled one after another, on the goroutine that reads
// them, so that edits are applied in the order in which they were made. A
// request takes its snapshot of the open documents there too and is then
// answered on a goroutine of its own: it sees exactly the edits that were sent
// before it. All that the server says of its own accord goes through one
// outbox, so that a client that does not read never holds up a lock.
//
// Each feature has a file named after it.
package lsp
