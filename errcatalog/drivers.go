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
	"44000": DF312, // with_check_option_violation: the check of a view
	"23503": DF305, // foreign_key_violation
	"23001": DF305, // restrict_violation

	// A value that the column's type does not take, or not in this form.
	"22P02": DF102, // invalid_text_representation
	"22P03": DF102, // invalid_binary_representation
	"22007": DF102, // invalid_datetime_format
	"22018": DF102, // invalid_character_value_for_cast
	"2200H": DF506, // sequence_generator_limit_exceeded

	"40001": DF510, // serialization_failure
	"40P01": DF510, // deadlock_detected

	// The table is not as the engine knows it.
	"42P01": DF309, // undefined_table
	"3F000": DF309, // invalid_schema_name: the schema that it should be in
	"42703": DF302, // undefined_column
	"42701": DF302, // duplicate_column
	"42P10": DF302, // invalid_column_reference: no unique index for ON CONFLICT
	"42804": DF303, // datatype_mismatch
	"42P07": DF304, // duplicate_table
	"42830": DF301, // invalid_foreign_key: what it refers to is not unique
	"42P16": DF301, // invalid_table_definition
	"2BP01": DF313, // dependent_objects_still_exist

	"28000": DF408, // invalid_authorization_specification
	"28P01": DF408, // invalid_password
	"42501": DF408, // insufficient_privilege
	"25006": DF408, // read_only_sql_transaction: a replica, or a user who may only read
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

	// query_canceled covers statement_timeout and pg_cancel_backend alike. When a
	// program cancels its own context, the error says that too, and the engine goes
	// by the context; what is left is nearly always the server's own time-out.
	"57014": DF505,
	"55P03": DF505, // lock_not_available: lock_timeout ran out
	"25P04": DF505, // transaction_timeout

	// 0A000, feature_not_supported, is left to DF502: it is what a prepared statement
	// gets after ALTER TABLE ("cached plan must not change result type"), and says
	// nothing of the server's version, which the engine looks at when it opens.
}

// sqlStateClasses catches what is alike within a class.
var sqlStateClasses = map[string]Code{
	"08": DF511, // connection exception
	"22": DF103, // data exception: too long, out of range, a NUL in a text, a bad pattern
	"25": DF504, // invalid transaction state; 25P02 after a statement failed in it
	"28": DF408, // invalid authorization specification
	"2D": DF504, // invalid transaction termination
	"40": DF504, // transaction rollback, for another reason than a collision
	"53": DF506, // insufficient resources: disk_full, out_of_memory
	"54": DF506, // program limit exceeded: a row too large for its index
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
	787:  DF305, // SQLITE_CONSTRAINT_FOREIGNKEY
	1811: DF305, // SQLITE_CONSTRAINT_TRIGGER: what a reference with RESTRICT gives
	3091: DF303, // SQLITE_CONSTRAINT_DATATYPE: a STRICT table's column is of another type
	531:  DF504, // SQLITE_CONSTRAINT_COMMITHOOK
	516:  DF504, // SQLITE_ABORT_ROLLBACK: the transaction was rolled back under the statement
	1032: DF511, // SQLITE_READONLY_DBMOVED: the file was moved or deleted while open
	3082: DF506, // SQLITE_IOERR_NOMEM
}

// Left to DF502 are SQLITE_ERROR, SQLITE_CONSTRAINT alone, which does not say what
// constraint, SQLITE_IOERR, a failing disk, and SQLITE_CORRUPT, a damaged file.
var sqlitePrimary = map[int]Code{
	3:  DF408, // SQLITE_PERM
	4:  DF509, // SQLITE_ABORT
	5:  DF510, // SQLITE_BUSY
	6:  DF510, // SQLITE_LOCKED
	7:  DF506, // SQLITE_NOMEM
	8:  DF408, // SQLITE_READONLY
	9:  DF509, // SQLITE_INTERRUPT
	13: DF506, // SQLITE_FULL
	14: DF402, // SQLITE_CANTOPEN
	15: DF510, // SQLITE_PROTOCOL: the locks of the write-ahead log were contended too long
	17: DF302, // SQLITE_SCHEMA
	18: DF506, // SQLITE_TOOBIG
	20: DF303, // SQLITE_MISMATCH: a key that is no integer, in a column that is
	23: DF408, // SQLITE_AUTH
	26: DF402, // SQLITE_NOTADB
}
