package sextant

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"go.k6.io/k6/v2/errext"
	"go.k6.io/k6/v2/lib/netext/httpext"
	"go.k6.io/k6/v2/metrics"
	"go.k6.io/k6/v2/output"
)

// saveEvery is how often a file is written while the test runs: what is left of a process that dies.
const saveEvery = 5 * time.Second

// kinds are the metrics that are kept besides those of HTTP requests.
var kinds = map[string]string{journeyMetric: "journey", lateMetric: "late", markMetric: "mark"}

// segmentOutput keeps a histogram per arm and step. Its memory does not grow with requests: no sample
// outlives the call that brings it.
type segmentOutput struct {
	params output.Params
	// path is where the file goes; "-" is standard output, once, at the end.
	path       string
	head       segmentHead
	table      *table
	iterations atomic.Int64
	dropped    atomic.Int64
	started    time.Time
	saver      *output.PeriodicFlusher
	isSaving   atomic.Bool
}

var _ output.WithStopWithTestError = (*segmentOutput)(nil)

func newOutput(params output.Params) (output.Output, error) {
	if params.ConfigArgument == "" {
		return nil, errors.New(
			"--out sextant needs a file: --out sextant=segment.ndjson, or --out sextant=- for the log")
	}
	out := &segmentOutput{params: params, path: params.ConfigArgument, table: newTable(seriesMax)}
	out.head.Segment, out.head.Sequence = "0:1", "0,1"
	if segment := params.ScriptOptions.ExecutionSegment; segment != nil {
		out.head.Segment = segment.String()
	}
	if sequence := params.ScriptOptions.ExecutionSegmentSequence; sequence != nil {
		out.head.Sequence = sequence.String()
	}
	out.head.Thresholds = map[string][]string{}
	for name, thresholds := range params.ScriptOptions.Thresholds {
		for _, one := range thresholds.Thresholds {
			out.head.Thresholds[name] = append(out.head.Thresholds[name], one.Source)
		}
	}
	return out, nil
}

// Description is shown when the test starts.
func (out *segmentOutput) Description() string {
	if out.path == "-" {
		return "sextant: histograms by arm and step (log)"
	}
	return fmt.Sprintf("sextant: histograms by arm and step (%s)", out.path)
}

// Start looks whether the file can be written, before the test rather than after it.
func (out *segmentOutput) Start() error {
	out.started = time.Now()
	if plan := currentPlan(); plan != nil {
		out.head.Seed, out.head.RatePerS, out.head.Weights = plan.Seed, plan.RatePerS, plan.weights()
		for _, arm := range plan.Arms {
			out.head.Arms = append(out.head.Arms, arm.Name)
		}
	}
	if out.path == "-" {
		return nil
	}
	if err := out.save(false, nil); err != nil {
		return err
	}
	saver, err := output.NewPeriodicFlusher(saveEvery, func() {
		// A save that takes longer than its turn is not begun twice.
		if !out.isSaving.CompareAndSwap(false, true) {
			return
		}
		defer out.isSaving.Store(false)
		if err := out.save(false, nil); err != nil {
			out.params.Logger.WithError(err).Warn("sextant: the histograms could not be saved")
		}
	})
	out.saver = saver
	return err
}

// AddMetricSamples counts, and keeps nothing.
func (out *segmentOutput) AddMetricSamples(containers []metrics.SampleContainer) {
	for _, container := range containers {
		switch one := container.(type) {
		case *httpext.Trail:
			// What setup and teardown ask for is no load.
			if group, _ := one.Tags.Get("group"); group == "::setup" || group == "::teardown" {
				continue
			}
			arm, _ := one.Tags.Get("arm")
			step, hasStep := one.Tags.Get("step")
			if !hasStep {
				step, _ = one.Tags.Get("name")
			}
			out.table.record(key{"request", arm, step}, micros(one.Duration), one.Failed.Bool)
		default:
			for _, sample := range container.GetSamples() {
				out.add(sample)
			}
		}
	}
}

func (out *segmentOutput) add(sample metrics.Sample) {
	switch name := sample.Metric.Name; name {
	case metrics.IterationsName:
		out.iterations.Add(int64(sample.Value))
	case metrics.DroppedIterationsName:
		if out.dropped.Add(int64(sample.Value)) == int64(sample.Value) {
			out.params.Logger.Warn("sextant: iterations are dropped: latencies say nothing of those; " +
				"lower the rate, or give more VUs")
		}
	default:
		if kind, isOurs := kinds[name]; isOurs {
			arm, _ := sample.Tags.Get("arm")
			step, _ := sample.Tags.Get("step")
			// k6 counts times in milliseconds.
			out.table.record(key{kind, arm, step}, sample.Value*1000, false)
		}
	}
}

func micros(duration time.Duration) float64 {
	return float64(duration) / float64(time.Microsecond)
}

// Stop is not called: k6 prefers StopWithTestError.
func (out *segmentOutput) Stop() error {
	return out.StopWithTestError(nil)
}

// StopWithTestError writes the file; a test that has failed leaves one that is not complete.
func (out *segmentOutput) StopWithTestError(testError error) error {
	if out.saver != nil {
		out.saver.Stop()
	}
	isComplete := testError == nil || isAfterEnd(testError)
	if out.path == "-" {
		return out.write(out.params.StdOut, isComplete, testError)
	}
	return out.save(isComplete, testError)
}

// isAfterEnd says whether a test ran to its end and was failed then, by its thresholds.
func isAfterEnd(testError error) bool {
	var reason errext.HasAbortReason
	return errors.As(testError, &reason) &&
		reason.AbortReason() == errext.AbortedByThresholdsAfterTestEnd
}

// save writes the file whole or not at all.
func (out *segmentOutput) save(isComplete bool, testError error) error {
	part := out.path + ".part"
	if err := os.MkdirAll(filepath.Dir(part), 0o755); err != nil {
		return fmt.Errorf("--out sextant=%s: %w", out.path, err)
	}
	file, err := os.Create(part)
	if err != nil {
		return fmt.Errorf("--out sextant=%s: %w", out.path, err)
	}
	buffered := bufio.NewWriter(file)
	err = errors.Join(out.write(buffered, isComplete, testError), buffered.Flush(), file.Close())
	if err != nil {
		return fmt.Errorf("--out sextant=%s: %w", out.path, err)
	}
	return os.Rename(part, out.path)
}

func (out *segmentOutput) write(to interface{ Write([]byte) (int, error) }, isComplete bool, testError error) error {
	end := segmentEnd{
		Iterations: out.iterations.Load(),
		Dropped:    out.dropped.Load(),
		Seconds:    time.Since(out.started).Seconds(),
		IsComplete: isComplete,
	}
	if testError != nil {
		end.Error = testError.Error()
	}
	return writeSegment(to, out.head, out.table, end)
}
