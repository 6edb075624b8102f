package sextant

import (
	"regexp"
	"testing"
)

func TestTraceHeaders(t *testing.T) {
	valid := regexp.MustCompile(`^00-[0-9a-f]{32}-[0-9a-f]{16}-0[23]$`)
	for _, probability := range []float64{0, 0.1, 0.5, 1} {
		sampled := 0
		const count = 20_000
		for range count {
			headers := traceHeaders(probability)
			if !valid.MatchString(headers["traceparent"]) {
				t.Fatalf("traceparent is %s", headers["traceparent"])
			}
			isSampled := headers["traceparent"][54] == '3'
			if isSampled {
				sampled++
			}
			if _, has := headers["tracestate"]; has != (isSampled && probability < 1) {
				t.Fatalf("tracestate with probability %v: %v", probability, headers)
			}
		}
		part := float64(sampled) / count
		// Five standard deviations.
		if part < probability-0.018 || part > probability+0.018 {
			t.Errorf("probability %v sampled %v", probability, part)
		}
	}
}

func TestTraceHeadersAtTheThreshold(t *testing.T) {
	// Half of the traces: those whose 56 random bits are at least 0x80000000000000 (OTEP 235).
	in := headersOf(1, 0xff80000000000000, 1, 0.5)
	out := headersOf(1, 0xff7fffffffffffff, 1, 0.5)
	if in["tracestate"] != "ot=th:8" || in["traceparent"] != "00-0000000000000001ff80000000000000-0000000000000001-03" {
		t.Errorf("in: %v", in)
	}
	if _, has := out["tracestate"]; has || out["traceparent"][54] != '2' {
		t.Errorf("out: %v", out)
	}
	zero := headersOf(0, 0, 0, 1)
	if zero["traceparent"] != "00-00000000000000000000000000000001-0000000000000001-03" {
		t.Errorf("zeros: %v", zero)
	}
}
