package errcatalog_test

import (
	"testing"

	"github.com/dataflow-go/dataflow/errcatalog"
)

func TestFromSQLState(t *testing.T) {
	t.Parallel()
	for state, want := range map[string]errcatalog.Code{
		// Constraints.
		"23505": errcatalog.DF310, // unique_violation
		"23P01": errcatalog.DF310, // exclusion_violation
		"23502": errcatalog.DF311, // not_null_violation
		"23514": errcatalog.DF312, // check_violation
		"44000": errcatalog.DF312, // with_check_option_violation
		"23503": errcatalog.DF305, // foreign_key_violation
		"23001": errcatalog.DF305, // restrict_violation
		"23000": errcatalog.DF502, // integrity_constraint_violation does not say which

		// Values.
		"22001": errcatalog.DF103, // string_data_right_truncation
		"22003": errcatalog.DF103, // numeric_value_out_of_range
		"22008": errcatalog.DF103, // datetime_field_overflow
		"22021": errcatalog.DF103, // character_not_in_repertoire
		"22P05": errcatalog.DF103, // untranslatable_character
		"2201B": errcatalog.DF103, // invalid_regular_expression
		"22023": errcatalog.DF103, // invalid_parameter_value
		"22P02": errcatalog.DF102, // invalid_text_representation
		"22P03": errcatalog.DF102, // invalid_binary_representation
		"22007": errcatalog.DF102, // invalid_datetime_format
		"22018": errcatalog.DF102, // invalid_character_value_for_cast
		"22004": errcatalog.DF103, // null_value_not_allowed
		"2200H": errcatalog.DF506, // sequence_generator_limit_exceeded

		// Transactions.
		"40001": errcatalog.DF510, // serialization_failure
		"40P01": errcatalog.DF510, // deadlock_detected
		"40000": errcatalog.DF504, // transaction_rollback
		"40003": errcatalog.DF504, // statement_completion_unknown, which must not be retried
		"25P02": errcatalog.DF504, // in_failed_sql_transaction
		"25001": errcatalog.DF504, // active_sql_transaction
		"25P01": errcatalog.DF504, // no_active_sql_transaction
		"2D000": errcatalog.DF504, // invalid_transaction_termination
		"25006": errcatalog.DF408, // read_only_sql_transaction

		// Time.
		"57014": errcatalog.DF505, // query_canceled
		"55P03": errcatalog.DF505, // lock_not_available
		"25P04": errcatalog.DF505, // transaction_timeout

		// Tables.
		"42P01": errcatalog.DF309, // undefined_table
		"3F000": errcatalog.DF309, // invalid_schema_name
		"42703": errcatalog.DF302, // undefined_column
		"42701": errcatalog.DF302, // duplicate_column
		"42P10": errcatalog.DF302, // invalid_column_reference
		"42804": errcatalog.DF303, // datatype_mismatch
		"42P07": errcatalog.DF304, // duplicate_table
		"42830": errcatalog.DF301, // invalid_foreign_key
		"42P16": errcatalog.DF301, // invalid_table_definition
		"2BP01": errcatalog.DF313, // dependent_objects_still_exist

		// Rights and connections.
		"28000": errcatalog.DF408, // invalid_authorization_specification
		"28P01": errcatalog.DF408, // invalid_password
		"28XXX": errcatalog.DF408, // by its class
		"42501": errcatalog.DF408, // insufficient_privilege
		"3D000": errcatalog.DF402, // invalid_catalog_name
		"08001": errcatalog.DF402, // sqlclient_unable_to_establish_sqlconnection
		"08004": errcatalog.DF402, // sqlserver_rejected_establishment_of_sqlconnection
		"57P03": errcatalog.DF402, // cannot_connect_now
		"08000": errcatalog.DF511, // connection_exception
		"08003": errcatalog.DF511, // connection_does_not_exist
		"08006": errcatalog.DF511, // connection_failure
		"08007": errcatalog.DF511, // transaction_resolution_unknown
		"08P01": errcatalog.DF511, // protocol_violation
		"57P01": errcatalog.DF511, // admin_shutdown
		"57P02": errcatalog.DF511, // crash_shutdown
		"57P04": errcatalog.DF511, // database_dropped
		"57P05": errcatalog.DF511, // idle_session_timeout
		"25P03": errcatalog.DF511, // idle_in_transaction_session_timeout

		// Resources.
		"53300": errcatalog.DF507, // too_many_connections
		"53100": errcatalog.DF506, // disk_full
		"53200": errcatalog.DF506, // out_of_memory
		"53400": errcatalog.DF506, // configuration_limit_exceeded
		"54000": errcatalog.DF506, // program_limit_exceeded
		"54001": errcatalog.DF506, // statement_too_complex

		// What has no code of its own.
		"0A000":  errcatalog.DF502, // feature_not_supported
		"26000":  errcatalog.DF502, // invalid_sql_statement_name
		"42601":  errcatalog.DF502, // syntax_error
		"42883":  errcatalog.DF502, // undefined_function
		"55006":  errcatalog.DF502, // object_in_use
		"58030":  errcatalog.DF502, // io_error
		"P0001":  errcatalog.DF502, // raise_exception
		"XX000":  errcatalog.DF502, // internal_error
		"XX001":  errcatalog.DF502, // data_corrupted
		"00000":  errcatalog.DF502,
		"":       errcatalog.DF502,
		"235":    errcatalog.DF502,
		"08":     errcatalog.DF502,
		"080060": errcatalog.DF502,
	} {
		if got := errcatalog.FromSQLState(state); got != want {
			t.Errorf("FromSQLState(%q) = %s, want %s", state, got, want)
		}
	}
}

