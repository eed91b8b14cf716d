package engine

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/shopspring/decimal"

	"github.com/dataflow-go/dataflow/model"
)

// How values are stored on PostgreSQL:
//
//	bool            boolean
//	integers        smallint, integer or bigint; uint and uint64 as numeric(20)
//	floats          double precision
//	string          text COLLATE "C", whose order is that of the bytes
//	[]byte          bytea
//	time.Time       timestamptz, in microseconds
//	uuid.UUID       uuid
//	decimal         numeric
//	JSON            jsonb
//	arrays          arrays of these

func (postgres) now() any { return time.Now() }

func (d postgres) encode(t model.Type, v any) (any, error) {
	if v == nil {
		return nil, nil
	}
	if t.Array {
		return d.encodeArray(v)
	}
	switch x := v.(type) {
	case bool, int64, []byte:
		return v, nil
	case string:
		return v, checkText(x)
	case uint64:
		return pgtype.Numeric{Int: new(big.Int).SetUint64(x), Valid: true}, nil
	case float64:
		if math.IsNaN(x) {
			return nil, errors.New("NaN cannot be stored: it is equal to nothing, not even itself")
		}
		return v, nil
	case time.Time:
		return encodeTimestamp(x)
	case uuid.UUID:
		return [16]byte(x), nil
	case decimal.Decimal:
		return encodeNumeric(x)
	case json.RawMessage:
		text, err := encodeJSON(x)
		if err == nil && strings.Contains(text, `\u0000`) {
			if v, _ := parseJSON(text); holdsNUL(v) {
				err = errNUL
			}
		}
		return text, err
	}
	return nil, fmt.Errorf("no column holds a %T", v)
}

var errNUL = errors.New("PostgreSQL's text cannot hold a NUL byte")

// checkText refuses what PostgreSQL's text cannot hold.
func checkText(s string) error {
	if !utf8.ValidString(s) {
		return errors.New("PostgreSQL's text holds valid UTF-8 only; use []byte for other bytes")
	}
	if strings.IndexByte(s, 0) >= 0 {
		return errNUL
	}
	return nil
}

func holdsNUL(v any) bool {
	switch x := v.(type) {
	case string:
		return strings.IndexByte(x, 0) >= 0
	case []any:
		for _, e := range x {
			if holdsNUL(e) {
				return true
			}
		}
	case map[string]any:
		for k, e := range x {
			if holdsNUL(k) || holdsNUL(e) {
				return true
			}
		}
	}
	return false
}

// The range of timestamptz: 4713 BC to 294276 AD.
var (
	firstTimestamp = time.Date(-4712, 1, 1, 0, 0, 0, 0, time.UTC)
	lastTimestamp  = time.Date(294276, 12, 31, 23, 59, 59, 999999000, time.UTC)
)

func encodeTimestamp(t time.Time) (time.Time, error) {
	if t.Before(firstTimestamp) || t.After(lastTimestamp) {
		return t, fmt.Errorf("%s is out of the range of times that can be stored", t)
	}
	return t, nil
}

func encodeNumeric(d decimal.Decimal) (pgtype.Numeric, error) {
	if _, err := encodeDecimal(d); err != nil {
		return pgtype.Numeric{}, err
	}
	return pgtype.Numeric{Int: d.Coefficient(), Exp: d.Exponent(), Valid: true}, nil
}

func (postgres) encodeArray(v any) (any, error) {
	switch x := v.(type) {
	case []string:
		for i, s := range x {
			if err := checkText(s); err != nil {
				return nil, fmt.Errorf("element %d: %w", i, err)
			}
		}
	case []float64:
		for i, f := range x {
			if math.IsNaN(f) || math.IsInf(f, 0) {
				return nil, fmt.Errorf("element %d is %v, which an array cannot hold", i, f)
			}
		}
	case []uint64:
		return eachOf(x, func(u uint64) (pgtype.Numeric, error) {
			return pgtype.Numeric{Int: new(big.Int).SetUint64(u), Valid: true}, nil
		})
	case []time.Time:
		return eachOf(x, encodeTimestamp)
	case []uuid.UUID:
		return eachOf(x, func(u uuid.UUID) ([16]byte, error) { return u, nil })
	case []decimal.Decimal:
		return eachOf(x, encodeNumeric)
	}
	return v, nil
}

