package sextant

import (
	"encoding/json"
	"io"
)

// A segment file is lines of JSON: a head, a line a series, an end. Each names its segment, so that
// files, and logs of several processes, can be read one after another. Lines that don't begin with
// {"sextant": are not ours: a log of k6 is a segment file as well.

type segmentHead struct {
	Sextant  string    `json:"sextant"`
	Version  int       `json:"version"`
	Segment  string    `json:"segment"`
	Sequence string    `json:"sequence"`
	Seed     uint32    `json:"seed"`
	RatePerS float64   `json:"ratePerS"`
	Arms     []string  `json:"arms"`
	Weights  []float64 `json:"weights"`
	// Thresholds are those of the script, for whoever merges: {"metric{arm:a}": ["p(99)<500"]}.
	Thresholds map[string][]string `json:"thresholds"`
}

type segmentSeries struct {
	Sextant   string `json:"sextant"`
	Segment   string `json:"segment"`
	Kind      string `json:"kind"`
	Arm       string `json:"arm"`
	Step      string `json:"step"`
	Count     int64  `json:"count"`
	Failed    int64  `json:"failed"`
	Clamped   int64  `json:"clamped"`
	Histogram string `json:"histogram"`
}

type segmentEnd struct {
	Sextant string `json:"sextant"`
	Segment string `json:"segment"`
	Series  int    `json:"series"`
	// Iterations that ended, and those that were due while no VU was free.
	Iterations int64   `json:"iterations"`
	Dropped    int64   `json:"dropped"`
	Seconds    float64 `json:"seconds"`
	// IsComplete is false in a file that was written while the test ran, or when it was ended early.
	IsComplete bool   `json:"isComplete"`
	Error      string `json:"error"`
}

// writeSegment writes what a table holds.
func writeSegment(to io.Writer, head segmentHead, t *table, end segmentEnd) error {
	lines := json.NewEncoder(to)
	head.Sextant, head.Version = "segment", Version
	if err := lines.Encode(head); err != nil {
		return err
	}
	t.Lock()
	defer t.Unlock()
	keys := t.keys()
	for _, of := range keys {
		one := t.series[of]
		text, err := encode(one.histogram)
		if err != nil {
			return err
		}
		err = lines.Encode(segmentSeries{
			Sextant: "series", Segment: head.Segment, Kind: of.kind, Arm: of.arm, Step: of.step,
			Count: one.histogram.TotalCount(), Failed: one.failed, Clamped: one.clamped, Histogram: text,
		})
		if err != nil {
			return err
		}
	}
	end.Sextant, end.Segment, end.Series = "end", head.Segment, len(keys)
	return lines.Encode(end)
}