func TestFromSQLite(t *testing.T) {
	t.Parallel()
	for code, want := range map[int]errcatalog.Code{
		2067: errcatalog.DF310, // SQLITE_CONSTRAINT_UNIQUE
		1555: errcatalog.DF310, // SQLITE_CONSTRAINT_PRIMARYKEY
		2579: errcatalog.DF310, // SQLITE_CONSTRAINT_ROWID
		1299: errcatalog.DF311, // SQLITE_CONSTRAINT_NOTNULL
		275:  errcatalog.DF312, // SQLITE_CONSTRAINT_CHECK
		787:  errcatalog.DF305, // SQLITE_CONSTRAINT_FOREIGNKEY
		1811: errcatalog.DF305, // SQLITE_CONSTRAINT_TRIGGER
		3091: errcatalog.DF303, // SQLITE_CONSTRAINT_DATATYPE
		531:  errcatalog.DF504, // SQLITE_CONSTRAINT_COMMITHOOK
		19:   errcatalog.DF502, // SQLITE_CONSTRAINT
		1043: errcatalog.DF502, // SQLITE_CONSTRAINT_FUNCTION
		2323: errcatalog.DF502, // SQLITE_CONSTRAINT_VTAB
		2835: errcatalog.DF502, // SQLITE_CONSTRAINT_PINNED

		5:   errcatalog.DF510, // SQLITE_BUSY
		261: errcatalog.DF510, // SQLITE_BUSY_RECOVERY
		517: errcatalog.DF510, // SQLITE_BUSY_SNAPSHOT
		773: errcatalog.DF510, // SQLITE_BUSY_TIMEOUT
		6:   errcatalog.DF510, // SQLITE_LOCKED
		262: errcatalog.DF510, // SQLITE_LOCKED_SHAREDCACHE
		15:  errcatalog.DF510, // SQLITE_PROTOCOL
		4:   errcatalog.DF509, // SQLITE_ABORT
		516: errcatalog.DF504, // SQLITE_ABORT_ROLLBACK
		9:   errcatalog.DF509, // SQLITE_INTERRUPT

		7:    errcatalog.DF506, // SQLITE_NOMEM
		13:   errcatalog.DF506, // SQLITE_FULL
		18:   errcatalog.DF506, // SQLITE_TOOBIG
		3082: errcatalog.DF506, // SQLITE_IOERR_NOMEM

		3:    errcatalog.DF408, // SQLITE_PERM
		8:    errcatalog.DF408, // SQLITE_READONLY
		264:  errcatalog.DF408, // SQLITE_READONLY_RECOVERY
		1544: errcatalog.DF408, // SQLITE_READONLY_DIRECTORY
		23:   errcatalog.DF408, // SQLITE_AUTH
		1032: errcatalog.DF511, // SQLITE_READONLY_DBMOVED
		14:   errcatalog.DF402, // SQLITE_CANTOPEN
		782:  errcatalog.DF402, // SQLITE_CANTOPEN_FULLPATH
		526:  errcatalog.DF402, // SQLITE_CANTOPEN_ISDIR
		26:   errcatalog.DF402, // SQLITE_NOTADB

		17: errcatalog.DF302, // SQLITE_SCHEMA
		20: errcatalog.DF303, // SQLITE_MISMATCH

		1:    errcatalog.DF502, // SQLITE_ERROR
		10:   errcatalog.DF502, // SQLITE_IOERR
		778:  errcatalog.DF502, // SQLITE_IOERR_WRITE
		8458: errcatalog.DF502, // SQLITE_IOERR_CORRUPTFS
		11:   errcatalog.DF502, // SQLITE_CORRUPT
		779:  errcatalog.DF502, // SQLITE_CORRUPT_INDEX
		0:    errcatalog.DF502,
		-1:   errcatalog.DF502,
	} {
		if got := errcatalog.FromSQLite(code); got != want {
			t.Errorf("FromSQLite(%d) = %s, want %s", code, got, want)
		}
	}
}
