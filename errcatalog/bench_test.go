package errcatalog_test

import (
	"strconv"
	"testing"

	"github.com/dataflow-go/dataflow/errcatalog"
)

// BenchmarkFull makes errors of patterns that were never seen.
func BenchmarkFull(b *testing.B) {
	e := errcatalog.NewEnhancer(errcatalog.EnhancerConfig{})
	f := missingEmail()
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		i++
		f.Details.Node = "n" + strconv.Itoa(i)
		kept = e.Error(f)
	}
}

// BenchmarkCached makes errors of one pattern.
func BenchmarkCached(b *testing.B) {
	e := errcatalog.NewEnhancer(errcatalog.EnhancerConfig{})
	f := missingEmail()
	b.ReportAllocs()
	for b.Loop() {
		kept = e.Error(f)
	}
}

func BenchmarkMinimal(b *testing.B) { benchmark(b, errcatalog.Minimal) }

func BenchmarkDisabled(b *testing.B) { benchmark(b, errcatalog.Disabled) }

// BenchmarkDisabledFirst makes errors whose messages were not seen lately.
func BenchmarkDisabledFirst(b *testing.B) {
	e := errcatalog.NewEnhancer(errcatalog.EnhancerConfig{Mode: errcatalog.Disabled})
	messages := make([]string, 4096)
	for i := range messages {
		messages[i] = "\"email\" is required to create User " + strconv.Itoa(i)
	}
	f := missingEmail()
	i := 0
	b.ReportAllocs()
	for b.Loop() {
		i++
		f.Message = messages[i%len(messages)]
		kept = e.Error(f)
	}
}

// kept keeps errors from being made on the stack, where those of a program are not.
var kept *errcatalog.Error

func benchmark(b *testing.B, mode errcatalog.Mode) {
	e := errcatalog.NewEnhancer(errcatalog.EnhancerConfig{Mode: mode})
	f := missingEmail()
	b.ReportAllocs()
	for b.Loop() {
		kept = e.Error(f)
	}
}
