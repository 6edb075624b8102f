package sextant

import (
	"encoding/json"
	"net"
	"testing"
	"time"

	hdr "github.com/HdrHistogram/hdrhistogram-go"
)

// shopper takes requests until there are none, each of which takes so long.
func shopper(p *pacer, takes time.Duration, status int) chan int {
	done := make(chan int)
	go func() {
		count := 0
		for due := p.take(); due != nil; due = p.take() {
			time.Sleep(takes)
			p.answered(due, status)
			count++
		}
		done <- count
	}()
	return done
}

func TestSlotsAreSentAsAsked(t *testing.T) {
	p := newPacer()
	one, two := shopper(p, 0, 200), shopper(p, 0, 200)
	open := p.run(slotRequest{ArrivalsMs: []float64{0, 5, 5, 20}})
	if open.Requests != 4 || open.Errors != 0 || open.Seconds < 0.02 {
		t.Errorf("open: %+v", open)
	}
	closed := p.run(slotRequest{ClosedMs: 20})
	if closed.Requests < 10 || closed.Seconds < 0.015 {
		t.Errorf("closed: %+v", closed)
	}
	if empty := p.run(slotRequest{}); empty.Requests != 0 {
		t.Errorf("empty: %+v", empty)
	}
	p.end()
	if sum := <-one + <-two; sum != open.Requests+closed.Requests {
		t.Errorf("%d requests were taken", sum)
	}
}

func TestLatencyCountsFromWhenItWasDue(t *testing.T) {
	p := newPacer()
	// One connection that needs 20 ms: what is due meanwhile waits, and is not the generator's fault.
	done := shopper(p, 20*time.Millisecond, 503)
	reply := p.run(slotRequest{ArrivalsMs: []float64{1, 2, 3}})
	p.end()
	<-done
	if reply.Requests != 3 || reply.Errors != 3 {
		t.Errorf("%+v", reply)
	}
	histogram, err := hdr.Decode([]byte(reply.Histogram))
	if err != nil {
		t.Fatal(err)
	}
	if histogram.Min() < 19_000 || histogram.Max() < 57_000 {
		t.Errorf("from %d to %d µs", histogram.Min(), histogram.Max())
	}
	if reply.Late > 1 {
		t.Errorf("%d are called late, while the only connection was busy", reply.Late)
	}
}

func TestControlEndsWithItsConnection(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p, err := connect(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	ours, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	_ = listener.Close()
	done := shopper(p, 0, 200)
	replies := json.NewDecoder(ours)
	for range 2 {
		if _, err := ours.Write([]byte(`{"arrivalsMs":[0,1]}` + "\n")); err != nil {
			t.Fatal(err)
		}
		var reply slotReply
		if err := replies.Decode(&reply); err != nil {
			t.Fatal(err)
		}
		if reply.Requests != 2 {
			t.Errorf("%+v", reply)
		}
	}
	_ = ours.Close()
	if count := <-done; count != 4 {
		t.Errorf("%d requests", count)
	}
}

func TestConnectNamesWhatIsMissing(t *testing.T) {
	if _, err := connect(""); err == nil {
		t.Error("there is nothing to connect to")
	}
	if _, err := connect("127.0.0.1:1"); err == nil {
		t.Error("nobody listens there")
	}
}
