// Package bench sets the engine beside statements written by hand, GORM, ent and
// bun: the same operations on the same tables of SQLite and PostgreSQL, with the
// same drivers, pools and durability, in turns within one run.
//
//	make bench-peers
//
// measures all cells and prints them as Markdown. It is a module of its own, so
// that the peers are not among the engine's dependencies.
package bench