func eachOf[T, U any](items []T, f func(T) (U, error)) ([]U, error) {
	out := make([]U, len(items))
	for i, item := range items {
		var err error
		if out[i], err = f(item); err != nil {
			return nil, fmt.Errorf("element %d: %w", i, err)
		}
	}
	return out, nil
}

// decode makes what decodePostgres returned a value of the type. The two differ
// where a column was not made by the engine.
func (postgres) decode(t model.Type, v any) (any, error) {
	k := t.Kind
	switch x := v.(type) {
	case nil:
		return nil, nil
	case int64:
		switch {
		case t.Array:
		case k.IsInteger():
			return v, nil
		case k.IsFloat():
			return float64(x), nil
		case k == model.KindDecimal:
			return decimal.NewFromInt(x), nil
		}
	case string:
		switch {
		case t.Array:
		case k == model.KindString:
			return v, nil
		case k == model.KindUUID, k == model.KindTime, k == model.KindDecimal:
			return model.Convert(t.NotNull(), x)
		case k == model.KindJSON:
			return parseJSON(x)
		}
	case jsonText:
		if k == model.KindJSON && !t.Array {
			return parseJSON(string(x))
		}
	case decimal.Decimal:
		switch {
		case t.Array:
		case k == model.KindDecimal:
			return v, nil
		case k.IsInteger() && x.IsInteger():
			return wholeNumber(x)
		case k.IsFloat():
			return x.InexactFloat64(), nil
		}
	case float64:
		if !t.Array && k.IsFloat() {
			return v, nil
		}
	case bool:
		if !t.Array && k == model.KindBool {
			return v, nil
		}
	case time.Time:
		if !t.Array && k == model.KindTime {
			return v, nil
		}
	case []byte:
		if !t.Array && k == model.KindBytes {
			return v, nil
		}
	case uuid.UUID:
		switch {
		case t.Array:
		case k == model.KindUUID:
			return v, nil
		case k == model.KindString:
			return x.String(), nil
		}
	case []string:
		switch {
		case t.Array && k == model.KindString:
			return v, nil
		case t.Array:
			return model.Convert(t.NotNull(), x)
		}
	case []decimal.Decimal:
		switch {
		case !t.Array:
		case k.IsInteger():
			items, err := eachOf(x, wholeNumber)
			if err != nil {
				return nil, err
			}
			return model.Convert(t.NotNull(), items)
		case k == model.KindDecimal:
			return v, nil
		}
	default:
		if t.Array {
			return decodePostgresArray(t, v)
		}
	}
	return nil, unreadable(t, v)
}

// decodePostgresArray takes arrays whose elements are those of the type already.
func decodePostgresArray(t model.Type, v any) (any, error) {
	ok := false
	switch v.(type) {
	case []int64:
		ok = t.Kind.IsInteger()
	case []float64:
		ok = t.Kind.IsFloat()
	case []bool:
		ok = t.Kind == model.KindBool
	case []time.Time:
		ok = t.Kind == model.KindTime
	case []uuid.UUID:
		ok = t.Kind == model.KindUUID
	case [][]byte:
		ok = t.Kind == model.KindBytes
	}
	if ok {
		return v, nil
	}
	return model.Convert(t.NotNull(), v)
}

// wholeNumber is int64, or uint64 above its range.
func wholeNumber(d decimal.Decimal) (any, error) {
	i := d.BigInt()
	switch {
	case i.IsInt64():
		return i.Int64(), nil
	case i.IsUint64():
		return i.Uint64(), nil
	}
	return nil, fmt.Errorf("%s is out of the range of 64 bits", d)
}

// jsonText is JSON as the server wrote it.
type jsonText string

