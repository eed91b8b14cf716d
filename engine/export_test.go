package engine

import "context"

// Migrating calls f while the engine holds the right to migrate.
func Migrating(e *Engine, f func()) error {
	return e.migrating(context.Background(), nil, func(conn) error { f(); return nil })
}
