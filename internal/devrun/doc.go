// Package devrun runs a workflow that was read out of source, without compiling
// it, against a development database. It is what the command `dataflow run` and
// the language server's command dataflow.server.run share.
package devrun
