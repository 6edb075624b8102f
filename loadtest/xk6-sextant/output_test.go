package sextant

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/sirupsen/logrus"
	"go.k6.io/k6/v2/lib"
	"go.k6.io/k6/v2/lib/netext/httpext"
	"go.k6.io/k6/v2/metrics"
	"go.k6.io/k6/v2/output"
)

func quiet() logrus.FieldLogger {
	logger := logrus.New()
	logger.SetOutput(io.Discard)
	return logger
}

func outputTo(t *testing.T, argument string, options lib.Options) *segmentOutput {
	t.Helper()
	made, err := newOutput(output.Params{ConfigArgument: argument, ScriptOptions: options, Logger: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	return made.(*segmentOutput)
}

func trail(tags *metrics.TagSet, duration time.Duration) *httpext.Trail {
	return &httpext.Trail{Tags: tags, Duration: duration}
}

func TestOutputWritesASegment(t *testing.T) {
	segment, err := lib.NewExecutionSegmentFromString("1/3:2/3")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "new", "segment.ndjson")
	out := outputTo(t, path, lib.Options{ExecutionSegment: segment})
	if err := out.Start(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(before), `"isComplete":false`) {
		t.Errorf("a file is there from the start, and is not complete: %s %v", before, err)
	}
	registry := metrics.NewRegistry()
	builtin := metrics.RegisterBuiltinMetrics(registry)
	tags := registry.RootTagSet().With("arm", "off").With("step", "get")
	out.AddMetricSamples([]metrics.SampleContainer{
		trail(tags, 3*time.Millisecond),
		trail(tags, 5*time.Millisecond),
		metrics.Sample{TimeSeries: metrics.TimeSeries{Metric: builtin.Iterations, Tags: tags}, Value: 2},
		metrics.Sample{TimeSeries: metrics.TimeSeries{Metric: builtin.DroppedIterations, Tags: tags}, Value: 1},
	})
	if err := out.StopWithTestError(nil); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	var head segmentHead
	var series segmentSeries
	var end segmentEnd
	for index, into := range []any{&head, &series, &end} {
		if err := json.Unmarshal([]byte(lines[index]), into); err != nil {
			t.Fatal(err)
		}
	}
	if head.Segment != "1/3:2/3" || series.Count != 2 || series.Arm != "off" || series.Step != "get" {
		t.Errorf("%+v %+v", head, series)
	}
	if end.Iterations != 2 || end.Dropped != 1 || !end.IsComplete || end.Series != 1 {
		t.Errorf("%+v", end)
	}
}

func TestOutputOfAFailedTestIsNotComplete(t *testing.T) {
	path := filepath.Join(t.TempDir(), "segment.ndjson")
	out := outputTo(t, path, lib.Options{})
	if err := errors.Join(out.Start(), out.StopWithTestError(errors.New("it was ended"))); err != nil {
		t.Fatal(err)
	}
	text, _ := os.ReadFile(path)
	if !strings.Contains(string(text), `"isComplete":false,"error":"it was ended"`) {
		t.Errorf("%s", text)
	}
}

func TestOutputNamesWhatItCantTake(t *testing.T) {
	if _, err := newOutput(output.Params{Logger: quiet()}); err == nil {
		t.Error("it needs a file")
	}
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	out := outputTo(t, filepath.Join(file, "segment.ndjson"), lib.Options{})
	if err := out.Start(); err == nil || !strings.Contains(err.Error(), "--out sextant=") {
		t.Errorf("a file that can't be written is named before the test: %v", err)
	}
}

// TestOutputKeepsNoSample holds half a million requests against the heap.
func TestOutputKeepsNoSample(t *testing.T) {
	out := outputTo(t, "-", lib.Options{})
	tags := metrics.NewRegistry().RootTagSet().With("arm", "off").With("step", "get")
	heap := func() uint64 {
		runtime.GC()
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		return stats.HeapAlloc
	}
	add := func(count int) {
		batch := make([]metrics.SampleContainer, 100)
		for range count / len(batch) {
			for index := range batch {
				batch[index] = trail(tags, time.Duration(index)*time.Microsecond)
			}
			out.AddMetricSamples(batch)
		}
	}
	add(1000)
	before := heap()
	add(500_000)
	if after := heap(); after > before+200_000 {
		t.Errorf("the heap grew from %d to %d bytes", before, after)
	}
	if count := out.table.series[key{"request", "off", "get"}].histogram.TotalCount(); count != 501_000 {
		t.Errorf("%d were counted", count)
	}
}
