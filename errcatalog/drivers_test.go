package errcatalog_test

import (
	"testing"

	"github.com/dataflow-go/dataflow/errcatalog"
)

func TestFromSQLState(t *testing.T) {
	t.Parallel()
	for state, want := range map[string]errcatalog.Code{
		"23505": errcatalog.DF310, // unique_violation
		"23502": errcatalog.DF311, // not_null_violation
		"23514": errcatalog.DF312, // check_violation
		"23503": errcatalog.DF305, // foreign_key_violation
		"40001": errcatalog.DF510, // serialization_failure
		"40P01": errcatalog.DF510, // deadlock_detected
		"40003": errcatalog.DF510, // statement_completion_unknown, by its class
		"42P01": errcatalog.DF309, // undefined_table
		"28P01": errcatalog.DF408, // invalid_password
		"28XXX": errcatalog.DF408, // by its class
		"08006": errcatalog.DF511, // connection_failure
		"08001": errcatalog.DF402, // unable to establish
		"53300": errcatalog.DF507, // too_many_connections
		"53100": errcatalog.DF506, // disk_full
		"53200": errcatalog.DF506, // out_of_memory
		"57014": errcatalog.DF509, // query_canceled
		"55P03": errcatalog.DF505, // lock_not_available
		"42601": errcatalog.DF502, // syntax_error
		"00000": errcatalog.DF502,
		"":      errcatalog.DF502,
		"235":   errcatalog.DF502,
		"08":    errcatalog.DF502,
	} {
		if got := errcatalog.FromSQLState(state); got != want {
			t.Errorf("FromSQLState(%q) = %s, want %s", state, got, want)
		}
	}
}

func TestFromSQLite(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]errcatalog.Code{
		2067:       errcatalog.DF310, // SQLITE_CONSTRAINT_UNIQUE
		1555:       errcatalog.DF310, // SQLITE_CONSTRAINT_PRIMARYKEY
		1299:       errcatalog.DF311, // SQLITE_CONSTRAINT_NOTNULL
		275:        errcatalog.DF312, // SQLITE_CONSTRAINT_CHECK
		787:        errcatalog.DF305, // SQLITE_CONSTRAINT_FOREIGNKEY
		19:         errcatalog.DF502, // SQLITE_CONSTRAINT alone does not say which
		5:          errcatalog.DF510, // SQLITE_BUSY
		5 | 2<<8:   errcatalog.DF510, // SQLITE_BUSY_SNAPSHOT, by its primary code
		6:          errcatalog.DF510, // SQLITE_LOCKED
		7:          errcatalog.DF506, // SQLITE_NOMEM
		13:         errcatalog.DF506, // SQLITE_FULL
		9:          errcatalog.DF509, // SQLITE_INTERRUPT
		14:         errcatalog.DF402, // SQLITE_CANTOPEN
		14 | 3<<8:  errcatalog.DF402, // SQLITE_CANTOPEN_FULLPATH
		10 | 16<<8: errcatalog.DF511, // SQLITE_IOERR_ACCESS
		8:          errcatalog.DF408, // SQLITE_READONLY
		26:         errcatalog.DF402, // SQLITE_NOTADB
		1:          errcatalog.DF502, // SQLITE_ERROR
		0:          errcatalog.DF502,
		-1:         errcatalog.DF502,
	} {
		if got := errcatalog.FromSQLite(code); got != want {
			t.Errorf("FromSQLite(%d) = %s, want %s", code, got, want)
		}
	}
}
