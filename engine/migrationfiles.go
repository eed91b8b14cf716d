package engine

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// A MigrationFile is a versioned migration: a file of SQL that a database gets
// once. Files are applied in the order of their names, which therefore begin with
// the time that they were made at: 20261123143000_add_nickname.sql.
type MigrationFile struct {
	Name string
	// Checksum is the SHA-256 of the file's content, in hexadecimal.
	Checksum string
	// AppliedAt is when the database got it; the zero time stands for not yet.
	AppliedAt time.Time
}

// Applied reports whether the database got the file.
func (f MigrationFile) Applied() bool { return !f.AppliedAt.IsZero() }

// The table that remembers what was applied, the same on both databases.
const (
	filesTable  = "dataflow_migrations"
	makeFiles   = "CREATE TABLE " + filesTable + " (name text NOT NULL PRIMARY KEY, checksum text NOT NULL, applied_at text NOT NULL)"
	selectFiles = "SELECT name, checksum, applied_at FROM " + filesTable + " ORDER BY name"
)

// MigrationFiles lists the files of dir whose names end in .sql, and which of them
// the database got. The error is DF-301 when the database got others than these: a
// file that was changed or removed afterwards, or one that comes before those that
// were applied.
func (e *Engine) MigrationFiles(ctx context.Context, dir fs.FS) ([]MigrationFile, error) {
	leave, err := e.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	files, _, err := e.readMigrations(dir)
	if err != nil {
		return nil, err
	}
	c, err := e.readers.get(ctx)
	if err != nil {
		return nil, e.filesError(err, "which migrations were applied cannot be read")
	}
	defer e.readers.put(c)
	_, err = e.markApplied(ctx, c, files)
	return files, err
}

// ApplyMigrationFiles gives the database the files of dir that it did not get yet,
// each in a transaction of its own, and returns those. Others that migrate at the
// same time are waited for; DF-307 when they do not end. At the first file that
// fails, with DF-301, nothing of it is kept and none after it is tried.
//
// It is for programs that carry their migrations in an [embed.FS] and open the
// database with WithAutoMigrate(false).
func (e *Engine) ApplyMigrationFiles(ctx context.Context, dir fs.FS) (applied []MigrationFile, err error) {
	leave, err := e.enter()
	if err != nil {
		return nil, err
	}
	defer leave()
	files, texts, err := e.readMigrations(dir)
	if err != nil {
		return nil, err
	}
	defer e.cache.Clear()
	for more := true; more && err == nil; {
		var now MigrationFile
		err = e.migrating(ctx, nil, func(c conn) error {
			started, err := e.markApplied(ctx, c, files)
			if err != nil {
				return err
			}
			i := slices.IndexFunc(files, func(f MigrationFile) bool { return !f.Applied() })
			if more = i >= 0; !more {
				return nil
			}
			if !started {
				if _, err := c.exec(ctx, makeFiles); err != nil {
					return e.filesError(err, "the table %s cannot be made", filesTable)
				}
			}
			now = files[i]
			now.AppliedAt = time.Now().UTC().Truncate(time.Second)
			return e.applyFile(ctx, c, now, texts[i])
		})
		if err == nil && more {
			applied = append(applied, now)
		}
	}
	return applied, err
}

func (e *Engine) applyFile(ctx context.Context, c conn, f MigrationFile, text string) error {
	e.log.InfoContext(ctx, "migrate", "file", f.Name)
	if _, err := c.exec(ctx, text); err != nil {
		at := f.Name
		if pe := (*pgconn.PgError)(nil); errors.As(err, &pe) && pe.Position > 0 && int(pe.Position) <= len(text) {
			at = fmt.Sprintf("%s:%d", f.Name, 1+strings.Count(text[:pe.Position-1], "\n"))
		}
		return e.filesError(err, "%s failed, and nothing of it was kept", at)
	}
	if !c.inTransaction() {
		return e.filesError(nil, "%s ends the transaction that it runs in: take BEGIN, COMMIT and ROLLBACK out of it, and look at what it did", f.Name)
	}
	p := e.dialect.placeholder
	_, err := c.exec(ctx, "INSERT INTO "+filesTable+" (name, checksum, applied_at) VALUES ("+p(1)+", "+p(2)+", "+p(3)+")",
		f.Name, f.Checksum, f.AppliedAt.Format(time.RFC3339))
	if err != nil {
		return e.filesError(err, "%s could not be noted in the table %s, and nothing of it was kept", f.Name, filesTable)
	}
	return nil
}

