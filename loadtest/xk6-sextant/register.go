// Package sextant is a k6 extension: arms chosen by a seed, trace context and marks in scripts
// (k6/x/sextant), and an output that keeps a histogram per arm and step in bounded memory.
//
// Histograms are in HdrHistogram's compressed V2 encoding. Those of execution segments merge into
// exactly the histogram that one process would have kept.
package sextant

import (
	"go.k6.io/k6/v2/js/modules"
	"go.k6.io/k6/v2/output"
)

// Version of the segment files that this module writes.
const Version = 1

func init() {
	modules.Register("k6/x/sextant", new(rootModule))
	output.RegisterExtension("sextant", newOutput)
}
