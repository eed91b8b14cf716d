package errcatalog

// Drivers' errors are told apart by their numbers, never by their text: texts are
// translated, and change between versions.

// FromSQLState returns the code for a SQLSTATE as PostgreSQL sends it, DF502 for
// one that has no code of its own.
//
// The numbers are those of PostgreSQL's Appendix A, "PostgreSQL Error Codes":
// https://www.postgresql.org/docs/current/errcodes-appendix.html
func FromSQLState(state string) Code {
	if c, ok := sqlStates[state]; ok {
		return c
	}
	if len(state) == 5 {
		if c, ok := sqlStateClasses[state[:2]]; ok {
			return c
		}
	}
	return DF502
}

var sqlStates = map[string]Code{
	"23505": DF310, // unique_violation
	"23P01": DF310, // exclusion_violation: a unique key's generalization
	"23502": DF311, // not_null_violation
	"23514": DF312, // check_violation
	"23503": DF305, // foreign_key_violation
	"23001": DF305, // restrict_violation

	"40001": DF510, // serialization_failure
	"40P01": DF510, // deadlock_detected

	"42P01": DF309, // undefined_table
	"42P07": DF304, // duplicate_table

	"28000": DF408, // invalid_authorization_specification
	"28P01": DF408, // invalid_password
	"42501": DF408, // insufficient_privilege
	"3D000": DF402, // invalid_catalog_name: there is no such database

	"08001": DF402, // sqlclient_unable_to_establish_sqlconnection
	"08004": DF402, // sqlserver_rejected_establishment_of_sqlconnection
	"57P03": DF402, // cannot_connect_now: the server is starting or stopping

	"57P01": DF511, // admin_shutdown
	"57P02": DF511, // crash_shutdown
	"57P04": DF511, // database_dropped
	"57P05": DF511, // idle_session_timeout
	"25P03": DF511, // idle_in_transaction_session_timeout

	"53300": DF507, // too_many_connections
	"53100": DF506, // disk_full
	"53200": DF506, // out_of_memory
	"53400": DF506, // configuration_limit_exceeded

	// query_canceled covers a cancel request and statement_timeout alike. The
	// engine knows whether a deadline passed, and reports DF505 then.
	"57014": DF509,
	"55P03": DF505, // lock_not_available: lock_timeout ran out
	"25P04": DF505, // transaction_timeout
	"0A000": DF308, // feature_not_supported: the server is too old for the statement
}

// sqlStateClasses catches what is alike within a class.
var sqlStateClasses = map[string]Code{
	"08": DF511, // connection exception
	"28": DF408, // invalid authorization specification
	"40": DF510, // transaction rollback
	"53": DF506, // insufficient resources
	"54": DF506, // program limit exceeded
}

// FromSQLite returns the code for an extended result code of SQLite, DF502 for
// one that has no code of its own. Plain result codes are accepted too.
//
// The numbers are those of SQLite's "Result and Error Codes":
// https://www.sqlite.org/rescode.html
func FromSQLite(extendedCode int) Code {
	if c, ok := sqliteExtended[extendedCode]; ok {
		return c
	}
	// The low byte of an extended code is the primary result code.
	if c, ok := sqlitePrimary[extendedCode&0xff]; ok {
		return c
	}
	return DF502
}

var sqliteExtended = map[int]Code{
	2067: DF310, // SQLITE_CONSTRAINT_UNIQUE
	1555: DF310, // SQLITE_CONSTRAINT_PRIMARYKEY
	2579: DF310, // SQLITE_CONSTRAINT_ROWID
	1299: DF311, // SQLITE_CONSTRAINT_NOTNULL
	275:  DF312, // SQLITE_CONSTRAINT_CHECK
	3091: DF312, // SQLITE_CONSTRAINT_DATATYPE: a STRICT table's check of the type
	787:  DF305, // SQLITE_CONSTRAINT_FOREIGNKEY
	1811: DF305, // SQLITE_CONSTRAINT_TRIGGER
}

var sqlitePrimary = map[int]Code{
	3:  DF408, // SQLITE_PERM
	4:  DF509, // SQLITE_ABORT
	5:  DF510, // SQLITE_BUSY
	6:  DF510, // SQLITE_LOCKED
	7:  DF506, // SQLITE_NOMEM
	8:  DF408, // SQLITE_READONLY
	9:  DF509, // SQLITE_INTERRUPT
	10: DF511, // SQLITE_IOERR
	13: DF506, // SQLITE_FULL
	14: DF402, // SQLITE_CANTOPEN
	18: DF506, // SQLITE_TOOBIG
	23: DF408, // SQLITE_AUTH
	26: DF402, // SQLITE_NOTADB
}