// readMigrations reads the files of dir in order.
func (e *Engine) readMigrations(dir fs.FS) (files []MigrationFile, texts []string, err error) {
	names, err := fs.Glob(dir, "*.sql")
	if err != nil {
		return nil, nil, e.filesError(err, "the migration files cannot be listed")
	}
	slices.Sort(names)
	for _, name := range names {
		text, err := fs.ReadFile(dir, name)
		if err != nil {
			return nil, nil, e.filesError(err, "the migration file %s cannot be read", name)
		}
		// The line ends of a checkout are not the file's content.
		normal := strings.ReplaceAll(string(text), "\r\n", "\n")
		if strings.TrimSpace(normal) == "" {
			return nil, nil, e.filesError(nil, "the migration file %s is empty: write its SQL, or remove it", name)
		}
		sum := sha256.Sum256([]byte(normal))
		files = append(files, MigrationFile{Name: name, Checksum: hex.EncodeToString(sum[:])})
		texts = append(texts, normal)
	}
	return files, texts, nil
}

// markApplied enters into files when they were applied; started is false for a
// database that never got one.
func (e *Engine) markApplied(ctx context.Context, c conn, files []MigrationFile) (started bool, err error) {
	live, err := e.dialect.inspect(ctx, c, filesTable)
	if err != nil {
		return false, e.filesError(err, "the table %s cannot be read", filesTable)
	}
	if live.kind == "" {
		return false, nil
	}
	last := ""
	err = c.query(ctx, selectFiles, nil, func(values []any) error {
		var text [3]string
		for i, v := range values {
			text[i], _ = v.(string)
		}
		name := text[0]
		last = name
		i := slices.IndexFunc(files, func(f MigrationFile) bool { return f.Name == name })
		if i < 0 {
			return e.filesError(nil, "the database got the migration %s, which is not among the files: bring the file back, or use the folder that it is in", name)
		}
		if files[i].Checksum != text[1] {
			return e.filesError(nil, "%s was changed after the database got it: restore the file, and write what is to change into a new one", name)
		}
		at, err := time.Parse(time.RFC3339, text[2])
		if err != nil {
			return e.filesError(err, "the table %s holds a time for %s that cannot be read", filesTable, name)
		}
		files[i].AppliedAt = at
		return nil
	})
	if coded := (*errcatalog.Error)(nil); err != nil && !errors.As(err, &coded) {
		err = e.filesError(err, "the table %s cannot be read", filesTable)
	}
	if err != nil {
		return true, err
	}
	for _, f := range files {
		if f.Name < last && !f.Applied() {
			return true, e.filesError(nil, "%s comes before %s, which the database got already: give the file a later name", f.Name, last)
		}
	}
	return true, nil
}

// filesError is an error about migration files; err may be nil. A database that is
// locked, full or gone has its own code.
func (e *Engine) filesError(err error, format string, args ...any) error {
	f := errcatalog.Finding{Code: errcatalog.DF301, Message: fmt.Sprintf(format, args...)}
	if err == nil {
		return e.fail(f, nil)
	}
	switch c := e.migrationCode(err); c {
	case errcatalog.DF307, errcatalog.DF505, errcatalog.DF506, errcatalog.DF408, errcatalog.DF509, errcatalog.DF511:
		f.Code = c
	}
	f.Message += ": " + e.plain(err)
	return e.fail(f, err)
}