// decodePostgres reads one value from what the server sent, without reflection:
// int64, float64, bool, string, []byte, time.Time in UTC, uuid.UUID,
// decimal.Decimal, jsonText, slices of these, nil.
func decodePostgres(f *pgconn.FieldDescription, raw []byte) (any, error) {
	if raw == nil {
		return nil, nil
	}
	if f.Format == pgtype.TextFormatCode {
		return decodePostgresText(f, raw)
	}
	switch f.DataTypeOID {
	case pgtype.BoolArrayOID:
		return binaryArray(raw, readBool)
	case pgtype.Int2ArrayOID, pgtype.Int4ArrayOID, pgtype.Int8ArrayOID:
		return binaryArray(raw, readInt)
	case pgtype.Float4ArrayOID, pgtype.Float8ArrayOID:
		return binaryArray(raw, readFloat)
	case pgtype.TextArrayOID, pgtype.VarcharArrayOID:
		return binaryArray(raw, readString)
	case pgtype.ByteaArrayOID:
		return binaryArray(raw, readBytes)
	case pgtype.TimestamptzArrayOID, pgtype.TimestampArrayOID:
		return binaryArray(raw, readTime)
	case pgtype.UUIDArrayOID:
		return binaryArray(raw, readUUID)
	case pgtype.NumericArrayOID:
		return binaryArray(raw, readNumeric)
	case pgtype.Int2OID, pgtype.Int4OID, pgtype.Int8OID:
		return boxed(readInt(raw))
	case pgtype.BoolOID:
		return boxed(readBool(raw))
	case pgtype.Float4OID, pgtype.Float8OID:
		return boxed(readFloat(raw))
	case pgtype.TextOID, pgtype.VarcharOID, pgtype.BPCharOID, pgtype.NameOID, pgtype.UnknownOID:
		return string(raw), nil
	case pgtype.ByteaOID:
		return boxed(readBytes(raw))
	case pgtype.TimestamptzOID, pgtype.TimestampOID:
		return boxed(readTime(raw))
	case pgtype.DateOID:
		if len(raw) != 4 {
			return nil, errShort
		}
		days := int32(binary.BigEndian.Uint32(raw)) //nolint:gosec // two's complement, as sent
		return epoch2000.AddDate(0, 0, int(days)), nil
	case pgtype.UUIDOID:
		return boxed(readUUID(raw))
	case pgtype.NumericOID:
		return boxed(readNumeric(raw))
	case pgtype.JSONBOID:
		if len(raw) > 0 && raw[0] == 1 { // the version of the format
			return jsonText(raw[1:]), nil
		}
	case pgtype.JSONOID:
		return jsonText(raw), nil
	}
	return nil, fmt.Errorf("the column %s has a type that the engine cannot read (OID %d)", f.Name, f.DataTypeOID)
}

func decodePostgresText(f *pgconn.FieldDescription, raw []byte) (any, error) {
	switch f.DataTypeOID {
	case pgtype.JSONBOID, pgtype.JSONOID:
		return jsonText(raw), nil
	case pgtype.NumericOID:
		return decimal.NewFromString(string(raw))
	}
	return string(raw), nil
}

var errShort = errors.New("the database sent a value of an unexpected length")

func boxed[T any](v T, err error) (any, error) {
	if err != nil {
		return nil, err
	}
	return v, nil
}

func readBool(raw []byte) (bool, error) {
	if len(raw) != 1 {
		return false, errShort
	}
	return raw[0] != 0, nil
}

func readInt(raw []byte) (int64, error) {
	switch len(raw) {
	case 2:
		return int64(int16(binary.BigEndian.Uint16(raw))), nil //nolint:gosec // two's complement, as sent
	case 4:
		return int64(int32(binary.BigEndian.Uint32(raw))), nil //nolint:gosec // two's complement, as sent
	case 8:
		return int64(binary.BigEndian.Uint64(raw)), nil //nolint:gosec // two's complement, as sent
	}
	return 0, errShort
}

