package sextant

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
)

// traceHeaders are the headers that begin a trace (W3C Trace Context level 2). The trace is sampled
// with the given probability, by its own random bits, and tracestate says by which (OTEP 235): a
// server that goes by its parent keeps what it would have kept by itself, and can scale counts up.
func traceHeaders(probability float64) map[string]string {
	return headersOf(rand.Uint64(), rand.Uint64(), rand.Uint64(), probability)
}

func headersOf(high, low, span uint64, probability float64) map[string]string {
	// An id of only zeros is not valid.
	if high|low == 0 {
		low = 1
	}
	if span == 0 {
		span = 1
	}
	const most = uint64(1) << 56
	reject := most
	if probability > 0 {
		reject = uint64(math.Round((1 - probability) * float64(most)))
	}
	isSampled := low&(most-1) >= reject
	flags := 2
	headers := map[string]string{}
	if isSampled {
		flags = 3
		if reject > 0 {
			headers["tracestate"] = "ot=th:" + threshold(reject)
		}
	}
	headers["traceparent"] = fmt.Sprintf("00-%016x%016x-%016x-%02x", high, low, span, flags)
	return headers
}

// threshold is th of OTEP 235: 14 hexadecimal digits without the zeros at their end.
func threshold(reject uint64) string {
	return strings.TrimRight(fmt.Sprintf("%014x", reject), "0")
}
