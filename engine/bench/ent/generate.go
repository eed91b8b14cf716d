// Package ent is generated from schema.
package ent

//go:generate go tool ent generate --feature sql/upsert,sql/execquery ./schema