func readFloat(raw []byte) (float64, error) {
	switch len(raw) {
	case 4:
		return float64(math.Float32frombits(binary.BigEndian.Uint32(raw))), nil
	case 8:
		return math.Float64frombits(binary.BigEndian.Uint64(raw)), nil
	}
	return 0, errShort
}

func readString(raw []byte) (string, error) { return string(raw), nil }

func readBytes(raw []byte) ([]byte, error) { return append([]byte{}, raw...), nil }

func readUUID(raw []byte) (uuid.UUID, error) { return uuid.FromBytes(raw) }

// epoch2000 is where PostgreSQL counts time from.
var epoch2000 = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

func readTime(raw []byte) (time.Time, error) {
	micros, err := readInt(raw)
	if err != nil || len(raw) != 8 {
		return time.Time{}, errShort
	}
	if micros == math.MaxInt64 || micros == math.MinInt64 {
		return time.Time{}, errors.New("the time is infinite, which a time.Time cannot be")
	}
	const sec = 1_000_000
	return time.Unix(epoch2000.Unix()+micros/sec, micros%sec*1000).UTC(), nil
}

func readNumeric(raw []byte) (decimal.Decimal, error) {
	var n pgtype.Numeric
	if err := numericMap.Scan(pgtype.NumericOID, pgtype.BinaryFormatCode, raw, &n); err != nil {
		return decimal.Decimal{}, err
	}
	if n.NaN || n.InfinityModifier != pgtype.Finite {
		return decimal.Decimal{}, errors.New("the number is NaN or infinite, which a decimal.Decimal cannot be")
	}
	d := decimal.NewFromBigInt(n.Int, n.Exp)
	// As SQLite gives it: without trailing zeros.
	return decimal.NewFromString(d.String())
}

// numericMap is never changed, so it is safe for concurrent use.
var numericMap = pgtype.NewMap()

// binaryArray reads a one-dimensional array: the number of dimensions, a flag, the
// type, the length and the lower bound, then each element with its length before it.
func binaryArray[T any](raw []byte, read func([]byte) (T, error)) (any, error) {
	if len(raw) < 12 {
		return nil, errShort
	}
	dimensions := binary.BigEndian.Uint32(raw)
	if dimensions == 0 {
		return []T{}, nil
	}
	if dimensions != 1 || len(raw) < 20 {
		return nil, fmt.Errorf("an array of %d dimensions is no list", dimensions)
	}
	n := int(binary.BigEndian.Uint32(raw[12:]))
	raw = raw[20:]
	if n > len(raw)/4 {
		return nil, errShort
	}
	items := make([]T, n)
	for i := range items {
		if len(raw) < 4 {
			return nil, errShort
		}
		size := int(int32(binary.BigEndian.Uint32(raw))) //nolint:gosec // two's complement, as sent
		raw = raw[4:]
		if size < 0 {
			return nil, fmt.Errorf("element %d is null", i)
		}
		if size > len(raw) {
			return nil, errShort
		}
		item, err := read(raw[:size])
		if err != nil {
			return nil, fmt.Errorf("element %d: %w", i, err)
		}
		items[i], raw = item, raw[size:]
	}
	return items, nil
}

func (postgres) columnType(f *model.Field) string {
	s := scalarType(f.Type.Kind)
	if f.Type.Array {
		return s + "[]"
	}
	return s
}

func scalarType(k model.Kind) string {
	switch k {
	case model.KindBool:
		return "boolean"
	case model.KindInt8, model.KindInt16, model.KindUint8:
		return "smallint"
	case model.KindInt32, model.KindUint16:
		return "integer"
	case model.KindInt, model.KindInt64, model.KindUint32:
		return "bigint"
	case model.KindUint, model.KindUint64:
		return "numeric(20,0)"
	case model.KindFloat32, model.KindFloat64:
		return "double precision"
	case model.KindBytes:
		return "bytea"
	case model.KindTime:
		return "timestamp with time zone"
	case model.KindUUID:
		return "uuid"
	case model.KindDecimal:
		return "numeric"
	case model.KindJSON:
		return "jsonb"
	}
	return "text"
}
